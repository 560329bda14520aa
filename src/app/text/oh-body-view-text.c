/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-body-view-text.h"

#include "oh-body-view-pieces.h"
#include "oh-format.h"
#include "oh-json-pretty.h"
#include "oh-marks.h"
#include "oh-settings.h"

#include <glib/gi18n.h>
#include <gtksourceview/gtksource.h>
#include <string.h>

#define LIMIT (2 * 1000 * 1000)
#define LINE_LIMIT 10000
#define HIGHLIGHT_LIMIT (500 * 1000)
/* What has not moved for so many frames has its place. */
#define STILL_FRAMES 10
/* A body up to this long is shown in one piece. */
#define WHOLE_LIMIT (256 * 1024)

/* A search in all of a body that is shown in pieces. */
typedef struct
{
  OhSearchWords *words;      /* or NULL */
  GCancellable *cancellable; /* while it goes on */
  GArray *matches;           /* OhSearchMatch; NULL until it is over */
  int wanted;                /* the match to go to then; -1: none, or the first one from the piece on screen on */
} Finder;

struct _OhBodyViewText
{
  GtkBox parent_instance;

  GtkSourceView *view;
  GtkSourceBuffer *buffer;
  GtkLabel *note;
  GtkSearchBar *bar;
  GtkSearchEntry *entry;
  GtkLabel *count;
  GtkSourceSearchContext *search_context;
  OhSearchWords *words; /* what is searched for in the window; or NULL */
  OhSearchSide side;

  GtkWidget *pieces; /* the bar that leads through them */
  GtkLabel *range;
  GtkWidget *earlier;
  GtkWidget *later;
  GBytes *body;      /* that is shown in pieces; or NULL */
  gboolean json;
  GtkSourceLanguage *language; /* of the manager's; or NULL */
  GArray *places;    /* OhBodyPlace, as far as they are known */
  guint piece;
  Finder find;       /* what the bar looks for */
  int found;         /* which of its matches is selected; -1: none */
  Finder search;     /* what the window looks for */

  guint follow_id;   /* while the cursor is followed */
  guint still;       /* for how many frames it has stood still */
  int followed_y;
  double followed_upper;
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
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  int n = self->body ? (self->find.matches ? (int) self->find.matches->len : -1)
                     : gtk_source_search_context_get_occurrences_count (self->search_context);
  GtkTextIter from, to;
  int position = -1;
  g_autofree char *words = NULL;

  if (self->body)
    position = self->found + 1;
  else if (gtk_text_buffer_get_selection_bounds (GTK_TEXT_BUFFER (self->buffer), &from, &to))
    position = gtk_source_search_context_get_occurrence_position (self->search_context, &from, &to);
  if (!*text)
    words = g_strdup ("");
  else if (n < 0)
    words = g_strdup (_ ("Searching…"));
  else if (n == 0)
    words = g_strdup (_ ("Not found"));
  else
    {
      g_autofree char *all = oh_format_count (n);
      g_autofree char *at = oh_format_count (position);

      words = position > 0 ? g_strdup_printf (_ ("%s of %s"), at, all)
                           : g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s match", "%s matches", (gulong) n), all);
    }
  gtk_label_set_text (self->count, words);
}

/* A text view finds the heights of its lines by and by, and what is scrolled to moves on meanwhile: goes after it. */
static gboolean
follow_cursor (GtkWidget *view, GdkFrameClock *clock, gpointer data)
{
  OhBodyViewText *self = data;
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self->buffer);
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (view));
  double upper = gtk_adjustment_get_upper (adjustment), page = gtk_adjustment_get_page_size (adjustment);
  GtkTextIter cursor;
  GdkRectangle place;

  gtk_text_buffer_get_iter_at_mark (buffer, &cursor, gtk_text_buffer_get_insert (buffer));
  gtk_text_view_get_iter_location (GTK_TEXT_VIEW (view), &cursor, &place);
  self->still = place.y == self->followed_y && upper == self->followed_upper ? self->still + 1 : 0;
  self->followed_y = place.y;
  self->followed_upper = upper;
  gtk_adjustment_set_value (adjustment, place.y - page * 0.3);
  if (self->still < STILL_FRAMES)
    return G_SOURCE_CONTINUE;
  self->follow_id = 0;
  return G_SOURCE_REMOVE;
}

