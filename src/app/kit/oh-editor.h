/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens a file of the user's own in their text editor. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* In the editor of plain text, whatever the file is: nothing is run that programs told of. Editors that are known are told the line.
 * @place: "path:line"
 * Returns: FALSE with a sentence in @error */
gboolean oh_editor_open (const char *place, GError **error);
/* The path of a place, if a file is there. (transfer full) (nullable)
 * @line: (out) (optional): from 1; 0: not known */
char *oh_editor_find (const char *place, guint *line);

G_END_DECLS
