/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tools that look at one call: any place of it, what it changed, why it went as it did. */
#include "config.h"
#include "oh-json-path.h"
#include "oh-mcp-tools.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Larger ones are for the window and `overhear show`. */
#define BODIES_MAX (64 * 1024 * 1024)
#define VALUE_BYTES 8000
#define PREVIEW_BYTES 80

static char *
answer_none (gint64 id)
{
  return g_strdup_printf ("There is no call %" PRId64 ". list_calls has the numbers.", id);
}

/* Returns: NULL with a problem. (transfer full) */
static OhCliView *
open_call (OhMcpCall *call, gint64 id, char **problem)
{
  g_autoptr (OhExchange) exchange = call->reader != NULL ? oh_store_reader_get_exchange (call->reader, id) : NULL;
  OhCliView *view;

  if (exchange == NULL)
    {
      *problem = answer_none (id);
      return NULL;
    }
  if (exchange->request_length + exchange->response_length > BODIES_MAX)
    {
      *problem = g_strdup_printf ("The bodies of call %" PRId64 " are too large for this tool. “overhear show %" PRId64
                                  " --json” writes them.", id, id);
      return NULL;
    }
  view = oh_cli_view_new (call->reader, id);
  if (view == NULL)
    *problem = answer_none (id);
  return view;
}

/* The row has what the whole exchange has not: place and cost. */
static gboolean
add_row (OhMcpCall *call, const char *name, gint64 id)
{
  g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (call->reader, &id, 1);
  const gsize from = call->out->len;

  if (rows->pdata[0] == NULL)
    return FALSE;
  oh_json_write_name (call->out, name);
  oh_cli_json_row (call->out, call->reader, rows->pdata[0]);
  oh_mcp_clip (call->out, from);
  return TRUE;
}

/* --- a place in it --- */

static const char *
get_kind (OhJson value)
{
  static const char *const names[] = { "none", "null", "boolean", "number", "string", "array", "object" };

  return names[oh_json_get_kind (value)];
}

/* Appends at most @limit bytes of it, whole characters. Returns: how many. */
static gsize
append_some (GString *out, const char *text, gsize length, gsize limit)
{
  g_autofree char *piece = NULL;

  if (length > limit)
    {
      length = limit;
      while (length > 0 && ((guchar) text[length] & 0xc0) == 0x80)
        length--;
    }
  piece = g_utf8_make_valid (text, (gssize) length);
  oh_json_quote (out, piece, -1);
  return length;
}

typedef struct
{
  OhJson key; /* none: in an array */
  OhJson value;
  guint index;
} Child;

typedef struct
{
  const char *path; /* of what they are in */
  GArray *items;    /* (element-type Child) */
} Children;

static void
add_child (OhMcpCall *call, guint i, gpointer data)
{
  const Children *children = data;
  const Child *child = &g_array_index (children->items, Child, i);
  g_autoptr (GString) path = g_string_new (children->path);

  oh_json_path_append (path, child->key, child->index);
  oh_json_write_open (call->out, NULL, '{');
  oh_json_write_text (call->out, "path", path->str);
  oh_json_write_text (call->out, "kind", get_kind (child->value));
  oh_json_write_int (call->out, "bytes", (gint64) child->value.length);
  oh_json_write_name (call->out, "preview");
  append_some (call->out, child->value.text, child->value.length, PREVIEW_BYTES);
  oh_json_write_close (call->out, '}');
}

/* Of the call itself only what has parts: the rest stands in its row. */
static char *
add_children (OhMcpCall *call, OhJson container, const char *path)
{
  g_autoptr (GArray) items = g_array_new (FALSE, TRUE, sizeof (Child));
  g_autoptr (GArray) keys = NULL;
  OhJsonIter iter;
  Child child = { 0 };

  oh_json_iter_init (&iter, container);
  for (; oh_json_iter_next (&iter, &child.key, &child.value); child.index++)
    if (*path != '\0' || oh_json_get_kind (child.value) == OH_JSON_OBJECT ||
        oh_json_get_kind (child.value) == OH_JSON_ARRAY)
      g_array_append_val (items, child);
  keys = oh_mcp_count_down (items->len);
  return oh_mcp_add_page (call, "children", keys, add_child, &(Children) { path, items });
}

