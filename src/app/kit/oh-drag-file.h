/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file that is dragged out of a widget. It is not written before somebody has taken it: on a worker, into a folder of this
 * user's alone that goes with the program. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Writes the file; on a worker. */
typedef gboolean (*OhDragWriteFunc) (const char *path, gpointer data, GError **error);

typedef struct
{
  char *name;       /* of the file, without a folder */
  gboolean text;    /* it is text, valid UTF-8: who wants no file gets that */
  OhDragWriteFunc write;
  gpointer data;
  GDestroyNotify free_data;
} OhDragFile;

/* What is dragged from there, or NULL: nothing. @x, @y: in @widget. (transfer full) */
typedef OhDragFile *(*OhDragAskFunc) (GtkWidget *widget, double x, double y, gpointer data);

/* @data: has to live as long as @widget */
void oh_drag_file_attach (GtkWidget *widget, OhDragAskFunc ask, gpointer data);
/* What a drag would bring. @file: (transfer full) */
GdkContentProvider *oh_drag_file_provide (OhDragFile *file);
/* As the program ends: removes what was dragged out of it. */
void oh_drag_file_clean (void);

G_END_DECLS
