/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-inspect.h"
#include "oh-store-registry-private.h"
#include "oh-store-schema-private.h"

#include <glib/gstdio.h>

#define BUSY_MS 500
#define STEPS 10000 /* of SQLite's machine between looks at the clock */

static int
is_late (void *data)
{
  const gint64 *until = data;

  return g_get_monotonic_time () > *until;
}

static OhStoreState
classify (OhStoreInspection *self, OhDb *db)
{
  const int code = db->error & 0xff;

  if (code == SQLITE_OK)
    return OH_STORE_STATE_SOUND;
  if (code == SQLITE_INTERRUPT || code == SQLITE_BUSY)
    return OH_STORE_STATE_UNSURE;
  self->words = g_strdup (db->message);
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? OH_STORE_STATE_DAMAGED : OH_STORE_STATE_FAILED;
}

static void
look (OhStoreInspection *self, OhDb *db, gint64 until)
{
  gint64 version, application;
  sqlite3_stmt *statement;

  sqlite3_busy_timeout (db->handle, BUSY_MS);
  /* What is not ours to open is left exactly as it is. */
  sqlite3_db_config (db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  oh_db_exec (db, "PRAGMA query_only = ON");
  version = oh_db_get_int (db, "PRAGMA user_version", 0, "");
  application = oh_db_get_int (db, "PRAGMA application_id", 0, "");
  self->state = classify (self, db);
  if (self->state != OH_STORE_STATE_SOUND)
    return;
  if (application != OH_STORE_APPLICATION_ID && oh_db_get_int (db, "SELECT count (*) FROM sqlite_schema", 0, "") > 0)
    self->state = OH_STORE_STATE_FOREIGN;
  else if (version > OH_STORE_VERSION)
    self->state = OH_STORE_STATE_NEWER;
  if (self->state != OH_STORE_STATE_SOUND)
    return;
  sqlite3_progress_handler (db->handle, STEPS, is_late, &until);
  statement = oh_db_query (db, "PRAGMA quick_check (1)", "");
  if (oh_db_step (db, statement))
    {
      const char *answer = (const char *) sqlite3_column_text (statement, 0);

      if (g_strcmp0 (answer, "ok") != 0)
        {
          self->state = OH_STORE_STATE_DAMAGED;
          self->words = g_strdup (answer);
        }
      oh_db_done (db, statement);
    }
  if (self->state == OH_STORE_STATE_SOUND)
    self->state = classify (self, db);
  sqlite3_progress_handler (db->handle, 0, NULL, NULL);
}

OhStoreInspection *
oh_store_inspect (const char *dir, guint patience_ms)
{
  OhStoreInspection *self = g_new0 (OhStoreInspection, 1);
  const gint64 until = g_get_monotonic_time () + (gint64) patience_ms * 1000;
  g_autofree char *path = NULL;
  GStatBuf info;

  g_return_val_if_fail (dir != NULL, self);

  path = g_build_filename (dir, OH_STORE_FILE, NULL);
  self->writers = oh_registry_list_alive (dir);
  if (g_stat (path, &info) != 0)
    return self;
  self->bytes = info.st_size;
  /* SQLite would wait for what a pipe brings. */
  if (!S_ISREG (info.st_mode))
    {
      self->state = OH_STORE_STATE_FAILED;
      self->words = g_strdup (sqlite3_errstr (SQLITE_CANTOPEN));
    }
  else
    {
      g_autoptr (OhDb) db = oh_db_open_to_read (path);

      look (self, db, until);
    }
  return self;
}

void
oh_store_inspection_free (OhStoreInspection *self)
{
  g_free (self->words);
  g_array_unref (self->writers);
  g_free (self);
}
