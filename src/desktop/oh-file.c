/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-desktop.h"
#include "oh-file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SIZE_MAX_BYTES (64 * 1024 * 1024)
#define LINKS_MAX 40
#define NS_PER_S G_GINT64_CONSTANT (1000000000)

static gboolean
fail (GError **error, const char *path)
{
  const int code = errno;

  g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_FAILED, _ ("“%s” could not be changed: %s"), path,
               g_strerror (code));
  return FALSE;
}

/* Opens what is a file: anything else (a pipe) might keep us waiting. Returns: -1 with errno */
static int
open_to_read (const char *path, struct stat *st)
{
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  if (fd >= 0 && (fstat (fd, st) != 0 || !S_ISREG (st->st_mode)))
    {
      close (fd);
      errno = EISDIR;
      return -1;
    }
  if (fd >= 0 && st->st_size > SIZE_MAX_BYTES)
    {
      close (fd);
      errno = EFBIG;
      return -1;
    }
  return fd;
}

GBytes *
oh_file_read (const char *path, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 buffer[16384];
  struct stat st;
  ssize_t n = 0;
  const int fd = open_to_read (path, &st);
  int code = fd < 0 ? errno : 0;

  while (fd >= 0 && bytes->len <= SIZE_MAX_BYTES && ((n = read (fd, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR)))
    if (n > 0)
      g_byte_array_append (bytes, buffer, (guint) n);
  if (n < 0)
    code = errno;
  if (fd >= 0)
    close (fd);
  if (code == 0)
    return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
  if (code == EISDIR)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_ISDIR, _ ("“%s” is no file."), path);
  else if (code != ENOENT)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), _ ("“%s” cannot be read: %s"), path, g_strerror (code));
  return NULL;
}

static void
sync_folder (const char *folder)
{
  const int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return;
  fsync (fd);
  close (fd);
}

static gboolean
write_all (int fd, GBytes *bytes)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  while (length > 0)
    {
      const ssize_t n = write (fd, data, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      data += n;
      length -= n;
    }
  return TRUE;
}

/* Owner, and attributes, of which lists of access are some. What cannot be kept (another one's, on another disk) is not. */
static void
copy_attributes (int from, const struct stat *st, int to)
{
  g_autofree char *names = NULL;
  const ssize_t length = flistxattr (from, NULL, 0);
  ssize_t got;

  if (fchown (to, st->st_uid, st->st_gid) != 0)
    errno = 0;
  if (length <= 0)
    return;
  names = g_malloc (length);
  got = flistxattr (from, names, length);
  for (const char *name = names; got > 0 && name < names + got; name += strlen (name) + 1)
    {
      const ssize_t size = fgetxattr (from, name, NULL, 0);
      g_autofree char *value = size >= 0 ? g_malloc (size + 1) : NULL;
      const ssize_t read = value != NULL ? fgetxattr (from, name, value, size) : -1;

      if (read >= 0)
        fsetxattr (to, name, value, read, 0);
    }
}

static gboolean
set_time (int fd, const OhFileStat *was)
{
  const gint64 ns = was != NULL ? was->changed_ns : 0;
  const struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, { (time_t) (ns / NS_PER_S), (long) (ns % NS_PER_S) } };

  return ns <= 0 || futimens (fd, times) == 0;
}

/* What a symbolic link leads to, be it there or not. (transfer full) */
static char *
resolve (const char *path)
{
  char *real = g_strdup (path);

  for (guint i = 0; i < LINKS_MAX; i++)
    {
      g_autofree char *target = g_file_read_link (real, NULL);
      g_autofree char *folder = g_path_get_dirname (real);

      if (target == NULL)
        break;
      g_free (real);
      real = g_path_is_absolute (target) ? g_steal_pointer (&target) : g_build_filename (folder, target, NULL);
    }
  return real;
}

/* Where what will be the file is written first. The name is always the same, so that what a kill left behind is found.
 * (transfer full) */
