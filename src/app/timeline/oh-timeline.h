/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pane that lists every exchange in the order they started. */
#pragma once
#include "oh-list-pane.h"

G_BEGIN_DECLS

#define OH_TYPE_TIMELINE (oh_timeline_get_type ())
G_DECLARE_FINAL_TYPE (OhTimeline, oh_timeline, OH, TIMELINE, OhListPane)

G_END_DECLS
