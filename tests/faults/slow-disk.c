/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LD_PRELOAD: while the file $SLOW_DISK exists, the disk below that file's folder is a slow one: each write takes 10 ms,
 * each sync a second. */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define WRITE_US 10000
#define SYNC_US 1000000

static void
be_slow (int fd, useconds_t us)
{
  const char *mark = getenv ("SLOW_DISK");
  char link[64], path[PATH_MAX];
  ssize_t length;

  if (mark == NULL || access (mark, F_OK) != 0)
    return;
  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink (link, path, sizeof path - 1);
  if (length > 0 && strncmp (path, mark, (size_t) (strrchr (mark, '/') - mark + 1)) == 0)
    usleep (us);
}

ssize_t
pwrite64 (int fd, const void *data, size_t length, off64_t at)
{
  static ssize_t (*real) (int, const void *, size_t, off64_t);

  if (real == NULL)
    real = (ssize_t (*) (int, const void *, size_t, off64_t)) dlsym (RTLD_NEXT, "pwrite64");
  be_slow (fd, WRITE_US);
  return real (fd, data, length, at);
}

int
fdatasync (int fd)
{
  static int (*real) (int);

  if (real == NULL)
    real = (int (*) (int)) dlsym (RTLD_NEXT, "fdatasync");
  be_slow (fd, SYNC_US);
  return real (fd);
}
