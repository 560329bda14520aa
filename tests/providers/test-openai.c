/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chat Completions: who is claimed, requests, whole and streamed answers, errors. */
#include "config.h"
#include "fixture.h"
#include "oh-providers.h"

static OhExchange *
make_chat (guint status, const char *type)
{
  OhExchange *exchange = make_exchange ("POST", "api.openai.com", "/v1/chat/completions",
                                        FIELDS ("content-type", "application/json"));

  answer (exchange, status, FIELDS ("content-type", type, "x-request-id", "req_1"));
  return exchange;
}

static void
test_claims (void)
{
  static const struct
  {
    const char *method, *host, *target, *provider, *operation, *model;
  } claims[] = {
    { "POST", "api.openai.com", "/v1/chat/completions", "openai", "messages", NULL },
    { "POST", "localhost", "/proxy/v1/chat/completions?x=y", "openai", "messages", NULL },
    { "GET", "api.openai.com", "/v1/models", "openai", "models", NULL },
    { "GET", "api.openai.com", "/v1/models/gpt-4o%2Dmini", "openai", "models", "gpt-4o-mini" },
    { "POST", "api.openai.com", "/v1/embeddings", "openai", "embeddings", NULL },
    { "GET", "api.openai.com", "/", "openai", NULL, NULL },
    { "GET", "localhost", "/v1/chat/completions", "http", NULL, NULL },
    { "GET", "localhost", "/v1/models", "http", NULL, NULL },
    { "POST", "api.anthropic.com", "/v1/chat/completions", "anthropic", NULL, NULL },
  };
  const char *const *hosts = oh_providers_get_hosts ();
  gboolean known = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (claims); i++)
    {
      g_autoptr (OhExchange) exchange = make_exchange (claims[i].method, claims[i].host, claims[i].target, NULL);
      g_autoptr (OhInterpreter) interpreter = oh_interpreter_new (exchange);
      g_autoptr (OhFacts) facts = oh_interpreter_get_facts (interpreter);

      g_test_message ("%s%s", claims[i].host, claims[i].target);
      g_assert_cmpstr (facts->provider, ==, claims[i].provider);
      g_assert_cmpstr (facts->operation, ==, claims[i].operation);
      g_assert_cmpstr (facts->model, ==, claims[i].model);
    }
  for (; *hosts != NULL; hosts++)
    known |= g_str_equal (*hosts, "api.openai.com");
  g_assert_true (known);
}

static const char request[] =
    "{\"model\":\"gpt-4o\",\"temperature\":0.5,\"user\":\"ada\",\"messages\":["
    "{\"role\":\"system\",\"content\":\"Be brief.\"},"
    "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Rain in Paris\\nand Rome?\"},"
    "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}},"
    "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://example.com/a.png\"}}]},"
    "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
    "{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"rain\",\"arguments\":\"{\\\"city\\\":\\\"Paris\\\"}\"}},"
    "{\"id\":\"call_2\",\"type\":\"function\",\"function\":{\"name\":\"rain\",\"arguments\":\"{}\"}}]},"
    "{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"yes\"},"
    "{\"role\":\"tool\",\"tool_call_id\":\"call_2\",\"content\":[{\"type\":\"text\",\"text\":\"no\"}]}],"
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"rain\",\"description\":\"Says so\",\"parameters\":{}}}]}";

