/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-db-private.h"

#include <glib/gstdio.h>
#include <stdarg.h>
#include <unistd.h>

/* How long a reader waits for whoever begins the database, or clears up behind it. */
#define READ_BUSY_MS 2000

static void
remember_error (OhDb *self, int code)
{
  if (self->error != SQLITE_OK)
    return;
  self->error = code != SQLITE_OK ? code : SQLITE_ERROR;
  self->system_error = self->handle != NULL ? sqlite3_system_errno (self->handle) : 0;
  self->message = g_strdup (self->handle != NULL ? sqlite3_errmsg (self->handle) : sqlite3_errstr (code));
}

static void
bind (OhDb *self, sqlite3_stmt *statement, const char *format, va_list arguments)
{
  int i = 1;

  for (const char *c = format; *c != '\0'; c++, i++)
    switch (*c)
      {
      case 'i':
        sqlite3_bind_int64 (statement, i, va_arg (arguments, gint64));
        break;
      case 'd':
        sqlite3_bind_double (statement, i, va_arg (arguments, double));
        break;
      case 't':
        sqlite3_bind_text (statement, i, va_arg (arguments, const char *), -1, SQLITE_STATIC);
        break;
      case 'b':
        {
          const void *data = va_arg (arguments, const void *);
          gsize length = va_arg (arguments, gsize);

          if (sqlite3_bind_blob64 (statement, i, data, length, SQLITE_STATIC) != SQLITE_OK)
            remember_error (self, sqlite3_extended_errcode (self->handle));
          break;
        }
      default:
        g_assert_not_reached ();
      }
}

static sqlite3_stmt *
prepare (OhDb *self, const char *sql)
{
  sqlite3_stmt *statement;
  int code;

  if (self->error != SQLITE_OK)
    return NULL;
  statement = g_hash_table_lookup (self->statements, sql);
  if (statement != NULL)
    return statement;
  code = sqlite3_prepare_v3 (self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
  if (code != SQLITE_OK)
    {
      remember_error (self, code);
      return NULL;
    }
  g_hash_table_insert (self->statements, (gpointer) sql, statement);
  return statement;
}

static void
finalize (gpointer statement)
{
  sqlite3_finalize (statement);
}

void
oh_db_set_error (OhDb *self, int code)
{
  remember_error (self, code);
}

static OhDb *
open_file (const char *path, int flags)
{
  OhDb *self = g_new0 (OhDb, 1);
  static gsize configured;
  int code;

  /* Counting what it allocates takes a lock that all threads share. */
  if (g_once_init_enter (&configured))
    {
      sqlite3_config (SQLITE_CONFIG_MEMSTATUS, 0);
      g_once_init_leave (&configured, 1);
    }
  self->statements = g_hash_table_new_full (NULL, NULL, NULL, finalize);
  code = sqlite3_open_v2 (path, &self->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
  if (self->handle != NULL)
    sqlite3_extended_result_codes (self->handle, 1);
  if (code != SQLITE_OK)
    remember_error (self, code);
  return self;
}

OhDb *
oh_db_open (const char *path)
{
  return open_file (path, SQLITE_OPEN_READWRITE);
}

/* Whether the database is all in its file, and nobody can change that from here: then it needs no log, which could not be
 * made. */
static gboolean
is_at_rest (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  GStatBuf info;

  return g_access (folder, W_OK) != 0 && (g_stat (log, &info) != 0 || info.st_size == 0);
}

OhDb *
oh_db_open_to_read (const char *path)
{
  g_autoptr (OhDb) self = oh_db_open (path);
  g_autofree char *file = NULL;
  g_autofree char *uri = NULL;

  sqlite3_busy_timeout (self->handle, READ_BUSY_MS);
  oh_db_get_int (self, "PRAGMA schema_version", 0, "");
  if (self->error == SQLITE_OK || !is_at_rest (path))
    return g_steal_pointer (&self);
  file = g_filename_to_uri (path, NULL, NULL);
  if (file == NULL)
    return g_steal_pointer (&self);
  uri = g_strconcat (file, "?immutable=1", NULL);
  return open_file (uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

void
oh_db_free (OhDb *self)
{
  g_hash_table_unref (self->statements);
  sqlite3_close (self->handle);
  g_free (self->message);
  g_free (self);
}

void
oh_db_forget_error (OhDb *self)
{
  self->error = SQLITE_OK;
  self->system_error = 0;
  g_clear_pointer (&self->message, g_free);
}

sqlite3_stmt *
oh_db_query (OhDb *self, const char *sql, const char *format, ...)
{
  sqlite3_stmt *statement = prepare (self, sql);
  va_list arguments;

  if (statement == NULL)
    return NULL;
  va_start (arguments, format);
  bind (self, statement, format, arguments);
  va_end (arguments);
  return statement;
}

gboolean
oh_db_step (OhDb *self, sqlite3_stmt *statement)
{
  int code;

  if (statement == NULL)
    return FALSE;
  if (self->error == SQLITE_OK)
    {
      code = sqlite3_step (statement);
      if (code == SQLITE_ROW)
        return TRUE;
      if (code != SQLITE_DONE)
        remember_error (self, code);
    }
  oh_db_done (self, statement);
  return FALSE;
}

void
oh_db_done (OhDb *self, sqlite3_stmt *statement)
{
  if (statement == NULL)
    return;
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
}

void
oh_db_run (OhDb *self, const char *sql, const char *format, ...)
{
  sqlite3_stmt *statement = prepare (self, sql);
  va_list arguments;

  if (statement == NULL)
    return;
  va_start (arguments, format);
  bind (self, statement, format, arguments);
  va_end (arguments);
  while (oh_db_step (self, statement))
    ;
}

void
oh_db_exec (OhDb *self, const char *sql)
{
  int code;

  if (self->error != SQLITE_OK)
    return;
  code = sqlite3_exec (self->handle, sql, NULL, NULL, NULL);
  if (code != SQLITE_OK)
    remember_error (self, code);
}

gint64
oh_db_get_int (OhDb *self, const char *sql, gint64 otherwise, const char *format, ...)
{
  sqlite3_stmt *statement = prepare (self, sql);
  gint64 value = otherwise;
  va_list arguments;

  if (statement == NULL)
    return otherwise;
  va_start (arguments, format);
  bind (self, statement, format, arguments);
  va_end (arguments);
  if (oh_db_step (self, statement))
    {
      if (sqlite3_column_type (statement, 0) != SQLITE_NULL)
        value = sqlite3_column_int64 (statement, 0);
      oh_db_done (self, statement);
    }
  return value;
}

void
oh_db_begin (OhDb *self)
{
  oh_db_run (self, "BEGIN IMMEDIATE", "");
}

gboolean
oh_db_end (OhDb *self)
{
  oh_db_run (self, "COMMIT", "");
  if (self->error == SQLITE_OK)
    return TRUE;
  if (!sqlite3_get_autocommit (self->handle))
    sqlite3_exec (self->handle, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}

void
oh_db_read_begin (OhDb *self)
{
  if (self->reading++ == 0)
    oh_db_run (self, "BEGIN", "");
}

void
oh_db_read_end (OhDb *self)
{
  g_assert (self->reading > 0);
  if (--self->reading > 0 || sqlite3_get_autocommit (self->handle))
    return;
  oh_db_run (self, "COMMIT", "");
  if (!sqlite3_get_autocommit (self->handle))
    sqlite3_exec (self->handle, "ROLLBACK", NULL, NULL, NULL);
}
