/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-registry-private.h"
#include "oh-clock.h"
#include "oh-exchange.h"
#include "oh-store.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

#define WRITERS_DIR "writers"

/* Takes the lock of a writer's file. Returns: the descriptor, or -1 while its process lives. */
static int
try_lock (const char *path, int flags)
{
  int fd = open (path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) != 0)
    {
      close (fd);
      return -1;
    }
  return fd;
}

gboolean
oh_registry_enter (OhRegistration *self, OhDb *db, const char *dir)
{
  g_autofree char *folder = g_build_filename (dir, WRITERS_DIR, NULL);
  g_autofree char *name = NULL;

  g_mkdir (folder, 0700);
  /* The lock is held before the row can be seen: a row without a lock is a dead process's. */
  for (guint n = 0; n < 100; n++)
    {
      g_clear_pointer (&name, g_free);
      g_clear_pointer (&self->path, g_free);
      name = g_strdup_printf ("%d-%08x", (int) getpid (), g_random_int ());
      self->path = g_build_filename (folder, name, NULL);
      self->fd = try_lock (self->path, O_CREAT | O_EXCL);
      if (self->fd >= 0)
        break;
    }
  if (self->fd < 0)
    {
      db->error = SQLITE_CANTOPEN;
      db->message = g_strdup (self->path);
      return FALSE;
    }
  oh_db_begin (db);
  oh_db_run (db, "UPDATE counter SET writer = writer + 1", "");
  self->id = oh_db_get_int (db, "SELECT writer FROM counter", 0, "");
  oh_db_run (db, "INSERT INTO writer (id, name, pid, started_ns) VALUES (?, ?, ?, ?)", "itii", self->id, name,
             (gint64) getpid (), oh_clock_wall_ns ());
  return oh_db_end (db);
}

void
oh_registry_leave (OhRegistration *self, OhDb *db)
{
  if (self->id != 0)
    {
      oh_db_begin (db);
      oh_db_run (db, "DELETE FROM writer WHERE id = ?", "i", self->id);
      oh_db_end (db);
      oh_db_forget_error (db);
    }
  if (self->fd >= 0)
    {
      g_unlink (self->path);
      close (self->fd);
    }
  self->fd = -1;
  self->id = 0;
  g_clear_pointer (&self->path, g_free);
}

GArray *
oh_registry_list_alive (const char *dir)
{
  g_autofree char *folder = g_build_filename (dir, WRITERS_DIR, NULL);
  g_autoptr (GDir) names = g_dir_open (folder, 0, NULL);
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (int));
  const char *name;

  while (names != NULL && (name = g_dir_read_name (names)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      int fd = open (path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
      int pid = (int) g_ascii_strtoll (name, NULL, 10);
      gboolean alive;

      if (fd < 0)
        continue;
      alive = flock (fd, LOCK_EX | LOCK_NB) != 0;
      close (fd);
      if (alive)
        g_array_append_val (pids, pid);
    }
  return pids;
}

gboolean
oh_registry_any_alive (const char *dir)
{
  g_autoptr (GArray) pids = oh_registry_list_alive (dir);

  return pids->len > 0;
}

static void
load_blob (OhPartWriter *writer, sqlite3_stmt *statement, int column, GByteArray *out)
{
  const void *data = sqlite3_column_blob (statement, column);

  oh_packer_unpack (writer->packer, data, (gsize) sqlite3_column_bytes (statement, column), G_MAXUINT / 2, out);
}

/* Makes whole what an open body left: its recipe so far, then what is pending. Returns: the last arrival in ns, or -1
 */
static gint64
close_body (OhPartWriter *writer, gint64 id, guint side, GByteArray *recipe, GByteArray *arrivals)
{
  OhDb *db = writer->db;
  OhRecipeIter iter;
  OhBody body;
  sqlite3_stmt *rows;
  const guint8 *literal, *cursor;
  gsize length;
  gint64 part, known = 0, us = 0;
  guint64 value;

  oh_body_init (&body);
  oh_recipe_iter_init (&iter, recipe->data, recipe->len);
  while (oh_recipe_iter_next (&iter, &part, &literal, &length))
    {
      if (part != 0)
        {
          oh_recipe_add_part (&body.recipe, part);
          known += oh_db_get_int (db, "SELECT length FROM part WHERE id = ?", 0, "i", part);
        }
      else
        {
          oh_recipe_add_literal (&body.recipe, literal, length);
          known += (gint64) length;
        }
    }
  rows = oh_db_query (db, "SELECT offset, data FROM pending WHERE exchange_id = ? AND kind = ? ORDER BY offset", "ii",
                      id, (gint64) (OH_PENDING_DATA + side));
  while (oh_db_step (db, rows))
    {
      gint64 offset = sqlite3_column_int64 (rows, 0);
      gint64 skip = known + body.length - offset;
      gint64 size = sqlite3_column_bytes (rows, 1);

      if (skip >= 0 && skip < size)
        oh_body_append (&body, (const guint8 *) sqlite3_column_blob (rows, 1) + skip, (gsize) (size - skip), -1);
    }
  rows = oh_db_query (db, "SELECT data FROM pending WHERE exchange_id = ? AND kind = ? ORDER BY offset", "ii", id,
                      (gint64) (OH_PENDING_ARRIVALS + side));
  while (oh_db_step (db, rows))
    g_byte_array_append (body.arrivals, sqlite3_column_blob (rows, 0), (guint) sqlite3_column_bytes (rows, 0));
  cursor = body.arrivals->data;
  for (guint n = 0;
       body.arrivals->len > 0 && oh_varint_read (&cursor, body.arrivals->data + body.arrivals->len, &value); n++)
    if (n % 2 == 1)
      us += OH_UNZIGZAG (value);
  oh_body_finish (&body, writer, recipe, arrivals);
  us = body.arrivals->len > 0 ? us * OH_NS_PER_US : -1;
  oh_body_clear (&body);
  return us;
}

static void
end_exchange (OhPartWriter *writer, gint64 id, const char *code)
{
  OhDb *db = writer->db;
  g_autoptr (GByteArray) request = g_byte_array_new ();
  g_autoptr (GByteArray) response = g_byte_array_new ();
  g_autoptr (GByteArray) request_arrivals = g_byte_array_new ();
  g_autoptr (GByteArray) response_arrivals = g_byte_array_new ();
  gint64 change, last_sent, last_received;
  sqlite3_stmt *row = oh_db_query (db, "SELECT request_body, response_body FROM detail WHERE id = ?", "i", id);

  if (oh_db_step (db, row))
    {
      load_blob (writer, row, 0, request);
      load_blob (writer, row, 1, response);
      oh_db_done (db, row);
    }
  last_sent = close_body (writer, id, 0, request, request_arrivals);
  last_received = close_body (writer, id, 1, response, response_arrivals);
  oh_db_run (db,
             "UPDATE detail SET request_body = ?, response_body = ?, request_arrivals = ?, response_arrivals = ?"
             " WHERE id = ?",
             "bbbbi", request->data, (gsize) request->len, response->data, (gsize) response->len,
             request_arrivals->data, (gsize) request_arrivals->len, response_arrivals->data,
             (gsize) response_arrivals->len, id);
  oh_db_run (db, "UPDATE counter SET change = change + 1", "");
  change = oh_db_get_int (db, "SELECT change FROM counter", 0, "");
  oh_db_run (db,
             "UPDATE exchange SET change = ?, writer = 0, outcome = ?, ended_by = ?, error_code = ?, error = ?,"
             " ended_ns = coalesce (ended_ns, nullif (?, -1), response_head_ns, request_sent_ns) WHERE id = ?",
             "iiittii", change, (gint64) OH_OUTCOME_CUT, (gint64) OH_PARTY_US, code, code,
             MAX (last_sent, last_received), id);
  oh_db_run (db, "DELETE FROM pending WHERE exchange_id = ?", "i", id);
}

static GArray *
list_ids (OhDb *db, sqlite3_stmt *statement)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  while (oh_db_step (db, statement))
    g_array_append_val (ids, (gint64){ sqlite3_column_int64 (statement, 0) });
  return ids;
}

