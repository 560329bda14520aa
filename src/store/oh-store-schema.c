/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-schema-private.h"

#include "oh-saying.h"
#include "oh-store-columns-private.h"

#include <glib/gi18n.h>

/* In its first form, to which later steps add. */
#define PLACE                                                                                                          \
  "CREATE TABLE place (id INTEGER PRIMARY KEY, call_id INTEGER NOT NULL, attempt INTEGER NOT NULL,"                    \
  "  last INTEGER NOT NULL, asked_wait_ns INTEGER, waited_ns INTEGER, too_early INTEGER NOT NULL,"                     \
  "  thread_id INTEGER NOT NULL, parent_id INTEGER NOT NULL, new_from INTEGER NOT NULL, trace_id INTEGER NOT NULL,"    \
  "  span_id TEXT, cost REAL, cost_input REAL, cost_cache_read REAL, cost_cache_write REAL, cost_output REAL,"         \
  "  cost_tools REAL, saved REAL, cost_approximate INTEGER NOT NULL, price_as_of TEXT, cache_verdict TEXT,"            \
  "  cache_reason TEXT, key_hash TEXT, organization TEXT, thread_hash INTEGER NOT NULL,"                               \
  "  thread_short_hash INTEGER NOT NULL, thread_answer INTEGER NOT NULL, thread_length INTEGER NOT NULL);"             \
  "CREATE INDEX place_call ON place (call_id);"                                                                        \
  "CREATE INDEX place_retried ON place (id) WHERE attempt > 1;"                                                        \
  "CREATE INDEX place_thread ON place (thread_id) WHERE thread_id <> 0;"                                               \
  "CREATE INDEX place_parent ON place (parent_id) WHERE parent_id <> 0;"                                               \
  "CREATE INDEX place_trace ON place (trace_id) WHERE trace_id <> 0;"                                                  \
  "CREATE INDEX place_thread_hash ON place (thread_hash) WHERE thread_hash <> 0;"                                      \
  "CREATE INDEX place_thread_short_hash ON place (thread_short_hash) WHERE thread_short_hash <> 0;"

