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

/* The same from a place on that oh_json_find_place() gave, as if all before it had been appended. */
void oh_json_append_pretty_from (GString *out, const char *text, gsize length, guint depth, gboolean in_string);
/* Where @text may be cut so that both pieces can be laid out one after the other: after about @size bytes, at most three
 * times as many, or at its end.
 * @depth, @in_string: (inout): how much is open where @text begins, and there */
gsize oh_json_find_place (const char *text, gsize length, gsize size, guint *depth, gboolean *in_string);

/* The whole of @text laid out. @length: -1: NUL-terminated. (transfer full) */
char *oh_json_pretty (const char *text, gssize length);

G_END_DECLS
