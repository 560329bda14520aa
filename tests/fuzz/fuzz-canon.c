/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The canonical form: what is JSON for the scanner is JSON here too, and space around it does not count. */
#include "config.h"
#include "oh-canon.h"
#include "oh-json-scan.h"

#include <string.h>

#define MAX_NESTING 100 /* well below what either gives up at */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const char *text = (const char *) data;
  g_autoptr (GString) plain = g_string_new (NULL);
  g_autoptr (GString) block = g_string_new (NULL);
  g_autoptr (GString) spaced = g_string_new (NULL);
  g_autoptr (GString) padded = g_string_new (" \n");
  g_autofree char *problem = NULL;
  gboolean sound = oh_canon_append (plain, text, (gssize) size, OH_CANON_VALUE);
  guint nesting = 0;
  OhJson value;

  g_assert_cmpint (oh_canon_append (block, text, (gssize) size, OH_CANON_BLOCK), ==, sound);
  g_assert_cmpint (oh_canon_append (block, text, (gssize) size, OH_CANON_PROMPT), ==, sound);
  g_string_append_len (padded, text, (gssize) size);
  g_string_append (padded, "\t ");
  g_assert_cmpint (oh_canon_append (spaced, padded->str, (gssize) padded->len, OH_CANON_VALUE), ==, sound);
  if (sound)
    g_assert_true (g_string_equal (plain, spaced));
  for (gsize i = 0; i < size; i++)
    nesting += text[i] == '[' || text[i] == '{';
  if (nesting < MAX_NESTING && oh_json_parse (text, size, &value, &problem))
    g_assert_true (sound);
  return 0;
}
