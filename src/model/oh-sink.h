/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where captures go. The proxy knows only this interface; the store implements it. */
#pragma once
#include "oh-capture.h"

G_BEGIN_DECLS

#define OH_TYPE_SINK (oh_sink_get_type ())
G_DECLARE_INTERFACE (OhSink, oh_sink, OH, SINK, GObject)

struct _OhSinkInterface
{
  GTypeInterface parent;
  gboolean (*push) (OhSink *self, OhCapture *capture);
  gboolean (*has_room) (OhSink *self);
  gboolean (*keeps_posts) (OhSink *self, gsize length);
};

/* Hands over a capture. Any thread; never blocks.
 * @capture: (transfer full)
 * Returns: FALSE if a *_DATA capture was dropped because the sink is full: the recorder then sets the exchange's gap.
 * The other kinds are always taken. */
gboolean oh_sink_push (OhSink *self, OhCapture *capture);
/* Whether who can wait may push on: there is room for some MiB, and as much for those who cannot. What was dropped once is not
 * taken any more, so that this is asked before. Any thread. */
gboolean oh_sink_has_room (OhSink *self);
/* Whether a POST with so many bytes is stored as it is: somebody will take it apart, and not too much waits for that. Any thread. */
gboolean oh_sink_keeps_posts (OhSink *self, gsize length);

G_END_DECLS
