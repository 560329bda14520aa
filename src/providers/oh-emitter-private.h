/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the spans of instrumentations mean, each by its own rules: one small file an emitter, and its line in OH_EMITTERS.
 * A span that none of them claims is no call to a model. Pure. */
#pragma once
#include "oh-json-scan.h"
#include "oh-reading.h"

G_BEGIN_DECLS

/* Attributes of a span that are listed once: each is asked for by many names. */
#define OH_EMITTED_LISTED 64

typedef struct
{
  OhJson all;         /* as of oh-told.h */
  OhJson attributes;
  OhJson names[OH_EMITTED_LISTED];
  OhJson values[OH_EMITTED_LISTED];
  guint n_listed;     /* all of the attributes; 0: they are not listed */
  GArray *records;    /* (element-type OhJson): log records that tell of the same call; or NULL */
} OhEmitted;

typedef struct
{
  const char *id;
  /* How sure it is that this is one of its spans: 0 no, 100 certain. */
  guint (*claims) (const OhEmitted *span);
  /* Whether it is a call to a model. NULL: all that it claims are. */
  gboolean (*is_call) (const OhEmitted *span);
  /* Fills what any span of its says, a call or not, otherwise than others do. NULL: nothing */
  void (*read_span) (const OhEmitted *span, OhFacts *facts);
  /* Fills what a call says of model, tokens, ids. */
  void (*read_facts) (const OhEmitted *span, OhFacts *facts);
  /* Fills system, tools, messages and answer as far as it tells them. */
  void (*describe) (const OhEmitted *span, OhReading *reading);
} OhEmitter;

#define OH_EMITTERS(EMITTER) \
  EMITTER (claude_code) EMITTER (langsmith) EMITTER (logfire) EMITTER (openinference) EMITTER (vercel) EMITTER (genai)

#define OH_EMITTER_DECLARE(name) extern const OhEmitter oh_emitter_##name;
OH_EMITTERS (OH_EMITTER_DECLARE)
#undef OH_EMITTER_DECLARE

/* Reads a span's JSON. Returns: FALSE if it is none. @span: (out): borrows @text */
gboolean oh_emitted_parse (const char *text, gsize length, OhEmitted *span);
/* Who made it. (nullable) */
const OhEmitter *oh_emitter_choose (const OhEmitted *span);
/* What any span says, a call or not: session, user, its own name for people, and of which use of a tool it tells. */
void oh_emitted_read_common (const OhEmitted *span, OhFacts *facts);
/* What a call that failed says of it: which request, and the API's word for what was wrong. */
void oh_emitted_read_failure (const OhEmitted *span, OhFacts *facts);

/* --- for emitters --- */

OhJson oh_emitted_get (const OhEmitted *span, const char *name);
/* The first of these attributes that is a string that says something. (transfer full) (nullable) */
char *oh_emitted_dup (const OhEmitted *span, const char *first, ...) G_GNUC_NULL_TERMINATED;
/* The first of these that is a number; -1: none */
gint64 oh_emitted_get_int (const OhEmitted *span, const char *first, ...) G_GNUC_NULL_TERMINATED;
/* An attribute's value that is JSON itself: written as a string, or structured. @text: (out) (transfer full): holds it */
OhJson oh_emitted_get_json (const OhEmitted *span, const char *name, char **text);
/* Model, ids, tokens by the names of the conventions. @inclusive: the input counts what was read from the cache and written
 * to it, so that this is taken off */
void oh_emitted_read_genai (const OhEmitted *span, OhFacts *facts, gboolean inclusive);
/* "anthropic", "openai", … as our providers are called. (transfer full) (nullable) @text: (transfer full) (nullable) */
char *oh_emitted_name_provider (char *text);
/* Messages as of the conventions since 1.37, [{"role", "parts"}], and system instructions, a list of parts. */
void oh_emitted_describe_messages (OhJson messages, GPtrArray *out);
void oh_emitted_describe_parts (OhJson parts, GPtrArray *blocks);
/* Uses of tools as OpenAI's API has them: [{"id", "function": {"name", "arguments"}}]. */
void oh_emitted_add_calls (OhJson calls, GPtrArray *blocks);
/* What is not told yet, from its events and records, as the conventions had them before 1.37, or have them since. */
void oh_emitted_describe_events (const OhEmitted *span, OhReading *reading);
OhBlock *oh_emitted_add_block (GPtrArray *blocks, const char *type);

G_END_DECLS
