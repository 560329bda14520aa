/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-chart.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#define PADDING 6
#define TOP 26 /* the legend */

typedef struct
{
  double x;
  char *label;
} Position;

typedef struct
{
  char *name;
  double *values;
} Series;

typedef struct
{
  double x;
  char *label;
} Mark;

struct _OhChart
{
  GtkWidget parent;
  OhChartKind kind;
  OhChartFormat format;
  char *title;
  GArray *positions;
  GArray *series;
  GArray *marks;
  double maximum;
  int pointed; /* index of the position under the pointer or the keyboard's; -1: none */
};

G_DEFINE_FINAL_TYPE (OhChart, oh_chart, GTK_TYPE_WIDGET)

/* GNOME's palette: a colour for light and one for dark backgrounds, told apart by people with colour blindness too. */
static const char *const palette[][2] = {
  { "#1c71d8", "#62a0ea" }, { "#26a269", "#57e389" }, { "#e66100", "#ffbe6f" },
  { "#813d9c", "#c061cb" }, { "#a51d2d", "#f66151" }, { "#63452c", "#cdab8f" },
};

static const double dashes[][2] = { { 0, 0 }, { 6, 3 }, { 2, 2 }, { 10, 3 }, { 4, 6 }, { 1, 3 } };

static void
position_clear (gpointer data)
{
  g_free (((Position *) data)->label);
}

static void
series_clear (gpointer data)
{
  g_free (((Series *) data)->name);
  g_free (((Series *) data)->values);
}

static void
mark_clear (gpointer data)
{
  g_free (((Mark *) data)->label);
}

static GdkRGBA
series_color (guint index)
{
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());
  GdkRGBA color;

  gdk_rgba_parse (&color, palette[index % G_N_ELEMENTS (palette)][dark ? 1 : 0]);
  return color;
}

static double
largest (OhChart *self)
{
  double top = 0;

  if (!isnan (self->maximum))
    return self->maximum;
  for (guint i = 0; i < self->positions->len; i++)
    {
      double sum = 0;

      for (guint s = 0; s < self->series->len; s++)
        {
          double value = g_array_index (self->series, Series, s).values[i];

          if (isnan (value))
            continue;
          sum = self->kind == OH_CHART_COLUMNS ? sum + value : MAX (sum, value);
        }
      top = MAX (top, sum);
    }
  return top > 0 ? top : 1;
}

/* The middle of a position in widget coordinates. */
static double
place_x (OhChart *self, double x, guint index, double width)
{
  double first, last;

  if (self->kind == OH_CHART_COLUMNS)
    return (index + 0.5) * width / self->positions->len;
  first = g_array_index (self->positions, Position, 0).x;
  last = g_array_index (self->positions, Position, self->positions->len - 1).x;
  return last > first ? PADDING + (x - first) / (last - first) * (width - 2 * PADDING) : width / 2;
}

static void
draw_text (OhChart *self, GtkSnapshot *snapshot, const char *text, double x, double y, double opacity, gboolean right)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  GdkRGBA color;
  int width, height;

  gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (self)), &color);
  color.alpha *= (float) opacity;
  pango_layout_get_pixel_size (layout, &width, &height);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) (right ? x - width : x), (float) y));
  gtk_snapshot_append_layout (snapshot, layout, &color);
  gtk_snapshot_restore (snapshot);
}

static void
draw_legend (OhChart *self, GtkSnapshot *snapshot)
{
  double x = 0;

  for (guint s = 0; s < self->series->len; s++)
    {
      const Series *series = &g_array_index (self->series, Series, s);
      g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), series->name);
      GdkRGBA color = series_color (s);
      int width;

      gtk_snapshot_append_color (snapshot, &color, &GRAPHENE_RECT_INIT ((float) x, 6, 10, 10));
      pango_layout_get_pixel_size (layout, &width, NULL);
      draw_text (self, snapshot, series->name, x + 15, 2, 1, FALSE);
      x += 15 + width + 16;
    }
}

static void
draw_columns (OhChart *self, GtkSnapshot *snapshot, double width, double bottom, double top_value)
{
  double step = width / self->positions->len;
  double bar = MIN (MAX (step * 0.68, 1), 48);

  for (guint i = 0; i < self->positions->len; i++)
    {
      double y = bottom;

      for (guint s = 0; s < self->series->len; s++)
        {
          double value = g_array_index (self->series, Series, s).values[i];
          double height = isnan (value) ? 0 : value / top_value * (bottom - TOP);
          GdkRGBA color = series_color (s);

          if (height <= 0)
            continue;
          y -= height;
          gtk_snapshot_append_color (
              snapshot, &color,
              &GRAPHENE_RECT_INIT ((float) ((i + 0.5) * step - bar / 2), (float) y, (float) bar, (float) height));
        }
    }
}

