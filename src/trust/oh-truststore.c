/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-truststore-private.h"

#include <string.h>

const char *
oh_truststore_kind_to_string (OhTruststoreKind kind)
{
  static const char *const names[] = { "system", "chromium", "firefox", "java" };

  g_return_val_if_fail (kind < G_N_ELEMENTS (names), NULL);
  return names[kind];
}

const char *
oh_trusted_to_string (OhTrusted state)
{
  static const char *const names[] = { "none", "current", "past", "expired", "other", "unknown" };

  g_return_val_if_fail (state < G_N_ELEMENTS (names), NULL);
  return names[state];
}

void
oh_trust_subject_clear (OhTrustSubject *self)
{
  g_clear_pointer (&self->mark, g_free);
  g_clear_pointer (&self->pem, g_free);
  g_clear_pointer (&self->path, g_free);
}

OhTruststore *
oh_truststore_new (OhTruststoreKind kind, char *name, char *place)
{
  OhTruststore *self = g_new0 (OhTruststore, 1);

  self->kind = kind;
  self->name = name;
  self->place = place;
  self->anchors = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_anchor_free);
  return self;
}

void
oh_truststore_free (OhTruststore *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->anchors);
  g_clear_error (&self->error);
  g_free (self->name);
  g_free (self->place);
  g_free (self->remedy);
  g_free (self->tool);
  g_free (self);
}

char *
oh_truststore_get_system_path (const char *path)
{
  const char *root = g_getenv ("OVERHEAR_SYSROOT");

  return g_strconcat (root != NULL ? root : "", path, NULL);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

void
oh_truststore_glob (const char *pattern, GPtrArray *paths)
{
  const char *star = strchr (pattern, '*');
  g_autofree char *folder = star != NULL ? g_strndup (pattern, star - pattern) : NULL;
  g_autoptr (GDir) dir = folder != NULL ? g_dir_open (folder, 0, NULL) : NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (star == NULL && g_file_test (pattern, G_FILE_TEST_EXISTS))
    g_ptr_array_add (paths, g_strdup (pattern));
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *path = g_strconcat (folder, g_ptr_array_index (names, i), star + 1, NULL);

      oh_truststore_glob (path, paths);
    }
}
