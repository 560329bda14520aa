/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a window tells those who hear it what happens without the focus moving. Takes no room. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_ANNOUNCER (oh_announcer_get_type ())
G_DECLARE_FINAL_TYPE (OhAnnouncer, oh_announcer, OH, ANNOUNCER, GtkWidget)

/* Tells assistive technologies. @widget: in a window that has an announcer; elsewhere nothing is told.
 * @words: plain text, a sentence */
void oh_announce (GtkWidget *widget, const char *words);
/* Tells everybody: a toast shows the words, too, where there is an overlay of toasts above @widget. */
void oh_say (GtkWidget *widget, const char *words);

G_END_DECLS
