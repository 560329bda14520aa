/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cause.h"

#include <string.h>

/* A saying's parts begin with a control character: the next one, 1e, or an argument, 1f, with its name and a blank. */
char *
oh_cause_new (const char *saying, gint64 *measure)
{
  GString *cause;
  gboolean measured = FALSE;

  *measure = 0;
  if (saying == NULL)
    return NULL;
  cause = g_string_new (NULL);
  while (*saying != '\0')
    {
      const gsize length = 1 + strcspn (saying + 1, "\x1e\x1f");
      const char *blank = *saying == '\x1f' ? memchr (saying, ' ', length) : NULL;
      const gsize name = blank != NULL ? (gsize) (blank - saying) + 1 : length;
      const gboolean number = name < length && strspn (saying + name, "-0123456789") == length - name;

      g_string_append_len (cause, saying, (gssize) (number ? name : length));
      if (number && !measured)
        *measure = g_ascii_strtoll (saying + name, NULL, 10);
      measured = measured || number;
      saying += length;
    }
  return g_string_free (cause, FALSE);
}

int
oh_cause_compare (const OhNotice *one, const OhNotice *other)
{
  const gboolean first = g_strcmp0 (one->kind, "model-retires") == 0, second = g_strcmp0 (other->kind, "model-retires") == 0;

  if (first != second)
    return first ? 1 : -1;
  if (one->severity != other->severity)
    return one->severity > other->severity ? -1 : 1;
  return (other->at_ns > one->at_ns) - (other->at_ns < one->at_ns);
}
