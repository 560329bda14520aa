/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is sound JSON for the scanner: every value of it is sound too, and strings survive a round trip. What is not is
 * walked all the same. */
#include "config.h"
#include "oh-json-scan.h"

#include <string.h>

#define DEPTH_MAX 100

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
walk (OhJson value, gboolean sound, guint depth)
{
  g_autofree char *text = oh_json_dup_string (value);
  OhJsonIter iter;
  OhJson key, member, again;
  const char *half, *nul;
  guint n = 0;

  if (sound)
    g_assert_true (oh_json_parse (value.text, value.length, &again, NULL) && again.length == value.length);
  if (text != NULL)
    {
      g_autoptr (GString) quoted = g_string_new (NULL);
      g_autofree char *back = NULL;

      g_assert_true (g_utf8_validate (text, -1, NULL));
      oh_json_quote (quoted, text, -1);
      g_assert_true (oh_json_parse (quoted->str, quoted->len, &again, NULL));
      back = oh_json_dup_string (again);
      g_assert_cmpstr (back, ==, text);
    }
  oh_json_get_int (value, 0);
  half = oh_json_find_half (value, &nul);
  g_assert_true (half == NULL || (*half == '\\' && half >= value.text && half + 6 <= value.text + value.length));
  /* A string that holds neither is taken out as it is. */
  if (sound && text != NULL && half == NULL && nul == NULL && g_utf8_validate_len (value.text, value.length, NULL) &&
      strstr (text, "\357\277\275") != NULL)
    g_assert_true (memmem (value.text, value.length, "\357\277\275", 3) != NULL ||
                   memmem (value.text, value.length, "\\u", 2) != NULL);
  oh_json_iter_init (&iter, value);
  while (depth < DEPTH_MAX && oh_json_iter_next (&iter, &key, &member) && n++ < 50)
    {
      g_assert_true (member.text > value.text && member.text + member.length <= value.text + value.length);
      if (sound)
        g_assert_cmpint (oh_json_get_kind (key), ==, iter.object ? OH_JSON_STRING : OH_JSON_NONE);
      walk (member, sound, depth + 1);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *problem = NULL;
  OhJson value;

  if (oh_json_parse ((const char *) data, size, &value, &problem))
    walk (value, TRUE, 0);
  else
    {
      g_assert_nonnull (problem);
      g_assert_true (g_utf8_validate (problem, -1, NULL));
      walk ((OhJson) { (const char *) data, size }, FALSE, DEPTH_MAX - 3);
    }
  return 0;
}
