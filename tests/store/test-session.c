/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An agent's session of 280 turns that sends all of its history each time: 127 MB of bodies in at most 2.5 MB of disk,
 * read back, byte for byte, at random, in at most 20 ms a body on average. */
#include "fixture.h"

#include <string.h>

#define TURNS 280
#define RAW_MIN (G_GINT64_CONSTANT (127) * 1000 * 1000)
#define DISK_MAX (G_GINT64_CONSTANT (2600) * 1000) /* 2.5 MB where nothing else runs: time decides how far the index is merged */
#define READ_MAX_NS (20 * OH_NS_PER_MS)

static void
append_tools (GString *body, GRand *random)
{
  g_string_append (body, "\"tools\":[");
  for (guint i = 0; i < 16; i++)
    {
      g_string_append_printf (body, "%s{\"name\":\"tool_%u\",\"description\":\"", i > 0 ? "," : "", i);
      fixture_append_words (body, random, 700);
      g_string_append (body,
                       "\",\"input_schema\":{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"}}}}");
    }
  g_string_append (body, "]");
}

/* The answer's text twice: as it is streamed, and as the next request repeats it. */
static void
answer (GString *stream, GString *history, GRand *random, guint turn)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char *at, *next;

  fixture_append_words (text, random, 420);
  g_string_append_printf (
      stream, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_%08x\"}}\n\n",
      g_rand_int (random));
  for (at = text->str; *at != '\0'; at = next)
    {
      next = strchr (at, ' ');
      next = next != NULL ? next + 1 : at + strlen (at);
      g_string_append_printf (
          stream,
          "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
          "{\"type\":\"text_delta\",\"text\":\"%.*s\"}}\n\n",
          (int) (next - at), at);
    }
  g_string_append (stream, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
  g_string_append_printf (
      history,
      ",{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"%s\"},{\"type\":\"tool_use\","
      "\"id\":\"toolu_%08x%u\",\"name\":\"tool_%u\",\"input\":{\"path\":\"/src/%u.c\"}}]}",
      text->str, g_rand_int (random), turn, turn % 16, turn);
}

static void
append_turn (GString *history, GRand *random, guint turn, gboolean cached)
{
  g_string_append_printf (
      history,
      "%s{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_%u\",\"content\":\"",
      turn > 0 ? "," : "", turn);
  fixture_append_words (history, random, 2430);
  g_string_append_printf (history, "\"%s}]}", cached ? ",\"cache_control\":{\"type\":\"ephemeral\"}" : "");
}

/* What is new in a turn: what insight puts into the index of texts. */
static void
put_searchable (OhStore *store, gint64 id, const char *first, const char *request, const char *answer)
{
  OhSearchable *searchable = oh_searchable_new (id);

  oh_searchable_add (searchable, OH_SIDE_REQUEST, "https://api.anthropic.com/v1/messages");
  oh_searchable_add (searchable, OH_SIDE_REQUEST, first);
  oh_searchable_add (searchable, OH_SIDE_REQUEST, request);
  oh_searchable_add (searchable, OH_SIDE_RESPONSE, answer);
  oh_store_put_searchable (store, searchable);
}

static void
test_session (void)
{
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader;
  g_autoptr (GRand) random = g_rand_new_with_seed (280);
  g_autoptr (GString) head =
      g_string_new ("{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":8192,\"stream\":true,\"system\":\"");
  g_autoptr (GString) history = g_string_new (NULL);
  g_autoptr (GPtrArray) checksums = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) ids = NULL;
  gint64 raw = 0, disk, slowest = 0, sum = 0, begun;

  fixture_append_words (head, random, 6000);
  g_string_append (head, "\",");
  append_tools (head, random);
  g_string_append (head, ",\"messages\":[");
  begun = g_get_monotonic_time ();
  for (guint turn = 0; turn < TURNS; turn++)
    {
      g_autoptr (GString) body = g_string_new (head->str);
      g_autoptr (GString) stream = g_string_new (NULL);
      g_autoptr (GRand) same = g_rand_copy (random);
      g_autoptr (GBytes) request = NULL;
      g_autoptr (GBytes) response = NULL;
      g_autofree char *fresh = NULL;
      gsize before, said;

      /* The last message is sent with a cache breakpoint now, and without one from the next turn on. */
      g_string_append_len (body, history->str, (gssize) history->len);
      before = body->len;
      append_turn (body, same, turn, TRUE);
      fresh = g_strdup (body->str + before);
      g_string_append (body, "]}");
      append_turn (history, random, turn, FALSE);
      said = history->len;
      answer (stream, history, random, turn);
      g_ptr_array_add (checksums, g_compute_checksum_for_data (G_CHECKSUM_MD5, (guchar *) body->str, body->len));
      g_ptr_array_add (checksums, g_compute_checksum_for_data (G_CHECKSUM_MD5, (guchar *) stream->str, stream->len));
      raw += (gint64) (body->len + stream->len);
      request = g_string_free_to_bytes (g_steal_pointer (&body));
      response = g_string_free_to_bytes (g_steal_pointer (&stream));
      fixture_whole (store, turn + 1, 0, request, response, 16384);
      oh_store_flush (store);
      put_searchable (store, turn + 1, turn == 0 ? head->str : NULL, fresh, history->str + said);
    }
  oh_store_flush (store);
  begun = g_get_monotonic_time () - begun;
  g_assert_null (oh_store_dup_trouble (store));
  oh_store_close (store);
  g_object_unref (store);
  disk = fixture_disk_usage (dir);
  g_assert_cmpint (raw, >=, RAW_MIN);

  reader = fixture_read (dir);
  ids = oh_store_reader_find (reader, NULL, NULL);
  g_assert_cmpuint (ids->len, ==, TURNS);
  for (guint n = 0; n < 2 * TURNS; n++)
    {
      /* Each body once, in an order that helps no cache: 331 and 560 have no common factor. */
      guint i = n * 331 % (2 * TURNS);
      gint64 from = oh_clock_monotonic_ns (), took;
      g_autoptr (GBytes) body =
          oh_store_reader_read_body (reader, g_array_index (ids, gint64, i / 2), (OhSide) (i % 2), 0, -1, NULL);
      g_autofree char *checksum = NULL;

      took = oh_clock_monotonic_ns () - from;
      g_assert_nonnull (body);
      checksum = g_compute_checksum_for_bytes (G_CHECKSUM_MD5, body);
      g_assert_cmpstr (checksum, ==, g_ptr_array_index (checksums, i));
      slowest = MAX (slowest, took);
      sum += took;
    }
  oh_store_reader_free (reader);
  g_test_message (
      "%.1f MB of bodies in %.2f MB of disk (%.0f times smaller), stored in %.2f s; a read takes %.2f ms, at most "
      "%.2f ms",
      (double) raw / 1e6, (double) disk / 1e6, (double) raw / (double) disk, (double) begun / 1e6,
      (double) sum / (2 * TURNS) / 1e6, (double) slowest / 1e6);
  g_assert_cmpint (disk, <=, DISK_MAX);
  /* A machine that is busy with other tests may be late once; reading as such is not. */
  g_assert_cmpint (sum / (2 * TURNS), <=, READ_MAX_NS);
  fixture_assert_sound (dir);
  fixture_remove_dir (g_steal_pointer (&dir));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/session", test_session);
  return g_test_run ();
}
