/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-body-view-text.h"

#include "oh-format.h"
#include "oh-marks.h"
#include "oh-settings.h"

#include <glib/gi18n.h>
#include <gtksourceview/gtksource.h>
#include <string.h>

#define LIMIT (2 * 1000 * 1000)
#define LINE_LIMIT 10000
#define HIGHLIGHT_LIMIT (500 * 1000)

struct _OhBodyViewText
{
  GtkBox parent_instance;

  GtkSourceView *view;
  GtkSourceBuffer *buffer;
  GtkLabel *note;
  GtkSearchBar *bar;
  GtkSearchEntry *entry;
  GtkLabel *count;
  GtkSourceSearchContext *search;
  OhSearchWords *words; /* what is searched for in the window; or NULL */
  OhSearchSide side;
};

G_DEFINE_FINAL_TYPE (OhBodyViewText, oh_body_view_text, GTK_TYPE_BOX)

/* A text buffer takes no NUL: it is shown as its sign. */
static void
replace_nuls (GString **text)
{
  GString *out = g_string_sized_new ((*text)->len * 2);

  for (gsize i = 0; i < (*text)->len; i++)
    if ((*text)->str[i])
      g_string_append_c (out, (*text)->str[i]);
    else
      g_string_append (out, "␀");
  g_string_free (*text, TRUE);
  *text = out;
}

char *
oh_body_view_text_cut (const char *text, gsize length, gsize limit, gsize line_limit, gsize *left_out, guint *cut_lines)
{
  g_autoptr (GString) out = NULL;
  const char *p = text;
  const char *end;

  *left_out = 0;
  *cut_lines = 0;
  if (length > limit)
    {
      gsize cut = limit;

      while (cut > 0 && (text[cut] & 0xC0) == 0x80)
        cut--;
      *left_out = length - cut;
      length = cut;
    }
  end = text + length;
  out = g_string_sized_new (length + 16);
  while (p < end)
    {
      const char *line = memchr (p, '\n', end - p);
      gsize line_length = (line ? line : end) - p;

      if (line_length > line_limit)
        {
          gsize cut = line_limit;
          g_autofree char *more = NULL;

          while (cut > 0 && (p[cut] & 0xC0) == 0x80)
            cut--;
          more = oh_format_bytes ((gint64) (line_length - cut));
          g_string_append_len (out, p, cut);
          g_string_append_printf (out, _ (" … [%s more on this line]"), more);
          (*cut_lines)++;
        }
      else
        g_string_append_len (out, p, line_length);
      if (line)
        g_string_append_c (out, '\n');
      p += line_length + (line != NULL);
    }
  if (memchr (out->str, 0, out->len))
    replace_nuls (&out);
  return g_utf8_make_valid (out->str, (gssize) out->len);
}

static void
update_scheme (OhBodyViewText *self)
{
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());

  gtk_source_buffer_set_style_scheme (
      self->buffer, gtk_source_style_scheme_manager_get_scheme (gtk_source_style_scheme_manager_get_default (),
                                                                dark ? "Adwaita-dark" : "Adwaita"));
}

static gboolean
wrap_to_mode (GValue *value, GVariant *variant, gpointer data)
{
  g_value_set_enum (value, g_variant_get_boolean (variant) ? GTK_WRAP_WORD_CHAR : GTK_WRAP_NONE);
  return TRUE;
}

static void
update_count (OhBodyViewText *self)
{
  const char *text = gtk_source_search_settings_get_search_text (gtk_source_search_context_get_settings (self->search));
  int n = gtk_source_search_context_get_occurrences_count (self->search);
  GtkTextIter from, to;
  int position = -1;
  g_autofree char *words = NULL;

  if (gtk_text_buffer_get_selection_bounds (GTK_TEXT_BUFFER (self->buffer), &from, &to))
    position = gtk_source_search_context_get_occurrence_position (self->search, &from, &to);
  if (!text || !*text)
    words = g_strdup ("");
  else if (n < 0)
    words = g_strdup (_ ("Searching…"));
  else if (n == 0)
    words = g_strdup (_ ("Not found"));
  else if (position > 0)
    words = g_strdup_printf (_ ("%d of %d"), position, n);
  else
    words = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%d match", "%d matches", (gulong) n), n);
  gtk_label_set_text (self->count, words);
}

