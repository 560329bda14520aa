/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The events of an answer in the order they came, with their times; the selected one in full. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_STREAM_VIEW (oh_stream_view_get_type ())
/* An OhDetailPage. */
G_DECLARE_FINAL_TYPE (OhStreamView, oh_stream_view, OH, STREAM_VIEW, AdwBin)

G_END_DECLS
