/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-row-private.h"

#include <string.h>

static void
bind_text (sqlite3_stmt *statement, int *i, const char *text)
{
  sqlite3_bind_text (statement, (*i)++, text, -1, SQLITE_STATIC);
}

static void
bind_int (sqlite3_stmt *statement, int *i, gint64 value)
{
  sqlite3_bind_int64 (statement, (*i)++, value);
}

/* Unknown numbers are -1 in memory and NULL in the database, so that sums and comparisons leave them out. */
static void
bind_known (sqlite3_stmt *statement, int *i, gint64 value)
{
  if (value >= 0)
    sqlite3_bind_int64 (statement, *i, value);
  else
    sqlite3_bind_null (statement, *i);
  (*i)++;
}

void
oh_row_bind_wire (sqlite3_stmt *statement, int first, const OhExchange *exchange)
{
  const OhTimings *timings = &exchange->timings;
  int i = first;

  bind_int (statement, &i, exchange->run_id);
  bind_int (statement, &i, exchange->connection);
  bind_int (statement, &i, exchange->started_ns);
  bind_int (statement, &i, exchange->route);
  bind_text (statement, &i, exchange->method);
  bind_text (statement, &i, exchange->scheme);
  bind_text (statement, &i, exchange->host);
  bind_int (statement, &i, exchange->port);
  bind_text (statement, &i, exchange->target);
  bind_text (statement, &i, exchange->http_version);
  bind_text (statement, &i, exchange->upstream);
  bind_int (statement, &i, exchange->status);
  bind_text (statement, &i, exchange->reason);
  bind_int (statement, &i, exchange->request_length);
  bind_int (statement, &i, exchange->response_length);
  bind_known (statement, &i, timings->resolved);
  bind_known (statement, &i, timings->connected);
  bind_known (statement, &i, timings->secured);
  bind_known (statement, &i, timings->request_sent);
  bind_known (statement, &i, timings->response_head);
  bind_known (statement, &i, timings->first_byte);
  bind_known (statement, &i, timings->ended);
  bind_int (statement, &i, timings->reused);
  bind_int (statement, &i, exchange->outcome);
  bind_int (statement, &i, exchange->ended_by);
  bind_text (statement, &i, exchange->error_code);
  bind_text (statement, &i, exchange->error);
  bind_int (statement, &i, exchange->gaps);
  bind_int (statement, &i, exchange->oddities);
  g_assert (i == first + OH_ROW_WIRE_COLUMNS);
}

void
oh_row_bind_facts (sqlite3_stmt *statement, int first, const OhFacts *facts)
{
  const OhUsage *usage = &facts->usage;
  int i = first;

  bind_text (statement, &i, facts->provider);
  bind_text (statement, &i, facts->operation);
  bind_text (statement, &i, facts->model);
  bind_text (statement, &i, facts->requested_model);
  bind_text (statement, &i, facts->stop_reason);
  bind_text (statement, &i, facts->message_id);
  bind_text (statement, &i, facts->request_id);
  bind_text (statement, &i, facts->error_type);
  bind_text (statement, &i, facts->error_message);
  bind_text (statement, &i, facts->title);
  bind_text (statement, &i, facts->tool_result);
  bind_text (statement, &i, facts->service_tier);
  bind_text (statement, &i, facts->speed);
  bind_text (statement, &i, facts->inference_geo);
  bind_int (statement, &i, facts->streamed);
  bind_int (statement, &i, facts->complete);
  bind_known (statement, &i, usage->input);
  bind_known (statement, &i, usage->output);
  bind_known (statement, &i, usage->cache_read);
  bind_known (statement, &i, usage->cache_write);
  bind_known (statement, &i, usage->cache_write_5m);
  bind_known (statement, &i, usage->cache_write_1h);
  bind_known (statement, &i, usage->thinking);
  bind_known (statement, &i, usage->web_search);
  bind_known (statement, &i, usage->web_fetch);
  bind_known (statement, &i, facts->output_estimate);
  bind_known (statement, &i, facts->first_token_ns);
  bind_int (statement, &i, facts->message_count);
  bind_int (statement, &i, facts->tool_use_count);
  bind_int (statement, &i, facts->problems);
  g_assert (i == first + OH_ROW_FACTS_COLUMNS);
}