static void
select_match (OhBodyViewText *self, const GtkTextIter *from, const GtkTextIter *to)
{
  gtk_text_buffer_select_range (GTK_TEXT_BUFFER (self->buffer), from, to);
  gtk_text_view_scroll_to_mark (GTK_TEXT_VIEW (self->view), gtk_text_buffer_get_insert (GTK_TEXT_BUFFER (self->buffer)),
                                0.1, FALSE, 0, 0);
  update_count (self);
}

static void
find_next (OhBodyViewText *self)
{
  GtkTextIter start, from, to;

  gtk_text_buffer_get_selection_bounds (GTK_TEXT_BUFFER (self->buffer), NULL, &start);
  if (gtk_source_search_context_forward (self->search, &start, &from, &to, NULL))
    select_match (self, &from, &to);
}

static void
find_previous (OhBodyViewText *self)
{
  GtkTextIter start, from, to;

  gtk_text_buffer_get_selection_bounds (GTK_TEXT_BUFFER (self->buffer), &start, NULL);
  if (gtk_source_search_context_backward (self->search, &start, &from, &to, NULL))
    select_match (self, &from, &to);
}

static void
search_changed (OhBodyViewText *self)
{
  GtkTextIter start, from, to;

  gtk_source_search_settings_set_search_text (gtk_source_search_context_get_settings (self->search),
                                              gtk_editable_get_text (GTK_EDITABLE (self->entry)));
  gtk_text_buffer_get_selection_bounds (GTK_TEXT_BUFFER (self->buffer), &start, NULL);
  if (gtk_source_search_context_forward (self->search, &start, &from, &to, NULL))
    select_match (self, &from, &to);
  update_count (self);
}

static void
search_mode_changed (OhBodyViewText *self)
{
  if (self->search)
    gtk_source_search_context_set_highlight (self->search, gtk_search_bar_get_search_mode (self->bar));
}

static gboolean
find_key (GtkWidget *widget, GVariant *args, gpointer data)
{
  oh_body_view_text_find (OH_BODY_VIEW_TEXT (widget));
  return TRUE;
}

static gboolean
next_key (GtkWidget *widget, GVariant *args, gpointer data)
{
  OhBodyViewText *self = OH_BODY_VIEW_TEXT (widget);

  /* Without a search of our own it is the window's that goes on. */
  if (!gtk_search_bar_get_search_mode (self->bar))
    return FALSE;
  if (g_variant_get_boolean (args))
    find_next (self);
  else
    find_previous (self);
  return TRUE;
}

static void
oh_body_view_text_dispose (GObject *object)
{
  OhBodyViewText *self = OH_BODY_VIEW_TEXT (object);

  g_clear_object (&self->search);
  g_clear_object (&self->buffer);
  g_clear_pointer (&self->words, oh_search_words_unref);
  G_OBJECT_CLASS (oh_body_view_text_parent_class)->dispose (object);
}

static void
oh_body_view_text_class_init (OhBodyViewTextClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_body_view_text_dispose;
  g_type_ensure (GTK_SOURCE_TYPE_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-body-view-text.ui");
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, view);
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, note);
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, bar);
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, entry);
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, count);
  gtk_widget_class_bind_template_callback (widget_class, find_next);
  gtk_widget_class_bind_template_callback (widget_class, find_previous);
  gtk_widget_class_bind_template_callback (widget_class, search_changed);
  gtk_widget_class_bind_template_callback (widget_class, search_mode_changed);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, find_key, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_g, GDK_CONTROL_MASK, next_key, "b", TRUE);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_g, GDK_CONTROL_MASK | GDK_SHIFT_MASK, next_key, "b", FALSE);
}

