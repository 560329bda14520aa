/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids of exchanges in the order they started. Neighbours nearly always have neighbouring numbers, so only where that ends
 * something has to be kept: a list of a million rows takes a few bytes. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

#define OH_EXCHANGE_IDS_NOWHERE G_MAXUINT

typedef struct _OhExchangeIds OhExchangeIds;

OhExchangeIds *oh_exchange_ids_new (void);
void oh_exchange_ids_free (OhExchangeIds *self);
/* (transfer full) */
OhExchangeIds *oh_exchange_ids_copy (const OhExchangeIds *self);
guint oh_exchange_ids_get_length (const OhExchangeIds *self);
/* @position: less than the length */
gint64 oh_exchange_ids_get (const OhExchangeIds *self, guint position);
/* @position: at most the length */
void oh_exchange_ids_insert (OhExchangeIds *self, guint position, gint64 id);
void oh_exchange_ids_append (OhExchangeIds *self, gint64 id);
/* Puts the first @n of @other before the first. */
void oh_exchange_ids_prepend (OhExchangeIds *self, const OhExchangeIds *other, guint n);
/* Turns the order around: what was found newest first begins with the oldest then. */
void oh_exchange_ids_reverse (OhExchangeIds *self);
/* Of ids that grow, but for those that are near each other, or that jump seldom.
 * Returns: OH_EXCHANGE_IDS_NOWHERE where it is missing. */
guint oh_exchange_ids_find (const OhExchangeIds *self, gint64 id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhExchangeIds, oh_exchange_ids_free)

G_END_DECLS
