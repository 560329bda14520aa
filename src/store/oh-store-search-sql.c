/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-clock.h"
#include "oh-searchable.h"
#include "oh-store-columns-private.h"
#include "oh-store-search-private.h"

#include <math.h>
#include <string.h>

static const char *const text_columns[OH_SEARCH_N_FIELDS] = {
  [OH_SEARCH_HOST] = "e.host",
  [OH_SEARCH_PATH] = "e.target",
  [OH_SEARCH_METHOD] = "e.method",
  [OH_SEARCH_STOP] = "e.stop_reason",
  [OH_SEARCH_PROVIDER] = "e.provider",
  [OH_SEARCH_KIND] = "e.operation",
  [OH_SEARCH_LEVEL] = "CASE e.operation WHEN 'log' THEN e.method END",
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

static gboolean
is_number (const char *text)
{
  return *text != '\0' && text[strspn (text, "0123456789")] == '\0';
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
    case OH_SEARCH_PROGRAM:
      g_string_append_printf (self->where, "(e.program_id <> 0 AND e.program_id IN (SELECT id FROM program WHERE %s (name, ?%u)))",
                              function, n);
      break;
    case OH_SEARCH_SESSION:
    case OH_SEARCH_USER:
    case OH_SEARCH_TRACE:
      /* Traces of one name are told apart by their numbers. */
      if (search->field == OH_SEARCH_TRACE && search->operator == OH_SEARCH_EQUAL && is_number (search->text))
        {
          g_string_append_printf (self->where, "(SELECT trace_id FROM place WHERE place.id = e.id) = CAST (?%u AS INTEGER)", n);
          break;
        }
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
oh_search_sql_new (const OhSearch *search)
{
  OhSearchSql *self = g_new0 (OhSearchSql, 1);

  self->where = g_string_new (NULL);
  self->texts = g_ptr_array_new_with_free_func (g_free);
  self->labels = g_array_new (FALSE, FALSE, sizeof (OhSearchLabels));
  g_array_set_clear_func (self->labels, clear_labels);
  g_string_append (self->where, OH_SQL_IS_LISTED);
  if (search != NULL)
    {
      g_string_append (self->where, " AND (");
      add_condition (self, search);
      g_string_append_c (self->where, ')');
    }
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
