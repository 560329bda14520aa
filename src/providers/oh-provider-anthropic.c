/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Anthropic API: Messages (both API versions), its neighbours, and the same behind the clouds. */
#include "config.h"
#include "oh-anthropic-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* How the bodies are to be read. */
typedef enum
{
  SHAPE_OTHER,         /* nothing but errors */
  SHAPE_MESSAGES,
  SHAPE_COUNT_TOKENS,
  SHAPE_BATCHES,
  SHAPE_BATCH_RESULTS, /* JSON Lines */
  SHAPE_COMPLETE,      /* Text Completions */
} Shape;

typedef struct
{
  Shape shape;
  OhAnthropicStream *stream; /* made with its first event */
  OhMessage *answer;         /* of an answer that was no stream */
} State;

/* Of these everything is the API; the other hosts serve other things too. */
static const char *const own_hosts[] = { "api.anthropic.com", "aws-external-anthropic.*.api.aws",
                                         "claude.googleapis.com" };

/* What stands after /v1/. */
static const char *const resources[] = {
  "messages",     "models",          "files",  "skills",        "complete", "oauth",   "user_profiles", "agents", "sessions",
  "environments", "deployments",     "deployment_runs", "dreams", "memory_stores", "vaults", "tunnels",  "organizations",
};

/* What a request's path says. */
typedef struct
{
  Shape shape;
  char *operation; /* or NULL */
  char *model;     /* or NULL */
  char *batch;     /* whose results, or NULL */
  gboolean cloud;  /* the path itself is a cloud's form */
} Path;

static gboolean
is_given (const char *text)
{
  return text != NULL && *text != '\0';
}

static void
path_clear (Path *path)
{
  g_free (path->operation);
  g_free (path->model);
  g_free (path->batch);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Path, path_clear)

/* /model/{model}/invoke or /invoke-with-response-stream */
static gboolean
read_bedrock_path (const char *target, Path *path)
{
  const char *start = strstr (target, "/model/");
  const char *end = start != NULL ? strstr (start, "/invoke") : NULL;
  g_autofree char *model = NULL;

  if (end == NULL || end <= start + strlen ("/model/"))
    return FALSE;
  start += strlen ("/model/");
  model = g_uri_unescape_segment (start, end, NULL);
  if (model == NULL || (strstr (model, "anthropic") == NULL && strstr (model, "claude") == NULL &&
                        !g_str_has_prefix (model, "arn:aws")))
    return FALSE;
  path->shape = SHAPE_MESSAGES;
  path->operation = g_strdup ("messages");
  path->model = g_steal_pointer (&model);
  path->cloud = TRUE;
  return TRUE;
}

/* …/publishers/anthropic/models/{model}:rawPredict or :streamRawPredict */
static gboolean
read_vertex_path (const char *target, Path *path)
{
  static const char marker[] = "/publishers/anthropic/models/";
  const char *start = strstr (target, marker);
  const char *end;
  gboolean count;

  if (start == NULL)
    return FALSE;
  start += strlen (marker);
  end = start + strcspn (start, ":?/");
  count = (size_t) (end - start) == strlen ("count-tokens") && g_str_has_prefix (start, "count-tokens");
  path->shape = count ? SHAPE_COUNT_TOKENS : SHAPE_MESSAGES;
  path->operation = g_strdup (count ? "count_tokens" : "messages");
  if (!count)
    path->model = g_uri_unescape_segment (start, end, NULL);
  path->cloud = TRUE;
  return TRUE;
}

