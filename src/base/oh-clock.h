/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clocks. All times in Overhear are gint64 nanoseconds. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

#define OH_NS_PER_US G_GINT64_CONSTANT (1000)
#define OH_NS_PER_MS G_GINT64_CONSTANT (1000000)
#define OH_NS_PER_S G_GINT64_CONSTANT (1000000000)

/* Nanoseconds of CLOCK_MONOTONIC: for durations, never for dates. */
gint64 oh_clock_monotonic_ns (void);

/* Nanoseconds of CLOCK_BOOTTIME, which goes on while the machine sleeps: for how old something is by now. */
gint64 oh_clock_boot_ns (void);

/* Nanoseconds since 1970-01-01 UTC (CLOCK_REALTIME): for dates, never for durations. */
gint64 oh_clock_wall_ns (void);

/* The same of a date, or the nearest that fits into 64 bits: from 1677 to 2262. */
gint64 oh_clock_from_date_time (GDateTime *date);

G_END_DECLS
