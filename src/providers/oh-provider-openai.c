/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The OpenAI API: Chat Completions, whole and streamed, and the names of what stands beside it. Facts of the wire: the
 * API's reference. Others speak it too, at other hosts. */
#include "config.h"
#include "oh-provider.h"

#include <glib/gi18n.h>
#include <string.h>

/* Calls of tools that one answer may begin; more are a broken stream. */
#define CALLS_MAX 1000

/* A call of a tool while it streams. */
typedef struct
{
  char *id;
  char *name;
  GString *input;
} Call;

typedef struct
{
  gboolean chat;
  OhMessage *answer;  /* of an answer that was no stream */
  GString *text;      /* of a stream */
  GPtrArray *calls;   /* (element-type Call) of a stream, by index */
  gboolean began;     /* a stream had content */
  gboolean done;      /* [DONE] came, or an error */
  gint64 quarters;    /* quarters of tokens, estimated */
} State;

static const char *const hosts[] = { "api.openai.com", NULL };
static const char *const addresses[] = { "OPENAI_BASE_URL", "OPENAI_*BASE_URL", "OPENAI_*API_BASE", NULL };
static const char *const secret_paths[] = { "client_secrets", NULL };
static const char *const boring_headers[] = { "x-ratelimit-", NULL };
static const char *const conversations[] = { "messages", NULL };

static const char *const *const lists[OH_PROVIDER_N_LISTS] = {
  [OH_PROVIDER_HOSTS] = hosts,
  [OH_PROVIDER_ADDRESSES] = addresses,
  [OH_PROVIDER_SECRET_PATHS] = secret_paths,
  [OH_PROVIDER_BORING_HEADERS] = boring_headers,
  [OH_PROVIDER_CONVERSATIONS] = conversations,
};

static const OhProviderKey keys[] = {
  { "authorization", "Bearer ", "OPENAI_API_KEY" },
  { "api-key", "", "AZURE_OPENAI_API_KEY" },
  { NULL },
};

static const OhProviderLimits limits[] = { { "x-ratelimit-", "", TRUE }, { NULL } };

static void
call_free (gpointer data)
{
  Call *call = data;

  g_free (call->id);
  g_free (call->name);
  g_string_free (call->input, TRUE);
  g_free (call);
}

/* What stands after /v1/, without what is asked of it; or NULL. (transfer full) */
static char *
read_path (const OhExchange *head)
{
  g_autofree char *plain = head->target != NULL ? g_strndup (head->target, strcspn (head->target, "?#")) : NULL;
  const char *rest = plain != NULL ? g_strrstr (plain, "/v1/") : NULL;

  return rest != NULL ? g_strdup (rest + strlen ("/v1/")) : NULL;
}

static gboolean
is_chat (const OhExchange *head)
{
  g_autofree char *path = read_path (head);

  return g_strcmp0 (path, "chat/completions") == 0 && g_strcmp0 (head->method, "POST") == 0;
}

static guint
openai_claims (const OhExchange *head)
{
  if (head->route == OH_ROUTE_BLIND)
    return 0;
  if (g_strcmp0 (head->host, hosts[0]) == 0)
    return 100;
  return is_chat (head) ? 60 : 0;
}

static void
openai_begin (OhProviderTask *task)
{
  State *state = g_new0 (State, 1);
  g_autofree char *path = read_path (task->exchange);

  task->state = state;
  state->chat = is_chat (task->exchange);
  state->text = g_string_new (NULL);
  state->calls = g_ptr_array_new_with_free_func (call_free);
  if (state->chat)
    task->facts->operation = g_strdup (OH_OPERATION_NAME_TURN);
  else if (path != NULL && *path != '\0')
    task->facts->operation = g_strndup (path, strcspn (path, "/"));
  if (g_strcmp0 (task->facts->operation, "models") == 0 && g_str_has_prefix (path, "models/"))
    task->facts->model = g_uri_unescape_string (path + strlen ("models/"), NULL);
}

static void
openai_finish (OhProviderTask *task)
{
  State *state = task->state;

  g_clear_pointer (&state->answer, oh_message_unref);
  g_string_free (state->text, TRUE);
  g_ptr_array_unref (state->calls);
  g_free (state);
}

static gboolean
openai_wants_request (const OhProviderTask *task)
{
  return ((const State *) task->state)->chat;
}

static gboolean
openai_wants_response (const OhProviderTask *task)
{
  return ((const State *) task->state)->chat || task->exchange->status >= 400;
}

