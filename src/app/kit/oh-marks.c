/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-marks.h"

/* More are counted, but not painted in a text: they would take longer than anyone reads. */
#define PAINTED_MAX 4000
/* Yellow and orange that let light and dark shine through, so that both can be read on them. */
#define MATCH_COLOUR 0xf5f5, 0xc2c2, 0x1111
#define MATCH_ALPHA 0x6000
#define CURRENT_COLOUR 0xffff, 0x7878, 0x0000
#define CURRENT_ALPHA 0xb000
#define MATCH_TAG "overhear-match"
#define CURRENT_TAG "overhear-current-match"
/* What has no place after so many frames will not get one. */
#define FRAMES_MAX 60

typedef struct
{
  const OhSearchWords *words;
  OhSearchSide side;
  int current;
  guint count;
  GtkWidget *found;
} Walk;

static void
add (PangoAttrList *list, PangoAttribute *attribute, const OhSearchMatch *match)
{
  attribute->start_index = (guint) match->start;
  attribute->end_index = (guint) match->end;
  pango_attr_list_insert (list, attribute);
}

void
oh_marks_add (PangoAttrList *list, const OhSearchWords *words, OhSearchSide side, const char *text)
{
  g_autoptr (GArray) matches = NULL;

  g_return_if_fail (list != NULL && text != NULL);

  if (words == NULL)
    return;
  matches = oh_search_words_find (words, side, text, -1);
  for (guint i = 0; i < matches->len; i++)
    {
      const OhSearchMatch *match = &g_array_index (matches, OhSearchMatch, i);

      add (list, pango_attr_background_new (MATCH_COLOUR), match);
      add (list, pango_attr_background_alpha_new (MATCH_ALPHA), match);
    }
}

/* What only marks have. */
static gboolean
is_mark (PangoAttribute *attribute, gpointer data)
{
  return attribute->klass->type == PANGO_ATTR_BACKGROUND || attribute->klass->type == PANGO_ATTR_BACKGROUND_ALPHA ||
         (attribute->klass->type == PANGO_ATTR_UNDERLINE &&
          ((PangoAttrInt *) attribute)->value == PANGO_UNDERLINE_DOUBLE);
}

/* The attributes of a text with the marks of now. (nullable) (transfer full) */
static PangoAttrList *
make_attributes (Walk *walk, GtkWidget *widget, PangoAttrList *old, const char *text)
{
  g_autoptr (GArray) matches = oh_search_words_find (walk->words, walk->side, text, -1);
  g_autoptr (PangoAttrList) marks = NULL;
  PangoAttrList *list = old != NULL ? pango_attr_list_copy (old) : NULL;

  if (list != NULL)
    marks = pango_attr_list_filter (list, is_mark, NULL);
  if (matches->len > 0 && list == NULL)
    list = pango_attr_list_new ();
  for (guint i = 0; i < matches->len; i++)
    {
      const OhSearchMatch *match = &g_array_index (matches, OhSearchMatch, i);
      gboolean current = walk->current >= 0 && (guint) walk->current == walk->count + i;

      add (list, current ? pango_attr_background_new (CURRENT_COLOUR) : pango_attr_background_new (MATCH_COLOUR), match);
      add (list, pango_attr_background_alpha_new (current ? CURRENT_ALPHA : MATCH_ALPHA), match);
      if (current)
        {
          add (list, pango_attr_underline_new (PANGO_UNDERLINE_DOUBLE), match);
          walk->found = widget;
        }
    }
  walk->count += matches->len;
  return list;
}

static void
mark_label (Walk *walk, GtkLabel *label)
{
  PangoAttrList *old = gtk_label_get_attributes (label);
  PangoAttrList *list = make_attributes (walk, GTK_WIDGET (label), old, gtk_label_get_text (label));

  if (old != NULL && list != NULL && pango_attr_list_equal (old, list))
    {
      pango_attr_list_unref (list);
      return;
    }
  /* GTK 4.8 adds attributes to those of the markup for good: only new markup is rid of them. */
  if (old != NULL && gtk_label_get_use_markup (label))
    {
      g_autofree char *markup = g_strdup (gtk_label_get_label (label));

      gtk_label_set_text (label, "");
      gtk_label_set_markup (label, markup);
    }
  if (list != NULL || old != NULL)
    gtk_label_set_attributes (label, list);
  g_clear_pointer (&list, pango_attr_list_unref);
}

