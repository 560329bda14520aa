/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tools that list: runs, calls, traces, conversations, sessions, findings, limits, costs. */
#include "config.h"
#include "oh-mcp-tools.h"

#include <inttypes.h>

/* @rows: what func() takes its items from */
static char *
answer (OhMcpCall *call, GArray *keys, OhMcpItemFunc func, gpointer rows)
{
  char *problem;

  oh_mcp_begin (call);
  problem = oh_mcp_add_page (call, "items", keys, func, rows);
  oh_mcp_end (call);
  return problem;
}

static char *
answer_nothing (OhMcpCall *call)
{
  g_autoptr (GArray) keys = oh_mcp_count_down (0);

  return answer (call, keys, NULL, NULL);
}

static char *
answer_none (const char *what, gint64 id)
{
  return g_strdup_printf ("There is no %s %" PRId64 ".", what, id);
}

/* --- runs --- */

static void
add_run (OhMcpCall *call, guint i, gpointer data)
{
  oh_cli_json_run (call->out, call->reader, ((GPtrArray *) data)->pdata[i], NULL, NULL);
}

char *
oh_mcp_list_runs (OhMcpCall *call)
{
  g_autoptr (GPtrArray) runs = NULL;
  g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (call->reader == NULL)
    return answer_nothing (call);
  runs = oh_store_reader_get_runs (call->reader, 0);
  for (guint i = 0; i < runs->len; i++)
    g_array_append_val (keys, ((OhRun *) runs->pdata[i])->id);
  return answer (call, keys, add_run, runs);
}

/* --- exchanges --- */

/* @data: (element-type gint64): their ids, in the order of the keys */
static void
add_row (OhMcpCall *call, guint i, gpointer data)
{
  const gint64 id = g_array_index ((GArray *) data, gint64, i);
  g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (call->reader, &id, 1);

  if (rows->pdata[0] != NULL)
    oh_cli_json_row (call->out, call->reader, rows->pdata[0]);
}

static int
compare_falling (gconstpointer a, gconstpointer b)
{
  const gint64 one = *(const gint64 *) a, other = *(const gint64 *) b;

  return (one < other) - (one > other);
}

char *
oh_mcp_list_calls (OhMcpCall *call)
{
  char *problem = NULL;
  g_autoptr (OhSearch) search = oh_mcp_get_search (call, &problem);
  const OhQuery query = { .run_id = oh_mcp_get_int (call, "run", 0), .search = search };
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ids = NULL;

  if (search == NULL)
    return problem;
  if (call->reader == NULL)
    return answer_nothing (call);
  ids = oh_store_reader_find (call->reader, &query, &error);
  if (ids == NULL)
    return g_strdup (error->message);
  g_array_sort (ids, compare_falling);
  return answer (call, ids, add_row, ids);
}

char *
oh_mcp_get_thread (OhMcpCall *call)
{
  const gint64 id = oh_mcp_get_int (call, "id", 0);
  g_autoptr (GArray) ids = call->reader != NULL ? oh_store_reader_get_thread_exchanges (call->reader, id) : NULL;
  g_autoptr (GArray) keys = NULL;

  if (ids == NULL || ids->len == 0)
    return answer_none ("conversation", id);
  keys = oh_mcp_count_down (ids->len);
  return answer (call, keys, add_row, ids);
}

/* --- traces --- */

static void
add_trace (OhMcpCall *call, guint i, gpointer data)
{
  const gint64 id = g_array_index ((GArray *) data, gint64, i);
  g_autoptr (GPtrArray) traces = oh_store_reader_get_traces (call->reader, &id, 1);

  if (traces->pdata[0] != NULL)
    oh_cli_json_trace (call->out, traces->pdata[0]);
}

char *
oh_mcp_list_traces (OhMcpCall *call)
{
  g_autofree char *session = oh_mcp_dup_text (call, "session");
  g_autofree char *user = oh_mcp_dup_text (call, "user");
  const OhTraceQuery query = { .run_id = oh_mcp_get_int (call, "run", 0), .session = session, .user = user };
  g_autoptr (GArray) ids = NULL;

  if (call->reader == NULL)
    return answer_nothing (call);
  ids = oh_store_reader_find_traces (call->reader, &query);
  g_array_sort (ids, compare_falling);
  return answer (call, ids, add_trace, ids);
}

typedef struct
{
  GPtrArray *spans;
  GPtrArray *notices;
} Tree;

