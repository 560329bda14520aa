/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What others than the proxy have to write. */
#include "config.h"
#include "oh-store.h"
#include "oh-store-orders-private.h"
#include "oh-store-sending-private.h"

#include <string.h>

static void
submit_number (OhStore *self, OhOrderKind kind, gint64 id, gint64 number)
{
  OhOrder *order = oh_order_new (kind, 0);

  order->id = id;
  order->number = number;
  oh_store_submit (self, order);
}

void
oh_store_update_run (OhStore *self, const OhRun *run)
{
  OhOrder *order;

  g_return_if_fail (OH_IS_STORE (self) && run != NULL);
  order = oh_order_new (OH_ORDER_UPDATE_RUN, OH_ORDER_SIZE);
  order->id = run->id;
  order->run = oh_run_copy (run);
  oh_store_submit (self, order);
}

void
oh_store_append_console (OhStore *self, gint64 run_id, GBytes *data)
{
  OhOrder *order;

  g_return_if_fail (OH_IS_STORE (self) && data != NULL);
  if (oh_store_is_full (self))
    return;
  order = oh_order_new (OH_ORDER_CONSOLE, g_bytes_get_size (data));
  order->id = run_id;
  order->data = g_bytes_ref (data);
  oh_store_submit (self, order);
}

void
oh_store_put_facts (OhStore *self, gint64 exchange_id, OhFacts *facts)
{
  OhOrder *order;

  g_return_if_fail (OH_IS_STORE (self) && facts != NULL);
  order = oh_order_new (OH_ORDER_FACTS, OH_ORDER_SIZE);
  order->id = exchange_id;
  order->facts = oh_facts_ref (facts);
  oh_store_submit (self, order);
}

void
oh_store_put_meaning (OhStore *self, OhMeaning *meaning)
{
  OhOrder *order;

  g_return_if_fail (OH_IS_STORE (self) && meaning != NULL);
  order = oh_order_new (OH_ORDER_MEANING, OH_ORDER_SIZE);
  order->meaning = oh_meaning_ref (meaning);
  oh_store_submit (self, order);
}

void
oh_store_put_searchable (OhStore *self, OhSearchable *searchable)
{
  OhOrder *order;

  g_return_if_fail (OH_IS_STORE (self) && searchable != NULL);
  order = oh_order_new (OH_ORDER_SEARCHABLE, searchable->sides[0]->len + searchable->sides[1]->len);
  order->searchable = searchable;
  oh_store_submit (self, order);
}

void
oh_store_set_muted (OhStore *self, gint64 notice_id, gboolean muted)
{
  g_return_if_fail (OH_IS_STORE (self));
  submit_number (self, OH_ORDER_MUTE, notice_id, muted != FALSE);
}

void
oh_store_set_pinned (OhStore *self, gint64 exchange_id, gboolean pinned)
{
  g_return_if_fail (OH_IS_STORE (self));
  submit_number (self, OH_ORDER_PIN, exchange_id, pinned != FALSE);
}

void
oh_store_clear (OhStore *self, gint64 run_id)
{
  g_return_if_fail (OH_IS_STORE (self));
  submit_number (self, OH_ORDER_CLEAR, run_id, 0);
}

void
oh_store_delete (OhStore *self, const gint64 *ids, guint n)
{
  OhOrder *order;

  g_return_if_fail (OH_IS_STORE (self) && ids != NULL);
  order = oh_order_new (OH_ORDER_DELETE, n * sizeof *ids);
  order->data = g_bytes_new (ids, n * sizeof *ids);
  oh_store_submit (self, order);
}

static void
submit_budget (OhStore *self, gint64 run_id, const OhBudget *budget, gboolean spent)
{
  OhOrder *order = oh_order_new (OH_ORDER_BUDGET, OH_ORDER_SIZE);

  order->id = run_id;
  order->number = spent;
  order->data = g_bytes_new (budget, sizeof *budget);
  oh_store_submit (self, order);
}

void
oh_store_limit_run (OhStore *self, gint64 run_id, const OhBudget *budget)
{
  g_return_if_fail (OH_IS_STORE (self) && budget != NULL);

  submit_budget (self, run_id, budget, FALSE);
}

void
oh_store_put_spent (OhStore *self, gint64 run_id, const OhBudget *budget)
{
  g_return_if_fail (OH_IS_STORE (self) && budget != NULL);

  submit_budget (self, run_id, budget, TRUE);
}

static void
submit_sending (OhStore *self, OhSendingStep step, gint64 number, const void *data, gsize length)
{
  OhOrder *order = oh_order_new (OH_ORDER_SENDING, length);

  order->id = step;
  order->number = number;
  order->data = data != NULL ? g_bytes_new (data, length) : NULL;
  oh_store_submit (self, order);
}

void
oh_store_set_sending (OhStore *self, gboolean on)
{
  g_return_if_fail (OH_IS_STORE (self));
  submit_sending (self, on ? OH_SENDING_ON : OH_SENDING_OFF, 0, NULL, 0);
}

void
oh_store_put_sent (OhStore *self, const OhDue *dues, guint n, guint lost)
{
  g_return_if_fail (OH_IS_STORE (self) && dues != NULL);
  submit_sending (self, OH_SENDING_SENT, lost, dues, n * sizeof *dues);
}

void
oh_store_put_sending_problem (OhStore *self, const char *problem, gboolean of_loss)
{
  g_return_if_fail (OH_IS_STORE (self));
  submit_sending (self, of_loss ? OH_SENDING_LOSING : OH_SENDING_FAILING, 0, problem, problem != NULL ? strlen (problem) + 1 : 0);
}