static char *
read_text (sqlite3_stmt *statement, int *i)
{
  return g_strdup ((const char *) sqlite3_column_text (statement, (*i)++));
}

static gint64
read_int (sqlite3_stmt *statement, int *i)
{
  return sqlite3_column_int64 (statement, (*i)++);
}

static gint64
read_known (sqlite3_stmt *statement, int *i)
{
  int column = (*i)++;

  return sqlite3_column_type (statement, column) == SQLITE_NULL ? -1 : sqlite3_column_int64 (statement, column);
}

static OhFacts *
read_facts (sqlite3_stmt *statement, int *i)
{
  const char *provider = (const char *) sqlite3_column_text (statement, (*i)++);
  OhFacts *facts;
  OhUsage *usage;

  if (provider == NULL)
    return NULL;
  facts = oh_facts_new (provider);
  usage = &facts->usage;
  facts->operation = read_text (statement, i);
  facts->model = read_text (statement, i);
  facts->requested_model = read_text (statement, i);
  facts->stop_reason = read_text (statement, i);
  facts->message_id = read_text (statement, i);
  facts->request_id = read_text (statement, i);
  facts->error_type = read_text (statement, i);
  facts->error_message = read_text (statement, i);
  facts->title = read_text (statement, i);
  facts->tool_result = read_text (statement, i);
  facts->service_tier = read_text (statement, i);
  facts->speed = read_text (statement, i);
  facts->inference_geo = read_text (statement, i);
  facts->streamed = read_int (statement, i) != 0;
  facts->complete = read_int (statement, i) != 0;
  usage->input = read_known (statement, i);
  usage->output = read_known (statement, i);
  usage->cache_read = read_known (statement, i);
  usage->cache_write = read_known (statement, i);
  usage->cache_write_5m = read_known (statement, i);
  usage->cache_write_1h = read_known (statement, i);
  usage->thinking = read_known (statement, i);
  usage->web_search = read_known (statement, i);
  usage->web_fetch = read_known (statement, i);
  facts->output_estimate = read_known (statement, i);
  facts->first_token_ns = read_known (statement, i);
  facts->message_count = (guint) read_int (statement, i);
  facts->tool_use_count = (guint) read_int (statement, i);
  facts->problems = (guint) read_int (statement, i);
  return facts;
}

OhExchange *
oh_row_read_exchange (sqlite3_stmt *statement)
{
  OhExchange *exchange = oh_exchange_new ();
  OhTimings *timings = &exchange->timings;
  int column = 0, *i = &column;

  exchange->id = read_int (statement, i);
  exchange->pinned = read_int (statement, i) != 0;
  exchange->run_id = read_int (statement, i);
  exchange->connection = read_int (statement, i);
  exchange->started_ns = read_int (statement, i);
  exchange->route = (OhRoute) read_int (statement, i);
  exchange->method = read_text (statement, i);
  exchange->scheme = read_text (statement, i);
  exchange->host = read_text (statement, i);
  exchange->port = (guint) read_int (statement, i);
  exchange->target = read_text (statement, i);
  exchange->http_version = read_text (statement, i);
  exchange->upstream = read_text (statement, i);
  exchange->status = (guint) read_int (statement, i);
  exchange->reason = read_text (statement, i);
  exchange->request_length = read_int (statement, i);
  exchange->response_length = read_int (statement, i);
  timings->resolved = read_known (statement, i);
  timings->connected = read_known (statement, i);
  timings->secured = read_known (statement, i);
  timings->request_sent = read_known (statement, i);
  timings->response_head = read_known (statement, i);
  timings->first_byte = read_known (statement, i);
  timings->ended = read_known (statement, i);
  timings->reused = read_int (statement, i) != 0;
  exchange->outcome = (OhOutcome) read_int (statement, i);
  exchange->ended_by = (OhParty) read_int (statement, i);
  exchange->error_code = read_text (statement, i);
  exchange->error = read_text (statement, i);
  exchange->gaps = (OhGap) read_int (statement, i);
  exchange->oddities = (guint) read_int (statement, i);
  exchange->facts = read_facts (statement, i);
  return exchange;
}

