/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes on to a collector, and what has gone. The store is its spool: what has ended since sending began waits until it is
 * said to be sent, whoever sends, and also over a restart. What is deleted before that is not sent. */
#pragma once
#include "oh-store.h"

G_BEGIN_DECLS

/* An exchange of a trace; exchange_id 0: the trace itself, with what has no end of its own. */
typedef struct
{
  gint64 exchange_id;
  gint64 trace_id;
} OhDue;

typedef struct
{
  gint64 sent;       /* exchanges */
  gint64 lost;       /* … that the collector would not have */
  gint64 failing_ns; /* wall clock: since when nothing gets through; 0: it does */
  char *problem;     /* why, a sentence; or what it said of what was lost; or NULL */
} OhSending;

void oh_sending_clear (OhSending *self);

/* Returns: FALSE where nothing is to be sent. @sending: (out) */
gboolean oh_store_reader_get_sending (OhStoreReader *self, OhSending *sending);
/* How many exchanges wait, also those that are not due yet: @max at most. */
gint64 oh_store_reader_count_waiting (OhStoreReader *self, gint64 max);
/* Whether there are any, or a trace that was not said to be whole. */
gboolean oh_store_reader_has_waiting (OhStoreReader *self);
/* The oldest exchanges that wait and may go: nothing is likely to be learnt of them any more, since their run has ended, or for
 * what is told late (10 s) and tried again (60 s); what made no call does not wait. At least one, if there is one; else together
 * no more than @max_bytes of bodies.
 * @now_ns: wall clock. (transfer full) (element-type OhDue) */
GArray *oh_store_reader_find_due (OhStoreReader *self, gint64 now_ns, guint limit, gint64 max_bytes);
/* The traces of which something was sent since they were themselves, and that are quiet. (transfer full) (element-type OhDue) */
GArray *oh_store_reader_find_quiet (OhStoreReader *self, gint64 now_ns, guint limit);

/* What ends from now on is to be sent, if it was not so before; or what waits is forgotten. */
void oh_store_set_sending (OhStore *self, gboolean on);
/* These have been sent, the attempts before them too; @lost of them the collector would not have. */
void oh_store_put_sent (OhStore *self, const OhDue *dues, guint n, guint lost);
/* Why nothing gets through, as of now; NULL: it does. @of_loss: of what is lost, while it does */
void oh_store_put_sending_problem (OhStore *self, const char *problem, gboolean of_loss);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhSending, oh_sending_clear)

G_END_DECLS
