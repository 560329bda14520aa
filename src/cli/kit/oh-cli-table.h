/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table whose columns line up on a terminal. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct _OhCliTable OhCliTable;

/* @right: bit n: column n is numbers. @head: up to NULL; translated here. (transfer full) */
OhCliTable *oh_cli_table_new (guint64 right, const char *const *head);
/* A row. @first: (transfer full), as all that follow it up to NULL */
void oh_cli_table_add (OhCliTable *table, char *first, ...) G_GNUC_NULL_TERMINATED;
/* Prints it, or @nothing if it has no row, unless @silent. @table: (transfer full) */
void oh_cli_table_end (OhCliTable *table, gboolean silent, const char *nothing);

G_END_DECLS
