/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-clock.h"
#include "oh-store-meaning-private.h"
#include "oh-store-reader.h"
#include "oh-store-search-private.h"
#include "oh-store-zone-private.h"

/* What is found is told in pieces: the first hits and the first page quickly, the others less often. */
#define FIRST_PIECE 100
#define FIRST_PIECE_NS (5 * OH_NS_PER_MS)
#define PIECE_NS (100 * OH_NS_PER_MS)
/* So many are kept untold at most. */
#define PIECE_MAX 10000
/* So many steps of SQLite's machine between two looks at the cancellable. */
#define STEPS 2000

typedef struct
{
  gint64 id;
  gint64 started_ns;
} Hit;

typedef struct
{
  OhStoreReader *reader;
  GArray *hits; /* Hit; the newest first, nearly; where somebody is told: only those that are still to be told */
  gint64 limit; /* 0: none */
  GCancellable *cancellable;
  OhFoundFunc func;
  gpointer data;
  gint64 begun_ns; /* monotonic */
  guint n;           /* found so far */
  gint64 told_at_ns; /* monotonic; 0: never */
} Finding;

static void
tell (Finding *finding)
{
  g_autoptr (GArray) ids = NULL;

  finding->told_at_ns = oh_clock_monotonic_ns ();
  if (finding->func == NULL || finding->hits->len == 0)
    return;
  ids = g_array_sized_new (FALSE, FALSE, sizeof (gint64), finding->hits->len);
  for (guint i = 0; i < finding->hits->len; i++)
    g_array_append_val (ids, g_array_index (finding->hits, Hit, i).id);
  g_array_set_size (finding->hits, 0);
  finding->func ((const gint64 *) (gpointer) ids->data, ids->len, finding->data);
}

static gboolean
is_time (const Finding *finding)
{
  guint told = finding->n - finding->hits->len;

  if ((told < FIRST_PIECE && finding->n >= FIRST_PIECE) || finding->hits->len >= PIECE_MAX)
    return TRUE;
  if (told == 0)
    return oh_clock_monotonic_ns () - finding->begun_ns >= FIRST_PIECE_NS;
  return oh_clock_monotonic_ns () - finding->told_at_ns >= PIECE_NS;
}

static int
on_progress (gpointer data)
{
  return g_cancellable_is_cancelled (data);
}

static gboolean
is_enough (const Finding *finding)
{
  return finding->limit > 0 && finding->n >= (guint) finding->limit;
}

static void
take (Finding *finding, sqlite3_stmt *rows)
{
  OhDb *db = oh_searcher_get_db (oh_store_reader_get_searcher (finding->reader));

  if (rows == NULL)
    return;
  while (!is_enough (finding) && oh_db_step (db, rows))
    {
      Hit hit = { sqlite3_column_int64 (rows, 0), sqlite3_column_int64 (rows, 1) };

      finding->n++;
      if (finding->hits != NULL)
        g_array_append_val (finding->hits, hit);
      if (finding->func != NULL && is_time (finding))
        tell (finding);
    }
  oh_db_done (db, rows);
}

#define COLUMNS "SELECT e.id, e.started_ns FROM "
#define IN_RUN "(?2 = 0 OR e.run_id = ?2)"

static sqlite3_stmt *
bind (sqlite3_stmt *statement, gint64 run_id, gint64 id)
{
  if (statement == NULL)
    return NULL;
  sqlite3_bind_int64 (statement, 2, run_id);
  sqlite3_bind_int64 (statement, 3, id);
  return statement;
}

static sqlite3_stmt *
bind_zone (sqlite3_stmt *statement, gint64 zone)
{
  if (statement == NULL)
    return NULL;
  sqlite3_bind_int64 (statement, 4, zone * OH_ZONE_SIZE);
  sqlite3_bind_int64 (statement, 5, zone * OH_ZONE_SIZE + OH_ZONE_SIZE - 1);
  return statement;
}

/* What the index does not know yet: it is going on, or the store's thread has not come to it. These are few and new. */
static void
find_young (Finding *finding, const OhSearchSql *sql, gint64 run_id)
{
  OhSearcher *searcher = oh_store_reader_get_searcher (finding->reader);

  take (finding, bind (oh_searcher_query (searcher, sql,
                                          COLUMNS "exchange e WHERE e.id IN (SELECT id FROM exchange WHERE writer <> 0"
                                          " UNION SELECT id FROM exchange WHERE id >"
                                          " (SELECT coalesce (max (id), 0) FROM searchable))"
                                          " AND e.id NOT IN (SELECT id FROM searchable) AND " IN_RUN
                                          " AND %s ORDER BY e.started_ns DESC, e.id DESC",
                                          sql->where->str),
                       run_id, 0));
}

