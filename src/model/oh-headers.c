/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-headers.h"

#include "oh-value.h"

#include <string.h>

typedef struct
{
  char *name;
  char *value;
} Field;

struct _OhHeaders
{
  GArray *fields;
};

static void
field_clear (gpointer data)
{
  Field *field = data;

  g_free (field->name);
  g_free (field->value);
}

OhHeaders *
oh_headers_new (void)
{
  OhHeaders *self = g_atomic_rc_box_new0 (OhHeaders);

  self->fields = g_array_new (FALSE, FALSE, sizeof (Field));
  g_array_set_clear_func (self->fields, field_clear);
  return self;
}

static void
headers_clear (gpointer data)
{
  g_array_unref (((OhHeaders *) data)->fields);
}

OH_DEFINE_VALUE (OhHeaders, oh_headers, headers_clear)

static void
append_taken (OhHeaders *self, char *name, char *value)
{
  Field field = { name, value };

  g_array_append_val (self->fields, field);
}

void
oh_headers_append (OhHeaders *self, const char *name, const char *value)
{
  g_return_if_fail (self != NULL && name != NULL && value != NULL);
  append_taken (self, g_strdup (name), g_strdup (value));
}

guint
oh_headers_get_length (const OhHeaders *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->fields->len;
}

void
oh_headers_get_nth (const OhHeaders *self, guint i, const char **name, const char **value)
{
  const Field *field;

  g_return_if_fail (self != NULL && i < self->fields->len);
  field = &g_array_index (self->fields, Field, i);
  if (name != NULL)
    *name = field->name;
  if (value != NULL)
    *value = field->value;
}

const char *
oh_headers_get_one (const OhHeaders *self, const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);
  for (guint i = 0; self != NULL && i < self->fields->len; i++)
    {
      const Field *field = &g_array_index (self->fields, Field, i);

      if (g_ascii_strcasecmp (field->name, name) == 0)
        return field->value;
    }
  return NULL;
}

char *
oh_headers_dup_list (const OhHeaders *self, const char *name)
{
  GString *list = NULL;

  g_return_val_if_fail (name != NULL, NULL);
  for (guint i = 0; self != NULL && i < self->fields->len; i++)
    {
      const Field *field = &g_array_index (self->fields, Field, i);

      if (g_ascii_strcasecmp (field->name, name) != 0)
        continue;
      if (list == NULL)
        list = g_string_new (field->value);
      else
        g_string_append_printf (list, ", %s", field->value);
    }
  return list != NULL ? g_string_free (list, FALSE) : NULL;
}

char *
oh_headers_to_string (const OhHeaders *self)
{
  GString *text = g_string_new (NULL);

  g_return_val_if_fail (self != NULL, NULL);
  for (guint i = 0; i < self->fields->len; i++)
    {
      const Field *field = &g_array_index (self->fields, Field, i);

      g_string_append_printf (text, "%s: %s\r\n", field->name, field->value);
    }
  return g_string_free (text, FALSE);
}

OhHeaders *
oh_headers_new_from_string (const char *text)
{
  OhHeaders *self = oh_headers_new ();

  while (text != NULL && *text != '\0')
    {
      gsize length = strcspn (text, "\r\n");
      const char *colon = memchr (text, ':', length);

      if (colon != NULL)
        {
          const char *value = colon + 1;
          const char *end = text + length;

          if (value < end && *value == ' ')
            value++;
          append_taken (self, g_strndup (text, (gsize) (colon - text)), g_strndup (value, (gsize) (end - value)));
        }
      text += length;
      text += strspn (text, "\r\n");
    }
  return self;
}
