/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-searchable.h"
#include "oh-store-search-console-private.h"
#include "oh-store-search-private.h"
#include "oh-store-zone-private.h"

#include <string.h>

/* Conditions whose statements are kept: while rows come in, each is asked about with the same one. */
#define STATEMENTS_MAX 16

struct _OhSearcher
{
  OhDb *db;
  OhPacker *packer;
  gint64 id; /* whose texts are in @text; 0: nobody's */
  GByteArray *text;
  gsize middle;           /* where the response's texts begin */
  GHashTable *statements; /* SQL → sqlite3_stmt */
  OhConsoleSearch *console;
};

static void
searcher_load (OhSearcher *self, gint64 id)
{
  sqlite3_stmt *row;
  gboolean found = FALSE;
  const char *middle;

  if (self->id == id)
    return;
  g_byte_array_set_size (self->text, 0);
  row = oh_db_query (self->db, "SELECT data FROM searchable WHERE id = ?", "i", id);
  if (oh_db_step (self->db, row))
    {
      found = oh_packer_unpack (self->packer, sqlite3_column_blob (row, 0), (gsize) sqlite3_column_bytes (row, 0),
                                G_MAXUINT / 2, self->text);
      oh_db_done (self->db, row);
    }
  if (!found)
    {
      /* It goes on, or nobody has come to it yet: what its row says. */
      row = oh_db_query (self->db,
                         "SELECT scheme || '://' || coalesce (host, '') || coalesce (target, '') || x'1f' ||"
                         " coalesce (model, requested_model, '') || x'1d' FROM exchange WHERE id = ?",
                         "i", id);
      if (oh_db_step (self->db, row))
        {
          const char *text = (const char *) sqlite3_column_text (row, 0);
          g_autofree char *folded = text != NULL && g_utf8_validate (text, -1, NULL) ? oh_searchable_fold (text) : NULL;

          if (folded != NULL)
            g_byte_array_append (self->text, (const guint8 *) folded, (guint) strlen (folded));
          oh_db_done (self->db, row);
        }
    }
  middle = self->text->len > 0 ? memchr (self->text->data, OH_SEARCHABLE_SIDES, self->text->len) : NULL;
  self->middle = middle != NULL ? (gsize) (middle - (const char *) self->text->data) : self->text->len;
  self->id = id;
}

static void
has_function (sqlite3_context *context, int n, sqlite3_value **values)
{
  OhSearcher *self = sqlite3_user_data (context);
  int side = sqlite3_value_int (values[1]);
  const void *needle = sqlite3_value_text (values[2]);
  gsize length = (gsize) sqlite3_value_bytes (values[2]);
  gsize from = 0, to;

  searcher_load (self, sqlite3_value_int64 (values[0]));
  to = self->text->len;
  if (side == OH_SEARCH_IN_REQUEST)
    to = self->middle;
  else if (side == OH_SEARCH_IN_RESPONSE)
    from = self->middle;
  sqlite3_result_int (context, length == 0 || (needle != NULL && to > from &&
                                               memmem (self->text->data + from, to - from, needle, length) != NULL));
}

/* @needle is folded already. */
static gboolean
contains (const char *text, const char *needle)
{
  g_autofree char *folded = NULL;
  gsize length = strlen (needle);

  if (text == NULL)
    return FALSE;
  if (length == 0)
    return TRUE;
  if (g_str_is_ascii (text))
    {
      for (; *text != '\0'; text++)
        if (g_ascii_tolower (*text) == *needle && g_ascii_strncasecmp (text, needle, length) == 0)
          return TRUE;
      return FALSE;
    }
  folded = g_utf8_validate (text, -1, NULL) ? oh_searchable_fold (text) : NULL;
  return folded != NULL && strstr (folded, needle) != NULL;
}

static void
contains_function (sqlite3_context *context, int n, sqlite3_value **values)
{
  sqlite3_result_int (context, contains ((const char *) sqlite3_value_text (values[0]),
                                         (const char *) sqlite3_value_text (values[1])));
}

static void
equals_function (sqlite3_context *context, int n, sqlite3_value **values)
{
  const char *text = (const char *) sqlite3_value_text (values[0]);
  g_autofree char *folded = text != NULL && g_utf8_validate (text, -1, NULL) ? oh_searchable_fold (text) : NULL;

  sqlite3_result_int (context, folded != NULL && strcmp (folded, (const char *) sqlite3_value_text (values[1])) == 0);
}

static void
finalize (gpointer statement)
{
  sqlite3_finalize (statement);
}

OhSearcher *
oh_searcher_new (OhDb *db, OhPacker *packer)
{
  OhSearcher *self = g_new0 (OhSearcher, 1);

  self->db = db;
  self->packer = packer;
  self->text = g_byte_array_new ();
  self->statements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, finalize);
  self->console = oh_console_search_new (db, packer);
  sqlite3_create_function_v2 (db->handle, "overhear_has", 3, SQLITE_UTF8, self, has_function, NULL, NULL, NULL);
  sqlite3_create_function_v2 (db->handle, "overhear_contains", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                              contains_function, NULL, NULL, NULL);
  sqlite3_create_function_v2 (db->handle, "overhear_equals", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                              equals_function, NULL, NULL, NULL);
  oh_zone_add_functions (db);
  return self;
}

OhDb *
oh_searcher_get_db (OhSearcher *self)
{
  return self->db;
}

void
oh_searcher_free (OhSearcher *self)
{
  g_hash_table_unref (self->statements);
  oh_console_search_free (self->console);
  g_byte_array_unref (self->text);
  g_free (self);
}

sqlite3_stmt *
oh_searcher_query (OhSearcher *self, const OhSearchSql *sql, const char *format, ...)
{
  g_autofree char *text = NULL;
  sqlite3_stmt *statement;
  va_list arguments;
  int code;

  self->id = 0;
  oh_console_search_begin (self->console);
  if (self->db->error != SQLITE_OK)
    return NULL;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  statement = g_hash_table_lookup (self->statements, text);
  if (statement == NULL)
    {
      code = sqlite3_prepare_v3 (self->db->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
      if (code != SQLITE_OK)
        {
          oh_db_set_error (self->db, code);
          return NULL;
        }
      if (g_hash_table_size (self->statements) >= STATEMENTS_MAX)
        g_hash_table_remove_all (self->statements);
      g_hash_table_insert (self->statements, g_steal_pointer (&text), statement);
    }
  if (sql->match != NULL)
    sqlite3_bind_text (statement, 1, sql->match, -1, SQLITE_TRANSIENT);
  for (guint i = 0; i < sql->texts->len; i++)
    sqlite3_bind_text (statement, (int) (OH_SEARCH_SQL_FIRST + i), sql->texts->pdata[i], -1, SQLITE_TRANSIENT);
  return statement;
}
