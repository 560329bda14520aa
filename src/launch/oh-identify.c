/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch-private.h"

#include <string.h>

#define TOKEN "OVERHEAR_TOKEN="

char *
oh_launch_read_token (gint64 pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/environ", pid);
  g_autofree char *environment = NULL;
  gsize length;

  if (!g_file_get_contents (path, &environment, &length, NULL))
    return NULL;
  for (const char *entry = environment; entry < environment + length; entry += strlen (entry) + 1)
    if (g_str_has_prefix (entry, TOKEN))
      return g_strdup (entry + strlen (TOKEN));
  return NULL;
}
