/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-waterfall.h"

#include "oh-span-pieces.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#define BAR_HEIGHT 10
#define RADIUS 2.5f
/* So that what took no time can be seen. */
#define MINIMUM 2.0
#define TICKS_MAX 12
#define TICK_GAP 10
#define SWATCH_WIDTH 14

struct _OhWaterfall
{
  GtkWidget parent_instance;

  OhWaterfallScale *scale;
  OhSpanItem *item;
  gboolean axis;
  OhPieceKind swatch; /* of a key to the colours, without a scale; else OH_N_PIECES */
};

G_DEFINE_FINAL_TYPE (OhWaterfall, oh_waterfall, GTK_TYPE_WIDGET)

#define RGB(hex) { ((hex) >> 16 & 255) / 255.f, ((hex) >> 8 & 255) / 255.f, ((hex) & 255) / 255.f, 1 }

typedef struct
{
  GdkRGBA light;
  GdkRGBA dark;
  int height; /* so that nothing is told by colour alone: what only waits is thin */
} Look;

static const Look looks[OH_N_PIECES] = {
  [OH_PIECE_TRACE] = { RGB (0x8d8b86), RGB (0x8d8b90), 10 },
  [OH_PIECE_CUSTOM] = { RGB (0x5e5c64), RGB (0xc0bfbc), 4 },
  [OH_PIECE_CONNECT] = { RGB (0x9b86b5), RGB (0x8a77a6), 4 },
  [OH_PIECE_WAIT] = { RGB (0x8fbcf0), RGB (0x4a74a5), 4 },
  [OH_PIECE_STREAM] = { RGB (0x2a76d2), RGB (0x62a0ea), 10 },
  [OH_PIECE_THINKING] = { RGB (0x8f78d8), RGB (0x9a86e8), 7 },
  [OH_PIECE_TEXT] = { RGB (0x2a76d2), RGB (0x62a0ea), 10 },
  [OH_PIECE_TOOL_INPUT] = { RGB (0x0e7c86), RGB (0x3ac4c0), 10 },
  [OH_PIECE_SERVER_TOOL] = { RGB (0xb05fc9), RGB (0xd79be8), 7 },
  [OH_PIECE_TOOL] = { RGB (0x813d9c), RGB (0xc06bdc), 10 },
  [OH_PIECE_FAILED] = { RGB (0xc01c28), RGB (0xed4a55), 10 },
  [OH_PIECE_PAUSE] = { RGB (0xe5a50a), RGB (0xa17c1a), 2 },
};

static const GdkRGBA *
get_colour (OhPieceKind kind)
{
  return adw_style_manager_get_dark (adw_style_manager_get_default ()) ? &looks[kind].dark : &looks[kind].light;
}

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
append_piece (GtkSnapshot *snapshot, OhPieceKind kind, float x, float width, int height)
{
  int tall = looks[kind].height;

  gtk_snapshot_append_color (snapshot, get_colour (kind),
                             &GRAPHENE_RECT_INIT (x, (float) (height - tall) / 2, width, (float) tall));
}

static void
snapshot_bar (OhWaterfall *self, GtkSnapshot *snapshot, int width, int height)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  g_autoptr (GArray) pieces = oh_span_get_pieces (self->item, oh_clock_wall_ns ());
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
  gsk_rounded_rect_init_from_rect (&outline,
                                   &GRAPHENE_RECT_INIT ((float) (rtl ? width - right : left),
                                                        (float) (height - BAR_HEIGHT) / 2, (float) (right - left),
                                                        BAR_HEIGHT),
                                   RADIUS);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  for (guint i = 0; i < pieces->len; i++)
    {
      const OhPiece *piece = &g_array_index (pieces, OhPiece, i);
      double from = i == 0 ? left : oh_waterfall_scale_get_x (self->scale, piece->from, width);
      double to = i == pieces->len - 1 ? right : oh_waterfall_scale_get_x (self->scale, piece->to, width);

      to = MAX (to, from + MINIMUM);
      append_piece (snapshot, piece->kind, (float) (rtl ? width - to : from), (float) (to - from), height);
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
  if (self->swatch != OH_N_PIECES)
    {
      append_piece (snapshot, self->swatch, 0, (float) width, height);
      return;
    }
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
  *minimum = *natural = BAR_HEIGHT;
  if (orientation == GTK_ORIENTATION_VERTICAL)
    return;
  *minimum = 0;
  *natural = OH_WATERFALL (widget)->swatch != OH_N_PIECES ? SWATCH_WIDTH : 160;
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
  self->swatch = OH_N_PIECES;
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

static GtkWidget *
create_key (OhPieceKind kind)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);
  OhWaterfall *swatch = g_object_new (OH_TYPE_WATERFALL, NULL);

  swatch->swatch = kind;
  gtk_widget_set_size_request (GTK_WIDGET (swatch), SWATCH_WIDTH, -1);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (swatch));
  gtk_box_append (GTK_BOX (box), gtk_label_new (oh_span_get_piece_name (kind)));
  return box;
}

GtkWidget *
oh_waterfall_new_legend (void)
{
  static const OhPieceKind kinds[] = { OH_PIECE_CONNECT, OH_PIECE_WAIT,  OH_PIECE_THINKING, OH_PIECE_TEXT,
                                       OH_PIECE_TOOL_INPUT, OH_PIECE_TOOL, OH_PIECE_PAUSE, OH_PIECE_FAILED };
  GtkWidget *legend = gtk_flow_box_new ();

  gtk_flow_box_set_selection_mode (GTK_FLOW_BOX (legend), GTK_SELECTION_NONE);
  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (legend), G_N_ELEMENTS (kinds));
  gtk_flow_box_set_column_spacing (GTK_FLOW_BOX (legend), 10);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      GtkWidget *child = gtk_flow_box_child_new ();

      gtk_flow_box_child_set_child (GTK_FLOW_BOX_CHILD (child), create_key (kinds[i]));
      gtk_widget_set_focusable (child, FALSE);
      gtk_flow_box_append (GTK_FLOW_BOX (legend), child);
    }
  gtk_accessible_update_property (GTK_ACCESSIBLE (legend), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("What the bars show"), -1);
  gtk_widget_add_css_class (legend, "waterfall-legend");
  return legend;
}

void
oh_waterfall_set_item (OhWaterfall *self, OhSpanItem *item)
{
  g_return_if_fail (OH_IS_WATERFALL (self));

  g_set_object (&self->item, item);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
