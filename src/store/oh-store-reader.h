/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A read-only connection to the store. One thread at a time; any number of readers at once, in any process. Cheap calls
 * (pages of rows) may run on the main thread; bodies and searches belong on a worker's own reader. */
#pragma once
#include "oh-capture.h"
#include "oh-budget.h"
#include "oh-exchange.h"
#include "oh-run.h"
#include "oh-search.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define OH_STORE_ERROR (oh_store_error_quark ())
GQuark oh_store_error_quark (void);

typedef enum
{
  OH_STORE_ERROR_UNWRITABLE, /* folder or file cannot be written: read-only, full, no permission */
  OH_STORE_ERROR_NEWER,      /* made by a newer Overhear */
  OH_STORE_ERROR_DAMAGED,    /* SQLite says the file is not sound */
  OH_STORE_ERROR_BUSY,       /* another connection has it locked, for longer than is waited */
  OH_STORE_ERROR_FAILED,     /* anything else, with SQLite's words */
} OhStoreError;

typedef struct _OhStoreReader OhStoreReader;

typedef enum
{
  OH_SIDE_REQUEST,
  OH_SIDE_RESPONSE,
} OhSide;

/* Which exchanges. All zero: every one. */
typedef struct
{
  gint64 run_id;          /* 0: any */
  const OhSearch *search; /* NULL: everything */
  gint64 limit;           /* 0: no limit; else the newest that many */
} OhQuery;

/* More ids that match, the newest first. */
typedef void (*OhFoundFunc) (const gint64 *ids, guint n, gpointer data);

/* What rows can be put in order by. */
typedef enum
{
  OH_SORT_STARTED,
  OH_SORT_STATUS,   /* what failed comes behind every status */
  OH_SORT_NEWS,     /* the text that stands in its row, more or less */
  OH_SORT_MODEL,
  OH_SORT_TOKENS,   /* input + cache + output */
  OH_SORT_COST,
  OH_SORT_TOOK,
  OH_SORT_ENDED,    /* what went wrong, or why it stopped */
  OH_SORT_PROGRAM,
  OH_N_SORTS,
} OhSortBy;

/* When a run of wire bytes arrived. */
typedef struct
{
  gint64 offset; /* of the first byte in the wire body */
  gint64 at_ns;  /* ns after the exchange's start */
} OhArrival;

typedef struct
{
  gint64 id;
  gboolean ended;
  gboolean understood; /* it has facts */
} OhChange;

/* @dir: the data directory. Returns: NULL with OH_STORE_ERROR. */
OhStoreReader *oh_store_reader_new (const char *dir, GError **error);
void oh_store_reader_free (OhStoreReader *self);

/* A number that grows with every change by any process. Costs microseconds; 0 for an empty store. */
gint64 oh_store_reader_get_change (OhStoreReader *self);
/* Ids of the exchanges that changed after @since, oldest change first. (transfer full) (element-type gint64)
 * @now: (out) (optional): pass it as @since next time */
GArray *oh_store_reader_get_changed (OhStoreReader *self, gint64 since, gint64 *now);
/* The same for who understands exchanges: by id, which is the order in which the store heard of them. What one exchange
 * brought about has a higher id than it. (transfer full) (element-type OhChange) */
GArray *oh_store_reader_get_changes (OhStoreReader *self, gint64 since, gint64 *now);
/* Of the newest exchanges those that go on or have no facts, by id: back to where @quiet in a row are done with.
 * (transfer full) (element-type OhChange) */
GArray *oh_store_reader_get_unread (OhStoreReader *self, guint quiet);
/* Ids that match, in the order they started. (transfer full) (element-type gint64) */
GArray *oh_store_reader_find (OhStoreReader *self, const OhQuery *query, GError **error);
/* The same, told by and by and the newest first: the first ones as soon as they are found. On a worker's reader: words of
 * one or two characters, and "not", may take a look at every text. Returns: FALSE with an error, G_IO_ERROR_CANCELLED too.
 * @cancellable: (nullable) */
