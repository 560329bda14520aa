/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads sessions and conversations on a worker: their sums go over everything that was captured. */
#pragma once
#include "oh-sessions-item.h"

G_BEGIN_DECLS

typedef enum
{
  OH_SESSIONS_SORT_LAST, /* when something was said in it last */
  OH_SESSIONS_SORT_STARTED,
  OH_SESSIONS_SORT_NAME,
  OH_SESSIONS_SORT_CALLS,
  OH_SESSIONS_SORT_TOKENS,
  OH_SESSIONS_SORT_COST,
} OhSessionsSort;

/* What is wanted. */
typedef struct
{
  gboolean threads; /* conversations, not sessions */
  gint64 run_id;    /* 0: of all runs */
  const char *user; /* or NULL */
  const char *text; /* what is searched for, or NULL */
  const char *open; /* the session whose traces are wanted, too; or NULL */
  OhSessionsSort by;
  gboolean descending;
} OhSessionsQuery;

/* @query: need not outlive the call
 * Finishes with the rows in the order that is asked for; what has no known cost stands last. Below the open session are its
 * newest traces as they started, below a conversation with several ends its ends. */
void oh_sessions_load_async (const char *data_dir,
                             const OhSessionsQuery *query,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer data);
/* (transfer full) (element-type OhSessionsItem), or NULL.
 * @users: (out) (transfer full) (element-type utf8) (nullable): who can be chosen */
GPtrArray *oh_sessions_load_finish (GAsyncResult *result, GPtrArray **users, GError **error);

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
