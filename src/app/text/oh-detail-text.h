/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A long text in a window of its own, with find. */
#pragma once
#include <adwaita.h>

G_BEGIN_DECLS

/* @parent: a widget of the window that asks
 * @language: a GtkSourceView language id, or NULL */
void oh_detail_text_present (GtkWidget *parent, const char *title, const char *text, const char *language);

G_END_DECLS
