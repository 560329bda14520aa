/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One exchange: conversation, request, response, headers, timing, stream. The frame around it only ever says which. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_DETAIL (oh_detail_get_type ())
G_DECLARE_FINAL_TYPE (OhDetail, oh_detail, OH, DETAIL, AdwBin)

/* Signals: "matches-changed": how many matches there are, or which is looked at.
 * It is an OhMatchable: its matches are those of the page that is open, and a step leads to the first page that has one
 * where this has none. */
GtkWidget *oh_detail_new (void);
/* @engine: (nullable) only with @exchange_id 0
 * @exchange_id: 0: none */
void oh_detail_set_exchange (OhDetail *self, OhEngine *engine, gint64 exchange_id);
/* It stands in a window of its own: there is no button for that any more. */
void oh_detail_set_detached (OhDetail *self);
/* Shows a view that came from elsewhere than an engine. @view: (nullable) */
void oh_detail_set_view (OhDetail *self, OhExchangeView *view);
/* The page that is open, by a stable name: "conversation", "changes", "request", "response", "headers", "timing", "stream". Kept
 * from one exchange to the next. */
const char *oh_detail_get_page (OhDetail *self);
void oh_detail_set_page (OhDetail *self, const char *page);

/* Opens the page of the changes, against that call; until another exchange is shown. */
void oh_detail_compare (OhDetail *self, gint64 before_id);

/* Marks what is searched for, and counts it. @words: (nullable) */
void oh_detail_set_words (OhDetail *self, OhSearchWords *words);/* Gives the keyboard to what is read, not to the bar above it. Returns: FALSE where nothing takes it. */
gboolean oh_detail_enter (OhDetail *self);

G_END_DECLS
