/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-paths.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
make_private_dir (const char *path, GError **error)
{
  if (g_mkdir_with_parents (path, 0700) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (errno), _ ("Cannot create the folder “%s”: %s"),
               path, g_strerror (errno));
  return FALSE;
}

char *
oh_paths_get_data_dir (GError **error)
{
  const char *chosen = g_getenv ("OVERHEAR_DATA_DIR");
  g_autofree char *path = NULL;

  if (chosen != NULL && *chosen != '\0')
    path = g_strdup (chosen);
  else
    path = g_build_filename (g_get_user_data_dir (), "overhear", NULL);
  if (!make_private_dir (path, error))
    return NULL;
  return g_steal_pointer (&path);
}

/* A folder in a shared temporary directory is only ours if nobody else could have made it. */
static gboolean
is_private_dir (const char *path)
{
  struct stat st;

  return lstat (path, &st) == 0 && S_ISDIR (st.st_mode) && st.st_uid == getuid () && (st.st_mode & 077) == 0;
}

char *
oh_paths_make_runtime_dir (GError **error)
{
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *parent = NULL;
  g_autofree char *path = NULL;

  if (runtime != NULL && g_path_is_absolute (runtime) && g_access (runtime, W_OK) == 0)
    parent = g_build_filename (runtime, "overhear", NULL);
  else
    parent = g_strdup_printf ("%s/overhear-%u", g_get_tmp_dir (), (guint) getuid ());
  if (!make_private_dir (parent, error))
    return NULL;
  if (!is_private_dir (parent))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_PERM,
                   _ ("“%s” must be a folder that only you can read. Remove it and try again."), parent);
      return NULL;
    }
  path = g_build_filename (parent, "XXXXXX", NULL);
  if (g_mkdtemp_full (path, 0700) == NULL)
    {
      g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (errno), _ ("Cannot create the folder “%s”: %s"),
                   path, g_strerror (errno));
      return NULL;
    }
  return g_steal_pointer (&path);
}

char *
oh_paths_make_public_dir (const char *const *parents, GError **error)
{
  g_return_val_if_fail (parents != NULL && *parents != NULL, NULL);

  for (; *parents != NULL; parents++)
    {
      g_autofree char *path = g_build_filename (*parents, OH_PATHS_PUBLIC_PREFIX "XXXXXX", NULL);
      const gboolean made = g_mkdtemp_full (path, 0700) != NULL;

      if (made && g_chmod (path, 0711) == 0)
        return g_steal_pointer (&path);
      /* Another one that just starts may have taken it for abandoned. */
      if (made && errno == ENOENT)
        return oh_paths_make_public_dir (parents, error);
      if (parents[1] == NULL)
        g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (errno), _ ("Cannot create the folder “%s”: %s"),
                     path, g_strerror (errno));
    }
  return NULL;
}

gboolean
oh_paths_publish (const char *folder, const char *name, const char *data, gssize length, GError **error)
{
  g_auto (GStrv) parts = NULL;
  g_autofree char *path = NULL;

  g_return_val_if_fail (folder != NULL && name != NULL && data != NULL, FALSE);

  parts = g_strsplit (name, "/", -1);
  path = g_strdup (folder);
  for (char **part = parts; *part != NULL; part++)
    {
      char *parent = path;

      path = g_build_filename (parent, *part, NULL);
      g_free (parent);
      if (part[1] == NULL)
        {
          if (!g_file_set_contents_full (path, data, length, G_FILE_SET_CONTENTS_NONE, 0644, error))
            return FALSE;
        }
      else if (g_mkdir (path, 0755) != 0 && errno != EEXIST)
        break;
      if (g_chmod (path, part[1] == NULL ? 0644 : 0755) != 0)
        break;
      if (part[1] == NULL)
        return TRUE;
    }
  g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (errno), _ ("Cannot create the folder “%s”: %s"), path,
               g_strerror (errno));
  return FALSE;
}

void
oh_paths_remove_dir (const char *path)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  g_return_if_fail (path != NULL);

  dir = g_dir_open (path, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        oh_paths_remove_dir (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

/* A program that runs from its build folder uses the files beside it: those of the source tree. */
static gboolean
is_uninstalled (void)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);

  return self != NULL && g_str_has_prefix (self, OH_BUILD_ROOT "/");
}

char *
oh_paths_find_data (const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);
  return g_build_filename (is_uninstalled () ? OH_SOURCE_DATADIR : OH_PKGDATADIR, name, NULL);
}

char *
oh_paths_find_helper (const char *room, const char *name)
{
  g_return_val_if_fail (room != NULL && name != NULL, NULL);
  if (is_uninstalled ())
    return g_build_filename (OH_BUILD_ROOT, "src", room, name, NULL);
  return g_build_filename (OH_LIBEXECDIR, name, NULL);
}
