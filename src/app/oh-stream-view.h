/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The events of an answer in the order they came, with their times; the selected one in full. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_STREAM_VIEW (oh_stream_view_get_type ())
G_DECLARE_FINAL_TYPE (OhStreamView, oh_stream_view, OH, STREAM_VIEW, AdwBin)

/* @view: (nullable) */
void oh_stream_view_set_view (OhStreamView *self, OhExchangeView *view);

G_END_DECLS
