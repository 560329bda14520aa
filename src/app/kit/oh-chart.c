/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-chart.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#define PADDING 6
#define SWATCH_GAP 5
#define LEGEND_GAP 16
#define AXIS_GAP 8
#define BAR_MAX 48
#define DIM 0.77
/* So many lines of the grid at most above zero, and so many lines of text between two. */
#define GRID_MOST 4
#define GRID_LINES 3

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
  GtkWidget parent_instance;

  OhChartKind kind;
  OhChartFormat format;
  OhChartFormat axis_format;
  GArray *positions;
  GArray *series;
  GArray *marks;
  double maximum;
  double range[2];
  char *range_labels[2];   /* or NULL: from the positions */
  int pointed;             /* index of the position under the pointer or the keyboard's; -1: none */
};

/* Where things stand for one drawing. */
typedef struct
{
  double width;
  double left;             /* of the plot, right of its values */
  double line;             /* the height of a line of text */
  double marks_top;        /* the words of marks: below the legend */
  double top;              /* of the plot */
  double bottom;
  double top_value;
  double step;             /* from one value on the grid to the next */
} Frame;

G_DEFINE_FINAL_TYPE (OhChart, oh_chart, GTK_TYPE_WIDGET)

/* A colour for light and one for dark backgrounds, told apart by people with colour blindness too. */
static const char *const palette[][2] = {
  { "#1c71d8", "#62a0ea" }, { "#26a269", "#57e389" }, { "#e66100", "#ffbe6f" },
  { "#813d9c", "#c061cb" }, { "#63452c", "#cdab8f" }, { "#77767b", "#9a9996" },
};

static const char *const mark_color[2] = { "#c01c28", "#ff7b63" };

static const double dashes[][2] = { { 0, 0 }, { 7, 3 }, { 2, 2 }, { 12, 3 }, { 4, 6 }, { 1, 3 } };

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
parse_color (const char *const pair[2])
{
  GdkRGBA color;

  gdk_rgba_parse (&color, pair[adw_style_manager_get_dark (adw_style_manager_get_default ()) ? 1 : 0]);
  return color;
}

static GdkRGBA
series_color (guint index)
{
  return parse_color (palette[index % G_N_ELEMENTS (palette)]);
}

static GdkRGBA
ink (OhChart *self, double opacity)
{
  GdkRGBA color;

  gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (self)), &color);
  color.alpha *= (float) opacity;
  return color;
}

static const Position *
get_position (OhChart *self, guint index)
{
  return &g_array_index (self->positions, Position, index);
}

static const Series *
get_series (OhChart *self, guint index)
{
  return &g_array_index (self->series, Series, index);
}

static double
get_largest (OhChart *self)
{
  double top = 0;

  if (!isnan (self->maximum))
    return self->maximum;
  for (guint i = 0; i < self->positions->len; i++)
    {
      double sum = 0;

      for (guint s = 0; s < self->series->len; s++)
        {
          double value = get_series (self, s)->values[i];

          if (!isnan (value))
            sum = self->kind == OH_CHART_COLUMNS ? sum + value : MAX (sum, value);
        }
      top = MAX (top, sum);
    }
  return top > 0 ? top : 1;
}

/* The middle of a position, or of anything on the x axis of lines, in widget coordinates. */
static double
place_x (OhChart *self, double x, guint index, const Frame *frame)
{
  const double width = frame->width - frame->left;
  double first, last;

  if (self->kind == OH_CHART_COLUMNS)
    return frame->left + (index + 0.5) * width / self->positions->len;
  if (isnan (self->range[0]))
    {
      first = get_position (self, 0)->x;
      last = get_position (self, self->positions->len - 1)->x;
    }
  else
    {
      first = self->range[0];
      last = self->range[1];
    }
  if (last <= first)
    return frame->left + width / 2;
  return frame->left + CLAMP (PADDING + (x - first) / (last - first) * (width - 2 * PADDING), 0, width);
}

static double
place_y (const Frame *frame, double value)
{
  return frame->bottom - CLAMP (value / frame->top_value, 0, 1) * (frame->bottom - frame->top);
}

/* ---- text ---- */

static int
measure_text (OhChart *self, const char *text)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  return width;
}

static double
get_line_height (OhChart *self)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), "Xg");
  int height;

  pango_layout_get_pixel_size (layout, NULL, &height);
  return height;
}

