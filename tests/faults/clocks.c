/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LD_PRELOAD: the file $CLOCKS says by how many seconds the clock of dates is set otherwise, and how many the machine
 * has slept: "DATE SLEPT". */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void
read_offsets (long *date, long *slept)
{
  int fd = open (getenv ("CLOCKS"), O_RDONLY | O_CLOEXEC);
  char text[64] = { 0 };

  *date = *slept = 0;
  if (fd < 0)
    return;
  if (read (fd, text, sizeof text - 1) > 0)
    sscanf (text, "%ld %ld", date, slept);
  close (fd);
}

int
clock_gettime (clockid_t id, struct timespec *ts)
{
  static int (*real) (clockid_t, struct timespec *);
  long date, slept;
  int result;

  if (real == NULL)
    *(void **) &real = dlsym (RTLD_NEXT, "clock_gettime");
  result = real (id, ts);
  if (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE && id != CLOCK_BOOTTIME)
    return result;
  read_offsets (&date, &slept);
  ts->tv_sec += id == CLOCK_BOOTTIME ? slept : date;
  return result;
}

time_t
time (time_t *out)
{
  struct timespec ts;

  clock_gettime (CLOCK_REALTIME, &ts);
  if (out != NULL)
    *out = ts.tv_sec;
  return ts.tv_sec;
}

int
gettimeofday (struct timeval *tv, void *zone)
{
  struct timespec ts;

  clock_gettime (CLOCK_REALTIME, &ts);
  tv->tv_sec = ts.tv_sec;
  tv->tv_usec = ts.tv_nsec / 1000;
  return 0;
}
