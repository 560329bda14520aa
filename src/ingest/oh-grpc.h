/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's side of gRPC on one connection, as far as OTLP needs it: unary calls of its three Export methods, over HTTP/2
 * without TLS and without an upgrade (prior knowledge). Sans-I/O: bytes in, bytes out.
 * Source: gRPC over HTTP/2 (grpc/doc/PROTOCOL-HTTP2.md); HTTP/2's frames and flow control are nghttp2's. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct _OhGrpc OhGrpc;

/* What a call is answered with (grpc/doc/statuscodes.md). */
typedef enum
{
  OH_GRPC_OK = 0,
  OH_GRPC_INVALID_ARGUMENT = 3,
  OH_GRPC_PERMISSION_DENIED = 7,
  OH_GRPC_RESOURCE_EXHAUSTED = 8,
  OH_GRPC_UNIMPLEMENTED = 12,
  OH_GRPC_INTERNAL = 13,
  OH_GRPC_UNAVAILABLE = 14, /* exporters try again */
  OH_GRPC_UNAUTHENTICATED = 16,
} OhGrpcStatus;

/* One call whose message is whole. */
typedef struct
{
  gint32 stream;
  const char *path;      /* the same by HTTP: "/v1/traces" */
  const char *encoding;  /* of the message: "gzip", …; NULL: none */
  const char *authority; /* as the client says it, or NULL */
  const char *token;     /* its metadata "overhear-token", or NULL */
  gboolean from_page;    /* it says an origin, as browsers do */
  GBytes *message;       /* (transfer none) */
  gsize *held;           /* what it has of the room (OhGrpcHost.take_room); who takes it sets it to 0 */
} OhGrpcCall;

typedef struct
{
  /* To be answered, now or later, by oh_grpc_answer(). */
  void (*called) (const OhGrpcCall *call, gpointer data);
  /* The client no longer waits for that. */
  void (*gone) (gint32 stream, gpointer data);
  /* Memory for a message. Returns: FALSE if there is no more: the client is to come again. @held: (inout) */
  gboolean (*take_room) (gsize *held, gsize more);
  void (*give_room_back) (gsize *held);
} OhGrpcHost;

/* @max: bytes of a message at most; @host: (static) */
OhGrpc *oh_grpc_new (gsize max, const OhGrpcHost *host, gpointer data);
void oh_grpc_free (OhGrpc *self);
/* What the client has sent, from the preface on. Returns: FALSE if that is no HTTP/2. */
gboolean oh_grpc_feed (OhGrpc *self, const guint8 *data, gsize length);
/* Whether nothing more is to be sent or read: the connection ends. */
gboolean oh_grpc_is_over (OhGrpc *self);
/* What is to be sent, from the beginning on. (transfer full): empty if nothing is */
GBytes *oh_grpc_take_output (OhGrpc *self);
/* @body: (nullable): the reply's message (OK); @message: (nullable): why not (ASCII) */
void oh_grpc_answer (OhGrpc *self, gint32 stream, OhGrpcStatus status, GBytes *body, const char *message);
/* Whether any call goes on. */
gboolean oh_grpc_is_busy (OhGrpc *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhGrpc, oh_grpc_free)

G_END_DECLS