GByteArray *
oh_row_pack_argv (char *const *argv)
{
  GByteArray *packed = g_byte_array_new ();

  for (guint i = 0; argv != NULL && argv[i] != NULL; i++)
    g_byte_array_append (packed, (const guint8 *) argv[i], (guint) strlen (argv[i]) + 1);
  return packed;
}

static char **
unpack_argv (const char *data, gsize length)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  while (length > 0)
    {
      gsize word = strnlen (data, length);

      if (word == length)
        break;
      g_strv_builder_add (builder, data);
      data += word + 1;
      length -= word + 1;
    }
  return g_strv_builder_end (builder);
}

OhRun *
oh_row_read_run (sqlite3_stmt *statement)
{
  OhRun *run = oh_run_new ();
  int column = 0, *i = &column;
  const char *argv;

  run->id = read_int (statement, i);
  run->exchanges = read_int (statement, i);
  run->name = read_text (statement, i);
  argv = sqlite3_column_blob (statement, column);
  run->argv = unpack_argv (argv, (gsize) sqlite3_column_bytes (statement, column));
  column++;
  run->cwd = read_text (statement, i);
  run->origin = read_text (statement, i);
  run->trace = read_text (statement, i);
  run->session = read_text (statement, i);
  run->user = read_text (statement, i);
  run->pid = read_int (statement, i);
  run->started_ns = read_int (statement, i);
  run->ended_ns = read_int (statement, i);
  run->exit_status = (int) read_int (statement, i);
  run->term_signal = (int) read_int (statement, i);
  run->error = read_text (statement, i);
  run->isolated = read_int (statement, i) != 0;
  return run;
}

void
oh_row_update_run (OhDb *db, gint64 id, const OhRun *run)
{
  oh_db_run (db,
             "UPDATE run SET pid = ?, ended_ns = ?2, exit_status = ?, term_signal = ?, error = ?, started_ns = ?,"
             " writer = CASE WHEN ?2 <> 0 THEN 0 ELSE writer END WHERE id = ?",
             "iiiitii", run->pid, run->ended_ns, (gint64) run->exit_status, (gint64) run->term_signal, run->error,
             run->started_ns, id);
}

OhProgram *
oh_row_read_program (sqlite3_stmt *statement)
{
  OhProgram *program = oh_program_new ();
  int column = 0, *i = &column;

  program->name = read_text (statement, i);
  program->desktop = read_text (statement, i);
  program->executable = read_text (statement, i);
  program->command = read_text (statement, i);
  program->pid = read_int (statement, i);
  program->started_ns = read_int (statement, i);
  return program;
}

OhProgram *
oh_row_find_program (OhDb *db, gint64 id)
{
  OhProgram *program = NULL;
  sqlite3_stmt *row = id != 0 ? oh_db_query (db, "SELECT " OH_ROW_PROGRAM " FROM program WHERE id = ?", "i", id) : NULL;

  if (row != NULL && oh_db_step (db, row))
    {
      program = oh_row_read_program (row);
      oh_db_done (db, row);
    }
  return program;
}

gint64
oh_row_put_program (OhDb *db, const OhProgram *program)
{
  gint64 id = oh_db_get_int (db, "SELECT id FROM program WHERE pid = ? AND started_ns = ? AND name = ? AND command IS ?", 0,
                             "iitt", program->pid, program->started_ns, program->name, program->command);

  if (id != 0)
    return id;
  oh_db_run (db, "INSERT INTO program (" OH_ROW_PROGRAM ") VALUES (?, ?, ?, ?, ?, ?)", "ttttii", program->name,
             program->desktop, program->executable, program->command, program->pid, program->started_ns);
  return sqlite3_last_insert_rowid (db->handle);
}