static gboolean
openai_wants_events (const OhProviderTask *task)
{
  return ((const State *) task->state)->chat;
}

/* ---- blocks ---- */

static OhBlock *
add_block (GPtrArray *blocks, const char *type)
{
  OhBlock *block = oh_block_new (type);

  block->complete = TRUE;
  g_ptr_array_add (blocks, block);
  return block;
}

/* "data:image/png;base64,…", or an address. */
static void
read_image (OhBlock *block, OhJson url)
{
  g_autofree char *text = oh_json_dup_string (url);
  const char *comma = text != NULL && g_str_has_prefix (text, "data:") ? strchr (text, ',') : NULL;
  gsize length;
  guchar *bytes;

  if (comma == NULL)
    {
      block->source = g_steal_pointer (&text);
      return;
    }
  block->media_type = g_strndup (text + strlen ("data:"), strcspn (text + strlen ("data:"), ";,"));
  bytes = g_base64_decode (comma + 1, &length);
  block->data = g_bytes_new_take (bytes, length);
}

/* A string, or a list of parts. */
static void
read_content (OhJson content, GPtrArray *blocks)
{
  OhJsonIter iter;
  OhJson part;
  char *text = oh_json_dup_string (content);

  if (text != NULL)
    {
      add_block (blocks, "text")->text = text;
      return;
    }
  oh_json_iter_init (&iter, content);
  while (oh_json_iter_next (&iter, NULL, &part))
    {
      g_autofree char *type = oh_json_dup_string (oh_json_get (part, "type"));
      OhBlock *block;

      if (g_strcmp0 (type, "image_url") == 0)
        {
          block = add_block (blocks, "image");
          read_image (block, oh_json_get_path (part, "image_url", "url", NULL));
        }
      else
        {
          block = add_block (blocks, type != NULL ? type : "unknown");
          block->text = oh_json_dup_string (oh_json_get (part, g_strcmp0 (type, "refusal") == 0 ? "refusal" : "text"));
        }
      block->json = oh_json_dup (part);
    }
}

static void
read_calls (OhJson calls, GPtrArray *blocks)
{
  OhJsonIter iter;
  OhJson call;

  oh_json_iter_init (&iter, calls);
  while (oh_json_iter_next (&iter, NULL, &call))
    {
      OhJson function = oh_json_get (call, "function");
      OhBlock *block = add_block (blocks, "tool_use");

      block->id = oh_json_dup_string (oh_json_get (call, "id"));
      block->name = oh_json_dup_string (oh_json_get (function, "name"));
      block->input = oh_json_dup_string (oh_json_get (function, "arguments"));
      block->json = oh_json_dup (call);
    }
}

static void
read_message (OhJson json, GPtrArray *blocks)
{
  OhJson refusal = oh_json_get (json, "refusal");

  if (oh_json_get_kind (oh_json_get (json, "content")) != OH_JSON_NULL)
    read_content (oh_json_get (json, "content"), blocks);
  if (oh_json_get_kind (refusal) == OH_JSON_STRING)
    add_block (blocks, "refusal")->text = oh_json_dup_string (refusal);
  read_calls (oh_json_get (json, "tool_calls"), blocks);
}

/* Each result has a message of its own on the wire; those that follow each other answer one message, and are shown as one. */
static void
describe_message (OhJson json, GPtrArray *messages)
{
  g_autofree char *role = oh_json_dup_string (oh_json_get (json, "role"));
  OhMessage *last = messages->len > 0 ? messages->pdata[messages->len - 1] : NULL;
  OhBlock *result;
  OhMessage *message;

  if (g_strcmp0 (role, "tool") != 0)
    {
      message = oh_message_new (role != NULL ? role : "unknown");
      read_message (json, message->blocks);
      g_ptr_array_add (messages, message);
      return;
    }
  if (last == NULL || strcmp (last->role, "tool") != 0)
    {
      last = oh_message_new ("tool");
      g_ptr_array_add (messages, last);
    }
  result = add_block (last->blocks, "tool_result");
  result->id = oh_json_dup_string (oh_json_get (json, "tool_call_id"));
  result->json = oh_json_dup (json);
  result->text = oh_json_dup_string (oh_json_get (json, "content"));
  if (result->text == NULL)
    {
      result->children = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_block_unref);
      read_content (oh_json_get (json, "content"), result->children);
    }
}

