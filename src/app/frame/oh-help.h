/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's guide. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Opens the guide: in the desktop's viewer of help, or as web pages where there is none.
 * @window: that it stands over
 * @page: the name of a page, as help/C has it; NULL: the first one. One that there is not opens the first, too. */
void oh_help_show (GtkWindow *window, const char *page);

G_END_DECLS
