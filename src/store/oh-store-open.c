/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening the database for writing: one that is damaged is set aside, and what can be read of it carried over. */
#include "config.h"
#include "oh-store-recover-private.h"
#include "oh-store-registry-private.h"
#include "oh-store-schema-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

#define SUSPECT_FILE "check-me"
#define RECOVERED_FILE "overhear-recovered.db"

static gboolean
is_damaged (const OhDb *db)
{
  return (db->error & 0xff) == SQLITE_CORRUPT || (db->error & 0xff) == SQLITE_NOTADB;
}

void
oh_schema_suspect (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, SUSPECT_FILE, NULL);
  int fd = open (path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

  if (fd >= 0)
    close (fd);
}

/* Cheap looks at every table and at the file's own bookkeeping; all of it only where there is a reason to. */
static void
check (OhDb *db, const char *dir)
{
  g_autofree char *suspect = g_build_filename (dir, SUSPECT_FILE, NULL);

  oh_db_get_int (db, "SELECT count (*) FROM sqlite_schema", 0, "");
  if (oh_db_get_int (db, "SELECT change FROM counter", -1, "") < 0 && db->error == SQLITE_OK)
    db->error = SQLITE_CORRUPT;
  oh_db_get_int (db, "SELECT max (id) FROM exchange", 0, "");
  oh_db_get_int (db, "SELECT max (id) FROM detail", 0, "");
  oh_db_get_int (db, "SELECT max (id) FROM part", 0, "");
  oh_db_get_int (db, "SELECT max (id) FROM run", 0, "");
  oh_db_get_int (db, "SELECT max (change) FROM exchange", 0, "");
  if (db->error == SQLITE_OK && g_file_test (suspect, G_FILE_TEST_EXISTS))
    {
      sqlite3_stmt *statement = oh_db_query (db, "PRAGMA quick_check (1)", "");

      if (oh_db_step (db, statement))
        {
          if (g_strcmp0 ((const char *) sqlite3_column_text (statement, 0), "ok") != 0)
            {
              db->error = SQLITE_CORRUPT;
              db->message = g_strdup ((const char *) sqlite3_column_text (statement, 0));
            }
          oh_db_done (db, statement);
        }
      if (db->error == SQLITE_OK)
        g_unlink (suspect);
    }
  if (db->error != SQLITE_OK && db->message == NULL)
    db->message = g_strdup (sqlite3_errstr (db->error));
}

