/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Says that calls of a run wait because its budget is used up, and asks what becomes of them. Hidden while none waits. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_BUDGET_BANNER (oh_budget_banner_get_type ())
G_DECLARE_FINAL_TYPE (OhBudgetBanner, oh_budget_banner, OH, BUDGET_BANNER, AdwBin)

/* @engine: (nullable) */
void oh_budget_banner_set_engine (OhBudgetBanner *self, OhEngine *engine);

G_END_DECLS
