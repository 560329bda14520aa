/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree of a trace (oh_store_reader_get_spans()), and who told of a call. */
#include "config.h"
#include "oh-store-traces.h"

#include "oh-store-columns-private.h"
#include "oh-store-meaning-private.h"

#include <string.h>

/* How far before what was told its exchange may be. */
#define TWIN_WINDOW "5000"

static char *
read_text (sqlite3_stmt *row, int column)
{
  return g_strdup ((const char *) sqlite3_column_text (row, column));
}

static char *
read_packed_text (OhStoreReader *self, sqlite3_stmt *row, int column)
{
  GByteArray *text;

  if (sqlite3_column_type (row, column) == SQLITE_NULL)
    return NULL;
  text = g_byte_array_new ();
  oh_packer_unpack (oh_store_reader_get_packer (self), sqlite3_column_blob (row, column),
                    (gsize) sqlite3_column_bytes (row, column), G_MAXUINT / 2, text);
  g_byte_array_append (text, (const guint8 *) "", 1);
  return (char *) g_byte_array_free (text, FALSE);
}

typedef struct
{
  OhSpan *span;
  GPtrArray *children; /* Node */
  OhExchange *told;    /* unowned; the span or event that was told and is no call; or NULL */
} Node;

static void
node_free (gpointer data)
{
  Node *node = data;

  g_clear_pointer (&node->span, oh_span_unref);
  g_ptr_array_unref (node->children);
  g_free (node);
}

/* @span: (transfer full) */
static Node *
node_new (OhSpan *span)
{
  Node *node = g_new0 (Node, 1);

  node->span = span;
  node->children = g_ptr_array_new_with_free_func (node_free);
  return node;
}

static int
compare_nodes (gconstpointer a, gconstpointer b)
{
  const OhSpan *x = (*(Node *const *) a)->span, *y = (*(Node *const *) b)->span;

  if (x->started_ns != y->started_ns)
    return x->started_ns < y->started_ns ? -1 : 1;
  return x->kind != y->kind ? (int) x->kind - (int) y->kind
                            : (x->exchange_id > y->exchange_id) - (x->exchange_id < y->exchange_id);
}

static void
flatten (Node *node, guint depth, GPtrArray *out)
{
  node->span->depth = depth;
  g_ptr_array_sort (node->children, compare_nodes);
  g_ptr_array_add (out, oh_span_ref (node->span));
  for (guint i = 0; i < node->children->len; i++)
    flatten (node->children->pdata[i], depth + 1, out);
}

/* A tool's node is known by its id and who asked for it, for ids are used again. (transfer full) */
static char *
make_tool_key (const char *id, gint64 exchange_id)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT " %s", exchange_id, id);
}

/* The nodes of a trace by what others know them by. */
typedef struct
{
  GHashTable *customs;  /* span id → Node */
  GHashTable *tools;    /* make_tool_key() → Node */
  GHashTable *untold;   /* tool_use id → Node of the tool, as long as no span told of it */
  GHashTable *starters; /* id of a sub-agent's conversation, or of the span that stands for the agent → Node of the tool */
} Nodes;

/* Whether making @node a child of @parent would close a circle. */
static gboolean
is_below (const Node *node, const Node *parent)
{
  if (node == parent)
    return TRUE;
  for (guint i = 0; i < node->children->len; i++)
    if (is_below (node->children->pdata[i], parent))
      return TRUE;
  return FALSE;
}

/* The span that an exchange says it belongs to, or NULL. */
static Node *
find_custom (const Nodes *nodes, const OhPlace *place)
{
  return place->span_id != NULL ? g_hash_table_lookup (nodes->customs, place->span_id) : NULL;
}

static gboolean
is_agent (const char *span_id)
{
  return span_id != NULL && g_str_has_prefix (span_id, "agent:");
}

/* Whether an exchange stands in the tree for itself: not if another stands for it, nor where it is no more than a span. */
static gboolean
is_call (const OhExchange *exchange)
{
  return exchange != NULL && exchange->place != NULL &&
         (exchange->route != OH_ROUTE_TOLD ||
          (exchange->place->twin_id == 0 && exchange->facts != NULL && oh_facts_is_turn (exchange->facts)));
}

/* A log record and its like: below a span, but none. */
static gboolean
is_event (const OhExchange *exchange)
{
  return exchange->route == OH_ROUTE_TOLD &&
         (g_strcmp0 (exchange->scheme, "event") == 0 || g_strcmp0 (exchange->scheme, "incoming") == 0);
}

