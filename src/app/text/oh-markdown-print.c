/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-markdown-print.h"

#include <glib/gi18n.h>

/* All in points. */
#define SIZE 10
#define SMALL 8.5
#define STEP 16       /* what stands in a list or a quote is that much farther in */
#define GAP 6
#define HEADING_GAP 14
#define HEADER 26     /* above and below the text, with the space to it */
#define LINES_WITH_HEADING 3

/* Where a page begins. */
typedef struct
{
  guint block;
  guint line;
} Place;

typedef struct
{
  GPtrArray *blocks;
  char *title;
  GArray *pages; /* (element-type Place) where each begins; the last one is the end */
} Paper;

static void
paper_free (gpointer data, GClosure *closure)
{
  Paper *self = data;

  g_ptr_array_unref (self->blocks);
  g_array_unref (self->pages);
  g_free (self->title);
  g_free (self);
}

static PangoLayout *
make_layout (GtkPrintContext *context, const char *font, double size, double width)
{
  PangoLayout *layout = gtk_print_context_create_pango_layout (context);
  PangoFontDescription *description = pango_font_description_from_string (font);

  pango_font_description_set_absolute_size (description, size * PANGO_SCALE);
  pango_layout_set_font_description (layout, description);
  pango_font_description_free (description);
  pango_layout_set_width (layout, (int) (width * PANGO_SCALE));
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  return layout;
}

static double
get_indent (const OhMarkdownBlock *block)
{
  return STEP * (double) (block->depth + block->quotes) + (block->kind == OH_MARKDOWN_KIND_CODE ? GAP : 0);
}

/* What labels show as a link is underlined: Pango knows none. */
static void
set_markup (PangoLayout *layout, const char *markup)
{
  g_autofree char *broken = oh_markdown_break_lines (markup);
  g_autoptr (GRegex) link = g_regex_new ("<(/?)a\\b[^>]*>", 0, 0, NULL);
  g_autofree char *plain = g_regex_replace (link, broken != NULL ? broken : markup, -1, 0, "<\\1u>", 0, NULL);

  pango_layout_set_markup (layout, plain, -1);
}

/* The cells of a row beside each other, the head in bold. */
static char *
join_cells (const OhMarkdownBlock *block)
{
  GString *markup = g_string_new (NULL);

  for (guint i = 0; i < block->cells->len; i++)
    {
      const char *cell = g_ptr_array_index (block->cells, i);

      g_string_append (markup, i == 0 ? "" : i % block->columns == 0 ? "\n" : "  |  ");
      g_string_append_printf (markup, i < block->columns ? "<b>%s</b>" : "%s", cell);
    }
  return g_string_free (markup, FALSE);
}

/* (transfer full) */
static PangoLayout *
lay_out (GtkPrintContext *context, const OhMarkdownBlock *block)
{
  const double width = gtk_print_context_get_width (context) - get_indent (block);
  PangoLayout *layout;

  if (block->kind == OH_MARKDOWN_KIND_CODE)
    {
      g_autofree char *broken = oh_markdown_break_lines (block->text);

      layout = make_layout (context, "Monospace", SMALL, width);
      pango_layout_set_text (layout, broken != NULL ? broken : block->text, -1);
      return layout;
    }
  layout = make_layout (context,
                        block->kind == OH_MARKDOWN_KIND_HEADING ? "Sans Bold" : block->quotes > 0 ? "Sans Italic" : "Sans",
                        block->kind != OH_MARKDOWN_KIND_HEADING ? SIZE : block->level == 1 ? 15 : 12, width);
  if (block->kind == OH_MARKDOWN_KIND_TABLE)
    {
      g_autofree char *markup = join_cells (block);

      set_markup (layout, markup);
    }
  else if (block->markup != NULL)
    {
      set_markup (layout, block->markup);
    }
  return layout;
}

/* Before its first line, at the side where that begins. */
static void
draw_marker (cairo_t *cr, GtkPrintContext *context, const OhMarkdownBlock *block, PangoLayout *text, double y)
{
  const gboolean rtl = pango_layout_get_direction (text, 0) == PANGO_DIRECTION_RTL;
  g_autoptr (PangoLayout) marker = make_layout (context, "Sans", SIZE, -1);
  const double indent = get_indent (block);
  double width;
  int units;

  pango_layout_set_width (marker, -1);
  pango_layout_set_text (marker, block->marker, -1);
  pango_layout_get_size (marker, &units, NULL);
  width = (double) units / PANGO_SCALE;
  cairo_move_to (cr, rtl ? gtk_print_context_get_width (context) - indent + GAP / 2.0 : indent - width - GAP / 2.0, y);
  pango_cairo_show_layout (cr, marker);
}

static void
draw_line (cairo_t *cr, GtkPrintContext *context, const OhMarkdownBlock *block, PangoLayoutIter *iter, gboolean first,
           double top)
{
  PangoLayout *layout = pango_layout_iter_get_layout (iter);
  const gboolean rtl = pango_layout_get_direction (layout, 0) == PANGO_DIRECTION_RTL;
  const int baseline = pango_layout_iter_get_baseline (iter);
  PangoRectangle extents;
  int y0;

  pango_layout_iter_get_line_extents (iter, NULL, &extents);
  pango_layout_iter_get_line_yrange (iter, &y0, NULL);
  cairo_set_source_rgb (cr, 0, 0, 0);
  if (first && block->marker != NULL)
    draw_marker (cr, context, block, layout, top);
  cairo_move_to (cr, (rtl ? 0 : get_indent (block)) + (double) extents.x / PANGO_SCALE,
                 top + (double) (baseline - y0) / PANGO_SCALE);
  pango_cairo_show_layout_line (cr, pango_layout_iter_get_line_readonly (iter));
}

