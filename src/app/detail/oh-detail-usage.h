/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line under the panes: tokens in and out, what the cache did, times, how it ended. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_DETAIL_USAGE (oh_detail_usage_get_type ())
G_DECLARE_FINAL_TYPE (OhDetailUsage, oh_detail_usage, OH, DETAIL_USAGE, GtkBox)

/* @view: (nullable) */
void oh_detail_usage_set_view (OhDetailUsage *self, OhExchangeView *view);

G_END_DECLS
