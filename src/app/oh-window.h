/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window: sidebar, pane over console, detail. */
#pragma once
#include "oh-application.h"

G_BEGIN_DECLS

#define OH_TYPE_WINDOW (oh_window_get_type ())
G_DECLARE_FINAL_TYPE (OhWindow, oh_window, OH, WINDOW, AdwApplicationWindow)

OhWindow *oh_window_new (OhApplication *application);

G_END_DECLS
