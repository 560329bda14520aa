/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-told-private.h"

#include "oh-saying.h"
#include "oh-store-belongings-private.h"
#include "oh-store-columns-private.h"

#include <string.h>

/* How many spans are climbed at most; also the end of a circle. */
#define CLIMB 64
/* How long before a tool runs its trace may have begun (or after, by clocks that disagree): a day, in ns. */
#define TOOL_AGE "86400000000000"
/* How long a call takes at most until it has failed: an hour, in ns. */
#define FAILED_WITHIN "3600000000000"
/* What is told by two may be told by three, and was on the wire. */
#define TWINS 4

/* The text in the first column of the only row, or NULL. (transfer full) */
static char *
read_text (OhDb *db, sqlite3_stmt *row)
{
  char *text;

  if (!oh_db_step (db, row))
    return NULL;
  text = g_strdup ((const char *) sqlite3_column_text (row, 0));
  oh_db_done (db, row);
  return text;
}

/* What is told stands in no list until it is known what it is; a run counts what of it stands there. */
static void
set_listed (OhDb *db, gint64 id, gboolean listed)
{
  oh_db_run (db, listed ? "DELETE FROM unlisted WHERE id = ?" : "INSERT OR IGNORE INTO unlisted (id) VALUES (?)", "i", id);
  if (sqlite3_changes (db->handle) > 0)
    oh_db_run (db, "UPDATE run SET exchanges = exchanges + ? WHERE id = (SELECT run_id FROM exchange WHERE id = ?)", "ii",
               (gint64) (listed ? 1 : -1), id);
}

/* What continues a call stands in its conversation, and so does what continues that. */
static void
lead_thread (OhDb *db, gint64 id, gint64 by_id)
{
  if (oh_db_get_int (db, "SELECT EXISTS (SELECT 1 FROM place WHERE parent_id = ?1 AND parent_id <> 0)", 0, "i", id) == 0)
    return;
  oh_db_run (db,
             "WITH RECURSIVE below (id, thread_id) AS ("
             " SELECT id, iif (thread_id = 0, id, thread_id) FROM place WHERE id = ?1 UNION"
             " SELECT p.id, b.thread_id FROM below b JOIN place p ON p.parent_id = b.id AND p.parent_id <> 0"
             "  AND p.thread_id <> b.thread_id)"
             "UPDATE place SET thread_id = below.thread_id FROM below WHERE place.id = below.id AND below.id <> ?1",
             "i", id);
  if (sqlite3_changes (db->handle) > 0)
    oh_db_run (db,
               "WITH RECURSIVE below (id) AS (SELECT ?1 UNION"
               " SELECT p.id FROM below b JOIN place p ON p.parent_id = b.id AND p.parent_id <> 0)"
               "UPDATE exchange SET change = (SELECT change FROM exchange WHERE id = ?2) WHERE id IN (SELECT id FROM below)",
               "ii", id, by_id);
}

/* The last call right inside of a span. 0: none */
static gint64
find_last_inside (OhDb *db, gint64 id)
{
  return oh_db_get_int (db,
                        "SELECT s.id FROM told t JOIN told s ON s.trace = t.trace AND s.parent = t.span AND s.call WHERE t.id = ?"
                        " ORDER BY s.id DESC LIMIT 1",
                        0, "i", id);
}

/* A span continues another, as far as that is known: what stands for that one, if another does, and its conversation. */
static void
settle_thread (OhDb *db, gint64 id, gint64 parent_id, gint64 by_id)
{
  for (guint n = 0; n < TWINS && parent_id != 0; n++)
    {
      const gint64 twin_id = oh_db_get_int (db, "SELECT twin_id FROM told WHERE id = ?", 0, "i", parent_id);

      if (twin_id == 0)
        break;
      parent_id = twin_id;
    }
  /* What sums up calls is none. */
  if (parent_id != 0 && oh_db_get_int (db, "SELECT NOT call FROM told WHERE id = ?", 0, "i", parent_id) != 0)
    parent_id = find_last_inside (db, parent_id);
  if (parent_id != 0)
    oh_db_run (db,
               "UPDATE place SET (parent_id, thread_id) = (p.id, iif (p.thread_id = 0, p.id, p.thread_id)) FROM place p"
               " WHERE place.id = ?1 AND p.id = ?2",
               "ii", id, parent_id);
  lead_thread (db, id, by_id);
}

/* A row that is no call by itself: it is counted nowhere, and in no conversation. What continues it continues @heir_id. */
static void
leave_out (OhDb *db, gint64 id, const char *operation, gint64 heir_id, gint64 by_id)
{
  set_listed (db, id, FALSE);
  oh_db_run (db,
             "UPDATE exchange SET operation = ?2, change = (SELECT change FROM exchange WHERE id = ?3) WHERE id = ?1",
             "iti", id, operation, by_id);
  oh_db_run (db,
             "UPDATE place SET (cost, cost_input, cost_cache_read, cost_cache_write, cost_output, cost_tools, saved) ="
             " (NULL, NULL, NULL, NULL, NULL, NULL, NULL) WHERE id = ?",
             "i", id);
  oh_db_run (db, "UPDATE place SET parent_id = ? WHERE parent_id = ? AND parent_id <> 0", "ii", heir_id, id);
  if (sqlite3_changes (db->handle) > 0)
    lead_thread (db, heir_id, by_id);
  oh_db_run (db, "UPDATE place SET (thread_id, parent_id) = (0, 0) WHERE id = ?", "i", id);
  oh_db_run (db, "DELETE FROM boundary WHERE id = ?", "i", id);
  oh_db_run (db, "DELETE FROM superseded WHERE by_id = ? OR id = ?", "ii", id, id);
}

