/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tabs of a stack. Where there is no room for all, those that fit are there, whole, and the open one is always among
 * them; a menu has the others. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_TAB_STRIP (oh_tab_strip_get_type ())
G_DECLARE_FINAL_TYPE (OhTabStrip, oh_tab_strip, OH, TAB_STRIP, GtkWidget)

/* Property "stack" (GtkStack): whose pages they are; it stays the same. */

G_END_DECLS