static void
show_cursor (OhBodyViewText *self)
{
  self->still = 0;
  if (self->body)
    {
      if (self->follow_id == 0)
        self->follow_id = gtk_widget_add_tick_callback (GTK_WIDGET (self->view), follow_cursor, self, NULL);
    }
  else
    gtk_text_view_scroll_to_mark (GTK_TEXT_VIEW (self->view),
                                  gtk_text_buffer_get_insert (GTK_TEXT_BUFFER (self->buffer)), 0.1, FALSE, 0, 0);
}

static void
select_match (OhBodyViewText *self, const GtkTextIter *from, const GtkTextIter *to)
{
  gtk_text_buffer_select_range (GTK_TEXT_BUFFER (self->buffer), from, to);
  show_cursor (self);
  update_count (self);
}

/* Pieces. */

static void
finder_clear (Finder *self)
{
  if (self->cancellable)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->words, oh_search_words_unref);
  g_clear_pointer (&self->matches, g_array_unref);
  self->wanted = -1;
}

static const OhBodyPlace *
get_place (OhBodyViewText *self)
{
  return &g_array_index (self->places, OhBodyPlace, self->piece);
}

/* Where the piece on screen ends, which is where the next one begins. */
static gsize
get_piece_end (OhBodyViewText *self)
{
  OhBodyPlace next;

  if (self->piece + 1 < self->places->len)
    return g_array_index (self->places, OhBodyPlace, self->piece + 1).offset;
  if (oh_body_pieces_next (self->body, self->json, get_place (self), &next))
    g_array_append_val (self->places, next);
  return next.offset;
}

static void
show_piece (OhBodyViewText *self, guint piece)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self->buffer);
  g_autofree char *text = NULL;
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;
  g_autofree char *all = NULL;
  g_autofree char *words = NULL;
  GtkTextIter start;
  gboolean broken;
  gsize end;

  self->piece = piece;
  end = get_piece_end (self);
  text = oh_body_pieces_lay_out (self->body, self->json, get_place (self), end, &broken);
  /* What closes before it opens would be marked as wrong. */
  gtk_source_buffer_set_language (self->buffer, piece == 0 ? self->language : NULL);
  gtk_text_buffer_set_text (buffer, text, -1);
  gtk_text_buffer_get_start_iter (buffer, &start);
  gtk_text_buffer_place_cursor (buffer, &start);
  if (self->words)
    oh_marks_set_buffer (buffer, self->words, self->side);
  from = oh_format_count ((gint64) get_place (self)->offset / 1000);
  to = oh_format_count ((gint64) end / 1000);
  all = oh_format_count ((gint64) g_bytes_get_size (self->body) / 1000);
  /* Translators: from where to where in a text of which size: "64 – 128 of 20,000 kB" */
  words = g_strdup_printf (_ ("%s – %s of %s kB"), from, to, all);
  gtk_label_set_text (self->range, words);
  gtk_widget_set_sensitive (self->earlier, piece > 0);
  gtk_widget_set_sensitive (self->later, end < g_bytes_get_size (self->body));
  gtk_label_set_text (self->note, broken ? _ ("Very long lines are broken here. Saving or copying the body gives them as "
                                              "they are.")
                                         : "");
  gtk_widget_set_visible (GTK_WIDGET (self->note), broken);
}

static void
show_earlier (OhBodyViewText *self)
{
  show_piece (self, self->piece - 1);
  show_cursor (self);
}

static void
show_later (OhBodyViewText *self)
{
  show_piece (self, self->piece + 1);
  show_cursor (self);
}

static void
leave_pieces (OhBodyViewText *self)
{
  finder_clear (&self->find);
  finder_clear (&self->search);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_array_set_size (self->places, 0);
  self->piece = 0;
  self->found = -1;
  gtk_widget_set_visible (self->pieces, FALSE);
}

/* The place in the buffer that stands for one in the piece on screen. */
static void
get_iter (OhBodyViewText *self, gsize offset, GtkTextIter *iter)
{
  gsize end = get_piece_end (self);
  g_autofree char *before = oh_body_pieces_lay_out (self->body, self->json, get_place (self),
                                                    CLAMP (offset, get_place (self)->offset, end), NULL);

  gtk_text_buffer_get_iter_at_offset (GTK_TEXT_BUFFER (self->buffer), iter, (int) g_utf8_strlen (before, -1));
}

static void
open_piece_of (OhBodyViewText *self, gsize offset)
{
  guint piece = oh_body_pieces_find (self->places, offset);

  if (piece != self->piece)
    show_piece (self, piece);
}

static void
go_to_found (OhBodyViewText *self, guint index)
{
  const OhSearchMatch *match = &g_array_index (self->find.matches, OhSearchMatch, index);
  GtkTextIter from, to;

  self->found = (int) index;
  open_piece_of (self, match->start);
  get_iter (self, match->start, &from);
  get_iter (self, match->end, &to);
  select_match (self, &from, &to);
}