/* The row of what is told any more than once. What stood behind it stands behind what stands for it, too. */
static void
mute (OhDb *db, gint64 id, gint64 twin_id, gint64 by_id)
{
  oh_db_run (db, "UPDATE told SET twin_id = ? WHERE twin_id = ? AND twin_id <> 0", "ii", twin_id, id);
  oh_db_run (db, "UPDATE told SET twin_id = ? WHERE id = ?", "ii", twin_id, id);
  leave_out (db, id, "told", twin_id, by_id);
}

/* The call goes where its span stands, with the tools that it asked for; unless the program said by our own means where it
 * belongs. */
static void
move_call (OhDb *db, gint64 call_id, gint64 from, gint64 to, gint64 by_id)
{
  if (from == to || to == 0 ||
      oh_db_get_int (db, "SELECT key LIKE 'span:%' FROM trace WHERE id = ?", 0, "i", from) != 0)
    return;
  oh_db_run (db,
             "UPDATE OR IGNORE span SET trace_id = ? WHERE trace_id = ? AND kind = " OH_SQL_TOOL
             " AND exchange_id IN (SELECT id FROM place WHERE call_id = ?)",
             "iii", to, from, call_id);
  oh_db_run (db, "UPDATE OR IGNORE notice SET trace_id = ? WHERE trace_id = ?", "ii", to, from);
  oh_db_run (db, "UPDATE place SET trace_id = ? WHERE call_id = ?", "ii", to, call_id);
  /* What else was told of it goes along, so that a trace which has nothing else is no more. */
  oh_db_run (db,
             "UPDATE place SET trace_id = ?1 WHERE id IN (SELECT t.id FROM place p JOIN told t ON t.twin_id = p.id AND t.twin_id <> 0"
             " WHERE p.call_id = ?2) AND trace_id = ?3",
             "iii", to, call_id, from);
  oh_db_run (db,
             "UPDATE exchange SET change = (SELECT change FROM exchange WHERE id = ?2)"
             " WHERE id IN (SELECT id FROM place WHERE call_id = ?1)",
             "ii", call_id, by_id);
  if (from != 0)
    oh_belongings_forget_empty_trace (db, from);
}

static gboolean
is_piece (OhDb *db, gint64 trace_id)
{
  return oh_db_get_int (db, "SELECT key LIKE '" OH_TRACE_PIECE "%' FROM trace WHERE id = ?", 0, "i", trace_id) != 0;
}

/* All of a piece goes where one of its spans is known to belong. */
static void
move_piece (OhDb *db, gint64 from, gint64 to, gint64 by_id)
{
  if (from == to || to == 0)
    return;
  oh_db_run (db,
             "UPDATE exchange SET change = (SELECT change FROM exchange WHERE id = ?2)"
             " WHERE id IN (SELECT id FROM place WHERE trace_id = ?1 AND trace_id <> 0)",
             "ii", from, by_id);
  oh_db_run (db, "UPDATE place SET trace_id = ? WHERE trace_id = ? AND trace_id <> 0", "ii", to, from);
  oh_belongings_forget_empty_trace (db, from);
}

/* Where a span of a piece belongs: where others of it went, or where the tool was asked for that it tells of. 0: not known */
static gint64
find_whole (OhDb *db, gint64 id, const char *told_trace)
{
  gint64 trace_id = oh_db_get_int (db,
                                   "SELECT p.trace_id FROM told t JOIN place p ON p.id = t.id JOIN trace r ON r.id = p.trace_id"
                                   " WHERE t.trace = ? AND r.key NOT LIKE '" OH_TRACE_PIECE "%' LIMIT 1",
                                   0, "t", told_trace);

  if (trace_id != 0)
    return trace_id;
  /* A tool's span has its id, and who asked behind it (oh-store-meaning.c). */
  return oh_db_get_int (db,
                        "SELECT s.trace_id FROM exchange e JOIN trace r ON r.started_ns BETWEEN e.started_ns - " TOOL_AGE
                        " AND e.started_ns + " TOOL_AGE " AND r.run_id = e.run_id JOIN span s ON s.trace_id = r.id"
                        " AND s.id > e.message_id || char (31) AND s.id < e.message_id || char (32)"
                        " WHERE e.id = ? AND e.message_id IS NOT NULL AND s.kind = " OH_SQL_TOOL " ORDER BY s.trace_id DESC LIMIT 1",
                        0, "i", id);
}

/* A finding where both say how much it was, or which model, and not the same. A split of the prompt that misses a part is no
 * contradiction, nor is an alias of a model. */
