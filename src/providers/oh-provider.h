/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plug of a provider: what the exchanges of one API mean, and all that else is known of it. A new provider is one new
 * file that defines an OhProvider, and its name in OH_PROVIDERS; nothing else in the program knows it by name. Plugs do no I/O and start no threads; the interpreter undoes content-encodings, cuts
 * streams into events and calls them. */
#pragma once
#include "oh-exchange.h"
#include "oh-json-scan.h"
#include "oh-providers.h"
#include "oh-reading.h"

G_BEGIN_DECLS

/* What a plug works on: one exchange. Owned by the interpreter, which fills everything but facts and state. */
typedef struct
{
  OhExchange *exchange; /* the head; with status and response headers as soon as they are known */
  OhFacts *facts;       /* to be filled as things become known; request_id, streamed and complete need care only where
                         * they differ from what HTTP says */
  GPtrArray *problems;  /* (element-type utf8): oh_provider_task_add_problem() */
  GPtrArray *records;   /* (element-type GBytes): oh_interpreter_add_record(); or NULL */
  gboolean facts_only;  /* nobody will ask for a reading: keep nothing that facts do not need */
  gpointer state;       /* the plug's own */
} OhProviderTask;

typedef struct
{
  const char *id;                        /* OhFacts.provider */
  gboolean marks_cache;                  /* requests mark what is to be cached (cache_control), so a hit or miss can be explained */
  const char *const *const *lists;       /* by OhProviderList, each NULL-terminated or NULL; or NULL */
  const OhProviderKey *keys;             /* or NULL, as all that follows; the best variable of a header first */
  const OhProviderLimits *limits;
  const char *shared_limits;             /* how the names of buckets begin that all models share */
  const char *organization;              /* headers of answers that name them */
  const char *workspace;                 /* of requests, too */
  const OhProviderWord *words;           /* of blocks' types */
  const OhProviderProgram *program;      /* its own, that speaks by itself */
  const char *maker;                     /* what platforms put before the ids of its models, without the dot */
  /* A model's id as the API itself writes it, or NULL where that is so already. (transfer full) */
  char *(*spell_model) (const char *id);
  /* How sure it is that an exchange speaks this API, from its request head: 0 no, 1 nobody else will, 100 certain. */
  guint (*claims) (const OhExchange *head);
  /* Fills what the head says; makes state. */
  void (*begin) (OhProviderTask *task);
  /* Frees state. */
  void (*finish) (OhProviderTask *task);
  /* Whether facts need the body; called at the head (request) and at the response's head. NULL: never. */
  gboolean (*wants_request) (const OhProviderTask *task);
  gboolean (*wants_response) (const OhProviderTask *task);
  /* Whether an answer that begins as an event stream is one, whatever its content type says. NULL: never. */
  gboolean (*wants_events) (const OhProviderTask *task);
  /* The whole request body, decoded: facts only, fast. Problems of the body are told here. May be NULL. */
  void (*read_request) (OhProviderTask *task, const char *body, gsize length);
  /* The same body for people: fills parameters, system, tools and messages of @reading. At most once. May be NULL. */
  void (*describe_request) (OhProviderTask *task, const char *body, gsize length, OhReading *reading);
  /* An event of a streamed answer. Fills its summary, and its name if it has none. May be NULL. */
  void (*read_event) (OhProviderTask *task, OhStreamEvent *event);
  /* The whole answer, if it was no stream. */
  void (*read_response) (OhProviderTask *task, const char *body, gsize length);
  /* The exchange ended; the last chance to change facts. */
  void (*end) (OhProviderTask *task, OhOutcome outcome);
  /* The answer so far, or NULL; blocks that will not change any more are shared. (transfer full) */
  OhMessage *(*get_answer) (OhProviderTask *task);
} OhProvider;

/* One name a provider. */
#define OH_PROVIDERS(PROVIDER) PROVIDER (anthropic) PROVIDER (openai) PROVIDER (told) PROVIDER (http)

#define OH_PROVIDER_DECLARE(name) extern const OhProvider oh_provider_##name;
OH_PROVIDERS (OH_PROVIDER_DECLARE)
#undef OH_PROVIDER_DECLARE

/* (nullable) @id: OhFacts.provider */
const OhProvider *oh_providers_find (const char *id);
/* NULL: there are no more. */
const OhProvider *oh_providers_get_nth (guint i);
/* The plug that claims an exchange most. */
const OhProvider *oh_providers_choose (const OhExchange *head);

/* @problem: (transfer full): a sentence */
void oh_provider_task_add_problem (OhProviderTask *task, char *problem);
/* The same for what is odd and takes nothing away from what was said: a label that is not true. */
void oh_provider_task_add_remark (OhProviderTask *task, char *remark);
/* Whether a Content-Type value names one of these types: "application/json", or "+json" for a suffix. NULL-terminated. */
gboolean oh_media_type_is (const char *content_type, const char *first, ...) G_GNUC_NULL_TERMINATED;
/* Replaces a field: *field = taken, if @taken is not NULL. @taken: (transfer full) (nullable) */
void oh_facts_take (char **field, char *taken);
/* @text on one line, cut after @max characters at a word's end, with "…" where something was cut. (transfer full) */
char *oh_excerpt (const char *text, guint max);
/* Adds what one tool said to what others did: OhFacts.tool_result grows. @name, @text: (nullable) */
void oh_facts_add_result (OhFacts *facts, const char *name, const char *text);

G_END_DECLS