static const char *const migrations[OH_STORE_VERSION] = {
  /* 1 */
  /* One row: numbers that only grow, also when rows are deleted. */
  "CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 1), change INTEGER NOT NULL, exchange INTEGER NOT NULL,"
  "  run INTEGER NOT NULL, writer INTEGER NOT NULL);"
  "INSERT INTO counter VALUES (1, 0, 0, 0, 0);"
  /* Processes that write; each holds a lock on writers/NAME while it lives. */
  "CREATE TABLE writer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, pid INTEGER NOT NULL, started_ns INTEGER NOT NULL);"
  "CREATE TABLE run (id INTEGER PRIMARY KEY, writer INTEGER NOT NULL, name TEXT, argv BLOB, cwd TEXT, origin TEXT,"
  "  trace TEXT, session TEXT, user TEXT, pid INTEGER NOT NULL, started_ns INTEGER NOT NULL,"
  "  ended_ns INTEGER NOT NULL, exit_status INTEGER NOT NULL, term_signal INTEGER NOT NULL, error TEXT,"
  "  exchanges INTEGER NOT NULL DEFAULT 0);"
  "CREATE INDEX run_open ON run (writer) WHERE writer <> 0;"
  "CREATE TABLE console (run_id INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,"
  "  data BLOB NOT NULL, PRIMARY KEY (run_id, offset));"
  /* What rows show. Times are ns; those named _ns but started_ns count from it; what is not known is NULL.
   * writer: who still writes it, 0 once it has ended. */
  "CREATE TABLE exchange (id INTEGER PRIMARY KEY, change INTEGER NOT NULL, writer INTEGER NOT NULL,"
  "  run_id INTEGER NOT NULL, connection INTEGER NOT NULL, started_ns INTEGER NOT NULL, route INTEGER NOT NULL,"
  "  method TEXT, scheme TEXT, host TEXT, port INTEGER NOT NULL, target TEXT, http_version TEXT, upstream TEXT,"
  "  status INTEGER NOT NULL, reason TEXT, request_length INTEGER NOT NULL, response_length INTEGER NOT NULL,"
  "  resolved_ns INTEGER, connected_ns INTEGER, secured_ns INTEGER, request_sent_ns INTEGER,"
  "  response_head_ns INTEGER, first_byte_ns INTEGER, ended_ns INTEGER, reused INTEGER NOT NULL,"
  "  outcome INTEGER NOT NULL, ended_by INTEGER NOT NULL, error_code TEXT, error TEXT, gaps INTEGER NOT NULL,"
  "  pinned INTEGER NOT NULL DEFAULT 0,"
  "  provider TEXT, operation TEXT, model TEXT, requested_model TEXT, stop_reason TEXT, message_id TEXT,"
  "  request_id TEXT, error_type TEXT, error_message TEXT, title TEXT, service_tier TEXT, speed TEXT,"
  "  inference_geo TEXT, streamed INTEGER, complete INTEGER, input_tokens INTEGER, output_tokens INTEGER,"
  "  cache_read_tokens INTEGER, cache_write_tokens INTEGER, cache_write_5m_tokens INTEGER,"
  "  cache_write_1h_tokens INTEGER, thinking_tokens INTEGER, web_searches INTEGER, web_fetches INTEGER,"
  "  output_estimate INTEGER, first_token_ns INTEGER, message_count INTEGER, tool_use_count INTEGER);"
  "CREATE INDEX exchange_started ON exchange (started_ns);"
  "CREATE INDEX exchange_run ON exchange (run_id, started_ns) WHERE run_id <> 0;"
  "CREATE INDEX exchange_change ON exchange (change);"
  "CREATE INDEX exchange_open ON exchange (writer) WHERE writer <> 0;"
  /* What only a detail needs; all packed (oh-pack). Bodies are recipes (oh-recipe) of what has been cut so far. */
  "CREATE TABLE detail (id INTEGER PRIMARY KEY, request_headers BLOB, response_headers BLOB, request_body BLOB,"
  "  response_body BLOB, request_arrivals BLOB, response_arrivals BLOB);"
  "CREATE TABLE part (id INTEGER PRIMARY KEY, hash BLOB NOT NULL, length INTEGER NOT NULL, data BLOB NOT NULL);"
  "CREATE UNIQUE INDEX part_hash ON part (hash);"
  /* What open bodies hold behind the last cut, and their arrivals. kind: 0, 1 request's, response's bytes; 2, 3
   * request's, response's arrivals. */
  "CREATE TABLE pending (exchange_id INTEGER NOT NULL, kind INTEGER NOT NULL, offset INTEGER NOT NULL,"
  "  data BLOB NOT NULL, PRIMARY KEY (exchange_id, kind, offset));",
  /* 2: what exchanges add up to (model/oh-trace.h). All of it can be made again from the bodies. */
  PLACE
  "CREATE INDEX exchange_message ON exchange (message_id) WHERE message_id IS NOT NULL;"
  "CREATE TABLE trace (id INTEGER PRIMARY KEY, key TEXT NOT NULL, name TEXT, session TEXT, user TEXT,"
  "  run_id INTEGER NOT NULL, started_ns INTEGER NOT NULL);"
  "CREATE UNIQUE INDEX trace_key ON trace (key);"
  "CREATE INDEX trace_started ON trace (started_ns);"
  "CREATE INDEX trace_session ON trace (session, started_ns) WHERE session IS NOT NULL;"
  /* detail, result: packed (oh-pack). */
  "CREATE TABLE span (trace_id INTEGER NOT NULL, id TEXT NOT NULL, kind INTEGER NOT NULL, parent_id TEXT,"
  "  exchange_id INTEGER NOT NULL, result_exchange_id INTEGER NOT NULL, name TEXT, detail BLOB, result BLOB,"
  "  started_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL, is_error INTEGER NOT NULL, PRIMARY KEY (trace_id, id));"
  "CREATE TABLE rate_limit (exchange_id INTEGER NOT NULL, bucket TEXT NOT NULL, at_ns INTEGER NOT NULL,"
  "  key_hash TEXT NOT NULL, key_tail TEXT, organization TEXT NOT NULL, maximum REAL, remaining REAL, utilization REAL,"
  "  reset_ns INTEGER NOT NULL, status TEXT, http_status INTEGER NOT NULL, retry_after_ns INTEGER,"
  "  PRIMARY KEY (exchange_id, bucket));"
  "CREATE INDEX rate_limit_bucket ON rate_limit (key_hash, organization, bucket, at_ns);"
  "CREATE TABLE notice (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, severity INTEGER NOT NULL,"
  "  trace_id INTEGER NOT NULL, at_ns INTEGER NOT NULL, muted INTEGER NOT NULL DEFAULT 0);"
  "CREATE UNIQUE INDEX notice_kind ON notice (trace_id, kind);"
  "CREATE TABLE evidence (exchange_id INTEGER NOT NULL, notice_id INTEGER NOT NULL,"
  "  PRIMARY KEY (exchange_id, notice_id)) WITHOUT ROWID;"
  "CREATE INDEX evidence_notice ON evidence (notice_id);",
  /* 3: garbage is the change that last deleted something, 0 once the parts that nothing needs any more are gone too. */
  "ALTER TABLE counter ADD COLUMN garbage INTEGER NOT NULL DEFAULT 0;",
  /* 4: what searches look through (oh-searchable.h). Nothing is stored in "search" but which trigrams are where;
   * "searchable" has the texts, packed. */
  "CREATE TABLE searchable (id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
  "CREATE VIRTUAL TABLE search USING fts5 (text, content = '', tokenize = 'trigram case_sensitive 1', detail = none,"
  "  columnsize = 0);"
  "INSERT INTO search (search, rank) VALUES ('usermerge', 2);"
  "CREATE TABLE tool (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
  "CREATE TABLE exchange_tool (tool_id INTEGER NOT NULL, exchange_id INTEGER NOT NULL,"
  "  PRIMARY KEY (tool_id, exchange_id)) WITHOUT ROWID;"
  "CREATE INDEX exchange_error ON exchange (started_ns) WHERE outcome IN (2, 3) OR status >= 400 OR"
  "  error_type IS NOT NULL;"
  "CREATE INDEX exchange_pinned ON exchange (started_ns) WHERE pinned <> 0;",
  /* 5: what zones of 64 exchanges have (oh-store-zone-private.h). All of it is made again from the others. The columns of
   * a label are named as those of an exchange, for the same conditions. */
  "CREATE TABLE label (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, method TEXT, host TEXT, target TEXT,"
  "  provider TEXT, model TEXT, requested_model TEXT, stop_reason TEXT, error_type TEXT, error_code TEXT,"
  "  status INTEGER, outcome INTEGER, streamed INTEGER, cache_read_tokens INTEGER, gaps INTEGER);"
  "CREATE TABLE zone (id INTEGER PRIMARY KEY, state INTEGER NOT NULL, labels BLOB, started_min INTEGER,"
  "  started_max INTEGER, tokens_min INTEGER, tokens_max INTEGER, cost_min REAL, cost_max REAL, duration_min INTEGER,"
  "  duration_max INTEGER, ttft_min INTEGER, ttft_max INTEGER);"
  "CREATE INDEX zone_stale ON zone (id) WHERE state = 0;"
  "CREATE TABLE zone_gram (id INTEGER PRIMARY KEY, data BLOB NOT NULL);",
  /* 6: OhOddity; what a rate limit is for (OhLimit.scope); how many problems a reading told (OhFacts.problems), which
   * searches for errors find. The index merges its segments only when it is told to: by itself it merges whole levels
   * inside a write. */
  "ALTER TABLE exchange ADD COLUMN oddities INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE rate_limit ADD COLUMN scope TEXT NOT NULL DEFAULT '';"
  "DROP INDEX rate_limit_bucket;"
  "CREATE INDEX rate_limit_bucket ON rate_limit (key_hash, organization, scope, bucket, at_ns);"
  "ALTER TABLE exchange ADD COLUMN problems INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE label ADD COLUMN problems INTEGER NOT NULL DEFAULT 0;"
  "DROP INDEX exchange_error;"
  "CREATE INDEX exchange_error ON exchange (started_ns) WHERE outcome IN (2, 3) OR status >= 400 OR"
  "  error_type IS NOT NULL OR problems > 0;"
  "INSERT INTO search (search, rank) VALUES ('automerge', 0), ('crisismerge', 1999);",
  /* 7: a tool's span is known by the exchange that asked for it too, for ids are used again (oh-store-meaning.c). Whether
   * it is only likely that an attempt is one. */
  "UPDATE span SET id = id || char (31) || exchange_id WHERE kind = 4;"
  "ALTER TABLE place ADD COLUMN likely INTEGER NOT NULL DEFAULT 0;",
  /* 8: where conversations do not simply go on (OhBoundary), which tool call started a sub-agent, and what was dropped by
   * a rewind. Few exchanges have any of it. */
  "CREATE TABLE boundary (id INTEGER PRIMARY KEY, kinds INTEGER NOT NULL, messages_before INTEGER NOT NULL,"
  "  messages_after INTEGER NOT NULL, model_before TEXT, dropped_id INTEGER NOT NULL, starter_id TEXT,"
  "  starter_exchange INTEGER NOT NULL);"
  "CREATE TABLE superseded (id INTEGER PRIMARY KEY, by_id INTEGER NOT NULL);"
  "CREATE INDEX superseded_by ON superseded (by_id);",
  /* 9: a run's budget (OhBudget); over is NULL where it has none. */
  "ALTER TABLE run ADD COLUMN max_calls REAL NOT NULL DEFAULT 0;"
  "ALTER TABLE run ADD COLUMN max_tokens REAL NOT NULL DEFAULT 0;"
  "ALTER TABLE run ADD COLUMN max_cost REAL NOT NULL DEFAULT 0;"
  "ALTER TABLE run ADD COLUMN over INTEGER;"
  "ALTER TABLE run ADD COLUMN spent_calls REAL NOT NULL DEFAULT 0;"
  "ALTER TABLE run ADD COLUMN spent_tokens REAL NOT NULL DEFAULT 0;"
  "ALTER TABLE run ADD COLUMN spent_cost REAL NOT NULL DEFAULT 0;"
  "ALTER TABLE run ADD COLUMN spent_estimated INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE run ADD COLUMN unpriced INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE run ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE run ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;",
  /* 10: what notices and reasons say is a code and its arguments (oh-saying.h); what was said before stays in its words until
   * it is read anew. */
  "ALTER TABLE notice RENAME COLUMN text TO saying;"
  "UPDATE notice SET saying = '" OH_SAYING_WORDS "' || char (31) || 'words ' || saying;"
  "UPDATE place SET cache_reason = '" OH_SAYING_WORDS "' || char (31) || 'words ' || cache_reason WHERE cache_reason IS NOT NULL;",
  /* 11: whether a run had a network of its own. */
  "ALTER TABLE run ADD COLUMN isolated INTEGER NOT NULL DEFAULT 0;",
  /* 12: the processes that made exchanges (OhProgram); 0: not known. */
  "CREATE TABLE program (id INTEGER PRIMARY KEY, name TEXT NOT NULL, desktop TEXT, executable TEXT, command TEXT,"
  "  pid INTEGER NOT NULL, started_ns INTEGER NOT NULL);"
  "CREATE INDEX program_process ON program (pid, started_ns);"
  "ALTER TABLE exchange ADD COLUMN program_id INTEGER NOT NULL DEFAULT 0;"
  "CREATE INDEX exchange_program ON exchange (program_id) WHERE program_id <> 0;",
  /* 13: what instruments told (OH_ROUTE_TOLD): by which ids spans name each other (W3C, hex; parent is NULL where it is none),
   * whether it is a call to a model, and the exchange that is the same one and stands for both; 0: none. */
  "CREATE TABLE told (id INTEGER PRIMARY KEY, trace TEXT NOT NULL, span TEXT NOT NULL, parent TEXT,"
  "  call INTEGER NOT NULL, twin_id INTEGER NOT NULL DEFAULT 0);"
  "CREATE INDEX told_span ON told (trace, span);"
  "CREATE INDEX told_parent ON told (trace, parent) WHERE parent IS NOT NULL;"
  "CREATE INDEX told_twin ON told (twin_id) WHERE twin_id <> 0;"
  "CREATE INDEX exchange_request ON exchange (request_id) WHERE request_id IS NOT NULL;"
  /* Exchanges that stand in no list (OH_SQL_IS_LISTED). */
  "CREATE TABLE unlisted (id INTEGER PRIMARY KEY);",
  /* 14: the ids that clients give their requests (x-client-request-id), of exchanges and of what was told. */
  "CREATE TABLE client_request (id INTEGER PRIMARY KEY, client_id TEXT NOT NULL);"
  "CREATE INDEX client_request_id ON client_request (client_id);",
  /* 15: what went wrong is a code and its arguments, too, as far as its sentence is known. */
  "UPDATE exchange SET error = overhear_recognize (error) WHERE error IS NOT NULL;"
  "UPDATE run SET error = overhear_recognize (error) WHERE error IS NOT NULL;",
  /* 16: what a call brings from tools (OhFacts.tool_result); of older ones once they are read anew. */
  "ALTER TABLE exchange ADD COLUMN tool_result TEXT;",
  /* 17: what goes on to a collector (oh-store-sending.h): no row where nothing does. Up to floor all is done with; of what is
   * above that, what has been sent; and the traces that were not yet, themselves. */
  "CREATE TABLE sending (id INTEGER PRIMARY KEY CHECK (id = 1), floor INTEGER NOT NULL, sent INTEGER NOT NULL,"
  "  lost INTEGER NOT NULL, failing_ns INTEGER NOT NULL, problem TEXT);"
  "CREATE TABLE sent (id INTEGER PRIMARY KEY);"
  "CREATE TABLE unclosed (id INTEGER PRIMARY KEY);",
  /* 18: what instruments sent and is not taken apart yet, without secrets (OH_CAPTURE_POST), and how much of what is in it is stored.
   * writer: who takes it apart; 0: whoever comes first; negative: who came first. */
  "CREATE TABLE post (id INTEGER PRIMARY KEY, writer INTEGER NOT NULL, run_id INTEGER NOT NULL, program_id INTEGER NOT NULL,"
  "  connection INTEGER NOT NULL, target TEXT NOT NULL, told INTEGER NOT NULL DEFAULT 0);"
  "CREATE TABLE post_body (id INTEGER PRIMARY KEY, body BLOB NOT NULL);",
  /* 19: a run counts what of it stands in lists: of what was told nothing was counted. */
  "UPDATE run SET exchanges = " OH_SQL_LISTED_OF_RUN ";",
  /* 20: the newest notices are read wherever they are listed. */
  "CREATE INDEX notice_at ON notice (at_ns);",
};

