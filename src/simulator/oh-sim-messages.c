/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sim-messages.h"

#include "oh-sim-answer.h"
#include "oh-sim-json.h"
#include "oh-sim-stream.h"

#include <string.h>

#define THINK_MS 450
#define TOKEN_MS 14
#define LONGEST_THINK_MS 6000

struct _OhSimMessages
{
  OhSimWorld *world;
  GHashTable *attempts; /* hash of key and body -> how often it came */
};

OhSimMessages *
oh_sim_messages_new (OhSimWorld *world)
{
  OhSimMessages *self = g_new0 (OhSimMessages, 1);

  self->world = world;
  self->attempts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
oh_sim_messages_free (OhSimMessages *self)
{
  g_hash_table_unref (self->attempts);
  g_free (self);
}

JsonObject *
oh_sim_messages_parse (OhSimExchange *exchange)
{
  gsize size;
  const char *data = g_bytes_get_data (oh_sim_exchange_get_request_body (exchange), &size);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (size == 0 || !g_utf8_validate (data, (gssize) size, NULL))
    {
      oh_sim_exchange_send_error (exchange, 400, NULL, "The request body is not valid JSON: it is empty or not UTF-8");
      return NULL;
    }
  node = oh_sim_json_parse (data, (gssize) size, &error);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    {
      g_autofree char *text =
          g_strdup_printf ("The request body is not valid JSON: %s", error != NULL ? error->message : "not an object");

      oh_sim_exchange_send_error (exchange, 400, NULL, text);
      return NULL;
    }
  return json_node_dup_object (node);
}

/* Which attempt this is at the same body with the same key, from 0; after @last it starts again. */
static guint
count_attempt (OhSimMessages *self, OhSimExchange *exchange, const OhSimCaller *caller, guint last)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  GBytes *body = oh_sim_exchange_get_request_body (exchange);
  const char *name;
  guint count;

  g_checksum_update (checksum, (const guchar *) caller->key, -1);
  g_checksum_update (checksum, (const guchar *) "\n", 1);
  g_checksum_update (checksum, g_bytes_get_data (body, NULL), (gssize) g_bytes_get_size (body));
  name = g_checksum_get_string (checksum);
  count = GPOINTER_TO_UINT (g_hash_table_lookup (self->attempts, name));
  g_hash_table_insert (self->attempts, g_strdup (name), GUINT_TO_POINTER (count < last ? count + 1 : 0));
  return count;
}

static void
append_limit_headers (OhSimMessages *self, OhSimExchange *exchange, const OhSimCaller *caller)
{
  oh_sim_limits_append_headers (self->world->limits, caller->key,
                                soup_server_message_get_response_headers (oh_sim_exchange_get_message (exchange)),
                                g_get_monotonic_time ());
}

static void
set_number_header (OhSimExchange *exchange, JsonObject *steering, const char *member, const char *header)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (oh_sim_exchange_get_message (exchange));
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (oh_sim_json_double (steering, member, -1) >= 0)
    soup_message_headers_append (headers, header,
                                 g_ascii_formatd (text, sizeof text, "%g", oh_sim_json_double (steering, member, 0)));
}

/* Fails the way the steering's "fail" list says for this attempt. Returns: TRUE where it did. */
static gboolean
fail_as_steered (OhSimMessages *self, OhSimExchange *exchange, JsonObject *steering, const OhSimCaller *caller)
{
  JsonArray *fail = oh_sim_json_array (steering, "fail");
  const char *message = oh_sim_json_string (steering, "error_message");
  guint attempt;
  JsonNode *node;

  if (fail == NULL)
    return FALSE;
  attempt = count_attempt (self, exchange, caller, json_array_get_length (fail));
  if (attempt >= json_array_get_length (fail))
    return FALSE;
  node = json_array_get_element (fail, attempt);
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    {
      if (strcmp (json_node_get_string (node), "hang") == 0)
        soup_server_message_pause (oh_sim_exchange_get_message (exchange));
      else
        oh_sim_exchange_drop (exchange);
      return TRUE;
    }
  if (json_node_get_value_type (node) != G_TYPE_INT64 || json_node_get_int (node) < 400)
    return FALSE;

  append_limit_headers (self, exchange, caller);
  set_number_header (exchange, steering, "retry_after", "retry-after");
  set_number_header (exchange, steering, "retry_after_ms", "retry-after-ms");
  if (oh_sim_json_has (steering, "should_retry"))
    soup_message_headers_append (soup_server_message_get_response_headers (oh_sim_exchange_get_message (exchange)),
                                 "x-should-retry", oh_sim_json_bool (steering, "should_retry") ? "true" : "false");
  if (message == NULL)
    switch (json_node_get_int (node))
      {
      case 429:
        message = "This request would exceed your organization's rate limit. Please try again later.";
        break;
      case 529:
        message = "Overloaded";
        break;
      default:
        message = "Internal server error";
        break;
      }
  oh_sim_exchange_send_error (exchange, (guint) json_node_get_int (node), NULL, message);
  return TRUE;
}

