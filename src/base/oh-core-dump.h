/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a core dump of this process holds. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Its memory is left out, for there are private keys and secrets in it: the kernel and gcore(1) write registers only
 * (core(5), coredump_filter). */
void oh_core_dump_leave_out_memory (void);
/* Between fork and exec: a program that we start has what we had. Safe there (signal-safety(7)). */
void oh_core_dump_restore (void);

G_END_DECLS
