/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes as a hex dump of any size: a row is made when it is shown. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* (transfer floating) */
GtkWidget *oh_body_view_hex_new (GBytes *data);
/* Row @row: offset, 16 bytes, what of them is ASCII. (transfer full) */
char *oh_body_view_hex_row (GBytes *data, gsize row);

G_END_DECLS
