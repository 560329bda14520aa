/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cells of rows that stand in columns. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* How many digits wide a column of costs is: "≈$0.0215+?". */
#define OH_COLUMNS_COST_DIGITS 10

/* A text of one line that takes the room it is given. */
GtkWidget *oh_columns_new_text (float xalign);
/* How wide a digit is in a widget's font, in pixels. */
int oh_columns_get_digit_width (GtkWidget *widget);

G_END_DECLS