/* @xalign: 0: @x is the text's left end; 1: its right end */
static void
draw_text (OhChart *self, GtkSnapshot *snapshot, const char *text, double x, double y, double xalign,
           const GdkRGBA *color)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) round (x - xalign * width), (float) round (y)));
  gtk_snapshot_append_layout (snapshot, layout, color);
  gtk_snapshot_restore (snapshot);
}

/* ---- the legend ---- */

static double
get_swatch (OhChart *self, const Frame *frame)
{
  return self->kind == OH_CHART_COLUMNS ? round (frame->line * 0.6) : frame->line * 1.2;
}

/* The line in the legend looks as the one in the chart does. */
static void
draw_swatch (OhChart *self, GtkSnapshot *snapshot, const Frame *frame, guint s, double x, double y)
{
  double size = get_swatch (self, frame);
  GdkRGBA color = series_color (s);
  graphene_rect_t box;
  cairo_t *cr;

  if (self->kind == OH_CHART_COLUMNS)
    {
      GskRoundedRect rounded;

      box = GRAPHENE_RECT_INIT ((float) x, (float) (y + (frame->line - size) / 2), (float) size, (float) size);
      gsk_rounded_rect_init_from_rect (&rounded, &box, 2);
      gtk_snapshot_push_rounded_clip (snapshot, &rounded);
      gtk_snapshot_append_color (snapshot, &color, &box);
      gtk_snapshot_pop (snapshot);
      return;
    }
  box = GRAPHENE_RECT_INIT ((float) x, (float) y, (float) size, (float) frame->line);
  cr = gtk_snapshot_append_cairo (snapshot, &box);
  gdk_cairo_set_source_rgba (cr, &color);
  cairo_set_line_width (cr, 2.5);
  cairo_set_dash (cr, dashes[s % G_N_ELEMENTS (dashes)], dashes[s % G_N_ELEMENTS (dashes)][0] > 0 ? 2 : 0, 0);
  cairo_move_to (cr, x, y + frame->line / 2);
  cairo_line_to (cr, x + size, y + frame->line / 2);
  cairo_stroke (cr);
  cairo_destroy (cr);
}

/* @snapshot: (nullable): only measures
 * Returns: how high the legend is; it takes as many lines as it needs. */
static double
draw_legend (OhChart *self, GtkSnapshot *snapshot, const Frame *frame)
{
  double x = 0;
  double y = 0;
  GdkRGBA color = ink (self, 0.85);

  for (guint s = 0; s < self->series->len; s++)
    {
      double swatch = get_swatch (self, frame);
      double width = swatch + SWATCH_GAP + measure_text (self, get_series (self, s)->name);

      if (x > 0 && x + width > frame->width)
        {
          x = 0;
          y += frame->line + 2;
        }
      if (snapshot != NULL)
        {
          draw_swatch (self, snapshot, frame, s, x, y);
          draw_text (self, snapshot, get_series (self, s)->name, x + swatch + SWATCH_GAP, y, 0, &color);
        }
      x += width + LEGEND_GAP;
    }
  return self->series->len > 0 ? y + frame->line + 8 : 0;
}

/* ---- the plot ---- */

static void
draw_columns (OhChart *self, GtkSnapshot *snapshot, const Frame *frame)
{
  double step = (frame->width - frame->left) / self->positions->len;
  double bar = MIN (MAX (step * 0.7, 1), BAR_MAX);

  for (guint i = 0; i < self->positions->len; i++)
    {
      double y = frame->bottom;

      for (guint s = 0; s < self->series->len; s++)
        {
          double value = get_series (self, s)->values[i];
          double height = isnan (value) ? 0 : value / frame->top_value * (frame->bottom - frame->top);
          GdkRGBA color = series_color (s);
          graphene_rect_t box;
          GskRoundedRect rounded;

          if (height <= 0)
            continue;
          y -= height;
          box = GRAPHENE_RECT_INIT ((float) (place_x (self, 0, i, frame) - bar / 2), (float) y, (float) bar,
                                    (float) MAX (height > 4 ? height - 1 : height, 1));
          gsk_rounded_rect_init_from_rect (&rounded, &box, (float) MIN (3, MIN (bar, height) / 3));
          gtk_snapshot_push_rounded_clip (snapshot, &rounded);
          gtk_snapshot_append_color (snapshot, &color, &box);
          gtk_snapshot_pop (snapshot);
        }
    }
}

