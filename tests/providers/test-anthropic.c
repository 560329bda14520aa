/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests and whole answers: who is claimed, every block type, usage, errors. */
#include "config.h"
#include "fixture.h"
#include "oh-providers.h"

typedef struct
{
  const char *method;
  const char *host;
  const char *target;
  gboolean version; /* sends anthropic-version */
  const char *provider;
  const char *operation;
  const char *model;
} Claim;

static const Claim claims[] = {
  { "POST", "api.anthropic.com", "/v1/messages", TRUE, "anthropic", "messages", NULL },
  { "POST", "api.anthropic.com", "/v1/messages?beta=true", TRUE, "anthropic", "messages", NULL },
  { "POST", "api.anthropic.com", "/v1/messages/count_tokens", TRUE, "anthropic", "count_tokens", NULL },
  { "GET", "api.anthropic.com", "/v1/messages/batches/msgbatch_1/results", TRUE, "anthropic", "batches", NULL },
  { "GET", "api.anthropic.com", "/v1/models?limit=2", TRUE, "anthropic", "models", NULL },
  { "GET", "api.anthropic.com", "/v1/models/claude-opus-5", TRUE, "anthropic", "models", "claude-opus-5" },
  { "POST", "api.anthropic.com", "/v1/files", TRUE, "anthropic", "files", NULL },
  { "POST", "api.anthropic.com", "/v1/complete", TRUE, "anthropic", "complete", NULL },
  { "POST", "api.anthropic.com", "/v1/oauth/token", FALSE, "anthropic", "oauth", NULL },
  { "GET", "api.anthropic.com", "/v1/sessions/s/events/stream", TRUE, "anthropic", "sessions", NULL },
  { "GET", "api.anthropic.com", "/v1/organizations/me", TRUE, "anthropic", "organizations", NULL },
  { "HEAD", "api.anthropic.com", "/", FALSE, "anthropic", NULL, NULL },
  { "POST", "gateway.example.com", "/team/anthropic/v1/messages", FALSE, "anthropic", "messages", NULL },
  { "POST", "localhost", "/v1/messages/count_tokens", FALSE, "anthropic", "count_tokens", NULL },
  { "GET", "localhost", "/v1/models", TRUE, "anthropic", "models", NULL },
  { "GET", "localhost", "/v1/models", FALSE, "http", NULL, NULL },
  { "GET", "localhost", "/v1/messagesque", FALSE, "http", NULL, NULL },
  { "POST", "api.example.com", "/v1/threads/t/messages", FALSE, "http", NULL, NULL },
  { "POST", "bedrock-runtime.eu-west-1.amazonaws.com", "/model/anthropic.claude-opus-5-v1%3A0/invoke", FALSE, "anthropic",
    "messages", "anthropic.claude-opus-5-v1:0" },
  { "POST", "bedrock-runtime.us-east-1.amazonaws.com",
    "/model/us.anthropic.claude-sonnet-5/invoke-with-response-stream", FALSE, "anthropic", "messages",
    "us.anthropic.claude-sonnet-5" },
  { "POST", "bedrock-runtime.us-east-1.amazonaws.com", "/model/amazon.nova-pro-v1:0/invoke", FALSE, "http", NULL, NULL },
  { "POST", "bedrock-mantle.us-east-1.api.aws", "/anthropic/v1/messages", TRUE, "anthropic", "messages", NULL },
  { "POST", "us-east5-aiplatform.googleapis.com",
    "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-opus-5@20260101:streamRawPredict", FALSE,
    "anthropic", "messages", "claude-opus-5@20260101" },
  { "POST", "aiplatform.googleapis.com",
    "/v1/projects/p/locations/global/publishers/anthropic/models/count-tokens:rawPredict", FALSE, "anthropic",
    "count_tokens", NULL },
  { "POST", "aiplatform.googleapis.com", "/v1/projects/p/locations/global/publishers/google/models/gemini:predict", FALSE,
    "http", NULL, NULL },
  { "POST", "res.services.ai.azure.com", "/anthropic/v1/messages", TRUE, "anthropic", "messages", NULL },
  { "POST", "aws-external-anthropic.us-east-1.api.aws", "/v1/messages", TRUE, "anthropic", "messages", NULL },
  { "POST", "claude.googleapis.com", "/v1alpha/projects/p/locations/l/workspaces/w/invoke/v1/messages", FALSE, "anthropic",
    "messages", NULL },
  { "GET", "example.com", "/index.html", FALSE, "http", NULL, NULL },
};

static void
check_claims (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (claims); i++)
    {
      g_autoptr (OhExchange) exchange = make_exchange (claims[i].method, claims[i].host, claims[i].target,
                                                       claims[i].version ? FIELDS ("Anthropic-Version", "2023-06-01")
                                                                         : NULL);
      g_autoptr (OhInterpreter) interpreter = oh_interpreter_new (exchange);
      g_autoptr (OhFacts) facts = oh_interpreter_get_facts (interpreter);

      g_test_message ("%s%s", claims[i].host, claims[i].target);
      g_assert_cmpstr (facts->provider, ==, claims[i].provider);
      g_assert_cmpstr (facts->operation, ==, claims[i].operation);
      g_assert_cmpstr (facts->model, ==, claims[i].model);
    }
}

static gboolean
host_is_known (const char *host)
{
  const char *const *hosts = oh_providers_get_hosts ();
  gboolean known = FALSE;

  for (guint i = 0; hosts[i] != NULL; i++)
    known |= g_pattern_match_simple (hosts[i], host);
  return known;
}

static void
check_hosts (void)
{
  g_assert_true (host_is_known ("api.anthropic.com"));
  g_assert_true (host_is_known ("bedrock-runtime.eu-central-1.amazonaws.com"));
  g_assert_true (host_is_known ("europe-west1-aiplatform.googleapis.com"));
  g_assert_true (host_is_known ("aiplatform.eu.rep.googleapis.com"));
  g_assert_false (host_is_known ("www.anthropic.com"));
  g_assert_false (host_is_known ("s3.amazonaws.com"));
  g_assert_false (host_is_known ("example.com"));
}

static const char request[] =
  "{\"model\":\"claude-opus-5\",\"max_tokens\":1024, \"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048},"
  "\"stream\":true,"
  "\"system\":[{\"type\":\"text\",\"text\":\"Be brief.\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}],"
  "\"tools\":[{\"name\":\"weather\",\"description\":\"Says the weather\",\"input_schema\":{\"type\":\"object\"},"
  "\"cache_control\":{\"type\":\"ephemeral\"}},{\"type\":\"web_search_20260318\",\"name\":\"web_search\"},"
  "{\"type\":\"mcp_toolset\",\"mcp_server_name\":\"files\"}],"
  "\"messages\":["
  "{\"role\":\"user\",\"content\":\"What is  the\\nweather in Paris?\"},"
  "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"weather\","
  "\"input\":{\"city\": \"Paris\"}}]},"
  "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\",\"content\":\"Rain\"},"
  "{\"type\":\"text\",\"text\":\"<system-reminder>Do it</system-reminder>\"}]}]}";

