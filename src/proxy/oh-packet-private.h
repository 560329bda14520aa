/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and changes IP packets of either version. Sans-I/O. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* The longest that there is. */
#define OH_PACKET_MAX 65536
/* Room for a packet of ours: an error with the beginning of what it is about, or a reset. */
#define OH_PACKET_SMALL 1280

typedef enum
{
  OH_TCP_FIN = 1,
  OH_TCP_SYN = 2,
  OH_TCP_RST = 4,
  OH_TCP_ACK = 16,
} OhTcpFlags;

/* One end of a connection; comparable and hashable byte by byte. IPv4 has its address in the first four bytes. */
typedef struct
{
  guint8 address[16];
  guint16 port; /* of this machine's byte order */
  guint8 version; /* 4 or 6 */
  guint8 zero;
} OhEnd;

/* A packet of TCP or UDP, whole. It points into the bytes it was read from. */
typedef struct
{
  guint8 *data;
  gsize length;
  gsize transport; /* where its TCP or UDP header begins, */
  gsize payload;   /* and what that carries */
  guint8 protocol; /* IPPROTO_TCP or IPPROTO_UDP */
  guint8 flags;    /* OhTcpFlags */
  OhEnd from;
  OhEnd to;
} OhPacket;

/* @text: an address. @port: of this machine's byte order */
OhEnd oh_end_make (const char *text, guint port);
gboolean oh_end_has_address (const OhEnd *end, const OhEnd *other);
/* (transfer full) */
char *oh_end_print_address (const OhEnd *end);

/* Returns: FALSE for anything else: another protocol, a fragment, broken lengths. Checksums are not looked at. */
gboolean oh_packet_read (OhPacket *self, guint8 *data, gsize length);
/* Gives it other ends, of the same version, and the checksums that go with them. */
void oh_packet_set_ends (OhPacket *self, const OhEnd *from, const OhEnd *to);

/* What answers an attempt to connect to a port where nobody listens. @room: OH_PACKET_SMALL. Returns: its length. */
gsize oh_packet_make_reset (const OhPacket *to, guint8 *room);
/* What a router says of a packet that it cannot deliver. @port: it is the port, else the host, that is not there */
gsize oh_packet_make_unreachable (const OhPacket *about, gboolean port, guint8 *room);
/* An answer over UDP. @room: OH_PACKET_MAX. Returns: 0: it is too long */
gsize oh_packet_make_answer (const OhPacket *to, const guint8 *payload, gsize length, guint8 *room);

G_END_DECLS