/* Opens what is there and prepares it. @ours: (out): FALSE for a sound SQLite file that is none of ours */
static OhDb *
open_file (const char *dir, const char *path, gboolean *ours, GError **error)
{
  g_autoptr (OhDb) db = oh_db_open (path);
  gint64 version, application;
  gboolean empty;

  *ours = TRUE;
  sqlite3_busy_timeout (db->handle, 5000);
  version = oh_db_get_int (db, "PRAGMA user_version", 0, "");
  application = oh_db_get_int (db, "PRAGMA application_id", 0, "");
  empty = oh_db_get_int (db, "SELECT count (*) FROM sqlite_schema", 0, "") == 0;
  if (db->error == SQLITE_OK && !(empty && version == 0) && application != OH_STORE_APPLICATION_ID)
    {
      *ours = FALSE;
      sqlite3_db_config (db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
      return NULL;
    }
  if (db->error == SQLITE_OK && version > OH_STORE_VERSION)
    {
      sqlite3_db_config (db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
      g_set_error (error, OH_STORE_ERROR, OH_STORE_ERROR_NEWER,
                   _ ("The database in %s was made by a newer version of Overhear. Install that version, or choose "
                      "another data folder. Nothing has been changed."),
                   dir);
      return NULL;
    }
  if (empty)
    oh_db_exec (db, OH_SCHEMA_NEW);
  oh_db_exec (db, OH_SCHEMA_WRITER);
  oh_schema_migrate (db, version);
  check (db, dir);
  if (db->error == SQLITE_OK)
    return g_steal_pointer (&db);
  oh_schema_set_error (error, db, dir);
  if (is_damaged (db))
    sqlite3_db_config (db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  return NULL;
}

/* Moves the database and its companions out of the way, under a name that is free. Returns: the new name, or NULL. */
static char *
set_aside (const char *dir, const char *path)
{
  static const char *const companions[] = { "-wal", "-shm" };
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *date = g_date_time_format (now, "%Y-%m-%d-%H%M%S");

  for (guint n = 1; n < 1000; n++)
    {
      g_autofree char *name = n == 1 ? g_strdup_printf ("overhear-damaged-%s.db", date)
                                     : g_strdup_printf ("overhear-damaged-%s-%u.db", date, n);
      g_autofree char *to = g_build_filename (dir, name, NULL);

      if (g_file_test (to, G_FILE_TEST_EXISTS))
        continue;
      if (g_rename (path, to) != 0)
        return NULL;
      for (guint i = 0; i < G_N_ELEMENTS (companions); i++)
        {
          g_autofree char *companion = g_strconcat (path, companions[i], NULL);
          g_autofree char *companion_to = g_strconcat (to, companions[i], NULL);

          g_rename (companion, companion_to);
        }
      return g_steal_pointer (&name);
    }
  return NULL;
}

static gboolean
prepare_files (const char *dir, const char *path, GError **error)
{
  GStatBuf info;
  int fd;

  if (g_mkdir_with_parents (dir, 0700) != 0)
    {
      g_set_error (error, OH_STORE_ERROR, OH_STORE_ERROR_UNWRITABLE, _ ("The folder %s cannot be made: %s"), dir,
                   g_strerror (errno));
      return FALSE;
    }
  /* A folder of someone else's keeps its mode; the files below are private all the same. One that its owner made read-only
   * stays so. */
  if (g_stat (dir, &info) == 0 && (info.st_mode & 0077) != 0)
    g_chmod (dir, (int) info.st_mode & 0700);
  /* An existing file is never opened here: closing it would drop the locks of this process's other connections (POSIX
   * advisory locks; SQLite, "How To Corrupt", 2.2). */
  fd = open (path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd >= 0)
    {
      close (fd);
      return TRUE;
    }
  if (errno == EEXIST && g_access (path, R_OK | W_OK) == 0)
    {
      g_chmod (path, 0600);
      return TRUE;
    }
  g_set_error (error, OH_STORE_ERROR, OH_STORE_ERROR_UNWRITABLE, _ ("The file %s cannot be written: %s"), path,
               g_strerror (errno));
  return FALSE;
}

/* What there is to say about a database that was replaced. (transfer full) */
static char *
describe_replaced (const char *aside, gboolean ours, const OhRecovered *recovered)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (!ours)
    return g_strdup_printf (
        _ ("The database was not one of Overhear's. It has been set aside as %s, and a new one begun."), aside);
  if (recovered->exchanges == 0)
    return g_strdup_printf (
        _ ("The database was damaged, and nothing in it could be carried over. It has been set aside as %s, and a new "
           "one begun."),
        aside);
  g_string_printf (text,
                   ngettext ("The database was damaged. It has been set aside as %s, and %u exchange that could be read "
                             "was carried over into a new one.",
                             "The database was damaged. It has been set aside as %s, and %u exchanges that could be "
                             "read were carried over into a new one.",
                             recovered->exchanges),
                   aside, recovered->exchanges);
  if (recovered->incomplete > 0)
    {
      g_string_append_c (text, ' ');
      g_string_append_printf (
          text, ngettext ("%u of them is incomplete.", "%u of them are incomplete.", recovered->incomplete),
          recovered->incomplete);
    }
  if (!recovered->whole)
    g_string_append_printf (text, " %s", _ ("It was too large to carry over all of it."));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Sets a database aside that cannot be used, and puts what can be read of it into its place. Whoever is killed meanwhile
 * leaves the old one where it was. */
static gboolean
replace (const char *dir, const char *path, gboolean ours, char **notice, GError **error)
{
  g_autofree char *suspect = g_build_filename (dir, SUSPECT_FILE, NULL);
  g_autofree char *copy = g_build_filename (dir, RECOVERED_FILE, NULL);
  g_autofree char *aside = NULL;
  OhRecovered recovered = { 0 };
  gboolean carried = ours && oh_recover (path, copy, &recovered);

  aside = set_aside (dir, path);
  if (aside == NULL || (carried && g_rename (copy, path) != 0))
    {
      g_set_error (error, OH_STORE_ERROR, OH_STORE_ERROR_UNWRITABLE,
                   _ ("The database in %s is damaged and cannot be set aside: %s"), dir, g_strerror (errno));
      return FALSE;
    }
  g_unlink (suspect);
  if (!carried)
    recovered.exchanges = 0;
  *notice = describe_replaced (aside, ours, &recovered);
  return TRUE;
}

OhDb *
oh_schema_open (const char *dir, char **notice, GError **error)
{
  g_autofree char *path = g_build_filename (dir, OH_STORE_FILE, NULL);
  g_autofree char *lock_path = g_build_filename (dir, "opening.lock", NULL);
  g_autoptr (GError) damage = NULL;
  gboolean ours;
  OhDb *db;
  int lock;

  *notice = NULL;
  if (!prepare_files (dir, path, error))
    return NULL;
  /* One process at a time creates, migrates or sets aside. The lock ends with the descriptor. */
  lock = open (lock_path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock >= 0)
    while (flock (lock, LOCK_EX) != 0 && errno == EINTR)
      ;
  db = open_file (dir, path, &ours, &damage);
  if (db == NULL && (!ours || g_error_matches (damage, OH_STORE_ERROR, OH_STORE_ERROR_DAMAGED)))
    {
      if (oh_registry_any_alive (dir))
        {
          g_set_error (error, OH_STORE_ERROR, OH_STORE_ERROR_DAMAGED,
                       _ ("The database in %s is damaged. Close every Overhear, then start it again: it will set the "
                          "damaged file aside and carry over what can be read."),
                       dir);
        }
      else if (replace (dir, path, ours, notice, error))
        {
          db = prepare_files (dir, path, error) ? open_file (dir, path, &ours, error) : NULL;
        }
    }
  else if (db == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&damage));
    }
  if (lock >= 0)
    close (lock);
  return db;
}