static void
check_request (void)
{
  g_autoptr (OhExchange) exchange = make_messages (200, "application/json");
  g_autoptr (OhReading) reading = read_all (exchange, request, "{\"type\":\"message\",\"content\":[]}");
  const OhTool *tool;
  g_autoptr (GString) blocks = g_string_new (NULL);

  g_assert_cmpstr (reading->facts->requested_model, ==, "claude-opus-5");
  g_assert_cmpstr (reading->facts->title, ==, "What is the weather in Paris?");
  g_assert_cmpstr (reading->facts->tool_result, ==, "weather: Rain");
  g_assert_cmpuint (reading->facts->message_count, ==, 3);
  g_assert_cmpstr (reading->facts->request_id, ==, "req_1");
  g_assert_cmpuint (reading->parameters->len, ==, 4);
  g_assert_cmpstr (((OhParameter *) reading->parameters->pdata[0])->value, ==, "\"claude-opus-5\"");
  g_assert_cmpstr (((OhParameter *) reading->parameters->pdata[2])->value, ==,
                   "{\"type\":\"enabled\",\"budget_tokens\":2048}");
  dump_blocks (blocks, reading->system, 0);
  g_assert_cmpstr (blocks->str, ==, "text text=Be brief. cached=1h\n");
  g_assert_cmpuint (reading->tools->len, ==, 3);
  tool = reading->tools->pdata[0];
  g_assert_cmpstr (tool->name, ==, "weather");
  g_assert_cmpstr (tool->description, ==, "Says the weather");
  g_assert_true (tool->cached);
  g_assert_cmpstr (((OhTool *) reading->tools->pdata[2])->name, ==, "files");
  g_assert_cmpuint (reading->messages->len, ==, 3);
  g_string_truncate (blocks, 0);
  for (guint i = 0; i < 3; i++)
    dump_blocks (blocks, ((OhMessage *) reading->messages->pdata[i])->blocks, 0);
  g_assert_cmpstr (blocks->str, ==,
                   "text text=What is  the\nweather in Paris?\n"
                   "tool_use #toolu_1 name=weather input={\"city\": \"Paris\"}\n"
                   "tool_result #toolu_1 text=Rain\n"
                   "text text=<system-reminder>Do it</system-reminder>\n");
  assert_problems (reading, "");
}

typedef struct
{
  const char *json;
  const char *dump;
} BlockCase;

