/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids of what a list shows, in its order. Neighbours of a list of exchanges nearly always have neighbouring numbers, so only
 * where that ends something has to be kept: a list of a million rows takes a few bytes. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

#define OH_ID_LIST_NOWHERE G_MAXUINT

typedef struct _OhIdList OhIdList;

OhIdList *oh_id_list_new (void);
void oh_id_list_free (OhIdList *self);
/* (transfer full) */
OhIdList *oh_id_list_copy (const OhIdList *self);
guint oh_id_list_get_length (const OhIdList *self);
/* @position: less than the length */
gint64 oh_id_list_get (const OhIdList *self, guint position);
/* @position: at most the length */
void oh_id_list_insert (OhIdList *self, guint position, gint64 id);
void oh_id_list_append (OhIdList *self, gint64 id);
/* Puts the first @n of @other before the first. */
void oh_id_list_prepend (OhIdList *self, const OhIdList *other, guint n);
/* Turns the order around: what was found newest first begins with the oldest then. */
void oh_id_list_reverse (OhIdList *self);
void oh_id_list_remove (OhIdList *self, guint position);
/* Becomes another list. @other: (transfer full); @position: (out): where it differs from before, as far as it does: what
 * both have at their ends stays. */
void oh_id_list_take (OhIdList *self, OhIdList *other, guint *position, guint *removed, guint *added);
/* At once where ids grow, as they nearly always do. Returns: OH_ID_LIST_NOWHERE where it is missing. */
guint oh_id_list_find (const OhIdList *self, gint64 id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhIdList, oh_id_list_free)

G_END_DECLS