static void
add_span (OhMcpCall *call, guint i, gpointer data)
{
  const Tree *tree = data;

  oh_cli_json_span (call->out, tree->spans->pdata[i], i == 0 ? tree->notices : NULL);
}

char *
oh_mcp_get_trace (OhMcpCall *call)
{
  const gint64 id = oh_mcp_get_int (call, "id", 0);
  g_autoptr (GPtrArray) spans = call->reader != NULL ? oh_store_reader_get_spans (call->reader, id) : NULL;
  g_autoptr (GPtrArray) notices = NULL;
  g_autoptr (GArray) keys = NULL;

  if (spans == NULL || spans->len == 0)
    return answer_none ("trace", id);
  notices = oh_store_reader_get_notices (call->reader, id, FALSE, 0);
  keys = oh_mcp_count_down (spans->len);
  return answer (call, keys, add_span, &(Tree) { spans, notices });
}

/* --- conversations and sessions --- */

static void
add_thread (OhMcpCall *call, guint i, gpointer data)
{
  oh_cli_json_group (call->out, ((GPtrArray *) data)->pdata[i], TRUE);
}

static void
add_session (OhMcpCall *call, guint i, gpointer data)
{
  oh_cli_json_group (call->out, ((GPtrArray *) data)->pdata[i], FALSE);
}

static char *
list_groups (OhMcpCall *call, gboolean threads)
{
  g_autofree char *session = oh_mcp_dup_text (call, "session");
  g_autofree char *user = oh_mcp_dup_text (call, "user");
  const OhTraceQuery query = { .run_id = oh_mcp_get_int (call, "run", 0), .session = session, .user = user };
  g_autoptr (GPtrArray) groups = NULL;
  g_autoptr (GArray) keys = NULL;

  if (call->reader == NULL)
    return answer_nothing (call);
  groups = threads ? oh_store_reader_get_threads (call->reader, &query)
                   : oh_store_reader_get_sessions (call->reader, &query);
  keys = oh_mcp_count_down (groups->len);
  return answer (call, keys, threads ? add_thread : add_session, groups);
}

char *
oh_mcp_list_threads (OhMcpCall *call)
{
  return list_groups (call, TRUE);
}

char *
oh_mcp_list_sessions (OhMcpCall *call)
{
  return list_groups (call, FALSE);
}

/* --- findings, limits, costs --- */

static void
add_notice (OhMcpCall *call, guint i, gpointer data)
{
  oh_cli_json_notice (call->out, ((GPtrArray *) data)->pdata[i]);
}

char *
oh_mcp_list_findings (OhMcpCall *call)
{
  g_autoptr (GPtrArray) notices = NULL;
  g_autoptr (GArray) keys = NULL;

  if (call->reader == NULL)
    return answer_nothing (call);
  notices = oh_store_reader_get_notices (call->reader, oh_mcp_get_int (call, "trace", 0), FALSE, 0);
  keys = oh_mcp_count_down (notices->len);
  return answer (call, keys, add_notice, notices);
}

static void
add_limit (OhMcpCall *call, guint i, gpointer data)
{
  oh_cli_json_limit (call->out, ((GPtrArray *) data)->pdata[i]);
}

char *
oh_mcp_get_limits (OhMcpCall *call)
{
  g_autoptr (GPtrArray) limits = NULL;
  g_autoptr (GArray) keys = NULL;

  if (call->reader == NULL)
    return answer_nothing (call);
  limits = oh_store_reader_get_limits (call->reader);
  keys = oh_mcp_count_down (limits->len);
  return answer (call, keys, add_limit, limits);
}

/* They come by time; the newest goes first. */
static void
add_slice (OhMcpCall *call, guint i, gpointer data)
{
  GArray *slices = data;

  oh_cli_json_slice (call->out, &g_array_index (slices, OhSlice, slices->len - 1 - i));
}

char *
oh_mcp_get_costs (OhMcpCall *call)
{
  OhOverview *overview;
  g_autoptr (GArray) keys = NULL;
  char *problem;

  if (call->reader == NULL)
    return answer_nothing (call);
  overview = oh_store_reader_get_overview (call->reader, 0, G_MAXINT64 / 2, 0);
  keys = oh_mcp_count_down (overview->slices->len);
  problem = answer (call, keys, add_slice, overview->slices);
  oh_overview_free (overview);
  return problem;
}
