/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-markdown-view.h"

#include "oh-markdown-code.h"
#include "oh-markdown-row.h"
#include "oh-markdown.h"

#include <string.h>

#define INDENT 20
#define CELL_CHARS 40
#define LEAST_CHARS 30
/* One label lays out its whole text at once: plain text is shown in pieces of lines of about this many bytes. */
#define PIECE 8000

struct _OhMarkdownView
{
  GtkBox parent_instance;

  GPtrArray *blocks; /* (element-type OhMarkdownBlock) one a child; NULL while plain */
  GPtrArray *pieces; /* (element-type utf8) one a child; NULL while Markdown */
};

G_DEFINE_FINAL_TYPE (OhMarkdownView, oh_markdown_view, GTK_TYPE_BOX)

static GtkWidget *
new_label (void)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_set_valign (label, GTK_ALIGN_START);
  return label;
}

/* A label finds its least width by wrapping at every character, which takes long for a long text: give it one. */
static void
limit_width (GtkWidget *label)
{
  gboolean is_long = strlen (gtk_label_get_text (GTK_LABEL (label))) > 400;

  gtk_label_set_width_chars (GTK_LABEL (label), is_long ? LEAST_CHARS : -1);
}

static void
align_cell (GtkLabel *label, char alignment)
{
  gtk_label_set_xalign (label, alignment == 'r' ? 1 : alignment == 'c' ? 0.5 : 0);
  gtk_label_set_justify (label, alignment == 'r' ? GTK_JUSTIFY_RIGHT : alignment == 'c' ? GTK_JUSTIFY_CENTER : GTK_JUSTIFY_LEFT);
}

static void
fill_table (GtkGrid *grid, const OhMarkdownBlock *block)
{
  for (guint i = 0; i < block->cells->len; i++)
    {
      GtkWidget *label = new_label ();

      gtk_label_set_markup (GTK_LABEL (label), block->cells->pdata[i]);
      /* Of one width, so that the table has one height. */
      if (g_utf8_strlen (gtk_label_get_text (GTK_LABEL (label)), -1) <= CELL_CHARS)
        gtk_label_set_wrap (GTK_LABEL (label), FALSE);
      else
        {
          gtk_label_set_width_chars (GTK_LABEL (label), CELL_CHARS);
          gtk_label_set_max_width_chars (GTK_LABEL (label), CELL_CHARS);
        }
      gtk_widget_set_hexpand (label, FALSE);
      align_cell (GTK_LABEL (label), block->alignments[i % MAX (block->columns, 1)]);
      if (i < block->columns)
        gtk_widget_add_css_class (label, "heading");
      gtk_grid_attach (grid, label, (int) (i % MAX (block->columns, 1)), (int) (i / MAX (block->columns, 1)), 1, 1);
    }
}

static GtkWidget *
new_table (const OhMarkdownBlock *block)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *grid = gtk_grid_new ();

  gtk_widget_add_css_class (grid, "markdown-table");
  gtk_grid_set_column_spacing (GTK_GRID (grid), 18);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 4);
  fill_table (GTK_GRID (grid), block);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_AUTOMATIC, GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), grid);
  return scroller;
}

/* A row of the view: indentation, marker, content. */
static GtkWidget *
new_row (const OhMarkdownBlock *block)
{
  GtkWidget *content, *row;

  switch (block->kind)
    {
    case OH_MARKDOWN_KIND_CODE:
      content = oh_markdown_code_new ();
      break;
    case OH_MARKDOWN_KIND_RULE:
      content = gtk_separator_new (GTK_ORIENTATION_HORIZONTAL);
      gtk_widget_set_valign (content, GTK_ALIGN_CENTER);
      break;
    case OH_MARKDOWN_KIND_TABLE:
      content = new_table (block);
      break;
    case OH_MARKDOWN_KIND_PARAGRAPH:
    case OH_MARKDOWN_KIND_HEADING:
    default:
      content = new_label ();
    }
  if (block->kind == OH_MARKDOWN_KIND_HEADING)
    gtk_widget_add_css_class (content, block->level == 1   ? "markdown-h1"
                                       : block->level == 2 ? "markdown-h2"
                                                           : "heading");
  row = oh_markdown_row_new (block->marker, (int) MIN (block->depth, 8) * INDENT, content);
  if (block->quotes > 0)
    {
      gtk_widget_add_css_class (row, "quote");
      gtk_widget_set_margin_start (row, (int) (MIN (block->quotes, 8) - 1) * INDENT);
    }
  return row;
}

static void
set_row (GtkWidget *row, const OhMarkdownBlock *block, gboolean final)
{
  GtkWidget *content = oh_markdown_row_get_content (OH_MARKDOWN_ROW (row));

  if (block->kind == OH_MARKDOWN_KIND_CODE)
    oh_markdown_code_set (OH_MARKDOWN_CODE (content), block->text, block->language, final);
  else if (block->markup)
    {
      gtk_label_set_markup (GTK_LABEL (content), block->markup);
      limit_width (content);
    }
}

