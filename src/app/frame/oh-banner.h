/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A strip across the window that says what happened, what was lost and what to do. */
#pragma once
#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_BANNER (oh_banner_get_type ())
G_DECLARE_FINAL_TYPE (OhBanner, oh_banner, OH, BANNER, AdwBin)

/* @title: (nullable): in bold, before @text
 * @error: something is being lost; else something to know */
void oh_banner_show (OhBanner *self, const char *title, const char *text, gboolean error);
void oh_banner_hide (OhBanner *self);

G_END_DECLS