/* The tool that a span tells of: that is when it ran, and what it waited for stands below it. Returns: FALSE if it is none */
static gboolean
tell_tool (const OhExchange *exchange, const Nodes *nodes)
{
  const char *id = exchange->facts != NULL ? exchange->facts->message_id : NULL;
  Node *tool = id != NULL && exchange->place->own_span != NULL ? g_hash_table_lookup (nodes->untold, id) : NULL;

  if (tool == NULL)
    return FALSE;
  g_hash_table_remove (nodes->untold, id);
  tool->span->started_ns = exchange->started_ns;
  tool->span->ended_ns = exchange->started_ns + MAX (exchange->timings.ended, 0);
  tool->span->is_error |= exchange->outcome == OH_OUTCOME_FAILED;
  g_hash_table_insert (nodes->customs, exchange->place->own_span, tool);
  return TRUE;
}

/* Makes nodes of the spans that were told and are no calls, and of events. The first span without a parent is the trace
 * itself. */
static void
add_told (GPtrArray *exchanges, Node *root, const Nodes *nodes, GPtrArray *custom_nodes)
{
  gboolean has_first = FALSE;

  for (guint i = 0; i < exchanges->len; i++)
    {
      OhExchange *exchange = exchanges->pdata[i];
      const OhPlace *place = exchange != NULL ? exchange->place : NULL;
      OhSpan *span;
      Node *node;

      if (place == NULL || (place->own_span == NULL && !is_event (exchange)) || place->twin_id != 0 || is_call (exchange))
        continue;
      if (tell_tool (exchange, nodes))
        continue;
      if (place->own_span != NULL && place->span_id == NULL && !has_first)
        {
          has_first = TRUE;
          root->span->id = g_strdup (place->own_span);
          root->span->exchange_id = exchange->id;
          root->span->is_error |= exchange->outcome == OH_OUTCOME_FAILED;
          g_hash_table_insert (nodes->customs, place->own_span, root);
          continue;
        }
      span = oh_span_new (OH_SPAN_CUSTOM);
      span->id = place->own_span != NULL ? g_strdup (place->own_span) : g_strdup_printf ("event:%" G_GINT64_FORMAT, exchange->id);
      span->parent_id = g_strdup (place->span_id);
      span->exchange_id = exchange->id;
      if (exchange->facts != NULL && exchange->facts->title != NULL)
        span->name = g_strdup (exchange->facts->title);
      else
        span->name = place->own_span == NULL ? g_strconcat (exchange->method, " ", exchange->target, NULL)
                                             : g_strdup (exchange->target + 1);
      span->started_ns = exchange->started_ns;
      span->ended_ns = exchange->started_ns + MAX (exchange->timings.ended, 0);
      span->is_error = exchange->outcome == OH_OUTCOME_FAILED;
      node = node_new (span);
      node->told = exchange;
      g_hash_table_insert (nodes->customs, span->id, node);
      g_ptr_array_add (custom_nodes, node);
    }
}

/* Finds out which sub-agents stand below which tool calls. */
static void
find_starters (const Nodes *nodes, GPtrArray *exchanges)
{
  for (guint i = 0; i < exchanges->len; i++)
    {
      OhExchange *exchange = exchanges->pdata[i];
      const OhPlace *place = exchange != NULL ? exchange->place : NULL;
      g_autofree char *key = NULL;
      Node *tool, *custom;

      /* Who starts is older than what is started, so that no circle closes. */
      if (place == NULL || place->starter_id == NULL || place->starter_exchange >= exchange->id)
        continue;
      key = make_tool_key (place->starter_id, place->starter_exchange);
      tool = g_hash_table_lookup (nodes->tools, key);
      if (tool == NULL)
        continue;
      tool->span->started_exchange = exchange->id;
      custom = find_custom (nodes, place);
      /* A span that the program opened stays where it was opened (oh-label.c). */
      if (custom != NULL && is_agent (custom->span->id))
        g_hash_table_insert (nodes->starters, g_strdup (custom->span->id), tool);
      g_hash_table_insert (nodes->starters, g_strdup_printf ("%" G_GINT64_FORMAT, place->thread_id), tool);
    }
}

static Node *
find_starter (const Nodes *nodes, gint64 thread_id)
{
  g_autofree char *key = g_strdup_printf ("%" G_GINT64_FORMAT, thread_id);

  return g_hash_table_lookup (nodes->starters, key);
}

/* Makes nodes of the calls, each attempt below its call where there are several.
 * @by_call: (out): call id → Node */
