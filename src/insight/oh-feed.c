/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-feed.h"

#include "oh-store-traces.h"

/* Read at one time. */
#define PIECE (1024 * 1024)

void
oh_feed_bytes (OhInterpreter *interpreter, OhSide side, GBytes *bytes, gint64 from, GArray *arrivals)
{
  const guint8 *data;
  gsize length;
  gint64 end, at, at_ns = -1;

  g_return_if_fail (interpreter != NULL && bytes != NULL);

  data = g_bytes_get_data (bytes, &length);
  if (side == OH_SIDE_REQUEST)
    {
      oh_interpreter_feed_request (interpreter, data, length);
      return;
    }
  at = from;
  end = from + (gint64) length;
  for (guint i = 0; arrivals != NULL && i < arrivals->len && at < end; i++)
    {
      const OhArrival *arrival = &g_array_index (arrivals, OhArrival, i);

      if (arrival->offset > at)
        {
          const gint64 stop = MIN (arrival->offset, end);

          oh_interpreter_feed_response (interpreter, data + (at - from), (gsize) (stop - at), at_ns);
          at = stop;
        }
      at_ns = arrival->at_ns;
    }
  if (at < end)
    oh_interpreter_feed_response (interpreter, data + (at - from), (gsize) (end - at), at_ns);
}

void
oh_feed_more (OhStoreReader *reader, OhInterpreter *interpreter, gint64 exchange_id, OhSide side, gint64 *fed)
{
  g_return_if_fail (reader != NULL && interpreter != NULL && fed != NULL);

  for (;;)
    {
      g_autoptr (GBytes) bytes = oh_store_reader_read_body (reader, exchange_id, side, *fed, PIECE, NULL);
      g_autoptr (GArray) arrivals = NULL;

      if (bytes == NULL || g_bytes_get_size (bytes) == 0)
        return;
      if (side == OH_SIDE_RESPONSE)
        arrivals = oh_store_reader_get_arrivals (reader, exchange_id, side);
      oh_feed_bytes (interpreter, side, bytes, *fed, arrivals);
      *fed += (gint64) g_bytes_get_size (bytes);
    }
}

void
oh_feed_records (OhStoreReader *reader, OhInterpreter *interpreter, const OhExchange *exchange)
{
  g_autoptr (GArray) records = NULL;
  g_autoptr (GPtrArray) same = NULL; /* of one moment: an exporter that had no answer sends again */
  gint64 at_ns = 0;

  g_return_if_fail (reader != NULL && interpreter != NULL && exchange != NULL);

  if (!oh_exchange_is_span (exchange))
    return;
  records = oh_store_reader_get_records (reader, exchange->id);
  same = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  for (guint i = 0; i < records->len; i++)
    {
      const OhRecord *record = &g_array_index (records, OhRecord, i);
      g_autoptr (GBytes) bytes = oh_store_reader_read_body (reader, record->exchange_id, OH_SIDE_REQUEST, 0, -1, NULL);

      if (record->at_ns != at_ns)
        g_ptr_array_set_size (same, 0);
      at_ns = record->at_ns;
      if (bytes == NULL || g_ptr_array_find_with_equal_func (same, bytes, g_bytes_equal, NULL))
        continue;
      g_ptr_array_add (same, g_bytes_ref (bytes));
      oh_interpreter_add_record (interpreter, bytes);
    }
}

void
oh_feed_all (OhStoreReader *reader, OhInterpreter *interpreter, const OhExchange *exchange)
{
  gint64 requested = 0, responded = 0;

  g_return_if_fail (reader != NULL && interpreter != NULL && exchange != NULL);

  oh_feed_more (reader, interpreter, exchange->id, OH_SIDE_REQUEST, &requested);
  oh_feed_records (reader, interpreter, exchange);
  oh_interpreter_end_request (interpreter);
  if (exchange->response_headers != NULL)
    {
      oh_interpreter_set_response (interpreter, exchange);
      oh_feed_more (reader, interpreter, exchange->id, OH_SIDE_RESPONSE, &responded);
    }
  if (exchange->outcome != OH_OUTCOME_PENDING)
    oh_interpreter_end (interpreter, exchange->outcome);
}