/* The last "/v1/" of the path: gateways put anything before it. */
static gboolean
read_plain_path (const char *target, Path *path)
{
  g_autofree char *plain = g_strndup (target, strcspn (target, "?#"));
  g_auto (GStrv) segments = NULL;
  const char *rest = g_strrstr (plain, "/v1/");
  guint n;

  if (rest == NULL)
    return FALSE;
  segments = g_strsplit (rest + strlen ("/v1/"), "/", -1);
  n = g_strv_length (segments);
  while (n > 0 && *segments[n - 1] == '\0')
    n--;
  for (guint i = 0; i < G_N_ELEMENTS (resources) && path->operation == NULL && n > 0; i++)
    if (strcmp (segments[0], resources[i]) == 0)
      path->operation = g_strdup (resources[i]);
  if (path->operation == NULL)
    return FALSE;
  if (strcmp (segments[0], "messages") == 0)
    {
      if (n == 1)
        path->shape = SHAPE_MESSAGES;
      else
        {
          g_free (path->operation);
          path->operation = g_strdup (segments[1]);
          if (strcmp (segments[1], "count_tokens") == 0)
            path->shape = SHAPE_COUNT_TOKENS;
          else if (strcmp (segments[1], "batches") == 0)
            path->shape = n == 4 && strcmp (segments[3], "results") == 0 ? SHAPE_BATCH_RESULTS : SHAPE_BATCHES;
          if (path->shape == SHAPE_BATCH_RESULTS)
            path->batch = g_uri_unescape_string (segments[2], NULL);
        }
    }
  else if (strcmp (segments[0], "complete") == 0)
    path->shape = SHAPE_COMPLETE;
  else if (strcmp (segments[0], "models") == 0 && n > 1)
    path->model = g_uri_unescape_string (segments[1], NULL);
  return TRUE;
}

static void
read_path (const OhExchange *head, Path *path)
{
  const char *target = head->target != NULL ? head->target : "";

  if (!read_bedrock_path (target, path) && !read_vertex_path (target, path))
    read_plain_path (target, path);
}

static guint
anthropic_claims (const OhExchange *head)
{
  g_auto (Path) path = { 0 };

  if (head->route == OH_ROUTE_BLIND)
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (own_hosts) && head->host != NULL; i++)
    if (g_pattern_match_simple (own_hosts[i], head->host))
      return 100;
  read_path (head, &path);
  if (path.operation == NULL)
    return 0;
  if (oh_headers_get_one (head->request_headers, "anthropic-version") != NULL)
    return 90;
  /* On other hosts only paths that nobody else is known to serve: a gateway, a test server. */
  return path.cloud || path.shape != SHAPE_OTHER ? 60 : 0;
}

static char *
dup_header (const OhProviderTask *task, const char *name)
{
  const char *value = oh_headers_get_one (task->exchange->request_headers, name);

  return is_given (value) ? g_strdup (value) : NULL;
}

/* What Claude Code tells of itself. */
static void
read_agent (OhProviderTask *task)
{
  OhFacts *facts = task->facts;

  facts->session = dup_header (task, "x-claude-code-session-id");
  facts->scattered = facts->session != NULL;
  facts->task = dup_header (task, "x-claude-code-prompt-id");
  facts->agent = dup_header (task, "x-claude-code-agent-id");
  facts->agent_kind = dup_header (task, "x-claude-code-agent-type");
  facts->parent_agent = dup_header (task, "x-claude-code-parent-agent-id");
}

/* The region that a cloud's address names: Vertex in its path, Bedrock in its host. (transfer full) (nullable) */
static char *
find_region (const OhExchange *exchange)
{
  static const char location[] = "/locations/", bedrock[] = "bedrock-runtime.";
  const char *start = exchange->target != NULL ? strstr (exchange->target, location) : NULL;

  if (start != NULL)
    {
      start += strlen (location);
      return g_strndup (start, strcspn (start, "/?"));
    }
  if (exchange->host != NULL && g_str_has_prefix (exchange->host, bedrock))
    return g_strndup (exchange->host + strlen (bedrock), strcspn (exchange->host + strlen (bedrock), "."));
  return NULL;
}

static void
anthropic_begin (OhProviderTask *task)
{
  State *state = g_new0 (State, 1);
  g_auto (Path) path = { 0 };

  task->state = state;
  read_path (task->exchange, &path);
  state->shape = path.shape;
  task->facts->operation = g_steal_pointer (&path.operation);
  task->facts->requested_model = g_strdup (path.model);
  task->facts->model = g_steal_pointer (&path.model);
  task->facts->message_id = g_steal_pointer (&path.batch);
  task->facts->region = find_region (task->exchange);
  read_agent (task);
}

static void
anthropic_finish (OhProviderTask *task)
{
  State *state = task->state;

  g_clear_pointer (&state->stream, oh_anthropic_stream_free);
  g_clear_pointer (&state->answer, oh_message_unref);
  g_free (state);
}

