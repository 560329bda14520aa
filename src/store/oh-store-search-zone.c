/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which zones (oh-store-zone-private.h) a search has to look into, as a condition on rows of "zone z". Two questions are
 * asked of each part: can it be so for an exchange of the zone, and is it so for all of them; "not" changes one for the
 * other. */
#include "config.h"
#include "oh-store-search-private.h"
#include "oh-store-zone-private.h"

#include <string.h>

#define FIRST_OF_ZONE "(z.id << " G_STRINGIFY (OH_ZONE_BITS) ")"
#define LAST_OF_ZONE "((z.id << " G_STRINGIFY (OH_ZONE_BITS) ") + " G_STRINGIFY (OH_ZONE_SIZE) " - 1)"

typedef struct
{
  const char *min;
  const char *max;
} Range;

static const Range ranges[OH_SEARCH_N_FIELDS] = {
  [OH_SEARCH_ID] = { FIRST_OF_ZONE, LAST_OF_ZONE },
  [OH_SEARCH_TOKENS] = { "z.tokens_min", "z.tokens_max" },
  [OH_SEARCH_COST] = { "z.cost_min", "z.cost_max" },
  [OH_SEARCH_DURATION] = { "z.duration_min", "z.duration_max" },
  [OH_SEARCH_TTFT] = { "z.ttft_min", "z.ttft_max" },
};

/* Whether an exchange's label alone tells whether it is so. */
static gboolean
is_of_labels (const OhSearch *search)
{
  switch (search->kind)
    {
    case OH_SEARCH_AND:
    case OH_SEARCH_OR:
    case OH_SEARCH_NOT:
      for (guint i = 0; i < search->children->len; i++)
        if (!is_of_labels (search->children->pdata[i]))
          return FALSE;
      return TRUE;
    case OH_SEARCH_FIELD:
      break;
    case OH_SEARCH_EVERYTHING:
    case OH_SEARCH_TEXT:
    default:
      return FALSE;
    }
  switch (search->field)
    {
    case OH_SEARCH_MODEL:
    case OH_SEARCH_HOST:
    case OH_SEARCH_METHOD:
    case OH_SEARCH_STOP:
    case OH_SEARCH_ERROR_TYPE:
    case OH_SEARCH_PROVIDER:
    case OH_SEARCH_STATUS:
      return TRUE;
    case OH_SEARCH_IS:
      return search->number != OH_SEARCH_IS_PINNED && search->number != OH_SEARCH_IS_RETRIED;
    default:
      return FALSE;
    }
}

/* @cond: (transfer full): of rows of "label e" */
static void
add_labels (OhSearchSql *self, GString *out, char *condition)
{
  OhSearchLabels labels = { OH_SEARCH_SQL_FIRST + self->texts->len, condition };

  g_array_append_val (self->labels, labels);
  /* Holds the number until its bits are known. */
  g_ptr_array_add (self->texts, NULL);
  g_string_append_printf (out, "overhear_any (z.labels, ?%u)", labels.parameter);
}

static guint
add_text (OhSearchSql *self, const char *text)
{
  g_ptr_array_add (self->texts, oh_searchable_fold (text));
  return OH_SEARCH_SQL_FIRST + self->texts->len - 1;
}

static void
add_number_range (GString *out, const OhSearch *search)
{
  const Range *range = &ranges[search->field];
  g_autofree char *number = oh_search_sql_format_number (search->number);

  switch (search->operator)
    {
    case OH_SEARCH_LESS:
    case OH_SEARCH_LESS_EQUAL:
      g_string_append_printf (out, "coalesce (%s <%s %s, 0)", range->min,
                              search->operator == OH_SEARCH_LESS ? "" : "=", number);
      break;
    case OH_SEARCH_GREATER:
    case OH_SEARCH_GREATER_EQUAL:
      g_string_append_printf (out, "coalesce (%s >%s %s, 0)", range->max,
                              search->operator == OH_SEARCH_GREATER ? "" : "=", number);
      break;
    case OH_SEARCH_CONTAINS:
    case OH_SEARCH_EQUAL:
    default:
      g_string_append_printf (out, "coalesce (%s <= %s AND %s >= %s, 0)", range->min, number, range->max, number);
      break;
    }
}

static void
add_possible_field (OhSearchSql *self, GString *out, const OhSearch *search)
{
  const char *function = search->operator == OH_SEARCH_EQUAL ? "overhear_equals" : "overhear_contains";

  switch (search->field)
    {
    case OH_SEARCH_ID:
    case OH_SEARCH_TOKENS:
    case OH_SEARCH_COST:
    case OH_SEARCH_DURATION:
    case OH_SEARCH_TTFT:
      add_number_range (out, search);
      break;
    case OH_SEARCH_BEFORE:
    case OH_SEARCH_AFTER:
      {
        g_autofree char *number = oh_search_sql_format_number (search->number);

        g_string_append_printf (out, search->field == OH_SEARCH_BEFORE ? "z.started_min < %s" : "z.started_max >= %s",
                                number);
        break;
      }
    case OH_SEARCH_PATH:
      add_labels (self, out,
                  g_strdup_printf ("(e.target IS NULL OR %s (e.target, ?%u))", function, add_text (self, search->text)));
      break;
    case OH_SEARCH_TOOL:
      g_string_append_printf (out,
                              "EXISTS (SELECT 1 FROM exchange_tool x WHERE x.tool_id IN"
                              " (SELECT id FROM tool WHERE %s (name, ?%u)) AND x.exchange_id BETWEEN " FIRST_OF_ZONE
                              " AND " LAST_OF_ZONE ")",
                              function, add_text (self, search->text));
      break;
    case OH_SEARCH_PROGRAM:
      g_string_append_printf (out,
                              "EXISTS (SELECT 1 FROM exchange x WHERE x.program_id <> 0 AND x.program_id IN"
                              " (SELECT id FROM program WHERE %s (name, ?%u)) AND x.id BETWEEN " FIRST_OF_ZONE
                              " AND " LAST_OF_ZONE ")",
                              function, add_text (self, search->text));
      break;
    case OH_SEARCH_IS:
      if (search->number == OH_SEARCH_IS_PINNED)
        g_string_append (out, "z.id IN (SELECT p.id >> " G_STRINGIFY (OH_ZONE_BITS)
                              " FROM exchange p WHERE p.pinned <> 0)");
      else
        g_string_append (out, "z.id IN (SELECT p.id >> " G_STRINGIFY (OH_ZONE_BITS)
                              " FROM place q JOIN place p ON p.call_id = q.call_id WHERE q.attempt > 1)");
      break;
    default:
      g_string_append_c (out, '1');
      break;
    }
}