static char *
add_value (OhMcpCall *call, OhJson value, const char *path, GPtrArray *buffers)
{
  const gsize limit = (gsize) oh_mcp_get_int (call, "max_bytes", VALUE_BYTES);
  const gboolean sliced = oh_json_get_kind (oh_json_get (call->arguments, "offset")) != OH_JSON_NONE;
  g_autoptr (GString) text = g_string_new (NULL);
  const gboolean is_string = oh_json_append_string (value, text);
  OhJson inside = { 0 };
  gsize offset, given;

  if (!is_string)
    g_string_append_len (text, value.text, (gssize) value.length);
  offset = MIN ((gsize) oh_mcp_get_int (call, "offset", 0), text->len);
  while (offset > 0 && ((guchar) text->str[offset] & 0xc0) == 0x80)
    offset--;
  oh_json_write_text (call->out, "kind", get_kind (value));
  oh_json_write_int (call->out, "bytes", (gint64) text->len);
  if (text->len > limit && !sliced)
    inside = is_string ? oh_json_path_open (value, buffers) : value;
  if (oh_json_get_kind (inside) == OH_JSON_OBJECT || oh_json_get_kind (inside) == OH_JSON_ARRAY)
    {
      oh_json_write_text (call->out, "value", NULL);
      oh_json_write_text (call->out, "next_offset", NULL);
      return add_children (call, inside, path);
    }
  oh_json_write_name (call->out, "value");
  given = offset + append_some (call->out, text->str + offset, text->len - offset, limit);
  oh_json_write_known (call->out, "next_offset", (gint64) given, given < text->len);
  oh_json_write_open (call->out, "children", '[');
  oh_json_write_close (call->out, ']');
  oh_json_write_text (call->out, "next_cursor", NULL);
  return NULL;
}

static void
free_buffer (gpointer data)
{
  g_string_free (data, TRUE);
}

char *
oh_mcp_get_call (OhMcpCall *call)
{
  const gint64 id = oh_mcp_get_int (call, "id", 0);
  g_autofree char *path = oh_mcp_dup_text (call, "path");
  char *problem = NULL;
  g_autoptr (OhCliView) view = open_call (call, id, &problem);
  g_autoptr (GString) whole = g_string_new (NULL);
  g_autoptr (GPtrArray) buffers = g_ptr_array_new_with_free_func (free_buffer);
  OhJson root, value;

  if (view == NULL)
    return problem;
  oh_cli_json_view (whole, view);
  if (!oh_json_parse (whole->str, whole->len, &root, NULL))
    return g_strdup_printf ("Call %" PRId64 " cannot be taken apart. “overhear show %" PRId64 "” shows it.", id, id);
  value = oh_json_path_find (root, path != NULL ? path : "", buffers, &problem);
  if (problem != NULL)
    return problem;
  oh_mcp_begin (call);
  if (!add_row (call, "call", id))
    return answer_none (id);
  oh_json_write_text (call->out, "path", path != NULL ? path : "");
  problem = add_value (call, value, path != NULL ? path : "", buffers);
  oh_mcp_end (call);
  return problem;
}

/* --- what it changed --- */

static void
on_compared (GObject *source, GAsyncResult *result, gpointer data)
{
  *(OhChanges **) data = oh_comparison_new_finish (result, NULL);
}

static void
add_changes (OhMcpCall *call, const char *name, GPtrArray *changes)
{
  oh_json_write_open (call->out, name, '[');
  for (guint i = 0; i < changes->len; i++)
    {
      const OhNamedChange *change = changes->pdata[i];

      oh_json_write_open (call->out, NULL, '{');
      oh_json_write_text (call->out, "name", change->name);
      oh_json_write_text (call->out, "before", change->before);
      oh_json_write_text (call->out, "after", change->after);
      oh_json_write_close (call->out, '}');
    }
  oh_json_write_close (call->out, ']');
}

static void
add_system (OhMcpCall *call, const OhTextDiff *diff)
{
  static const char *const kinds[] = { "same", "removed", "added" };

  oh_json_write_flag (call->out, "system_changed", diff != NULL);
  oh_json_write_known (call->out, "system_first_difference", diff != NULL ? diff->first_character : -1,
                       diff != NULL && diff->first_character >= 0);
  oh_json_write_open (call->out, "system", '[');
  for (guint i = 0; diff != NULL && i < diff->pieces->len && call->out->len < OH_MCP_PAGE_BYTES; i++)
    {
      const OhDiffPiece *piece = diff->pieces->pdata[i];
      const gsize from = call->out->len;

      oh_json_write_open (call->out, NULL, '{');
      oh_json_write_text (call->out, "kind", kinds[piece->kind]);
      oh_json_write_text (call->out, "text", piece->text);
      oh_json_write_close (call->out, '}');
      oh_mcp_clip (call->out, from);
    }
  oh_json_write_close (call->out, ']');
}

