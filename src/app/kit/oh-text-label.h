/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text to be read and selected: begins at the left, wraps anywhere. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* @css_class: (nullable). Returns: (transfer floating) */
GtkWidget *oh_text_label_new (const char *text, const char *css_class);

G_END_DECLS
