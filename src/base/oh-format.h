/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as people read them, the same in the window and on the command line. All return (transfer full) strings in
 * the user's language; an unknown value (negative, or NAN for dollars) is an en dash. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Numbers and signs have no direction of their own: where sentences go from right to left, "30 %" would read "% 30", and a
 * date would stand behind its time. From then on what is made here, and oh_format_isolate() gives, keeps its own order there.
 * @rtl: what is shown goes from right to left */
void oh_format_set_rtl (gboolean rtl);
/* A value for a sentence. (transfer full): @text; where sentences go from right to left, isolated from them */
char *oh_format_isolate (const char *text);

/* 1,204 */
char *oh_format_count (gint64 n);
/* 800, 5k, 1.5M: where there is little room */
char *oh_format_short (double n);
/* 1,204, or ≈1,204 */
char *oh_format_tokens (gint64 n, gboolean estimated);
/* 30 %, or 9.5 % with one of @decimals */
char *oh_format_percent (double percent, int decimals);
/* 18 kB: SI units, as in GNOME. @n: bytes */
char *oh_format_bytes (gint64 n);
/* 412 ms, 2.9 s, 12 min 4 s. @ns: nanoseconds */
char *oh_format_duration (gint64 ns);
/* 11:40:29.114 in local time. @wall_ns: nanoseconds since 1970 UTC */
char *oh_format_time (gint64 wall_ns);
/* The same of the day of @now_ns, "11-28 11:40" of another. @brief: without the thousandths, and of another day nothing but the
 * day */
char *oh_format_moment (gint64 wall_ns, gint64 now_ns, gboolean brief);
/* 2026-11-21 11:40:29 in local time. @wall_ns: nanoseconds since 1970 UTC */
char *oh_format_date_time (gint64 wall_ns);
/* $0.0041 below ten cents, $4.18 above; ≈$4.18. @dollars: US dollars. @approximate: it is not known exactly */
char *oh_format_cost (double dollars, gboolean approximate);

/* @text so that it can neither steer a terminal nor hide or reorder what stands beside it: controls (C0, C1, DEL), format
 * characters (bidi, zero-width, tags) and other invisible ones are shown as "\u001b", the way JSON writes them; bytes that
 * are not UTF-8 as "\xe9".
 * @one_line: line breaks and tabs too, as "\n", "\r" and "\t" */
char *oh_format_visible (const char *text, gboolean one_line);
/* An address as people may see it: without login, query and fragment, which may be secret; also one that is none. */
char *oh_format_address (const char *url);

G_END_DECLS
