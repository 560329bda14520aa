/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claude Code's own spans: flat names, the API's raw counts (the input without what the cache has), retries within one span, and
 * the id of the request where others have that of the answer. Facts: Claude Code's documentation (monitoring usage), and what
 * it sends. */
#include "config.h"
#include "oh-emitter-private.h"

#include "oh-clock.h"
#include "oh-provider.h"

#include <string.h>

static guint
claude_code_claims (const OhEmitted *span)
{
  return oh_json_is (oh_json_get_path (span->all, "scope", "name", NULL), "com.anthropic.claude_code.tracing") ? 100 : 0;
}

static gboolean
claude_code_is_call (const OhEmitted *span)
{
  return oh_json_is (oh_json_get (span->all, "name"), "claude_code.llm_request");
}

/* A prompt is called by what was asked, which the calls below it say; a tool by its name. */
static void
claude_code_read_span (const OhEmitted *span, OhFacts *facts)
{
  facts->scattered = TRUE;
  if (oh_json_is (oh_json_get (span->all, "name"), "claude_code.interaction"))
    g_clear_pointer (&facts->title, g_free);
  else if (oh_json_is (oh_json_get (span->all, "name"), "claude_code.tool"))
    oh_facts_take (&facts->title, oh_emitted_dup (span, "tool_name", NULL));
}

static void
claude_code_read_facts (const OhEmitted *span, OhFacts *facts)
{
  const gint64 first_ms = oh_emitted_get_int (span, "ttft_ms", NULL);

  oh_facts_take (&facts->provider, g_strdup ("anthropic"));
  oh_facts_take (&facts->model, oh_emitted_dup (span, "model", "gen_ai.request.model", NULL));
  oh_facts_take (&facts->requested_model, g_strdup (facts->model));
  oh_facts_take (&facts->request_id, oh_emitted_dup (span, "request_id", NULL));
  oh_facts_take (&facts->stop_reason, oh_emitted_dup (span, "stop_reason", NULL));
  oh_facts_take (&facts->error_message, oh_emitted_dup (span, "error", NULL));
  facts->usage.input = oh_emitted_get_int (span, "input_tokens", NULL);
  facts->usage.output = oh_emitted_get_int (span, "output_tokens", NULL);
  facts->usage.cache_read = oh_emitted_get_int (span, "cache_read_tokens", NULL);
  facts->usage.cache_write = oh_emitted_get_int (span, "cache_creation_tokens", NULL);
  facts->first_token_ns = first_ms >= 0 ? first_ms * OH_NS_PER_MS : -1;
}

/* What was said is in none of its spans. */
static void
claude_code_describe (const OhEmitted *span, OhReading *reading)
{
}

const OhEmitter oh_emitter_claude_code = {
  .id = "claude-code",
  .claims = claude_code_claims,
  .is_call = claude_code_is_call,
  .read_span = claude_code_read_span,
  .read_facts = claude_code_read_facts,
  .describe = claude_code_describe,
};
