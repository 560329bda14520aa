/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sim-resources.h"

#include "oh-sim-answer.h"
#include "oh-sim-json.h"

#include <string.h>

/* How long a batch takes at speed 1. */
#define BATCH_MS 3000

typedef struct
{
  JsonObject *object;
  char *results;  /* JSONL */
  gint64 ends_us; /* monotonic */
} Batch;

typedef struct
{
  JsonObject *object;
  GBytes *content;
} File;

struct _OhSimResources
{
  OhSimWorld *world;
  OhSimMessages *messages;
  GPtrArray *batches; /* Batch, oldest first */
  GPtrArray *files;   /* File, oldest first */
};

static const struct
{
  const char *id;
  const char *name;
  const char *created;
} MODELS[] = {
  { "claude-opus-5-5", "Claude Opus 5.5", "2026-09-22T00:00:00Z" },
  { "claude-sonnet-5-5", "Claude Sonnet 5.5", "2026-09-28T00:00:00Z" },
  { "claude-haiku-5-5", "Claude Haiku 5.5", "2026-10-07T00:00:00Z" },
  { "claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", "2025-09-29T00:00:00Z" },
};

static void
batch_free (gpointer data)
{
  Batch *batch = data;

  json_object_unref (batch->object);
  g_free (batch->results);
  g_free (batch);
}

static void
file_free (gpointer data)
{
  File *file = data;

  json_object_unref (file->object);
  g_bytes_unref (file->content);
  g_free (file);
}

OhSimResources *
oh_sim_resources_new (OhSimWorld *world, OhSimMessages *messages)
{
  OhSimResources *self = g_new0 (OhSimResources, 1);

  self->world = world;
  self->messages = messages;
  self->batches = g_ptr_array_new_with_free_func (batch_free);
  self->files = g_ptr_array_new_with_free_func (file_free);
  return self;
}

void
oh_sim_resources_free (OhSimResources *self)
{
  g_ptr_array_unref (self->batches);
  g_ptr_array_unref (self->files);
  g_free (self);
}

static gboolean
is_method (OhSimExchange *exchange, const char *method)
{
  return strcmp (soup_server_message_get_method (oh_sim_exchange_get_message (exchange)), method) == 0;
}

static void
send_missing (OhSimExchange *exchange, const char *what, const char *id)
{
  g_autofree char *text = g_strdup_printf ("%s: %s", what, id);

  oh_sim_exchange_send_error (exchange, 404, NULL, text);
}

static char *
time_text (int seconds_from_now)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) then = g_date_time_add_seconds (now, seconds_from_now);

  return g_date_time_format (then, "%Y-%m-%dT%H:%M:%SZ");
}

/* One page with everything, newest first. @data: (transfer full) */
static void
send_list (OhSimExchange *exchange, JsonArray *data)
{
  g_autoptr (JsonObject) list = json_object_new ();
  guint length = json_array_get_length (data);

  json_object_set_array_member (list, "data", data);
  json_object_set_boolean_member (list, "has_more", FALSE);
  if (length == 0)
    {
      json_object_set_null_member (list, "first_id");
      json_object_set_null_member (list, "last_id");
    }
  else
    {
      json_object_set_string_member (list, "first_id", oh_sim_json_string (oh_sim_json_element_object (data, 0), "id"));
      json_object_set_string_member (list, "last_id",
                                     oh_sim_json_string (oh_sim_json_element_object (data, length - 1), "id"));
    }
  oh_sim_exchange_send_json (exchange, 200, list, 0);
}

static JsonObject *
model_object (guint index)
{
  return oh_sim_json_new ("type", "model", "id", MODELS[index].id, "display_name", MODELS[index].name, "created_at",
                          MODELS[index].created, NULL);
}

static gboolean
handle_models (OhSimExchange *exchange, const char *id)
{
  JsonArray *data;

  if (!is_method (exchange, "GET"))
    return FALSE;
  for (guint i = 0; id != NULL && i < G_N_ELEMENTS (MODELS); i++)
    if (strcmp (MODELS[i].id, id) == 0)
      {
        g_autoptr (JsonObject) model = model_object (i);

        oh_sim_exchange_send_json (exchange, 200, model, 0);
        return TRUE;
      }
  if (id != NULL)
    {
      send_missing (exchange, "model", id);
      return TRUE;
    }
  data = json_array_new ();
  for (guint i = 0; i < G_N_ELEMENTS (MODELS); i++)
    json_array_add_object_element (data, model_object (i));
  send_list (exchange, data);
  return TRUE;
}

