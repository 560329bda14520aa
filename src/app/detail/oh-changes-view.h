/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a call changed against the one before it in its conversation: messages, system prompt, tools, parameters. The
 * call before is a link, by the action "exchange.select" (int64) of a widget around it. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_CHANGES_VIEW (oh_changes_view_get_type ())
G_DECLARE_FINAL_TYPE (OhChangesView, oh_changes_view, OH, CHANGES_VIEW, AdwBin)

/* An OhDetailPage.
 * Property "count" (int): messages that are new in the call; -1: not known, or no call before. */
int oh_changes_view_get_count (OhChangesView *self);
/* Compares one exchange with another than the call before. @before_id: 0: no longer */
void oh_changes_view_set_before (OhChangesView *self, gint64 exchange_id, gint64 before_id);

G_END_DECLS
