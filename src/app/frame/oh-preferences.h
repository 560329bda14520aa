/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The preferences. Whoever owns the engine listens to the settings. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_PREFERENCES (oh_preferences_get_type ())
G_DECLARE_FINAL_TYPE (OhPreferences, oh_preferences, OH, PREFERENCES, AdwPreferencesWindow)

/* @engine: (nullable): checks what is typed */
GtkWidget *oh_preferences_new (GtkWindow *parent, OhEngine *engine);

G_END_DECLS
