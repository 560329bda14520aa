/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sim-exchange.h"

#include "oh-sim-encoder.h"
#include "oh-sim-json.h"

#include <string.h>
#include <sys/socket.h>

/* Bodies smaller than this are not worth encoding. */
#define SMALLEST_ENCODED 256

struct _OhSimExchange
{
  OhSimWorld *world;
  SoupServerMessage *message;
  guint number;
  char *request_id;
  GBytes *request_body;
  JsonObject *steering;

  GPtrArray *pieces; /* OhSimPiece, from @next on still to be sent */
  guint next;
  GQueue ready; /* GBytes of the piece under way, as they go on the wire */
  OhSimEncoder *encoder;
  gint64 bytes_left; /* until the connection is cut; -1: not by bytes */
  gboolean cut_at_end;
  guint timer;
  gsize sent;
  gboolean ended; /* the log has its line */
};

static const struct
{
  guint status;
  const char *type;
} ERROR_TYPES[] = {
  { 400, "invalid_request_error" }, { 401, "authentication_error" },
  { 402, "billing_error" },         { 403, "permission_error" },
  { 404, "not_found_error" },       { 405, "invalid_request_error" },
  { 409, "conflict_error" },        { 413, "request_too_large" },
  { 429, "rate_limit_error" },      { 500, "api_error" },
  { 504, "timeout_error" },         { 529, "overloaded_error" },
};

static void step (OhSimExchange *self);

static void
piece_free (gpointer data)
{
  OhSimPiece *piece = data;

  g_bytes_unref (piece->bytes);
  g_free (piece);
}

static void
log_end (OhSimExchange *self, const char *end)
{
  if (self->world->log != NULL && !self->ended)
    oh_sim_log_end (self->world->log, self->number, self->message, g_bytes_get_size (self->request_body), self->sent,
                    end);
  self->ended = TRUE;
}

/* libsoup is done with the message: sent, or the client has gone. */
static void
on_finished (OhSimExchange *self)
{
  log_end (self, "client");
  g_signal_handlers_disconnect_by_data (self->message, self);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_queue_clear_full (&self->ready, (GDestroyNotify) g_bytes_unref);
  g_clear_pointer (&self->pieces, g_ptr_array_unref);
  g_clear_pointer (&self->encoder, oh_sim_encoder_free);
  g_clear_pointer (&self->steering, json_object_unref);
  g_bytes_unref (self->request_body);
  g_free (self->request_id);
  g_object_unref (self->message);
  g_free (self);
}

OhSimExchange *
oh_sim_exchange_new (OhSimWorld *world, SoupServerMessage *message)
{
  static guint count = 0;
  OhSimExchange *self = g_new0 (OhSimExchange, 1);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  g_autofree char *organization = oh_sim_ids_uuid (world->ids, "organization");

  self->world = world;
  self->message = g_object_ref (message);
  self->number = ++count;
  self->request_id = oh_sim_ids_next (world->ids, "req_011C");
  self->request_body = soup_message_body_flatten (soup_server_message_get_request_body (message));
  self->bytes_left = -1;
  g_queue_init (&self->ready);
  soup_message_headers_append (headers, "request-id", self->request_id);
  soup_message_headers_append (headers, "anthropic-organization-id", organization);
  if (world->log != NULL)
    oh_sim_log_request (world->log, self->number, self->request_body);
  g_signal_connect_swapped (message, "finished", G_CALLBACK (on_finished), self);
  return self;
}

SoupServerMessage *
oh_sim_exchange_get_message (OhSimExchange *self)
{
  return self->message;
}

GBytes *
oh_sim_exchange_get_request_body (OhSimExchange *self)
{
  return self->request_body;
}

void
oh_sim_exchange_set_steering (OhSimExchange *self, JsonObject *steering)
{
  g_clear_pointer (&self->steering, json_object_unref);
  self->steering = steering != NULL ? json_object_ref (steering) : NULL;
}

JsonObject *
oh_sim_exchange_get_steering (OhSimExchange *self)
{
  return self->steering;
}

/* Closes the client's connection under libsoup, which notices at its next write. */
static void
close_connection (OhSimExchange *self)
{
  GSocket *socket = soup_server_message_get_socket (self->message);
  SoupMessageBody *body = soup_server_message_get_response_body (self->message);

  log_end (self, "cut");
  if (socket != NULL)
    {
      if (g_strcmp0 (oh_sim_json_string (self->steering, "cut"), "reset") == 0)
        {
          const struct linger at_once = { 1, 0 };

          setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        }
      g_socket_close (socket, NULL);
    }
  soup_message_body_append (body, SOUP_MEMORY_STATIC, "", 1);
  soup_server_message_unpause (self->message);
}

