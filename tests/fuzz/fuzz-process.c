/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What /proc says of a process, which it has written itself for the most part. The first byte chooses: the rest is a list of
 * control groups, a line of stat, or words of a command line between NULs. */
#include "config.h"
#include "oh-process-private.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
name (const guint8 *data, gsize size)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *text = g_malloc (size + 1);
  g_auto (GStrv) argv = NULL;
  g_autofree char *found = NULL;
  g_autofree char *line = NULL;

  memcpy (text, data, size);
  text[size] = '\0';
  for (gsize at = 0; at < size; at += strlen (text + at) + 1)
    g_strv_builder_add (builder, text + at);
  argv = g_strv_builder_end (builder);
  found = oh_process_make_name (argv[0], (const char *const *) argv, argv[0] != NULL ? argv[1] : NULL);
  g_assert_true (*found != '\0' && g_utf8_validate (found, -1, NULL));
  line = oh_process_join ((const char *const *) argv);
  g_assert_true (g_utf8_validate (line, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = size > 0 ? g_strndup ((const char *) data + 1, size - 1) : NULL;
  guint64 started;
  gint64 parent;

  if (text == NULL)
    return 0;
  if (*data % 3 == 0)
    {
      g_autofree char *app = oh_process_parse_app (text);

      g_assert_true (app == NULL || (*app != '\0' && strchr (app, '/') == NULL && g_utf8_validate (app, -1, NULL)));
    }
  else if (*data % 3 == 1)
    oh_process_parse_stat (text, &parent, &started);
  else
    name (data + 1, size - 1);
  return 0;
}
