/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-intake-rpc-private.h"

#include "oh-grpc.h"
#include "oh-pac-private.h"
#include "oh-telling-private.h"

#include <libsoup/soup.h>

/* Of answers that a client does not read. */
#define OUT_MAX (1024 * 1024)

typedef struct
{
  OhGate *gate;
  gboolean at_door;
  OhGrpc *grpc;
  GHashTable *calls; /* gint stream → Call */
} Rpc;

typedef struct
{
  Rpc *rpc;
  gint32 stream;
  OhTelling *telling; /* NULL: it is done */
} Call;

static void
call_free (gpointer data)
{
  Call *call = data;

  oh_telling_cancel (call->telling);
  g_free (call);
}

static void
stop (gpointer guest)
{
  Rpc *self = guest;

  g_hash_table_unref (self->calls);
  oh_grpc_free (self->grpc);
  g_free (self);
}

/* Sends what there is. Returns: FALSE if the connection ended, and @self with it */
static gboolean
send (Rpc *self)
{
  GBytes *out = oh_grpc_take_output (self->grpc);

  if (g_bytes_get_size (out) > 0)
    oh_gate_write (self->gate, out);
  else
    g_bytes_unref (out);
  if (!self->gate->broken && self->gate->out.pending <= OUT_MAX)
    return TRUE;
  oh_gate_close (self->gate, FALSE);
  return FALSE;
}

static OhGrpcStatus
get_status (guint http)
{
  return http == SOUP_STATUS_OK                         ? OH_GRPC_OK
         : http == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE ? OH_GRPC_RESOURCE_EXHAUSTED
         : http == SOUP_STATUS_BAD_REQUEST              ? OH_GRPC_INVALID_ARGUMENT
                                                        : OH_GRPC_INTERNAL;
}

static void
told (const OhIngestReply *reply, gpointer data)
{
  Call *call = data;
  Rpc *self = call->rpc;
  const OhGrpcStatus status = get_status (reply->status);
  gsize length;
  const char *text = g_bytes_get_data (reply->body, &length);
  g_autofree char *why = status != OH_GRPC_OK ? g_strndup (text, length) : NULL;

  oh_grpc_answer (self->grpc, call->stream, status, reply->body, why != NULL ? g_strstrip (why) : NULL);
  call->telling = NULL;
  g_hash_table_remove (self->calls, GINT_TO_POINTER (call->stream));
  send (self);
}

static void
called (const OhGrpcCall *asked, gpointer data)
{
  Rpc *self = data;
  OhGate *gate = self->gate;
  Call *call;

  if (asked->from_page || !oh_pac_is_our_name (asked->authority))
    oh_grpc_answer (self->grpc, asked->stream, OH_GRPC_PERMISSION_DENIED, NULL, "Overhear: not of web pages.");
  else if (!self->at_door && !oh_admission_find_run (gate->core->admission, asked->token, &gate->run_id))
    oh_grpc_answer (self->grpc, asked->stream, OH_GRPC_UNAUTHENTICATED, NULL,
                    "Overhear: the token belongs to no program that it started, or to one that has ended.");
  else
    {
      call = g_new0 (Call, 1);
      call->rpc = self;
      call->stream = asked->stream;
      g_hash_table_replace (self->calls, GINT_TO_POINTER (call->stream), call);
      call->telling = oh_telling_new (gate, asked->path, "application/x-protobuf", asked->encoding,
                                      g_bytes_ref (asked->message), asked->held, told, call);
    }
}

static void
gone (gint32 stream, gpointer data)
{
  Rpc *self = data;

  g_hash_table_remove (self->calls, GINT_TO_POINTER (stream));
}

static const OhGrpcHost host = {
  .called = called,
  .gone = gone,
  .take_room = oh_telling_take_room,
  .give_room_back = oh_telling_give_room_back,
};

static void
came (gpointer guest)
{
  Rpc *self = guest;
  OhGate *gate = self->gate;
  const gboolean sound = oh_grpc_feed (self->grpc, gate->pending->data, gate->pending->len);

  g_byte_array_set_size (gate->pending, 0);
  if (!send (self))
    return;
  if (!sound || oh_grpc_is_over (self->grpc))
    {
      oh_gate_dismiss (gate);
      stop (self);
      oh_gate_linger (gate);
    }
  else if (!oh_grpc_is_busy (self->grpc))
    oh_gate_idle (gate);
}

static const OhGuestClass guest_class = { .came = came, .stop = stop };

void
oh_intake_rpc_start (OhGate *gate, gboolean at_door)
{
  Rpc *self = g_new0 (Rpc, 1);

  self->gate = gate;
  self->at_door = at_door;
  self->grpc = oh_grpc_new (OH_INGEST_MAX, &host, self);
  self->calls = g_hash_table_new_full (NULL, NULL, NULL, call_free);
  oh_gate_admit (gate, OH_GATE_INTAKE, &guest_class, self);
  came (self);
}