static void
make_calls (GPtrArray *exchanges, const Nodes *nodes, GHashTable *twins, GHashTable *by_call)
{
  for (guint i = 0; i < exchanges->len; i++)
    {
      OhExchange *exchange = exchanges->pdata[i];
      const OhPlace *told;
      Node *call;

      if (!is_call (exchange))
        continue;
      call = g_hash_table_lookup (by_call, &exchange->place->call_id);
      if (call == NULL)
        {
          call = node_new (oh_span_new_for_exchange (OH_SPAN_CALL, exchange));
          g_hash_table_insert (by_call, &exchange->place->call_id, call);
        }
      else
        {
          /* The call is what its last attempt was, from the first one's start. */
          gint64 started_ns = call->span->started_ns;

          oh_span_unref (call->span);
          call->span = oh_span_new_for_exchange (OH_SPAN_CALL, exchange);
          call->span->started_ns = started_ns;
        }
      /* One that was told stands for all of them (show_attempts()). */
      if (exchange->place->attempts > 1 && exchange->route != OH_ROUTE_TOLD)
        g_ptr_array_add (call->children, node_new (oh_span_new_for_exchange (OH_SPAN_ATTEMPT, exchange)));
      told = exchange->place->own_span != NULL ? exchange->place : g_hash_table_lookup (twins, &exchange->id);
      if (told != NULL)
        g_hash_table_insert (nodes->customs, told->own_span, call);
    }
}

/* Puts the calls where they belong, those of a sub-agent below the tool call that started it, those that a span was told of
 * where that stands. @by_exchange: (out): exchange id → the node that its call stands below */
static void
add_calls (GPtrArray *exchanges, Node *root, const Nodes *nodes, GHashTable *by_exchange)
{
  g_autoptr (GHashTable) by_call = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr (GHashTable) twins = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr (GHashTable) placed = g_hash_table_new_full (NULL, NULL, NULL, NULL);

  for (guint i = 0; i < exchanges->len; i++)
    {
      OhExchange *exchange = exchanges->pdata[i];

      if (exchange != NULL && exchange->place != NULL && exchange->place->twin_id != 0)
        g_hash_table_insert (twins, &exchange->place->twin_id, exchange->place);
    }
  make_calls (exchanges, nodes, twins, by_call);
  for (guint i = 0; i < exchanges->len; i++)
    {
      OhExchange *exchange = exchanges->pdata[i];
      const OhPlace *told;
      Node *call, *parent;

      if (!is_call (exchange))
        continue;
      call = g_hash_table_lookup (by_call, &exchange->place->call_id);
      told = g_hash_table_lookup (twins, &call->span->exchange_id);
      /* A span tells of a sub-agent's call only that it is below the tool. */
      parent = find_custom (nodes, told != NULL && !is_agent (exchange->place->span_id) ? told : exchange->place);
      if (parent == NULL)
        parent = find_starter (nodes, exchange->place->thread_id);
      if (parent == NULL || is_below (call, parent))
        parent = root;
      if (g_hash_table_add (placed, call))
        g_ptr_array_add (parent->children, call);
      g_hash_table_insert (by_exchange, g_memdup2 (&exchange->id, sizeof exchange->id), parent);
    }
}

/* The requests right below a call that was told, of which one says that it was sent again, are its attempts. */
static void
show_attempts (Node *call, const char *target)
{
  guint attempts = 1;

  for (guint i = 0; i < call->children->len; i++)
    {
      Node *node = call->children->pdata[i];
      OhSpan *span;

      if (node->told == NULL || g_strcmp0 (node->told->target, target) != 0)
        continue;
      span = oh_span_new_for_exchange (OH_SPAN_ATTEMPT, node->told);
      /* By which others know it. */
      span->id = g_steal_pointer (&node->span->id);
      oh_span_unref (node->span);
      node->span = span;
      attempts = MAX (attempts, node->told->place->attempt);
    }
  call->span->exchange->place->attempts = attempts;
}

static OhSpan *
read_span (OhStoreReader *self, sqlite3_stmt *row)
{
  OhSpan *span = oh_span_new ((OhSpanKind) sqlite3_column_int (row, 1));

  span->id = read_text (row, 0);
  /* What tells those of one id apart is the store's (oh-store-meaning.c). */
  if (span->kind == OH_SPAN_TOOL && span->id != NULL)
    span->id[strcspn (span->id, "\x1f")] = '\0';
  span->parent_id = read_text (row, 2);
  span->exchange_id = sqlite3_column_int64 (row, 3);
  span->result_exchange_id = sqlite3_column_int64 (row, 4);
  span->name = read_text (row, 5);
  span->detail = read_packed_text (self, row, 6);
  span->result = read_packed_text (self, row, 7);
  span->started_ns = sqlite3_column_int64 (row, 8);
  span->ended_ns = sqlite3_column_int64 (row, 9);
  span->is_error = sqlite3_column_int (row, 10) != 0;
  return span;
}

