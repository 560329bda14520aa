/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sse-parser.h"

#include <string.h>

typedef struct
{
  const char *name;
  const char *bytes;
  const char *events; /* name|data|offset+length, one a line */
} Case;

static const Case cases[] = {
  { "lf", "event: a\ndata: 1\n\ndata: 2\n\n", "a|1|0+18\n-|2|18+9\n" },
  { "crlf", "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", "a|1|0+21\n-|2|21+11\n" },
  { "cr", "event: a\rdata: 1\r\rdata: 2\r\r", "a|1|0+18\n-|2|18+9\n" },
  { "cr-then-crlf", "data: 1\r\rdata: 2\r\n\r\ndata: 3\r\n\r\n", "-|1|0+9\n-|2|9+11\n-|3|20+11\n" },
  { "cr-and-lf", "data: 1\r\r\ndata: 2\n\n", "-|1|0+9\n-|2|10+9\n" },
  { "mixed-ends", "data: 1\r\ndata: 2\n\rdata: 3\r\n\ndata: 4\r\n\r\n", "-|1\\n2|0+18\n-|3|18+10\n-|4|28+11\n" },
  { "utf-8", "data: h\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80\n\n", "-|hé 日 😀|0+20\n" },
  { "not-line-ends", "data: a\xe2\x80\xa8" "b\xc2\x85" "c\vd\fe\n\n", "-|a\xe2\x80\xa8" "b\xc2\x85" "c\vd\fe|0+20\n" },
  { "not-utf-8", "data: a\xff" "b\n\n", "-|a\xef\xbf\xbd" "b|0+11\n" },
  { "bom", "\xef\xbb\xbf" "event: a\ndata: 1\n\n", "a|1|0+21\n" },
  { "bom-only-first", "data: 1\n\n\xef\xbb\xbf" "data: 2\n\ndata: 3\n\n", "-|1|0+9\n-|3|21+9\n" },
  { "several-data", "data: a\ndata: b\ndata:\ndata: c\n\n", "-|a\\nb\\n\\nc|0+31\n" },
  { "no-space", "data:x\n\ndata:  x\n\n", "-|x|0+8\n-| x|8+10\n" },
  { "ignored", ": hello\nid: 7\nretry: 10\nfoo: bar\nbaz\n\n\ndata: 1\n\n", "-|1|39+9\n" },
  { "comment-between", ": c\ndata: 1\n: d\ndata: 2\n\n", "-|1\\n2|4+21\n" },
  { "name-without-data", "event: ping\n\n", "ping||0+13\n" },
  { "empty-data", "data\n\ndata:\n\n", "-||0+6\n-||6+7\n" },
  { "last-name-wins", "event: a\nevent: b\ndata: 1\n\n", "b|1|0+27\n" },
  { "unterminated", "data: 1\n\nevent: b\ndata: 2", "-|1|0+9\nb|2|9+16 unterminated\n" },
  { "unterminated-line", "data: 2\n", "-|2|0+8 unterminated\n" },
  { "unterminated-cr", "data: 2\r", "-|2|0+8 unterminated\n" },
  { "terminated-by-cr", "data: 2\r\n\r", "-|2|0+10\n" },
  { "unterminated-comment", ": nothing", "" },
  { "nothing", "", "" },
  { "blank-lines", "\n\r\n\r\n\n", "" },
  { "garbage", "\x01\x02<html>\n\n\xff\xfe:::\n\n", "" },
};

static void
collect (OhStreamEvent *event, gpointer data)
{
  GString *out = data;
  g_auto (GStrv) lines = g_strsplit (event->data, "\n", -1);
  g_autofree char *text = g_strjoinv ("\\n", lines);

  g_string_append_printf (out, "%s|%s|%d+%d%s\n", event->name != NULL ? event->name : "-", text, (int) event->offset,
                          (int) event->length, event->unterminated ? " unterminated" : "");
  oh_stream_event_free (event);
}