/* What the real API refuses. Returns: the reason, or NULL. (transfer full) */
static char *
find_fault (JsonObject *request, const OhSimCaller *caller, gboolean counting)
{
  static const char *const GONE[] = { "temperature", "top_p", "top_k" };
  JsonArray *messages = oh_sim_json_array (request, "messages");

  if (!oh_sim_json_has (request, "model"))
    return g_strdup ("model: Field required");
  if (oh_sim_json_string (request, "model") == NULL)
    return g_strdup ("model: Input should be a valid string");
  if (!counting && !oh_sim_json_has (request, "max_tokens"))
    return g_strdup ("max_tokens: Field required");
  if (!counting && oh_sim_json_int (request, "max_tokens", -1) < 0)
    return g_strdup ("max_tokens: Input should be greater than or equal to 0");
  if (!oh_sim_json_has (request, "messages"))
    return g_strdup ("messages: Field required");
  if (oh_sim_json_length (messages) == 0)
    return g_strdup ("messages: at least one message is required");
  for (guint i = 0; i < oh_sim_json_length (messages); i++)
    if (oh_sim_json_element_object (messages, i) == NULL)
      return g_strdup_printf ("messages.%u: Input should be a valid dictionary", i);
  for (guint i = 0; caller->newer && i < G_N_ELEMENTS (GONE); i++)
    if (oh_sim_json_has (request, GONE[i]))
      return g_strdup_printf ("%s: Extra inputs are not permitted", GONE[i]);
  return NULL;
}

static JsonObject *
make_usage (const OhSimPrompt *prompt, const OhSimAnswer *answer, const OhSimCaller *caller, const char *service_tier)
{
  JsonObject *usage = json_object_new ();
  JsonObject *creation = json_object_new ();

  json_object_set_int_member (usage, "input_tokens", prompt->input);
  json_object_set_int_member (usage, "cache_creation_input_tokens", prompt->write_5m + prompt->write_1h);
  json_object_set_int_member (usage, "cache_read_input_tokens", prompt->read);
  json_object_set_int_member (creation, "ephemeral_5m_input_tokens", prompt->write_5m);
  json_object_set_int_member (creation, "ephemeral_1h_input_tokens", prompt->write_1h);
  json_object_set_object_member (usage, "cache_creation", creation);
  json_object_set_int_member (usage, "output_tokens", answer->output_tokens);
  if (caller->newer || answer->thinking_tokens > 0)
    {
      JsonObject *details = json_object_new ();

      json_object_set_int_member (details, "thinking_tokens", answer->thinking_tokens);
      json_object_set_object_member (usage, "output_tokens_details", details);
    }
  json_object_set_string_member (usage, "service_tier", service_tier);
  return usage;
}

static void
merge (JsonObject *into, JsonObject *from)
{
  g_autoptr (GList) names = from != NULL ? json_object_get_members (from) : NULL;

  for (GList *l = names; l != NULL; l = l->next)
    json_object_set_member (into, l->data, json_node_copy (json_object_get_member (from, l->data)));
}

JsonObject *
oh_sim_messages_answer (
    OhSimMessages *self, JsonObject *request, JsonObject *steering, const OhSimCaller *caller, const char *service_tier)
{
  gint64 now = g_get_monotonic_time ();
  OhSimPrompt prompt = oh_sim_cache_use (self->world->cache, caller->key, request, now);
  g_autoptr (OhSimAnswer) answer = oh_sim_answer_new (request, steering, self->world->ids);
  g_autofree char *id = oh_sim_ids_next (self->world->ids, "msg_01");
  const char *model = oh_sim_json_string (steering, "model");
  JsonObject *usage = make_usage (&prompt, answer, caller, service_tier);
  JsonObject *message;

  oh_sim_limits_take (self->world->limits, caller->key, 0, prompt.input + prompt.write_5m + prompt.write_1h,
                      answer->output_tokens, now);
  merge (usage, oh_sim_json_object (steering, "usage"));
  message = oh_sim_json_new ("id", id, "type", "message", "role", "assistant", "model",
                             model != NULL ? model : oh_sim_json_string (request, "model"), NULL);
  json_object_set_array_member (message, "content", json_array_ref (answer->content));
  json_object_set_string_member (message, "stop_reason", answer->stop_reason);
  if (answer->stop_sequence != NULL)
    json_object_set_string_member (message, "stop_sequence", answer->stop_sequence);
  else
    json_object_set_null_member (message, "stop_sequence");
  if (caller->newer)
    {
      json_object_set_null_member (message, "stop_details");
      json_object_set_null_member (message, "container");
      json_object_set_null_member (message, "diagnostics");
    }
  json_object_set_object_member (message, "usage", usage);
  merge (message, oh_sim_json_object (steering, "message"));
  return message;
}

