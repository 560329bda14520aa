/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-responsive-bin.h"

#include "oh-columns.h"

/* For text of the usual size; larger text needs the same room in characters. */
#define USUAL_DIGIT_WIDTH 9.0
#define MINIMUM_WIDTH 340
#define MINIMUM_HEIGHT 240
#define STACKED_FROM 620
#define BESIDE_FROM 840
#define WIDE_FROM 1080

struct _OhResponsiveBin
{
  GtkWidget parent_instance;

  GtkWidget *child;
  OhRoom room;
  OhRoom next_room;
  guint change_source;
};

enum
{
  PROP_0,
  PROP_CHILD,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];
static guint room_changed;

G_DEFINE_FINAL_TYPE (OhResponsiveBin, oh_responsive_bin, GTK_TYPE_WIDGET)

static double
get_text_scale (GtkWidget *widget)
{
  return MAX (oh_columns_get_digit_width (widget) / USUAL_DIGIT_WIDTH, 1);
}

static void
oh_responsive_bin_measure (GtkWidget *widget,
                           GtkOrientation orientation,
                           int for_size,
                           int *minimum,
                           int *natural,
                           int *minimum_baseline,
                           int *natural_baseline)
{
  OhResponsiveBin *self = OH_RESPONSIVE_BIN (widget);

  *minimum = *natural = 0;
  *minimum_baseline = *natural_baseline = -1;
  if (self->child == NULL)
    return;
  if (orientation == GTK_ORIENTATION_VERTICAL && for_size >= 0)
    {
      int width;

      gtk_widget_measure (self->child, GTK_ORIENTATION_HORIZONTAL, -1, &width, NULL, NULL, NULL);
      for_size = MAX (for_size, width);
    }
  gtk_widget_measure (self->child, orientation, for_size, minimum, natural, NULL, NULL);
  *minimum = MIN (*minimum, orientation == GTK_ORIENTATION_HORIZONTAL ? MINIMUM_WIDTH : MINIMUM_HEIGHT);
}

static gboolean
change_room (gpointer data)
{
  OhResponsiveBin *self = data;

  self->change_source = 0;
  if (self->room != self->next_room)
    {
      self->room = self->next_room;
      g_signal_emit (self, room_changed, 0);
    }
  return G_SOURCE_REMOVE;
}

static void
oh_responsive_bin_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  OhResponsiveBin *self = OH_RESPONSIVE_BIN (widget);
  double scale = get_text_scale (widget);
  int child_width;
  int child_height;

  if (width < STACKED_FROM * scale)
    self->next_room = OH_ROOM_NARROW;
  else if (width < BESIDE_FROM * scale)
    self->next_room = OH_ROOM_STACKED;
  else if (width < WIDE_FROM * scale)
    self->next_room = OH_ROOM_BESIDE;
  else
    self->next_room = OH_ROOM_WIDE;
  /* Widgets must not be rearranged while they are given their places. */
  if (self->next_room != self->room && self->change_source == 0)
    self->change_source = g_idle_add_full (GTK_PRIORITY_RESIZE, change_room, self, NULL);

  if (self->child == NULL)
    return;
  gtk_widget_measure (self->child, GTK_ORIENTATION_HORIZONTAL, -1, &child_width, NULL, NULL, NULL);
  child_width = MAX (child_width, width);
  gtk_widget_measure (self->child, GTK_ORIENTATION_VERTICAL, child_width, &child_height, NULL, NULL, NULL);
  gtk_widget_allocate (self->child, child_width, MAX (child_height, height), -1, NULL);
}

static void
oh_responsive_bin_set_child (OhResponsiveBin *self, GtkWidget *child)
{
  if (child == self->child)
    return;
  g_clear_pointer (&self->child, gtk_widget_unparent);
  self->child = child;
  if (child != NULL)
    gtk_widget_set_parent (child, GTK_WIDGET (self));
}

static void
oh_responsive_bin_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_CHILD)
    g_value_set_object (value, OH_RESPONSIVE_BIN (object)->child);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
oh_responsive_bin_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_CHILD)
    oh_responsive_bin_set_child (OH_RESPONSIVE_BIN (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
oh_responsive_bin_dispose (GObject *object)
{
  OhResponsiveBin *self = OH_RESPONSIVE_BIN (object);

  g_clear_handle_id (&self->change_source, g_source_remove);
  oh_responsive_bin_set_child (self, NULL);
  G_OBJECT_CLASS (oh_responsive_bin_parent_class)->dispose (object);
}

static void
oh_responsive_bin_class_init (OhResponsiveBinClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = oh_responsive_bin_dispose;
  object_class->get_property = oh_responsive_bin_get_property;
  object_class->set_property = oh_responsive_bin_set_property;
  widget_class->measure = oh_responsive_bin_measure;
  widget_class->size_allocate = oh_responsive_bin_size_allocate;

  properties[PROP_CHILD] = g_param_spec_object ("child", NULL, NULL, GTK_TYPE_WIDGET,
                                                G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  room_changed = g_signal_new ("room-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                               G_TYPE_NONE, 0);
}

static void
oh_responsive_bin_init (OhResponsiveBin *self)
{
  self->room = self->next_room = OH_ROOM_WIDE;
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
}

OhRoom
oh_responsive_bin_get_room (OhResponsiveBin *self)
{
  g_return_val_if_fail (OH_IS_RESPONSIVE_BIN (self), OH_ROOM_WIDE);

  return self->room;
}