int
oh_registry_end_all (OhPartWriter *writer, gint64 writer_id, const char *code)
{
  OhDb *db = writer->db;
  g_autoptr (GArray) exchanges =
      list_ids (db, oh_db_query (db, "SELECT id FROM exchange WHERE writer = ? AND writer <> 0", "i", writer_id));
  int runs;

  for (guint i = 0; i < exchanges->len; i++)
    end_exchange (writer, g_array_index (exchanges, gint64, i), code);
  /* The run ended with its last exchange, which is one of those that started last. */
  oh_db_run (db,
             "UPDATE run SET writer = 0, error = coalesce (error, ?), ended_ns = max (started_ns, coalesce ("
             "  (SELECT max (started_ns + coalesce (ended_ns, 0)) FROM (SELECT started_ns, ended_ns FROM exchange"
             "   WHERE run_id = run.id AND run_id <> 0 ORDER BY started_ns DESC LIMIT 1000)), 0))"
             " WHERE writer = ? AND ended_ns = 0",
             "ti", code, writer_id);
  runs = sqlite3_changes (db->handle);
  if (runs > 0)
    oh_db_run (db, "UPDATE counter SET change = change + 1", "");
  oh_db_run (db, "UPDATE post SET writer = 0 WHERE writer IN (?, ?)", "ii", writer_id, OH_STORE_LEFT (writer_id));
  return (int) exchanges->len + runs;
}

int
oh_registry_bury_dead (OhPartWriter *writer, const char *dir)
{
  OhDb *db = writer->db;
  sqlite3_stmt *rows = oh_db_query (db, "SELECT id, name FROM writer", "");
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  int ended = 0;

  while (oh_db_step (db, rows))
    {
      g_array_append_val (ids, (gint64){ sqlite3_column_int64 (rows, 0) });
      g_ptr_array_add (names, g_strdup ((const char *) sqlite3_column_text (rows, 1)));
    }
  for (guint i = 0; i < ids->len; i++)
    {
      gint64 id = g_array_index (ids, gint64, i);
      g_autofree char *path = g_build_filename (dir, WRITERS_DIR, g_ptr_array_index (names, i), NULL);
      gboolean exists = g_file_test (path, G_FILE_TEST_EXISTS);
      int fd = exists ? try_lock (path, 0) : -1;
      int n;

      if (exists && fd < 0)
        continue;
      oh_db_begin (db);
      n = oh_registry_end_all (writer, id, "killed");
      oh_db_run (db, "DELETE FROM writer WHERE id = ?", "i", id);
      if (oh_db_end (db))
        {
          ended += n;
          g_unlink (path);
        }
      if (fd >= 0)
        close (fd);
      if (db->error != SQLITE_OK)
        return -1;
    }
  return ended;
}
