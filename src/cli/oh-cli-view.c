/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"

#define PIECE (1024 * 1024)

static void
feed (OhStoreReader *reader, OhInterpreter *interpreter, gint64 id, OhSide side)
{
  g_autoptr (GArray) arrivals = oh_store_reader_get_arrivals (reader, id, side);
  gint64 fed = 0;
  guint i = 0;

  for (;;)
    {
      const gint64 end = i + 1 < arrivals->len ? g_array_index (arrivals, OhArrival, i + 1).offset : G_MAXINT64;
      const gint64 at_ns = i < arrivals->len ? g_array_index (arrivals, OhArrival, i).at_ns : -1;
      g_autoptr (GBytes) bytes = oh_store_reader_read_body (reader, id, side, fed, MIN (PIECE, end - fed), NULL);
      gsize length = 0;
      const void *data = bytes != NULL ? g_bytes_get_data (bytes, &length) : NULL;

      if (length == 0)
        return;
      if (side == OH_SIDE_REQUEST)
        oh_interpreter_feed_request (interpreter, data, length);
      else
        oh_interpreter_feed_response (interpreter, data, length, at_ns);
      fed += (gint64) length;
      while (i + 1 < arrivals->len && g_array_index (arrivals, OhArrival, i + 1).offset <= fed)
        i++;
    }
}

OhCliView *
oh_cli_view_new (OhStoreReader *reader, gint64 id)
{
  g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (reader, id);
  g_autoptr (OhInterpreter) interpreter = NULL;
  OhCliView *self;

  if (exchange == NULL)
    return NULL;
  interpreter = oh_interpreter_new (exchange);
  feed (reader, interpreter, id, OH_SIDE_REQUEST);
  oh_interpreter_end_request (interpreter);
  if (exchange->response_headers != NULL)
    {
      oh_interpreter_set_response (interpreter, exchange);
      feed (reader, interpreter, id, OH_SIDE_RESPONSE);
    }
  if (exchange->outcome != OH_OUTCOME_PENDING)
    oh_interpreter_end (interpreter, exchange->outcome);

  self = g_new0 (OhCliView, 1);
  self->exchange = g_steal_pointer (&exchange);
  self->reading = oh_interpreter_get_reading (interpreter);
  self->request_body = oh_interpreter_get_request_body (interpreter, NULL);
  self->response_body = oh_interpreter_get_response_body (interpreter, NULL);
  return self;
}

void
oh_cli_view_free (OhCliView *self)
{
  g_clear_pointer (&self->exchange, oh_exchange_unref);
  g_clear_pointer (&self->reading, oh_reading_unref);
  g_clear_pointer (&self->request_body, g_bytes_unref);
  g_clear_pointer (&self->response_body, g_bytes_unref);
  g_free (self);
}