static void
describe_tool (OhJson json, GPtrArray *tools)
{
  OhJson function = oh_json_get (json, "function");
  OhTool *tool = oh_tool_new ();
  char *name = oh_json_dup_string (oh_json_get (function, "name"));

  tool->name = name != NULL ? name : g_strdup ("");
  tool->description = oh_json_dup_string (oh_json_get (function, "description"));
  tool->json = oh_json_dup (json);
  g_ptr_array_add (tools, tool);
}

/* ---- requests ---- */

static void
add_result (OhJson asked, OhJson message, OhFacts *facts)
{
  g_autofree char *id = oh_json_dup_string (oh_json_get (message, "tool_call_id"));
  g_autofree char *name = NULL;
  g_autoptr (GPtrArray) blocks = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_block_unref);
  OhJsonIter iter;
  OhJson call;

  oh_json_iter_init (&iter, asked);
  while (id != NULL && name == NULL && oh_json_iter_next (&iter, NULL, &call))
    if (oh_json_is (oh_json_get (call, "id"), id))
      name = oh_json_dup_string (oh_json_get_path (call, "function", "name", NULL));
  read_content (oh_json_get (message, "content"), blocks);
  oh_facts_add_result (facts, name, blocks->len > 0 ? ((const OhBlock *) blocks->pdata[0])->text : NULL);
}

/* The first words of the last message of a person's; what tools said behind it goes into the facts. (transfer full) (nullable) */
static char *
find_title (OhJson messages, guint *count, OhFacts *facts)
{
  g_autoptr (GArray) results = g_array_new (FALSE, FALSE, sizeof (OhJson));
  OhJson asked = { 0 };
  char *title = NULL;
  OhJsonIter iter;
  OhJson message;

  oh_json_iter_init (&iter, messages);
  while (oh_json_iter_next (&iter, NULL, &message))
    {
      g_autoptr (GPtrArray) blocks = NULL;

      (*count)++;
      if (oh_json_is (oh_json_get (message, "role"), "tool"))
        {
          g_array_append_val (results, message);
          continue;
        }
      g_array_set_size (results, 0);
      asked = oh_json_get (message, "tool_calls");
      if (!oh_json_is (oh_json_get (message, "role"), "user"))
        continue;
      blocks = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_block_unref);
      read_content (oh_json_get (message, "content"), blocks);
      for (guint i = 0; i < blocks->len; i++)
        {
          const OhBlock *block = blocks->pdata[i];

          if (block->text == NULL || *block->text == '\0')
            continue;
          g_free (title);
          title = oh_excerpt (block->text, 80);
          break;
        }
    }
  g_clear_pointer (&facts->tool_result, g_free);
  for (guint i = 0; i < results->len; i++)
    add_result (asked, g_array_index (results, OhJson, i), facts);
  return title;
}

static void
openai_read_request (OhProviderTask *task, const char *body, gsize length)
{
  OhFacts *facts = task->facts;
  g_autofree char *problem = NULL;
  OhJson request;

  if (!openai_wants_request (task) || length == 0)
    return;
  if (!oh_json_parse (body, length, &request, &problem))
    {
      oh_provider_task_add_problem (task, g_strdup_printf (_("The request body is not valid JSON: %s"), problem));
      return;
    }
  oh_facts_take (&facts->requested_model, oh_json_dup_string (oh_json_get (request, "model")));
  if (facts->message_id == NULL)
    oh_facts_take (&facts->model, g_strdup (facts->requested_model));
  facts->message_count = 0;
  oh_facts_take (&facts->title, find_title (oh_json_get (request, "messages"), &facts->message_count, facts));
  oh_facts_take (&facts->user, oh_json_dup_string (oh_json_get (request, "user")));
}

static void
openai_describe_request (OhProviderTask *task, const char *body, gsize length, OhReading *reading)
{
  const State *state = task->state;
  OhJsonIter iter, elements;
  OhJson request, key, value, element;

  if (length == 0 || !oh_json_parse (body, length, &request, NULL))
    return;
  oh_json_iter_init (&iter, request);
  while (oh_json_iter_next (&iter, &key, &value))
    {
      const gboolean messages = state->chat && oh_json_is (key, "messages");
      const gboolean tools = state->chat && oh_json_is (key, "tools");

      oh_json_iter_init (&elements, value);
      if (!messages && !tools)
        {
          g_autofree char *name = oh_json_dup_string (key);
          g_autofree char *json = oh_json_dup (value);

          if (name != NULL)
            g_ptr_array_add (reading->parameters, oh_parameter_new (name, json));
        }
      else
        while (oh_json_iter_next (&elements, NULL, &element))
          if (messages)
            describe_message (element, reading->messages);
          else
            describe_tool (element, reading->tools);
    }
}

