/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The events of an answer in the order they came, with their times; the selected one in full. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_STREAM_VIEW (oh_stream_view_get_type ())
G_DECLARE_FINAL_TYPE (OhStreamView, oh_stream_view, OH, STREAM_VIEW, AdwBin)

/* @view: (nullable) */
void oh_stream_view_set_view (OhStreamView *self, OhExchangeView *view);
/* Marks what is searched for. @words: (nullable) */
void oh_stream_view_set_words (OhStreamView *self, OhSearchWords *words);
/* Goes to a match in an event. @nth: from 0 */
void oh_stream_view_show_match (OhStreamView *self, guint event, guint nth);

G_END_DECLS
