/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leads the connections of an isolated network, wherever they go, to one listener there, and gives its answers the address
 * that the program expects (oh-ns.h). A connection waits at its first packet until somebody lets it in, so that one that
 * cannot be made looks as it would have. Sans-I/O; one thread at a time. */
#pragma once
#include "oh-packet-private.h"

G_BEGIN_DECLS

typedef struct _OhNat OhNat;

typedef enum
{
  OH_NAT_PASS,  /* the packet, as it is now, goes back into the network */
  OH_NAT_ASK,   /* a connection is begun: let it in, or refuse it */
  OH_NAT_DROP,
  OH_NAT_RESET, /* it belongs to nothing */
} OhNatVerdict;

/* A connection by the port that the listener sees it come from. */
typedef struct
{
  OhEnd client;
  OhEnd server;    /* where the program wants to go */
} OhNatFlow;

/* @listen4, @listen6: the listener's ports */
OhNat *oh_nat_new (guint listen4, guint listen6);
void oh_nat_free (OhNat *self);
/* A packet of TCP that came out of the network.
 * @now: monotonic, in µs; @port: (out): ASK: which connection it is */
OhNatVerdict oh_nat_take (OhNat *self, OhPacket *packet, gint64 now, guint *port);
/* (transfer none), or NULL if there is no such connection any more */
const OhNatFlow *oh_nat_find (OhNat *self, guint8 version, guint port);
/* The first packet of a connection that waits, which ends its wait. @room: OH_PACKET_SMALL; @packet: (out): it, as it came
 * Returns: FALSE if it does not wait any more. */
gboolean oh_nat_end_wait (OhNat *self, guint8 version, guint port, guint8 *room, OhPacket *packet);
/* Has such a packet lead to the listener. */
void oh_nat_let_in (OhNat *self, guint port, OhPacket *packet);

G_END_DECLS