static gboolean
anthropic_wants_request (const OhProviderTask *task)
{
  const State *state = task->state;

  return state->shape == SHAPE_MESSAGES || state->shape == SHAPE_COUNT_TOKENS || state->shape == SHAPE_COMPLETE;
}

static gboolean
anthropic_wants_response (const OhProviderTask *task)
{
  const State *state = task->state;

  return state->shape == SHAPE_MESSAGES || state->shape == SHAPE_COUNT_TOKENS || state->shape == SHAPE_COMPLETE ||
         state->shape == SHAPE_BATCH_RESULTS || task->exchange->status >= 400;
}

static gboolean
anthropic_wants_events (const OhProviderTask *task)
{
  const State *state = task->state;

  return state->shape == SHAPE_MESSAGES || state->shape == SHAPE_COMPLETE;
}

static gboolean
parse_request (OhProviderTask *task, const char *body, gsize length, gboolean tell, OhJson *json)
{
  const char *type = oh_headers_get_one (task->exchange->request_headers, "content-type");
  g_autofree char *problem = NULL;

  *json = (OhJson) { NULL, 0 };
  if (length == 0 || oh_media_type_is (type, "multipart/", "application/octet-stream",
                                       "application/x-www-form-urlencoded", NULL))
    return FALSE;
  if (oh_json_parse (body, length, json, &problem))
    return TRUE;
  if (tell)
    oh_provider_task_add_problem (task, g_strdup_printf (_("The request body is not valid JSON: %s"), problem));
  return FALSE;
}

static guint
count_elements (OhJson array)
{
  guint n = 0;
  OhJsonIter iter;
  OhJson element;

  oh_json_iter_init (&iter, array);
  while (oh_json_iter_next (&iter, NULL, &element))
    n++;
  return n;
}

/* metadata.user_id names the user in the program's own words. Claude Code puts its session in there too: as JSON, or, before
 * version 2.1, as "user_<device>_account_<account>_session_<session>". */
static void
read_user (OhFacts *facts, OhJson value)
{
  g_autofree char *text = oh_json_dup_string (value);
  const char *account = text != NULL ? strstr (text, "_account_") : NULL;
  const char *session = account != NULL ? strstr (account, "_session_") : NULL;
  OhJson object;

  if (!is_given (text))
    return;
  if (*text == '{' && oh_json_parse (text, strlen (text), &object, NULL))
    {
      g_autofree char *account_uuid = oh_json_dup_string (oh_json_get (object, "account_uuid"));
      g_autofree char *session_id = oh_json_dup_string (oh_json_get (object, "session_id"));

      oh_facts_take (&facts->user, is_given (account_uuid) ? g_steal_pointer (&account_uuid)
                                                           : oh_json_dup_string (oh_json_get (object, "device_id")));
      if (facts->session == NULL && is_given (session_id))
        facts->session = g_steal_pointer (&session_id);
    }
  else if (g_str_has_prefix (text, "user_") && session != NULL)
    {
      account += strlen ("_account_");
      facts->user = account < session ? g_strndup (account, (gsize) (session - account))
                                      : g_strndup (text + strlen ("user_"), strcspn (text + strlen ("user_"), "_"));
      if (facts->session == NULL && session[strlen ("_session_")] != '\0')
        facts->session = g_strdup (session + strlen ("_session_"));
    }
  else
    facts->user = g_strdup (text);
}

/* Says where the body of a request holds what no text can. @at: in @json, or NULL */
static void
tell_place (OhProviderTask *task, OhJson json, const char *body, const char *at, const char *what)
{
  OhJsonIter iter;
  OhJson message;
  guint number = 0;

  if (at == NULL)
    return;
  oh_json_iter_init (&iter, oh_json_get (json, "messages"));
  while (oh_json_iter_next (&iter, NULL, &message))
    {
      number++;
      if (at >= message.text && at < message.text + message.length)
        {
          oh_provider_task_add_remark (task, g_strdup_printf (_("Message %u holds %s, %.6s, at byte %zu of the body"), number,
                                                              what, at, (gsize) (at - body)));
          return;
        }
    }
  oh_provider_task_add_remark (
    task, g_strdup_printf (_("The request holds %s, %.6s, at byte %zu of the body"), what, at, (gsize) (at - body)));
}

