/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-clock.h"

#include <time.h>

static gint64
read_clock (clockid_t id)
{
  struct timespec ts;

  clock_gettime (id, &ts);
  return (gint64) ts.tv_sec * OH_NS_PER_S + ts.tv_nsec;
}

gint64
oh_clock_monotonic_ns (void)
{
  return read_clock (CLOCK_MONOTONIC);
}

gint64
oh_clock_boot_ns (void)
{
  return read_clock (CLOCK_BOOTTIME);
}

gint64
oh_clock_wall_ns (void)
{
  return read_clock (CLOCK_REALTIME);
}

gint64
oh_clock_from_date_time (GDateTime *date)
{
  gint64 seconds = g_date_time_to_unix (date);

  if (seconds >= G_MAXINT64 / OH_NS_PER_S)
    return G_MAXINT64;
  if (seconds <= G_MININT64 / OH_NS_PER_S)
    return G_MININT64;
  return seconds * OH_NS_PER_S + g_date_time_get_microsecond (date) * OH_NS_PER_US;
}
