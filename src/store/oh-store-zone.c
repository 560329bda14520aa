/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-zone-private.h"

#include "oh-store-columns-private.h"

#include <string.h>

/* Bits of single characters, and of two that follow each other: first those of letters and digits. */
#define GRAM_BYTES 1024
#define LETTERS 36
#define LETTER_BITS (LETTERS + LETTERS * LETTERS)
/* Longer texts have everything: there would be nothing to learn. */
#define TEXTS_MAX ((gsize) 1 << 20)
/* Where so many labels exist, paths are not part of them any more. */
#define LABELS_MANY 4000

#define LABEL_COLUMNS                                                                                                  \
  "method, host, target, provider, model, requested_model, stop_reason, error_type, error_code, status, outcome,"      \
  " streamed, cache_read_tokens, gaps, problems"
/* As conditions of searches compare them. Paths with numbers in them are nearly all different. */
#define LABEL_VALUES                                                                                                   \
  "e.method, e.host, CASE WHEN ?3 AND length (e.target) <= 40 AND e.target NOT GLOB '*[0-9][0-9]*' THEN e.target END," \
  " e.provider, e.model, e.requested_model, e.stop_reason, e.error_type, e.error_code, e.status, e.outcome,"           \
  " coalesce (e.streamed, 0), coalesce (e.cache_read_tokens, 0) > 0, e.gaps & " OH_SQL_GAPS_OF_BODIES ", e.problems > 0"

void
oh_zone_spoil (OhDb *db, gint64 exchange_id)
{
  oh_db_run (db, "UPDATE zone SET state = " OH_SQL_STALE " WHERE id = ? AND state <> " OH_SQL_STALE, "i", exchange_id >> OH_ZONE_BITS);
}

static void
set_bit (guint8 *bits, guint n)
{
  bits[n / 8] |= (guint8) (1 << n % 8);
}

static gboolean
has_bit (const guint8 *bits, guint n)
{
  return (bits[n / 8] & (1 << n % 8)) != 0;
}

static int
get_letter (gunichar c)
{
  return c >= '0' && c <= '9' ? (int) (c - '0') : c >= 'a' && c <= 'z' ? (int) (c - 'a') + 10 : -1;
}

/* @first: 0: none. @places: (out): the two bits that stand for it; identifiers have all letters and digits in all orders,
 * so these have bits of their own. */
static void
find_places (gunichar first, gunichar second, guint places[2])
{
  int a = first == 0 ? 0 : get_letter (first), b = get_letter (second);
  guint32 hash = (first * 0x9e3779b1u) ^ (second * 0x85ebca77u);

  if (a >= 0 && b >= 0)
    {
      places[0] = places[1] = (guint) (first == 0 ? b : LETTERS + a * LETTERS + b);
      return;
    }
  hash ^= hash >> 15;
  hash *= 0x2c1b3c6du;
  hash ^= hash >> 12;
  places[0] = LETTER_BITS + (hash & 0xffff) % (GRAM_BYTES * 8 - LETTER_BITS);
  places[1] = LETTER_BITS + (hash >> 16) % (GRAM_BYTES * 8 - LETTER_BITS);
}

/* @text: valid UTF-8 */
static void
add_grams (guint8 *bits, const char *text, gsize length)
{
  const char *end = text + length;
  gunichar last = 0;

  for (; text < end; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      for (guint alone = 0; alone < 2; alone++)
        {
          guint places[2];

          find_places (alone ? 0 : last, c, places);
          set_bit (bits, places[0]);
          set_bit (bits, places[1]);
        }
      last = c;
    }
}