/* The address under which the client reaches us: as it said itself, with https for the API's own name. */
static char *
own_address (OhSimResources *self, OhSimExchange *exchange)
{
  SoupServerMessage *message = oh_sim_exchange_get_message (exchange);
  const char *host = soup_message_headers_get_one (soup_server_message_get_request_headers (message), "Host");
  GUri *uri = soup_server_message_get_uri (message);

  if (self->world->public_url != NULL)
    return g_strdup (self->world->public_url);
  if (host == NULL || strchr (host, ':') == NULL)
    return g_strconcat ("https://", host != NULL ? host : "api.anthropic.com", NULL);
  return g_strconcat (g_uri_get_scheme (uri), "://", host, NULL);
}

/* What one request of a batch comes to, in the place that @counts has for it. */
static JsonObject *
batch_result (OhSimResources *self, JsonObject *params, const OhSimCaller *caller, JsonObject *counts)
{
  g_autoptr (JsonObject) steering = oh_sim_answer_find_steering (params);
  gboolean errored = oh_sim_json_has (steering, "fail");
  const char *type = errored ? "errored" : "succeeded";
  JsonObject *result = oh_sim_json_new ("type", type, NULL);

  json_object_set_int_member (counts, type, oh_sim_json_int (counts, type, 0) + 1);
  if (errored)
    json_object_set_object_member (result, "error", oh_sim_error_new (500, NULL, "Internal server error", NULL));
  else
    json_object_set_object_member (result, "message",
                                   oh_sim_messages_answer (self->messages, params, steering, caller, "batch"));
  return result;
}

static JsonObject *
new_counts (guint processing)
{
  static const char *const OUTCOMES[] = { "succeeded", "errored", "canceled", "expired" };
  JsonObject *counts = json_object_new ();

  json_object_set_int_member (counts, "processing", processing);
  for (guint i = 0; i < G_N_ELEMENTS (OUTCOMES); i++)
    json_object_set_int_member (counts, OUTCOMES[i], 0);
  return counts;
}

/* A batch as the API shows it, without what only we know. */
static JsonObject *
shown_batch (Batch *batch)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), batch->object);
  g_autoptr (JsonNode) copy = oh_sim_json_copy (node);
  JsonObject *object = json_node_dup_object (copy);

  json_object_remove_member (object, "final_counts");
  return object;
}

static void
send_batch (OhSimExchange *exchange, Batch *batch)
{
  g_autoptr (JsonObject) shown = shown_batch (batch);

  oh_sim_exchange_send_json (exchange, 200, shown, 0);
}

static void
create_batch (OhSimResources *self, OhSimExchange *exchange, const OhSimCaller *caller)
{
  g_autoptr (JsonObject) request = oh_sim_messages_parse (exchange);
  JsonArray *requests = oh_sim_json_array (request, "requests");
  g_autoptr (GString) results = g_string_new (NULL);
  g_autoptr (JsonObject) counts = NULL;
  g_autofree char *id = NULL, *created = NULL, *expires = NULL;
  Batch *batch;

  if (request == NULL)
    return;
  for (guint i = 0; i < oh_sim_json_length (requests); i++)
    {
      JsonObject *one = oh_sim_json_element_object (requests, i);
      JsonObject *params = oh_sim_json_object (one, "params");

      if (params == NULL || oh_sim_json_string (one, "custom_id") == NULL ||
          oh_sim_json_string (params, "model") == NULL)
        requests = NULL;
    }
  if (oh_sim_json_length (requests) == 0)
    {
      oh_sim_exchange_send_error (exchange, 400, NULL, "requests: a list of custom_id and params is required");
      return;
    }

  counts = new_counts (0);
  for (guint i = 0; i < json_array_get_length (requests); i++)
    {
      JsonObject *one = oh_sim_json_element_object (requests, i);
      g_autoptr (JsonObject) line = oh_sim_json_new ("custom_id", oh_sim_json_string (one, "custom_id"), NULL);
      g_autofree char *text = NULL;

      json_object_set_object_member (line, "result",
                                     batch_result (self, oh_sim_json_object (one, "params"), caller, counts));
      text = oh_sim_json_object_text (line);
      g_string_append_printf (results, "%s\n", text);
    }

  batch = g_new0 (Batch, 1);
  id = oh_sim_ids_next (self->world->ids, "msgbatch_01");
  created = time_text (0);
  expires = time_text (24 * 60 * 60);
  batch->object = oh_sim_json_new ("id", id, "type", "message_batch", "processing_status", "in_progress", NULL);
  json_object_set_object_member (batch->object, "request_counts", new_counts (json_array_get_length (requests)));
  json_object_set_object_member (batch->object, "final_counts", g_steal_pointer (&counts));
  json_object_set_string_member (batch->object, "created_at", created);
  json_object_set_string_member (batch->object, "expires_at", expires);
  json_object_set_null_member (batch->object, "ended_at");
  json_object_set_null_member (batch->object, "archived_at");
  json_object_set_null_member (batch->object, "cancel_initiated_at");
  json_object_set_null_member (batch->object, "results_url");
  batch->results = g_strdup (results->str);
  batch->ends_us = g_get_monotonic_time ();
  if (self->world->speed > 0)
    batch->ends_us += (gint64) (BATCH_MS * 1000 / self->world->speed);
  g_ptr_array_add (self->batches, batch);
  send_batch (exchange, batch);
}