/* ---- answers ---- */

static gboolean
read_error (OhJson json, OhFacts *facts)
{
  OhJson error = oh_json_get (json, "error");
  char *type;

  if (oh_json_get_kind (error) != OH_JSON_OBJECT)
    return FALSE;
  type = oh_json_dup_string (oh_json_get (error, "type"));
  oh_facts_take (&facts->error_type, type != NULL ? type : oh_json_dup_string (oh_json_get (error, "code")));
  oh_facts_take (&facts->error_message, oh_json_dup_string (oh_json_get (error, "message")));
  return TRUE;
}

/* The prompt's tokens are all of them here, and only the rest in facts. */
static void
read_usage (OhJson usage, OhFacts *facts)
{
  const gint64 prompt = oh_json_get_int (oh_json_get (usage, "prompt_tokens"), -1);
  const gint64 cached = oh_json_get_int (oh_json_get_path (usage, "prompt_tokens_details", "cached_tokens", NULL), -1);

  if (oh_json_get_kind (usage) != OH_JSON_OBJECT)
    return;
  facts->usage.input = prompt < 0 ? -1 : MAX (prompt - MAX (cached, 0), 0);
  facts->usage.cache_read = cached;
  facts->usage.output = oh_json_get_int (oh_json_get (usage, "completion_tokens"), -1);
  facts->usage.thinking =
      oh_json_get_int (oh_json_get_path (usage, "completion_tokens_details", "reasoning_tokens", NULL), -1);
}

/* The members that an answer and each chunk of a stream share. */
static OhJson
read_head (OhJson json, OhFacts *facts)
{
  OhJsonIter iter;
  OhJson choice = { NULL, 0 };

  oh_facts_take (&facts->message_id, oh_json_dup_string (oh_json_get (json, "id")));
  oh_facts_take (&facts->model, oh_json_dup_string (oh_json_get (json, "model")));
  oh_facts_take (&facts->service_tier, oh_json_dup_string (oh_json_get (json, "service_tier")));
  read_usage (oh_json_get (json, "usage"), facts);
  /* The first of several is the answer; they are rarely asked for. */
  oh_json_iter_init (&iter, oh_json_get (json, "choices"));
  oh_json_iter_next (&iter, NULL, &choice);
  oh_facts_take (&facts->stop_reason, oh_json_dup_string (oh_json_get (choice, "finish_reason")));
  return choice;
}

static void
openai_read_response (OhProviderTask *task, const char *body, gsize length)
{
  State *state = task->state;
  OhFacts *facts = task->facts;
  g_autoptr (GPtrArray) blocks = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_block_unref);
  g_autofree char *problem = NULL;
  OhJson json, message;

  if (!openai_wants_response (task))
    return;
  if (!oh_json_parse (body, length, &json, &problem))
    {
      if (task->exchange->status < 400 && length > 0)
        oh_provider_task_add_problem (task, g_strdup_printf (_("The answer is not valid JSON: %s"), problem));
      facts->complete = facts->complete && task->exchange->status >= 400;
      return;
    }
  if (read_error (json, facts) || !state->chat)
    return;
  message = oh_json_get (read_head (json, facts), "message");
  read_message (message, blocks);
  for (guint i = 0; i < blocks->len; i++)
    facts->tool_use_count += strcmp (((OhBlock *) blocks->pdata[i])->type, "tool_use") == 0;
  if (task->facts_only)
    return;
  state->answer = oh_message_new ("assistant");
  for (guint i = 0; i < blocks->len; i++)
    g_ptr_array_add (state->answer->blocks, oh_block_ref (blocks->pdata[i]));
}

/* ---- streams ---- */

static void
see_content (OhProviderTask *task, OhJson text, gint64 at_ns)
{
  State *state = task->state;

  if (!state->began)
    task->facts->first_token_ns = at_ns;
  state->began = TRUE;
  state->quarters += (gint64) MAX (text.length, 2) - 2;
  task->facts->output_estimate = (state->quarters + 3) / 4;
}

