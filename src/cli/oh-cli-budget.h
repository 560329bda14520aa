/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Budgets on the command line: their options, and what is said of one at the end. */
#pragma once
#include "oh-engine.h"

G_BEGIN_DECLS

/* As the options give them; each may be NULL. */
typedef struct
{
  char *limits[OH_BUDGET_KINDS];
  char *over;
} OhCliBudgetOptions;

void oh_cli_budget_options_clear (OhCliBudgetOptions *self);
/* Sets what they name in @budget. Returns: FALSE after complaining. */
gboolean oh_cli_budget_read (const OhCliBudgetOptions *self, OhBudget *budget);
/* Says on standard error that the run's budget was reached, if it was.
 * Returns: FALSE if it was exceeded. */
gboolean oh_cli_budget_tell_end (OhStoreReader *reader, gint64 run_id);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhCliBudgetOptions, oh_cli_budget_options_clear)

G_END_DECLS
