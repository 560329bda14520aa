/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What else the user calls a secret: a file of regular expressions. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

gboolean oh_secret_patterns_any (void);
/* The first secret in @data from @from on. @start, @end: (out) */
gboolean oh_secret_patterns_find (const char *data, gsize length, gsize from, gsize *start, gsize *end);

G_END_DECLS