static void
oh_body_view_text_init (OhBodyViewText *self)
{
  g_autoptr (GtkSourceSearchSettings) settings = gtk_source_search_settings_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_source_search_settings_set_wrap_around (settings, TRUE);
  self->buffer = gtk_source_buffer_new (NULL);
  gtk_source_buffer_set_highlight_matching_brackets (self->buffer, FALSE);
  gtk_text_buffer_set_enable_undo (GTK_TEXT_BUFFER (self->buffer), FALSE);
  gtk_text_view_set_buffer (GTK_TEXT_VIEW (self->view), GTK_TEXT_BUFFER (self->buffer));
  self->search = gtk_source_search_context_new (self->buffer, settings);
  gtk_source_search_context_set_highlight (self->search, FALSE);
  g_signal_connect_object (self->search, "notify::occurrences-count", G_CALLBACK (update_count), self,
                           G_CONNECT_SWAPPED);
  gtk_search_bar_connect_entry (self->bar, GTK_EDITABLE (self->entry));
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (update_scheme), self,
                           G_CONNECT_SWAPPED);
  update_scheme (self);
  g_settings_bind_with_mapping (oh_settings_get (), "wrap", self->view, "wrap-mode", G_SETTINGS_BIND_GET, wrap_to_mode,
                                NULL, NULL, NULL);
}

GtkWidget *
oh_body_view_text_new (void)
{
  return g_object_new (OH_TYPE_BODY_VIEW_TEXT, NULL);
}

void
oh_body_view_text_set (OhBodyViewText *self, const char *text, gssize length, const char *language)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self->buffer);
  GtkSourceLanguage *found = NULL;
  g_autofree char *shown = NULL;
  g_autofree char *size = NULL;
  g_autofree char *words = NULL;
  GtkTextIter start;
  gsize left_out;
  guint cut_lines;

  g_return_if_fail (OH_IS_BODY_VIEW_TEXT (self));
  g_return_if_fail (text || length == 0);

  shown = oh_body_view_text_cut (text, length < 0 ? strlen (text) : (gsize) length, LIMIT, LINE_LIMIT, &left_out,
                                 &cut_lines);
  if (language && strlen (shown) <= HIGHLIGHT_LIMIT)
    found = gtk_source_language_manager_get_language (gtk_source_language_manager_get_default (), language);
  gtk_source_buffer_set_language (self->buffer, found);
  gtk_text_buffer_set_text (buffer, shown, -1);
  gtk_text_buffer_get_start_iter (buffer, &start);
  gtk_text_buffer_place_cursor (buffer, &start);
  if (self->words)
    oh_marks_set_buffer (buffer, self->words, self->side);
  if (left_out > 0)
    {
      size = oh_format_bytes ((gint64) left_out);
      words = g_strdup_printf (_ ("The last %s are not shown here. Saving or copying the body gives all of it."), size);
    }
  else if (cut_lines > 0)
    words = g_strdup (_ ("Very long lines are cut here. Saving or copying the body gives all of it."));
  gtk_label_set_text (self->note, words ? words : "");
  gtk_widget_set_visible (GTK_WIDGET (self->note), words != NULL);
}

void
oh_body_view_text_set_words (OhBodyViewText *self, OhSearchWords *words, OhSearchSide side)
{
  g_return_if_fail (OH_IS_BODY_VIEW_TEXT (self));

  if (self->words == words && self->side == side)
    return;
  oh_search_words_set (&self->words, words);
  self->side = side;
  oh_marks_set_buffer (GTK_TEXT_BUFFER (self->buffer), words, side);
}

gboolean
oh_body_view_text_show_match (OhBodyViewText *self, guint nth)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self->buffer);
  GtkTextIter where;

  g_return_val_if_fail (OH_IS_BODY_VIEW_TEXT (self), FALSE);

  if (!oh_marks_set_buffer_current (buffer, self->words, self->side, nth, &where))
    return FALSE;
  gtk_text_buffer_place_cursor (buffer, &where);
  gtk_text_view_scroll_to_mark (GTK_TEXT_VIEW (self->view), gtk_text_buffer_get_insert (buffer), 0.1, TRUE, 0, 0.3);
  return TRUE;
}

void
oh_body_view_text_find (OhBodyViewText *self)
{
  g_return_if_fail (OH_IS_BODY_VIEW_TEXT (self));

  gtk_search_bar_set_search_mode (self->bar, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
}
