/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the client of Smello posts, an event at a time (its transport.py and patches, 0.14 to 0.18). Sans-I/O. */
#pragma once
#include "oh-told.h"

G_BEGIN_DECLS

gboolean oh_smello_knows (const char *path);
/* Returns: FALSE where it is no such event. @problem: (out) (transfer full) */
gboolean oh_smello_read (const char *path, const char *text, gsize length, OhToldFunc func, gpointer data, char **problem);

G_END_DECLS
