/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-track.h"

#include <math.h>

/* So that a piece of no length can be seen. */
#define MINIMUM 2

typedef struct
{
  GtkWidget *widget;
  double from;
  double to;
} Piece;

struct _OhTimingTrack
{
  GtkWidget parent_instance;

  GArray *pieces; /* (element-type Piece) */
};

G_DEFINE_FINAL_TYPE (OhTimingTrack, oh_timing_track, GTK_TYPE_WIDGET)

static void
oh_timing_track_measure (GtkWidget *widget,
                         GtkOrientation orientation,
                         int for_size,
                         int *minimum,
                         int *natural,
                         int *minimum_baseline,
                         int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 40 : 8;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 90 : 8;
}

static void
oh_timing_track_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  OhTimingTrack *self = OH_TIMING_TRACK (widget);
  gboolean mirrored = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;

  for (guint i = 0; i < self->pieces->len; i++)
    {
      const Piece *piece = &g_array_index (self->pieces, Piece, i);
      int from = MIN ((int) lround (piece->from * width), MAX (width - MINIMUM, 0));
      int length = MAX ((int) lround (piece->to * width) - from, MINIMUM);
      GtkAllocation place = { mirrored ? width - from - length : from, 0, length, height };

      gtk_widget_size_allocate (piece->widget, &place, -1);
    }
}

static void
oh_timing_track_dispose (GObject *object)
{
  oh_timing_track_clear (OH_TIMING_TRACK (object));
  G_OBJECT_CLASS (oh_timing_track_parent_class)->dispose (object);
}

static void
oh_timing_track_finalize (GObject *object)
{
  g_array_unref (OH_TIMING_TRACK (object)->pieces);
  G_OBJECT_CLASS (oh_timing_track_parent_class)->finalize (object);
}

static void
oh_timing_track_class_init (OhTimingTrackClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_timing_track_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_timing_track_finalize;
  widget_class->measure = oh_timing_track_measure;
  widget_class->size_allocate = oh_timing_track_size_allocate;
  gtk_widget_class_set_css_name (widget_class, "timingtrack");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
oh_timing_track_init (OhTimingTrack *self)
{
  self->pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
}

GtkWidget *
oh_timing_track_new (void)
{
  return g_object_new (OH_TYPE_TIMING_TRACK, NULL);
}

void
oh_timing_track_clear (OhTimingTrack *self)
{
  g_return_if_fail (OH_IS_TIMING_TRACK (self));

  for (guint i = 0; i < self->pieces->len; i++)
    gtk_widget_unparent (g_array_index (self->pieces, Piece, i).widget);
  g_array_set_size (self->pieces, 0);
}

void
oh_timing_track_add (OhTimingTrack *self, double from, double to, const char *css_class)
{
  Piece piece = { NULL, CLAMP (from, 0, 1), CLAMP (to, 0, 1) };

  g_return_if_fail (OH_IS_TIMING_TRACK (self));

  piece.widget = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_add_css_class (piece.widget, css_class);
  gtk_widget_set_parent (piece.widget, GTK_WIDGET (self));
  g_array_append_val (self->pieces, piece);
}