static void
go_to_searched (OhBodyViewText *self, guint index)
{
  GArray *matches = self->search.matches;
  GtkTextIter where;
  guint before = 0;

  if (matches->len == 0)
    return;
  index = MIN (index, matches->len - 1);
  open_piece_of (self, g_array_index (matches, OhSearchMatch, index).start);
  while (before < index && g_array_index (matches, OhSearchMatch, before).start < get_place (self)->offset)
    before++;
  if (!oh_marks_set_buffer_current (GTK_TEXT_BUFFER (self->buffer), self->words, self->side, index - before, &where))
    return;
  gtk_text_buffer_place_cursor (GTK_TEXT_BUFFER (self->buffer), &where);
  show_cursor (self);
}

/* The first match in the piece on screen or after it, else the first of all. */
static guint
choose_found (OhBodyViewText *self)
{
  for (guint i = 0; i < self->find.matches->len; i++)
    if (g_array_index (self->find.matches, OhSearchMatch, i).start >= get_place (self)->offset)
      return i;
  return 0;
}

static gboolean
take_found (OhBodyViewText *self, Finder *finder, GAsyncResult *result)
{
  g_autoptr (OhBodyFound) found = oh_body_pieces_search_finish (result);

  if (!found)
    return FALSE;
  g_clear_object (&finder->cancellable);
  finder->matches = g_array_ref (found->matches);
  g_array_unref (self->places);
  self->places = g_array_ref (found->places);
  return TRUE;
}

static void
find_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhBodyViewText) self = data;

  if (!take_found (self, &self->find, result))
    return;
  if (self->find.matches->len > 0)
    go_to_found (self, choose_found (self));
  update_count (self);
}

static void
search_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhBodyViewText) self = data;

  if (take_found (self, &self->search, result) && self->search.wanted >= 0)
    go_to_searched (self, (guint) self->search.wanted);
}

/* @words: (transfer full) */
static void
start_finder (OhBodyViewText *self, Finder *finder, OhSearchWords *words, OhSearchSide side, GAsyncReadyCallback done)
{
  finder_clear (finder);
  finder->words = words;
  finder->cancellable = g_cancellable_new ();
  oh_body_pieces_search_async (self->body, self->json, words, side, finder->cancellable, done, g_object_ref (self));
}

static void
find_in_body (OhBodyViewText *self, const char *text)
{
  OhSearchWords *words = oh_search_words_new_phrase (text);

  self->found = -1;
  if (words)
    start_finder (self, &self->find, words, OH_SEARCH_ANYWHERE, find_done);
  else
    finder_clear (&self->find);
}

static void
step_found (OhBodyViewText *self, int direction)
{
  int n = self->find.matches ? (int) self->find.matches->len : 0;

  if (n > 0)
    go_to_found (self, (guint) (self->found < 0 ? (int) choose_found (self) : (self->found + n + direction) % n));
}

/* Find. */

static void
find_next (OhBodyViewText *self)
{
  GtkTextIter start, from, to;

  if (self->body)
    {
      step_found (self, 1);
      return;
    }
  gtk_text_buffer_get_selection_bounds (GTK_TEXT_BUFFER (self->buffer), NULL, &start);
  if (gtk_source_search_context_forward (self->search_context, &start, &from, &to, NULL))
    select_match (self, &from, &to);
}

static void
find_previous (OhBodyViewText *self)
{
  GtkTextIter start, from, to;

  if (self->body)
    {
      step_found (self, -1);
      return;
    }
  gtk_text_buffer_get_selection_bounds (GTK_TEXT_BUFFER (self->buffer), &start, NULL);
  if (gtk_source_search_context_backward (self->search_context, &start, &from, &to, NULL))
    select_match (self, &from, &to);
}

static void
search_changed (OhBodyViewText *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  GtkTextIter start, from, to;

  gtk_source_search_settings_set_search_text (gtk_source_search_context_get_settings (self->search_context), text);
  gtk_text_buffer_get_selection_bounds (GTK_TEXT_BUFFER (self->buffer), &start, NULL);
  if (self->body)
    find_in_body (self, text);
  else if (gtk_source_search_context_forward (self->search_context, &start, &from, &to, NULL))
    select_match (self, &from, &to);
  update_count (self);
}

