/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-token.h"

#include <string.h>
#include <sys/random.h>

char *
oh_token_new (void)
{
  guint8 bytes[16];
  GString *hex = g_string_sized_new (2 * sizeof bytes);

  if (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    g_error ("The kernel gave no random bytes");
  for (gsize i = 0; i < sizeof bytes; i++)
    g_string_append_printf (hex, "%02x", bytes[i]);
  return g_string_free (hex, FALSE);
}

gboolean
oh_token_equal (const char *a, const char *b)
{
  gsize length;
  guint8 difference = 0;

  if (a == NULL || b == NULL)
    return FALSE;
  length = strlen (a);
  if (strlen (b) != length)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    difference |= (guint8) (a[i] ^ b[i]);
  return difference == 0;
}