static void
write_grams (OhDb *db, OhPacker *packer, gint64 zone, gint64 from, gint64 to)
{
  g_autoptr (GByteArray) text = g_byte_array_new ();
  guint8 bits[GRAM_BYTES] = { 0 };
  gsize length = 0;
  gboolean known = TRUE;
  sqlite3_stmt *rows;

  rows = oh_db_query (db, "SELECT s.data FROM exchange e LEFT JOIN searchable s ON s.id = e.id WHERE e.id BETWEEN ? AND ?",
                      "ii", from, to);
  while (oh_db_step (db, rows))
    {
      g_byte_array_set_size (text, 0);
      known = known && sqlite3_column_type (rows, 0) != SQLITE_NULL &&
              oh_packer_unpack (packer, sqlite3_column_blob (rows, 0), (gsize) sqlite3_column_bytes (rows, 0),
                                G_MAXUINT / 2, text) &&
              g_utf8_validate ((const char *) text->data, text->len, NULL);
      length += text->len;
      known = known && length <= TEXTS_MAX;
      if (!known)
        {
          oh_db_done (db, rows);
          break;
        }
      add_grams (bits, (const char *) text->data, text->len);
    }
  if (known)
    oh_db_run (db, "INSERT OR REPLACE INTO zone_gram (id, data) VALUES (?, ?)", "ib", zone, bits, sizeof bits);
  else
    oh_db_run (db, "DELETE FROM zone_gram WHERE id = ?", "i", zone);
}

/* Returns: the numbers of the zone's labels, as varints. */
static GByteArray *
write_labels (OhDb *db, gint64 from, gint64 to)
{
  GByteArray *labels = g_byte_array_new ();
  gint64 with_paths = oh_db_get_int (db, "SELECT coalesce (max (id), 0) FROM label", 0, "") < LABELS_MANY;
  sqlite3_stmt *rows;

  oh_db_run (db,
             "INSERT OR IGNORE INTO label (key, " LABEL_COLUMNS ") SELECT DISTINCT json_array (" LABEL_VALUES "), "
             LABEL_VALUES " FROM exchange e WHERE e.id BETWEEN ?1 AND ?2",
             "iii", from, to, with_paths);
  rows = oh_db_query (db,
                      "SELECT DISTINCT l.id FROM exchange e CROSS JOIN label l ON l.key = json_array (" LABEL_VALUES ")"
                      " WHERE e.id BETWEEN ?1 AND ?2",
                      "iii", from, to, with_paths);
  while (oh_db_step (db, rows))
    oh_varint_append (labels, (guint64) sqlite3_column_int64 (rows, 0));
  return labels;
}

static void
make (OhDb *db, OhPacker *packer, gint64 zone)
{
  const gint64 from = zone << OH_ZONE_BITS, to = from + OH_ZONE_SIZE - 1;
  g_autoptr (GByteArray) labels = NULL;

  if (oh_db_get_int (db, "SELECT EXISTS (SELECT 1 FROM exchange WHERE id BETWEEN ? AND ?)", 1, "ii", from, to) == 0)
    {
      oh_db_run (db, "DELETE FROM zone WHERE id = ?", "i", zone);
      oh_db_run (db, "DELETE FROM zone_gram WHERE id = ?", "i", zone);
      return;
    }
  if (oh_db_get_int (db, "SELECT EXISTS (SELECT 1 FROM exchange WHERE id BETWEEN ? AND ? AND writer <> 0)", 1, "ii", from,
                     to) != 0)
    {
      oh_db_run (db, "INSERT OR REPLACE INTO zone (id, state) VALUES (?, ?)", "ii", zone, (gint64) OH_ZONE_BLOCKED);
      return;
    }
  labels = write_labels (db, from, to);
  write_grams (db, packer, zone, from, to);
  oh_db_run (db,
             "INSERT OR REPLACE INTO zone SELECT ?1, ?4, ?5, min (e.started_ns), max (e.started_ns), min (" OH_SQL_TOKENS "),"
             " max (" OH_SQL_TOKENS "), min (p.cost), max (p.cost), min (e.ended_ns), max (e.ended_ns), min (e.first_token_ns),"
             " max (e.first_token_ns) FROM exchange e LEFT JOIN place p ON p.id = e.id WHERE e.id BETWEEN ?2 AND ?3",
             "iiiib", zone, from, to, (gint64) OH_ZONE_MADE, labels->data, (gsize) labels->len);
}

/* Returns: -1: there is none. */
static gint64
find_next (OhDb *db)
{
  gint64 zone = oh_db_get_int (db, "SELECT id FROM zone WHERE state = " OH_SQL_STALE " ORDER BY id LIMIT 1", -1, "");
  gint64 from, first, last;

  if (zone >= 0)
    return zone;
  from = (oh_db_get_int (db, "SELECT max (id) FROM zone", -1, "") + 1) << OH_ZONE_BITS;
  first = oh_db_get_int (db, "SELECT min (id) FROM exchange WHERE id >= ?", -1, "i", from);
  /* The newest still change all the time. */
  last = (oh_db_get_int (db, "SELECT max (id) FROM exchange", 0, "") >> OH_ZONE_BITS) - 2;
  return first < 0 || first >> OH_ZONE_BITS > last ? -1 : first >> OH_ZONE_BITS;
}

