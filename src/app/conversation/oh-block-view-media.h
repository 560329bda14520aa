/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images and documents, from a message or a body: decoded off the main thread, opened and saved on request. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A picture with its size in words; a click shows it in full. */
GtkWidget *oh_block_view_media_new_image (GBytes *data, const char *media_type);
/* A card with Open and Save….
 * @title: (nullable) */
GtkWidget *oh_block_view_media_new_document (GBytes *data, const char *media_type, const char *title);
/* Asks where, and writes. @name: suggested */
void oh_block_view_media_save (GtkWidget *parent, GBytes *data, const char *name);
/* ".png", ".pdf", …; ".bin" for what is not known. */
const char *oh_block_view_media_extension (const char *media_type);

G_END_DECLS
