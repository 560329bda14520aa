/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differences as marked-up text. Pure. */
#pragma once
#include "oh-changes.h"

G_BEGIN_DECLS

/* What was removed is struck out, what was added underlined, both in colour; of what stayed the same only the words
 * around. (transfer full) Pango markup
 * @dark: for a dark background */
char *oh_changes_markup (const OhTextDiff *diff, gboolean dark);
/* The same in words, for those who hear it: "removed “a”, added “b”". (transfer full) */
char *oh_changes_say (const OhTextDiff *diff);

G_END_DECLS
