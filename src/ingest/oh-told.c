/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-told.h"

#include "oh-json-scan.h"

#include <string.h>

void
oh_told_clear (OhTold *self)
{
  g_free (self->name);
  g_free (self->service);
  g_free (self->error);
  g_free (self->trace_id);
  g_free (self->span_id);
  g_free (self->method);
  g_clear_pointer (&self->exchange, oh_exchange_unref);
  g_clear_pointer (&self->request, g_bytes_unref);
  g_clear_pointer (&self->response, g_bytes_unref);
  if (self->json != NULL)
    g_string_free (self->json, TRUE);
  *self = (OhTold) { 0 };
}

char *
oh_told_make_id (const guint8 *data, gsize length, gsize size)
{
  static const char digits[] = "0123456789abcdef";
  char *hex;
  guint8 any = 0;

  if (length != size)
    return NULL;
  for (gsize i = 0; i < length; i++)
    any |= data[i];
  if (any == 0)
    return NULL;
  hex = g_malloc (2 * size + 1);
  for (gsize i = 0; i < length; i++)
    {
      hex[2 * i] = digits[data[i] >> 4];
      hex[2 * i + 1] = digits[data[i] & 0xf];
    }
  hex[2 * size] = '\0';
  return hex;
}

void
oh_told_take_message (OhTold *self)
{
  static const char key[] = "\"logfire.msg\":\"";
  /* A quote within a text is escaped, so that this is a member. */
  const char *start = self->json != NULL ? strstr (self->json->str, key) : NULL, *end;
  OhJson value;
  char *message;

  if (start == NULL)
    return;
  start += strlen (key) - 1;
  for (end = start + 1; *end != '"' && *end != '\0'; end++)
    if (*end == '\\' && end[1] != '\0')
      end++;
  if (*end == '\0' || !oh_json_parse (start, (gsize) (end + 1 - start), &value, NULL))
    return;
  message = oh_json_dup_string (value);
  if (message == NULL || *message == '\0')
    {
      g_free (message);
      return;
    }
  g_free (self->name);
  self->name = message;
}