static void
anthropic_read_request (OhProviderTask *task, const char *body, gsize length)
{
  const State *state = task->state;
  OhFacts *facts = task->facts;
  const char *half, *nul;
  OhJsonIter iter;
  OhJson request, key, value;

  if (!parse_request (task, body, length, TRUE, &request) || !anthropic_wants_request (task))
    return;
  half = oh_json_find_half (request, &nul);
  tell_place (task, request, body, half, _("half of a character"));
  tell_place (task, request, body, nul, _("a NUL"));
  oh_json_iter_init (&iter, request);
  while (oh_json_iter_next (&iter, &key, &value))
    {
      if (oh_json_is (key, "model"))
        {
          oh_facts_take (&facts->requested_model, oh_json_dup_string (value));
          /* An answer may have come before the request was whole. */
          if (facts->message_id == NULL)
            oh_facts_take (&facts->model, oh_json_dup_string (value));
        }
      else if (oh_json_is (key, "messages"))
        {
          facts->message_count = count_elements (value);
          oh_facts_take (&facts->title, oh_anthropic_find_title (value));
          oh_anthropic_find_results (value, facts);
        }
      else if (oh_json_is (key, "thread"))
        {
          facts->continues_thread = oh_json_is (oh_json_get (value, "type"), "continue");
          g_clear_pointer (&facts->previous_message_id, g_free);
          oh_facts_take (&facts->previous_message_id,
                         oh_json_dup_string (oh_json_get (value, "previous_message_id")));
        }
      else if (oh_json_is (key, "metadata") && facts->user == NULL)
        read_user (facts, oh_json_get (value, "user_id"));
      else if (oh_json_is (key, "diagnostics") && facts->previous_message_id == NULL)
        oh_facts_take (&facts->previous_message_id,
                       oh_json_dup_string (oh_json_get (value, "previous_message_id")));
      else if (oh_json_is (key, "prompt") && state->shape == SHAPE_COMPLETE)
        {
          g_autofree char *prompt = oh_json_dup_string (value);

          if (prompt != NULL)
            oh_facts_take (&facts->title, oh_excerpt (prompt, 80));
        }
    }
}

/* A batch is shown as one message with a block for each of its requests, whose blocks are those of its last message. */
static void
describe_batch (OhJson request, OhReading *reading)
{
  OhJsonIter iter, messages;
  OhJson json, message;
  OhMessage *shown;

  oh_anthropic_describe_parameters (request, reading);
  oh_json_iter_init (&iter, oh_json_get (request, "requests"));
  shown = oh_message_new ("user");
  while (oh_json_iter_next (&iter, NULL, &json))
    {
      OhBlock *block = oh_block_new ("batch_request");
      OhJson last = { NULL, 0 };

      block->id = oh_json_dup_string (oh_json_get (json, "custom_id"));
      block->name = oh_json_dup_string (oh_json_get_path (json, "params", "model", NULL));
      block->json = oh_json_dup (json);
      block->complete = TRUE;
      block->children = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_block_unref);
      oh_json_iter_init (&messages, oh_json_get_path (json, "params", "messages", NULL));
      while (oh_json_iter_next (&messages, NULL, &message))
        last = message;
      oh_anthropic_read_content (oh_json_get (last, "content"), block->children);
      g_ptr_array_add (shown->blocks, block);
    }
  if (shown->blocks->len > 0)
    g_ptr_array_add (reading->messages, oh_message_ref (shown));
  oh_message_unref (shown);
}

static void
anthropic_describe_request (OhProviderTask *task, const char *body, gsize length, OhReading *reading)
{
  const State *state = task->state;
  OhJson request;

  if (!parse_request (task, body, length, FALSE, &request))
    return;
  if (state->shape == SHAPE_MESSAGES || state->shape == SHAPE_COUNT_TOKENS)
    oh_anthropic_describe_request (request, reading);
  else if (state->shape == SHAPE_BATCHES)
    describe_batch (request, reading);
  else
    oh_anthropic_describe_parameters (request, reading);
  if (state->shape == SHAPE_COMPLETE)
    {
      OhMessage *message = oh_message_new ("user");

      oh_anthropic_read_content (oh_json_get (request, "prompt"), message->blocks);
      g_ptr_array_add (reading->messages, message);
    }
}