static void
draw_line (OhChart *self, cairo_t *cr, const Frame *frame, guint s)
{
  const Series *series = get_series (self, s);
  const double *dash = dashes[s % G_N_ELEMENTS (dashes)];
  GdkRGBA color = series_color (s);
  double x = 0, y = 0;
  guint n = 0;

  gdk_cairo_set_source_rgba (cr, &color);
  cairo_set_line_width (cr, 2);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_dash (cr, dash, dash[0] > 0 ? 2 : 0, 0);
  for (guint i = 0; i < self->positions->len; i++)
    {
      if (isnan (series->values[i]))
        continue;
      x = place_x (self, get_position (self, i)->x, i, frame);
      y = place_y (frame, series->values[i]);
      if (n++ > 0)
        cairo_line_to (cr, x, y);
      else
        cairo_move_to (cr, x, y);
    }
  cairo_stroke (cr);
  if (n == 0)
    return;
  /* The last value, where a line of one point would not be seen. */
  cairo_set_dash (cr, NULL, 0, 0);
  cairo_arc (cr, x, y, 3, 0, 2 * G_PI);
  cairo_fill (cr);
}

static void
draw_marks (OhChart *self, GtkSnapshot *snapshot, cairo_t *cr, const Frame *frame)
{
  static const double dash[] = { 4, 4 };
  GdkRGBA color = parse_color (mark_color);
  double free_from = frame->left;
  double free_to = frame->width;

  gdk_cairo_set_source_rgba (cr, &color);
  cairo_set_line_width (cr, 1);
  cairo_set_dash (cr, dash, 2, 0);
  for (guint i = 0; i < self->marks->len; i++)
    {
      double x = place_x (self, g_array_index (self->marks, Mark, i).x, 0, frame);

      cairo_move_to (cr, round (x) + 0.5, frame->marks_top);
      cairo_line_to (cr, round (x) + 0.5, frame->bottom);
    }
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
  /* The newest first: where they are too near each other for words, it is the one that matters. */
  for (guint i = self->marks->len; i > 0; i--)
    {
      const Mark *mark = &g_array_index (self->marks, Mark, i - 1);
      double x = place_x (self, mark->x, 0, frame);
      double width = measure_text (self, mark->label) + 5;

      if (x + width <= free_to)
        draw_text (self, snapshot, mark->label, x + 5, frame->marks_top, 0, &color);
      else if (free_to == frame->width && x - width >= free_from)
        {
          draw_text (self, snapshot, mark->label, x - 5, frame->marks_top, 1, &color);
          x -= width;
        }
      else
        continue;
      free_to = x - 4;
    }
}

/* Where the label of a position begins. */
static double
place_label (OhChart *self, const Frame *frame, guint index, double width)
{
  double left = place_x (self, get_position (self, index)->x, index, frame) - width / 2;

  return CLAMP (left, 0, frame->width - width);
}

/* Whether there is room for the label of every @step-th position. */
static gboolean
fits (OhChart *self, const Frame *frame, guint step, double width)
{
  double free_from = 0;

  for (guint i = 0; i < self->positions->len; i += step)
    {
      double left = place_label (self, frame, i, width);

      if (left < free_from)
        return FALSE;
      free_from = left + width + LEGEND_GAP;
    }
  return TRUE;
}

static void
draw_axis (OhChart *self, GtkSnapshot *snapshot, const Frame *frame)
{
  GdkRGBA color = ink (self, DIM);
  guint n = self->positions->len;
  guint step = 1;
  double widest = 0;

  if (self->range_labels[0] != NULL)
    {
      draw_text (self, snapshot, self->range_labels[0], frame->left, frame->bottom + 4, 0, &color);
      draw_text (self, snapshot, self->range_labels[1], frame->width, frame->bottom + 4, 1, &color);
      return;
    }
  if (n == 0)
    return;
  for (guint i = 0; i < n; i++)
    widest = MAX (widest, measure_text (self, get_position (self, i)->label));
  while (step < n && !fits (self, frame, step, widest))
    step++;
  /* Every third hour rather than every fifth. */
  for (guint even = step; even <= 2 * step && even < n; even++)
    if (n % even == 0)
      {
        step = even;
        break;
      }
  for (guint i = 0; i < n; i += step)
    {
      const char *label = get_position (self, i)->label;
      double left = place_label (self, frame, i, measure_text (self, label));

      draw_text (self, snapshot, label, left, frame->bottom + 4, 0, &color);
    }
}

