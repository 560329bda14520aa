/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-clock.h"
#include "oh-searchable.h"
#include "oh-store-columns-private.h"
#include "oh-store-search-console-private.h"
#include "oh-store-search-private.h"
#include "oh-store-zone-private.h"

#include <math.h>
#include <string.h>

/* Conditions whose statements are kept: while rows come in, each is asked about with the same one. */
#define STATEMENTS_MAX 16
/* Word for word that of the index exchange_error, which is used only then. */

static const char *const text_columns[OH_SEARCH_N_FIELDS] = {
  [OH_SEARCH_HOST] = "e.host",
  [OH_SEARCH_PATH] = "e.target",
  [OH_SEARCH_METHOD] = "e.method",
  [OH_SEARCH_STOP] = "e.stop_reason",
  [OH_SEARCH_PROVIDER] = "e.provider",
};

static const char *const trace_columns[OH_SEARCH_N_FIELDS] = {
  [OH_SEARCH_SESSION] = "session",
  [OH_SEARCH_USER] = "user",
  [OH_SEARCH_TRACE] = "name",
};

/* Times that are not known are NULL, and NULL compares with nothing. */
static const char *const number_columns[OH_SEARCH_N_FIELDS] = {
  [OH_SEARCH_ID] = "e.id",
  [OH_SEARCH_STATUS] = "e.status",
  [OH_SEARCH_TOKENS] = OH_SQL_TOKENS,
  [OH_SEARCH_COST] = "(SELECT cost FROM place WHERE place.id = e.id)",
  [OH_SEARCH_DURATION] = "e.ended_ns",
  [OH_SEARCH_TTFT] = "e.first_token_ns",
};

static const char *const is_conditions[] = {
  [OH_SEARCH_IS_ERROR] = OH_SQL_IS_ERROR,
  [OH_SEARCH_IS_RETRIED] = "EXISTS (SELECT 1 FROM place p JOIN place q ON q.call_id = p.call_id"
                           " WHERE p.id = e.id AND q.attempt > 1)",
  [OH_SEARCH_IS_STREAMING] = "e.streamed = 1",
  [OH_SEARCH_IS_RUNNING] = "e.outcome = " OH_SQL_PENDING,
  [OH_SEARCH_IS_CUT] = "e.outcome = " OH_SQL_CUT,
  [OH_SEARCH_IS_FAILED] = "e.outcome = " OH_SQL_FAILED,
  [OH_SEARCH_IS_PINNED] = "e.pinned <> 0",
  [OH_SEARCH_IS_CACHED] = "e.cache_read_tokens > 0",
  [OH_SEARCH_IS_INCOMPLETE] = "(e.gaps & " OH_SQL_GAPS_OF_BODIES ") <> 0",
};

static const char *
get_operator (OhSearchOperator operator)
{
  switch (operator)
    {
    case OH_SEARCH_LESS:
      return "<";
    case OH_SEARCH_LESS_EQUAL:
      return "<=";
    case OH_SEARCH_GREATER:
      return ">";
    case OH_SEARCH_GREATER_EQUAL:
      return ">=";
    case OH_SEARCH_CONTAINS:
    case OH_SEARCH_EQUAL:
    default:
      return "=";
    }
}

/* Folds a text and makes it a parameter. Returns: its number. */
static guint
add_text (OhSearchSql *self, const char *text)
{
  g_ptr_array_add (self->texts, oh_searchable_fold (text));
  return OH_SEARCH_SQL_FIRST + self->texts->len - 1;
}

static void
add_text_field (OhSearchSql *self, const OhSearch *search)
{
  const char *function = search->operator == OH_SEARCH_EQUAL ? "overhear_equals" : "overhear_contains";
  guint n = add_text (self, search->text);

  switch (search->field)
    {
    case OH_SEARCH_MODEL:
      g_string_append_printf (self->where, "(%s (e.model, ?%u) OR %s (e.requested_model, ?%u))", function, n, function, n);
      break;
    case OH_SEARCH_ERROR_TYPE:
      g_string_append_printf (self->where, "(%s (e.error_type, ?%u) OR %s (e.error_code, ?%u))", function, n, function,
                              n);
      break;
    case OH_SEARCH_TOOL:
      g_string_append_printf (self->where,
                              "EXISTS (SELECT 1 FROM exchange_tool x WHERE x.exchange_id = e.id AND x.tool_id IN"
                              " (SELECT id FROM tool WHERE %s (name, ?%u)))",
                              function, n);
      break;
    case OH_SEARCH_RUN:
      g_string_append_printf (self->where,
                              "(e.run_id <> 0 AND e.run_id IN (SELECT id FROM run WHERE %s (name, ?%u)"
                              " OR CAST (id AS TEXT) = ?%u))",
                              function, n, n);
      break;
    case OH_SEARCH_SESSION:
    case OH_SEARCH_USER:
    case OH_SEARCH_TRACE:
      g_string_append_printf (self->where,
                              "((SELECT trace_id FROM place WHERE place.id = e.id) IN"
                              " (SELECT id FROM trace WHERE %s (%s, ?%u)))",
                              function, trace_columns[search->field], n);
      break;
    default:
      g_assert (text_columns[search->field] != NULL);
      g_string_append_printf (self->where, "%s (%s, ?%u)", function, text_columns[search->field], n);
      break;
    }
}