/* @step: bytes a feed after the first @split */
static char *
parse (const char *bytes, gsize length, gsize split, gsize step)
{
  GString *out = g_string_new (NULL);
  g_autoptr (OhSseParser) parser = oh_sse_parser_new (collect, out);

  oh_sse_parser_feed (parser, bytes, split, 1);
  for (gsize at = split; at < length; at += step)
    oh_sse_parser_feed (parser, bytes + at, MIN (step, length - at), 2);
  oh_sse_parser_end (parser);
  return g_string_free (out, FALSE);
}

static void
check_case (gconstpointer data)
{
  const Case *test = data;
  gsize length = strlen (test->bytes);

  for (gsize split = 0; split <= length; split++)
    for (gsize step = 1; step <= length + 1; step += MAX (length, 1))
      {
        g_autofree char *events = parse (test->bytes, length, split, step);

        g_assert_cmpstr (events, ==, test->events);
      }
}

static void
collect_time (OhStreamEvent *event, gpointer data)
{
  g_array_append_val ((GArray *) data, event->at_ns);
  oh_stream_event_free (event);
}

/* An event came when its last byte came. */
static void
check_times (void)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (OhSseParser) parser = oh_sse_parser_new (collect_time, times);

  oh_sse_parser_feed (parser, "data: 1\n", 8, 10);
  oh_sse_parser_feed (parser, "\ndata: 2\r\n\r", 11, 20);
  oh_sse_parser_feed (parser, "data: 3", 7, 30);
  oh_sse_parser_end (parser);
  g_assert_cmpuint (times->len, ==, 3);
  g_assert_cmpint (g_array_index (times, gint64, 0), ==, 10 + 10);
  g_assert_cmpint (g_array_index (times, gint64, 1), ==, 20);
  g_assert_cmpint (g_array_index (times, gint64, 2), ==, 30);
}

/* An event behind CR CR is there when they are: no LF is waited for where lines end without. */
static void
check_bare (void)
{
  static const char *const streams[] = { "data: 1\r\r", "event: a\rdata: 1\r\r", ": hello\r\rdata: 1\r\r" };

  for (guint i = 0; i < G_N_ELEMENTS (streams); i++)
    for (gsize split = 0; split <= strlen (streams[i]); split++)
      {
        g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
        g_autoptr (OhSseParser) parser = oh_sse_parser_new (collect_time, times);

        oh_sse_parser_feed (parser, streams[i], split, 7);
        oh_sse_parser_feed (parser, streams[i] + split, strlen (streams[i]) - split, 7);
        g_assert_cmpuint (times->len, ==, 1);
        g_assert_cmpint (g_array_index (times, gint64, 0), ==, 7);
      }
}

static void
check_nul (void)
{
  g_autofree char *events = parse ("data: a\0b\n\n", 11, 0, 11);

  g_assert_cmpstr (events, ==, "-|a\xef\xbf\xbd" "b|0+11\n");
}

/* Any bytes in any pieces: the same as in one. */
static void
check_random (void)
{
  static const char alphabet[] = "\r\n\r\n: adtevn\xc3\xa9\xef\xbb\xbf";

  for (guint round = 0; round < 20000; round++)
    {
      char bytes[40];
      g_autofree char *whole = NULL;
      g_autofree char *pieces = NULL;

      for (guint i = 0; i < sizeof bytes; i++)
        bytes[i] = alphabet[g_test_rand_int_range (0, sizeof alphabet - 1)];
      if (round % 2 == 0)
        memcpy (bytes + 3, "\ndata:", 6);
      whole = parse (bytes, sizeof bytes, 0, sizeof bytes);
      pieces = parse (bytes, sizeof bytes, (gsize) g_test_rand_int_range (0, sizeof bytes),
                      (gsize) g_test_rand_int_range (1, 5));
      g_assert_cmpstr (whole, ==, pieces);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strconcat ("/sse-parser/", cases[i].name, NULL);

      g_test_add_data_func (name, &cases[i], check_case);
    }
  g_test_add_func ("/sse-parser/times", check_times);
  g_test_add_func ("/sse-parser/bare", check_bare);
  g_test_add_func ("/sse-parser/nul", check_nul);
  g_test_add_func ("/sse-parser/random", check_random);
  return g_test_run ();
}
