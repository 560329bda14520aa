/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where traces go on to: a server that takes OTLP over HTTP (OpenTelemetry's Collector, Langfuse, Phoenix, SideSeat, another
 * Overhear). What ends is sent live by whoever has the data folder open, if that is switched on; or a selection, once. */
#pragma once
#include "oh-engine.h"
#include "oh-export.h"
#include "oh-store-sending.h"

G_BEGIN_DECLS

#define OH_COLLECTOR_ERROR (oh_collector_error_quark ())
GQuark oh_collector_error_quark (void);

/* In the data folder. */
#define OH_COLLECTOR_FILE "collector"

typedef enum
{
  OH_COLLECTOR_ERROR_ADDRESS, /* it is no address, or a field is none */
  OH_COLLECTOR_ERROR_FILE,    /* it cannot be kept */
  OH_COLLECTOR_ERROR_SEND,    /* not all of it arrived */
} OhCollectorError;

/* Kept in the data folder's file "collector" (0600), the fields too: they may be a key. */
typedef struct
{
  gboolean on;       /* what ends is sent */
  gboolean thinking; /* … with what models thought */
  char *url;         /* as the user says it; or NULL */
  char **fields;     /* "NAME: VALUE" of each request, NULL at the end */
} OhCollector;

void oh_collector_clear (OhCollector *self);
void oh_collector_read (const char *data_dir, OhCollector *self);
/* Returns: FALSE where it is no address, or cannot be kept. */
gboolean oh_collector_write (const char *data_dir, const OhCollector *self, GError **error);
/* Whether something can be sent there, by what it says. */
gboolean oh_collector_check (const OhCollector *self, GError **error);
/* The same as oh_collector_write(), and from now on it is so: what ends since it was switched on is sent. */
gboolean oh_engine_set_collector (OhEngine *engine, const OhCollector *collector, GError **error);
/* Sends what may go, for some seconds at most, and then no more: for who wants to say what came of it before it ends. */
void oh_engine_finish_sending (OhEngine *engine);
/* Since when nothing gets through, and why: a sentence; NULL: it does, or nothing is to. (transfer full) */
char *oh_collector_describe (OhStoreReader *reader);
/* Where spans are posted: a path that names no signal is the beginning of one. (transfer full) Returns: NULL with an error. */
char *oh_collector_make_url (const char *url, GError **error);
/* What is kept apart of stores: each has its own. (transfer full) */
char *oh_collector_make_mark (const char *data_dir);

/* What became of a selection. */
typedef struct
{
  guint64 spans;  /* that arrived */
  guint64 lost;   /* that the collector would not have */
  char *problem;  /* what it said of those, or NULL */
} OhCollected;

/* Sends the traces that the exchanges stand in; blocks. Where the collector asks for time, it gets some minutes. */
gboolean oh_collector_send (const char *data_dir, GArray *ids, const OhCollector *to, OhProgressFunc progress, gpointer data,
                            OhCollected *collected, GCancellable *cancellable, GError **error);
void oh_collected_clear (OhCollected *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhCollector, oh_collector_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhCollected, oh_collected_clear)

G_END_DECLS
