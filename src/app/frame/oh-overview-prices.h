/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page of the preferences about prices: how old they are, and the file of the user's own. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_OVERVIEW_PRICES (oh_overview_prices_get_type ())
G_DECLARE_FINAL_TYPE (OhOverviewPrices, oh_overview_prices, OH, OVERVIEW_PRICES, AdwPreferencesPage)

/* @data_dir: where the file belongs */
void oh_overview_prices_set_data_dir (OhOverviewPrices *self, const char *data_dir);

G_END_DECLS
