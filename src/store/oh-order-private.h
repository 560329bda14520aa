/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thing that the store's thread is to do, and someone who waits for it. */
#pragma once
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
  OH_ORDER_BUDGET,
  OH_ORDER_CONSOLE,
  OH_ORDER_CLEAR,
  OH_ORDER_DELETE,
  OH_ORDER_SENDING,
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
  gint64 number; /* PIN, MUTE: whether; BUDGET: whether what was spent; CAPTURE: OhGap of what was dropped */
  OhFacts *facts;
  OhMeaning *meaning;
  OhSearchable *searchable;
  OhRun *run;
  GBytes *data; /* CONSOLE: output; DELETE: gint64 ids; BUDGET: an OhBudget; SENDING: see OhSendingStep */
  OhWaiter *waiter;
} OhOrder;

OhOrder *oh_order_new (OhOrderKind kind, gsize size);
void oh_order_free (OhOrder *self);
gboolean oh_order_is_deletion (const OhOrder *self);
/* Whether it says what an exchange means. */
gboolean oh_order_is_insight (const OhOrder *self);
/* Whether somebody waits for it. */
gboolean oh_order_is_urgent (const OhOrder *self);
OhWaiter *oh_waiter_new (void);
OhWaiter *oh_waiter_ref (OhWaiter *self);
void oh_waiter_unref (OhWaiter *self);

G_END_DECLS
