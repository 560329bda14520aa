/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of the pane of sessions: a session, a trace of it, a conversation, or one end of a conversation that has
 * several. */
#pragma once
#include "oh-engine.h"

G_BEGIN_DECLS

typedef enum
{
  OH_SESSIONS_SESSION,
  OH_SESSIONS_TRACE,
  OH_SESSIONS_THREAD,
  OH_SESSIONS_BRANCH,
} OhSessionsKind;

#define OH_TYPE_SESSIONS_ITEM (oh_sessions_item_get_type ())
G_DECLARE_FINAL_TYPE (OhSessionsItem, oh_sessions_item, OH, SESSIONS_ITEM, GObject)

/* Signals: "changed": there is something newer to show.
 * @group: the session or the conversation; of a branch the conversation it belongs to
 * @end: (nullable): the last exchange of the conversation or the branch */
OhSessionsItem *oh_sessions_item_new (OhSessionsKind kind, OhGroup *group, OhExchange *end);
OhSessionsItem *oh_sessions_item_new_trace (OhTrace *trace);
OhSessionsKind oh_sessions_item_get_kind (OhSessionsItem *self);
/* (transfer none), or NULL of a trace. */
OhGroup *oh_sessions_item_get_group (OhSessionsItem *self);
/* (transfer none) or NULL. */
OhTrace *oh_sessions_item_get_trace (OhSessionsItem *self);
/* The session it is, or belongs to; NULL of conversations. */
const char *oh_sessions_item_get_session (OhSessionsItem *self);
/* What it adds up to; NULL of the end of a conversation. */
const OhSums *oh_sessions_item_get_sums (OhSessionsItem *self);
/* (transfer none) or NULL. */
OhExchange *oh_sessions_item_get_end (OhSessionsItem *self);
/* The same for the same thing, whatever becomes of it. */
const char *oh_sessions_item_get_key (OhSessionsItem *self);
/* Takes over what a newer item of the same key shows. */
void oh_sessions_item_take (OhSessionsItem *self, OhSessionsItem *newer);

/* The two lines of a row, plain text, and a sentence. (transfer full) */
char *oh_sessions_item_dup_title (OhSessionsItem *self);
char *oh_sessions_item_dup_subtitle (OhSessionsItem *self);
char *oh_sessions_item_dup_sentence (OhSessionsItem *self);

G_END_DECLS
