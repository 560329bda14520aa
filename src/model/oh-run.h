/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One command launched with capture on. Filled once, then immutable. */
#pragma once
#include <glib-object.h>

G_BEGIN_DECLS

typedef struct _OhRun OhRun;

struct _OhRun
{
  gint64 id;           /* row in the store; 0 for one not stored yet */
  char *name;          /* what the sidebar shows */
  char **argv;         /* never NULL once launched */
  char *cwd;
  char *origin;        /* "window", "cli" or "import" */
  char *trace;         /* --trace, --session, --user; or NULL */
  char *session;
  char *user;
  gboolean isolated;   /* it had a network of its own, of which all that left came to us */
  gint64 pid;
  gint64 started_ns;   /* wall clock */
  gint64 ended_ns;     /* wall clock; 0 while running */
  int exit_status;     /* -1 unless it exited by itself */
  int term_signal;     /* 0 unless a signal ended it */
  char *error;         /* it could not be started, or nobody saw its end: oh_saying_tell(); or NULL */
  gint64 exchanges;    /* how many of it the Timeline lists, those that were only told too; filled by readers only */
};

OhRun *oh_run_new (void);
OhRun *oh_run_ref (OhRun *self);
void oh_run_unref (OhRun *self);
OhRun *oh_run_copy (const OhRun *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhRun, oh_run_unref)

G_END_DECLS
