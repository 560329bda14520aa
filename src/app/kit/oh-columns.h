/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cells of rows that stand in columns. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A text of one line that takes the room it is given. */
GtkWidget *oh_columns_new_text (float xalign);
/* A row is as high as its highest cell, and takes any width. */
void oh_columns_measure_row (GtkWidget *row, GtkWidget *const *cells, guint n, GtkOrientation orientation, int *minimum,
                             int *natural);
/* How wide a digit is in a widget's font, in pixels. */
int oh_columns_get_digit_width (GtkWidget *widget);

G_END_DECLS
