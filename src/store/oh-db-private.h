/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A SQLite connection with cached statements and a sticky error: after a failure everything does nothing until
 * oh_db_end() or oh_db_forget_error(), so that a transaction's code reads straight and is checked once, at its end. */
#pragma once
#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

typedef struct
{
  sqlite3 *handle;
  GHashTable *statements; /* SQL literal (by address) → sqlite3_stmt */
  int error;              /* SQLITE_OK, or the extended code of the first failure */
  int system_error;       /* errno of the first failure, or 0 */
  char *message;          /* SQLite's words for it */
  guint reading;          /* how deep in oh_db_read_begin() */
} OhDb;

/* Opens an existing file. Returns: never NULL; look at error. */
OhDb *oh_db_open (const char *path);
/* The same for who only reads, also where nothing can be written: in a folder that can only be read, or on such a disk. */
OhDb *oh_db_open_to_read (const char *path);
void oh_db_free (OhDb *self);
void oh_db_forget_error (OhDb *self);
/* For those who call SQLite themselves. */
void oh_db_set_error (OhDb *self, int code);

/* Returns a statement ready to be stepped, or NULL in error. @sql must be a literal: it is cached by its address.
 * @format: one letter an argument: i (gint64), t (const char *, may be NULL), b (const void *, gsize; NULL is NULL),
 * d (double). Text and blobs must live until the statement has been stepped to its end or reset. */
sqlite3_stmt *oh_db_query (OhDb *self, const char *sql, const char *format, ...);
/* Returns: TRUE when there is a row. FALSE at the end, or in error; the statement is reset then. */
gboolean oh_db_step (OhDb *self, sqlite3_stmt *statement);
/* Ends a query before its last row. */
void oh_db_done (OhDb *self, sqlite3_stmt *statement);
/* Runs a statement that returns nothing. */
void oh_db_run (OhDb *self, const char *sql, const char *format, ...);
/* Runs any SQL, several statements, uncached. */
void oh_db_exec (OhDb *self, const char *sql);
/* The first column of the first row, or @otherwise. */
gint64 oh_db_get_int (OhDb *self, const char *sql, gint64 otherwise, const char *format, ...);

/* BEGIN IMMEDIATE */
void oh_db_begin (OhDb *self);
/* COMMIT, or ROLLBACK in error. Returns: whether it was committed; if not, error tells why until it is forgotten. */
gboolean oh_db_end (OhDb *self);
/* A deferred transaction for reading: everything until oh_db_read_end() sees one state. They nest; the outermost counts. */
void oh_db_read_begin (OhDb *self);
void oh_db_read_end (OhDb *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDb, oh_db_free)

G_END_DECLS
