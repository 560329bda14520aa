/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection of HTTP/2: after its preface, any bytes, in pieces of any size. The first byte says how large these are. */
#include "oh-grpc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static gsize taken;

static gboolean
take_room (gsize *held, gsize more)
{
  *held += more;
  taken += more;
  return taken < 100000;
}

static void
give_room_back (gsize *held)
{
  taken -= *held;
  *held = 0;
}

static void
called (const OhGrpcCall *call, gpointer data)
{
  OhGrpc **self = data;
  g_autoptr (GBytes) body = g_bytes_new_static ("", 0);

  oh_grpc_answer (*self, call->stream, g_bytes_get_size (call->message) % 2 == 0 ? OH_GRPC_OK : OH_GRPC_INTERNAL, body, "odd");
}

static void
gone (gint32 stream, gpointer data)
{
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  static const OhGrpcHost host = { called, gone, take_room, give_room_back };
  const gsize step = size > 0 ? data[0] + 1u : 1;
  OhGrpc *self;
  gboolean sound;

  self = oh_grpc_new (5000, &host, &self);
  sound = oh_grpc_feed (self, (const guint8 *) preface, strlen (preface));
  for (gsize at = 1; sound && at < size; at += step)
    {
      g_autoptr (GBytes) out = NULL;

      sound = oh_grpc_feed (self, data + at, MIN (step, size - at));
      out = oh_grpc_take_output (self);
    }
  oh_grpc_free (self);
  if (taken != 0)
    abort ();
  return 0;
}