static void add_part (OhSearchSql *self, GString *out, const OhSearch *search, gboolean all);

/* In halves, as conditions on exchanges are. */
static void
add_parts (OhSearchSql *self, GString *out, const OhSearch *search, gboolean all, guint from, guint to)
{
  guint middle = from + (to - from) / 2;

  if (to - from == 1)
    {
      add_part (self, out, search->children->pdata[from], all);
      return;
    }
  g_string_append_c (out, '(');
  add_parts (self, out, search, all, from, middle);
  g_string_append (out, search->kind == OH_SEARCH_AND ? " AND " : " OR ");
  add_parts (self, out, search, all, middle, to);
  g_string_append_c (out, ')');
}

/* Host, path and models are part of what is searched (oh-indexer.c). */
static void
add_text_part (OhSearchSql *self, GString *out, const OhSearch *search, gboolean all)
{
  if (search->side == OH_SEARCH_IN_CONSOLE)
    g_string_append_c (out, all ? '0' : '1');
  else if (all && search->side == OH_SEARCH_IN_RESPONSE)
    g_string_append_c (out, '0');
  else if (all)
    {
      guint n = add_text (self, search->text);

      g_string_append (out, "NOT ");
      add_labels (self, out,
                  g_strdup_printf ("NOT (overhear_contains (e.host, ?%u) OR overhear_contains (e.target, ?%u)"
                                   " OR overhear_contains (e.requested_model, ?%u) OR (%d AND overhear_contains (e.model, ?%u)))",
                                   n, n, n, search->side == OH_SEARCH_ANYWHERE, n));
    }
  else
    g_string_append_printf (out, "overhear_maybe ((SELECT data FROM zone_gram WHERE id = z.id), ?%u)",
                            add_text (self, search->text));
}

/* @all: whether it has to be so for all exchanges of the zone; else, whether it can be so for one */
static void
add_part (OhSearchSql *self, GString *out, const OhSearch *search, gboolean all)
{
  if (is_of_labels (search))
    {
      g_autofree char *condition = oh_search_sql_format_condition (self, search);

      if (all)
        g_string_append (out, "NOT ");
      add_labels (self, out, all ? g_strdup_printf ("coalesce (%s, 0) = 0", condition) : g_steal_pointer (&condition));
      return;
    }
  switch (search->kind)
    {
    case OH_SEARCH_AND:
    case OH_SEARCH_OR:
      add_parts (self, out, search, all, 0, search->children->len);
      break;
    case OH_SEARCH_NOT:
      g_string_append (out, "NOT (");
      add_part (self, out, search->children->pdata[0], !all);
      g_string_append_c (out, ')');
      break;
    case OH_SEARCH_TEXT:
      add_text_part (self, out, search, all);
      break;
    case OH_SEARCH_FIELD:
      if (all)
        g_string_append_c (out, '0');
      else
        add_possible_field (self, out, search);
      break;
    case OH_SEARCH_EVERYTHING:
    default:
      g_string_append_c (out, '1');
      break;
    }
}

void
oh_search_sql_add_zones (OhSearchSql *self, const OhSearch *search)
{
  self->zones = g_string_new (NULL);
  add_part (self, self->zones, search, FALSE);
}

GPtrArray *
oh_search_sql_find_labels (const OhSearchSql *self, OhSearcher *searcher)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  OhDb *db = oh_searcher_get_db (searcher);

  for (guint i = 0; i < self->labels->len; i++)
    {
      const OhSearchLabels *labels = &g_array_index (self->labels, OhSearchLabels, i);
      sqlite3_stmt *rows = oh_searcher_query (searcher, self, "SELECT e.id FROM label e WHERE %s", labels->condition);
      GByteArray *bits = g_byte_array_new ();

      while (oh_db_step (db, rows))
        {
          guint id = (guint) sqlite3_column_int64 (rows, 0), before = bits->len;

          if (id / 8 >= before)
            {
              g_byte_array_set_size (bits, id / 8 + 1);
              memset (bits->data + before, 0, bits->len - before);
            }
          bits->data[id / 8] |= (guint8) (1 << id % 8);
        }
      g_ptr_array_add (all, g_byte_array_free_to_bytes (bits));
    }
  return all;
}

void
oh_search_sql_bind_labels (const OhSearchSql *self, sqlite3_stmt *statement, GPtrArray *all)
{
  for (guint i = 0; statement != NULL && i < self->labels->len; i++)
    {
      gsize length;
      const void *data = g_bytes_get_data (all->pdata[i], &length);

      sqlite3_bind_blob64 (statement, (int) g_array_index (self->labels, OhSearchLabels, i).parameter,
                           data != NULL ? data : "", length, SQLITE_STATIC);
    }
}
