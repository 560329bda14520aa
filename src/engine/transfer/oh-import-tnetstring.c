/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-import-tnetstring.h"

#include <string.h>

/* mitmproxy itself writes no more digits than that. */
#define DIGITS_MAX 12

gboolean
oh_tnet_read (const char **at, const char *end, OhTnet *value)
{
  const char *cursor = *at;
  guint64 length = 0;

  while (cursor < end && g_ascii_isdigit (*cursor) && cursor - *at < DIGITS_MAX)
    length = length * 10 + (guint64) (*cursor++ - '0');
  if (cursor == *at || cursor >= end || *cursor != ':')
    return FALSE;
  cursor++;
  if (length >= (guint64) (end - cursor) || strchr (",;#^!~]}", cursor[length]) == NULL || cursor[length] == '\0')
    return FALSE;
  value->type = cursor[length];
  value->data = cursor;
  value->length = (gsize) length;
  *at = cursor + length + 1;
  return TRUE;
}

gboolean
oh_tnet_next (OhTnet container, const char **at, OhTnet *value)
{
  if (container.type != ']' && container.type != '}')
    return FALSE;
  if (*at == NULL)
    *at = container.data;
  return oh_tnet_read (at, container.data + container.length, value);
}

OhTnet
oh_tnet_get (OhTnet dictionary, const char *name)
{
  const gsize length = strlen (name);
  const char *at = NULL;
  OhTnet key, value;

  if (dictionary.type == '}')
    while (oh_tnet_next (dictionary, &at, &key) && oh_tnet_next (dictionary, &at, &value))
      if ((key.type == ',' || key.type == ';') && key.length == length && memcmp (key.data, name, length) == 0)
        return value;
  return (OhTnet) { 0, NULL, 0 };
}

char *
oh_tnet_dup_string (OhTnet value)
{
  if (value.type != ',' && value.type != ';')
    return NULL;
  if (memchr (value.data, '\0', value.length) != NULL)
    return g_utf8_make_valid (value.data, (gssize) strnlen (value.data, value.length));
  return g_utf8_make_valid (value.data, (gssize) value.length);
}

gint64
oh_tnet_get_int (OhTnet value, gint64 fallback)
{
  const double real = oh_tnet_get_real (value, (double) G_MAXINT64);

  return real > -9e15 && real < 9e15 ? (gint64) real : fallback;
}

double
oh_tnet_get_real (OhTnet value, double fallback)
{
  char digits[64];
  char *end;
  double real;

  if ((value.type != '#' && value.type != '^') || value.length == 0 || value.length >= sizeof digits)
    return fallback;
  memcpy (digits, value.data, value.length);
  digits[value.length] = '\0';
  real = g_ascii_strtod (digits, &end);
  return *end == '\0' ? real : fallback;
}

gboolean
oh_tnet_is_true (OhTnet value)
{
  return value.type == '!' && value.length == strlen ("true") && memcmp (value.data, "true", value.length) == 0;
}
