/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shape of the database, and how an older one gets it. */
#pragma once
#include "oh-db-private.h"
#include "oh-store.h"

G_BEGIN_DECLS

#define OH_STORE_FILE "overhear.db"
#define OH_STORE_VERSION 20
#define OH_STORE_APPLICATION_ID 0x4f764872 /* in the file's head (sqlite.org/fileformat.html): it is ours */
/* Of an empty database; of each connection that writes. */
#define OH_SCHEMA_NEW "PRAGMA auto_vacuum = INCREMENTAL"
#define OH_SCHEMA_WRITER                                                                                               \
  "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY;"     \
  " PRAGMA journal_size_limit = -1"

/* Opens or creates dir's database for writing: makes it private, migrates it, sets a damaged one aside and carries over
 * what can be read of it.
 * @notice: (out): a sentence for the user, or NULL. Returns: NULL with OH_STORE_ERROR. */
OhDb *oh_schema_open (const char *dir, char **notice, GError **error);
/* Brings the database to OH_STORE_VERSION, each step in one transaction. FALSE: db->error. */
gboolean oh_schema_migrate (OhDb *db, gint64 from);
/* The error of a database that is damaged; @what: in SQLite's words */
void oh_schema_set_damaged (GError **error, const char *dir, const char *what);
/* The error that db->error means to a user. */
void oh_schema_set_error (GError **error, OhDb *db, const char *dir);
/* What db->error means to a user while captures wait to be written: a sentence. (transfer full) */
char *oh_schema_describe_trouble (const OhDb *db);
/* Says that the file should be checked when it is opened next. */
void oh_schema_suspect (const char *dir);

G_END_DECLS