G_DEFINE_QUARK (oh-store-error-quark, oh_store_error)

void
oh_schema_set_damaged (GError **error, const char *dir, const char *what)
{
  g_set_error (error, OH_STORE_ERROR, OH_STORE_ERROR_DAMAGED,
               _ ("The database in %s is damaged (%s). The next “overhear run”, or the window when it is opened, carries "
                  "over what can be read."),
               dir, what);
}

void
oh_schema_set_error (GError **error, OhDb *db, const char *dir)
{
  switch (db->error & 0xff)
    {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      oh_schema_set_damaged (error, dir, db->message);
      break;
    case SQLITE_FULL:
      g_set_error (error, OH_STORE_ERROR, OH_STORE_ERROR_UNWRITABLE,
                   _ ("The disk that holds %s is full. Free some space, then start Overhear again."), dir);
      break;
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      g_set_error (error, OH_STORE_ERROR, OH_STORE_ERROR_UNWRITABLE,
                   _ ("The database in %s cannot be written: %s. Check the folder's permissions and the free space."),
                   dir, db->system_error != 0 ? g_strerror (db->system_error) : db->message);
      break;
    case SQLITE_BUSY:
      g_set_error (error, OH_STORE_ERROR, OH_STORE_ERROR_BUSY,
                   _ ("Another program keeps the database in %s locked. Close it, then try again."), dir);
      break;
    default:
      g_set_error (error, OH_STORE_ERROR, OH_STORE_ERROR_FAILED, _ ("The database in %s cannot be used: %s"), dir,
                   db->message);
      break;
    }
}

