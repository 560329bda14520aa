/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON written piece by piece to the end of a string; a comma comes before all but the first of a container.
 * @name: (nullable): of the member; NULL in an array */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* @bracket: '{' or '[' */
void oh_json_write_open (GString *out, const char *name, char bracket);
/* @bracket: '}' or ']' */
void oh_json_write_close (GString *out, char bracket);
void oh_json_write_name (GString *out, const char *name);
/* @text: (nullable) */
void oh_json_write_text (GString *out, const char *name, const char *text);
void oh_json_write_int (GString *out, const char *name, gint64 value);
void oh_json_write_known (GString *out, const char *name, gint64 value, gboolean known);
/* NAN and infinity are null. */
void oh_json_write_real (GString *out, const char *name, double value);
void oh_json_write_flag (GString *out, const char *name, gboolean value);
/* ISO 8601 in UTC; 0 is null. */
void oh_json_write_time (GString *out, const char *name, gint64 wall_ns);
/* Milliseconds with microseconds behind the point; negative ones are null. */
void oh_json_write_ms (GString *out, const char *name, gint64 ns);

G_END_DECLS