/* Brings the batch up to date with the clock. */
static void
advance_batch (OhSimResources *self, OhSimExchange *exchange, Batch *batch)
{
  JsonObject *final = oh_sim_json_object (batch->object, "final_counts");
  g_autofree char *address = NULL, *url = NULL, *ended = NULL;

  if (final == NULL || g_get_monotonic_time () < batch->ends_us)
    return;
  address = own_address (self, exchange);
  url = g_strdup_printf ("%s/v1/messages/batches/%s/results", address, oh_sim_json_string (batch->object, "id"));
  ended = time_text (0);
  json_object_set_string_member (batch->object, "processing_status", "ended");
  json_object_set_object_member (batch->object, "request_counts", json_object_ref (final));
  json_object_set_string_member (batch->object, "ended_at", ended);
  json_object_set_string_member (batch->object, "results_url", url);
  json_object_remove_member (batch->object, "final_counts");
}

static void
cancel_batch (Batch *batch)
{
  JsonObject *final = oh_sim_json_object (batch->object, "final_counts");
  JsonObject *counts = oh_sim_json_object (batch->object, "request_counts");
  g_auto (GStrv) lines = g_strsplit (batch->results, "\n", -1);
  g_autoptr (GString) results = g_string_new (NULL);
  g_autofree char *now = time_text (0);

  if (final == NULL)
    return;
  for (char **line = lines; *line != NULL && **line != '\0'; line++)
    {
      g_autoptr (JsonNode) node = oh_sim_json_parse (*line, -1, NULL);
      JsonObject *object = json_node_get_object (node);
      g_autofree char *text = NULL;

      json_object_set_object_member (object, "result", oh_sim_json_new ("type", "canceled", NULL));
      text = oh_sim_json_object_text (object);
      g_string_append_printf (results, "%s\n", text);
    }
  g_free (batch->results);
  batch->results = g_strdup (results->str);
  final = new_counts (0);
  json_object_set_int_member (final, "canceled", oh_sim_json_int (counts, "processing", 0));
  json_object_set_object_member (batch->object, "final_counts", final);
  json_object_set_string_member (batch->object, "processing_status", "canceling");
  json_object_set_string_member (batch->object, "cancel_initiated_at", now);
}

static gboolean
handle_one_batch (OhSimResources *self, OhSimExchange *exchange, guint index, const char *action)
{
  Batch *batch = g_ptr_array_index (self->batches, index);

  if (action == NULL && is_method (exchange, "GET"))
    {
      advance_batch (self, exchange, batch);
      send_batch (exchange, batch);
    }
  else if (action == NULL && is_method (exchange, "DELETE"))
    {
      g_autoptr (JsonObject) answer =
          oh_sim_json_new ("id", oh_sim_json_string (batch->object, "id"), "type", "message_batch_deleted", NULL);

      oh_sim_exchange_send_json (exchange, 200, answer, 0);
      g_ptr_array_remove_index (self->batches, index);
    }
  else if (g_strcmp0 (action, "cancel") == 0 && is_method (exchange, "POST"))
    {
      cancel_batch (batch);
      send_batch (exchange, batch);
    }
  else if (g_strcmp0 (action, "results") == 0 && is_method (exchange, "GET"))
    {
      g_autoptr (GBytes) body = g_bytes_new (batch->results, strlen (batch->results));

      advance_batch (self, exchange, batch);
      if (oh_sim_json_has (batch->object, "final_counts"))
        oh_sim_exchange_send_error (exchange, 404, NULL, "The batch has no results yet");
      else
        oh_sim_exchange_send (exchange, 200, "application/x-jsonl", body, 0);
    }
  else
    return FALSE;
  return TRUE;
}

static gboolean
handle_batches (OhSimResources *self, OhSimExchange *exchange, const OhSimCaller *caller, char **path)
{
  JsonArray *data;

  if (path[0] == NULL && is_method (exchange, "POST"))
    {
      create_batch (self, exchange, caller);
      return TRUE;
    }
  for (guint i = 0; path[0] != NULL && i < self->batches->len; i++)
    {
      Batch *batch = g_ptr_array_index (self->batches, i);

      if (g_strcmp0 (oh_sim_json_string (batch->object, "id"), path[0]) == 0)
        return handle_one_batch (self, exchange, i, path[1]);
    }
  if (path[0] != NULL)
    {
      send_missing (exchange, "batch", path[0]);
      return TRUE;
    }
  if (!is_method (exchange, "GET"))
    return FALSE;
  data = json_array_new ();
  for (guint i = self->batches->len; i > 0; i--)
    {
      advance_batch (self, exchange, g_ptr_array_index (self->batches, i - 1));
      json_array_add_object_element (data, shown_batch (g_ptr_array_index (self->batches, i - 1)));
    }
  send_list (exchange, data);
  return TRUE;
}

