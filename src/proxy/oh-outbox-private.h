/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to be written to one end of a connection, and the only place that writes to one. Never waits: whoever has it asks
 * again when there is room. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* All zeroes: empty. */
typedef struct
{
  GQueue pieces;  /* of GBytes */
  gsize offset;   /* so much of the first one has been written */
  gsize pending;  /* bytes not written yet */
} OhOutbox;

typedef enum
{
  OH_OUTBOX_EMPTY,
  OH_OUTBOX_BLOCKED, /* there is no room for more now */
  OH_OUTBOX_BROKEN,  /* nothing can be written any more; what was not written is still there */
} OhOutboxState;

void oh_outbox_clear (OhOutbox *self);
/* @bytes: (transfer full) */
void oh_outbox_push (OhOutbox *self, GBytes *bytes);
/* Before all else. Nothing has been written yet. @bytes: (transfer full) */
void oh_outbox_push_first (OhOutbox *self, GBytes *bytes);
/* Writes what fits, small pieces together. @stream: pollable */
OhOutboxState oh_outbox_flush (OhOutbox *self, GIOStream *stream);

G_END_DECLS