gboolean oh_store_reader_find_each (OhStoreReader *self, const OhQuery *query, GCancellable *cancellable, OhFoundFunc func,
                                    gpointer data, GError **error);
/* Puts ids in order: by that, and where it is the same by when they started. What is not known stands last, also where the
 * order is a descending one. On a worker's reader where there are many: it takes some microseconds an id.
 * @ids: (element-type gint64). @cancellable: (nullable): when it is cancelled the order is not done */
void oh_store_reader_sort (OhStoreReader *self, GArray *ids, OhSortBy by, gboolean descending, GCancellable *cancellable);
/* Wall clock, ns; 0 where a row is gone. */
gint64 oh_store_reader_get_started (OhStoreReader *self, gint64 id);
gboolean oh_store_reader_matches (OhStoreReader *self, const OhQuery *query, gint64 id);
gint64 oh_store_reader_count (OhStoreReader *self, const OhQuery *query);
/* Whether exchanges of the run go on. */
gboolean oh_store_reader_has_open (OhStoreReader *self, gint64 run_id);
/* Ids of the run's exchanges that go on. (transfer full) (element-type gint64) */
GArray *oh_store_reader_get_open (OhStoreReader *self, gint64 run_id);
/* The oldest run that goes on and of which calls wait for its budget; 0: none. */
gint64 oh_store_reader_find_waiting_run (OhStoreReader *self);
/* What a run may use, and has used. Returns: FALSE if it has no budget. @budget: (out) */
gboolean oh_store_reader_get_budget (OhStoreReader *self, gint64 run_id, OhBudget *budget);
/* Rows with facts, without headers, in the order asked; NULL elements where a row is gone. (element-type OhExchange) */
GPtrArray *oh_store_reader_get_rows (OhStoreReader *self, const gint64 *ids, guint n);
/* Whether nothing so far could not be read because the database is damaged. */
gboolean oh_store_reader_is_sound (OhStoreReader *self, GError **error);
/* Whether the exchange that has @n newer ones has ended, and what it means is not known yet. */
gboolean oh_store_reader_lags (OhStoreReader *self, guint n);
/* The first POST behind @after of a process that takes them apart (oh_store_get_writer_id(), or OH_STORE_LEFT() of that): its post_told is how much of what is in it is
 * stored already. Returns: NULL if there is none. (transfer full) */
OhCapture *oh_store_reader_get_post (OhStoreReader *self, gint64 writer_id, gint64 after);
/* One exchange with everything but the bodies, or NULL. (transfer full) */
OhExchange *oh_store_reader_get_exchange (OhStoreReader *self, gint64 id);
/* Wire bytes of a body from @offset, at most @length of them (-1: to the end so far). (transfer full)
 * Returns: empty where there is no body; NULL with OH_STORE_ERROR_DAMAGED. */
GBytes *
oh_store_reader_read_body (OhStoreReader *self, gint64 id, OhSide side, gint64 offset, gint64 length, GError **error);
/* The end of an ended body: at least its last @length bytes, or all of it, without a look at what comes before. (transfer
 * full), or NULL where it cannot be told. */
GBytes *oh_store_reader_read_body_end (OhStoreReader *self, gint64 id, OhSide side, gint64 length);
/* (transfer full) (element-type OhArrival) by offset */
GArray *oh_store_reader_get_arrivals (OhStoreReader *self, gint64 id, OhSide side);

/* What is read until the matching oh_store_reader_thaw() is all of one moment, and costs less. They nest. For moments: the
 * log of the database cannot begin anew meanwhile. */
void oh_store_reader_freeze (OhStoreReader *self);
void oh_store_reader_thaw (OhStoreReader *self);

/* Newest first; @limit 0: all. (transfer full) (element-type OhRun) */
GPtrArray *oh_store_reader_get_runs (OhStoreReader *self, guint limit);
OhRun *oh_store_reader_get_run (OhStoreReader *self, gint64 id);
/* What the run's console showed, from @offset. (transfer full) */
GBytes *oh_store_reader_read_console (OhStoreReader *self, gint64 run_id, gint64 offset);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhStoreReader, oh_store_reader_free)

G_END_DECLS
