/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the rest of Overhear knows of Anthropic by tables: headers, variables, names of models, and Claude Code. */
#include "config.h"
#include "oh-anthropic-private.h"

#include <glib/gi18n.h>
#include <string.h>

static const char *const hosts[] = {
  "api.anthropic.com",
  "bedrock-runtime.*.amazonaws.com",
  "bedrock-mantle.*.api.aws",
  "aiplatform.googleapis.com",
  "*-aiplatform.googleapis.com",
  "aiplatform.*.rep.googleapis.com",
  "*.services.ai.azure.com",
  "aws-external-anthropic.*.api.aws",
  "claude.googleapis.com",
  NULL,
};

static const char *const addresses[] = { "ANTHROPIC_BASE_URL", "ANTHROPIC_*BASE_URL", "ANTHROPIC_*API_BASE", NULL };
static const char *const header_lines[] = { "ANTHROPIC_CUSTOM_HEADERS", NULL };
static const char *const secret_members[] = { "authorization_token", "raw_key", NULL };
static const char *const secret_paths[] = { "create_api_key", NULL };
static const char *const boring_headers[] = { "anthropic-ratelimit-", NULL };
static const char *const conversations[] = { "messages", NULL };
static const char *const models[] = { "claude-", NULL };
/* Those before Opus 4.5 and Sonnet 4.6, and every Haiku ("Caching with thinking blocks" in the API's documentation). */
static const char *const forgetful_models[] = { "haiku",      "claude-3",   "opus-4-0",   "opus-4-1",   "opus-4-2", "opus-4@",
                                                "sonnet-4-0", "sonnet-4-2", "sonnet-4-5", "sonnet-4@", NULL };

const char *const *const oh_anthropic_lists[OH_PROVIDER_N_LISTS] = {
  [OH_PROVIDER_HOSTS] = hosts,
  [OH_PROVIDER_ADDRESSES] = addresses,
  [OH_PROVIDER_HEADER_LINES] = header_lines,
  [OH_PROVIDER_SECRET_MEMBERS] = secret_members,
  [OH_PROVIDER_SECRET_PATHS] = secret_paths,
  [OH_PROVIDER_BORING_HEADERS] = boring_headers,
  [OH_PROVIDER_CONVERSATIONS] = conversations,
  [OH_PROVIDER_MODELS] = models,
  [OH_PROVIDER_FORGETFUL_MODELS] = forgetful_models,
};

const OhProviderKey oh_anthropic_keys[] = {
  { "x-api-key", "", "ANTHROPIC_API_KEY" },
  { "authorization", "Bearer ", "ANTHROPIC_AUTH_TOKEN" },
  { "authorization", "Bearer ", "ANTHROPIC_API_KEY" },
  { NULL },
};

const OhProviderLimits oh_anthropic_limits[] = {
  { "anthropic-ratelimit-", "", FALSE },
  { "anthropic-priority-", "priority-", FALSE },
  { "anthropic-fast-", "fast-", FALSE },
  { NULL },
};

const OhProviderWord oh_anthropic_words[] = {
  { "text", N_ ("Text") },
  { "search_result", N_ ("Search result") },
  { "container_upload", N_ ("File for the container") },
  { "compaction", N_ ("Compacted conversation") },
  { "fallback", N_ ("Another model took over") },
  { "tool_reference", N_ ("Tool") },
  { "tool_addition", N_ ("Tool added") },
  { "tool_removal", N_ ("Tool removed") },
  { "mcp_tool_listing", N_ ("Tools of an MCP server") },
  { "code_execution_result", N_ ("Output") },
  { "bash_code_execution_result", N_ ("Output") },
  { "encrypted_code_execution_result", N_ ("Encrypted output") },
  { "web_fetch_result", N_ ("Fetched page") },
  { "advisor_result", N_ ("Advice") },
  { "browser_state", N_ ("State of the browser") },
  { NULL },
};

/* ---- Claude Code (its bundle, 2.1) ---- */

static const char *const session[] = { "x-claude-code-session-id", "x-claude-code-agent-id", "x-claude-code-prompt-id", NULL };

static const char *const asides[] = {
  "[SUGGESTION MODE:",
  "<system-reminder>This is a side question",
  "The user stepped away",
  "You are now acting as the memory extraction",
  "Describe your most recent action",
  "CRITICAL: Respond with TEXT ONLY.",
  "Your task is to create a detailed summary of",
  NULL,
};

static const char *const summaries[] = {
  "This session is being continued from a previous conversation",
  "Summary of the conversation so far",
  "<summary>",
  NULL,
};

const OhProviderProgram oh_anthropic_program = {
  .agent = "claude-cli/",
  .session = session,
  .changing = "x-anthropic-billing-header:",
  .asides = asides,
  .summaries = summaries,
};

/* From the fourth generation on the family comes first: "claude-4.5-sonnet-20250929" is "claude-sonnet-4-5-20250929". */
char *
oh_anthropic_spell_model (const char *id)
{
  const gsize length = g_str_has_prefix (id, models[0]) ? strspn (id + 7, "0123456789-") : 0;
  const char *family = id + 7 + length;
  gsize end;

  if (length <= 1 || id[7] < '4' || id[7] > '9' || family[-1] != '-' || !g_ascii_isalpha (*family))
    return NULL;
  end = strcspn (family, "-");
  return g_strdup_printf ("claude-%.*s-%.*s%s", (int) end, family, (int) length - 1, id + 7, family + end);
}
