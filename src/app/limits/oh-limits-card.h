/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One rate-limit bucket: what is left of it, and when it is full again, counting down. */
#pragma once
#include "oh-limits-data.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_LIMITS_CARD (oh_limits_card_get_type ())
G_DECLARE_FINAL_TYPE (OhLimitsCard, oh_limits_card, OH, LIMITS_CARD, GtkBox)

GtkWidget *oh_limits_card_new (void);
/* @bucket: read, not kept */
void oh_limits_card_set (OhLimitsCard *self, const OhLimitsBucket *bucket);
/* Shows what holds by now. */
void oh_limits_card_tick (OhLimitsCard *self);

G_END_DECLS