/* Replaces the events from the wanted one on by an error. */
static void
break_stream (GPtrArray *pieces, JsonObject *steering)
{
  gint64 at = oh_sim_json_int (steering, "error_after_events", -1);
  const char *type = oh_sim_json_string (steering, "error");
  g_autoptr (JsonObject) error = NULL;

  if (at < 0 || at > pieces->len)
    return;
  error = oh_sim_error_new (529, type, "Overloaded", NULL);
  g_ptr_array_set_size (pieces, (int) at);
  oh_sim_pieces_add (pieces, oh_sim_stream_format ("error", error), 0);
}

/* A body that steering gives word for word. Returns: TRUE where it did. */
static gboolean
send_raw (OhSimExchange *exchange, JsonObject *steering)
{
  JsonArray *events = oh_sim_json_array (steering, "raw_events");
  const char *raw = oh_sim_json_string (steering, "raw");
  const char *type = oh_sim_json_string (steering, "content_type");
  g_autoptr (GBytes) body = NULL;

  if (events != NULL)
    {
      GPtrArray *pieces = oh_sim_pieces_new ();

      for (guint i = 0; i < json_array_get_length (events); i++)
        if (oh_sim_json_element_string (events, i) != NULL)
          oh_sim_pieces_add (pieces, g_strdup (oh_sim_json_element_string (events, i)), 0);
      if (pieces->len == 0)
        oh_sim_pieces_add (pieces, g_strdup ("\n"), 0);
      oh_sim_exchange_send_events (exchange, pieces);
      return TRUE;
    }
  if (raw == NULL)
    return FALSE;
  body = g_bytes_new (raw, strlen (raw));
  oh_sim_exchange_send (exchange, (guint) oh_sim_json_int (steering, "status", 200),
                        type != NULL ? type : "application/json", body, 0);
  return TRUE;
}

void
oh_sim_messages_create (OhSimMessages *self, OhSimExchange *exchange, const OhSimCaller *caller)
{
  g_autoptr (JsonObject) request = oh_sim_messages_parse (exchange);
  g_autoptr (JsonObject) steering = NULL;
  g_autoptr (JsonObject) message = NULL;
  g_autofree char *fault = NULL;
  gboolean room;
  gint64 tokens;

  if (request == NULL)
    return;
  steering = oh_sim_answer_find_steering (request);
  if (oh_sim_exchange_get_steering (exchange) != NULL)
    {
      g_clear_pointer (&steering, json_object_unref);
      steering = json_object_ref (oh_sim_exchange_get_steering (exchange));
    }
  oh_sim_exchange_set_steering (exchange, steering);

  room = oh_sim_limits_take (self->world->limits, caller->key, 1, 0, 0, g_get_monotonic_time ());
  if (!room && self->world->enforce_limits)
    {
      soup_message_headers_append (soup_server_message_get_response_headers (oh_sim_exchange_get_message (exchange)),
                                   "retry-after", "1");
      append_limit_headers (self, exchange, caller);
      oh_sim_exchange_send_error (exchange, 429, NULL, "This request would exceed your organization's rate limit.");
      return;
    }
  fault = find_fault (request, caller, FALSE);
  if (fault != NULL)
    {
      oh_sim_exchange_send_error (exchange, 400, NULL, fault);
      return;
    }
  if (!g_str_has_prefix (oh_sim_json_string (request, "model"), "claude"))
    {
      fault = g_strdup_printf ("model: %s", oh_sim_json_string (request, "model"));
      oh_sim_exchange_send_error (exchange, 404, NULL, fault);
      return;
    }
  if (fail_as_steered (self, exchange, steering, caller) || send_raw (exchange, steering))
    return;

  message = oh_sim_messages_answer (self, request, steering, caller, "standard");
  append_limit_headers (self, exchange, caller);
  if (oh_sim_json_bool (request, "stream"))
    {
      GPtrArray *pieces = oh_sim_stream_new (message);

      break_stream (pieces, steering);
      oh_sim_exchange_send_events (exchange, pieces);
      return;
    }
  tokens = oh_sim_json_int (oh_sim_json_object (message, "usage"), "output_tokens", 0);
  oh_sim_exchange_send_json (exchange, 200, message, (guint) MIN (THINK_MS + tokens * TOKEN_MS, LONGEST_THINK_MS));
}

void
oh_sim_messages_count (OhSimMessages *self, OhSimExchange *exchange, const OhSimCaller *caller)
{
  g_autoptr (JsonObject) request = oh_sim_messages_parse (exchange);
  g_autoptr (JsonObject) answer = NULL;
  g_autofree char *fault = NULL;

  if (request == NULL)
    return;
  fault = find_fault (request, caller, TRUE);
  if (fault != NULL)
    {
      oh_sim_exchange_send_error (exchange, 400, NULL, fault);
      return;
    }
  answer = json_object_new ();
  json_object_set_int_member (answer, "input_tokens", oh_sim_cache_count (request));
  oh_sim_exchange_send_json (exchange, 200, answer, 0);
}
