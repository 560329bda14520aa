/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans on their way to a collector: gathered, posted together, and what came of that. Blocks; one thread at a time. */
#pragma once
#include "oh-collector.h"

G_BEGIN_DECLS

/* What is posted at one time, about. */
#define OH_POSTING_SIZE ((gsize) 1 << 20)

typedef enum
{
  OH_POSTED_DONE,      /* it has them, but for those that it would not have */
  OH_POSTED_LATER,     /* it has no time, or is not there: the same again */
  OH_POSTED_MISPLACED, /* nothing can go there as things are: the address, a key, or it is ourselves */
} OhPosted;

typedef struct _OhPosting OhPosting;

/* @mark: oh_collector_make_mark(). Returns: NULL with OH_COLLECTOR_ERROR_ADDRESS. */
OhPosting *oh_posting_new (const OhCollector *to, const char *mark, GError **error);
void oh_posting_free (OhPosting *self);
/* @span: JSON as of oh-told.h. An OhOutgoingFunc */
void oh_posting_add (const GString *span, gpointer posting);
guint oh_posting_count (const OhPosting *self);
gsize oh_posting_get_size (const OhPosting *self);
/* Posts what was added since the last time that it was done. What is too much for the collector, or nothing that it takes, is
 * posted in halves, so that one span that it does not like takes no other with it.
 * @lost: (out): spans that it would not have
 * @wait_s: (out): LATER: how long it asks for; -1: nothing
 * @problem: (out) (transfer full): what is wrong, a sentence; or NULL */
OhPosted oh_posting_post (OhPosting *self, guint *lost, gint64 *wait_s, char **problem, GCancellable *cancellable);
/* Forgets what was added. */
void oh_posting_drop (OhPosting *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhPosting, oh_posting_free)

G_END_DECLS
