/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are somebody else's: read, and written so that all but their bytes stays as it is. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Of a file, to have it back as it was. */
typedef struct
{
  gint64 changed_ns; /* when its bytes were written; 0: not known, or there is no file */
  char *folder;      /* the first folder on its path that is not there; NULL: they all are */
} OhFileStat;

/* Returns: NULL where there is none (or a symbolic link that leads nowhere), or with @error; what is no regular file is an
 * error, G_FILE_ERROR_ISDIR for whatever it is. (transfer full) */
GBytes *oh_file_read (const char *path, GError **error);
/* Writes a file so that it is either as before or as after, and synced. A symbolic link goes on leading to it, other names of
 * it (hard links) go on being the same file, and mode, owner, lists of access and attributes stay.
 * @bytes: NULL: removes it
 * @was: (nullable): as it was when it had these bytes */
gboolean oh_file_replace (const char *path, GBytes *bytes, const OhFileStat *was, GError **error);
/* Clears what a killed process may have left beside it. Returns: whether the file itself was just being written in its place
 * then, so that it may be a mixture. */
gboolean oh_file_clear_draft (const char *path);
void oh_file_stat (const char *path, OhFileStat *was);

G_END_DECLS
