/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store: SQLite in the data directory, written by one thread of this process (several processes may write at once).
 * It is the sink of the proxy. Never blocks the caller unless it says so. */
#pragma once
#include "oh-run.h"
#include "oh-searchable.h"
#include "oh-sink.h"
#include "oh-store-reader.h"
#include "oh-trace.h"

G_BEGIN_DECLS

#define OH_TYPE_STORE (oh_store_get_type ())
G_DECLARE_FINAL_TYPE (OhStore, oh_store, OH, STORE, GObject)

/* Opens or creates the database in @dir (files 0600), migrates it, starts the writer thread, ends exchanges of
 * processes that died (cut, by us). A damaged database is set aside under another name, and a new one begun with what can
 * be read of it: see oh_store_get_notice(). Blocks; call it once at start-up.
 * Signals:
 *   "changed": something was committed by this process; emitted in the thread-default context of the caller of
 *              oh_store_open(), coalesced to at most one pending.
 *   "notify::trouble": same context.
 * Returns: NULL with OH_STORE_ERROR. */
OhStore *oh_store_open (const char *dir, GError **error);
/* A store that takes nothing, for who wants to read what is in @dir all the same. @why: its trouble, a sentence */
OhStore *oh_store_new_closed (const char *dir, const char *why);
/* Writes what is queued, checkpoints, stops the thread. Blocks. The object refuses captures from then on. */
void oh_store_close (OhStore *self);
const char *oh_store_get_dir (OhStore *self);
/* Something to tell the user once about opening ("The database was damaged and set aside as …"), or NULL. */
const char *oh_store_get_notice (OhStore *self);
/* Why captures are being lost just now, a sentence, or NULL while all is well. (transfer full) */
char *oh_store_dup_trouble (OhStore *self);

/* Whether much waits to be written: who adds to it without need should flush first. From any thread. */
gboolean oh_store_is_behind (OhStore *self);
/* How many exchanges of this process ended a second, of late: who has work that can wait stands back meanwhile. From any
 * thread. */
guint oh_store_get_pace (OhStore *self);
/* Takes POSTs from now on, for the caller takes them apart: those that oh_store_reader_get_post() finds. */
void oh_store_keep_posts (OhStore *self);
/* Whether there are any. From any thread. */
gboolean oh_store_has_posts (OhStore *self);
/* By which the database knows this process; and as whom it has what others have left. */
gint64 oh_store_get_writer_id (OhStore *self);
#define OH_STORE_LEFT(writer_id) (-(writer_id))
/* Has what is queued committed at once, without waiting for it. From any thread. */
void oh_store_hurry (OhStore *self);
/* Blocks until everything pushed before has been committed or given up. */
void oh_store_flush (OhStore *self);

/* Stores a new run and returns its id. Blocks for a commit; on trouble returns a negative id that is unique in this
 * process. @run->id is ignored. */
gint64 oh_store_add_run (OhStore *self, const OhRun *run);
/* Stores pid, started_ns, ended_ns, exit_status, term_signal, error of a run. */
void oh_store_update_run (OhStore *self, const OhRun *run);
/* What a run may use, from now on; any process may say so. @budget: what was spent is ignored */
void oh_store_limit_run (OhStore *self, gint64 run_id, const OhBudget *budget);
/* What it has used so far, told by the process that runs it. @budget: its limits are ignored */
void oh_store_put_spent (OhStore *self, gint64 run_id, const OhBudget *budget);
/* Console output of a run, in order. @data: (transfer none) */
void oh_store_append_console (OhStore *self, gint64 run_id, GBytes *data);
/* What insight says of one exchange between these is stored in one transaction, or none of it is: who has read the facts of an
 * exchange finds what it means, also where the process was killed just then. By one thread; nothing is waited for between. */
void oh_store_begin_saying (OhStore *self);
void oh_store_end_saying (OhStore *self);
/* An exchange whose client closed once the answer was over (oh_facts_is_over()) is finished from then on, not cut.
 * @facts: (transfer none) */
void oh_store_put_facts (OhStore *self, gint64 exchange_id, OhFacts *facts);
/* What insight learnt from an exchange: place, trace, spans, limits, notices. @meaning: (transfer none) */
void oh_store_put_meaning (OhStore *self, OhMeaning *meaning);
/* What searches find the exchange by; once. @searchable: (transfer full) */
void oh_store_put_searchable (OhStore *self, OhSearchable *searchable);
/* Hides a notice, or shows it again. */
void oh_store_set_muted (OhStore *self, gint64 notice_id, gboolean muted);
void oh_store_set_pinned (OhStore *self, gint64 exchange_id, gboolean pinned);
/* Deletes a run's or (run_id 0) all exchanges and runs that have ended. */
void oh_store_clear (OhStore *self, gint64 run_id);
/* Deletes those of the exchanges that have ended and are not pinned. Some hundreds at a time leave room for captures
 * between them. */
void oh_store_delete (OhStore *self, const gint64 *ids, guint n);

G_END_DECLS