static void
test_request (void)
{
  g_autoptr (OhExchange) exchange = make_chat (200, "application/json");
  g_autoptr (OhReading) reading = read_all (exchange, request, "{}");
  g_autoptr (GString) out = g_string_new (NULL);
  const OhTool *tool;

  for (guint i = 0; i < reading->messages->len; i++)
    {
      const OhMessage *message = reading->messages->pdata[i];

      g_string_append_printf (out, "%s:\n", message->role);
      dump_blocks (out, message->blocks, 1);
    }
  g_assert_cmpstr (out->str, ==,
                   "system:\n  text text=Be brief.\n"
                   "user:\n  text text=Rain in Paris\nand Rome?\n  image media=image/png data=3\n"
                   "  image source=https://example.com/a.png\n"
                   "assistant:\n  tool_use #call_1 name=rain input={\"city\":\"Paris\"}\n  tool_use #call_2 name=rain input={}\n"
                   "tool:\n  tool_result #call_1 text=yes\n  tool_result #call_2\n    text text=no\n");
  g_assert_cmpuint (reading->tools->len, ==, 1);
  tool = reading->tools->pdata[0];
  g_assert_cmpstr (tool->name, ==, "rain");
  g_assert_cmpstr (tool->description, ==, "Says so");
  g_assert_cmpuint (reading->parameters->len, ==, 3);
  g_assert_cmpstr (reading->facts->requested_model, ==, "gpt-4o");
  g_assert_cmpstr (reading->facts->title, ==, "Rain in Paris and Rome?");
  g_assert_cmpstr (reading->facts->tool_result, ==, "rain: yes · rain: no");
  g_assert_cmpstr (reading->facts->user, ==, "ada");
  g_assert_cmpuint (reading->facts->message_count, ==, 5);
}

static void
test_answer (void)
{
  g_autoptr (OhExchange) exchange = make_chat (200, "application/json");
  g_autoptr (OhReading) reading = read_all (
      exchange, request,
      "{\"id\":\"chatcmpl-1\",\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
      "\"content\":\"I will look.\",\"refusal\":null,\"tool_calls\":[{\"id\":\"call_3\",\"type\":\"function\","
      "\"function\":{\"name\":\"rain\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_calls\"}],"
      "\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20,\"prompt_tokens_details\":{\"cached_tokens\":60},"
      "\"completion_tokens_details\":{\"reasoning_tokens\":5}}}");
  g_autofree char *blocks = dump_answer (reading);
  const OhFacts *facts = reading->facts;

  g_assert_cmpstr (blocks, ==, "text text=I will look.\ntool_use #call_3 name=rain input={}\n");
  g_assert_cmpstr (facts->model, ==, "gpt-4o-2024-08-06");
  g_assert_cmpstr (facts->message_id, ==, "chatcmpl-1");
  g_assert_cmpstr (facts->request_id, ==, "req_1");
  g_assert_cmpstr (facts->stop_reason, ==, "tool_calls");
  g_assert_cmpint (facts->usage.input, ==, 40);
  g_assert_cmpint (facts->usage.cache_read, ==, 60);
  g_assert_cmpint (oh_facts_get_prompt (facts), ==, 100);
  g_assert_cmpint (facts->usage.output, ==, 20);
  g_assert_cmpint (facts->usage.thinking, ==, 5);
  g_assert_cmpuint (facts->tool_use_count, ==, 1);
  g_assert_true (facts->complete);
  g_assert_cmpuint (reading->problems->len, ==, 0);
}

#define CHUNK(delta, finish)                                                                                           \
  "data: {\"id\":\"chatcmpl-2\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":" delta ",\"finish_reason\":"  \
  finish "}]}\n\n"

static const char stream[] =
    CHUNK ("{\"role\":\"assistant\",\"content\":\"\"}", "null")
    CHUNK ("{\"content\":\"Gr\\u00fc\"}", "null")
    CHUNK ("{\"content\":\"ße\"}", "null")
    CHUNK ("{\"tool_calls\":[{\"index\":0,\"id\":\"call_4\",\"type\":\"function\",\"function\":{\"name\":\"rain\",\"arguments\":\"\"}}]}", "null")
    CHUNK ("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"city\\\":\"}}]}", "null")
    CHUNK ("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"Rome\\\"}\"}}]}", "null")
    CHUNK ("{}", "\"tool_calls\"")
    "data: {\"id\":\"chatcmpl-2\",\"model\":\"gpt-4o\",\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":9}}\n\n"
    "data: [DONE]\n\n";

