/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be done with exchanges, for the menus of the rows that stand for them. Actions of the frame around do it:
 * "exchange.…" and "browser.detail" to what is selected, "win.export-part" and "win.delete-part" to an OhPart by its name. */
#pragma once
#include "oh-engine.h"

G_BEGIN_DECLS

/* Of one, which is selected. (transfer full) */
GMenu *oh_exchange_menu_new (const OhExchange *exchange);
/* Copying what it is called (nullable), the search that finds it (nullable), exporting and deleting it: of what is more than
 * one exchange. */
void oh_exchange_menu_add_part (GMenu *menu, const char *part, const char *called, const char *term);

G_END_DECLS