static void
compare (OhDb *db, gint64 told_id, gint64 exchange_id)
{
  g_autofree char *saying = NULL;
  gint64 trace_id, at_ns, notice_id;
  sqlite3_stmt *row = oh_db_query (
      db,
      "SELECT q.trace_id, e.started_ns + coalesce (e.ended_ns, 0),"
      " " OH_SQL_PROMPT ", t.prompt, e.output_tokens, t.output_tokens, e.model, t.model,"
      " e.input_tokens IS NOT NULL AND t.counted AND " OH_SQL_PROMPT " <> t.prompt,"
      " e.output_tokens <> t.output_tokens,"
      " instr (e.model, t.model) <> 1 AND instr (t.model, e.model) <> 1 AND t.model <> coalesce (e.requested_model, ''),"
      " t.failed AND e.status BETWEEN 200 AND 399, e.status"
      " FROM exchange e JOIN place q ON q.id = e.id JOIN"
      " (SELECT " OH_SQL_PROMPT " AS prompt, e.input_tokens IS NOT NULL AND"
      "  (e.cache_read_tokens IS NULL) = (e.cache_write_tokens IS NULL) AS counted, e.output_tokens, e.model,"
      "  e.outcome = " OH_SQL_FAILED " AS failed"
      "  FROM exchange e WHERE e.id = ?1) t WHERE e.id = ?2 AND e.outcome = " OH_SQL_FINISHED,
      "ii", told_id, exchange_id);

  if (!oh_db_step (db, row))
    return;
  trace_id = sqlite3_column_int64 (row, 0);
  at_ns = sqlite3_column_int64 (row, 1);
  if (sqlite3_column_int (row, 8) != 0)
    saying = oh_saying_new ("told-input", "told# seen#", sqlite3_column_int64 (row, 3), sqlite3_column_int64 (row, 2));
  else if (sqlite3_column_int (row, 9) != 0)
    saying = oh_saying_new ("told-output", "told# seen#", sqlite3_column_int64 (row, 5), sqlite3_column_int64 (row, 4));
  else if (sqlite3_column_int (row, 10) != 0)
    saying = oh_saying_new ("told-model", "told seen", (const char *) sqlite3_column_text (row, 7),
                            (const char *) sqlite3_column_text (row, 6));
  else if (sqlite3_column_int (row, 11) != 0)
    saying = oh_saying_new ("told-failed", "status#", sqlite3_column_int64 (row, 12));
  oh_db_done (db, row);
  if (saying == NULL)
    return;
  oh_db_run (db,
             "INSERT INTO notice (kind, saying, severity, trace_id, at_ns) VALUES ('accounts-differ', ?, 0, ?, ?)"
             " ON CONFLICT (trace_id, kind) DO UPDATE SET saying = excluded.saying, at_ns = excluded.at_ns",
             "tii", saying, trace_id, at_ns);
  notice_id = oh_db_get_int (db, "SELECT id FROM notice WHERE trace_id = ? AND kind = 'accounts-differ'", 0, "i", trace_id);
  oh_db_run (db, "INSERT OR IGNORE INTO evidence (exchange_id, notice_id) VALUES (?, ?)", "ii", exchange_id, notice_id);
}

static void
join (OhDb *db, gint64 told_id, gint64 exchange_id, gint64 by_id)
{
  const gint64 to = oh_db_get_int (db, "SELECT trace_id FROM place WHERE id = ?", 0, "i", told_id);
  const gint64 from = oh_db_get_int (db, "SELECT trace_id FROM place WHERE id = ?", 0, "i", exchange_id);
  const gint64 call_id = oh_db_get_int (db, "SELECT call_id FROM place WHERE id = ?", 0, "i", exchange_id);

  mute (db, told_id, exchange_id, by_id);
  if (from != 0 && is_piece (db, to))
    move_piece (db, to, from, by_id);
  else
    move_call (db, call_id, from, to, by_id);
  compare (db, told_id, exchange_id);
}

/* The call to a model that a span is, or is inside of, if nothing is known to be the same yet. */
static gint64
find_call_around (OhDb *db, const char *trace, const char *span)
{
  g_autofree char *here = g_strdup (span);
  gint64 id = 0;

  for (guint n = 0; n < CLIMB && here != NULL && id == 0; n++)
    {
      sqlite3_stmt *row = oh_db_query (
          db, "SELECT iif (call AND twin_id = 0, id, 0), iif (call, NULL, parent) FROM told WHERE trace = ? AND span = ? LIMIT 1",
          "tt", trace, here);
      char *above;

      if (!oh_db_step (db, row))
        return 0;
      id = sqlite3_column_int64 (row, 0);
      above = g_strdup ((const char *) sqlite3_column_text (row, 1));
      oh_db_done (db, row);
      g_free (here);
      here = above;
    }
  return id;
}

