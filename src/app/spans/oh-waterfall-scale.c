/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-waterfall-scale.h"

#include "oh-clock.h"

#include <glib/gi18n.h>

/* Nothing shorter is zoomed into. */
#define SHORTEST_NS (10 * OH_NS_PER_US)

struct _OhWaterfallScale
{
  GObject parent_instance;

  gint64 length_ns;
  gint64 zoom_from;
  gint64 zoom_to; /* 0: not zoomed */
  double band_from;
  double band_to;
};

G_DEFINE_FINAL_TYPE (OhWaterfallScale, oh_waterfall_scale, G_TYPE_OBJECT)

static guint changed_signal;

static void
emit_changed (OhWaterfallScale *self)
{
  g_signal_emit (self, changed_signal, 0);
}

static void
oh_waterfall_scale_class_init (OhWaterfallScaleClass *klass)
{
  changed_signal = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
}

static void
oh_waterfall_scale_init (OhWaterfallScale *self)
{
  self->length_ns = OH_NS_PER_S;
}

OhWaterfallScale *
oh_waterfall_scale_new (void)
{
  return g_object_new (OH_TYPE_WATERFALL_SCALE, NULL);
}

void
oh_waterfall_scale_set_length (OhWaterfallScale *self, gint64 length_ns)
{
  g_return_if_fail (OH_IS_WATERFALL_SCALE (self));

  length_ns = MAX (length_ns, OH_NS_PER_MS);
  if (length_ns == self->length_ns)
    return;
  self->length_ns = length_ns;
  if (self->zoom_to == 0)
    emit_changed (self);
}

gint64
oh_waterfall_scale_get_from (OhWaterfallScale *self)
{
  g_return_val_if_fail (OH_IS_WATERFALL_SCALE (self), 0);

  return self->zoom_to == 0 ? 0 : self->zoom_from;
}

gint64
oh_waterfall_scale_get_to (OhWaterfallScale *self)
{
  g_return_val_if_fail (OH_IS_WATERFALL_SCALE (self), 1);

  return self->zoom_to == 0 ? self->length_ns : self->zoom_to;
}

void
oh_waterfall_scale_zoom (OhWaterfallScale *self, double from, double to)
{
  gint64 start, length;

  g_return_if_fail (OH_IS_WATERFALL_SCALE (self));

  start = oh_waterfall_scale_get_from (self);
  length = oh_waterfall_scale_get_to (self) - start;
  from = CLAMP (from, 0, 1);
  to = CLAMP (to, 0, 1);
  self->band_from = self->band_to = 0;
  if ((gint64) (ABS (to - from) * (double) length) >= SHORTEST_NS)
    {
      self->zoom_from = start + (gint64) (MIN (from, to) * (double) length);
      self->zoom_to = start + (gint64) (MAX (from, to) * (double) length);
    }
  emit_changed (self);
}

void
oh_waterfall_scale_reset (OhWaterfallScale *self)
{
  g_return_if_fail (OH_IS_WATERFALL_SCALE (self));

  self->zoom_from = self->zoom_to = 0;
  self->band_from = self->band_to = 0;
  emit_changed (self);
}

gboolean
oh_waterfall_scale_is_zoomed (OhWaterfallScale *self)
{
  g_return_val_if_fail (OH_IS_WATERFALL_SCALE (self), FALSE);

  return self->zoom_to != 0;
}

void
oh_waterfall_scale_set_band (OhWaterfallScale *self, double from, double to)
{
  g_return_if_fail (OH_IS_WATERFALL_SCALE (self));

  self->band_from = CLAMP (MIN (from, to), 0, 1);
  self->band_to = CLAMP (MAX (from, to), 0, 1);
  emit_changed (self);
}

void
oh_waterfall_scale_snapshot_band (OhWaterfallScale *self, GtkSnapshot *snapshot, int width, int height)
{
  static const GdkRGBA colour = { 0.21f, 0.52f, 0.89f, 0.22f };
  float x, length;

  g_return_if_fail (OH_IS_WATERFALL_SCALE (self));

  x = (float) (self->band_from * width);
  length = (float) ((self->band_to - self->band_from) * width);
  if (length > 0)
    gtk_snapshot_append_color (snapshot, &colour, &GRAPHENE_RECT_INIT (x, 0, length, (float) height));
}

double
oh_waterfall_scale_get_x (OhWaterfallScale *self, gint64 ns, int width)
{
  gint64 from, to;

  g_return_val_if_fail (OH_IS_WATERFALL_SCALE (self), 0);

  from = oh_waterfall_scale_get_from (self);
  to = oh_waterfall_scale_get_to (self);
  return (double) (ns - from) / (double) (to - from) * width;
}

gint64
oh_waterfall_scale_get_step (gint64 span, guint n)
{
  static const gint64 minutes[] = { 1, 2, 5, 10, 30, 60, 120, 360, 720, 1440 };
  gint64 least = MAX (span / MAX (n, 1), 1);

  for (gint64 unit = 1; unit <= 10 * OH_NS_PER_S; unit *= 10)
    for (gint64 times = 1; times <= 5; times = times == 1 ? 2 : times == 2 ? 5 : 10)
      if (times * unit >= least && times * unit <= 20 * OH_NS_PER_S)
        return times * unit;
  for (gsize i = 0; i < G_N_ELEMENTS (minutes); i++)
    if (minutes[i] * 60 * OH_NS_PER_S >= least)
      return minutes[i] * 60 * OH_NS_PER_S;
  return (least / (86400 * OH_NS_PER_S) + 1) * 86400 * OH_NS_PER_S;
}

char *
oh_waterfall_scale_format_tick (gint64 ns, gint64 step)
{
  if (step >= 3600 * OH_NS_PER_S)
    return g_strdup_printf (_ ("%.0f h"), (double) ns / (3600.0 * OH_NS_PER_S));
  if (step >= 60 * OH_NS_PER_S)
    return g_strdup_printf (_ ("%.0f min"), (double) ns / (60.0 * OH_NS_PER_S));
  if (step >= OH_NS_PER_S)
    return g_strdup_printf (_ ("%.0f s"), (double) ns / OH_NS_PER_S);
  if (step >= 100 * OH_NS_PER_MS)
    return g_strdup_printf (_ ("%.1f s"), (double) ns / OH_NS_PER_S);
  if (step >= OH_NS_PER_MS)
    return g_strdup_printf (_ ("%.0f ms"), (double) ns / OH_NS_PER_MS);
  return g_strdup_printf (_ ("%.2f ms"), (double) ns / OH_NS_PER_MS);
}
