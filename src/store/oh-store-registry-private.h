/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which processes write to the database. Each holds a lock (flock) on a file of its own below writers/ for as long as
 * it lives, however it dies; what it left open is ended by whoever notices. */
#pragma once
#include "oh-body-private.h"

G_BEGIN_DECLS

typedef struct
{
  gint64 id;  /* row in table writer */
  char *path; /* of the locked file */
  int fd;
} OhRegistration;

/* Locks a file and adds the row, in a transaction of its own. FALSE: db->error. */
gboolean oh_registry_enter (OhRegistration *self, OhDb *db, const char *dir);
/* The reverse. */
void oh_registry_leave (OhRegistration *self, OhDb *db);
/* The processes that hold such a lock. (transfer full) (element-type int) */
GArray *oh_registry_list_alive (const char *dir);
/* Whether any process, this one too, holds such a lock. */
gboolean oh_registry_any_alive (const char *dir);
/* Ends what the dead left: exchanges as cut by us, runs as ended. Returns: how many were ended, -1 with db->error. */
int oh_registry_bury_dead (OhPartWriter *writer, const char *dir);
/* Ends what one writer has open. In a transaction. @code: why: oh_saying_tell(). Returns: how many were ended. */
int oh_registry_end_all (OhPartWriter *writer, gint64 writer_id, const char *code);

G_END_DECLS
