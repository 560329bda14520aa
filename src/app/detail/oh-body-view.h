/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One body, request's or answer's, in the ways that suit what it is. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_BODY_VIEW (oh_body_view_get_type ())
G_DECLARE_FINAL_TYPE (OhBodyView, oh_body_view, OH, BODY_VIEW, AdwBin)

/* An OhDetailPage.
 * Signals: "show-stream": the user wants to see the events one by one. */
/* Which body; the request's, if it is not said. */
void oh_body_view_set_side (OhBodyView *self, OhSide side);
/* Opens the text with its find bar; FALSE where there is no text. */
gboolean oh_body_view_find (OhBodyView *self);

G_END_DECLS
