/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page of the preferences about prices: how old they are, and the file of the user's own. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_PRICES_PAGE (oh_prices_page_get_type ())
G_DECLARE_FINAL_TYPE (OhPricesPage, oh_prices_page, OH, PRICES_PAGE, AdwPreferencesPage)

/* @data_dir: where the file belongs */
void oh_prices_page_set_data_dir (OhPricesPage *self, const char *data_dir);

G_END_DECLS
