/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever uses a folder holds its lock, which also keeps systemd-tmpfiles(8) from tidying up in it.
 * Returns: a descriptor to keep, or -1; also if the folder has gone by the time that the lock is had. */
static int
take_lock (const char *folder, int flags)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  struct stat locked, named;

  if (fd < 0)
    return -1;
  if (fstat (fd, &locked) == 0 && locked.st_uid == getuid () && flock (fd, LOCK_EX | flags) == 0
      && lstat (folder, &named) == 0 && named.st_dev == locked.st_dev && named.st_ino == locked.st_ino)
    return fd;
  close (fd);
  return -1;
}

/* A lock that can be had belonged to a process that was killed before it could tidy up. */
static void
remove_abandoned (const char *ours)
{
  g_autofree char *parent = g_path_get_dirname (ours);
  g_autoptr (GDir) dir = g_dir_open (parent, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *folder = NULL;
      int lock;

      if (!g_str_has_prefix (name, OH_PATHS_PUBLIC_PREFIX) || strlen (name) != OH_PATHS_PUBLIC_LENGTH)
        continue;
      folder = g_build_filename (parent, name, NULL);
      lock = take_lock (folder, LOCK_NB);
      if (lock >= 0)
        oh_runtime_close (folder, lock);
    }
}

/* Trust files and preload scripts are for children of other users too (sudo), and not in $TMPDIR: programs tidy up there.
 * Where there is no other place, they are for this user alone. */
char *
oh_runtime_open (const char *data_dir, int *lock, GError **error)
{
  g_autofree char *private = g_canonicalize_filename (data_dir, NULL);
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  const char *const parents[] = { "/tmp", "/var/tmp", runtime != NULL && *runtime == '/' ? runtime : private, private, NULL };

  for (;;)
    {
      g_autofree char *folder = oh_paths_make_public_dir (parents, error);

      *lock = folder != NULL ? take_lock (folder, 0) : -1;
      /* Another one that just starts may have found it before it was locked, and removed it. Where a folder has no locks,
       * none is ever removed but by its owner. */
      if (*lock < 0 && folder != NULL && !g_file_test (folder, G_FILE_TEST_EXISTS))
        continue;
      if (folder != NULL)
        remove_abandoned (folder);
      return g_steal_pointer (&folder);
    }
}

void
oh_runtime_close (const char *folder, int lock)
{
  oh_paths_remove_dir (folder);
  if (lock >= 0)
    close (lock);
}