static void
mark_inscription (Walk *walk, GtkInscription *inscription)
{
  PangoAttrList *old = gtk_inscription_get_attributes (inscription);
  const char *text = gtk_inscription_get_text (inscription);
  PangoAttrList *list = make_attributes (walk, GTK_WIDGET (inscription), old, text);

  if (list != NULL || old != NULL)
    gtk_inscription_set_attributes (inscription, list);
  g_clear_pointer (&list, pango_attr_list_unref);
}

static void
mark (Walk *walk, GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget))
    mark_label (walk, GTK_LABEL (widget));
  else if (GTK_IS_INSCRIPTION (widget))
    mark_inscription (walk, GTK_INSCRIPTION (widget));
  else if (!GTK_IS_BUTTON (widget))
    for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
         child = gtk_widget_get_next_sibling (child))
      mark (walk, child);
}

guint
oh_marks_set (GtkWidget *root, const OhSearchWords *words, OhSearchSide side, int current, GtkWidget **found)
{
  Walk walk = { .words = words, .side = side, .current = current };

  g_return_val_if_fail (GTK_IS_WIDGET (root), 0);

  mark (&walk, root);
  if (found != NULL)
    *found = walk.found;
  return walk.count;
}

int
oh_marks_get_current_y (GtkWidget *found)
{
  g_autoptr (PangoAttrList) list = NULL;
  g_autoptr (PangoAttrList) marks = NULL;
  GSList *attributes;
  PangoRectangle place = { 0 };
  int y = 0;

  g_return_val_if_fail (GTK_IS_WIDGET (found), 0);

  if (!GTK_IS_LABEL (found) || gtk_label_get_attributes (GTK_LABEL (found)) == NULL)
    return 0;
  list = pango_attr_list_copy (gtk_label_get_attributes (GTK_LABEL (found)));
  marks = pango_attr_list_filter (list, is_mark, NULL);
  attributes = marks != NULL ? pango_attr_list_get_attributes (marks) : NULL;
  for (GSList *l = attributes; l != NULL; l = l->next)
    {
      const PangoAttribute *attribute = l->data;

      if (attribute->klass->type != PANGO_ATTR_UNDERLINE)
        continue;
      gtk_label_get_layout_offsets (GTK_LABEL (found), NULL, &y);
      pango_layout_index_to_pos (gtk_label_get_layout (GTK_LABEL (found)), (int) attribute->start_index, &place);
    }
  g_slist_free_full (attributes, (GDestroyNotify) pango_attribute_destroy);
  return y + PANGO_PIXELS (place.y);
}

static GtkTextTag *
ensure_tag (GtkTextBuffer *buffer, const char *name)
{
  static const GdkRGBA match = { 0.96f, 0.76f, 0.07f, 0.375f };
  static const GdkRGBA current = { 1.0f, 0.47f, 0.0f, 0.69f };
  GtkTextTag *tag = gtk_text_tag_table_lookup (gtk_text_buffer_get_tag_table (buffer), name);
  gboolean is_current = g_str_equal (name, CURRENT_TAG);

  if (tag == NULL)
    tag = gtk_text_buffer_create_tag (buffer, name, "background-rgba", is_current ? &current : &match, "underline",
                                      is_current ? PANGO_UNDERLINE_DOUBLE : PANGO_UNDERLINE_NONE, "underline-set",
                                      is_current, NULL);
  gtk_text_tag_set_priority (tag, gtk_text_tag_table_get_size (gtk_text_buffer_get_tag_table (buffer)) - 1);
  return tag;
}

static char *
get_text (GtkTextBuffer *buffer)
{
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  return gtk_text_buffer_get_text (buffer, &start, &end, TRUE);
}

static void
clear_tag (GtkTextBuffer *buffer, const char *name)
{
  GtkTextIter start, end;

  if (gtk_text_tag_table_lookup (gtk_text_buffer_get_tag_table (buffer), name) == NULL)
    return;
  gtk_text_buffer_get_bounds (buffer, &start, &end);
  gtk_text_buffer_remove_tag_by_name (buffer, name, &start, &end);
}