/* Numbers are ours, printed without a locale: nothing of the user's text gets into the SQL. */
char *
oh_search_sql_format_number (double number)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (fabs (number) < 9e15 && number == floor (number))
    return g_strdup_printf ("%" G_GINT64_FORMAT, (gint64) number);
  if (fabs (number) < 9.2e18 && number == floor (number))
    return g_strdup_printf ("%.0f", number);
  return g_strdup (g_ascii_formatd (text, sizeof text, "%.17g", number));
}

static void
add_number (OhSearchSql *self, double number)
{
  g_autofree char *text = oh_search_sql_format_number (number);

  g_string_append (self->where, text);
}

static void
add_field (OhSearchSql *self, const OhSearch *search)
{
  if (search->text != NULL)
    {
      add_text_field (self, search);
      return;
    }
  switch (search->field)
    {
    case OH_SEARCH_IS:
      g_string_append (self->where, is_conditions[(guint) search->number]);
      break;
    case OH_SEARCH_BEFORE:
    case OH_SEARCH_AFTER:
      g_string_append (self->where, search->field == OH_SEARCH_BEFORE ? "e.started_ns < " : "e.started_ns >= ");
      add_number (self, search->number);
      break;
    case OH_SEARCH_STATUS:
      /* What has no answer yet has no status. */
      g_string_append_printf (self->where, "(e.status <> 0 AND e.status %s ", get_operator (search->operator));
      add_number (self, search->number);
      g_string_append (self->where, search->operator >= OH_SEARCH_GREATER && search->number >= 400
                                        ? " AND " OH_SQL_IS_ERROR ")"
                                        : ")");
      break;
    default:
      g_assert (number_columns[search->field] != NULL);
      g_string_append_printf (self->where, "%s %s ", number_columns[search->field], get_operator (search->operator));
      add_number (self, search->number);
      break;
    }
}

static void add_condition (OhSearchSql *self, const OhSearch *search);

/* In halves: SQLite takes long lists, but not deep trees, and "a AND b AND c" is one. */
static void
add_list (OhSearchSql *self, const OhSearch *search, guint from, guint to)
{
  guint middle = from + (to - from) / 2;

  if (to - from == 1)
    {
      add_condition (self, search->children->pdata[from]);
      return;
    }
  g_string_append_c (self->where, '(');
  add_list (self, search, from, middle);
  g_string_append (self->where, search->kind == OH_SEARCH_AND ? " AND " : " OR ");
  add_list (self, search, middle, to);
  g_string_append_c (self->where, ')');
}

static void
add_condition (OhSearchSql *self, const OhSearch *search)
{
  switch (search->kind)
    {
    case OH_SEARCH_EVERYTHING:
      g_string_append (self->where, "1");
      break;
    case OH_SEARCH_AND:
    case OH_SEARCH_OR:
      add_list (self, search, 0, search->children->len);
      break;
    case OH_SEARCH_NOT:
      /* What is not known is not so. */
      g_string_append (self->where, "(coalesce (");
      add_condition (self, search->children->pdata[0]);
      g_string_append (self->where, ", 0) = 0)");
      break;
    case OH_SEARCH_TEXT:
      if (search->side == OH_SEARCH_IN_CONSOLE)
        g_string_append_printf (self->where, "(e.run_id <> 0 AND overhear_said (e.run_id, ?%u))",
                                add_text (self, search->text));
      else
        g_string_append_printf (self->where, "overhear_has (e.id, %d, ?%u)", (int) search->side,
                                add_text (self, search->text));
      break;
    case OH_SEARCH_FIELD:
    default:
      add_field (self, search);
      break;
    }
}

char *
oh_search_sql_format_condition (OhSearchSql *self, const OhSearch *search)
{
  GString *where = self->where;
  GString *part = self->where = g_string_new (NULL);

  add_condition (self, search);
  self->where = where;
  return g_string_free (part, FALSE);
}

static void
free_string (GString *string)
{
  g_string_free (string, TRUE);
}

static void
clear_labels (gpointer labels)
{
  g_free (((OhSearchLabels *) labels)->condition);
}

OhSearchSql *
oh_search_sql_new (const OhSearch *search, OhSearcher *searcher)
{
  OhSearchSql *self = g_new0 (OhSearchSql, 1);

  self->where = g_string_new (NULL);
  self->texts = g_ptr_array_new_with_free_func (g_free);
  self->labels = g_array_new (FALSE, FALSE, sizeof (OhSearchLabels));
  g_array_set_clear_func (self->labels, clear_labels);
  if (search == NULL)
    g_string_append (self->where, "1");
  else
    add_condition (self, search);
  if (search == NULL || searcher == NULL)
    return self;
  self->match = oh_search_sql_format_match (search, searcher);
  if (self->match == NULL)
    oh_search_sql_add_zones (self, search);
  return self;
}

void
oh_search_sql_free (OhSearchSql *self)
{
  g_string_free (self->where, TRUE);
  g_ptr_array_unref (self->texts);
  g_free (self->match);
  g_clear_pointer (&self->zones, free_string);
  g_array_unref (self->labels);
  g_free (self);
}

/* --- functions of SQL --- */

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
