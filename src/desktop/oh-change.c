/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-change-private.h"

#include <glib/gi18n.h>
#include <string.h>

OhChange *
oh_change_new (const char *backend, const char *where, const char *key, GBytes *before, GBytes *ours)
{
  OhChange *self = g_new0 (OhChange, 1);

  *self = (OhChange) { g_strdup (backend), g_strdup (where), g_strdup (key), before, ours, { 0 } };
  return self;
}

void
oh_change_free (OhChange *self)
{
  g_free (self->backend);
  g_free (self->where);
  g_free (self->key);
  g_clear_pointer (&self->before, g_bytes_unref);
  g_clear_pointer (&self->ours, g_bytes_unref);
  g_free (self->stat.folder);
  g_free (self);
}

GPtrArray *
oh_changes_make (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) oh_change_free);
}

GBytes *
oh_change_bytes (const char *text)
{
  return text != NULL ? g_bytes_new (text, strlen (text)) : NULL;
}

char *
oh_change_text (GBytes *bytes)
{
  gsize length;
  const char *data = bytes != NULL ? g_bytes_get_data (bytes, &length) : NULL;

  if (bytes == NULL)
    return NULL;
  return data != NULL ? g_strndup (data, length) : g_strdup ("");
}

gboolean
oh_change_same (GBytes *a, GBytes *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return g_bytes_equal (a, b);
}

GVariant *
oh_change_parse (const GVariantType *type, const char *text, GError **error)
{
  /* GLib takes it that text is some. */
  if (!g_utf8_validate (text, -1, NULL))
    {
      g_set_error_literal (error, G_VARIANT_PARSE_ERROR, G_VARIANT_PARSE_ERROR_FAILED, _ ("It is no text (UTF-8)."));
      return NULL;
    }
  return g_variant_parse (type, text, NULL, NULL, error);
}

static GVariant *
value_to_variant (GBytes *value)
{
  g_autofree char *text = oh_change_text (value);

  return g_variant_new_maybe (G_VARIANT_TYPE_BYTESTRING, text != NULL ? g_variant_new_bytestring (text) : NULL);
}

static GBytes *
value_from_variant (GVariant *tuple, gsize index)
{
  g_autoptr (GVariant) maybe = g_variant_get_child_value (tuple, index);
  g_autoptr (GVariant) value = g_variant_get_maybe (maybe);

  return value != NULL ? oh_change_bytes (g_variant_get_bytestring (value)) : NULL;
}

/* A file's name need not be text: then it is a URI. (transfer full) */
static char *
write_where (const char *where)
{
  return g_utf8_validate (where, -1, NULL) ? g_strdup (where) : g_filename_to_uri (where, NULL, NULL);
}

/* (transfer full) */
static char *
read_where (const char *text)
{
  char *path = g_str_has_prefix (text, "file://") ? g_filename_from_uri (text, NULL, NULL) : NULL;

  return path != NULL ? path : g_strdup (text);
}

GVariant *
oh_changes_to_variant (GPtrArray *changes)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sssmaymay)"));
  for (guint i = 0; i < changes->len; i++)
    {
      const OhChange *change = changes->pdata[i];
      g_autofree char *where = write_where (change->where);

      g_variant_builder_add (&builder, "(sss@may@may)", change->backend, where, change->key,
                             value_to_variant (change->before), value_to_variant (change->ours));
    }
  return g_variant_builder_end (&builder);
}

GPtrArray *
oh_changes_from_variant (GVariant *variant)
{
  GPtrArray *changes = oh_changes_make ();
  GVariantIter iter;
  GVariant *tuple;

  g_variant_iter_init (&iter, variant);
  while ((tuple = g_variant_iter_next_value (&iter)) != NULL)
    {
      const char *backend, *where_text, *key;
      g_autofree char *where = NULL;

      g_variant_get_child (tuple, 0, "&s", &backend);
      g_variant_get_child (tuple, 1, "&s", &where_text);
      where = read_where (where_text);
      g_variant_get_child (tuple, 2, "&s", &key);
      g_ptr_array_add (changes, oh_change_new (backend, where, key, value_from_variant (tuple, 3),
                                               value_from_variant (tuple, 4)));
      g_variant_unref (tuple);
    }
  return changes;
}

GVariant *
oh_changes_stats_to_variant (GPtrArray *changes)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sxmay)"));
  for (guint i = 0; i < changes->len; i++)
    {
      const OhChange *change = changes->pdata[i];
      g_autoptr (GBytes) folder = oh_change_bytes (change->stat.folder);
      g_autofree char *where = write_where (change->where);

      if (*where != '\0' && *change->key == '\0')
        g_variant_builder_add (&builder, "(sx@may)", where, change->stat.changed_ns, value_to_variant (folder));
    }
  return g_variant_builder_end (&builder);
}

void
oh_changes_add_stats (GPtrArray *changes, GVariant *stats)
{
  for (gsize i = 0; i < g_variant_n_children (stats); i++)
    {
      g_autoptr (GVariant) tuple = g_variant_get_child_value (stats, i);
      g_autoptr (GBytes) folder = value_from_variant (tuple, 2);
      const char *where_text;
      g_autofree char *where = NULL;
      gint64 changed_ns;

      g_variant_get_child (tuple, 0, "&s", &where_text);
      where = read_where (where_text);
      g_variant_get_child (tuple, 1, "x", &changed_ns);
      for (guint j = 0; j < changes->len; j++)
        {
          OhChange *change = changes->pdata[j];

          if (*change->key != '\0' || strcmp (change->where, where) != 0)
            continue;
          change->stat.changed_ns = changed_ns;
          g_free (change->stat.folder);
          change->stat.folder = oh_change_text (folder);
        }
    }
}

char **
oh_change_adapt (const OhDesktopPlan *plan, char **own, GError **error)
{
  if (plan->adapt == NULL)
    return g_strdupv ((char **) plan->environment);
  return plan->adapt ((const char *const *) own, plan->data, error);
}

gboolean
oh_change_is_our_script (const char *url, guint port)
{
  g_autoptr (GUri) uri = url != NULL ? g_uri_parse (url, G_URI_FLAGS_NONE, NULL) : NULL;

  return uri != NULL && strcmp (g_uri_get_path (uri), "/proxy.pac") == 0 && g_strcmp0 (g_uri_get_host (uri), "127.0.0.1") == 0
         && (port == 0 || g_uri_get_port (uri) == (int) port);
}