static char *
get_draft (const char *real)
{
  g_autofree char *folder = g_path_get_dirname (real);
  g_autofree char *name = g_path_get_basename (real);

  return g_strdup_printf ("%s/.%s.overhear", folder, name);
}

/* @old: -1: there is no file yet */
static gboolean
write_draft (const char *draft, GBytes *bytes, int old, const struct stat *st, const OhFileStat *was)
{
  int fd;
  gboolean fine;

  g_unlink (draft);
  fd = open (draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  fine = fd >= 0 && write_all (fd, bytes);
  if (fine && old >= 0)
    copy_attributes (old, st, fd);
  fine = fine && (old < 0 || fchmod (fd, st->st_mode & 07777) == 0) && set_time (fd, was) && fsync (fd) == 0;
  if (fd >= 0)
    close (fd);
  return fine;
}

/* The file has other names: it stays the same one. The draft says, as long as it is there, that this was not done. */
static gboolean
write_in_place (const char *real, GBytes *bytes, const OhFileStat *was)
{
  const int fd = open (real, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  const gboolean fine = fd >= 0 && write_all (fd, bytes) && ftruncate (fd, (off_t) g_bytes_get_size (bytes)) == 0
                        && set_time (fd, was) && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return fine;
}

/* Folders that were not there before, as far as they are empty; who did this before may have come to an end within it. */
static void
remove_folders (const char *real, const char *first)
{
  g_autofree char *folder = g_path_get_dirname (real);

  while (g_str_has_prefix (folder, first) && (g_rmdir (folder) == 0 || errno == ENOENT) && !g_str_equal (folder, first))
    {
      char *above = g_path_get_dirname (folder);

      g_free (folder);
      folder = above;
    }
}

gboolean
oh_file_replace (const char *path, GBytes *bytes, const OhFileStat *was, GError **error)
{
  g_autofree char *real = resolve (path);
  g_autofree char *folder = g_path_get_dirname (real);
  g_autofree char *draft = get_draft (real);
  struct stat st = { 0 };
  gboolean fine, in_place;
  int old;

  if (bytes == NULL)
    {
      g_unlink (draft);
      if (g_unlink (real) != 0 && errno != ENOENT && errno != ENOTDIR)
        return fail (error, path);
      sync_folder (folder);
      if (was != NULL && was->folder != NULL)
        remove_folders (real, was->folder);
      return TRUE;
    }
  if (g_mkdir_with_parents (folder, 0700) != 0)
    return fail (error, path);
  old = open_to_read (real, &st);
  if (old < 0 && errno != ENOENT)
    return fail (error, path);
  in_place = old >= 0 && st.st_nlink > 1;
  fine = write_draft (draft, bytes, old, &st, was);
  if (!fine)
    {
      fail (error, path);
      g_unlink (draft);
    }
  else if (!(in_place ? write_in_place (real, bytes, was) : g_rename (draft, real) == 0))
    {
      fine = fail (error, path);
      if (!in_place)
        g_unlink (draft);
    }
  else if (in_place)
    g_unlink (draft);
  if (old >= 0)
    close (old);
  sync_folder (folder);
  return fine;
}

gboolean
oh_file_clear_draft (const char *path)
{
  g_autofree char *real = resolve (path);
  g_autofree char *draft = get_draft (real);
  struct stat st;

  return g_unlink (draft) == 0 && stat (real, &st) == 0 && st.st_nlink > 1;
}

void
oh_file_stat (const char *path, OhFileStat *was)
{
  g_autofree char *real = resolve (path);
  g_autofree char *folder = g_path_get_dirname (real);
  struct stat st;

  *was = (OhFileStat) { 0 };
  if (g_stat (real, &st) == 0)
    was->changed_ns = st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
  while (!g_file_test (folder, G_FILE_TEST_EXISTS))
    {
      char *above = g_path_get_dirname (folder);

      g_free (was->folder);
      was->folder = g_steal_pointer (&folder);
      folder = above;
    }
}
