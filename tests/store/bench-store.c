/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measures the store: `bench-store [exchanges]`. Prints one JSON object. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static gint64
process_cpu_ns (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * OH_NS_PER_S +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static double
resident_mb (void)
{
  g_autofree char *text = NULL;

  g_file_get_contents ("/proc/self/statm", &text, NULL, NULL);
  return (double) g_ascii_strtoull (strchr (text, ' '), NULL, 10) * (double) sysconf (_SC_PAGESIZE) / 1e6;
}

static gboolean
set_flag (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
committed (gpointer data)
{
  set_flag (data);
}

static int
compare (const void *a, const void *b)
{
  return (*(const gint64 *) a > *(const gint64 *) b) - (*(const gint64 *) a < *(const gint64 *) b);
}

static void
small (OhStore *store, guint64 key, OhCommittedFunc func, gpointer data)
{
  g_autofree char *request = g_strdup_printf ("{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":64,\"messages\":[{"
                                              "\"role\":\"user\",\"content\":\"Say %" G_GUINT64_FORMAT "\"}]}",
                                              key);
  g_autofree char *response = g_strdup_printf (
      "{\"id\":\"msg_%" G_GUINT64_FORMAT
      "\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"%" G_GUINT64_FORMAT
      "\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":12,\"output_tokens\":5}}",
      key, key);
  OhExchange *end = fixture_exchange ();
  OhCapture *capture;

  fixture_begin (store, key);
  fixture_push (store, OH_CAPTURE_REQUEST_DATA, key, NULL, request, -1, 1000000);
  fixture_push (store, OH_CAPTURE_REQUEST_END, key, NULL, NULL, 0, 1000000);
  fixture_push (store, OH_CAPTURE_RESPONSE_DATA, key, NULL, response, -1, 2000000);
  end->status = 200;
  end->outcome = OH_OUTCOME_FINISHED;
  end->ended_by = OH_PARTY_UPSTREAM;
  end->response_headers = oh_headers_new ();
  oh_headers_append (end->response_headers, "Content-Type", "application/json");
  oh_headers_append (end->response_headers, "request-id", response + 8);
  capture = oh_capture_new (OH_CAPTURE_END, key, end, NULL, 0);
  if (func != NULL)
    oh_capture_set_committed (capture, NULL, func, data);
  oh_sink_push (OH_SINK (store), capture);
}

/* One body of @mb megabytes that no compression helps. Returns: megabytes a second. */
static double
large (OhStore *store, guint64 key, guint mb)
{
  guint64 noise = 88172645463325252u;
  gint64 begun = oh_clock_monotonic_ns ();

  fixture_begin (store, key);
  for (guint i = 0; i < mb * 16; i++)
    {
      guint64 *data = g_malloc (1 << 16);

      for (guint n = 0; n < (1 << 16) / 8; n++)
        {
          noise ^= noise << 13;
          noise ^= noise >> 7;
          noise ^= noise << 17;
          data[n] = noise;
        }
      if (i % 512 == 511)
        oh_store_flush (store);
      oh_sink_push (OH_SINK (store),
                    oh_capture_new (OH_CAPTURE_RESPONSE_DATA, key, NULL, g_bytes_new_take (data, 1 << 16), i * 1000));
    }
  fixture_end (store, key, OH_OUTCOME_FINISHED, OH_PARTY_UPSTREAM);
  oh_store_flush (store);
  return mb * 1.048576 / ((double) (oh_clock_monotonic_ns () - begun) / 1e9);
}

int
main (int argc, char **argv)
{
  guint n = argc > 1 ? (guint) atoi (argv[1]) : 100000;
  g_autofree char *dir = fixture_make_dir ();
  OhStore *store = fixture_open (dir);
  OhStoreReader *reader = fixture_read (dir);
  gint64 begun = oh_clock_monotonic_ns (), cpu = process_cpu_ns (), took, find_ns, text_ns, rows_ns = G_MAXINT64,
         open_ns;
  gint64 latencies[500];
  double first = 0, speed[2] = { 0, 0 };
  gint64 tenth = begun;
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GArray) some = NULL;
  g_autoptr (OhSearch) search = oh_search_parse ("sonnet", 0, NULL, NULL);
  OhQuery query = { .search = search };

  for (guint i = 0; i < n; i++)
    {
      small (store, i + 1, NULL, NULL);
      if (i % 4000 == 3999)
        oh_store_flush (store);
      if (i == n / 4)
        first = resident_mb ();
      /* Flushed every 4,000: how fast the first and the last tenth went is to be told from each other. */
      if (i + 1 == n / 10 || i + 1 == n)
        {
          oh_store_flush (store);
          speed[i + 1 == n] = (double) (n / 10) * 1e9 / (double) (oh_clock_monotonic_ns () - tenth);
        }
      if (i + 1 == n - n / 10)
        {
          oh_store_flush (store);
          tenth = oh_clock_monotonic_ns ();
        }
    }
  oh_store_flush (store);
  took = oh_clock_monotonic_ns () - begun;
  cpu = process_cpu_ns () - cpu;
  printf ("{\"exchanges\": %u, \"per_second\": %.0f, \"per_second_first\": %.0f, \"per_second_last\": %.0f, "
          "\"per_cpu_second\": %.0f, \"resident_mb_quarter\": %.1f, \"resident_mb\": %.1f, ",
          n, n * 1e9 / (double) took, speed[0], speed[1], n * 1e9 / (double) cpu, first, resident_mb ());

  printf ("\"disk_bytes_each\": %.0f, ", (double) fixture_disk_usage (dir) / n);
  for (guint i = 0; i < G_N_ELEMENTS (latencies); i++)
    {
      gboolean told = FALSE;

      g_usleep (1000);
      latencies[i] = oh_clock_monotonic_ns ();
      small (store, 10000000 + i, committed, &told);
      while (!told)
        g_main_context_iteration (NULL, TRUE);
      latencies[i] = oh_clock_monotonic_ns () - latencies[i];
    }
  qsort (latencies, G_N_ELEMENTS (latencies), sizeof latencies[0], compare);
  printf ("\"commit_ms_p50\": %.2f, \"commit_ms_p99\": %.2f, \"commit_ms_max\": %.2f, ", (double) latencies[250] / 1e6,
          (double) latencies[494] / 1e6, (double) latencies[499] / 1e6);
  first = resident_mb ();
  printf ("\"large_body_mb_per_second\": %.0f, ", large (store, 1, 1000));
  printf ("\"large_body_resident_growth_mb\": %.1f, ", resident_mb () - first);
  oh_store_close (store);
  g_object_unref (store);
  oh_store_reader_free (reader);

  open_ns = oh_clock_monotonic_ns ();
  store = fixture_open (dir);
  reader = fixture_read (dir);
  open_ns = oh_clock_monotonic_ns () - open_ns;
  find_ns = oh_clock_monotonic_ns ();
  ids = oh_store_reader_find (reader, NULL, NULL);
  find_ns = oh_clock_monotonic_ns () - find_ns;
  text_ns = oh_clock_monotonic_ns ();
  some = oh_store_reader_find (reader, &query, NULL);
  text_ns = oh_clock_monotonic_ns () - text_ns;
  for (guint i = 0; i < 20; i++)
    {
      gint64 from = oh_clock_monotonic_ns ();
      g_autoptr (GPtrArray) rows =
          oh_store_reader_get_rows (reader, &g_array_index (ids, gint64, i * (ids->len - 100) / 20), 100);

      rows_ns = MIN (rows_ns, oh_clock_monotonic_ns () - from);
    }
  printf ("\"open_ms\": %.2f, \"find_all_ms\": %.2f, \"find_text_ms\": %.2f, \"rows_100_ms\": %.3f}\n",
          (double) open_ns / 1e6, (double) find_ns / 1e6, (double) text_ns / 1e6, (double) rows_ns / 1e6);
  oh_store_reader_free (reader);
  oh_store_close (store);
  g_object_unref (store);
  fixture_remove_dir (g_steal_pointer (&dir));
  return 0;
}
