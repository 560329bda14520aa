/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps runs within their budgets (OhBudget). The proxy asks it of each request. Calls are counted as they are let go, so
 * that not one too many goes, however many come at once. Tokens and dollars are known only from answers: with such a limit
 * a call waits until all that was captured before has been understood, and calls that go on at the same time count as far as
 * they are known; they are not cut, so that they may still go over. Has a thread of its own, which reads. */
#pragma once
#include "oh-budget.h"
#include "oh-engine.h"
#include "oh-insight.h"
#include "oh-proxy.h"

G_BEGIN_DECLS

typedef struct _OhGuard OhGuard;

/* Told in the default main context. @sentence: for people */
typedef void (*OhGuardNewsFunc) (gint64 run_id, OhBudgetNews news, const char *sentence, gpointer data);

/* @engine: data of @news; not kept alive, only until oh_guard_stop() */
OhGuard *oh_guard_new (OhStore *store, OhInsight *insight, OhProxy *proxy, OhGuardNewsFunc news, OhEngine *engine);
/* It decides nothing more, and tells nothing. Before insight stops, and after the proxy. Blocks. */
void oh_guard_stop (OhGuard *self);
void oh_guard_free (OhGuard *self);
/* From now on that run has this budget, which changes as the store says. */
void oh_guard_add (OhGuard *self, gint64 run_id, const OhBudget *budget);
/* The store has changed. */
void oh_guard_look (OhGuard *self);
/* Blocks until it has looked at all there is, and said so in the store. */
void oh_guard_flush (OhGuard *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhGuard, oh_guard_free)

G_END_DECLS
