/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where conversations end, and which calls say what others say again: a request carries all that was said before it. Told
 * of some exchanges, it answers for these. */
#pragma once
#include "oh-exchange.h"

G_BEGIN_DECLS

typedef struct _OhEnds OhEnds;

OhEnds *oh_ends_new (void);
void oh_ends_free (OhEnds *self);
/* All of them before the first question. @row: (nullable) with its place; one without is nothing of a conversation */
void oh_ends_add (OhEnds *self, const OhExchange *row);
/* Whether a conversation, or a branch of it, ends there: no other goes on from it, but for what is said aside. Of a call
 * that was tried again only the last attempt, and nothing that was said aside. */
gboolean oh_ends_is_end (OhEnds *self, gint64 id);
/* Whether all that is said there stands in another one too: it goes on from it, or is a later attempt. */
gboolean oh_ends_is_carried (OhEnds *self, gint64 id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhEnds, oh_ends_free)

G_END_DECLS