/* Every type of WIRE's table, in requests and answers, and what nobody knows. */
static const BlockCase blocks[] = {
  { "{\"type\":\"text\",\"text\":\"a\\u00e9\",\"citations\":[{\"type\":\"char_location\"}]}", "text text=aé\n" },
  { "{\"type\":\"text\",\"text\":\"x\",\"cache_control\":{\"type\":\"ephemeral\"}}", "text text=x cached=5m\n" },
  { "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"iVBORw0K\"}}",
    "image media=image/png data=6\n" },
  { "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"iVBORw\\/K\"}}",
    "image media=image/png data=6\n" },
  { "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"iVBOR\"}}",
    "image media=image/png data=3 problem=The data is not valid base64\n" },
  { "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://example.com/a.png\"}}",
    "image source=https://example.com/a.png\n" },
  { "{\"type\":\"image\",\"source\":{\"type\":\"file\",\"file_id\":\"file_1\"}}", "image source=file_1\n" },
  { "{\"type\":\"document\",\"title\":\"T\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":"
    "\"JVBERi0=\"}}",
    "document name=T media=application/pdf data=5\n" },
  { "{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"Hello\"}}",
    "document text=Hello media=text/plain\n" },
  { "{\"type\":\"document\",\"source\":{\"type\":\"content\",\"content\":[{\"type\":\"text\",\"text\":\"in\"}]}}",
    "document\n  text text=in\n" },
  { "{\"type\":\"document\",\"source\":{\"type\":\"content\",\"content\":\"in\"}}", "document text=in\n" },
  { "{\"type\":\"search_result\",\"source\":\"https://e.com\",\"title\":\"T\",\"content\":[{\"type\":\"text\",\"text\":"
    "\"found\"}]}",
    "search_result name=T source=https://e.com\n  text text=found\n" },
  { "{\"type\":\"thinking\",\"thinking\":\"Hm\",\"signature\":\"sig\"}", "thinking text=Hm signature=sig\n" },
  { "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"sig\"}", "thinking text= signature=sig\n" },
  { "{\"type\":\"redacted_thinking\",\"data\":\"opaque\"}", "redacted_thinking\n" },
  { "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"left_click\",\"toolset_name\":\"computer\",\"input\":{\"a\": 1},"
    "\"caller\":{\"type\":\"direct\"}}",
    "tool_use #toolu_1 name=left_click input={\"a\": 1}\n" },
  { "{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\",\"is_error\":true,\"content\":\"no\"}",
    "tool_result #toolu_1 text=no error\n" },
  { "{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\"}", "tool_result #toolu_1\n" },
  { "{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\",\"content\":[{\"type\":\"text\",\"text\":\"t\"},{\"type\":"
    "\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/gif\",\"data\":\"R0lG\"}},{\"type\":"
    "\"tool_reference\",\"tool_name\":\"w\"},{\"type\":\"browser_state\",\"tabs\":[]},{\"type\":\"search_result\","
    "\"source\":\"s\",\"title\":\"T\",\"content\":[]}]}",
    "tool_result #toolu_1\n  text text=t\n  image media=image/gif data=3\n  tool_reference name=w\n  browser_state\n"
    "  search_result name=T source=s\n" },
  { "{\"type\":\"server_tool_use\",\"id\":\"srvtoolu_1\",\"name\":\"web_search\",\"input\":{\"query\":\"q\"}}",
    "server_tool_use #srvtoolu_1 name=web_search input={\"query\":\"q\"}\n" },
  { "{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"srvtoolu_1\",\"content\":[{\"type\":\"web_search_result\","
    "\"url\":\"https://e.com\",\"title\":\"E\",\"encrypted_content\":\"x\",\"page_age\":null}]}",
    "web_search_tool_result #srvtoolu_1\n  web_search_result name=E source=https://e.com\n" },
  { "{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"srvtoolu_1\",\"content\":{\"type\":"
    "\"web_search_tool_result_error\",\"error_code\":\"max_uses_exceeded\"}}",
    "web_search_tool_result #srvtoolu_1 error\n  web_search_tool_result_error text=max_uses_exceeded error\n" },
  { "{\"type\":\"web_fetch_tool_result\",\"tool_use_id\":\"srvtoolu_1\",\"content\":{\"type\":\"web_fetch_result\",\"url\":"
    "\"https://e.com\",\"content\":{\"type\":\"document\",\"source\":{\"type\":\"text\",\"data\":\"page\"}}}}",
    "web_fetch_tool_result #srvtoolu_1\n  web_fetch_result source=https://e.com\n    document text=page\n" },
  { "{\"type\":\"code_execution_tool_result\",\"tool_use_id\":\"srvtoolu_1\",\"content\":{\"type\":"
    "\"code_execution_result\",\"stdout\":\"out\\n\",\"stderr\":\"err\",\"return_code\":1,\"content\":[{\"type\":"
    "\"code_execution_output\",\"file_id\":\"file_1\"}]}}",
    "code_execution_tool_result #srvtoolu_1 error\n  code_execution_result text=out\nerr error\n"
    "    code_execution_output source=file_1\n" },
  { "{\"type\":\"code_execution_tool_result\",\"tool_use_id\":\"s\",\"content\":{\"type\":"
    "\"encrypted_code_execution_result\",\"encrypted_stdout\":\"x\",\"stderr\":\"\",\"return_code\":0,\"content\":[]}}",
    "code_execution_tool_result #s\n  encrypted_code_execution_result text=\n" },
  { "{\"type\":\"bash_code_execution_tool_result\",\"tool_use_id\":\"s\",\"content\":{\"type\":"
    "\"bash_code_execution_result\",\"stdout\":\"o\",\"stderr\":\"\",\"return_code\":0,\"content\":[]}}",
    "bash_code_execution_tool_result #s\n  bash_code_execution_result text=o\n" },
  { "{\"type\":\"text_editor_code_execution_tool_result\",\"tool_use_id\":\"s\",\"content\":{\"type\":"
    "\"text_editor_code_execution_view_result\",\"content\":\"line\"}}",
    "text_editor_code_execution_tool_result #s\n  text_editor_code_execution_view_result text=line\n" },
  { "{\"type\":\"tool_search_tool_result\",\"tool_use_id\":\"s\",\"content\":{\"type\":"
    "\"tool_search_tool_search_result\",\"tool_references\":[{\"type\":\"tool_reference\",\"tool_name\":\"w\"}]}}",
    "tool_search_tool_result #s\n  tool_search_tool_search_result\n    tool_reference name=w\n" },
  { "{\"type\":\"container_upload\",\"file_id\":\"file_1\"}", "container_upload source=file_1\n" },
  { "{\"type\":\"mcp_tool_use\",\"id\":\"mcptoolu_1\",\"name\":\"read\",\"server_name\":\"files\",\"input\":{}}",
    "mcp_tool_use #mcptoolu_1 name=read input={}\n" },
  { "{\"type\":\"mcp_tool_result\",\"tool_use_id\":\"mcptoolu_1\",\"is_error\":false,\"content\":[{\"type\":\"text\","
    "\"text\":\"t\"}]}",
    "mcp_tool_result #mcptoolu_1\n  text text=t\n" },
  { "{\"type\":\"mcp_tool_listing\",\"mcp_server_name\":\"files\",\"tools\":[{\"type\":\"x\",\"name\":\"read\"}]}",
    "mcp_tool_listing name=files\n  x name=read\n" },
  { "{\"type\":\"compaction\",\"content\":\"So far\",\"signature\":\"s\"}", "compaction text=So far signature=s\n" },
  { "{\"type\":\"compaction\",\"content\":null}", "compaction problem=The conversation could not be compacted\n" },
  { "{\"type\":\"fallback\",\"from\":{\"model\":\"a\"},\"to\":{\"model\":\"b\"},\"trigger\":{\"type\":\"refusal\"}}",
    "fallback text=a → b\n" },
  { "{\"type\":\"advisor_tool_result\",\"tool_use_id\":\"s\",\"content\":{\"type\":\"advisor_result\",\"text\":\"do\"}}",
    "advisor_tool_result #s\n  advisor_result text=do\n" },
  { "{\"type\":\"tool_addition\",\"tool\":{\"type\":\"tool_reference\",\"tool_name\":\"w\"}}",
    "tool_addition\n  tool_reference name=w\n" },
  { "{\"type\":\"tool_removal\",\"tool\":{\"type\":\"mcp_toolset_reference\",\"mcp_server_name\":\"f\"}}",
    "tool_removal\n  mcp_toolset_reference name=f\n" },
  { "{\"type\":\"mid_conv_system\",\"content\":\"now\"}", "mid_conv_system text=now\n" },
  { "{\"type\":\"hologram\",\"beams\":[1, 2]}", "hologram\n" },
  { "{\"no\":\"type\"}", "unknown\n" },
  { "{\"type\":7}", "unknown\n" },
  { "[1]", "unknown\n" },
  { "{\"type\":\"text\",\"text\":\"a\",\"text\":\"b\"}", "text text=b\n" },
};

static void
check_blocks (void)
{
  g_autoptr (OhExchange) exchange = make_messages (200, "application/json");

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      g_autofree char *body = g_strdup_printf ("{\"type\":\"message\",\"role\":\"assistant\",\"content\":[ %s ]}",
                                               blocks[i].json);
      g_autofree char *sent = g_strdup_printf ("{\"messages\":[{\"role\":\"user\",\"content\":[%s]}]}", blocks[i].json);
      g_autoptr (OhReading) reading = read_all (exchange, sent, body);
      const OhMessage *message = reading->messages->pdata[0];
      g_autoptr (GString) said = g_string_new (NULL);

      assert_answer (reading, blocks[i].dump);
      g_assert_cmpstr (((OhBlock *) reading->answer->blocks->pdata[0])->json, ==, blocks[i].json);
      dump_blocks (said, message->blocks, 0);
      g_assert_cmpstr (said->str, ==, blocks[i].dump);
      g_assert_cmpstr (((OhBlock *) message->blocks->pdata[0])->json, ==, blocks[i].json);
    }
}