static sqlite3_stmt *
look_into_zone (OhSearcher *searcher, const OhSearchSql *sql, gint64 zone)
{
  return bind_zone (oh_searcher_query (searcher, sql,
                                       COLUMNS "exchange e WHERE e.id BETWEEN ?4 AND ?5 AND %s ORDER BY e.id DESC",
                                       sql->where->str),
                    zone);
}

/* From the newest zone to the oldest: those that can have something, and those that nothing is known of. */
static void
find_in_zones (Finding *finding, const OhSearchSql *sql)
{
  OhSearcher *searcher = oh_store_reader_get_searcher (finding->reader);
  OhDb *db = oh_searcher_get_db (searcher);
  g_autoptr (GPtrArray) labels = oh_search_sql_find_labels (sql, searcher);
  gint64 zone = oh_db_get_int (db, "SELECT max (id) FROM exchange", -1, "") >> OH_ZONE_BITS;
  gint64 first = oh_db_get_int (db, "SELECT min (id) FROM exchange", 0, "") >> OH_ZONE_BITS;
  gint64 known = G_MAXINT64;
  gboolean possible = TRUE;
  sqlite3_stmt *zones;

  /* The searcher forgets its statements when they become too many: not while this one is being stepped. */
  oh_db_done (db, look_into_zone (searcher, sql, zone));
  zones = oh_searcher_query (searcher, sql, "SELECT z.id, %s FROM zone z WHERE z.state = " OH_SQL_MADE " ORDER BY z.id DESC",
                             sql->zones->str);
  oh_search_sql_bind_labels (sql, zones, labels);
  for (; zone >= first && !is_enough (finding) && db->error == SQLITE_OK; zone--)
    {
      while (known > zone)
        {
          known = zones != NULL && oh_db_step (db, zones) ? sqlite3_column_int64 (zones, 0) : -1;
          if (known < 0)
            zones = NULL;
          else
            possible = sqlite3_column_int (zones, 1) != 0;
        }
      if (known != zone || possible)
        take (finding, look_into_zone (searcher, sql, zone));
    }
  oh_db_done (db, zones);
}

static void
find (Finding *finding, const OhSearchSql *sql, gint64 run_id)
{
  OhSearcher *searcher = oh_store_reader_get_searcher (finding->reader);

  if (sql->match != NULL)
    {
      g_autoptr (GString) where = g_string_new (sql->where->str);

      find_young (finding, sql, run_id);
      /* Most candidates of frequent trigrams fall by their texts: the row of an exchange is looked up after that. */
      g_string_replace (where, "overhear_has (e.id,", "overhear_has (s.rowid,", 0);
      take (finding, bind (oh_searcher_query (searcher, sql,
                                              COLUMNS "search s CROSS JOIN exchange e ON e.id = s.rowid"
                                              " WHERE s.search MATCH ?1 AND %s AND " IN_RUN " ORDER BY s.rowid DESC",
                                              where->str),
                           run_id, 0));
    }
  else if (run_id != 0)
    take (finding, bind (oh_searcher_query (searcher, sql,
                                            COLUMNS "exchange e WHERE e.run_id = ?2 AND e.run_id <> 0 AND %s"
                                            " ORDER BY e.started_ns DESC, e.id DESC",
                                            sql->where->str),
                         run_id, 0));
  else if (sql->zones != NULL)
    find_in_zones (finding, sql);
  else
    take (finding, bind (oh_searcher_query (searcher, sql,
                                            COLUMNS "exchange e WHERE %s ORDER BY e.started_ns DESC, e.id DESC",
                                            sql->where->str),
                         0, 0));
}

static gboolean
run (Finding *finding, const OhQuery *query, GError **error)
{
  OhDb *db = oh_store_reader_get_db (finding->reader);
  const OhSearch *search = query != NULL ? query->search : NULL;
  g_autoptr (OhSearchSql) sql = oh_search_sql_new (search);

  finding->begun_ns = oh_clock_monotonic_ns ();
  finding->limit = query != NULL && query->limit > 0 ? query->limit : 0;
  if (finding->cancellable != NULL)
    sqlite3_progress_handler (db->handle, STEPS, on_progress, finding->cancellable);
  oh_db_read_begin (db);
  if (search != NULL)
    sql->match = oh_search_sql_format_match (search, oh_store_reader_get_searcher (finding->reader));
  if (search != NULL && sql->match == NULL)
    oh_search_sql_add_zones (sql, search);
  find (finding, sql, query != NULL ? query->run_id : 0);
  oh_db_read_end (db);
  if (finding->cancellable != NULL)
    sqlite3_progress_handler (db->handle, 0, NULL, NULL);
  if (g_cancellable_set_error_if_cancelled (finding->cancellable, error))
    return FALSE;
  return oh_store_reader_check (finding->reader, error);
}

