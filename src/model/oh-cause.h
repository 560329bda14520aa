/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What findings have in common, for lists of them: one for each cause, the worst first. Pure. */
#pragma once
#include "oh-trace.h"

G_BEGIN_DECLS

/* What a saying is about, the same for each that differs in its numbers only. @saying: (nullable); @measure: (out): the first
 * of them; 0: there is none. (transfer full) (nullable) */
char *oh_cause_new (const char *saying, gint64 *measure);
/* As strcmp(): the worst stands first; of those the newest. That a model retires is the least of all. */
int oh_cause_compare (const OhNotice *one, const OhNotice *other);

G_END_DECLS
