/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The request's and the answer's first line and header fields. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_HEADERS_VIEW (oh_headers_view_get_type ())
/* An OhDetailPage. */
G_DECLARE_FINAL_TYPE (OhHeadersView, oh_headers_view, OH, HEADERS_VIEW, AdwBin)

G_END_DECLS
