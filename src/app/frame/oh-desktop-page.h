/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The preferences of listening to the whole desktop. */
#pragma once
#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_DESKTOP_PAGE (oh_desktop_page_get_type ())
G_DECLARE_FINAL_TYPE (OhDesktopPage, oh_desktop_page, OH, DESKTOP_PAGE, AdwPreferencesPage)

G_END_DECLS