/* The last attempt that was sent inside of a span. Most traces have nothing that was sent. */
static gint64
find_sent_inside (OhDb *db, gint64 trace_id, const char *trace, const char *span)
{
  if (oh_db_get_int (db,
                     "SELECT EXISTS (SELECT 1 FROM place p JOIN exchange e ON e.id = p.id WHERE p.trace_id = ?1"
                     " AND p.trace_id <> 0 AND e.route <> " OH_SQL_TOLD ")",
                     0, "i", trace_id) == 0)
    return 0;
  return oh_db_get_int (db,
                        "WITH RECURSIVE below (span, n) AS ("
                        " SELECT ?2, 0 UNION"
                        " SELECT t.span, n + 1 FROM below JOIN told t ON t.trace = ?1 AND t.parent = below.span"
                        "  WHERE NOT t.call AND n < " G_STRINGIFY (CLIMB) ")"
                        "SELECT p.id FROM place p JOIN below ON p.span_id = below.span JOIN exchange e ON e.id = p.id"
                        " WHERE p.trace_id = ?3 AND p.trace_id <> 0 AND e.route <> " OH_SQL_TOLD
                        " AND e.operation IN ('messages', 'complete') ORDER BY p.attempt DESC, p.id DESC LIMIT 1",
                        0, "tti", trace, span, trace_id);
}

/* No id says that they are not the same. */
#define MAY_BE_ONE " AND coalesce (e.message_id = f.message_id, 1) AND coalesce (e.request_id = f.request_id, 1) LIMIT 1"
/* A call t that is told as failed and has no id is the one that failed on the wire then (e), asking the same of the same model,
 * and of which no span of that name has told; of several attempts that which ended when it did. Clocks of JavaScript are off by up to 2 s. */
#define FAILED_ALIKE                                                                                                   \
  " t.outcome IN (" OH_SQL_FAILED ", " OH_SQL_CUT ") AND t.message_id IS NULL AND t.request_id IS NULL"                \
  " AND " OH_SQL_IS_ERROR " AND e.message_id IS NULL AND e.route <> " OH_SQL_TOLD                                      \
  " AND e.operation IN ('messages', 'complete') AND e.requested_model IS t.requested_model"                            \
  " AND (coalesce (t.message_count, 0) = 0 OR e.title IS t.title)"                                                     \
  " AND e.run_id = t.run_id AND (e.run_id <> 0 OR e.program_id = t.program_id)"                                        \
  " AND t.started_ns BETWEEN e.started_ns - " FAILED_WITHIN " AND e.started_ns + 2000000000"                           \
  " AND e.started_ns BETWEEN t.started_ns - 2000000000 AND t.started_ns + coalesce (t.ended_ns, 0) + 2000000000"       \
  " AND NOT EXISTS (SELECT 1 FROM told u JOIN exchange g ON g.id = u.id"                                               \
  "  WHERE u.twin_id = e.id AND u.twin_id <> 0 AND g.target = t.target)"                                               \
  " ORDER BY abs (e.started_ns + coalesce (e.ended_ns, 0) - t.started_ns - coalesce (t.ended_ns, 0)) LIMIT 1"

/* What of a span others have, too: where none do, there is nothing to look for. */
typedef enum
{
  SHARES_MESSAGE = 1,  /* the id of its answer */
  SHARES_REQUEST = 2,  /* that of its request */
  HAS_CLIENT_ID = 4,
  SHARES_PARENT = 8,   /* what it is inside of */
  HAS_PARENT = 16,
  HAS_CHILD = 32,
} Shared;

static Shared
find_shared (OhDb *db, gint64 told_id)
{
  return (Shared) oh_db_get_int (db,
                                 "SELECT (e.message_id IS NOT NULL AND"
                                 "  EXISTS (SELECT 1 FROM exchange f WHERE f.message_id = e.message_id AND f.id <> e.id))"
                                 " + 2 * (e.request_id IS NOT NULL AND"
                                 "  EXISTS (SELECT 1 FROM exchange f WHERE f.request_id = e.request_id AND f.id <> e.id))"
                                 " + 4 * EXISTS (SELECT 1 FROM client_request WHERE id = e.id)"
                                 " + 8 * (t.parent IS NOT NULL AND"
                                 "  EXISTS (SELECT 1 FROM told s WHERE s.trace = t.trace AND s.parent = t.parent AND s.id <> t.id))"
                                 " + 16 * (t.parent IS NOT NULL)"
                                 " + 32 * EXISTS (SELECT 1 FROM told s WHERE s.trace = t.trace AND s.parent = t.span)"
                                 " FROM told t JOIN exchange e ON e.id = t.id WHERE t.id = ?",
                                 0, "i", told_id);
}

/* What was answered with the ids that a span has, the server's before the client's, the request's before the answer's. Where several were (a server that
 * answers all alike), the nearest that is no other span's; where all are, it was told by two. */