/* The same wherever it is cut. */
static void
test_stream (void)
{
  g_autoptr (OhExchange) exchange = make_chat (200, "text/event-stream");

  for (gsize split = 0; split < sizeof stream; split++)
    {
      g_autoptr (OhInterpreter) interpreter = interpret (exchange, request, stream, -1, split, OH_OUTCOME_FINISHED);
      g_autoptr (OhReading) reading = oh_interpreter_get_reading (interpreter);
      g_autofree char *blocks = dump_answer (reading);
      const OhFacts *facts = reading->facts;

      g_assert_cmpstr (blocks, ==, "text text=Grüße\ntool_use #call_4 name=rain input={\"city\":\"Rome\"}\n");
      g_assert_cmpstr (facts->stop_reason, ==, "tool_calls");
      g_assert_cmpint (facts->usage.input, ==, 7);
      g_assert_cmpint (facts->usage.output, ==, 9);
      g_assert_cmpint (facts->first_token_ns, ==, 1000);
      g_assert_cmpuint (facts->tool_use_count, ==, 1);
      g_assert_true (facts->streamed && facts->complete);
      g_assert_cmpuint (reading->events->len, ==, 9);
      g_assert_cmpuint (reading->problems->len, ==, 0);
    }
}

static void
test_cut (void)
{
  g_autoptr (OhExchange) exchange = make_chat (200, "text/event-stream");
  g_autoptr (OhReading) reading = read_all (exchange, request, CHUNK ("{\"content\":\"Half\"}", "null"));
  g_autofree char *blocks = dump_answer (reading);

  g_assert_cmpstr (blocks, ==, "text text=Half incomplete\n");
  g_assert_false (reading->facts->complete);
  g_assert_cmpint (reading->facts->output_estimate, ==, 1);
  g_assert_cmpuint (reading->problems->len, ==, 1);
}

static void
test_errors (void)
{
  static const char error[] = "{\"error\":{\"message\":\"Slow down.\",\"type\":\"rate_limit_error\",\"code\":\"x\"}}";
  g_autoptr (OhExchange) whole = make_chat (429, "application/json");
  g_autoptr (OhExchange) streamed = make_chat (200, "text/event-stream");
  g_autoptr (OhReading) one = read_all (whole, request, error);
  g_autofree char *events = g_strdup_printf ("data: %s\n\n", error);
  g_autoptr (OhReading) other = read_all (streamed, request, events);
  g_autoptr (OhReading) broken = read_all (whole, "{", "<html>");

  g_assert_cmpstr (one->facts->error_type, ==, "rate_limit_error");
  g_assert_cmpstr (one->facts->error_message, ==, "Slow down.");
  g_assert_cmpstr (other->facts->error_type, ==, "rate_limit_error");
  g_assert_cmpuint (other->problems->len, ==, 0);
  g_assert_cmpuint (broken->problems->len, ==, 1);
}

/* All that is known of a provider comes from its own file: the other rooms ask for it by kind. */
static void
test_tables (void)
{
  const char *const *addresses = oh_providers_get_list (OH_PROVIDER_ADDRESSES);
  const OhProviderKey *key = oh_providers_next_key ("openai", NULL);

  g_assert_cmpstr (key->header, ==, "authorization");
  g_assert_cmpstr (key->variable, ==, "OPENAI_API_KEY");
  g_assert_cmpstr (oh_providers_next_key ("openai", key)->header, ==, "api-key");
  g_assert_null (oh_providers_next_key ("openai", oh_providers_next_key ("openai", key)));
  g_assert_true (g_strv_contains (addresses, "OPENAI_BASE_URL"));
  g_assert_true (g_strv_contains (addresses, "ANTHROPIC_BASE_URL"));
  g_assert_true (g_strv_contains (oh_providers_get_list (OH_PROVIDER_SECRET_PATHS), "client_secrets"));
  g_assert_cmpstr (oh_providers_find_start (OH_PROVIDER_BORING_HEADERS, "X-RateLimit-Limit-Tokens"), ==, "x-ratelimit-");
  g_assert_null (oh_providers_find_start (OH_PROVIDER_BORING_HEADERS, "x-request-id"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/openai/claims", test_claims);
  g_test_add_func ("/openai/request", test_request);
  g_test_add_func ("/openai/answer", test_answer);
  g_test_add_func ("/openai/stream", test_stream);
  g_test_add_func ("/openai/cut", test_cut);
  g_test_add_func ("/openai/errors", test_errors);
  g_test_add_func ("/openai/tables", test_tables);
  return g_test_run ();
}