/* The row of @old can become that of @block by changing its text. */
static gboolean
is_same_row (const OhMarkdownBlock *old, const OhMarkdownBlock *block)
{
  return old->kind == block->kind && old->kind != OH_MARKDOWN_KIND_TABLE && old->level == block->level &&
         old->depth == block->depth && old->quotes == block->quotes && g_strcmp0 (old->marker, block->marker) == 0;
}

static void
truncate_children (GtkWidget *widget, guint n)
{
  GtkWidget *child = gtk_widget_get_first_child (widget);

  while (child)
    {
      GtkWidget *next = gtk_widget_get_next_sibling (child);

      if (n > 0)
        n--;
      else
        gtk_box_remove (GTK_BOX (widget), child);
      child = next;
    }
}

static void
set_markdown (OhMarkdownView *self, const char *text, gboolean final)
{
  GPtrArray *blocks = oh_markdown_parse (text);
  GtkWidget *row = gtk_widget_get_first_child (GTK_WIDGET (self));
  guint i;

  for (i = 0; self->blocks && i < self->blocks->len && i < blocks->len; i++)
    {
      const OhMarkdownBlock *old = self->blocks->pdata[i], *block = blocks->pdata[i];
      gboolean last = i + 1 == blocks->len;

      if (!is_same_row (old, block) && !oh_markdown_block_equal (old, block))
        break;
      if (block->kind == OH_MARKDOWN_KIND_CODE || !oh_markdown_block_equal (old, block))
        set_row (row, block, final || !last);
      row = gtk_widget_get_next_sibling (row);
    }
  truncate_children (GTK_WIDGET (self), i);
  for (; i < blocks->len; i++)
    {
      row = new_row (blocks->pdata[i]);
      set_row (row, blocks->pdata[i], final || i + 1 < blocks->len);
      gtk_box_append (GTK_BOX (self), row);
    }
  g_clear_pointer (&self->blocks, g_ptr_array_unref);
  self->blocks = blocks;
}

static GPtrArray *
split_pieces (const char *text)
{
  GPtrArray *pieces = g_ptr_array_new_with_free_func (g_free);
  const char *p = text;

  while (strlen (p) > PIECE)
    {
      const char *cut = p + PIECE;
      const char *line = strchr (cut, '\n');

      if (line && line - p < 2 * PIECE)
        cut = line;
      else
        while ((*cut & 0xC0) == 0x80)
          cut--;
      g_ptr_array_add (pieces, g_strndup (p, cut - p));
      p = *cut == '\n' ? cut + 1 : cut;
    }
  g_ptr_array_add (pieces, g_strdup (p));
  return pieces;
}

static void
set_plain (OhMarkdownView *self, const char *text)
{
  GPtrArray *pieces = split_pieces (text);
  GtkWidget *label = gtk_widget_get_first_child (GTK_WIDGET (self));

  for (guint i = 0; i < pieces->len; i++)
    {
      const char *old = self->pieces && i < self->pieces->len ? self->pieces->pdata[i] : NULL;

      if (!label)
        {
          label = new_label ();
          gtk_box_append (GTK_BOX (self), label);
        }
      if (g_strcmp0 (old, pieces->pdata[i]) != 0)
        {
          gtk_label_set_text (GTK_LABEL (label), pieces->pdata[i]);
          limit_width (label);
        }
      label = gtk_widget_get_next_sibling (label);
    }
  truncate_children (GTK_WIDGET (self), pieces->len);
  g_clear_pointer (&self->pieces, g_ptr_array_unref);
  self->pieces = pieces;
}

static void
oh_markdown_view_finalize (GObject *object)
{
  OhMarkdownView *self = OH_MARKDOWN_VIEW (object);

  g_clear_pointer (&self->blocks, g_ptr_array_unref);
  g_clear_pointer (&self->pieces, g_ptr_array_unref);
  G_OBJECT_CLASS (oh_markdown_view_parent_class)->finalize (object);
}

static void
oh_markdown_view_class_init (OhMarkdownViewClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_markdown_view_finalize;
}

static void
oh_markdown_view_init (OhMarkdownView *self)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  gtk_box_set_spacing (GTK_BOX (self), 6);
  gtk_widget_add_css_class (GTK_WIDGET (self), "markdown");
}

GtkWidget *
oh_markdown_view_new (void)
{
  return g_object_new (OH_TYPE_MARKDOWN_VIEW, NULL);
}

void
oh_markdown_view_set_text (OhMarkdownView *self, const char *text, gboolean plain, gboolean final)
{
  g_autofree char *broken = NULL;

  g_return_if_fail (OH_IS_MARKDOWN_VIEW (self));
  g_return_if_fail (text);

  broken = oh_markdown_break_lines (text);
  if (broken)
    text = broken;
  if (plain ? self->blocks != NULL : self->pieces != NULL)
    {
      truncate_children (GTK_WIDGET (self), 0);
      g_clear_pointer (&self->blocks, g_ptr_array_unref);
      g_clear_pointer (&self->pieces, g_ptr_array_unref);
    }
  if (plain)
    set_plain (self, text);
  else
    set_markdown (self, text, final);
}