static gint64
find_answered (OhDb *db, gint64 told_id, Shared shared)
{
  gint64 found = 0;

  if (shared & SHARES_REQUEST)
    found = oh_db_get_int (db,
                           "SELECT e.id FROM exchange t JOIN exchange e ON e.request_id = t.request_id"
                           " WHERE t.id = ? AND t.request_id IS NOT NULL AND e.route <> " OH_SQL_TOLD
                           " AND e.run_id = t.run_id LIMIT 1",
                           0, "i", told_id);
  if (found == 0 && (shared & HAS_CLIENT_ID))
    found = oh_db_get_int (db,
                           "SELECT e.id FROM client_request c JOIN client_request d ON d.client_id = c.client_id"
                           " JOIN exchange t ON t.id = c.id JOIN exchange e ON e.id = d.id"
                           " WHERE c.id = ? AND e.route <> " OH_SQL_TOLD " AND e.run_id = t.run_id ORDER BY d.id DESC LIMIT 1",
                           0, "i", told_id);
  if (found == 0 && (shared & SHARES_MESSAGE))
    found = oh_db_get_int (db,
                           "SELECT e.id FROM exchange t JOIN exchange e ON e.message_id = t.message_id"
                           " WHERE t.id = ? AND t.message_id IS NOT NULL AND e.route <> " OH_SQL_TOLD
                           " AND e.run_id = t.run_id AND e.operation IN ('messages', 'complete')"
                           " ORDER BY EXISTS (SELECT 1 FROM told WHERE twin_id = e.id AND twin_id <> 0), abs (e.started_ns - t.started_ns)"
                           " LIMIT 1",
                           0, "i", told_id);
  if (found == 0)
    found = oh_db_get_int (db, "SELECT e.id FROM exchange t JOIN exchange e WHERE t.id = ? AND" FAILED_ALIKE, 0, "i", told_id);
  /* What the call right inside of it is known to be. */
  if (found == 0)
    found = oh_db_get_int (db,
                           "SELECT f.id FROM told t JOIN exchange e ON e.id = t.id JOIN told s ON s.trace = t.trace AND s.parent = t.span"
                           " JOIN exchange f ON f.id = s.twin_id AND f.route <> " OH_SQL_TOLD " WHERE t.id = ? AND s.call AND f.run_id = e.run_id"
                           MAY_BE_ONE,
                           0, "i", told_id);
  return found;
}

/* A call that was on the wire is also those that it is right inside of. */
static void
join_around (OhDb *db, gint64 told_id, gint64 exchange_id, gint64 by_id)
{
  for (guint n = 0; n < TWINS && told_id != 0; n++)
    {
      told_id = oh_db_get_int (db,
                               "SELECT s.id FROM told t JOIN told s ON s.trace = t.trace AND s.span = t.parent AND s.call AND s.twin_id = 0"
                               " JOIN exchange e ON e.id = s.id JOIN exchange f ON f.id = ?2 WHERE t.id = ?1 AND t.call AND f.run_id = e.run_id"
                               MAY_BE_ONE,
                               0, "ii", told_id, exchange_id);
      if (told_id != 0)
        join (db, told_id, exchange_id, by_id);
    }
}

/* A call f that another instrument of the same program told of than e: what else they have in common follows. */
#define TOLD_TOO(joined)                                                                                               \
  "SELECT s.id FROM told t JOIN exchange e ON e.id = t.id JOIN " joined                                                \
  " WHERE t.id = ?1 AND s.call AND s.twin_id = 0 AND s.id <> t.id"                                                     \
  " AND f.run_id = e.run_id AND f.program_id = e.program_id"
/* A server that answers all alike: each instrument tells of a call once, by a name of its own. */
#define NEAREST_OF_ANOTHER_NAME                                                                                        \
  " AND (f.target <> e.target OR s.parent = t.span OR t.parent = s.span)"                                              \
  " AND NOT EXISTS (SELECT 1 FROM told u JOIN exchange g ON g.id = u.id"                                               \
  "  WHERE u.twin_id = s.id AND u.twin_id <> 0 AND g.target = e.target)"                                               \
  " ORDER BY abs (f.started_ns - e.started_ns), s.id LIMIT 1"
/* A streamed answer that is told when it is over, of a call that was told when it began: where both stand, what was asked. They
 * come in one post or in the next, so that no more than some need to be looked at. */
#define ANSWER_BEHIND(call, answer)                                                                                    \
  " AND s.id BETWEEN ?1 - 2000 AND ?1 + 2000 AND " answer ".message_id IS NOT NULL AND coalesce (" answer ".ended_ns, 0) = 0"                                   \
  " AND " call ".message_id IS NULL AND " call ".output_tokens IS NULL AND " call ".outcome = " OH_SQL_FINISHED         \
  " AND " call ".title IS " answer ".title AND " call ".message_count IS " answer ".message_count"                     \
  " AND " call ".requested_model IS " answer ".requested_model AND " call ".started_ns <= " answer ".started_ns"      \
  " ORDER BY abs (f.started_ns - e.started_ns) LIMIT 1"

/* The call that was told in another span: by the id of its answer, whatever trace that says it is in, or of its request; the one
 * that it is right inside of, or has right inside of it (not farther: between them may be a tool that is an agent); the one that
 * it answers. 0: none */
