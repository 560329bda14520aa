/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listens in an isolated network wherever somebody listens on this computer's loopback, so that its services are there too,
 * and its ports are taken. */
#pragma once
#include "oh-listener-private.h"

G_BEGIN_DECLS

typedef struct _OhMirror OhMirror;

/* @spares4, @spares6: OH_NS_SPARES sockets of the network, or -1 (transfer full)
 * @func: called in @context for each client; the port that it asked for is its local one */
OhMirror *oh_mirror_new (
    GMainContext *context, const int *spares4, const int *spares6, OhListenerFunc func, gpointer data);
void oh_mirror_free (OhMirror *self);

/* An address that somebody listens on, and whose services can be reached by loopback. */
typedef struct
{
  guint8 address[16]; /* IPv4 has its address in the first four bytes */
  guint16 port;       /* of this machine's byte order */
  gboolean is6;
} OhMirrorPlace;

/* Reads /proc/net/tcp or tcp6, in which those that listen come first. @places: takes OhMirrorPlace. Sans-I/O. */
void oh_mirror_read_table (const char *table, GArray *places);

G_END_DECLS
