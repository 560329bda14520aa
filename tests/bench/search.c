/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long searches take in what bench-fill made: `bench-search FOLDER [REPEAT]`. For each kind of search, as JSON, ms:
 * until the first hits are told, and until the first page (100 hits, or all there are) is whole; of wall clock and of
 * this thread's processor time. */
#include "oh-clock.h"
#include "oh-search.h"
#include "oh-store-reader.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE 100
#define IDENTIFIERS 8

static const struct
{
  const char *kind;
  const char *texts[10];
} kinds[] = {
  { "words", { "tare", "sune", "moli", "girabo", "wisa", "needle", "seldom", "haystack" } },
  { "phrases", { "\"the needle\"", "\"the needle in the haystack\"", "\"zx seldom\"", "\"v1/messages\"", "\"tare mo\"" } },
  { "prefixes", { "gi", "gira", "wis", "hayst", "lute", "needl" } },
  { "CJK", { "明日", "天気予報", "晴れです", "の", "雨", "雪", "天気がよい" } },
  { "not", { "not tare", "not anthropic", "not needle", "not v1", "not model:haiku", "not a", "not claude" } },
  { "one or two characters", { "ta", "e", "zq", "zx", "z", "q", "zz", "§", "a z" } },
  { "model:", { "model:opus", "model:claude", "model:rare", "model=claude-rare-1", "model:nothing", "model:haiku tare" } },
  { "host:", { "host:anthropic", "host:rare", "host=api.anthropic.com", "host:nowhere", "host:rare needle" } },
  { "status", { "status:200", "status:429", "status:529", "status>=500", "status:418", "status<200", "is:error" } },
  { "numbers", { "tokens>4000", "tokens>100000", "tokens>10000000", "cost>0.02", "cost>5", "cost>100", "duration>1s",
                 "duration>60s", "ttft>20s" } },
  { "tool:", { "tool:weather", "tool:seldom", "tool:nothing", "tool=get_seldom" } },
  { "nothing found", { "xyzzy", "claude-nothing", "\"needle haystack\"", "req_zzzzz", "\"messages needle\"" } },
};

static char *identifiers[IDENTIFIERS];
static JsonBuilder *out;

typedef struct
{
  double first, page, first_cpu, page_cpu;
} Times;

typedef struct
{
  GCancellable *cancellable;
  gint64 begun_ns, begun_cpu_ns;
  guint hits;
  Times times;
} Search;

static gint64
get_cpu_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (gint64) now.tv_sec * OH_NS_PER_S + now.tv_nsec;
}

static void
on_found (const gint64 *ids, guint n, gpointer data)
{
  Search *search = data;
  double wall = (double) (oh_clock_monotonic_ns () - search->begun_ns) / OH_NS_PER_MS;
  double cpu = (double) (get_cpu_ns () - search->begun_cpu_ns) / OH_NS_PER_MS;

  if (search->hits == 0)
    {
      search->times.first = wall;
      search->times.first_cpu = cpu;
    }
  if (search->hits < PAGE && search->hits + n >= PAGE)
    {
      search->times.page = wall;
      search->times.page_cpu = cpu;
      g_cancellable_cancel (search->cancellable);
    }
  search->hits += n;
}