/* The name by which the answering side knows the exchange: ours, Amazon's or Azure's. */
static void
read_request_id (OhProviderTask *task)
{
  static const char *const names[] = { "request-id", "x-amzn-requestid", "apim-request-id" };

  for (guint i = 0; i < G_N_ELEMENTS (names) && task->facts->request_id == NULL; i++)
    task->facts->request_id = g_strdup (oh_headers_get_one (task->exchange->response_headers, names[i]));
}

static void
anthropic_read_event (OhProviderTask *task, OhStreamEvent *event)
{
  State *state = task->state;

  read_request_id (task);
  if (!anthropic_wants_events (task))
    return;
  if (state->stream == NULL)
    state->stream = oh_anthropic_stream_new ();
  oh_anthropic_stream_read (state->stream, task, event);
}

static void
read_answer (OhProviderTask *task, const char *body, OhJson message)
{
  State *state = task->state;
  OhJson content = oh_json_get (message, "content");
  OhJsonIter iter;
  OhJson block;
  const char *nul;
  const char *half = oh_json_find_half (message, &nul);

  if (half != NULL)
    oh_provider_task_add_remark (task, g_strdup_printf (_("The answer holds half of a character, %.6s, at byte %zu of the body"),
                                                        half, (gsize) (half - body)));
  if (nul != NULL)
    oh_provider_task_add_remark (
      task, g_strdup_printf (_("The answer holds a NUL, %.6s, at byte %zu of the body"), nul, (gsize) (nul - body)));
  oh_anthropic_read_message (message, task->facts);
  oh_json_iter_init (&iter, content);
  while (oh_json_get_kind (content) == OH_JSON_ARRAY && oh_json_iter_next (&iter, NULL, &block))
    if (oh_json_is (oh_json_get (block, "type"), "tool_use"))
      task->facts->tool_use_count++;
  if (task->facts_only)
    return;
  state->answer = oh_message_new ("assistant");
  oh_anthropic_read_content (state->shape == SHAPE_COMPLETE ? oh_json_get (message, "completion") : content,
                             state->answer->blocks);
}

/* One line of a batch's results becomes one block: named after how it ended, with the blocks of its message. */
static OhBlock *
read_result_line (OhJson line)
{
  OhBlock *block = oh_block_new ("batch_result");
  OhJson result = oh_json_get (line, "result");

  block->id = oh_json_dup_string (oh_json_get (line, "custom_id"));
  block->name = oh_json_dup_string (oh_json_get (result, "type"));
  block->json = oh_json_dup (line);
  block->complete = TRUE;
  block->is_error = oh_json_is (oh_json_get (result, "type"), "errored");
  if (block->is_error)
    {
      g_autoptr (OhFacts) facts = oh_facts_new ("anthropic");

      if (oh_anthropic_read_error (oh_json_get (result, "error"), facts) || oh_anthropic_read_error (result, facts))
        block->text = g_strdup (facts->error_message);
    }
  else
    {
      block->children = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_block_unref);
      oh_anthropic_read_content (oh_json_get_path (result, "message", "content", NULL), block->children);
    }
  return block;
}

static void
read_results (OhProviderTask *task, const char *body, gsize length)
{
  State *state = task->state;
  const char *end = length > 0 ? body + length : body;
  guint number = 0;

  oh_facts_take (&task->facts->service_tier, g_strdup ("batch"));
  state->answer = task->facts_only ? NULL : oh_message_new ("assistant");
  while (body < end)
    {
      const char *stop = memchr (body, '\n', (gsize) (end - body));
      g_autofree char *problem = NULL;
      OhJson line;

      stop = stop != NULL ? stop : end;
      number++;
      if (oh_json_parse (body, (gsize) (stop - body), &line, &problem))
        {
          OhJson message = oh_json_get_path (line, "result", "message", NULL);

          if (oh_json_get_kind (message) == OH_JSON_OBJECT)
            oh_anthropic_add_result (message, task->facts);
          if (state->answer != NULL)
            g_ptr_array_add (state->answer->blocks, read_result_line (line));
        }
      else if (stop > body)
        oh_provider_task_add_problem (
          task, g_strdup_printf (_("Line %u of the results is not valid JSON: %s"), number, problem));
      body = stop + 1;
    }
}

