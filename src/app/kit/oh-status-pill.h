/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A short status with a symbol and a colour of its kind. */
#pragma once
#include "oh-words.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_STATUS_PILL (oh_status_pill_get_type ())
G_DECLARE_FINAL_TYPE (OhStatusPill, oh_status_pill, OH, STATUS_PILL, GtkWidget)

GtkWidget *oh_status_pill_new (void);
/* @text: (nullable): NULL: the symbol alone */
void oh_status_pill_set (OhStatusPill *self, OhStatusKind kind, const char *text);

/* Instead of the symbol of its kind, until it is set anew. @icon_name: static */
void oh_status_pill_set_icon (OhStatusPill *self, const char *icon_name);

G_END_DECLS
