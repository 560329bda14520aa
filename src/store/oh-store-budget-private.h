/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
#include "oh-budget.h"
#include "oh-db-private.h"

G_BEGIN_DECLS

/* @spent: what was used, or what may be */
void oh_store_budget_write (OhDb *db, gint64 run_id, const OhBudget *budget, gboolean spent);

G_END_DECLS
