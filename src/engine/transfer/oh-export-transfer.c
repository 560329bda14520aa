/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-export-private.h"
#include "oh-saying.h"

/* How much is handed to a store before it is waited for: well below what it takes without losing anything. */
#define PUSH_MAX (G_GINT64_CONSTANT (8) << 20)
#define PIECE (G_GINT64_CONSTANT (1) << 20)

OhTransfer *
oh_transfer_new (OhExchange *exchange)
{
  OhTransfer *self = g_new0 (OhTransfer, 1);

  self->exchange = oh_exchange_ref (exchange);
  return self;
}

void
oh_transfer_free (OhTransfer *self)
{
  oh_exchange_unref (self->exchange);
  for (guint side = 0; side < 2; side++)
    {
      g_clear_pointer (&self->bodies[side], g_bytes_unref);
      g_clear_pointer (&self->arrivals[side], g_array_unref);
    }
  g_free (self);
}

static gint64
get_length (const OhExchange *exchange, OhSide side)
{
  return side == OH_SIDE_REQUEST ? exchange->request_length : exchange->response_length;
}

OhTransfer *
oh_transfer_load (OhStoreReader *reader, gint64 id, GError **error)
{
  g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (reader, id);
  g_autoptr (OhTransfer) self = NULL;

  if (exchange == NULL)
    return NULL;
  self = oh_transfer_new (exchange);
  for (OhSide side = OH_SIDE_REQUEST; side <= OH_SIDE_RESPONSE; side++)
    {
      self->arrivals[side] = oh_store_reader_get_arrivals (reader, id, side);
      if (get_length (exchange, side) > OH_EXPORT_WHOLE_MAX)
        continue;
      self->bodies[side] = oh_store_reader_read_body (reader, id, side, 0, -1, error);
      if (self->bodies[side] == NULL)
        return NULL;
    }
  return g_steal_pointer (&self);
}

/* Keys of the proxy's recorders count up from 1. */
static guint64
next_key (void)
{
  static gsize last;

  return (G_GUINT64_CONSTANT (1) << 63) | ((guint64) g_atomic_pointer_add (&last, 1) + 1);
}

static void
push (OhStore *store, OhCaptureKind kind, guint64 key, OhExchange *exchange, GBytes *data, gint64 at_ns)
{
  oh_sink_push (OH_SINK (store), oh_capture_new (kind, key, exchange, data, at_ns));
}

gboolean
oh_transfer_has_bytes (const OhTransfer *self, OhSide side)
{
  return self->bodies[side] != NULL && g_bytes_get_size (self->bodies[side]) > 0;
}

/* A body in the pieces it arrived in. @spare_ns: the time of all where no arrivals are known */
static void
push_body (const OhTransfer *self, OhSide side, OhStoreReader *reader, OhStore *store, guint64 key, gint64 spare_ns)
{
  const OhCaptureKind kind = side == OH_SIDE_REQUEST ? OH_CAPTURE_REQUEST_DATA : OH_CAPTURE_RESPONSE_DATA;
  const GArray *arrivals = self->arrivals[side];
  GBytes *whole = self->bodies[side];
  const gint64 length = whole != NULL ? (gint64) g_bytes_get_size (whole) : get_length (self->exchange, side);
  gint64 offset = 0, pushed = 0;
  guint i = 0;

  while (offset < length)
    {
      gint64 end = MIN (length, offset + PIECE), at_ns = spare_ns;
      GBytes *bytes;

      while (arrivals != NULL && i + 1 < arrivals->len && g_array_index (arrivals, OhArrival, i + 1).offset <= offset)
        i++;
      if (arrivals != NULL && i < arrivals->len)
        {
          at_ns = g_array_index (arrivals, OhArrival, i).at_ns;
          if (i + 1 < arrivals->len)
            end = MIN (end, g_array_index (arrivals, OhArrival, i + 1).offset);
        }
      if (whole != NULL)
        bytes = g_bytes_new_from_bytes (whole, (gsize) offset, (gsize) (end - offset));
      else
        bytes = oh_store_reader_read_body (reader, self->exchange->id, side, offset, end - offset, NULL);
      if (bytes == NULL)
        return;
      if (g_bytes_get_size (bytes) == 0)
        {
          g_bytes_unref (bytes);
          return;
        }
      push (store, kind, key, NULL, bytes, at_ns);
      pushed += end - offset;
      offset = end;
      if (pushed >= PUSH_MAX)
        {
          oh_store_flush (store);
          pushed = 0;
        }
    }
}

void
oh_transfer_push (const OhTransfer *self, OhStoreReader *reader, OhStore *store, gint64 run_id)
{
  const guint64 key = next_key ();
  const OhTimings *timings = &self->exchange->timings;
  OhExchange *begin = oh_exchange_copy (self->exchange);
  OhExchange *end = oh_exchange_copy (self->exchange);
  static gsize pushed;

  begin->id = end->id = 0;
  begin->run_id = end->run_id = run_id;
  begin->status = 0;
  g_clear_pointer (&begin->response_headers, oh_headers_unref);
  begin->outcome = OH_OUTCOME_PENDING;
  begin->ended_by = OH_PARTY_NONE;
  if (end->error != NULL)
    {
      g_autofree char *words = g_steal_pointer (&end->error);

      end->error = oh_saying_recognize (words);
    }
  if (end->outcome == OH_OUTCOME_PENDING)
    {
      end->outcome = OH_OUTCOME_CUT;
      end->ended_by = OH_PARTY_NONE;
      end->error = g_strdup (end->status != 0 ? "exported-open" : "exported-unanswered");
    }
  push (store, OH_CAPTURE_BEGIN, key, begin, NULL, 0);
  push_body (self, OH_SIDE_REQUEST, reader, store, key, MAX (timings->request_sent, 0));
  if (timings->request_sent >= 0)
    push (store, OH_CAPTURE_REQUEST_END, key, NULL, NULL, timings->request_sent);
  if (end->status != 0 || oh_transfer_has_bytes (self, OH_SIDE_RESPONSE))
    {
      OhExchange *head = oh_exchange_copy (end);

      head->outcome = OH_OUTCOME_PENDING;
      push (store, OH_CAPTURE_RESPONSE_HEAD, key, head, NULL, MAX (timings->response_head, 0));
      push_body (self, OH_SIDE_RESPONSE, reader, store, key,
                 timings->first_byte >= 0 ? timings->first_byte : MAX (timings->response_head, 0));
    }
  push (store, OH_CAPTURE_END, key, end, NULL, MAX (timings->ended, 0));
  /* Many small ones fill a store's queue as well as a large one. */
  if (g_atomic_pointer_add (&pushed, 1) % 512 == 511 || self->exchange->request_length + self->exchange->response_length > PIECE)
    oh_store_flush (store);
}
