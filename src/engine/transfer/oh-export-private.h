/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the formats of export and import share. */
#pragma once
#include "oh-export.h"
#include "oh-json-write.h"
#include "oh-store.h"

G_BEGIN_DECLS

/* Bodies up to this are read whole. */
#define OH_EXPORT_WHOLE_MAX (G_GINT64_CONSTANT (64) << 20)

/* Tells how far a work is, now and then. */
typedef struct
{
  OhProgressFunc func; /* or NULL */
  gpointer data;
  GMainContext *context; /* where to tell; NULL: in the same thread */
  gint64 told_us;
} OhTeller;

/* @cancellable: (nullable): nothing is told any more once it is cancelled */
void oh_teller_tell (OhTeller *self, guint done, guint total, GCancellable *cancellable);

/* The traces that the exchanges stand in, in that order. (transfer full) (element-type gint64)
 * @chosen: takes the exchanges (element-type gint64), which are @ids' */
GArray *oh_export_find_traces (OhStoreReader *reader, GArray *ids, GHashTable *chosen);

/* One exchange with its bodies, as wire bytes. */
struct _OhTransfer
{
  OhExchange *exchange;
  GBytes *bodies[2];   /* by OhSide; NULL: none, or too large to be read whole */
  GArray *arrivals[2]; /* OhArrival; NULL: not known */
};

/* Returns: NULL where it is gone; with @error where it cannot be read. */
OhTransfer *oh_transfer_load (OhStoreReader *reader, gint64 id, GError **error);
OhTransfer *oh_transfer_new (OhExchange *exchange);
void oh_transfer_free (OhTransfer *self);
/* Whether something was kept of a body that is not too large. */
gboolean oh_transfer_has_bytes (const OhTransfer *self, OhSide side);
/* Hands it to a store as if it were captured now, but with its own times; a large body's bytes come from @reader.
 * Blocks while the store has enough to do. @run_id: of the new exchange */
void oh_transfer_push (const OhTransfer *self, OhStoreReader *reader, OhStore *store, gint64 run_id);

extern const OhExporter oh_exporter_har, oh_exporter_lines, oh_exporter_markdown, oh_exporter_otlp;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhTransfer, oh_transfer_free)

G_END_DECLS