char *
oh_schema_describe_trouble (const OhDb *db)
{
  switch (db->error & 0xff)
    {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return g_strdup (_ ("Another program keeps the database locked. Captures wait in memory until it is free."));
    case SQLITE_FULL:
      return g_strdup (_ ("The disk is full: captures cannot be stored. Free some space; it goes on by itself."));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return g_strdup (
          _ ("The database is damaged: captures cannot be stored. Restart Overhear: it will set the damaged "
             "file aside and carry over what can be read."));
    default:
      return g_strdup_printf (_ ("The database cannot be written: %s. Overhear keeps trying."),
                              db->system_error != 0 ? g_strerror (db->system_error) : db->message);
    }
}

static gboolean
has_column (OhDb *db, const char *table, const char *name)
{
  return oh_db_get_int (db, "SELECT count (*) FROM pragma_table_info (?) WHERE name = ?", 0, "tt", table, name) > 0;
}

static void
recognize_function (sqlite3_context *context, int n, sqlite3_value **values)
{
  const char *words = (const char *) sqlite3_value_text (values[0]);

  if (words != NULL)
    sqlite3_result_text (context, oh_saying_recognize (words), -1, g_free);
}

gboolean
oh_schema_migrate (OhDb *db, gint64 from)
{
  sqlite3_create_function_v2 (db->handle, "overhear_recognize", 1, SQLITE_UTF8, NULL, recognize_function, NULL, NULL, NULL);
  for (gint64 version = from; version < OH_STORE_VERSION && db->error == SQLITE_OK; version++)
    {
      g_autofree char *stamp =
          g_strdup_printf ("PRAGMA application_id = %d; PRAGMA user_version = %d", OH_STORE_APPLICATION_ID, (int) version + 1);

      oh_db_begin (db);
      /* Another process may have been faster. */
      if (oh_db_get_int (db, "PRAGMA user_version", 0, "") == version)
        {
          /* Places may have another form, from before it was settled; what they say can be made again from the bodies. */
          if (version == 3 && !has_column (db, "place", "thread_hash"))
            oh_db_exec (db, "DROP TABLE place;" PLACE);
          oh_db_exec (db, migrations[version]);
          oh_db_exec (db, stamp);
        }
      if (!oh_db_end (db))
        return FALSE;
    }
  return db->error == SQLITE_OK;
}