static void
draw_lines (OhChart *self, cairo_t *cr, double width, double bottom, double top_value)
{
  for (guint s = 0; s < self->series->len; s++)
    {
      const Series *series = &g_array_index (self->series, Series, s);
      GdkRGBA color = series_color (s);
      const double *dash = dashes[s % G_N_ELEMENTS (dashes)];
      gboolean drawing = FALSE;

      gdk_cairo_set_source_rgba (cr, &color);
      cairo_set_line_width (cr, 2);
      cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
      cairo_set_dash (cr, dash, dash[0] > 0 ? 2 : 0, 0);
      for (guint i = 0; i < self->positions->len; i++)
        {
          double value = series->values[i];
          double x, y;

          if (isnan (value))
            continue;
          x = place_x (self, g_array_index (self->positions, Position, i).x, i, width);
          y = bottom - MIN (value / top_value, 1) * (bottom - TOP);
          if (drawing)
            cairo_line_to (cr, x, y);
          else
            cairo_move_to (cr, x, y);
          drawing = TRUE;
        }
      cairo_stroke (cr);
    }
}

static char *
describe (OhChart *self, guint index)
{
  GString *text = g_string_new (g_array_index (self->positions, Position, index).label);

  for (guint s = 0; s < self->series->len; s++)
    {
      const Series *series = &g_array_index (self->series, Series, s);

      if (!isnan (series->values[index]))
        {
          g_autofree char *value = self->format (series->values[index]);

          g_string_append_printf (text, "\n%s %s", series->name, value);
        }
    }
  return g_string_free (text, FALSE);
}

static void
oh_chart_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  OhChart *self = OH_CHART (widget);
  double width = gtk_widget_get_width (widget);
  double height = gtk_widget_get_height (widget);
  double bottom = height - 22;
  double top_value = largest (self);
  g_autofree char *top = self->format (top_value);
  cairo_t *cr;
  GdkRGBA ink;

  if (width < 40 || bottom < TOP + 10)
    return;
  draw_legend (self, snapshot);
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &ink);
  ink.alpha *= 0.15f;
  gtk_snapshot_append_color (snapshot, &ink, &GRAPHENE_RECT_INIT (0, (float) bottom, (float) width, 1));
  gtk_snapshot_append_color (snapshot, &ink, &GRAPHENE_RECT_INIT (0, TOP, (float) width, 1));
  draw_text (self, snapshot, top, width, TOP + 2, 0.55, TRUE);
  if (self->positions->len == 0)
    {
      draw_text (self, snapshot, _ ("Nothing yet"), PADDING, (TOP + bottom) / 2 - 8, 0.55, FALSE);
      return;
    }
  if (self->pointed >= 0 && self->pointed < (int) self->positions->len)
    {
      double x = place_x (self, g_array_index (self->positions, Position, self->pointed).x, (guint) self->pointed, width);
      double band = self->kind == OH_CHART_COLUMNS ? width / self->positions->len : 2;

      gtk_snapshot_append_color (
          snapshot, &ink, &GRAPHENE_RECT_INIT ((float) (x - band / 2), TOP, (float) band, (float) (bottom - TOP)));
    }
  if (self->kind == OH_CHART_COLUMNS)
    draw_columns (self, snapshot, width, bottom, top_value);
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  if (self->kind == OH_CHART_LINES)
    draw_lines (self, cr, width, bottom, top_value);
  for (guint i = 0; i < self->marks->len; i++)
    {
      GdkRGBA color = series_color (4);
      static const double dash[] = { 4, 4 };
      double x = place_x (self, g_array_index (self->marks, Mark, i).x, 0, width);

      gdk_cairo_set_source_rgba (cr, &color);
      cairo_set_line_width (cr, 1);
      cairo_set_dash (cr, dash, 2, 0);
      cairo_move_to (cr, x, TOP);
      cairo_line_to (cr, x, bottom);
      cairo_stroke (cr);
    }
  cairo_destroy (cr);
  for (guint i = 0; i < self->marks->len; i++)
    {
      const Mark *mark = &g_array_index (self->marks, Mark, i);
      double x = place_x (self, mark->x, 0, width);

      draw_text (self, snapshot, mark->label, x > width * 0.7 ? x - 4 : x + 4, TOP + 4, 1, x > width * 0.7);
    }
  draw_text (self, snapshot, g_array_index (self->positions, Position, 0).label, 0, bottom + 3, 0.55, FALSE);
  draw_text (self, snapshot, g_array_index (self->positions, Position, self->positions->len - 1).label, width,
             bottom + 3, 0.55, TRUE);
}

static void
oh_chart_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                  int *minimum_baseline, int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : 120;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 480 : 220;
}