static void
search_mode_changed (OhBodyViewText *self)
{
  if (self->search_context)
    gtk_source_search_context_set_highlight (self->search_context, gtk_search_bar_get_search_mode (self->bar));
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

  finder_clear (&self->find);
  finder_clear (&self->search);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_object (&self->search_context);
  g_clear_object (&self->buffer);
  g_clear_pointer (&self->words, oh_search_words_unref);
  G_OBJECT_CLASS (oh_body_view_text_parent_class)->dispose (object);
}

static void
oh_body_view_text_finalize (GObject *object)
{
  g_array_unref (OH_BODY_VIEW_TEXT (object)->places);
  G_OBJECT_CLASS (oh_body_view_text_parent_class)->finalize (object);
}

static void
oh_body_view_text_class_init (OhBodyViewTextClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_body_view_text_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_body_view_text_finalize;
  g_type_ensure (GTK_SOURCE_TYPE_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-body-view-text.ui");
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, view);
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, note);
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, bar);
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, entry);
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, count);
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, pieces);
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, range);
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, earlier);
  gtk_widget_class_bind_template_child (widget_class, OhBodyViewText, later);
  gtk_widget_class_bind_template_callback (widget_class, find_next);
  gtk_widget_class_bind_template_callback (widget_class, find_previous);
  gtk_widget_class_bind_template_callback (widget_class, search_changed);
  gtk_widget_class_bind_template_callback (widget_class, search_mode_changed);
  gtk_widget_class_bind_template_callback (widget_class, show_earlier);
  gtk_widget_class_bind_template_callback (widget_class, show_later);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, find_key, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_g, GDK_CONTROL_MASK, next_key, "b", TRUE);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_g, GDK_CONTROL_MASK | GDK_SHIFT_MASK, next_key, "b", FALSE);
}

static void
oh_body_view_text_init (OhBodyViewText *self)
{
  g_autoptr (GtkSourceSearchSettings) settings = gtk_source_search_settings_new ();

  self->places = g_array_new (FALSE, FALSE, sizeof (OhBodyPlace));
  self->found = self->find.wanted = self->search.wanted = -1;
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_source_search_settings_set_wrap_around (settings, TRUE);
  self->buffer = gtk_source_buffer_new (NULL);
  gtk_source_buffer_set_highlight_matching_brackets (self->buffer, FALSE);
  gtk_text_buffer_set_enable_undo (GTK_TEXT_BUFFER (self->buffer), FALSE);
  gtk_text_view_set_buffer (GTK_TEXT_VIEW (self->view), GTK_TEXT_BUFFER (self->buffer));
  self->search_context = gtk_source_search_context_new (self->buffer, settings);
  gtk_source_search_context_set_highlight (self->search_context, FALSE);
  g_signal_connect_object (self->search_context, "notify::occurrences-count", G_CALLBACK (update_count), self,
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

  leave_pieces (self);
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
oh_body_view_text_set_body (OhBodyViewText *self, GBytes *body, gboolean json, const char *language)
{
  const OhBodyPlace first = { 0 };
  const char *find;
  gsize length;
  const char *data;

  g_return_if_fail (OH_IS_BODY_VIEW_TEXT (self));
  g_return_if_fail (body);

  data = g_bytes_get_data (body, &length);
  if (length <= WHOLE_LIMIT)
    {
      g_autofree char *pretty = json ? oh_json_pretty (data ? data : "", (gssize) length) : NULL;

      oh_body_view_text_set (self, pretty ? pretty : data, pretty ? -1 : (gssize) length, language);
      return;
    }
  leave_pieces (self);
  self->body = g_bytes_ref (body);
  self->json = json;
  g_array_append_val (self->places, first);
  self->language =
      language ? gtk_source_language_manager_get_language (gtk_source_language_manager_get_default (), language) : NULL;
  show_piece (self, 0);
  gtk_widget_set_visible (self->pieces, TRUE);
  find = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  if (gtk_search_bar_get_search_mode (self->bar) && *find)
    find_in_body (self, find);
  update_count (self);
}

void
oh_body_view_text_set_words (OhBodyViewText *self, OhSearchWords *words, OhSearchSide side)
{
  g_return_if_fail (OH_IS_BODY_VIEW_TEXT (self));

  if (self->words == words && self->side == side)
    return;
  finder_clear (&self->search);
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

  if (self->body && self->words)
    {
      if (self->search.matches)
        go_to_searched (self, nth);
      else
        {
          if (!self->search.cancellable)
            start_finder (self, &self->search, oh_search_words_ref (self->words), self->side, search_done);
          self->search.wanted = (int) nth;
        }
      return TRUE;
    }
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
