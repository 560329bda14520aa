/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sink.h"

G_DEFINE_INTERFACE (OhSink, oh_sink, G_TYPE_OBJECT)

static void
oh_sink_default_init (OhSinkInterface *iface)
{
}

gboolean
oh_sink_push (OhSink *self, OhCapture *capture)
{
  g_return_val_if_fail (OH_IS_SINK (self), FALSE);
  return OH_SINK_GET_IFACE (self)->push (self, capture);
}

gboolean
oh_sink_has_room (OhSink *self)
{
  g_return_val_if_fail (OH_IS_SINK (self), FALSE);
  return OH_SINK_GET_IFACE (self)->has_room == NULL || OH_SINK_GET_IFACE (self)->has_room (self);
}

gboolean
oh_sink_keeps_posts (OhSink *self, gsize length)
{
  g_return_val_if_fail (OH_IS_SINK (self), FALSE);
  return OH_SINK_GET_IFACE (self)->keeps_posts != NULL && OH_SINK_GET_IFACE (self)->keeps_posts (self, length);
}
