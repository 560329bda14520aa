/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine-private.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

#define LOCK "lock"
#define UNFINISHED_LOCK "lock.new"

/* A lock that can be had belongs to a process that was killed before it could tidy up. */
static void
remove_if_abandoned (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, LOCK, NULL);
  int fd = open (path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

  if (fd < 0)
    return;
  if (flock (fd, LOCK_EX | LOCK_NB) == 0)
    oh_paths_remove_dir (folder);
  close (fd);
}

static void
remove_abandoned (const char *ours)
{
  g_autofree char *parent = g_path_get_dirname (ours);
  g_autofree char *own_name = g_path_get_basename (ours);
  g_autoptr (GDir) dir = g_dir_open (parent, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *folder = g_build_filename (parent, name, NULL);

      if (!g_str_equal (name, own_name))
        remove_if_abandoned (folder);
    }
}

/* The lock gets its name once it is held, so that nobody finds it free. */
static int
hold_lock (const char *folder)
{
  g_autofree char *unfinished = g_build_filename (folder, UNFINISHED_LOCK, NULL);
  g_autofree char *path = g_build_filename (folder, LOCK, NULL);
  int fd = open (unfinished, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0)
    g_rename (unfinished, path);
  return fd;
}

char *
oh_runtime_open (int *lock, GError **error)
{
  char *folder = oh_paths_make_runtime_dir (error);

  *lock = -1;
  if (folder == NULL)
    return NULL;
  *lock = hold_lock (folder);
  remove_abandoned (folder);
  return folder;
}

void
oh_runtime_close (const char *folder, int lock)
{
  oh_paths_remove_dir (folder);
  if (lock >= 0)
    close (lock);
}
