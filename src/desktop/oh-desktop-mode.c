/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-desktop.h"

#include <string.h>

static const char *const modes[] = { "auto", "manual" };

const char *
oh_desktop_mode_to_string (OhDesktopMode mode)
{
  g_return_val_if_fail (mode < G_N_ELEMENTS (modes), NULL);
  return modes[mode];
}

gboolean
oh_desktop_mode_from_string (const char *text, OhDesktopMode *mode)
{
  g_return_val_if_fail (text != NULL && mode != NULL, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    if (strcmp (text, modes[i]) == 0)
      {
        *mode = i;
        return TRUE;
      }
  return FALSE;
}