/* Some tell of a failure under status 200. */
static gboolean
is_error (OhJson json)
{
  OhJson error = oh_json_get (json, "error");

  if (oh_json_is (oh_json_get (json, "type"), "error") || oh_json_get_kind (error) == OH_JSON_OBJECT)
    return TRUE;
  return (oh_json_get_kind (error) == OH_JSON_STRING || oh_json_get_kind (error) == OH_JSON_ARRAY) &&
         oh_json_get (json, "content").length == 0;
}

static void
anthropic_read_response (OhProviderTask *task, const char *body, gsize length)
{
  State *state = task->state;
  OhFacts *facts = task->facts;
  gboolean wants_json = state->shape == SHAPE_MESSAGES || state->shape == SHAPE_COUNT_TOKENS ||
                        state->shape == SHAPE_COMPLETE;
  gboolean failed = task->exchange->status >= 400;
  g_autofree char *problem = NULL;
  OhJson json;

  if (state->shape == SHAPE_BATCH_RESULTS && !failed)
    {
      read_results (task, body, length);
      return;
    }
  if (!wants_json && !failed)
    return;
  if (!oh_json_parse (body, length, &json, &problem))
    {
      if (failed)
        oh_anthropic_read_error_text (body, length, facts);
      else if (length > 0)
        oh_provider_task_add_problem (task, g_strdup_printf (_("The answer is not valid JSON: %s"), problem));
      facts->complete = facts->complete && failed;
      return;
    }
  if (failed || is_error (json))
    {
      if (!oh_anthropic_read_error (json, facts))
        oh_anthropic_read_error_text (body, length, facts);
      if (facts->error_type == NULL)
        {
          /* Amazon: "ThrottlingException:http://…" */
          const char *type = oh_headers_get_one (task->exchange->response_headers, "x-amzn-errortype");

          facts->error_type = type != NULL ? g_strndup (type, strcspn (type, ":")) : NULL;
        }
    }
  else if (state->shape == SHAPE_COUNT_TOKENS)
    facts->usage.input = oh_json_get_int (oh_json_get (json, "input_tokens"), -1);
  else
    read_answer (task, body, json);
}

static void
anthropic_end (OhProviderTask *task, OhOutcome outcome)
{
  State *state = task->state;

  read_request_id (task);
  if (state->stream == NULL && task->facts->streamed && task->exchange->status < 400 &&
      anthropic_wants_events (task))
    state->stream = oh_anthropic_stream_new ();
  if (state->stream != NULL)
    oh_anthropic_stream_end (state->stream, task, outcome);
}

static OhMessage *
anthropic_get_answer (OhProviderTask *task)
{
  State *state = task->state;

  if (state->stream != NULL)
    return oh_anthropic_stream_get_answer (state->stream);
  return state->answer != NULL ? oh_message_ref (state->answer) : NULL;
}

const OhProvider oh_provider_anthropic = {
  .id = "anthropic",
  .marks_cache = TRUE,
  .lists = oh_anthropic_lists,
  .keys = oh_anthropic_keys,
  .limits = oh_anthropic_limits,
  .shared_limits = "unified",
  .organization = "anthropic-organization-id",
  .workspace = "anthropic-workspace-id",
  .words = oh_anthropic_words,
  .program = &oh_anthropic_program,
  .maker = "anthropic",
  .spell_model = oh_anthropic_spell_model,
  .claims = anthropic_claims,
  .begin = anthropic_begin,
  .finish = anthropic_finish,
  .wants_request = anthropic_wants_request,
  .wants_response = anthropic_wants_response,
  .wants_events = anthropic_wants_events,
  .read_request = anthropic_read_request,
  .describe_request = anthropic_describe_request,
  .read_event = anthropic_read_event,
  .read_response = anthropic_read_response,
  .end = anthropic_end,
  .get_answer = anthropic_get_answer,
};