static char *
describe (OhChart *self, guint index)
{
  GString *text = g_string_new (get_position (self, index)->label);

  for (guint s = 0; s < self->series->len; s++)
    {
      const Series *series = get_series (self, s);
      g_autofree char *value = NULL;

      if (isnan (series->values[index]) || (self->kind == OH_CHART_COLUMNS && series->values[index] <= 0))
        continue;
      value = self->format (series->values[index]);
      g_string_append_printf (text, "\n%s %s", series->name, value);
    }
  return g_string_free (text, FALSE);
}

static void
draw_band (OhChart *self, GtkSnapshot *snapshot, const Frame *frame)
{
  double x = place_x (self, get_position (self, (guint) self->pointed)->x, (guint) self->pointed, frame);
  double band = self->kind == OH_CHART_COLUMNS ? (frame->width - frame->left) / self->positions->len : 2;
  GdkRGBA color = ink (self, self->kind == OH_CHART_COLUMNS ? 0.08 : 0.3);

  gtk_snapshot_append_color (snapshot, &color,
                             &GRAPHENE_RECT_INIT ((float) (x - band / 2), (float) frame->top, (float) band,
                                                  (float) (frame->bottom - frame->top)));
}

/* The values stand beside what is pointed at, the same for the pointer and for the keyboard. */
static void
draw_values (OhChart *self, GtkSnapshot *snapshot, const Frame *frame)
{
  double x = place_x (self, get_position (self, (guint) self->pointed)->x, (guint) self->pointed, frame);
  g_autofree char *text = describe (self, (guint) self->pointed);
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  const GdkRGBA back = { 0.1f, 0.1f, 0.1f, 0.92f };
  const GdkRGBA front = { 1, 1, 1, 1 };
  GskRoundedRect rounded;
  graphene_rect_t box;
  int width, height;
  double left;

  pango_layout_get_pixel_size (layout, &width, &height);
  left = x + 12 + width + 16 <= frame->width ? x + 12 : MAX (x - 12 - width - 16, 0);
  box = GRAPHENE_RECT_INIT ((float) round (left), (float) round (frame->top + 2), (float) (width + 16),
                            (float) (height + 10));
  gsk_rounded_rect_init_from_rect (&rounded, &box, 6);
  gtk_snapshot_push_rounded_clip (snapshot, &rounded);
  gtk_snapshot_append_color (snapshot, &back, &box);
  gtk_snapshot_pop (snapshot);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (box.origin.x + 8, box.origin.y + 5));
  gtk_snapshot_append_layout (snapshot, layout, &front);
  gtk_snapshot_restore (snapshot);
}

