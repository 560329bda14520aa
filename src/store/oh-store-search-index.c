/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-search-index-private.h"
#include "oh-store-belongings-private.h"
#include "oh-store-zone-private.h"

#include <string.h>

#define SWEEP_AT_ONCE 100
#define MERGE_PAGES 8
#define VACUUM_PAGES "8"

static void
write_tools (OhDb *db, const OhSearchable *searchable)
{
  for (guint i = 0; i < searchable->tools->len; i++)
    {
      const char *name = searchable->tools->pdata[i];

      oh_db_run (db, "INSERT OR IGNORE INTO tool (name) VALUES (?)", "t", name);
      oh_db_run (db, "INSERT OR IGNORE INTO exchange_tool (tool_id, exchange_id) SELECT id, ?2 FROM tool WHERE name = ?1",
                 "ti", name, searchable->exchange_id);
    }
}

/* @text: (out): what the index has of @id, with a NUL behind it; empty: nothing that can be read */
static void
read_text (OhDb *db, OhPacker *packer, gint64 id, GByteArray *text)
{
  sqlite3_stmt *row = oh_db_query (db, "SELECT data FROM searchable WHERE id = ?", "i", id);
  gboolean sound;

  g_byte_array_set_size (text, 0);
  if (!oh_db_step (db, row))
    return;
  sound = oh_packer_unpack (packer, sqlite3_column_blob (row, 0), (gsize) sqlite3_column_bytes (row, 0), G_MAXUINT / 2,
                            text);
  oh_db_done (db, row);
  if (!sound)
    g_byte_array_set_size (text, 0);
  else
    g_byte_array_append (text, (const guint8 *) "", 1);
}

/* @text: what read_text() told */
static void
forget_text (OhDb *db, gint64 id, const GByteArray *text)
{
  /* A text that cannot be read stays in the index, where it finds nothing any more. */
  if (text->len > 0)
    oh_db_run (db, "INSERT INTO search (search, rowid, text) VALUES ('delete', ?, ?)", "it", id, (const char *) text->data);
  oh_db_run (db, "DELETE FROM searchable WHERE id = ?", "i", id);
}

/* Returns: FALSE where it has one already. */
static gboolean
keep_text (OhDb *db, gint64 id, const GByteArray *packed)
{
  oh_db_run (db, "INSERT OR IGNORE INTO searchable (id, data) VALUES (?, ?)", "ib", id, packed->data, (gsize) packed->len);
  return db->error == SQLITE_OK && sqlite3_changes (db->handle) > 0;
}

gboolean
oh_search_index_write (OhDb *db, OhPacker *packer, const OhSearchable *searchable, gint64 change)
{
  const gint64 id = searchable->exchange_id;
  g_autoptr (GByteArray) packed = g_byte_array_new ();
  g_autoptr (GString) text = g_string_sized_new (searchable->sides[0]->len + searchable->sides[1]->len + 2);

  g_string_append_len (text, searchable->sides[0]->str, (gssize) searchable->sides[0]->len);
  g_string_append_c (text, OH_SEARCHABLE_SIDES);
  g_string_append_len (text, searchable->sides[1]->str, (gssize) searchable->sides[1]->len);
  oh_packer_pack (packer, text->str, text->len, packed);
  /* Read again: the same most of the time. */
  if (!keep_text (db, id, packed))
    {
      g_autoptr (GByteArray) before = g_byte_array_new ();

      read_text (db, packer, id, before);
      if (before->len == text->len + 1 && memcmp (before->data, text->str, before->len) == 0)
        return FALSE;
      forget_text (db, id, before);
      oh_db_run (db, "DELETE FROM exchange_tool WHERE tool_id IN (SELECT id FROM tool) AND exchange_id = ?", "i", id);
      keep_text (db, id, packed);
    }
  oh_db_run (db, "UPDATE exchange SET change = ? WHERE id = ?", "ii", change, id);
  if (sqlite3_changes (db->handle) == 0)
    {
      oh_db_run (db, "DELETE FROM searchable WHERE id = ?", "i", id);
      return FALSE;
    }
  oh_db_run (db, "INSERT INTO search (rowid, text) VALUES (?, ?)", "it", id, text->str);
  write_tools (db, searchable);
  oh_zone_spoil (db, id);
  return TRUE;
}

gboolean
oh_search_index_tidy (OhDb *db)
{
  const int before = sqlite3_total_changes (db->handle);

  oh_db_run (db, "INSERT INTO search (search, rank) VALUES ('merge', ?)", "i", (gint64) MERGE_PAGES);
  /* FTS5: "merge" that had nothing to do changes one row at most. */
  if (sqlite3_total_changes (db->handle) - before > 1)
    return db->error == SQLITE_OK;
  oh_db_run (db, "PRAGMA incremental_vacuum (" VACUUM_PAGES ")", "");
  return oh_db_get_int (db, "PRAGMA freelist_count", 0, "") > 0;
}

gboolean
oh_search_index_sweep (OhDb *db, OhPacker *packer, gint64 *cursor)
{
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GByteArray) text = g_byte_array_new ();
  sqlite3_stmt *rows;

  rows = oh_db_query (db,
                      "SELECT id FROM searchable WHERE id > ? AND id NOT IN (SELECT id FROM exchange)"
                      " ORDER BY id LIMIT ?",
                      "ii", *cursor, (gint64) SWEEP_AT_ONCE);
  while (oh_db_step (db, rows))
    g_array_append_val (gone, (gint64){ sqlite3_column_int64 (rows, 0) });
  for (guint i = 0; i < gone->len; i++)
    {
      gint64 id = g_array_index (gone, gint64, i);

      read_text (db, packer, id, text);
      forget_text (db, id, text);
      oh_zone_spoil (db, id);
      *cursor = id;
    }
  if (gone->len == SWEEP_AT_ONCE)
    return TRUE;
  oh_belongings_sweep_tools (db);
  oh_zone_forget_deleted (db);
  return FALSE;
}

void
oh_search_index_clear (OhDb *db)
{
  if (oh_db_get_int (db, "SELECT EXISTS (SELECT 1 FROM exchange)", 1, "") != 0)
    return;
  oh_db_run (db, "INSERT INTO search (search) VALUES ('delete-all')", "");
  oh_db_run (db, "DELETE FROM searchable", "");
  oh_db_run (db, "DELETE FROM exchange_tool", "");
  oh_db_run (db, "DELETE FROM tool", "");
  oh_zone_clear (db);
}
