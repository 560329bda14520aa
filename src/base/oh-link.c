/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-link.h"

#include <string.h>

static const char *const kinds[] = { [OH_LINK_CALL] = "call", [OH_LINK_RUN] = "run", [OH_LINK_TRACE] = "trace" };

gboolean
oh_link_parse (const char *text, OhLinkKind *kind, gint64 *id)
{
  static const char begin[] = OH_LINK_SCHEME "://";
  guint64 number;

  g_return_val_if_fail (text != NULL && kind != NULL && id != NULL, FALSE);

  if (g_ascii_strncasecmp (text, begin, strlen (begin)) != 0)
    return FALSE;
  text += strlen (begin);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      const gsize length = strlen (kinds[i]);

      if (!g_str_has_prefix (text, kinds[i]) || text[length] != '/'
          || !g_ascii_string_to_unsigned (text + length + 1, 10, 1, G_MAXINT64, &number, NULL))
        continue;
      *kind = (OhLinkKind) i;
      *id = (gint64) number;
      return TRUE;
    }
  return FALSE;
}

char *
oh_link_make (const char *kind, gint64 id)
{
  g_return_val_if_fail (kind != NULL, NULL);

  return g_strdup_printf (OH_LINK_SCHEME "://%s/%" G_GINT64_FORMAT, kind, id);
}