static Times
run (OhStoreReader *reader, const char *text, guint *hits)
{
  g_autoptr (OhSearch) parsed = oh_search_parse (text, oh_clock_wall_ns (), NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Search search = { .cancellable = cancellable };

  g_assert (parsed != NULL);
  search.begun_ns = oh_clock_monotonic_ns ();
  search.begun_cpu_ns = get_cpu_ns ();
  oh_store_reader_find_each (reader, &(OhQuery) { .search = parsed }, cancellable, on_found, &search, NULL);
  if (search.hits < PAGE)
    {
      search.times.page = (double) (oh_clock_monotonic_ns () - search.begun_ns) / OH_NS_PER_MS;
      search.times.page_cpu = (double) (get_cpu_ns () - search.begun_cpu_ns) / OH_NS_PER_MS;
    }
  if (search.hits == 0)
    {
      search.times.first = search.times.page;
      search.times.first_cpu = search.times.page_cpu;
    }
  *hits = search.hits;
  return search.times;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return (*(const double *) a > *(const double *) b) - (*(const double *) a < *(const double *) b);
}

static double
percentile (GArray *values, guint percent)
{
  g_array_sort (values, compare);
  return g_array_index (values, double, (values->len - 1) * percent / 100);
}

static void
say (const char *name, double value)
{
  json_builder_set_member_name (out, name);
  json_builder_add_double_value (out, value);
}

static void
measure (OhStoreReader *reader, const char *kind, const char *const *texts, guint n, guint repeat)
{
  g_autoptr (GArray) first = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) first_cpu = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) page = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) page_cpu = g_array_new (FALSE, FALSE, sizeof (double));
  double slowest = -1;
  const char *slowest_text = NULL;

  for (guint i = 0; i < n && texts[i] != NULL; i++)
    {
      /* The best of some: what remains of the worst is the search's own. */
      Times best = { G_MAXDOUBLE, G_MAXDOUBLE, G_MAXDOUBLE, G_MAXDOUBLE };
      guint hits = 0;

      for (guint j = 0; j < repeat; j++)
        {
          Times times = run (reader, texts[i], &hits);

          best.first = MIN (best.first, times.first);
          best.first_cpu = MIN (best.first_cpu, times.first_cpu);
          best.page = MIN (best.page, times.page);
          best.page_cpu = MIN (best.page_cpu, times.page_cpu);
        }
      fprintf (stderr, "%-28s %6u hits  first %8.2f  page %8.2f  (CPU %8.2f)\n", texts[i], hits, best.first, best.page,
               best.page_cpu);
      g_array_append_val (first, best.first);
      g_array_append_val (first_cpu, best.first_cpu);
      g_array_append_val (page, best.page);
      g_array_append_val (page_cpu, best.page_cpu);
      if (best.page_cpu > slowest)
        {
          slowest = best.page_cpu;
          slowest_text = texts[i];
        }
    }
  json_builder_set_member_name (out, kind);
  json_builder_begin_object (out);
  say ("first-p50", percentile (first, 50));
  say ("first-p99", percentile (first, 99));
  say ("first-p50-cpu", percentile (first_cpu, 50));
  say ("first-p99-cpu", percentile (first_cpu, 99));
  say ("p50", percentile (page, 50));
  say ("p99", percentile (page, 99));
  say ("p50-cpu", percentile (page_cpu, 50));
  say ("p99-cpu", percentile (page_cpu, 99));
  json_builder_set_member_name (out, "slowest");
  json_builder_add_string_value (out, slowest_text);
  json_builder_end_object (out);
}

/* Pieces of identifiers from all over the database. */
static void
find_identifiers (OhStoreReader *reader)
{
  gint64 count = oh_store_reader_count (reader, NULL);

  for (guint i = 0; i < IDENTIFIERS; i++)
    {
      gint64 id = 1 + count * i / IDENTIFIERS;
      g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (reader, id);

      identifiers[i] = g_strndup (exchange->facts->message_id + 8 + i % 3, 8);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhStoreReader) reader = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  guint repeat = argc > 2 ? (guint) atoi (argv[2]) : 3;

  if (argc < 2)
    {
      fprintf (stderr, "usage: bench-search FOLDER [REPEAT]\n");
      return 2;
    }
  reader = oh_store_reader_new (argv[1], &error);
  if (reader == NULL)
    {
      fprintf (stderr, "%s\n", error->message);
      return 1;
    }
  find_identifiers (reader);
  out = json_builder_new ();
  json_builder_begin_object (out);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    measure (reader, kinds[i].kind, kinds[i].texts, G_N_ELEMENTS (kinds[i].texts), repeat);
  measure (reader, "pieces of identifiers", (const char *const *) identifiers, IDENTIFIERS, repeat);
  json_builder_end_object (out);
  root = json_builder_get_root (out);
  text = json_to_string (root, FALSE);
  printf ("%s\n", text);
  g_object_unref (out);
  return 0;
}