static void
check_usage (void)
{
  g_autoptr (OhExchange) exchange = make_messages (200, "application/json; charset=utf-8");
  g_autoptr (OhReading) reading = read_all (
    exchange, request,
    "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-opus-5-x\",\"content\":[{\"type\":"
    "\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}},{\"type\":\"tool_use\",\"id\":\"u\",\"name\":\"n\",\"input\":{}}],"
    "\"stop_reason\":\"tool_use\",\"stop_sequence\":null,\"container\":null,\"usage\":{\"input_tokens\":3,"
    "\"cache_creation_input_tokens\":30,\"cache_read_input_tokens\":300,\"cache_creation\":{"
    "\"ephemeral_5m_input_tokens\":10,\"ephemeral_1h_input_tokens\":20},\"output_tokens\":50,\"output_tokens_details\":{"
    "\"thinking_tokens\":40},\"server_tool_use\":{\"web_search_requests\":2,\"web_fetch_requests\":1},\"service_tier\":"
    "\"priority\",\"speed\":\"fast\",\"inference_geo\":\"us\"}}");
  g_autoptr (GString) facts = g_string_new (NULL);

  dump_facts (facts, reading->facts);
  g_assert_cmpstr (facts->str, ==,
                   "anthropic messages model=claude-opus-5-x asked=claude-opus-5 stop=tool_use id=msg_1 request=req_1 "
                   "error=(null)/(null) title=What is the weather in Paris? tier=priority speed=fast geo=us streamed=0 "
                   "complete=1 in=3 out=50 read=300 write=30 5m=10 1h=20 thinking=40 search=2 fetch=1 estimate=-1 first=-1 "
                   "messages=3 tools=2\n");
  assert_problems (reading, "");
}

/* The 2023-06-01 generation leaves out what it does not use, and null is as good as left out. */
static void
check_usage_sparse (void)
{
  g_autoptr (OhExchange) exchange = make_messages (200, "application/json");
  g_autoptr (OhReading) reading =
    read_all (exchange, NULL,
              "{\"id\":\"msg_1\",\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":\"Hi\"}],\"stop_reason\":"
              "\"end_turn\",\"usage\":{\"input_tokens\":3,\"output_tokens\":5,\"cache_read_input_tokens\":null,"
              "\"server_tool_use\":null,\"cache_creation\":null}}");
  const OhUsage *usage = &reading->facts->usage;

  g_assert_cmpint (usage->input, ==, 3);
  g_assert_cmpint (usage->output, ==, 5);
  g_assert_cmpint (usage->cache_read, ==, -1);
  g_assert_cmpint (usage->cache_write, ==, -1);
  g_assert_cmpint (usage->web_search, ==, -1);
  g_assert_null (reading->facts->model);
  g_assert_null (reading->facts->title);
}

typedef struct
{
  guint status;
  const char *type;
  const char *body;
  const char *error_type;
  const char *error_message;
  const char *request_id;
} ErrorCase;

static const ErrorCase errors[] = {
  { 429, "application/json",
    "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"Slow down\",\"details\":{\"error_code\":"
    "\"ramp_limit_exceeded\"}},\"request_id\":\"req_b\"}",
    "rate_limit_error", "Slow down", "req_b" },
  { 529, "application/json", "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}",
    "overloaded_error", "Overloaded", NULL },
  { 413, "text/html", "<html><head><title>413 Request\n Entity Too Large</title></head><body>x</body></html>", NULL,
    "413 Request Entity Too Large", NULL },
  { 522, "text/plain", "error code: 522", NULL, "error code: 522", NULL },
  { 500, "application/json", "", NULL, NULL, NULL },
  { 500, "application/json", "{\"what\":1}", NULL, "{\"what\":1}", NULL },
  { 403, "application/json", "{\"message\":\"no access\"}", NULL, "no access", NULL },
  { 429, "application/json", "[{\"error\":{\"code\":429,\"message\":\"Quota\",\"status\":\"RESOURCE_EXHAUSTED\"}}]",
    "RESOURCE_EXHAUSTED", "Quota", NULL },
  { 422, "application/json", "{\"detail\":\"not served here\"}", NULL, "not served here", NULL },
  { 422, "application/json",
    "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"messages\",0],\"msg\":\"Field required\",\"input\":{}},"
    "{\"loc\":[\"header\"],\"msg\":\"odd\"},{\"msg\":7}]}",
    NULL, "body.messages.0: Field required; header: odd", NULL },
  { 500, "application/json", "{\"detail\":{\"error\":{\"type\":\"api_error\",\"message\":\"inside\"}}}", "api_error", "inside", NULL },
  { 404, "application/problem+json", "{\"type\":\"about:blank\",\"title\":\"Gone\",\"detail\":\"It went\",\"status\":404}", NULL,
    "It went", NULL },
  { 500, "application/json", "{\"error\":{\"message\":\"upstream died\",\"code\":500}}", NULL, "upstream died", NULL },
  { 429, "application/json",
    "{\"error\":{\"message\":\"litellm.RateLimitError\",\"type\":\"None\",\"param\":\"None\",\"code\":\"429\"}}", NULL,
    "litellm.RateLimitError", NULL },
  { 401, "application/json", "{\"success\":false,\"errors\":[{\"code\":10000,\"message\":\"Authentication error\"}]}", NULL,
    "Authentication error", NULL },
  { 404, "application/json", "{\"error\":\"Not Found here\"}", NULL, "Not Found here", NULL },
  { 404, "application/json", "{\"error\":\"Not Found\",\"message\":\"no such path\",\"status\":404}", "Not Found", "no such path",
    NULL },
  { 400, "application/json", "{\"__type\":\"com.amazon.coral.service#UnrecognizedClientException\",\"message\":\"The token\"}",
    "UnrecognizedClientException", "The token", NULL },
  { 400, "application/json",
    "{\"error\":{\"code\":400,\"status\":\"FAILED_PRECONDITION\",\"message\":\"{\\\"type\\\":\\\"error\\\",\\\"error\\\":{"
    "\\\"type\\\":\\\"invalid_request_error\\\",\\\"message\\\":\\\"too long\\\"}}\"}}",
    "invalid_request_error", "too long", NULL },
  { 404, "application/json", "{\"error\":{\"code\":\"DeploymentNotFound\",\"message\":\"none\"}}", "DeploymentNotFound", "none",
    NULL },
  { 502, "text/html", "\n<HTML><style>b {}</style><BODY><b>502</b> Bad\nGateway</BODY>", NULL, "502 Bad Gateway", NULL },
  { 200, "application/json", "{\"error\":{\"message\":\"in a 200\"}}", NULL, "in a 200", NULL },
  { 504, "text/plain", "", NULL, NULL, NULL },
  { 400, "application/json", "{\"error\":\"invalid_grant\",\"error_description\":\"expired\"}", "invalid_grant", "expired",
    NULL },
};

static void
check_errors (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_autoptr (OhExchange) exchange = make_exchange ("POST", "api.anthropic.com", "/v1/messages", NULL);
      g_autoptr (OhReading) reading = NULL;

      answer (exchange, errors[i].status, FIELDS ("content-type", errors[i].type));
      reading = read_all (exchange, request, errors[i].body);
      g_assert_cmpstr (reading->facts->error_type, ==, errors[i].error_type);
      g_assert_cmpstr (reading->facts->error_message, ==, errors[i].error_message);
      g_assert_cmpstr (reading->facts->request_id, ==, errors[i].request_id);
      g_assert_true (reading->facts->complete);
      g_assert_cmpstr (reading->facts->model, ==, "claude-opus-5");
      g_assert_null (reading->answer);
    }
}

