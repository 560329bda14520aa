/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-waterfall.h"

#include "oh-span-pieces.h"

#include <adwaita.h>
#include <math.h>

#define BAR_HEIGHT 10
#define THIN_HEIGHT 4
#define RADIUS 2.5f
/* So that what took no time can be seen. */
#define MINIMUM 2.0
#define TICKS_MAX 12
#define TICK_GAP 10

struct _OhWaterfall
{
  GtkWidget parent_instance;

  OhWaterfallScale *scale;
  OhSpanItem *item;
  gboolean axis;
};

G_DEFINE_FINAL_TYPE (OhWaterfall, oh_waterfall, GTK_TYPE_WIDGET)

#define RGB(hex) { ((hex) >> 16 & 255) / 255.f, ((hex) >> 8 & 255) / 255.f, ((hex) & 255) / 255.f, 1 }

static const GdkRGBA light_colours[OH_N_PIECES] = {
  [OH_PIECE_TRACE] = RGB (0x8d8b86),  [OH_PIECE_CUSTOM] = RGB (0x5e5c64), [OH_PIECE_CONNECT] = RGB (0xb9a3d0),
  [OH_PIECE_WAIT] = RGB (0x8fbcf0),   [OH_PIECE_STREAM] = RGB (0x2a76d2), [OH_PIECE_TOOL] = RGB (0x813d9c),
  [OH_PIECE_FAILED] = RGB (0xc01c28), [OH_PIECE_PAUSE] = RGB (0xf5d78e),
};

static const GdkRGBA dark_colours[OH_N_PIECES] = {
  [OH_PIECE_TRACE] = RGB (0x8d8b90),  [OH_PIECE_CUSTOM] = RGB (0xc0bfbc), [OH_PIECE_CONNECT] = RGB (0x7d6b96),
  [OH_PIECE_WAIT] = RGB (0x3f648f),   [OH_PIECE_STREAM] = RGB (0x62a0ea), [OH_PIECE_TOOL] = RGB (0xc06bdc),
  [OH_PIECE_FAILED] = RGB (0xed4a55), [OH_PIECE_PAUSE] = RGB (0x80662a),
};

/* The finest step whose words have room. */
static gint64
find_step (PangoLayout *layout, gint64 from, gint64 to, int width)
{
  for (guint n = TICKS_MAX; n > 1; n--)
    {
      gint64 step = oh_waterfall_scale_get_step (to - from, n);
      g_autofree char *words = oh_waterfall_scale_format_tick (to / step * step, step);
      int wide;

      pango_layout_set_text (layout, words, -1);
      pango_layout_get_pixel_size (layout, &wide, NULL);
      if ((double) step / (double) (to - from) * width >= wide + TICK_GAP)
        return step;
    }
  return oh_waterfall_scale_get_step (to - from, 1);
}

static void
snapshot_axis (OhWaterfall *self, GtkSnapshot *snapshot, int width, int height)
{
  GtkWidget *widget = GTK_WIDGET (self);
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (widget, NULL);
  gint64 from = oh_waterfall_scale_get_from (self->scale);
  gint64 to = oh_waterfall_scale_get_to (self->scale);
  gint64 step = find_step (layout, from, to, width);
  GdkRGBA colour;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &colour);
  for (gint64 ns = (from + step - 1) / step * step; ns <= to; ns += step)
    {
      g_autofree char *words = oh_waterfall_scale_format_tick (ns, step);
      double x = oh_waterfall_scale_get_x (self->scale, ns, width);
      int wide, tall;

      pango_layout_set_text (layout, words, -1);
      pango_layout_get_pixel_size (layout, &wide, &tall);
      if (x + wide > width + 1)
        break;
      gtk_snapshot_save (snapshot);
      gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) (rtl ? width - x - wide : x),
                                                              (float) (height - tall) / 2));
      gtk_snapshot_append_layout (snapshot, layout, &colour);
      gtk_snapshot_restore (snapshot);
    }
}