void
oh_sim_exchange_drop (OhSimExchange *self)
{
  soup_server_message_set_status (self->message, 500, NULL);
  soup_message_headers_set_encoding (soup_server_message_get_response_headers (self->message), SOUP_ENCODING_CHUNKED);
  close_connection (self);
}

/* Puts the next piece, encoded and in chunks of the wanted size, where step() takes it from. */
static void
prepare_piece (OhSimExchange *self)
{
  OhSimPiece *piece = g_ptr_array_index (self->pieces, self->next++);
  gboolean last = self->next == self->pieces->len && !self->cut_at_end;
  g_autoptr (GBytes) bytes = NULL;
  gsize size, chunk = (gsize) MAX (0, oh_sim_json_int (self->steering, "chunk", 0));

  bytes = self->encoder != NULL ? oh_sim_encoder_push (self->encoder, piece->bytes, last) : g_bytes_ref (piece->bytes);
  size = g_bytes_get_size (bytes);
  if (chunk == 0)
    chunk = size;
  if (size == 0)
    g_queue_push_tail (&self->ready, g_steal_pointer (&bytes));
  for (gsize at = 0; at < size; at += chunk)
    g_queue_push_tail (&self->ready, g_bytes_new_from_bytes (bytes, at, MIN (chunk, size - at)));
}

static void
send_ready (OhSimExchange *self)
{
  g_autoptr (GBytes) bytes = g_queue_pop_head (&self->ready);
  SoupMessageBody *body = soup_server_message_get_response_body (self->message);

  if (self->bytes_left >= 0 && (gint64) g_bytes_get_size (bytes) > self->bytes_left)
    {
      GBytes *head = g_bytes_new_from_bytes (bytes, 0, (gsize) self->bytes_left);

      g_bytes_unref (bytes);
      bytes = head;
    }
  if (self->bytes_left >= 0)
    self->bytes_left -= (gint64) g_bytes_get_size (bytes);
  self->sent += g_bytes_get_size (bytes);
  if (self->world->log != NULL)
    oh_sim_log_response (self->world->log, self->number, bytes);
  if (g_bytes_get_size (bytes) > 0)
    soup_message_body_append_bytes (body, bytes);
  if (g_queue_is_empty (&self->ready) && self->next == self->pieces->len && self->bytes_left != 0 && !self->cut_at_end)
    {
      log_end (self, "finished");
      soup_message_body_complete (body);
    }
  soup_server_message_unpause (self->message);
  /* libsoup writes no empty chunk, so it will not ask for the next one either. */
  if (g_bytes_get_size (bytes) == 0)
    step (self);
}

static gboolean
on_timer (gpointer data)
{
  OhSimExchange *self = data;

  self->timer = 0;
  prepare_piece (self);
  step (self);
  return G_SOURCE_REMOVE;
}

/* Sends what is due. Runs again each time libsoup has written a chunk, so a slow reader holds us back. */
static void
step (OhSimExchange *self)
{
  OhSimPiece *piece;
  gint64 pace;
  double delay;

  if (self->ended || self->timer != 0)
    return;
  if (self->bytes_left == 0 || (g_queue_is_empty (&self->ready) && self->next == self->pieces->len))
    {
      close_connection (self);
      return;
    }
  if (!g_queue_is_empty (&self->ready))
    {
      send_ready (self);
      return;
    }
  piece = g_ptr_array_index (self->pieces, self->next);
  pace = oh_sim_json_int (self->steering, "pace_ms", -1);
  delay = self->world->speed > 0 ? piece->delay_ms / self->world->speed : 0;
  if (pace >= 0 && self->next > 0)
    delay = (double) pace;
  if (self->next == 0)
    delay += (double) oh_sim_json_int (self->steering, "delay_ms", 0);
  if (delay >= 1)
    self->timer = g_timeout_add ((guint) MIN (delay, 3600000), on_timer, self);
  else
    {
      prepare_piece (self);
      step (self);
    }
}

static void
append_steered_headers (OhSimExchange *self, SoupMessageHeaders *headers)
{
  JsonObject *extra = oh_sim_json_object (self->steering, "headers");
  g_autoptr (GList) names = extra != NULL ? json_object_get_members (extra) : NULL;

  for (GList *l = names; l != NULL; l = l->next)
    if (oh_sim_json_string (extra, l->data) != NULL)
      soup_message_headers_append (headers, l->data, oh_sim_json_string (extra, l->data));
}