static gint64
find_told_too (OhDb *db, gint64 told_id, Shared shared)
{
  static const struct
  {
    Shared by;
    const char *sql;
  } ways[] = {
    { SHARES_MESSAGE, TOLD_TOO ("exchange f ON f.message_id = e.message_id JOIN told s ON s.id = f.id")
      " AND e.message_id IS NOT NULL" NEAREST_OF_ANOTHER_NAME },
    { SHARES_REQUEST, TOLD_TOO ("exchange f ON f.request_id = e.request_id JOIN told s ON s.id = f.id")
      " AND e.request_id IS NOT NULL" NEAREST_OF_ANOTHER_NAME },
    { HAS_PARENT, TOLD_TOO ("told s ON s.trace = t.trace AND s.span = t.parent JOIN exchange f ON f.id = s.id") MAY_BE_ONE },
    { HAS_CHILD, TOLD_TOO ("told s ON s.trace = t.trace AND s.parent = t.span JOIN exchange f ON f.id = s.id") MAY_BE_ONE },
    { SHARES_PARENT, TOLD_TOO ("told s ON s.trace = t.trace AND s.parent = t.parent JOIN exchange f ON f.id = s.id")
      ANSWER_BEHIND ("f", "e") },
    { SHARES_PARENT, TOLD_TOO ("told s ON s.trace = t.trace AND s.parent = t.parent JOIN exchange f ON f.id = s.id")
      ANSWER_BEHIND ("e", "f") },
  };
  gint64 found = 0;

  for (guint i = 0; i < G_N_ELEMENTS (ways) && found == 0; i++)
    if (shared & ways[i].by)
      found = oh_db_get_int (db, ways[i].sql, 0, "i", told_id);
  return found;
}

/* Two that tell of one call: the one that says what was said stands for both, or what was answered, else the first. By what only
 * the other knows of its ids one more that is told, or the wire, is found to be the same, or not; and what is told when all is over
 * began when the other did. */
static void
join_told (OhDb *db, gint64 told_id, gint64 other_id)
{
  const gboolean richer = oh_db_get_int (db,
                                         "SELECT (coalesce (e.message_count, 0) > 0, e.message_id IS NOT NULL) >"
                                         " (coalesce (f.message_count, 0) > 0, f.message_id IS NOT NULL)"
                                         " FROM exchange e JOIN exchange f ON f.id = ?2 WHERE e.id = ?1",
                                         0, "ii", told_id, other_id) != 0;
  const gint64 kept_id = richer ? told_id : other_id, muted_id = richer ? other_id : told_id;

  move_call (db, muted_id, oh_db_get_int (db, "SELECT trace_id FROM place WHERE id = ?", 0, "i", muted_id),
             oh_db_get_int (db, "SELECT trace_id FROM place WHERE id = ?", 0, "i", kept_id), told_id);
  mute (db, muted_id, kept_id, told_id);
  oh_db_run (db,
             "UPDATE exchange SET message_id = coalesce (message_id, (SELECT message_id FROM exchange WHERE id = ?2)),"
             " request_id = coalesce (request_id, (SELECT request_id FROM exchange WHERE id = ?2)),"
             " change = (SELECT change FROM exchange WHERE id = ?3) WHERE id = ?1",
             "iii", kept_id, muted_id, told_id);
  oh_db_run (db,
             "UPDATE exchange SET (started_ns, ended_ns) = (SELECT f.started_ns, exchange.started_ns - f.started_ns FROM exchange f"
             " WHERE f.id = ?2) WHERE id = ?1 AND coalesce (ended_ns, 0) = 0"
             " AND started_ns > (SELECT started_ns FROM exchange WHERE id = ?2)",
             "ii", kept_id, muted_id);
}

/* A span that says that it is a call, by no id but one that it has from what it was taken for, and has more than one call right
 * inside of it sums them up, as an agent does, and is none. What it was taken for is one again. Returns: whether it is so */
static gboolean
open_wrapper (OhDb *db, gint64 id, gint64 by_id)
{
  g_autoptr (GArray) ids = NULL;
  sqlite3_stmt *rows;

  if (oh_db_get_int (db,
                     "SELECT count (DISTINCT iif (s.twin_id IN (0, t.id), s.id, s.twin_id)) > 1 FROM told t"
                     " JOIN exchange e ON e.id = t.id JOIN told s ON s.trace = t.trace AND s.parent = t.span AND s.call"
                     " WHERE t.id = ?1 AND t.call"
                     " AND NOT EXISTS (SELECT 1 FROM exchange w JOIN place q ON q.id = w.id WHERE w.id = t.twin_id AND w.route <> " OH_SQL_TOLD
                     "  AND (q.span_id IS t.span OR NOT EXISTS (SELECT 1 FROM told u WHERE u.trace = t.trace AND u.parent = t.span"
                     "   AND u.call AND u.twin_id = w.id)))"
                     " AND (coalesce (e.message_id, e.request_id) IS NULL OR EXISTS (SELECT 1 FROM told u JOIN exchange f ON f.id = u.id"
                     "  WHERE u.trace = t.trace AND u.parent = t.span AND u.call AND u.twin_id = t.id"
                     "  AND coalesce (f.message_id, f.request_id) = coalesce (e.message_id, e.request_id)))",
                     0, "i", id) == 0)
    return FALSE;
  ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  rows = oh_db_query (db,
                      "SELECT s.id FROM told t JOIN told s ON s.trace = t.trace AND s.parent = t.span AND s.call"
                      " WHERE t.id = ? AND s.twin_id = t.id",
                      "i", id);
  while (oh_db_step (db, rows))
    g_array_append_val (ids, (gint64) { sqlite3_column_int64 (rows, 0) });
  for (guint i = 0; i < ids->len; i++)
    {
      const gint64 inside = g_array_index (ids, gint64, i);

      oh_db_run (db, "UPDATE told SET twin_id = 0 WHERE id = ?", "i", inside);
      set_listed (db, inside, TRUE);
      oh_db_run (db,
                 "UPDATE exchange SET operation = '" OH_OPERATION_NAME_TURN "', change = (SELECT change FROM exchange WHERE id = ?2)"
                 " WHERE id = ?1",
                 "ii", inside, by_id);
    }
  oh_db_run (db, "UPDATE told SET (call, twin_id) = (0, 0) WHERE id = ?", "i", id);
  /* What was asked names calls. */
  oh_db_run (db, "UPDATE exchange SET title = substr (target, 2) WHERE id = ?", "i", id);
  leave_out (db, id, "span", find_last_inside (db, id), by_id);
  return TRUE;
}

