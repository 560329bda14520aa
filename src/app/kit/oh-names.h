/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* What GTK 4.8 and libadwaita 1.2 leave without a name, or name by its type, gets the name that a person sees: drop-downs,
 * expanders, buttons whose label has a mnemonic. Pictures that say nothing of their own are passed over.
 * Call once, when GTK has begun; it holds for each widget from then on, also for those within others. */
void oh_names_begin (void);

/* @widget is called what the labels in it say, now and later, one after the other.
 * @widget: such as what a list has around each row, from the first time that it is bound */
void oh_names_from_within (GtkWidget *widget);

G_END_DECLS
