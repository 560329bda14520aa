/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal: what was there before, and who has changed it. It is there while the switch is on. */
#pragma once
#include "oh-change-private.h"

G_BEGIN_DECLS

typedef struct
{
  char *token;        /* of this time that it is on */
  char *who;
  int pid;
  gint64 since_s;
  OhDesktopMode mode;
  guint16 port;
  gboolean session;
  gboolean claude;
  char **environment;
  char *behind;       /* or NULL */
  GPtrArray *changes; /* (element-type OhChange) */
} OhJournal;

void oh_journal_free (OhJournal *self);
/* Returns: NULL where there is none, or with @error. (transfer full) */
OhJournal *oh_journal_read (GError **error);
/* Synced once it returns; from then on the next login gives back, too. */
gboolean oh_journal_write (const OhJournal *self, GError **error);
/* Gives back what it holds, and removes it. Under the lock. */
gboolean oh_journal_undo (const OhJournal *self, GPtrArray *kept, GError **error);
/* Out of everybody's way, where nothing can be done with it. @port: (out): that it was on, if it still says so, or 0
 * @where: (out) (transfer full): its path now. Under the lock. */
gboolean oh_journal_put_aside (guint *port, char **where, GError **error);
/* Of its file; 0: there is none. Cheap. */
guint64 oh_journal_get_inode (void);

/* (transfer full) (nullable) */
GFileMonitor *oh_journal_watch (void);

/* For as long as the settings or the journal are changed: waits. Returns: a descriptor to close, or -1 with @error. */
int oh_journal_lock (GError **error);
/* For as long as one is the owner: does not wait. Returns: -1 if another one is, or with @error. */
int oh_journal_lock_owner (GError **error);
/* The same, once one who has been switched off has noticed; for 2 s. Returns: -1 if he has not */
int oh_journal_await_owner (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhJournal, oh_journal_free)

G_END_DECLS
