/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-body-view-form.h"

#include "oh-format.h"

#include <glib/gi18n.h>
#include <string.h>

/* A field longer than this is a file in all but name. */
#define VALUE_LIMIT 4000

static void
field_free (gpointer data)
{
  OhFormField *field = data;

  g_free (field->name);
  g_free (field->value);
  g_free (field);
}

static void
add_field (GPtrArray *fields, char *name, char *value)
{
  OhFormField *field = g_new0 (OhFormField, 1);

  field->name = name;
  field->value = value;
  g_ptr_array_add (fields, field);
}

/* WHATWG URL, "application/x-www-form-urlencoded parsing". */
static char *
unescape (const char *text, gsize length)
{
  GString *out = g_string_sized_new (length);
  char *valid;

  for (gsize i = 0; i < length; i++)
    if (text[i] == '+')
      g_string_append_c (out, ' ');
    else if (text[i] == '%' && i + 2 < length && g_ascii_isxdigit (text[i + 1]) && g_ascii_isxdigit (text[i + 2]))
      {
        g_string_append_c (out, (char) (g_ascii_xdigit_value (text[i + 1]) * 16 + g_ascii_xdigit_value (text[i + 2])));
        i += 2;
      }
    else
      g_string_append_c (out, text[i]);
  valid = g_utf8_make_valid (out->str, (gssize) out->len);
  g_string_free (out, TRUE);
  return valid;
}

static void
parse_urlencoded (GPtrArray *fields, const char *data, gsize length)
{
  const char *p = data, *end = data + length;

  while (p < end)
    {
      const char *amp = memchr (p, '&', end - p);
      const char *stop = amp ? amp : end;
      const char *equals = memchr (p, '=', stop - p);

      if (stop > p)
        add_field (fields, unescape (p, (equals ? equals : stop) - p),
                   equals ? unescape (equals + 1, stop - equals - 1) : g_strdup (""));
      p = stop + 1;
    }
}

/* name="value" in a header field. (transfer full) */
static char *
get_parameter (const char *header, const char *name)
{
  g_autofree char *start = g_strdup_printf ("%s=", name);
  const char *p = header;

  while ((p = strstr (p, start)))
    {
      if (p > header && p[-1] != ' ' && p[-1] != ';')
        {
          p++;
          continue;
        }
      p += strlen (start);
      if (*p == '"')
        return g_strndup (p + 1, strcspn (p + 1, "\""));
      return g_strndup (p, strcspn (p, "; \r\n"));
    }
  return NULL;
}

static void
parse_part (GPtrArray *fields, const char *data, gsize length)
{
  const char *gap = g_strstr_len (data, (gssize) length, "\r\n\r\n");
  g_autofree char *head = NULL;
  g_autofree char *file = NULL;
  g_autofree char *name = NULL;
  const char *body;
  gsize size;

  if (!gap)
    return;
  head = g_strndup (data, gap - data);
  name = get_parameter (head, "name");
  file = get_parameter (head, "filename");
  body = gap + 4;
  size = length - (body - data);
  if (file || size > VALUE_LIMIT || memchr (body, 0, size))
    {
      g_autofree char *bytes = oh_format_bytes ((gint64) size);

      add_field (fields, g_utf8_make_valid (name ? name : "", -1),
                 g_strdup_printf (_ ("file “%s”, %s"), file ? file : _ ("without a name"), bytes));
    }
  else
    add_field (fields, g_utf8_make_valid (name ? name : "", -1), g_utf8_make_valid (body, (gssize) size));
}

static const char *
find_bytes (const char *data, gsize length, const char *needle)
{
  return length > 0 ? memmem (data, length, needle, strlen (needle)) : NULL;
}

static void
parse_multipart (GPtrArray *fields, const char *data, gsize length, const char *boundary)
{
  g_autofree char *first = g_strdup_printf ("--%s", boundary);
  g_autofree char *next = g_strdup_printf ("\r\n--%s", boundary);
  const char *end = data + length;
  const char *p = find_bytes (data, length, first);

  if (!p)
    return;
  p += strlen (first);
  while (end - p > 2 && memcmp (p, "--", 2) != 0)
    {
      const char *stop = find_bytes (p, end - p, next);

      parse_part (fields, p, (stop ? stop : end) - p);
      if (!stop)
        return;
      p = stop + strlen (next);
    }
}

GPtrArray *
oh_form_parse (GBytes *body, const char *content_type)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  GPtrArray *fields;

  if (!content_type)
    return NULL;
  if (g_ascii_strncasecmp (content_type, "application/x-www-form-urlencoded", 33) == 0)
    {
      fields = g_ptr_array_new_with_free_func (field_free);
      parse_urlencoded (fields, data, length);
      return fields;
    }
  if (g_ascii_strncasecmp (content_type, "multipart/form-data", 19) == 0)
    {
      g_autofree char *boundary = get_parameter (content_type, "boundary");

      if (!boundary || !*boundary)
        return NULL;
      fields = g_ptr_array_new_with_free_func (field_free);
      parse_multipart (fields, data, length, boundary);
      return fields;
    }
  return NULL;
}
