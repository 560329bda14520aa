/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Rate limits pane: what is left of each bucket, how that went, and which calls were retried. */
#pragma once
#include "oh-pane.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_LIMITS (oh_limits_get_type ())
G_DECLARE_FINAL_TYPE (OhLimits, oh_limits, OH, LIMITS, AdwBin)

G_END_DECLS