/* The least of 1, 2, 5, 10, 20, 50… and so on that is not less. */
static double
round_up (double value)
{
  const double unit = pow (10, floor (log10 (value)));
  const double share = value / unit;

  return unit * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

/* Values on the grid are round, and the uppermost of them is above all that is drawn. */
static void
set_scale (OhChart *self, Frame *frame)
{
  const double largest = get_largest (self);
  const double room = CLAMP (floor ((frame->bottom - frame->top) / (GRID_LINES * frame->line)), 1, GRID_MOST);

  frame->step = round_up (largest / room);
  /* A step that nearly divides it is meant to. */
  frame->top_value = isnan (self->maximum) ? frame->step * ceil (largest / frame->step - 1e-9) : self->maximum;
}

/* What stands beside a line of the grid; NULL: nothing: there are no halves of tokens. (transfer full) */
static char *
name_line (OhChart *self, double value, double step)
{
  g_autofree char *text = self->axis_format (value);
  g_autofree char *before = value > 0 ? self->axis_format (value - step) : NULL;

  return g_strcmp0 (text, before) == 0 ? NULL : g_steal_pointer (&text);
}

static guint
count_lines (const Frame *frame)
{
  return (guint) floor (frame->top_value / frame->step + 1e-9);
}

/* Where the plot begins, right of the values on the grid. */
static double
get_left (OhChart *self, const Frame *frame)
{
  double width = 0;

  for (guint i = 0; i <= count_lines (frame); i++)
    {
      g_autofree char *text = name_line (self, i * frame->step, frame->step);

      width = MAX (width, text != NULL ? measure_text (self, text) : 0);
    }
  return width + AXIS_GAP;
}

static void
draw_grid (OhChart *self, GtkSnapshot *snapshot, const Frame *frame)
{
  GdkRGBA color = ink (self, DIM);
  GdkRGBA faint = ink (self, 0.1);
  GdkRGBA base = ink (self, 0.3);

  for (guint i = 0; i <= count_lines (frame); i++)
    {
      double y = round (place_y (frame, i * frame->step));
      g_autofree char *text = name_line (self, i * frame->step, frame->step);

      if (text == NULL)
        continue;
      gtk_snapshot_append_color (snapshot, i > 0 ? &faint : &base,
                                 &GRAPHENE_RECT_INIT ((float) frame->left, (float) y,
                                                      (float) (frame->width - frame->left), 1));
      draw_text (self, snapshot, text, frame->left - AXIS_GAP, y - frame->line / 2, 1, &color);
    }
}

static Frame
lay_out (OhChart *self)
{
  Frame frame = { .width = gtk_widget_get_width (GTK_WIDGET (self)), .line = get_line_height (self) };

  frame.top = draw_legend (self, NULL, &frame);
  frame.marks_top = frame.top;
  if (self->marks->len > 0)
    frame.top += frame.line + 2;
  frame.bottom = gtk_widget_get_height (GTK_WIDGET (self)) - frame.line - 6;
  /* The uppermost value stands in the middle of its line. */
  frame.top = MAX (frame.top, frame.line / 2);
  set_scale (self, &frame);
  frame.left = get_left (self, &frame);
  return frame;
}

static void
oh_chart_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  OhChart *self = OH_CHART (widget);
  const Frame frame = lay_out (self);
  gboolean pointing = self->pointed >= 0 && self->pointed < (int) self->positions->len;
  cairo_t *cr;

  if (frame.width - frame.left < 40 || frame.bottom < frame.top + 10)
    return;
  draw_legend (self, snapshot, &frame);
  draw_grid (self, snapshot, &frame);
  draw_axis (self, snapshot, &frame);
  if (pointing)
    draw_band (self, snapshot, &frame);
  if (self->kind == OH_CHART_COLUMNS && self->positions->len > 0)
    draw_columns (self, snapshot, &frame);
  if (self->positions->len > 0 || !isnan (self->range[0]))
    {
      cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) frame.width,
                                                                     (float) gtk_widget_get_height (widget)));
      for (guint s = 0; s < self->series->len && self->kind == OH_CHART_LINES; s++)
        draw_line (self, cr, &frame, s);
      draw_marks (self, snapshot, cr, &frame);
      cairo_destroy (cr);
    }
  if (pointing)
    draw_values (self, snapshot, &frame);
}

static void
oh_chart_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                  int *minimum_baseline, int *natural_baseline)
{
  double line = get_line_height (OH_CHART (widget));

  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : (int) (110 + 2 * line);
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 480 : (int) (190 + 2 * line);
}

/* ---- pointing ---- */

/* Whoever hears the chart hears what is pointed at, else the newest. */
static void
update_description (OhChart *self)
{
  guint n = self->positions->len;
  g_autofree char *text = NULL;

  if (n == 0)
    text = g_strdup (_ ("Nothing yet"));
  else
    text = describe (self, self->pointed >= 0 ? MIN ((guint) self->pointed, n - 1) : n - 1);
  g_strdelimit (text, "\n", ';');
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
}

