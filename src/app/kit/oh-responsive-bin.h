/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lets its child be as narrow as a telephone: it says how much room there is, and whoever listens rearranges the child.
 * Until that has happened, what does not fit is cut off. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef enum
{
  OH_ROOM_NARROW,  /* one column: the detail takes the place of the list */
  OH_ROOM_STACKED, /* the detail below the list */
  OH_ROOM_BESIDE,  /* the detail beside the list, the sidebar over them when it is wanted */
  OH_ROOM_WIDE,    /* three columns */
} OhRoom;

#define OH_TYPE_RESPONSIVE_BIN (oh_responsive_bin_get_type ())
G_DECLARE_FINAL_TYPE (OhResponsiveBin, oh_responsive_bin, OH, RESPONSIVE_BIN, GtkWidget)

/* Properties: "child". Signals: "room-changed". */
OhRoom oh_responsive_bin_get_room (OhResponsiveBin *self);

G_END_DECLS
