/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Objects that are shown: lists of them that stay the same while they are read anew, and one that is followed. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* Makes @store hold @items, without touching those at both ends that are there already: what is selected or unfolded among
 * them stays. */
void oh_items_put (GListStore *store, GPtrArray *items);
/* The same with at most @most that are added, where none is taken away. Returns: whether it holds all now. */
gboolean oh_items_put_some (GListStore *store, GPtrArray *items, guint most);

/* Puts @object, which may be NULL, in @place, and has @callback called with @self alone whenever it emits @signal, as what was
 * in @place does no more. */
void oh_follow (gpointer place, gpointer object, const char *signal, GCallback callback, gpointer self);

G_END_DECLS