static void
point_at (OhChart *self, int index)
{
  if (index == self->pointed)
    return;
  self->pointed = index;
  update_description (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static int
find_position (OhChart *self, double x)
{
  const Frame frame = lay_out (self);
  double nearest = G_MAXDOUBLE;
  int best = -1;

  for (guint i = 0; i < self->positions->len; i++)
    {
      double distance = fabs (place_x (self, get_position (self, i)->x, i, &frame) - x);

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
    return GDK_EVENT_PROPAGATE;
  switch (keyval)
    {
    case GDK_KEY_Left:
      point_at (self, self->pointed < 0 ? last : MAX (self->pointed - 1, 0));
      return GDK_EVENT_STOP;
    case GDK_KEY_Right:
      point_at (self, MIN (self->pointed + 1, last));
      return GDK_EVENT_STOP;
    case GDK_KEY_Home:
      point_at (self, 0);
      return GDK_EVENT_STOP;
    case GDK_KEY_End:
      point_at (self, last);
      return GDK_EVENT_STOP;
    case GDK_KEY_Escape:
      if (self->pointed < 0)
        return GDK_EVENT_PROPAGATE;
      point_at (self, -1);
      return GDK_EVENT_STOP;
    default:
      return GDK_EVENT_PROPAGATE;
    }
}

static void
on_pressed (OhChart *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

static void
oh_chart_finalize (GObject *object)
{
  OhChart *self = OH_CHART (object);

  g_array_unref (self->positions);
  g_array_unref (self->series);
  g_array_unref (self->marks);
  g_free (self->range_labels[0]);
  g_free (self->range_labels[1]);
  G_OBJECT_CLASS (oh_chart_parent_class)->finalize (object);
}

static void
oh_chart_class_init (OhChartClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = oh_chart_finalize;
  widget_class->snapshot = oh_chart_snapshot;
  widget_class->measure = oh_chart_measure;
  gtk_widget_class_set_css_name (widget_class, "chart");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
oh_chart_init (OhChart *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *key = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkGesture *press = gtk_gesture_click_new ();

  self->positions = g_array_new (FALSE, FALSE, sizeof (Position));
  self->series = g_array_new (FALSE, FALSE, sizeof (Series));
  self->marks = g_array_new (FALSE, FALSE, sizeof (Mark));
  g_array_set_clear_func (self->positions, position_clear);
  g_array_set_clear_func (self->series, series_clear);
  g_array_set_clear_func (self->marks, mark_clear);
  self->maximum = NAN;
  self->range[0] = self->range[1] = NAN;
  self->pointed = -1;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_add_css_class (GTK_WIDGET (self), "numeric");
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (on_motion), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (on_leave), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  g_signal_connect_swapped (key, "key-pressed", G_CALLBACK (on_key), self);
  gtk_widget_add_controller (GTK_WIDGET (self), key);
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (on_leave), self);
  gtk_widget_add_controller (GTK_WIDGET (self), focus);
  g_signal_connect_swapped (press, "pressed", G_CALLBACK (on_pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (press));
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (gtk_widget_queue_draw), self,
                           G_CONNECT_SWAPPED);
}

GtkWidget *
oh_chart_new (OhChartKind kind, const char *title, OhChartFormat format, OhChartFormat axis_format)
{
  OhChart *self = g_object_new (OH_TYPE_CHART, NULL);

  self->kind = kind;
  self->format = format;
  self->axis_format = axis_format;
  oh_chart_set_title (self, title);
  return GTK_WIDGET (self);
}

void
oh_chart_set_title (OhChart *self, const char *title)
{
  g_return_if_fail (OH_IS_CHART (self));

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
}

void
oh_chart_clear (OhChart *self)
{
  g_return_if_fail (OH_IS_CHART (self));

  g_array_set_size (self->positions, 0);
  g_array_set_size (self->series, 0);
  g_array_set_size (self->marks, 0);
  self->range[0] = self->range[1] = NAN;
  g_clear_pointer (&self->range_labels[0], g_free);
  g_clear_pointer (&self->range_labels[1], g_free);
  update_description (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
oh_chart_set_range (OhChart *self, double first, double last, const char *first_label, const char *last_label)
{
  g_return_if_fail (OH_IS_CHART (self));
  g_return_if_fail (self->kind == OH_CHART_LINES && first < last);

  self->range[0] = first;
  self->range[1] = last;
  g_free (self->range_labels[0]);
  g_free (self->range_labels[1]);
  self->range_labels[0] = g_strdup (first_label);
  self->range_labels[1] = g_strdup (last_label);
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

  g_return_if_fail (OH_IS_CHART (self));
  g_return_if_fail (name != NULL);

  series.name = g_strdup (name);
  series.values = g_memdup2 (values, self->positions->len * sizeof (double));
  g_array_append_val (self->series, series);
  update_description (self);
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