guint
oh_marks_set_buffer (GtkTextBuffer *buffer, const OhSearchWords *words, OhSearchSide side)
{
  g_autoptr (GArray) matches = NULL;
  g_autofree char *text = NULL;
  GtkTextTag *tag;
  const char *at;
  int offset = 0;

  g_return_val_if_fail (GTK_IS_TEXT_BUFFER (buffer), 0);

  clear_tag (buffer, MATCH_TAG);
  clear_tag (buffer, CURRENT_TAG);
  if (words == NULL)
    return 0;
  at = text = get_text (buffer);
  matches = oh_search_words_find (words, side, text, -1);
  tag = ensure_tag (buffer, MATCH_TAG);
  for (guint i = 0; i < MIN (matches->len, PAINTED_MAX); i++)
    {
      const OhSearchMatch *match = &g_array_index (matches, OhSearchMatch, i);
      GtkTextIter start, end;

      offset += (int) g_utf8_pointer_to_offset (at, text + match->start);
      gtk_text_buffer_get_iter_at_offset (buffer, &start, offset);
      offset += (int) g_utf8_pointer_to_offset (text + match->start, text + match->end);
      gtk_text_buffer_get_iter_at_offset (buffer, &end, offset);
      at = text + match->end;
      gtk_text_buffer_apply_tag (buffer, tag, &start, &end);
    }
  return matches->len;
}

gboolean
oh_marks_set_buffer_current (GtkTextBuffer *buffer, const OhSearchWords *words, OhSearchSide side, guint index,
                             GtkTextIter *where)
{
  g_autoptr (GArray) matches = NULL;
  g_autofree char *text = NULL;
  const OhSearchMatch *match;
  GtkTextIter end;

  g_return_val_if_fail (GTK_IS_TEXT_BUFFER (buffer) && where != NULL, FALSE);

  clear_tag (buffer, CURRENT_TAG);
  text = get_text (buffer);
  matches = oh_search_words_find (words, side, text, -1);
  if (matches->len == 0)
    return FALSE;
  match = &g_array_index (matches, OhSearchMatch, MIN (index, matches->len - 1));
  gtk_text_buffer_get_iter_at_offset (buffer, where, (int) g_utf8_pointer_to_offset (text, text + match->start));
  gtk_text_buffer_get_iter_at_offset (buffer, &end, (int) g_utf8_pointer_to_offset (text, text + match->end));
  gtk_text_buffer_apply_tag (buffer, ensure_tag (buffer, CURRENT_TAG), where, &end);
  return TRUE;
}

typedef struct
{
  GtkWidget *widget; /* weak */
  guint frames;
} Scroll;

static void
scroll_free (gpointer data)
{
  Scroll *scroll = data;

  g_clear_weak_pointer (&scroll->widget);
  g_free (scroll);
}

static gboolean
scroll_tick (GtkWidget *scrolled, GdkFrameClock *clock, gpointer data)
{
  Scroll *scroll = data;
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled));
  double page = gtk_adjustment_get_page_size (adjustment), value = gtk_adjustment_get_value (adjustment);
  graphene_rect_t bounds;

  if (scroll->widget == NULL || --scroll->frames == 0)
    return G_SOURCE_REMOVE;
  if (page <= 0 || !gtk_widget_compute_bounds (scroll->widget, scrolled, &bounds) || bounds.size.height <= 0)
    return G_SOURCE_CONTINUE;
  bounds.origin.y += (float) oh_marks_get_current_y (scroll->widget);
  if (bounds.origin.y < 0 || bounds.origin.y > page - 24)
    gtk_adjustment_set_value (adjustment, value + bounds.origin.y - page / 3);
  return G_SOURCE_REMOVE;
}

void
oh_marks_scroll_to (GtkScrolledWindow *scrolled, GtkWidget *widget)
{
  Scroll *scroll;

  g_return_if_fail (GTK_IS_SCROLLED_WINDOW (scrolled) && GTK_IS_WIDGET (widget));

  scroll = g_new0 (Scroll, 1);
  scroll->frames = FRAMES_MAX;
  g_set_weak_pointer (&scroll->widget, widget);
  gtk_widget_add_tick_callback (GTK_WIDGET (scrolled), scroll_tick, scroll, scroll_free);
}