static void
point_at (OhChart *self, int index)
{
  g_autofree char *text = NULL;

  if (index == self->pointed)
    return;
  self->pointed = index;
  if (index >= 0)
    text = describe (self, (guint) index);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text != NULL ? text : "", -1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  gtk_widget_trigger_tooltip_query (GTK_WIDGET (self));
}

static int
find_position (OhChart *self, double x)
{
  double width = gtk_widget_get_width (GTK_WIDGET (self));
  int best = -1;
  double nearest = G_MAXDOUBLE;

  for (guint i = 0; i < self->positions->len; i++)
    {
      double distance = fabs (place_x (self, g_array_index (self->positions, Position, i).x, i, width) - x);

      if (distance < nearest)
        {
          nearest = distance;
          best = (int) i;
        }
    }
  return best;
}

static void
on_motion (OhChart *self, double x, double y)
{
  point_at (self, find_position (self, x));
}

static void
on_leave (OhChart *self)
{
  point_at (self, -1);
}

static gboolean
on_key (OhChart *self, guint keyval, guint keycode, GdkModifierType state)
{
  int last = (int) self->positions->len - 1;

  if (last < 0)
    return FALSE;
  switch (keyval)
    {
    case GDK_KEY_Left:
      point_at (self, self->pointed < 0 ? last : MAX (self->pointed - 1, 0));
      return TRUE;
    case GDK_KEY_Right:
      point_at (self, MIN (self->pointed + 1, last));
      return TRUE;
    case GDK_KEY_Home:
      point_at (self, 0);
      return TRUE;
    case GDK_KEY_End:
      point_at (self, last);
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
oh_chart_query_tooltip (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip)
{
  OhChart *self = OH_CHART (widget);
  g_autofree char *text = NULL;

  if (self->pointed < 0 || self->pointed >= (int) self->positions->len)
    return FALSE;
  text = describe (self, (guint) self->pointed);
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

static void
oh_chart_finalize (GObject *object)
{
  OhChart *self = OH_CHART (object);

  g_array_unref (self->positions);
  g_array_unref (self->series);
  g_array_unref (self->marks);
  g_free (self->title);
  G_OBJECT_CLASS (oh_chart_parent_class)->finalize (object);
}

static void
oh_chart_class_init (OhChartClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = oh_chart_finalize;
  widget_class->snapshot = oh_chart_snapshot;
  widget_class->measure = oh_chart_measure;
  widget_class->query_tooltip = oh_chart_query_tooltip;
  gtk_widget_class_set_css_name (widget_class, "chart");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
oh_chart_init (OhChart *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *key = gtk_event_controller_key_new ();

  self->positions = g_array_new (FALSE, FALSE, sizeof (Position));
  self->series = g_array_new (FALSE, FALSE, sizeof (Series));
  self->marks = g_array_new (FALSE, FALSE, sizeof (Mark));
  g_array_set_clear_func (self->positions, position_clear);
  g_array_set_clear_func (self->series, series_clear);
  g_array_set_clear_func (self->marks, mark_clear);
  self->maximum = NAN;
  self->pointed = -1;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (on_motion), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (on_leave), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  g_signal_connect_swapped (key, "key-pressed", G_CALLBACK (on_key), self);
  gtk_widget_add_controller (GTK_WIDGET (self), key);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (gtk_widget_queue_draw), self,
                           G_CONNECT_SWAPPED);
}

GtkWidget *
oh_chart_new (OhChartKind kind, const char *title, OhChartFormat format)
{
  OhChart *self = g_object_new (OH_TYPE_CHART, NULL);

  self->kind = kind;
  self->title = g_strdup (title);
  self->format = format;
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  return GTK_WIDGET (self);
}

void
oh_chart_clear (OhChart *self)
{
  g_return_if_fail (OH_IS_CHART (self));
  g_array_set_size (self->positions, 0);
  g_array_set_size (self->series, 0);
  g_array_set_size (self->marks, 0);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
oh_chart_add_position (OhChart *self, double x, const char *label)
{
  Position position = { x, g_strdup (label) };

  g_return_if_fail (OH_IS_CHART (self) && self->series->len == 0);
  g_array_append_val (self->positions, position);
}

void
oh_chart_add_series (OhChart *self, const char *name, const double *values)
{
  Series series;

  g_return_if_fail (OH_IS_CHART (self) && name != NULL);
  series.name = g_strdup (name);
  series.values = g_memdup2 (values, self->positions->len * sizeof (double));
  g_array_append_val (self->series, series);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
oh_chart_add_mark (OhChart *self, double x, const char *label)
{
  Mark mark = { x, g_strdup (label) };

  g_return_if_fail (OH_IS_CHART (self) && self->kind == OH_CHART_LINES);
  g_array_append_val (self->marks, mark);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
oh_chart_set_maximum (OhChart *self, double maximum)
{
  g_return_if_fail (OH_IS_CHART (self));
  self->maximum = maximum;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
