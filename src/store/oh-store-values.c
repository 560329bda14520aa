/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-values.h"

#include "oh-store-meaning-private.h"

/* So many rows tell what is common. */
#define LOOKED_AT "20000"

#define OF_COLUMN(column)                                                                                             \
  "SELECT value FROM (SELECT " column " AS value, id FROM exchange ORDER BY id DESC LIMIT " LOOKED_AT ")"              \
  " WHERE value <> '' AND id NOT IN (SELECT id FROM unlisted)"                                                         \
  " GROUP BY value ORDER BY count (*) DESC, max (id) DESC LIMIT ?"
#define OF_TRACE(column)                                                                                              \
  "SELECT value FROM (SELECT " column " AS value, id FROM trace ORDER BY id DESC LIMIT " LOOKED_AT ")"                 \
  " WHERE value <> '' GROUP BY value ORDER BY max (id) DESC LIMIT ?"

/* Statements are cached by the address of their text, so each is a literal. */
static sqlite3_stmt *
query (OhDb *db, OhSearchFieldId field, gint64 limit)
{
  switch (field)
    {
    case OH_SEARCH_MODEL:
      return oh_db_query (db, OF_COLUMN ("coalesce (model, requested_model)"), "i", limit);
    case OH_SEARCH_HOST:
      return oh_db_query (db, OF_COLUMN ("host"), "i", limit);
    case OH_SEARCH_METHOD:
      return oh_db_query (db, OF_COLUMN ("method"), "i", limit);
    case OH_SEARCH_STOP:
      return oh_db_query (db, OF_COLUMN ("stop_reason"), "i", limit);
    case OH_SEARCH_ERROR_TYPE:
      return oh_db_query (db, OF_COLUMN ("coalesce (error_type, error_code)"), "i", limit);
    case OH_SEARCH_KIND:
      return oh_db_query (db, OF_COLUMN ("operation"), "i", limit);
    case OH_SEARCH_PROVIDER:
      return oh_db_query (db, OF_COLUMN ("provider"), "i", limit);
    case OH_SEARCH_TOOL:
      return oh_db_query (db,
                          "SELECT name FROM tool LEFT JOIN (SELECT tool_id, count (*) AS n FROM exchange_tool WHERE"
                          " exchange_id > (SELECT coalesce (max (id), 0) FROM exchange) - " LOOKED_AT
                          " GROUP BY tool_id) ON tool_id = id ORDER BY coalesce (n, 0) DESC, id DESC LIMIT ?",
                          "i", limit);
    case OH_SEARCH_RUN:
      return oh_db_query (db,
                          "SELECT value FROM (SELECT name AS value, id FROM run ORDER BY id DESC LIMIT " LOOKED_AT ")"
                          " WHERE value <> '' GROUP BY value ORDER BY max (id) DESC LIMIT ?",
                          "i", limit);
    case OH_SEARCH_PROGRAM:
      return oh_db_query (db, "SELECT name FROM program GROUP BY name ORDER BY max (id) DESC LIMIT ?", "i", limit);
    case OH_SEARCH_SESSION:
      return oh_db_query (db, OF_TRACE ("session"), "i", limit);
    case OH_SEARCH_USER:
      return oh_db_query (db, OF_TRACE ("user"), "i", limit);
    case OH_SEARCH_TRACE:
      return oh_db_query (db, OF_TRACE ("name"), "i", limit);
    default:
      return NULL;
    }
}

GPtrArray *
oh_store_reader_get_values (OhStoreReader *self, OhSearchFieldId field, guint limit)
{
  GPtrArray *values = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *rows;
  OhDb *db;

  g_return_val_if_fail (self != NULL, values);

  db = oh_store_reader_get_db (self);
  rows = query (db, field, limit);
  while (rows != NULL && oh_db_step (db, rows))
    {
      const char *value = (const char *) sqlite3_column_text (rows, 0);

      if (value != NULL && g_utf8_validate (value, -1, NULL))
        g_ptr_array_add (values, g_strdup (value));
    }
  return values;
}