static void
draw_rule (cairo_t *cr, GtkPrintContext *context, double y)
{
  cairo_set_source_rgb (cr, 0.6, 0.6, 0.6);
  cairo_set_line_width (cr, 0.5);
  cairo_move_to (cr, 0, y);
  cairo_line_to (cr, gtk_print_context_get_width (context), y);
  cairo_stroke (cr);
}

static double
get_gap (const OhMarkdownBlock *block)
{
  return block->kind == OH_MARKDOWN_KIND_HEADING ? HEADING_GAP : GAP;
}

/* Puts what fits on a page that begins at @place, which becomes the place where the next one does.
 * @cr: (nullable): only finds out what fits */
static void
fill_page (Paper *self, GtkPrintContext *context, Place *place, cairo_t *cr)
{
  const double bottom = gtk_print_context_get_height (context) - HEADER;
  double y = HEADER;

  for (; place->block < self->blocks->len; place->block++, place->line = 0)
    {
      const OhMarkdownBlock *block = g_ptr_array_index (self->blocks, place->block);
      g_autoptr (PangoLayout) layout = lay_out (context, block);
      g_autoptr (PangoLayoutIter) iter = pango_layout_get_iter (layout);
      const guint lines = (guint) pango_layout_get_line_count (layout);

      if (y > HEADER)
        y += get_gap (block);
      /* What it is a heading of begins below it. */
      if (block->kind == OH_MARKDOWN_KIND_HEADING && y > HEADER && y + (1 + LINES_WITH_HEADING) * 1.5 * SIZE > bottom)
        return;
      if (block->kind == OH_MARKDOWN_KIND_RULE && cr != NULL)
        draw_rule (cr, context, y);
      for (guint line = 0; line < lines; line++, pango_layout_iter_next_line (iter))
        {
          int y0, y1;
          double height;

          if (line < place->line)
            continue;
          pango_layout_iter_get_line_yrange (iter, &y0, &y1);
          height = (double) (y1 - y0) / PANGO_SCALE;
          if (y + height > bottom && y > HEADER)
            {
              place->line = line;
              return;
            }
          if (cr != NULL)
            draw_line (cr, context, block, iter, line == 0, y);
          y += height;
        }
    }
}

/* One page in each call. */
static gboolean
on_paginate (GtkPrintOperation *printing, GtkPrintContext *context, Paper *self)
{
  Place place = g_array_index (self->pages, Place, self->pages->len - 1);

  fill_page (self, context, &place, NULL);
  g_array_append_val (self->pages, place);
  if (place.block < self->blocks->len)
    return FALSE;
  gtk_print_operation_set_n_pages (printing, (int) self->pages->len - 1);
  return TRUE;
}

/* Other paper may have been chosen since. */
static void
on_begin (GtkPrintOperation *printing, GtkPrintContext *context, Paper *self)
{
  g_array_set_size (self->pages, 1);
}

static void
draw_around (cairo_t *cr, GtkPrintContext *context, const char *text, double y, PangoAlignment alignment)
{
  g_autoptr (PangoLayout) layout = make_layout (context, "Sans", SMALL, gtk_print_context_get_width (context));

  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  pango_layout_set_single_paragraph_mode (layout, TRUE);
  pango_layout_set_alignment (layout, alignment);
  pango_layout_set_text (layout, text, -1);
  cairo_set_source_rgb (cr, 0.35, 0.35, 0.35);
  cairo_move_to (cr, 0, y);
  pango_cairo_show_layout (cr, layout);
}

static void
on_draw (GtkPrintOperation *printing, GtkPrintContext *context, int number, Paper *self)
{
  Place place = g_array_index (self->pages, Place, number);
  cairo_t *cr = gtk_print_context_get_cairo_context (context);
  g_autofree char *foot = g_strdup_printf (_ ("Page %d of %u"), number + 1, self->pages->len - 1);

  draw_around (cr, context, self->title, 0, PANGO_ALIGN_LEFT);
  draw_rule (cr, context, HEADER - GAP - 4);
  fill_page (self, context, &place, cr);
  draw_around (cr, context, foot, gtk_print_context_get_height (context) - 1.4 * SMALL, PANGO_ALIGN_CENTER);
}

GtkPrintOperation *
oh_markdown_print_new (GPtrArray *blocks, const char *title)
{
  GtkPrintOperation *printing = gtk_print_operation_new ();
  Paper *self = g_new0 (Paper, 1);

  g_return_val_if_fail (blocks != NULL, printing);
  g_return_val_if_fail (title != NULL, printing);

  self->blocks = g_ptr_array_ref (blocks);
  self->title = g_strdup (title);
  self->pages = g_array_new (FALSE, TRUE, sizeof (Place));
  gtk_print_operation_set_unit (printing, GTK_UNIT_POINTS);
  gtk_print_operation_set_embed_page_setup (printing, TRUE);
  gtk_print_operation_set_job_name (printing, title);
  gtk_print_operation_set_allow_async (printing, TRUE);
  g_signal_connect (printing, "begin-print", G_CALLBACK (on_begin), self);
  g_signal_connect (printing, "paginate", G_CALLBACK (on_paginate), self);
  g_signal_connect_data (printing, "draw-page", G_CALLBACK (on_draw), self, paper_free, 0);
  return printing;
}
