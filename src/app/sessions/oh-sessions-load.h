/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads sessions and conversations on a worker: their sums go over everything that was captured. */
#pragma once
#include "oh-sessions-item.h"

G_BEGIN_DECLS

/* @text, @user: (nullable)
 * @open: (nullable): the session whose traces are wanted, too
 * Finishes with the rows, last active first; below the open session its newest traces as they started, below a
 * conversation with several ends its ends. */
void oh_sessions_load_async (const char *data_dir,
                             gboolean threads,
                             gint64 run_id,
                             const char *user,
                             const char *text,
                             const char *open,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer data);
/* (transfer full) (element-type OhSessionsItem), or NULL. */
GPtrArray *oh_sessions_load_finish (GAsyncResult *result, GError **error);

/* A stretch of a session as one reads it. */
typedef struct
{
  gint64 exchange_id; /* the end of a conversation, or of a branch of it */
  gint64 first_id;    /* the first exchange of it */
  gint64 trace_id;    /* of the last; 0: none */
  guint from;         /* the first message that has not been shown before */
  gboolean branch;
  gint64 started_ns;
} OhSessionsPart;

/* Finishes with the newest parts of the session, in the order they began. */
void oh_sessions_load_parts_async (const char *data_dir,
                                   const char *session,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer data);
/* (transfer full) (element-type OhSessionsPart), or NULL.
 * @left_out: (out): older parts that were left out */
GArray *oh_sessions_load_parts_finish (GAsyncResult *result, guint *left_out, GError **error);

G_END_DECLS