GPtrArray *
oh_store_reader_get_spans (OhStoreReader *self, gint64 trace_id)
{
  GPtrArray *out = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_span_unref);
  g_autoptr (GHashTable) customs = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) tools = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) untold = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) starters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) by_exchange = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autoptr (GPtrArray) custom_nodes = g_ptr_array_new ();
  g_autoptr (GPtrArray) tool_nodes = g_ptr_array_new ();
  g_autoptr (GPtrArray) exchanges = NULL;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GPtrArray) traces = NULL;
  const OhTrace *trace;
  const Nodes nodes = { customs, tools, untold, starters };
  sqlite3_stmt *rows;
  OhSpan *head;
  Node *root;
  OhDb *db;

  g_return_val_if_fail (self != NULL, out);
  db = oh_store_reader_get_db (self);
  traces = oh_store_reader_get_traces (self, &trace_id, 1);
  trace = traces->pdata[0];
  if (trace == NULL)
    return out;
  head = oh_span_new (OH_SPAN_TRACE);
  head->name = g_strdup (trace->name);
  head->started_ns = trace->started_ns;
  head->ended_ns = trace->running ? 0 : trace->ended_ns;
  head->is_error = trace->sums.failed > 0 || trace->sums.cut > 0;
  root = node_new (head);

  rows = oh_db_query (db,
                      "SELECT id, kind, parent_id, exchange_id, result_exchange_id, name, detail, result, started_ns,"
                      " ended_ns, is_error FROM span WHERE trace_id = ? ORDER BY started_ns, rowid",
                      "i", trace_id);
  while (oh_db_step (db, rows))
    {
      Node *node = node_new (read_span (self, rows));

      if (node->span->kind == OH_SPAN_CUSTOM)
        {
          g_hash_table_insert (customs, node->span->id, node);
          g_ptr_array_add (custom_nodes, node);
        }
      else
        {
          g_ptr_array_add (tool_nodes, node);
          g_hash_table_insert (tools, make_tool_key (node->span->id, node->span->exchange_id), node);
          g_hash_table_insert (untold, node->span->id, node);
        }
    }
  rows = oh_db_query (db, "SELECT id FROM place WHERE trace_id = ? AND trace_id <> 0 ORDER BY attempt, id", "i", trace_id);
  while (oh_db_step (db, rows))
    g_array_append_val (ids, (gint64) { sqlite3_column_int64 (rows, 0) });
  exchanges = oh_store_reader_get_rows (self, (const gint64 *) ids->data, ids->len);
  add_told (exchanges, root, &nodes, custom_nodes);
  find_starters (&nodes, exchanges);
  add_calls (exchanges, root, &nodes, by_exchange);
  for (guint i = 0; i < tool_nodes->len; i++)
    {
      Node *node = tool_nodes->pdata[i];
      Node *parent = g_hash_table_lookup (by_exchange, &node->span->exchange_id);

      if (parent == NULL || is_below (node, parent))
        parent = root;
      g_ptr_array_add (parent->children, node);
    }
  for (guint i = 0; i < custom_nodes->len; i++)
    {
      Node *node = custom_nodes->pdata[i];
      Node *parent = g_hash_table_lookup (starters, node->span->id);

      if (parent == NULL && node->span->parent_id != NULL)
        parent = g_hash_table_lookup (customs, node->span->parent_id);
      if (parent == NULL || is_below (node, parent))
        parent = root;
      g_ptr_array_add (parent->children, node);
    }
  for (guint i = 0; i < custom_nodes->len; i++)
    {
      Node *node = custom_nodes->pdata[i];
      Node *parent = node->told != NULL && node->told->place->attempt > 1 && node->span->kind == OH_SPAN_CUSTOM
                       ? g_hash_table_lookup (customs, node->span->parent_id) : NULL;

      if (parent != NULL && parent->span->kind == OH_SPAN_CALL && parent->span->exchange->route == OH_ROUTE_TOLD)
        show_attempts (parent, node->told->target);
    }
  flatten (root, 0, out);
  node_free (root);
  return out;
}

char *
oh_store_reader_get_trace_key (OhStoreReader *self, gint64 trace_id)
{
  sqlite3_stmt *rows;
  char *key;
  OhDb *db;

  g_return_val_if_fail (self != NULL, NULL);
  db = oh_store_reader_get_db (self);
  rows = oh_db_query (db, "SELECT key FROM trace WHERE id = ?", "i", trace_id);
  if (!oh_db_step (db, rows))
    return NULL;
  key = read_text (rows, 0);
  oh_db_done (db, rows);
  return key;
}

