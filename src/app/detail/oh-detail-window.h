/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One exchange in a window of its own. */
#pragma once
#include "oh-detail.h"

G_BEGIN_DECLS

#define OH_TYPE_DETAIL_WINDOW (oh_detail_window_get_type ())
G_DECLARE_FINAL_TYPE (OhDetailWindow, oh_detail_window, OH, DETAIL_WINDOW, AdwApplicationWindow)

/* @search: what is searched for in it from the start; "": nothing */
void oh_detail_window_present (GtkApplication *app, OhEngine *engine, gint64 exchange_id, const char *search);

G_END_DECLS