static void
check_amazon_error (void)
{
  g_autoptr (OhExchange) exchange = make_exchange ("POST", "bedrock-runtime.eu-west-1.amazonaws.com",
                                                   "/model/anthropic.claude-opus-5/invoke", NULL);
  g_autoptr (OhReading) reading = NULL;

  answer (exchange, 429,
          FIELDS ("content-type", "application/json", "x-amzn-ErrorType", "ThrottlingException:http://x", "x-amzn-RequestId",
                  "uuid"));
  reading = read_all (exchange, "{\"anthropic_version\":\"bedrock-2023-05-31\",\"messages\":[]}",
                      "{\"message\":\"Too many\"}");
  g_assert_cmpstr (reading->facts->error_type, ==, "ThrottlingException");
  g_assert_cmpstr (reading->facts->error_message, ==, "Too many");
  g_assert_cmpstr (reading->facts->request_id, ==, "uuid");
  g_assert_cmpstr (reading->facts->model, ==, "anthropic.claude-opus-5");
}

static void
check_not_json (void)
{
  g_autoptr (OhExchange) exchange = make_messages (200, "application/json");
  g_autoptr (OhReading) reading = read_all (exchange, "{\"model\":\"m\",", "{\"type\":\"message\"");
  g_autoptr (OhInterpreter) cut = interpret (exchange, request, "{\"type\":\"mess", -1, 3, OH_OUTCOME_CUT);
  g_autoptr (OhFacts) facts = oh_interpreter_get_facts (cut);

  assert_problems (reading, "The request body is not valid JSON: it ends too early, at byte 13\n"
                            "The answer is not valid JSON: it ends too early, at byte 17\n");
  g_assert_false (reading->facts->complete);
  g_assert_false (facts->complete);
  g_assert_cmpstr (facts->model, ==, "claude-opus-5");
}

static void
check_count_tokens (void)
{
  g_autoptr (OhExchange) exchange = make_exchange ("POST", "api.anthropic.com", "/v1/messages/count_tokens", NULL);
  g_autoptr (OhReading) reading = NULL;

  answer (exchange, 200, FIELDS ("content-type", "application/json"));
  reading = read_all (exchange, request, "{\"input_tokens\":2095}");
  g_assert_cmpint (reading->facts->usage.input, ==, 2095);
  g_assert_cmpint (reading->facts->usage.output, ==, -1);
  g_assert_cmpuint (reading->messages->len, ==, 3);
}

static void
check_batches (void)
{
  g_autoptr (OhExchange) create = make_exchange ("POST", "api.anthropic.com", "/v1/messages/batches", NULL);
  g_autoptr (OhExchange) results = make_exchange ("GET", "api.anthropic.com", "/v1/messages/batches/b/results", NULL);
  g_autoptr (OhReading) created = NULL;
  g_autoptr (OhReading) reading = NULL;
  g_autoptr (GString) sent = g_string_new (NULL);

  answer (create, 200, FIELDS ("content-type", "application/json"));
  answer (results, 200, FIELDS ("content-type", "application/binary"));
  created = read_all (create,
                      "{\"requests\":[{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
                      "\"content\":\"One\"}]}},{\"custom_id\":\"b\",\"params\":{}}]}",
                      "{\"id\":\"msgbatch_1\",\"processing_status\":\"in_progress\"}");
  dump_blocks (sent, ((OhMessage *) created->messages->pdata[0])->blocks, 0);
  g_assert_cmpstr (sent->str, ==, "batch_request #a name=m\n  text text=One\nbatch_request #b\n");
  reading = read_all (
    results, NULL,
    "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"1\"}]}}}\n"
    "{\"custom_id\":\"b\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":\"error\",\"error\":{\"type\":"
    "\"invalid_request_error\",\"message\":\"bad\"}}}}\n{\"custom_id\":\"c\",\"result\":{\"type\":\"expired\"}}\nwhat\n");
  assert_answer (reading, "batch_result #a name=succeeded\n  text text=1\nbatch_result #b name=errored text=bad error\n"
                          "batch_result #c name=expired\n");
  assert_problems (reading, "Line 4 of the results is not valid JSON: “w” is out of place at byte 0\n");
  g_assert_cmpstr (reading->facts->message_id, ==, "b");
  g_assert_cmpstr (reading->facts->service_tier, ==, "batch");
}

