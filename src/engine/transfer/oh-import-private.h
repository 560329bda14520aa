/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The formats of import: each gives one exchange after another. Sans-I/O: the file's bytes are in memory (mapped). */
#pragma once
#include "oh-export-private.h"
#include "oh-import-tnetstring.h"
#include "oh-json-scan.h"

G_BEGIN_DECLS

/* A file may say anything of what it does not hold; lengths are added up. */
#define OH_IMPORT_LENGTH_MAX (G_GINT64_CONSTANT (1) << 40)

/* Told of each exchange; @transfer: (transfer full), NULL for an entry that is none. @trusted: Overhear wrote it, so
 * its secrets have been replaced already. @at: how far the file has been read.
 * Returns: FALSE to stop. */
typedef gboolean (*OhImportFunc) (OhTransfer *transfer, gboolean trusted, gsize at, gpointer data);

/* Returns: FALSE if the bytes are not of the format (then nothing was told). */
gboolean oh_import_har (const char *data, gsize length, OhImportFunc func, gpointer user_data);
gboolean oh_import_lines (const char *data, gsize length, OhImportFunc func, gpointer user_data);
gboolean oh_import_flows (const char *data, gsize length, OhImportFunc func, gpointer user_data);

/* Fills scheme, host, port and target. Returns: FALSE if it is no http or https URL. */
gboolean oh_import_set_url (OhExchange *exchange, const char *url);
/* Appends a field as a file has it: a line break in it makes no second field, but between cookies; HTTP/2's pseudo fields and
 * what has no name are left out. @name, @value: (nullable) */
void oh_import_append_header (OhHeaders *headers, const char *name, const char *value);
/* The bytes of a text in which each character stands for one. @text: (transfer full) (nullable) Returns: (transfer full) */
char *oh_import_take_latin1 (char *text);
/* "1.1", "2" or "3" of what a file calls the version of HTTP, or NULL if it says none. @said: (nullable) (transfer full) */
char *oh_import_dup_version (const char *said);
/* Sets a body and its length in the exchange. @bytes: (transfer full) (nullable) */
void oh_import_set_body (OhTransfer *transfer, OhSide side, GBytes *bytes);
/* Says that a body, or the rest of one, is not in the file. @length: of the whole, as far as it is known */
void oh_import_set_gap (OhTransfer *transfer, OhSide side, gint64 length);
/* Appends a message of a WebSocket to what is kept as the body of its 101: a stream of events named after their directions,
 * as HAR names them. @at_ns: after the start, or less than 0; @data: text, or base64 if @binary */
void oh_import_append_message (GString *stream, GArray *arrivals, gboolean sent, gboolean binary, const char *data,
                               gint64 at_ns);

G_END_DECLS
