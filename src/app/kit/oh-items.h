/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of objects that stay the same ones while what they show is read anew. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* Makes @store hold @items, without touching those at both ends that are there already: what is selected or unfolded among
 * them stays. */
void oh_items_put (GListStore *store, GPtrArray *items);

G_END_DECLS
