/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first byte says how the rest is cut; whole or cut, the same events must come out. */
#include "config.h"
#include "oh-sse-parser.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
collect (OhStreamEvent *event, gpointer out)
{
  g_assert_true (g_utf8_validate (event->data, -1, NULL));
  g_assert_true (event->name == NULL || g_utf8_validate (event->name, -1, NULL));
  g_string_append_printf (out, "%s|%s|%d+%d|%d\n", event->name, event->data, (int) event->offset, (int) event->length,
                          event->unterminated);
  oh_stream_event_free (event);
}

static char *
parse (const char *bytes, gsize size, gsize step)
{
  GString *out = g_string_new (NULL);
  g_autoptr (OhSseParser) parser = oh_sse_parser_new (collect, out);

  for (gsize at = 0; at < size; at += step)
    oh_sse_parser_feed (parser, bytes + at, MIN (step, size - at), 0);
  oh_sse_parser_end (parser);
  return g_string_free (out, FALSE);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *whole = NULL;
  g_autofree char *cut = NULL;

  if (size == 0)
    return 0;
  whole = parse ((const char *) data + 1, size - 1, size);
  cut = parse ((const char *) data + 1, size - 1, data[0] % 16 + 1);
  g_assert_cmpstr (whole, ==, cut);
  return 0;
}
