/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of header fields that was read from text is written and read again: nothing may change any more. */
#include "config.h"
#include "oh-headers.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (OhHeaders) headers = oh_headers_new_from_string (text);
  g_autofree char *once = oh_headers_to_string (headers);
  g_autoptr (OhHeaders) again = oh_headers_new_from_string (once);
  g_autofree char *twice = oh_headers_to_string (again);

  g_assert_cmpstr (once, ==, twice);
  g_assert_cmpuint (oh_headers_get_length (headers), ==, oh_headers_get_length (again));
  for (guint i = 0; i < oh_headers_get_length (headers); i++)
    {
      const char *name, *value;

      oh_headers_get_nth (headers, i, &name, &value);
      g_assert_nonnull (oh_headers_get_one (headers, name));
    }
  return 0;
}
