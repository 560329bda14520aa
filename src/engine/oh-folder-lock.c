/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-folder-lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

gboolean
oh_folder_lock_take (int *lock, const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  if (*lock >= 0)
    return TRUE;
  *lock = open (path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (*lock >= 0 && flock (*lock, LOCK_EX | LOCK_NB) != 0)
    oh_folder_lock_give (lock);
  return *lock >= 0;
}

void
oh_folder_lock_give (int *lock)
{
  if (*lock >= 0)
    close (*lock);
  *lock = -1;
}