static void
create_file (OhSimResources *self, OhSimExchange *exchange)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (oh_sim_exchange_get_message (exchange));
  g_autoptr (SoupMultipart) multipart =
      soup_multipart_new_from_message (headers, oh_sim_exchange_get_request_body (exchange));
  SoupMessageHeaders *part_headers;
  GBytes *content;

  for (int i = 0; multipart != NULL && i < soup_multipart_get_length (multipart); i++)
    {
      g_autoptr (GHashTable) params = NULL;
      g_autofree char *disposition = NULL, *id = NULL, *created = NULL;
      const char *type;
      File *file;

      if (!soup_multipart_get_part (multipart, i, &part_headers, &content) ||
          !soup_message_headers_get_content_disposition (part_headers, &disposition, &params) ||
          g_strcmp0 (g_hash_table_lookup (params, "name"), "file") != 0)
        continue;
      type = soup_message_headers_get_content_type (part_headers, NULL);
      id = oh_sim_ids_next (self->world->ids, "file_011C");
      created = time_text (0);
      file = g_new0 (File, 1);
      file->content = g_bytes_ref (content);
      file->object =
          oh_sim_json_new ("id", id, "type", "file", "filename", g_hash_table_lookup (params, "filename"), "mime_type",
                           type != NULL ? type : "application/octet-stream", "created_at", created, NULL);
      json_object_set_int_member (file->object, "size_bytes", (gint64) g_bytes_get_size (content));
      json_object_set_boolean_member (file->object, "downloadable", TRUE);
      g_ptr_array_add (self->files, file);
      oh_sim_exchange_send_json (exchange, 200, file->object, 0);
      return;
    }
  oh_sim_exchange_send_error (exchange, 400, NULL, "file: Field required");
}

static gboolean
handle_one_file (OhSimResources *self, OhSimExchange *exchange, guint index, const char *action)
{
  File *file = g_ptr_array_index (self->files, index);

  if (action == NULL && is_method (exchange, "GET"))
    oh_sim_exchange_send_json (exchange, 200, file->object, 0);
  else if (action == NULL && is_method (exchange, "DELETE"))
    {
      g_autoptr (JsonObject) answer =
          oh_sim_json_new ("id", oh_sim_json_string (file->object, "id"), "type", "file_deleted", NULL);

      oh_sim_exchange_send_json (exchange, 200, answer, 0);
      g_ptr_array_remove_index (self->files, index);
    }
  else if (g_strcmp0 (action, "content") == 0 && is_method (exchange, "GET"))
    oh_sim_exchange_send (exchange, 200, oh_sim_json_string (file->object, "mime_type"), file->content, 0);
  else
    return FALSE;
  return TRUE;
}

static gboolean
handle_files (OhSimResources *self, OhSimExchange *exchange, char **path)
{
  JsonArray *data;

  if (path[0] == NULL && is_method (exchange, "POST"))
    {
      create_file (self, exchange);
      return TRUE;
    }
  for (guint i = 0; path[0] != NULL && i < self->files->len; i++)
    {
      File *file = g_ptr_array_index (self->files, i);

      if (g_strcmp0 (oh_sim_json_string (file->object, "id"), path[0]) == 0)
        return handle_one_file (self, exchange, i, path[1]);
    }
  if (path[0] != NULL)
    {
      send_missing (exchange, "file", path[0]);
      return TRUE;
    }
  if (!is_method (exchange, "GET"))
    return FALSE;
  data = json_array_new ();
  for (guint i = self->files->len; i > 0; i--)
    json_array_add_object_element (data, json_object_ref (((File *) g_ptr_array_index (self->files, i - 1))->object));
  send_list (exchange, data);
  return TRUE;
}

gboolean
oh_sim_resources_handle (OhSimResources *self, OhSimExchange *exchange, const OhSimCaller *caller, char **path)
{
  guint length = g_strv_length (path);

  if (length >= 1 && length <= 2 && strcmp (path[0], "models") == 0)
    return handle_models (exchange, path[1]);
  if (length >= 2 && length <= 4 && strcmp (path[0], "messages") == 0 && strcmp (path[1], "batches") == 0)
    return handle_batches (self, exchange, caller, path + 2);
  if (length >= 1 && length <= 3 && strcmp (path[0], "files") == 0)
    return handle_files (self, exchange, path + 1);
  return FALSE;
}