/* What only says what was said in a call stands nowhere by itself. @one: a record; 0: all of that span */
static void
hide_records (OhDb *db, const char *trace, const char *span, gint64 one, gint64 by_id)
{
  sqlite3_stmt *rows = oh_db_query (
      db, "SELECT id FROM told WHERE trace = ?1 AND parent = ?2 AND span = '' AND (?3 = 0 OR id = ?3)", "tti", trace, span, one);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  while (oh_db_step (db, rows))
    g_array_append_val (ids, (gint64) { sqlite3_column_int64 (rows, 0) });
  for (guint i = 0; i < ids->len; i++)
    {
      const gint64 id = g_array_index (ids, gint64, i);

      set_listed (db, id, FALSE);
      oh_db_run (db, "UPDATE place SET trace_id = 0 WHERE id = ?", "i", id);
      oh_db_run (db, "UPDATE exchange SET change = (SELECT change FROM exchange WHERE id = ?) WHERE id = ?", "ii", by_id, id);
    }
}

/* A log record came that tells what was said in a call. */
static void
write_record (OhDb *db, const OhMeaning *meaning)
{
  const gint64 id = meaning->exchange_id;

  oh_db_run (db, "INSERT OR REPLACE INTO told (id, trace, span, parent, call) VALUES (?, ?, '', ?, 0)", "itt", id,
             meaning->told_trace, meaning->place->span_id);
  if (oh_db_get_int (db, "SELECT EXISTS (SELECT 1 FROM told WHERE trace = ? AND span = ? AND call)", 0, "tt",
                     meaning->told_trace, meaning->place->span_id) != 0)
    hide_records (db, meaning->told_trace, meaning->place->span_id, id, id);
}

/* A span came. */
static void
write_span (OhDb *db, const OhMeaning *meaning)
{
  const OhPlace *place = meaning->place;
  const gint64 id = meaning->exchange_id;
  gint64 first, call, other;
  Shared shared;

  oh_db_run (db,
             "INSERT INTO told (id, trace, span, parent, call) VALUES (?, ?, ?, ?, ?)"
             " ON CONFLICT (id) DO UPDATE SET (trace, span, parent, call, twin_id) ="
             " (excluded.trace, excluded.span, excluded.parent, excluded.call, 0)",
             "ittti", id, meaning->told_trace, place->own_span, place->span_id, (gint64) meaning->told_call);
  if (meaning->told_call)
    {
      other = oh_db_get_int (db, "SELECT id FROM told WHERE trace = ? AND span = ? AND call", 0, "tt", meaning->told_trace,
                             place->span_id);
      if (other != 0)
        open_wrapper (db, other, id);
      set_listed (db, id, TRUE);
      hide_records (db, meaning->told_trace, place->own_span, 0, id);
    }
  first = oh_db_get_int (db, "SELECT id FROM told WHERE trace = ? AND span = ? AND id < ? ORDER BY id LIMIT 1", 0, "tti",
                         meaning->told_trace, place->own_span, id);
  /* An exporter that had no answer sends again: once is enough for whoever climbs from span to span. */
  if (first != 0)
    {
      mute (db, id, first, id);
      oh_db_run (db, "UPDATE told SET (span, parent, call) = ('', NULL, 0) WHERE id = ?", "i", id);
      return;
    }
  if (open_wrapper (db, id, id))
    return;
  call = meaning->told_call ? id : find_call_around (db, meaning->told_trace, place->span_id);
  if (call == 0)
    return;
  other = find_sent_inside (db, place->trace_id, meaning->told_trace, place->own_span);
  shared = call == id ? find_shared (db, id) : 0;
  if (other == 0 && call == id)
    other = find_answered (db, id, shared);
  if (other != 0)
    {
      join (db, call, other, id);
      join_around (db, call, other, id);
    }
  else if (call == id && (other = find_told_too (db, id, shared)) != 0)
    join_told (db, id, other);
}