static void
read_call_delta (OhProviderTask *task, OhJson delta, gint64 at_ns)
{
  State *state = task->state;
  const gint64 index = oh_json_get_int (oh_json_get (delta, "index"), 0);
  OhJson function = oh_json_get (delta, "function");
  OhJson arguments = oh_json_get (function, "arguments");
  Call *call;

  /* They come in order, each begun before the next. */
  if (index < 0 || index >= CALLS_MAX || index > state->calls->len)
    return;
  if (index == state->calls->len)
    {
      call = g_new0 (Call, 1);
      call->input = g_string_new (NULL);
      g_ptr_array_add (state->calls, call);
      task->facts->tool_use_count++;
    }
  call = state->calls->pdata[index];
  oh_facts_take (&call->id, oh_json_dup_string (oh_json_get (delta, "id")));
  oh_facts_take (&call->name, oh_json_dup_string (oh_json_get (function, "name")));
  if (!task->facts_only)
    oh_json_append_string (arguments, call->input);
  see_content (task, arguments, at_ns);
}

static void
openai_read_event (OhProviderTask *task, OhStreamEvent *event)
{
  State *state = task->state;
  OhFacts *facts = task->facts;
  OhJsonIter iter;
  OhJson json, choice, text, call;

  if (!state->chat || state->done || *event->data == '\0')
    return;
  if (strcmp (event->data, "[DONE]") == 0)
    {
      state->done = TRUE;
      event->summary = g_strdup ("[DONE]");
      return;
    }
  if (!oh_json_parse (event->data, strlen (event->data), &json, NULL))
    {
      oh_provider_task_add_problem (task, g_strdup (_("An event of the stream is not valid JSON.")));
      return;
    }
  if (read_error (json, facts))
    {
      state->done = TRUE;
      event->summary = oh_excerpt (facts->error_message != NULL ? facts->error_message : "error", 120);
      return;
    }
  choice = read_head (json, facts);
  text = oh_json_get_path (choice, "delta", "content", NULL);
  if (oh_json_get_kind (text) == OH_JSON_STRING && text.length > 2)
    {
      g_autofree char *shown = oh_json_dup_string (text);

      event->summary = oh_excerpt (shown, 120);
      if (!task->facts_only)
        oh_json_append_string (text, state->text);
      see_content (task, text, event->at_ns);
    }
  oh_json_iter_init (&iter, oh_json_get_path (choice, "delta", "tool_calls", NULL));
  while (oh_json_iter_next (&iter, NULL, &call))
    read_call_delta (task, call, event->at_ns);
  if (facts->stop_reason != NULL && event->summary == NULL)
    event->summary = g_strdup (facts->stop_reason);
}

static void
openai_end (OhProviderTask *task, OhOutcome outcome)
{
  State *state = task->state;
  OhFacts *facts = task->facts;

  if (facts->request_id == NULL)
    facts->request_id = g_strdup (oh_headers_get_one (task->exchange->response_headers, "x-request-id"));
  if (!state->chat || !facts->streamed || task->exchange->status >= 400)
    return;
  facts->complete = state->done;
  if (!state->done && outcome == OH_OUTCOME_FINISHED)
    oh_provider_task_add_problem (task, g_strdup (_("The stream ended without its end: no “[DONE]” came.")));
  if (facts->usage.output >= 0)
    facts->output_estimate = facts->usage.output;
}

static OhMessage *
openai_get_answer (OhProviderTask *task)
{
  State *state = task->state;
  OhMessage *answer;

  if (state->answer != NULL)
    return oh_message_ref (state->answer);
  if (!state->began)
    return NULL;
  answer = oh_message_new ("assistant");
  if (state->text->len > 0)
    {
      OhBlock *block = add_block (answer->blocks, "text");

      block->text = g_utf8_make_valid (state->text->str, (gssize) state->text->len);
      block->complete = state->done;
    }
  for (guint i = 0; i < state->calls->len; i++)
    {
      const Call *call = state->calls->pdata[i];
      OhBlock *block = add_block (answer->blocks, "tool_use");

      block->id = g_strdup (call->id);
      block->name = g_strdup (call->name);
      block->input = g_utf8_make_valid (call->input->str, (gssize) call->input->len);
      block->complete = state->done;
    }
  return answer;
}

const OhProvider oh_provider_openai = {
  .id = "openai",
  .lists = lists,
  .keys = keys,
  .limits = limits,
  .organization = "openai-organization",
  .maker = "openai",
  .claims = openai_claims,
  .begin = openai_begin,
  .finish = openai_finish,
  .wants_request = openai_wants_request,
  .wants_response = openai_wants_response,
  .wants_events = openai_wants_events,
  .read_request = openai_read_request,
  .describe_request = openai_describe_request,
  .read_event = openai_read_event,
  .read_response = openai_read_response,
  .end = openai_end,
  .get_answer = openai_get_answer,
};
