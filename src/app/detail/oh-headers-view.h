/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The request's and the answer's first line and header fields. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_HEADERS_VIEW (oh_headers_view_get_type ())
G_DECLARE_FINAL_TYPE (OhHeadersView, oh_headers_view, OH, HEADERS_VIEW, AdwBin)

/* @view: (nullable) */
void oh_headers_view_set_view (OhHeadersView *self, OhExchangeView *view);
/* Marks what is searched for. @words: (nullable) */
void oh_headers_view_set_words (OhHeadersView *self, OhSearchWords *words);
/* Goes to a match, from 0. */
void oh_headers_view_show_match (OhHeadersView *self, guint nth);

G_END_DECLS
