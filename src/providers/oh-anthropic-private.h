/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the Anthropic plug share. Facts of the wire: the Messages API's reference and what its SDKs do. */
#pragma once
#include "oh-provider.h"

G_BEGIN_DECLS

/* oh-anthropic-tables.c, for the plug. */
extern const char *const *const oh_anthropic_lists[OH_PROVIDER_N_LISTS];
extern const OhProviderKey oh_anthropic_keys[];
extern const OhProviderLimits oh_anthropic_limits[];
extern const OhProviderWord oh_anthropic_words[];
extern const OhProviderProgram oh_anthropic_program;
char *oh_anthropic_spell_model (const char *id);

/* A content block, or one of the things that stand where blocks stand (a result's object, a tool reference). */
OhBlock *oh_anthropic_read_block (OhJson json);
/* Appends what a "content" or "system" holds: a string, a list of blocks, or one object. */
void oh_anthropic_read_content (OhJson content, GPtrArray *blocks);
/* Fills a reading from a Messages request (also count_tokens, and one request of a batch). */
void oh_anthropic_describe_request (OhJson request, OhReading *reading);
/* The top-level fields but those that are shown elsewhere. */
void oh_anthropic_describe_parameters (OhJson request, OhReading *reading);
/* The first words of the last user message that has text of a person's, or NULL. (transfer full) */
char *oh_anthropic_find_title (OhJson messages);
/* What the last message brings of tools: OhFacts.tool_result. */
void oh_anthropic_find_results (OhJson messages, OhFacts *facts);

/* Numbers that are there replace those before, null and missing ones change nothing: so with message_delta, whose counts
 * are cumulative. Also service tier, speed and geography. */
void oh_anthropic_read_usage (OhJson usage, OhFacts *facts);
/* stop_reason and stop_details: of a Message, or of message_delta's delta. */
void oh_anthropic_read_stop (OhJson holder, OhFacts *facts);
/* Adds the usage of a batch's result, a Message, as a turn that is billed by itself. The model is that of all of them, else
 * NULL. */
void oh_anthropic_add_result (OhJson message, OhFacts *facts);
/* The members of a Message but its content. */
void oh_anthropic_read_message (OhJson message, OhFacts *facts);
/* An error object, in the shape of the API, of one of the clouds or of a gateway. FALSE if @json is none. */
gboolean oh_anthropic_read_error (OhJson json, OhFacts *facts);
/* An error that is no JSON comes from something in between: HTML or plain text. What it says first is kept as message, the
 * body has the rest. */
void oh_anthropic_read_error_text (const char *body, gsize length, OhFacts *facts);

/* Accumulates the events of a streamed answer: Messages and the older Text Completions. */
typedef struct _OhAnthropicStream OhAnthropicStream;

OhAnthropicStream *oh_anthropic_stream_new (void);
void oh_anthropic_stream_free (OhAnthropicStream *self);
void oh_anthropic_stream_read (OhAnthropicStream *self, OhProviderTask *task, OhStreamEvent *event);
/* No event will come any more. */
void oh_anthropic_stream_end (OhAnthropicStream *self, OhProviderTask *task, OhOutcome outcome);
/* (transfer full) (nullable) */
OhMessage *oh_anthropic_stream_get_answer (OhAnthropicStream *self);

G_END_DECLS