static void
start (OhSimExchange *self)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);

  append_steered_headers (self, headers);
  self->bytes_left = oh_sim_json_int (self->steering, "cut_after_bytes", -1);
  soup_message_body_set_accumulate (soup_server_message_get_response_body (self->message), FALSE);
  g_signal_connect_swapped (self->message, "wrote-chunk", G_CALLBACK (step), self);
  soup_server_message_pause (self->message);
  step (self);
}

/* The encoding that the client accepts or that steering forces; NULL for none. */
static const char *
choose_encoding (OhSimExchange *self, gboolean by_default)
{
  const char *steered = oh_sim_json_string (self->steering, "encoding");
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (self->message);

  if (steered != NULL)
    return steered;
  return by_default ? oh_sim_encoder_choose (soup_message_headers_get_list (headers, "Accept-Encoding")) : NULL;
}

void
oh_sim_exchange_send (OhSimExchange *self, guint status, const char *content_type, GBytes *body, guint delay_ms)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);
  const char *encoding = choose_encoding (self, g_bytes_get_size (body) >= SMALLEST_ENCODED);
  g_autoptr (OhSimEncoder) encoder = oh_sim_encoder_new (encoding);
  g_autoptr (GBytes) wire = encoder != NULL ? oh_sim_encoder_push (encoder, body, TRUE) : g_bytes_ref (body);
  OhSimPiece *piece = g_new0 (OhSimPiece, 1);

  soup_server_message_set_status (self->message, status, NULL);
  soup_message_headers_replace (headers, "Content-Type", content_type);
  if (encoder != NULL)
    soup_message_headers_replace (headers, "Content-Encoding", encoding);
  soup_message_headers_set_content_length (headers, (goffset) g_bytes_get_size (wire));
  self->pieces = oh_sim_pieces_new ();
  piece->bytes = g_bytes_ref (wire);
  piece->delay_ms = delay_ms;
  g_ptr_array_add (self->pieces, piece);
  start (self);
}

void
oh_sim_exchange_send_json (OhSimExchange *self, guint status, JsonObject *object, guint delay_ms)
{
  char *text = oh_sim_json_object_text (object);
  g_autoptr (GBytes) body = g_bytes_new_take (text, strlen (text));

  oh_sim_exchange_send (self, status, "application/json", body, delay_ms);
}

void
oh_sim_exchange_send_events (OhSimExchange *self, GPtrArray *pieces)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);
  const char *encoding = choose_encoding (self, FALSE);
  gint64 cut = oh_sim_json_int (self->steering, "cut_after_events", -1);

  self->encoder = oh_sim_encoder_new (encoding);
  self->pieces = pieces;
  if (cut >= 0 && cut < pieces->len)
    {
      g_ptr_array_set_size (pieces, (int) MAX (1, cut));
      self->cut_at_end = g_strcmp0 (oh_sim_json_string (self->steering, "cut"), "end") != 0;
    }
  soup_server_message_set_status (self->message, SOUP_STATUS_OK, NULL);
  soup_message_headers_replace (headers, "Content-Type", "text/event-stream; charset=utf-8");
  soup_message_headers_replace (headers, "Cache-Control", "no-cache");
  if (self->encoder != NULL)
    soup_message_headers_replace (headers, "Content-Encoding", encoding);
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  start (self);
}

void
oh_sim_exchange_send_error (OhSimExchange *self, guint status, const char *type, const char *error)
{
  g_autoptr (JsonObject) object = oh_sim_error_new (status, type, error, self->request_id);

  oh_sim_exchange_send_json (self, status, object, 0);
}

GPtrArray *
oh_sim_pieces_new (void)
{
  return g_ptr_array_new_with_free_func (piece_free);
}

void
oh_sim_pieces_add (GPtrArray *pieces, char *text, guint delay_ms)
{
  OhSimPiece *piece = g_new0 (OhSimPiece, 1);

  piece->bytes = g_bytes_new_take (text, strlen (text));
  piece->delay_ms = delay_ms;
  g_ptr_array_add (pieces, piece);
}

JsonObject *
oh_sim_error_new (guint status, const char *type, const char *error, const char *request_id)
{
  JsonObject *object = oh_sim_json_new ("type", "error", NULL);

  for (guint i = 0; type == NULL && i < G_N_ELEMENTS (ERROR_TYPES); i++)
    if (ERROR_TYPES[i].status == status)
      type = ERROR_TYPES[i].type;
  json_object_set_object_member (object, "error",
                                 oh_sim_json_new ("type", type != NULL ? type : "api_error", "message", error, NULL));
  if (request_id != NULL)
    json_object_set_string_member (object, "request_id", request_id);
  return object;
}
