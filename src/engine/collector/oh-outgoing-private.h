/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is captured as spans of OpenTelemetry, by the semantic conventions for generative AI (1.37 and later): for files and for
 * collectors. Any thread, with its own reader. */
#pragma once
#include "oh-interpreter.h"
#include "oh-json-scan.h"
#include "oh-store-traces.h"

G_BEGIN_DECLS

/* @span: JSON as of oh-told.h */
typedef void (*OhOutgoingFunc) (const GString *span, gpointer data);

typedef struct
{
  OhStoreReader *reader;
  GHashTable *chosen;  /* (element-type gint64): of a trace only calls of these go, and what hangs on them */
  gboolean live;       /* what was told goes by itself too, a tool with the call that brings its result */
  gboolean closing;    /* where it is live: the trace itself goes, and what has no end of its own */
  gboolean thinking;   /* what the model thought goes, too */
  const char *store;   /* (nullable): what tells this store from others ("overhear.store" of each resource) */
  OhOutgoingFunc func;
  gpointer data;
} OhOutgoing;

/* Tells of a trace, the spans around others before those. The ids of spans are those that they have, else they follow from what
 * stands in the store, so that they are the same each time. What has not ended is left out. */
void oh_outgoing_tell (const OhOutgoing *self, gint64 trace_id);

/* Blocks and messages as the conventions have them, JSON: lists of parts, of messages. */
void oh_outgoing_write_parts (GString *out, const char *name, GPtrArray *blocks, gboolean thinking);
void oh_outgoing_write_messages (GString *out, GPtrArray *messages, gboolean thinking);
/* @finish_reason: (nullable) */
void oh_outgoing_write_answer (GString *out, const OhMessage *answer, const char *finish_reason, gboolean thinking);
/* A span that a program told of itself, @told (oh-told.h), as it is; without what was thought unless that is wanted.
 * @parent: (nullable): the span that it stands below, else the one that it says */
void oh_outgoing_write_told (GString *out, OhJson told, const char *parent, const OhOutgoing *how);

G_END_DECLS