GArray *
oh_store_reader_get_accounts (OhStoreReader *self, gint64 exchange_id)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  sqlite3_stmt *rows;
  OhDb *db;

  g_return_val_if_fail (self != NULL, ids);
  db = oh_store_reader_get_db (self);
  rows = oh_db_query (db, "SELECT id FROM told WHERE twin_id = ? AND twin_id <> 0 AND (span <> '' OR trace = '') ORDER BY id", "i",
                      exchange_id);
  while (oh_db_step (db, rows))
    g_array_append_val (ids, (gint64) { sqlite3_column_int64 (rows, 0) });
  return ids;
}

GArray *
oh_store_reader_get_records (OhStoreReader *self, gint64 span_id)
{
  GArray *records = g_array_new (FALSE, FALSE, sizeof (OhRecord));
  sqlite3_stmt *rows;
  OhDb *db;

  g_return_val_if_fail (self != NULL, records);
  db = oh_store_reader_get_db (self);
  rows = oh_db_query (db,
                      "SELECT r.id, e.started_ns FROM told t JOIN told r ON r.trace = t.trace AND r.parent = t.span"
                      " AND r.span = '' JOIN exchange e ON e.id = r.id WHERE t.id = ? AND t.call ORDER BY e.started_ns, r.id",
                      "i", span_id);
  while (oh_db_step (db, rows))
    g_array_append_val (records, ((OhRecord) { sqlite3_column_int64 (rows, 0), sqlite3_column_int64 (rows, 1) }));
  return records;
}

gint64
oh_store_reader_count_spans (OhStoreReader *self, gint64 run_id)
{
  g_return_val_if_fail (self != NULL, 0);
  return oh_db_get_int (oh_store_reader_get_db (self),
                        "SELECT count (*) FROM exchange WHERE run_id = ? AND run_id <> 0 AND scheme = 'otlp'", 0, "i", run_id);
}

gboolean
oh_store_reader_has_early_records (OhStoreReader *self, gint64 span_id, const char *trace, const char *span)
{
  g_return_val_if_fail (self != NULL && trace != NULL && span != NULL, FALSE);
  return oh_db_get_int (oh_store_reader_get_db (self),
                        "SELECT EXISTS (SELECT 1 FROM told WHERE trace = ? AND parent = ? AND span = '')"
                        " AND NOT EXISTS (SELECT 1 FROM told WHERE id = ?)",
                        0, "tti", trace, span, span_id) != 0;
}

gint64
oh_store_reader_find_span (OhStoreReader *self, const char *trace, const char *span)
{
  g_return_val_if_fail (self != NULL && trace != NULL && span != NULL, 0);
  return oh_db_get_int (oh_store_reader_get_db (self),
                        "SELECT id FROM told WHERE trace = ? AND span = ? AND call AND twin_id = 0 ORDER BY id LIMIT 1", 0, "tt",
                        trace, span);
}

gint64
oh_store_reader_find_twin (OhStoreReader *self, const OhExchange *told)
{
  const char *sent;
  g_autofree char *path = NULL;

  g_return_val_if_fail (self != NULL && told != NULL, 0);
  if (told->target == NULL)
    return 0;
  /* What stands behind may have been a secret for one of both. */
  path = g_strndup (told->target, strcspn (told->target, "?"));
  /* A body that went packed is told as it was before. */
  sent = told->request_headers != NULL ? oh_headers_get_one (told->request_headers, "content-length") : NULL;
  return oh_db_get_int (oh_store_reader_get_db (self),
                        "SELECT e.id FROM exchange e WHERE e.id BETWEEN ?1 - " TWIN_WINDOW " AND ?1 AND e.run_id = ?2"
                        " AND e.route <> " OH_SQL_TOLD " AND e.method = ?3 AND e.host = ?4 AND e.port = ?5"
                        " AND substr (e.target, 1, instr (e.target || '?', '?') - 1) = ?6 AND e.status = ?7"
                        " AND e.request_length IN (?8, ?9) AND NOT EXISTS"
                        " (SELECT 1 FROM told WHERE twin_id = e.id AND twin_id <> 0 AND id <> ?1)"
                        " ORDER BY e.id LIMIT 1",
                        0, "iittitiii", told->id, told->run_id, told->method, told->host, (gint64) told->port, path,
                        (gint64) told->status, told->request_length,
                        sent != NULL ? g_ascii_strtoll (sent, NULL, 10) : told->request_length);
}
