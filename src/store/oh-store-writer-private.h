/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store's thread does: takes orders into memory (which cannot fail), then writes everything that is due in one
 * transaction (which can, and is then tried again with nothing lost). One thread. */
#pragma once
#include "oh-body-private.h"
#include "oh-capture.h"
#include "oh-run.h"
#include "oh-searchable.h"
#include "oh-trace.h"

G_BEGIN_DECLS

typedef enum
{
  OH_ORDER_CAPTURE,
  OH_ORDER_FACTS,
  OH_ORDER_MEANING,
  OH_ORDER_SEARCHABLE,
  OH_ORDER_MUTE,
  OH_ORDER_PIN,
  OH_ORDER_ADD_RUN,
  OH_ORDER_UPDATE_RUN,
  OH_ORDER_CONSOLE,
  OH_ORDER_CLEAR,
  OH_ORDER_DELETE,
  OH_ORDER_BARRIER,
} OhOrderKind;

/* Someone who waits for an order. Guarded by the store's lock. */
typedef struct
{
  gatomicrefcount refs;
  gboolean done;
  gboolean abandoned;
  gint64 result;
} OhWaiter;

typedef struct
{
  OhOrderKind kind;
  gsize size; /* what it counts against the queue's bound */
  OhCapture *capture;
  gint64 id;     /* of an exchange, a run or a notice; ADD_RUN: the provisional one */
  gint64 number; /* PIN, MUTE: whether; CAPTURE: OhGap of what was dropped */
  OhFacts *facts;
  OhMeaning *meaning;
  OhSearchable *searchable;
  OhRun *run;
  GBytes *data; /* CONSOLE: output; DELETE: gint64 ids */
  OhWaiter *waiter;
} OhOrder;

typedef struct _OhWriter OhWriter;

OhOrder *oh_order_new (OhOrderKind kind, gsize size);
void oh_order_free (OhOrder *self);
gboolean oh_order_is_deletion (const OhOrder *self);
/* Whether somebody waits for it. */
gboolean oh_order_is_urgent (const OhOrder *self);
OhWaiter *oh_waiter_new (void);
OhWaiter *oh_waiter_ref (OhWaiter *self);
void oh_waiter_unref (OhWaiter *self);

/* Called by oh_writer_settle() for each order that someone waits for. */
typedef void (*OhOrderFunc) (OhOrder *order, gint64 result, gpointer data);

OhWriter *oh_writer_new (OhDb *db, gint64 writer_id, OhOrderFunc done, gpointer data);
void oh_writer_free (OhWriter *self);
OhPartWriter *oh_writer_get_part_writer (OhWriter *self);
/* @order: (transfer full) */
void oh_writer_absorb (OhWriter *self, OhOrder *order);
/* Writes what is due at @now_ns (everything if @all). Returns: FALSE if the transaction failed: db->error. Everything
 * is as before then. */
gboolean oh_writer_commit (OhWriter *self, gint64 now_ns, gboolean all);
/* After a commit: lets go of what it wrote and tells those who wait for it. */
void oh_writer_settle (OhWriter *self);
/* When the next commit is due (monotonic), G_MAXINT64 if there is nothing to write. */
gint64 oh_writer_get_due (OhWriter *self);
/* Indexes some of the texts, at least one, in a transaction of its own.
 * @all: all are wanted, and soon
 * Returns: FALSE if there were none, or it failed (then they are kept for later). */
gboolean oh_writer_index (OhWriter *self, gboolean all);
/* Puts the index in order, some milliseconds' work. Returns: whether there is more to do. */
gboolean oh_writer_tidy (OhWriter *self);
/* When that should be called next (monotonic), G_MAXINT64 if there is nothing to do. */
gint64 oh_writer_get_tidy_due (OhWriter *self);
/* Makes what searches skip by, a little at a time. @idle: there is nothing else to do; @pace: oh_store_get_pace()
 * Returns: FALSE if it is not the time. */
gboolean oh_writer_make_zones (OhWriter *self, gboolean idle, guint pace);
/* When that should be called next (monotonic). */
gint64 oh_writer_get_zones_due (OhWriter *self);
/* When oh_writer_index() should be called next (monotonic), G_MAXINT64 if there is nothing to index. */
gint64 oh_writer_get_index_due (OhWriter *self);
/* Bytes of orders that have been committed or given up since the last call. */
gsize oh_writer_take_released (OhWriter *self);
/* Gives up everything that is not committed. Returns: how many exchanges lost something. */
guint oh_writer_give_up (OhWriter *self);
/* Whether the last commit changed what readers see. */
gboolean oh_writer_has_changed (OhWriter *self);

G_END_DECLS