/* Each result is a turn that is billed by itself. */
static void
check_batch_usage (void)
{
#define RESULT(model, usage) \
  "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":{\"model\":\"" model "\",\"usage\":{" usage "}}}}\n"
  g_autoptr (OhExchange) exchange = make_exchange ("GET", "api.anthropic.com", "/v1/messages/batches/b/results", NULL);
  g_autoptr (OhReading) same = NULL;
  g_autoptr (OhReading) mixed = NULL;
  const OhIteration *turn;

  answer (exchange, 200, FIELDS ("content-type", "application/x-jsonl"));
  same = read_all (exchange, NULL,
                   RESULT ("m", "\"input_tokens\":10,\"output_tokens\":2") RESULT ("m", "\"input_tokens\":30,"
                   "\"output_tokens\":4,\"cache_read_input_tokens\":7")
                   "{\"custom_id\":\"c\",\"result\":{\"type\":\"expired\"}}\n");
  g_assert_cmpstr (same->facts->model, ==, "m");
  g_assert_cmpint (oh_facts_get_prompt (same->facts), ==, 47);
  g_assert_cmpint (same->facts->usage.output, ==, 6);
  g_assert_cmpuint (same->facts->iterations->len, ==, 2);
  mixed = read_all (exchange, NULL,
                    RESULT ("m", "\"input_tokens\":10,\"output_tokens\":2") RESULT ("n", "\"input_tokens\":1,\"iterations\":["
                    "{\"type\":\"message\",\"input_tokens\":5},{\"type\":\"advisor_message\",\"model\":\"o\","
                    "\"input_tokens\":6}]") RESULT ("m", ""));
  g_assert_null (mixed->facts->model);
  g_assert_cmpuint (mixed->facts->iterations->len, ==, 4);
  turn = &g_array_index (mixed->facts->iterations, OhIteration, 1);
  g_assert_cmpstr (turn->model, ==, "n");
  g_assert_cmpint (turn->usage.input, ==, 5);
  g_assert_cmpstr ((turn + 1)->model, ==, "o");
#undef RESULT
}

static void
check_complete (void)
{
  g_autoptr (OhExchange) exchange = make_exchange ("POST", "api.anthropic.com", "/v1/complete", NULL);
  g_autoptr (OhReading) reading = NULL;

  answer (exchange, 200, FIELDS ("content-type", "application/json"));
  reading = read_all (exchange, "{\"model\":\"claude-2.1\",\"prompt\":\"\\n\\nHuman: Hi\\n\\nAssistant:\"}",
                      "{\"type\":\"completion\",\"id\":\"compl_1\",\"completion\":\" Hello\",\"stop_reason\":"
                      "\"stop_sequence\",\"model\":\"claude-2.1\"}");
  assert_answer (reading, "text text= Hello\n");
  g_assert_cmpstr (reading->facts->stop_reason, ==, "stop_sequence");
  g_assert_cmpstr (reading->facts->title, ==, "Human: Hi Assistant:");
  g_assert_cmpuint (reading->messages->len, ==, 1);
}

/* What a program tells the API of itself: its own words, or Claude Code's headers and the two forms of its metadata. */
static void
check_who (void)
{
  static const struct
  {
    const char *user_id;
    const char *session_header;
    const char *user;
    const char *session;
  } cases[] = {
    { "u-1", NULL, "u-1", NULL },
    { "", NULL, NULL, NULL },
    { "{\\\"device_id\\\":\\\"d\\\",\\\"account_uuid\\\":\\\"\\\",\\\"session_id\\\":\\\"s\\\"}", NULL, "d", "s" },
    { "{\\\"device_id\\\":\\\"d\\\",\\\"account_uuid\\\":\\\"a\\\"}", "h", "a", "h" },
    { "{\\\"session_id\\\":\\\"s\\\"}", "h", NULL, "h" },
    { "{\\\"device_id\\\":7}", "", NULL, NULL },
    { "{not JSON", NULL, "{not JSON", NULL },
    { "user_d_account_a_session_s", NULL, "a", "s" },
    { "user_d_account__session_s", "h", "d", "h" },
    { "user_d_account_a", NULL, "user_d_account_a", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *session = cases[i].session_header;
      g_autoptr (OhExchange) exchange = make_exchange (
        "POST", "api.anthropic.com", "/v1/messages",
        FIELDS ("content-type", "application/json", "x-claude-code-prompt-id", "p", "x-claude-code-agent-id", "g",
                session != NULL ? "x-claude-code-session-id" : NULL, session));
      g_autofree char *body =
        g_strdup_printf ("{\"metadata\":{\"user_id\":\"%s\"},\"messages\":[]}", cases[i].user_id);
      g_autoptr (OhReading) reading = NULL;
      g_autoptr (OhFacts) copy = NULL;

      answer (exchange, 200, FIELDS ("content-type", "application/json"));
      reading = read_all (exchange, body, "{}");
      copy = oh_facts_copy (reading->facts);
      g_assert_cmpstr (copy->user, ==, cases[i].user);
      g_assert_cmpstr (copy->session, ==, cases[i].session);
      g_assert_cmpstr (copy->task, ==, "p");
      g_assert_cmpstr (copy->agent, ==, "g");
      g_assert_null (copy->agent_kind);
    }
}

/* Facts alone say the same, and keep nothing. */
static void
check_facts_only (void)
{
  g_autoptr (OhExchange) exchange = make_messages (200, "application/json");
  g_autoptr (OhInterpreter) full = NULL;
  g_autoptr (OhInterpreter) lean = oh_interpreter_new_for_facts (exchange);
  const char *body = "{\"id\":\"msg_1\",\"type\":\"message\",\"model\":\"m\",\"content\":[{\"type\":\"tool_use\"}],"
                     "\"usage\":{\"input_tokens\":3,\"output_tokens\":5}}";
  g_autoptr (GString) one = g_string_new (NULL);
  g_autoptr (GString) two = g_string_new (NULL);
  g_autoptr (OhFacts) full_facts = NULL;
  g_autoptr (OhFacts) lean_facts = NULL;
  g_autoptr (GBytes) kept = NULL;

  full = interpret (exchange, request, body, -1, 0, OH_OUTCOME_FINISHED);
  g_assert_true (oh_interpreter_wants_request (lean));
  oh_interpreter_feed_request (lean, request, strlen (request));
  oh_interpreter_end_request (lean);
  g_assert_false (oh_interpreter_wants_request (lean));
  oh_interpreter_set_response (lean, exchange);
  g_assert_true (oh_interpreter_wants_response (lean));
  oh_interpreter_feed_response (lean, body, strlen (body), 1);
  oh_interpreter_end (lean, OH_OUTCOME_FINISHED);
  full_facts = oh_interpreter_get_facts (full);
  lean_facts = oh_interpreter_get_facts (lean);
  dump_facts (one, full_facts);
  dump_facts (two, lean_facts);
  g_assert_cmpstr (one->str, ==, two->str);
  kept = oh_interpreter_get_request_body (lean, NULL);
  g_assert_cmpuint (g_bytes_get_size (kept), ==, 0);
}

/* For meaning, too; and the answer's blocks, but neither its events nor its bytes, nor much of what facts do not need. */
static void
check_meaning (void)
{
  static const char stream[] =
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m\"}}\n\n"
    "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Rain\"}}\n\n"
    "data: {\"type\":\"content_block_stop\",\"index\":0}\n\ndata: {\"type\":\"message_stop\"}\n\n";
  g_autoptr (OhExchange) exchange = make_messages (200, "text/event-stream");
  g_autoptr (OhExchange) file = make_exchange ("GET", "api.anthropic.com", "/v1/files/file_1/content", NULL);
  g_autoptr (OhInterpreter) full = interpret (exchange, request, stream, -1, 0, OH_OUTCOME_FINISHED);
  g_autoptr (OhInterpreter) lean = oh_interpreter_new_for_meaning (exchange);
  g_autoptr (OhInterpreter) other = oh_interpreter_new_for_meaning (file);
  g_autoptr (OhReading) full_reading = oh_interpreter_get_reading (full);
  g_autoptr (OhReading) reading = NULL;
  g_autoptr (GString) one = g_string_new (NULL);
  g_autoptr (GString) two = g_string_new (NULL);
  g_autoptr (GBytes) asked = NULL;
  g_autoptr (GBytes) answered = NULL;
  g_autoptr (GBytes) start = NULL;
  g_autofree char *megabyte = g_malloc0 (1 << 20);
  guint taken = 0;

  oh_interpreter_feed_request (lean, request, strlen (request));
  oh_interpreter_set_response (lean, exchange);
  oh_interpreter_feed_response (lean, stream, strlen (stream), 1000);
  oh_interpreter_end (lean, OH_OUTCOME_FINISHED);
  reading = oh_interpreter_get_reading (lean);
  dump_facts (one, full_reading->facts);
  dump_facts (two, reading->facts);
  g_assert_cmpstr (one->str, ==, two->str);
  g_assert_cmpuint (full_reading->events->len, ==, 5);
  g_assert_cmpuint (reading->events->len, ==, 0);
  g_assert_cmpuint (reading->messages->len, ==, full_reading->messages->len);
  assert_answer (reading, "text text=Rain\n");
  asked = oh_interpreter_get_request_body (lean, NULL);
  g_assert_cmpuint (g_bytes_get_size (asked), ==, strlen (request));
  answered = oh_interpreter_get_response_body (lean, NULL);
  g_assert_cmpuint (g_bytes_get_size (answered), ==, 0);

  answer (file, 200, FIELDS ("content-type", "application/octet-stream"));
  oh_interpreter_set_response (other, file);
  for (; taken < 100 && oh_interpreter_wants_response (other); taken++)
    oh_interpreter_feed_response (other, megabyte, 1 << 20, 1);
  g_assert_cmpuint (taken, ==, 5);
  oh_interpreter_end (other, OH_OUTCOME_FINISHED);
  start = oh_interpreter_get_response_body (other, NULL);
  g_assert_cmpuint (g_bytes_get_size (start), ==, 4 << 20);
}

static void
check_wants (void)
{
  g_autoptr (OhExchange) upload = make_exchange ("POST", "api.anthropic.com", "/v1/files",
                                                 FIELDS ("content-type", "multipart/form-data; boundary=x"));
  g_autoptr (OhExchange) page = make_exchange ("GET", "example.com", "/", NULL);
  g_autoptr (OhInterpreter) one = oh_interpreter_new_for_facts (upload);
  g_autoptr (OhInterpreter) two = oh_interpreter_new_for_facts (page);

  answer (upload, 413, FIELDS ("content-type", "application/json"));
  answer (page, 200, FIELDS ("content-type", "text/html"));
  g_assert_false (oh_interpreter_wants_request (one));
  oh_interpreter_set_response (one, upload);
  g_assert_true (oh_interpreter_wants_response (one));
  g_assert_false (oh_interpreter_wants_request (two));
  oh_interpreter_set_response (two, page);
  g_assert_false (oh_interpreter_wants_response (two));
}

/* Nesting, garbage and odd types where others are expected: no crash, and the truth about it. */
static void
check_hostile (void)
{
  g_autoptr (OhExchange) exchange = make_messages (200, "application/json");
  g_autoptr (GString) deep = g_string_new ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":");
  static const char *const bodies[] = {
    "null", "[]", "[1,\"x\",{}]", "7", "\"x\"", "{}", "{\"model\":[],\"messages\":{}}", "{\"messages\":[1,null,[],{\"content\":7}]}",
    "{\"messages\":[{\"role\":{},\"content\":[null,[],1,\"s\",{\"type\":\"image\",\"source\":[]}]}],\"system\":7,\"tools\":7}",
    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"data\":\"\",\"type\":null}}]}]}",
    "{\"content\":7,\"usage\":[],\"model\":{},\"error\":7}", "\xff\xfe\x00", "{\"type\":\"error\",\"error\":7}",
  };

  for (guint i = 0; i < 100000; i++)
    g_string_append (deep, "[{\"type\":\"tool_result\",\"content\":");
  g_string_append (deep, "null");
  for (guint i = 0; i < 100000; i++)
    g_string_append (deep, "}]");
  g_string_append (deep, "}]}");
  {
    g_autoptr (OhReading) reading = read_all (exchange, deep->str, deep->str);

    g_assert_cmpuint (reading->facts->message_count, ==, 1);
    assert_problems (reading, "");
  }
  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    for (guint j = 0; j < G_N_ELEMENTS (bodies); j++)
      {
        g_autoptr (OhReading) reading = read_all (exchange, bodies[i], bodies[j]);

        g_assert_cmpstr (reading->facts->provider, ==, "anthropic");
      }
}

/* What no text can hold is named, with its place; the body keeps it. */
static void
check_odd_characters (void)
{
  static const struct
  {
    const char *request, *response, *problems;
  } cases[] = {
    { "{\"messages\":[{\"role\":\"user\",\"content\":\"a\\\\ud83d\"},{\"role\":\"user\",\"content\":\"rain \\ud83d\"}]}", NULL,
      "Message 2 holds half of a character, \\ud83d, at byte 81 of the body\n" },
    { "{\"messages\":[{\"role\":\"user\",\"content\":\"\\u0000\"}],\"system\":\"\\uDC00\\uD83D\"}", NULL,
      "The request holds half of a character, \\uDC00, at byte 59 of the body\n"
      "Message 1 holds a NUL, \\u0000, at byte 39 of the body\n" },
    { "{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud83d\\ude00 \\u00e9 \\\\u0000\"}]}", NULL, "" },
    { "{}", "{\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":\"\\ude00\\u0000\"}]}",
      "The answer holds half of a character, \\ude00, at byte 52 of the body\n" },
    { "{}", "{\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":\"\\u0000\"}]}",
      "The answer holds a NUL, \\u0000, at byte 52 of the body\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (OhExchange) exchange = make_messages (200, "application/json");
      g_autoptr (OhReading) reading =
        read_all (exchange, cases[i].request, cases[i].response != NULL ? cases[i].response : "{}");

      assert_problems (reading, cases[i].problems);
    }
}

/* Labels of bodies that are not true: read as what they are, and said. */
static void
check_labels (void)
{
  static const char message[] = "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\","
                                "\"content\":[{\"type\":\"text\",\"text\":\"pong\"}],\"usage\":{\"output_tokens\":5}}";
  static const char overloaded[] = "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Busy\"}}";
  static const char stream[] =
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"usage\":{\"input_tokens\":10}}}\n\n"
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
    "\"text\":\"pong\"}}\n\nevent: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":5}}\n\n"
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
  static const char none[] = "The answer is called an event stream, but is none\n";
  static const char hidden[] = "The answer is an event stream, but its content type says something else\n";
  const struct
  {
    guint status;
    const char *type, *encoding, *body, *problems, *answer, *error;
    gboolean streamed;
  } cases[] = {
    { 200, "application/json", NULL, stream, hidden, "text text=pong\n", NULL, TRUE },
    { 200, "text/plain", NULL, stream, hidden, "text text=pong\n", NULL, TRUE },
    { 200, NULL, NULL, stream, hidden, "text text=pong\n", NULL, TRUE },
    { 200, "application/octet-stream", "gzip", stream,
      "The answer is an event stream, but its content type says something else\n"
      "The content-encoding says “gzip”, but the body is not; it is taken as it is\n", "text text=pong\n", NULL, TRUE },
    { 200, "text/event-stream", "br", stream,
      "The content-encoding says “br”, but the body is not; it is taken as it is\n", "text text=pong\n", NULL, TRUE },
    { 200, "text/event-stream", "none", stream, "There is no content-encoding “none”; the body is taken as it is\n",
      "text text=pong\n", NULL, TRUE },
    { 200, "text/event-stream", NULL, message, none, "text text=pong\n", NULL, FALSE },
    { 200, "text/event-stream", "gzip", message,
      "The answer is called an event stream, but is none\n"
      "The content-encoding says “gzip”, but the body is not; it is taken as it is\n", "text text=pong\n", NULL, FALSE },
    { 200, "application/json", "deflate", message,
      "The content-encoding says “deflate”, but the body is not; it is taken as it is\n", "text text=pong\n", NULL, FALSE },
    { 529, "text/event-stream", NULL, overloaded, none, "", "Busy", FALSE },
    { 529, "text/event-stream; charset=utf-8", "gzip", overloaded,
      "The answer is called an event stream, but is none\n"
      "The content-encoding says “gzip”, but the body is not; it is taken as it is\n", "", "Busy", FALSE },
    { 502, "text/event-stream", NULL, "<html><title>Bad gateway</title></html>", none, "", "Bad gateway", FALSE },
    { 503, "text/event-stream", NULL, "upstream connect error", none, "", "upstream connect error", FALSE },
    { 200, "text/event-stream", NULL, " \n", "The stream ended before the message did; what came of it is shown\n", "", NULL, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize split = 0; split <= strlen (cases[i].body); split++)
      {
        g_autoptr (OhExchange) exchange = make_messages (0, "");
        g_autoptr (OhInterpreter) interpreter = NULL;
        g_autoptr (OhReading) reading = NULL;

        g_clear_pointer (&exchange->response_headers, oh_headers_unref);
        answer (exchange, cases[i].status, NULL);
        if (cases[i].type != NULL)
          oh_headers_append (exchange->response_headers, "content-type", cases[i].type);
        if (cases[i].encoding != NULL)
          oh_headers_append (exchange->response_headers, "content-encoding", cases[i].encoding);
        interpreter = interpret (exchange, "{}", cases[i].body, -1, split, OH_OUTCOME_FINISHED);
        reading = oh_interpreter_get_reading (interpreter);
        assert_problems (reading, cases[i].problems);
        assert_answer (reading, cases[i].answer);
        g_assert_cmpint (reading->facts->streamed, ==, cases[i].streamed);
        g_assert_cmpuint (reading->events->len, ==, strcmp (cases[i].answer, "") != 0 && cases[i].streamed ? 5 : 0);
        g_assert_cmpstr (reading->facts->error_message, ==, cases[i].error);
        if (cases[i].body == stream || cases[i].body == message)
          {
            g_assert_true (reading->facts->complete);
            g_assert_cmpint (reading->facts->usage.output, ==, 5);
          }
      }
}

/* (transfer full) */
static GBytes *
zip (const void *data, gsize length)
{
  guint8 *out = g_malloc (length + 64);
  z_stream stream = { .next_in = (Bytef *) data, .avail_in = (uInt) length, .next_out = out, .avail_out = (uInt) length + 64 };

  g_assert_cmpint (deflateInit2 (&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), ==, Z_OK);
  g_assert_cmpint (deflate (&stream, Z_FINISH), ==, Z_STREAM_END);
  deflateEnd (&stream);
  return g_bytes_new_take (out, stream.total_out);
}

/* RFC 9110 §5.3: two fields are one list. */
static void
check_two_encodings (void)
{
  static const char body[] = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"ping\"}]}";
  g_autoptr (OhExchange) exchange = make_exchange ("POST", "api.anthropic.com", "/v1/messages",
                                                   FIELDS ("content-encoding", "gzip", "Content-Encoding", "gzip"));
  g_autoptr (GBytes) once = zip (body, strlen (body));
  g_autoptr (GBytes) twice = zip (g_bytes_get_data (once, NULL), g_bytes_get_size (once));
  g_autoptr (OhInterpreter) interpreter = oh_interpreter_new (exchange);
  g_autoptr (OhReading) reading = NULL;

  oh_interpreter_feed_request (interpreter, g_bytes_get_data (twice, NULL), g_bytes_get_size (twice));
  oh_interpreter_end_request (interpreter);
  reading = oh_interpreter_get_reading (interpreter);
  assert_problems (reading, "");
  g_assert_cmpuint (reading->messages->len, ==, 1);
}

static void
check_encoded (void)
{
  g_autoptr (OhExchange) exchange = make_exchange (
    "POST", "api.anthropic.com", "/v1/messages", FIELDS ("content-encoding", "gzip,gzip,gzip,gzip,gzip"));
  g_autoptr (OhInterpreter) interpreter = NULL;
  g_autoptr (OhReading) reading = NULL;
  g_autoptr (GBytes) body = NULL;
  gboolean complete;

  answer (exchange, 200, FIELDS ("content-type", "application/json", "content-encoding", "gzip"));
  interpreter = interpret (exchange, "raw", "\x1f\x8b no gzip", -1, 2, OH_OUTCOME_FINISHED);
  reading = oh_interpreter_get_reading (interpreter);
  assert_problems (reading, "The body has too many content-encodings, the last is “gzip”\n"
                            "The body is not sound gzip data: unknown compression method\n");
  g_assert_false (reading->facts->complete);
  body = oh_interpreter_get_request_body (interpreter, &complete);
  g_assert_false (complete);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), "raw", 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/anthropic/claims", check_claims);
  g_test_add_func ("/anthropic/hosts", check_hosts);
  g_test_add_func ("/anthropic/request", check_request);
  g_test_add_func ("/anthropic/blocks", check_blocks);
  g_test_add_func ("/anthropic/usage", check_usage);
  g_test_add_func ("/anthropic/usage-sparse", check_usage_sparse);
  g_test_add_func ("/anthropic/errors", check_errors);
  g_test_add_func ("/anthropic/amazon-error", check_amazon_error);
  g_test_add_func ("/anthropic/not-json", check_not_json);
  g_test_add_func ("/anthropic/count-tokens", check_count_tokens);
  g_test_add_func ("/anthropic/batches", check_batches);
  g_test_add_func ("/anthropic/batch-usage", check_batch_usage);
  g_test_add_func ("/anthropic/complete", check_complete);
  g_test_add_func ("/anthropic/who", check_who);
  g_test_add_func ("/anthropic/facts-only", check_facts_only);
  g_test_add_func ("/anthropic/meaning", check_meaning);
  g_test_add_func ("/anthropic/wants", check_wants);
  g_test_add_func ("/anthropic/hostile", check_hostile);
  g_test_add_func ("/anthropic/encoded", check_encoded);
  g_test_add_func ("/anthropic/two-encodings", check_two_encodings);
  g_test_add_func ("/anthropic/labels", check_labels);
  g_test_add_func ("/anthropic/odd-characters", check_odd_characters);
  return g_test_run ();
}