static int
compare_hits (gconstpointer a, gconstpointer b)
{
  const Hit *x = a, *y = b;

  if (x->started_ns != y->started_ns)
    return x->started_ns < y->started_ns ? -1 : 1;
  return (x->id > y->id) - (x->id < y->id);
}

/* By start. Nearly always they only have to be turned round. */
static void
sort (GArray *hits)
{
  gboolean sorted = TRUE;

  for (guint i = 0; i < hits->len / 2; i++)
    {
      Hit *a = &g_array_index (hits, Hit, i), *b = &g_array_index (hits, Hit, hits->len - 1 - i);
      Hit swap = *a;

      *a = *b;
      *b = swap;
    }
  for (guint i = 1; i < hits->len && sorted; i++)
    sorted = compare_hits (&g_array_index (hits, Hit, i - 1), &g_array_index (hits, Hit, i)) <= 0;
  if (!sorted)
    g_array_sort (hits, compare_hits);
}

GArray *
oh_store_reader_find (OhStoreReader *self, const OhQuery *query, GError **error)
{
  g_autoptr (GArray) hits = g_array_new (FALSE, FALSE, sizeof (Hit));
  Finding finding = { .reader = self, .hits = hits };
  GArray *ids;

  g_return_val_if_fail (self != NULL, NULL);
  if (!run (&finding, query, error))
    return NULL;
  sort (hits);
  ids = g_array_sized_new (FALSE, FALSE, sizeof (gint64), hits->len);
  for (guint i = 0; i < hits->len; i++)
    g_array_append_val (ids, g_array_index (hits, Hit, i).id);
  return ids;
}

gboolean
oh_store_reader_find_each (OhStoreReader *self, const OhQuery *query, GCancellable *cancellable, OhFoundFunc func,
                           gpointer data, GError **error)
{
  g_autoptr (GArray) hits = g_array_new (FALSE, FALSE, sizeof (Hit));
  Finding finding = { .reader = self, .hits = hits, .cancellable = cancellable, .func = func, .data = data };

  g_return_val_if_fail (self != NULL && func != NULL, FALSE);
  if (!run (&finding, query, error))
    return FALSE;
  tell (&finding);
  return TRUE;
}

gboolean
oh_store_reader_matches (OhStoreReader *self, const OhQuery *query, gint64 id)
{
  g_autoptr (OhSearchSql) sql = NULL;
  sqlite3_stmt *row;
  gboolean matches;
  OhDb *db;

  g_return_val_if_fail (self != NULL, FALSE);
  db = oh_store_reader_get_db (self);
  sql = oh_search_sql_new (query != NULL ? query->search : NULL);
  row = bind (oh_searcher_query (oh_store_reader_get_searcher (self), sql,
                                 COLUMNS "exchange e WHERE e.id = ?3 AND " IN_RUN " AND %s", sql->where->str),
              query != NULL ? query->run_id : 0, id);
  matches = oh_db_step (db, row);
  if (matches)
    oh_db_done (db, row);
  return matches;
}

gint64
oh_store_reader_count (OhStoreReader *self, const OhQuery *query)
{
  Finding finding = { .reader = self };

  g_return_val_if_fail (self != NULL, 0);
  if (query == NULL || (query->run_id == 0 && query->search == NULL))
    {
      gint64 count = oh_db_get_int (oh_store_reader_get_db (self),
                                    "SELECT (SELECT count (*) FROM exchange) - (SELECT count (*) FROM unlisted)", 0, "");

      return query != NULL && query->limit > 0 ? MIN (count, query->limit) : count;
    }
  return run (&finding, query, NULL) ? finding.n : 0;
}

gboolean
oh_store_reader_has_open (OhStoreReader *self, gint64 run_id)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return oh_db_get_int (oh_store_reader_get_db (self),
                        "SELECT EXISTS (SELECT 1 FROM exchange WHERE writer <> 0 AND +run_id = ?)", 0, "i", run_id) != 0;
}