static void
snapshot_bar (OhWaterfall *self, GtkSnapshot *snapshot, int width, int height)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());
  gboolean thin = oh_span_item_get_kind (self->item) == OH_SPAN_CUSTOM;
  g_autoptr (GArray) pieces = oh_span_get_pieces (self->item, oh_clock_wall_ns ());
  int tall = thin ? THIN_HEIGHT : BAR_HEIGHT;
  float y = (float) (height - tall) / 2;
  double left, right;
  GskRoundedRect outline;

  if (pieces->len == 0)
    return;
  left = oh_waterfall_scale_get_x (self->scale, g_array_index (pieces, OhPiece, 0).from, width);
  right = oh_waterfall_scale_get_x (self->scale, g_array_index (pieces, OhPiece, pieces->len - 1).to, width);
  if (right < 0 || left > width)
    return;
  /* Half pixels of the clip would look pale. */
  left = floor (left);
  right = ceil (MAX (right, left + MINIMUM));
  gsk_rounded_rect_init_from_rect (
      &outline,
      &GRAPHENE_RECT_INIT ((float) (rtl ? width - right : left), y, (float) (right - left), (float) tall), RADIUS);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  for (guint i = 0; i < pieces->len; i++)
    {
      const OhPiece *piece = &g_array_index (pieces, OhPiece, i);
      double from = i == 0 ? left : oh_waterfall_scale_get_x (self->scale, piece->from, width);
      double to = i == pieces->len - 1 ? right : oh_waterfall_scale_get_x (self->scale, piece->to, width);

      to = MAX (to, from + MINIMUM);
      gtk_snapshot_append_color (
          snapshot, dark ? &dark_colours[piece->kind] : &light_colours[piece->kind],
          &GRAPHENE_RECT_INIT ((float) (rtl ? width - to : from), y, (float) (to - from), (float) tall));
    }
  gtk_snapshot_pop (snapshot);
}

static void
oh_waterfall_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  OhWaterfall *self = OH_WATERFALL (widget);
  int width = gtk_widget_get_width (widget);
  int height = gtk_widget_get_height (widget);

  if (width <= 0)
    return;
  if (self->axis)
    snapshot_axis (self, snapshot, width, height);
  else if (self->item != NULL)
    snapshot_bar (self, snapshot, width, height);
  oh_waterfall_scale_snapshot_band (self->scale, snapshot, width, height);
}

static void
oh_waterfall_measure (GtkWidget *widget,
                      GtkOrientation orientation,
                      int for_size,
                      int *minimum,
                      int *natural,
                      int *minimum_baseline,
                      int *natural_baseline)
{
  *minimum_baseline = *natural_baseline = -1;
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 0 : BAR_HEIGHT;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : BAR_HEIGHT;
}

static gboolean
oh_waterfall_query_tooltip (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip)
{
  OhWaterfall *self = OH_WATERFALL (widget);
  g_autofree char *words = NULL;

  if (self->item == NULL)
    return FALSE;
  words = oh_span_describe_pieces (self->item, oh_clock_wall_ns ());
  gtk_tooltip_set_text (tooltip, words);
  return words != NULL;
}

static void
oh_waterfall_dispose (GObject *object)
{
  OhWaterfall *self = OH_WATERFALL (object);

  oh_waterfall_set_item (self, NULL);
  g_clear_object (&self->scale);
  G_OBJECT_CLASS (oh_waterfall_parent_class)->dispose (object);
}

static void
oh_waterfall_class_init (OhWaterfallClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_waterfall_dispose;
  widget_class->measure = oh_waterfall_measure;
  widget_class->snapshot = oh_waterfall_snapshot;
  widget_class->query_tooltip = oh_waterfall_query_tooltip;
  gtk_widget_class_set_css_name (widget_class, "waterfall");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
oh_waterfall_init (OhWaterfall *self)
{
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (gtk_widget_queue_draw), self,
                           G_CONNECT_SWAPPED);
}

static OhWaterfall *
create (OhWaterfallScale *scale)
{
  OhWaterfall *self = g_object_new (OH_TYPE_WATERFALL, NULL);

  self->scale = g_object_ref (scale);
  g_signal_connect_object (scale, "changed", G_CALLBACK (gtk_widget_queue_draw), self, G_CONNECT_SWAPPED);
  return self;
}

GtkWidget *
oh_waterfall_new (OhWaterfallScale *scale)
{
  OhWaterfall *self = create (scale);

  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  return GTK_WIDGET (self);
}

GtkWidget *
oh_waterfall_new_axis (OhWaterfallScale *scale)
{
  OhWaterfall *self = create (scale);

  self->axis = TRUE;
  gtk_widget_add_css_class (GTK_WIDGET (self), "axis");
  return GTK_WIDGET (self);
}

void
oh_waterfall_set_item (OhWaterfall *self, OhSpanItem *item)
{
  g_return_if_fail (OH_IS_WATERFALL (self));

  g_set_object (&self->item, item);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
