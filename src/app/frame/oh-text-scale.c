/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-text-scale.h"

#include "oh-settings.h"

#include <gtk/gtk.h>
#include <math.h>

#define KEY "text-scale"
#define LEAST 0.5
#define MOST 3.0
#define STEP 0.1
/* What GTK takes where nobody says anything, in 1024ths of a dot per inch. */
#define USUAL_DPI (96 * 1024)

static void
apply (void)
{
  GtkSettings *settings = gtk_settings_get_default ();
  const double scale = g_settings_get_double (oh_settings_get (), KEY);
  int dpi;

  gtk_settings_reset_property (settings, "gtk-xft-dpi");
  if (scale == 1)
    return;
  g_object_get (settings, "gtk-xft-dpi", &dpi, NULL);
  g_object_set (settings, "gtk-xft-dpi", (int) lround ((dpi > 0 ? dpi : USUAL_DPI) * scale), NULL);
}

void
oh_text_scale_follow (void)
{
  g_signal_connect (oh_settings_get (), "changed::" KEY, G_CALLBACK (apply), NULL);
  apply ();
}

void
oh_text_scale_step (int direction)
{
  const double now = g_settings_get_double (oh_settings_get (), KEY);
  const double next = direction == 0 ? 1 : round (now / STEP + direction) * STEP;

  g_settings_set_double (oh_settings_get (), KEY, CLAMP (next, LEAST, MOST));
}