/* The span that is the same call as an exchange; 0: none. */
static gint64
find_span_of (OhDb *db, gint64 id, const OhPlace *place)
{
  /* What is known already was forgotten by what has just been written of the exchange. */
  gint64 span = oh_db_get_int (db,
                               "SELECT id FROM told WHERE twin_id IN (SELECT id FROM place WHERE call_id = ?)"
                               " AND twin_id <> 0 ORDER BY id LIMIT 1",
                               0, "i", place->call_id);
  g_autofree char *key = NULL;

  if (span == 0 && place->span_id != NULL)
    key = read_text (db, oh_db_query (db, "SELECT key FROM trace WHERE id = ?", "i", place->trace_id));
  if (key != NULL && g_str_has_prefix (key, "w3c:"))
    span = find_call_around (db, key + strlen ("w3c:"), place->span_id);
  if (span == 0)
    span = oh_db_get_int (db,
                          "SELECT t.id FROM exchange e JOIN exchange f ON f.request_id = e.request_id"
                          " JOIN told t ON t.id = f.id WHERE e.id = ?1 AND e.request_id IS NOT NULL AND t.call"
                          " AND t.twin_id = 0 AND f.run_id = e.run_id LIMIT 1",
                          0, "i", id);
  if (span == 0)
    span = oh_db_get_int (db,
                          "SELECT t.id FROM client_request c JOIN client_request d ON d.client_id = c.client_id"
                          " JOIN told t ON t.id = d.id JOIN exchange e ON e.id = c.id JOIN exchange f ON f.id = d.id"
                          " WHERE c.id = ? AND t.call AND t.twin_id = 0 AND f.run_id = e.run_id LIMIT 1",
                          0, "i", id);
  if (span == 0)
    span = oh_db_get_int (db,
                          "SELECT t.id FROM exchange e JOIN exchange f ON f.message_id = e.message_id"
                          " JOIN told t ON t.id = f.id WHERE e.id = ?1 AND e.message_id IS NOT NULL AND t.call"
                          " AND t.twin_id = 0 AND f.run_id = e.run_id ORDER BY abs (f.started_ns - e.started_ns) LIMIT 1",
                          0, "i", id);
  if (span == 0)
    span = oh_db_get_int (db,
                          "SELECT t.id FROM exchange e JOIN exchange t JOIN told s ON s.id = t.id WHERE e.id = ? AND s.call"
                          " AND s.twin_id = 0 AND" FAILED_ALIKE,
                          0, "i", id);
  return span;
}

/* An exchange came, or is known better. */
static void
write_exchange (OhDb *db, gint64 id, const OhPlace *place)
{
  gint64 span;

  if (!oh_db_get_int (db, "SELECT EXISTS (SELECT 1 FROM told)", 0, "") ||
      !oh_db_get_int (db, "SELECT operation IN ('messages', 'complete') FROM exchange WHERE id = ?", 0, "i", id))
    return;
  span = find_span_of (db, id, place);
  if (span == 0)
    return;
  join (db, span, id, id);
  join_around (db, span, id, id);
}

void
oh_told_write (OhDb *db, const OhMeaning *meaning)
{
  if (meaning->client_request != NULL)
    oh_db_run (db, "INSERT OR REPLACE INTO client_request (id, client_id) VALUES (?, ?)", "it", meaning->exchange_id,
               meaning->client_request);
  if (meaning->told_event)
    set_listed (db, meaning->exchange_id, TRUE);
  if (meaning->told_twin != 0)
    {
      oh_db_run (db, "INSERT OR REPLACE INTO told (id, trace, span, call) VALUES (?, '', '', 0)", "i", meaning->exchange_id);
      mute (db, meaning->exchange_id, meaning->told_twin, meaning->exchange_id);
    }
  else if (meaning->told_trace != NULL && meaning->told_event)
    write_record (db, meaning);
  else if (meaning->told_trace != NULL)
    {
      write_span (db, meaning);
      if (meaning->place->thread_id != 0 &&
          oh_db_get_int (db, "SELECT thread_id FROM place WHERE id = ?", 0, "i", meaning->exchange_id) != 0)
        settle_thread (db, meaning->exchange_id, meaning->place->parent_id, meaning->exchange_id);
      if (meaning->trace_key != NULL && g_str_has_prefix (meaning->trace_key, OH_TRACE_PIECE) &&
           is_piece (db, meaning->place->trace_id))
        move_piece (db, meaning->place->trace_id, find_whole (db, meaning->exchange_id, meaning->told_trace),
                    meaning->exchange_id);
    }
  else if (meaning->told_event && meaning->trace_key != NULL && g_str_has_prefix (meaning->trace_key, OH_TRACE_PIECE))
    move_piece (db, meaning->place->trace_id,
                find_whole (db, meaning->exchange_id, meaning->trace_key + strlen (OH_TRACE_PIECE)), meaning->exchange_id);
  else
    write_exchange (db, meaning->exchange_id, meaning->place);
}
