/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where Overhear keeps its files (XDG Base Directory Specification), created private to the user. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* Returns $OVERHEAR_DATA_DIR, or $XDG_DATA_HOME/overhear, created with mode 0700. (transfer full)
 * Returns: NULL with a GFileError that says which folder and why. */
char *oh_paths_get_data_dir (GError **error);

/* Creates and returns a new folder of this process, mode 0700, below $XDG_RUNTIME_DIR/overhear (or, without one, below
 * a private folder in the temporary directory). For what programs of this user are to open; the owner removes it with oh_paths_remove_dir(). (transfer full) */
char *oh_paths_make_runtime_dir (GError **error);

/* Creates and returns a new folder in the first of these that takes one, which every user of this machine can open that may
 * enter its parent and knows its name. (transfer full)
 * @parents: absolute paths
 * Returns: NULL with why the last one takes none. */
char *oh_paths_make_public_dir (const char *const *parents, GError **error);
/* What the name of each such folder begins with; OH_PATHS_PUBLIC_LENGTH is that of all of it. */
#define OH_PATHS_PUBLIC_PREFIX "overhear.run."
#define OH_PATHS_PUBLIC_LENGTH (sizeof OH_PATHS_PUBLIC_PREFIX "XXXXXX" - 1)
/* Writes a file that every user can read, whatever our umask, with the folders that it needs below @folder.
 * @name: relative to @folder
 * @length: -1: @data ends with a nul */
gboolean oh_paths_publish (const char *folder, const char *name, const char *data, gssize length, GError **error);

/* Removes a folder and everything in it; errors are ignored. */
void oh_paths_remove_dir (const char *path);

/* The installed or, in an uninstalled build, the source path of a file of data/. (transfer full) */
char *oh_paths_find_data (const char *name);

/* The installed or, in an uninstalled build, the built path of a helper program:
 * oh_paths_find_helper ("simulator", "overhear-simulator"). (transfer full)
 * @room: folder below src/ that builds it */
char *oh_paths_find_helper (const char *room, const char *name);

G_END_DECLS