char *
oh_mcp_compare_calls (OhMcpCall *call)
{
  const gint64 after_id = oh_mcp_get_int (call, "id", 0);
  g_autoptr (OhPlace) place = call->reader != NULL ? oh_store_reader_get_place (call->reader, after_id) : NULL;
  const gint64 before_id = oh_mcp_get_int (call, "before", place != NULL ? place->parent_id : 0);
  g_autoptr (OhCliView) before = NULL;
  g_autoptr (OhCliView) after = NULL;
  g_autoptr (OhChanges) changes = NULL;
  char *problem = NULL;
  gsize from;

  after = open_call (call, after_id, &problem);
  if (after == NULL)
    return problem;
  if (before_id == 0)
    return g_strdup_printf ("Call %" PRId64 " continues no other one. Say with “before” what to compare it with.",
                            after_id);
  before = open_call (call, before_id, &problem);
  if (before == NULL)
    return problem;
  oh_comparison_new_async (before->reading, after->reading, NULL, on_compared, &changes);
  while (changes == NULL)
    g_main_context_iteration (NULL, TRUE);
  oh_mcp_begin (call);
  from = call->out->len;
  oh_json_write_int (call->out, "before", before_id);
  oh_json_write_int (call->out, "after", after_id);
  oh_json_write_int (call->out, "shared_messages", changes->shared);
  oh_json_write_int (call->out, "dropped_messages", changes->dropped);
  oh_json_write_int (call->out, "first_new_message", changes->first_new);
  add_changes (call, "tools", changes->tools);
  oh_json_write_flag (call->out, "tools_reordered", changes->tools_moved);
  add_changes (call, "parameters", changes->parameters);
  oh_mcp_clip (call->out, from);
  add_system (call, changes->system);
  oh_mcp_end (call);
  return NULL;
}

/* --- why it went as it did --- */

static void
add_attempt (OhMcpCall *call, gint64 id)
{
  g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (call->reader, &id, 1);
  const OhExchange *row = rows->pdata[0];
  const OhPlace *place = row != NULL ? row->place : NULL;
  const OhFacts *facts = row != NULL ? row->facts : NULL;
  g_autofree char *said = row != NULL ? oh_saying_tell (row->error) : NULL;

  if (row == NULL)
    return;
  oh_json_write_open (call->out, NULL, '{');
  oh_json_write_int (call->out, "exchange", id);
  oh_json_write_known (call->out, "attempt", place != NULL ? place->attempt : 0, place != NULL);
  oh_json_write_known (call->out, "status", row->status, row->status > 0);
  oh_json_write_text (call->out, "outcome", oh_outcome_to_string (row->outcome));
  oh_json_write_text (call->out, "error",
                      facts != NULL && facts->error_message != NULL ? facts->error_message : said);
  oh_json_write_ms (call->out, "asked_wait_ms", place != NULL ? place->asked_wait_ns : -1);
  oh_json_write_ms (call->out, "waited_ms", place != NULL ? place->waited_ns : -1);
  oh_json_write_flag (call->out, "too_early", place != NULL && place->too_early);
  oh_json_write_close (call->out, '}');
}

static void
add_costs (OhMcpCall *call, const OhPlace *place)
{
  oh_json_write_open (call->out, "cost_parts", '{');
  oh_json_write_real (call->out, "input", place != NULL ? place->cost_input : NAN);
  oh_json_write_real (call->out, "cache_read", place != NULL ? place->cost_cache_read : NAN);
  oh_json_write_real (call->out, "cache_write", place != NULL ? place->cost_cache_write : NAN);
  oh_json_write_real (call->out, "output", place != NULL ? place->cost_output : NAN);
  oh_json_write_real (call->out, "tools", place != NULL ? place->cost_tools : NAN);
  oh_json_write_real (call->out, "saved", place != NULL ? place->saved : NAN);
  oh_json_write_close (call->out, '}');
}

char *
oh_mcp_explain_call (OhMcpCall *call)
{
  const gint64 id = oh_mcp_get_int (call, "id", 0);
  g_autoptr (OhPlace) place = call->reader != NULL ? oh_store_reader_get_place (call->reader, id) : NULL;
  const gint64 parent = place != NULL ? place->parent_id : 0;
  g_autofree char *reason = oh_saying_tell (place != NULL ? place->cache_reason : NULL);
  g_autoptr (GPtrArray) notices = NULL;
  g_autoptr (GArray) attempts = NULL;
  gsize from;

  if (call->reader == NULL)
    return answer_none (id);
  oh_mcp_begin (call);
  from = call->out->len;
  if (!add_row (call, "call", id))
    return answer_none (id);
  oh_json_write_known (call->out, "continues", parent, parent != 0);
  oh_json_write_text (call->out, "cache", place != NULL ? place->cache_verdict : NULL);
  oh_json_write_text (call->out, "cache_reason", reason);
  add_costs (call, place);
  attempts = place != NULL ? oh_store_reader_get_call_exchanges (call->reader, place->call_id) : NULL;
  oh_json_write_open (call->out, "attempts", '[');
  for (guint i = 0; attempts != NULL && i < attempts->len && call->out->len < OH_MCP_PAGE_BYTES; i++)
    add_attempt (call, g_array_index (attempts, gint64, i));
  oh_json_write_close (call->out, ']');
  notices = oh_store_reader_get_notices_of (call->reader, id);
  oh_json_write_open (call->out, "findings", '[');
  for (guint i = 0; i < notices->len && call->out->len < OH_MCP_PAGE_BYTES; i++)
    oh_cli_json_notice (call->out, notices->pdata[i]);
  oh_json_write_close (call->out, ']');
  oh_mcp_clip (call->out, from);
  oh_mcp_end (call);
  return NULL;
}