gboolean
oh_zone_make_next (OhDb *db, OhPacker *packer)
{
  gint64 zone = find_next (db);

  if (zone < 0)
    return FALSE;
  oh_db_begin (db);
  make (db, packer, zone);
  return oh_db_end (db);
}

static void
collect_labels (GHashTable *used, const guint8 *labels, gsize length)
{
  const guint8 *end = labels + length;
  guint64 label;

  while (length > 0 && labels < end && oh_varint_read (&labels, end, &label))
    g_hash_table_add (used, GSIZE_TO_POINTER (label));
}

void
oh_zone_forget_deleted (OhDb *db)
{
  g_autoptr (GHashTable) used = g_hash_table_new (NULL, NULL);
  g_autoptr (GArray) unused = g_array_new (FALSE, FALSE, sizeof (gint64));
  sqlite3_stmt *rows;

  /* What was made before the deletion says what was there. */
  oh_db_run (db, "UPDATE zone SET labels = NULL WHERE state = " OH_SQL_STALE, "");
  oh_db_run (db, "DELETE FROM zone_gram WHERE id IN (SELECT id FROM zone WHERE state = " OH_SQL_STALE ")", "");
  rows = oh_db_query (db, "SELECT labels FROM zone WHERE labels IS NOT NULL", "");
  while (oh_db_step (db, rows))
    collect_labels (used, sqlite3_column_blob (rows, 0), (gsize) sqlite3_column_bytes (rows, 0));
  rows = oh_db_query (db, "SELECT id FROM label", "");
  while (oh_db_step (db, rows))
    {
      gint64 id = sqlite3_column_int64 (rows, 0);

      if (!g_hash_table_contains (used, GSIZE_TO_POINTER (id)))
        g_array_append_val (unused, id);
    }
  for (guint i = 0; i < unused->len; i++)
    oh_db_run (db, "DELETE FROM label WHERE id = ?", "i", g_array_index (unused, gint64, i));
}

void
oh_zone_clear (OhDb *db)
{
  oh_db_run (db, "DELETE FROM zone", "");
  oh_db_run (db, "DELETE FROM zone_gram", "");
  oh_db_run (db, "DELETE FROM label", "");
}

static void
any_function (sqlite3_context *context, int n, sqlite3_value **values)
{
  const guint8 *labels = sqlite3_value_blob (values[0]), *bits = sqlite3_value_blob (values[1]);
  const guint8 *end = labels + sqlite3_value_bytes (values[0]);
  guint64 n_bits = (guint64) sqlite3_value_bytes (values[1]) * 8, label;
  gboolean any = FALSE;

  while (!any && labels != NULL && labels < end && oh_varint_read (&labels, end, &label))
    any = label < n_bits && has_bit (bits, (guint) label);
  sqlite3_result_int (context, any);
}

static void
maybe_function (sqlite3_context *context, int n, sqlite3_value **values)
{
  const guint8 *bits = sqlite3_value_blob (values[0]);
  const char *text = (const char *) sqlite3_value_text (values[1]);
  gboolean maybe = TRUE;
  gunichar last = 0;

  if (bits != NULL && sqlite3_value_bytes (values[0]) == GRAM_BYTES && text != NULL)
    for (; maybe && *text != '\0'; text = g_utf8_next_char (text))
      {
        gunichar c = g_utf8_get_char (text);

        guint places[2];

        find_places (last, c, places);
        maybe = has_bit (bits, places[0]) && has_bit (bits, places[1]);
        last = c;
      }
  sqlite3_result_int (context, maybe);
}

void
oh_zone_add_functions (OhDb *db)
{
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;

  sqlite3_create_function_v2 (db->handle, "overhear_any", 2, flags, NULL, any_function, NULL, NULL, NULL);
  sqlite3_create_function_v2 (db->handle, "overhear_maybe", 2, flags, NULL, maybe_function, NULL, NULL, NULL);
}
