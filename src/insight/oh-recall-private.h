/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calls that came last, and which of all calls one continues. There is one for what was on the wire and one for the spans
 * that programs told of: a call that is both is continued on each side by itself, and the store knows that they are one. What is
 * not at hand any more is in the store. The insight's thread only. */
#pragma once
#include "oh-reading.h"
#include "oh-reply.h"
#include "oh-retry.h"
#include "oh-speaker.h"
#include "oh-starter.h"
#include "oh-store-traces.h"
#include "oh-thread.h"

G_BEGIN_DECLS

/* Larger requests are no calls. */
#define OH_RECALL_REQUEST_MAX (G_GINT64_CONSTANT (48) << 20)
/* Calls that are asked, one before the other, whether they asked for a tool whose result came late. */
#define OH_RECALL_ASKERS_MAX 16

typedef struct
{
  gint64 id;
  OhExchange *exchange;  /* as last told */
  OhReading *reading;
  OhMeaning *meaning;    /* as last put */
  OhThreadRow *row;      /* or NULL */
  OhAttempt attempt;
  guint64 body_hash;
  gboolean told;         /* meaning has been put */
  gboolean answered;
  GArray *prefixes;      /* of a span: oh_thread_hash_prefixes (); or NULL */
  guint shared;          /* … of which so many messages are another's */
} OhRecent;

typedef struct
{
  OhStoreReader *reader; /* not owned */
  gboolean spans;        /* those that were told; else what was on the wire */
  GQueue recents;        /* OhRecent, the newest first */
  GHashTable *by_id;     /* gint64 → OhRecent, the newest of those that have it */
  gint64 recent_bytes;
  OhReplyIndex *replies;
  OhStarterIndex *starters;
  OhSpeakerIndex *speakers;
} OhRecall;

OhRecall *oh_recall_new (OhStoreReader *reader, gboolean spans);
void oh_recall_free (OhRecall *self);
/* @recent: (transfer full) */
void oh_recall_add (OhRecall *self, OhRecent *recent);
void oh_recall_drop (OhRecall *self, OhRecent *recent);
/* (nullable): for the moment */
OhRecent *oh_recall_find (OhRecall *self, gint64 id);
/* Reads it again from its stored bytes where it is not at hand. (transfer full) (nullable) */
OhReading *oh_recall_get_reading (OhRecall *self, gint64 id);
/* (transfer full) (nullable) */
OhPlace *oh_recall_get_place (OhRecall *self, gint64 id);
gint64 oh_recall_get_run (OhRecall *self, gint64 id);
/* In which conversation a call stands, and behind which other. An attempt stands where its call does.
 * Returns: how many messages at the start are the other's */
guint oh_recall_place (OhRecall *self, OhMeaning *meaning, const OhExchange *exchange, const OhReading *reading,
                       const OhThreadRow *row);
/* The next span at hand that was told of too early: it continues @first more than what it is said to continue; 0: none. */
gint64 oh_recall_find_early (OhRecall *self, const OhThreadRow *first);

G_END_DECLS
