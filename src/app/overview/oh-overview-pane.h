/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Overview pane: what all the calls come to, over a day, a week or all time; findings; the latest traces. */
#pragma once
#include "oh-pane.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_OVERVIEW_PANE (oh_overview_pane_get_type ())
G_DECLARE_FINAL_TYPE (OhOverviewPane, oh_overview_pane, OH, OVERVIEW_PANE, AdwBin)

G_END_DECLS
