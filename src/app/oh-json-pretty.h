/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON laid out for reading. Only the white space between tokens changes: numbers, escapes and order stay as sent. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Appends @text laid out with two spaces a level. Does not validate: what is no JSON, or stops in the middle, is laid
 * out as far as its brackets go.
 * @limit: stop soon after that many bytes have been appended; 0: no limit
 * Returns: how many bytes of @text were laid out */
gsize oh_json_append_pretty (GString *out, const char *text, gsize length, gsize limit);

/* The whole of @text laid out. @length: -1: NUL-terminated. (transfer full) */
char *oh_json_pretty (const char *text, gssize length);

G_END_DECLS
