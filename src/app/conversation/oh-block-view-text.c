/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-block-view-text.h"

#include "oh-detail-text.h"
#include "oh-markdown-view.h"

#include <glib/gi18n.h>
#include <string.h>

/* What a card shows of one text, and what it shows at most when asked for all of it; in bytes. System prompts are long
 * and always the same, results are long and for the model: what people say to one another is shown further. */
#define CUT 12000
#define CUT_SYSTEM 1500
#define CUT_OUTPUT 4000
#define IN_PLACE 200000
/* Of a text that is longer than that and in which something is found: what surrounds each match, and how many of them. */
#define AROUND 240
#define EXCERPTS 400

struct _OhBlockViewText
{
  GtkBox parent_instance;

  OhConversationItem *item;
  char *path;
  char *text; /* the whole of it, only while it is cut */
  gboolean plain;
  gboolean final;
  OhMarkdownView *view;
  GtkWidget *more;
};

G_DEFINE_FINAL_TYPE (OhBlockViewText, oh_block_view_text, GTK_TYPE_BOX)

static void
show_all (OhBlockViewText *self)
{
  if (strlen (self->text) > IN_PLACE)
    {
      oh_detail_text_present (GTK_WIDGET (self), _ ("Text"), self->text, NULL);
      return;
    }
  oh_conversation_item_set_open (self->item, self->path, TRUE);
  gtk_widget_set_visible (self->more, FALSE);
  oh_markdown_view_set_text (self->view, self->text, self->plain, self->final);
}

static void
set_more (OhBlockViewText *self, const char *text)
{
  g_autofree char *count = oh_format_count (g_utf8_strlen (text, -1));
  g_autofree char *words = g_strdup_printf (_ ("Show all %s characters"), count);

  if (!self->more)
    {
      self->more = gtk_button_new ();
      gtk_widget_set_halign (self->more, GTK_ALIGN_START);
      gtk_widget_add_css_class (self->more, "small-button");
      g_signal_connect_swapped (self->more, "clicked", G_CALLBACK (show_all), self);
      gtk_box_append (GTK_BOX (self), self->more);
    }
  gtk_button_set_label (GTK_BUTTON (self->more), words);
  gtk_widget_set_visible (self->more, TRUE);
}

static gsize
get_limit (OhBlockViewText *self)
{
  OhCardKind kind = oh_conversation_item_get_kind (self->item);

  return kind == OH_CARD_SYSTEM ? CUT_SYSTEM : kind == OH_CARD_MESSAGE && self->plain ? CUT_OUTPUT : CUT;
}

/* A good place to cut: the last line's end before @limit, else between two characters. */
static gsize
find_cut (const char *text, gsize limit)
{
  const char *line = g_strrstr_len (text + limit - limit / 4, (gssize) (limit / 4), "\n");
  const char *cut = line ? line : text + limit;

  while ((*cut & 0xC0) == 0x80)
    cut--;
  return cut - text;
}

static gsize
skip_back (const char *text, gsize at)
{
  while (at > 0 && (text[at] & 0xC0) == 0x80)
    at--;
  return at;
}

/* Its first @limit bytes, and what stands around every match after them. (transfer full) */
static char *
take_excerpts (OhBlockViewText *self, const char *text, gsize length, gsize limit)
{
  g_autoptr (GArray) matches = oh_search_words_find (oh_conversation_item_get_words (self->item),
                                                     oh_conversation_item_get_side (self->item), text, (gssize) length);
  GString *out = g_string_new (NULL);
  gsize at = find_cut (text, limit);

  g_string_append_len (out, text, (gssize) at);
  for (guint i = 0, n = 0; i < matches->len && n < EXCERPTS; i++)
    {
      const OhSearchMatch *match = &g_array_index (matches, OhSearchMatch, i);
      gsize from = skip_back (text, match->start > AROUND ? match->start - AROUND : 0);
      gsize to = skip_back (text, MIN (match->end + AROUND, length));

      if (match->end <= at)
        continue;
      if (from > at)
        g_string_append (out, "\n\n…\n\n");
      from = MAX (from, at);
      g_string_append_len (out, text + from, (gssize) (to - from));
      at = to;
      n++;
    }
  if (at < length)
    g_string_append (out, "\n\n…");
  return g_string_free (out, FALSE);
}

static void
oh_block_view_text_finalize (GObject *object)
{
  OhBlockViewText *self = OH_BLOCK_VIEW_TEXT (object);

  g_clear_object (&self->item);
  g_free (self->path);
  g_free (self->text);
  G_OBJECT_CLASS (oh_block_view_text_parent_class)->finalize (object);
}

static void
oh_block_view_text_class_init (OhBlockViewTextClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_block_view_text_finalize;
}

static void
oh_block_view_text_init (OhBlockViewText *self)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  gtk_box_set_spacing (GTK_BOX (self), 6);
  self->view = OH_MARKDOWN_VIEW (oh_markdown_view_new ());
  gtk_box_append (GTK_BOX (self), GTK_WIDGET (self->view));
}

GtkWidget *
oh_block_view_text_new (OhConversationItem *item, const char *path)
{
  OhBlockViewText *self = g_object_new (OH_TYPE_BLOCK_VIEW_TEXT, NULL);

  self->item = g_object_ref (item);
  self->path = g_strdup (path);
  return GTK_WIDGET (self);
}

void
oh_block_view_text_set (OhBlockViewText *self, const char *text, gboolean plain, gboolean final)
{
  gsize length, limit;
  gboolean found, open;

  g_return_if_fail (OH_IS_BLOCK_VIEW_TEXT (self));
  g_return_if_fail (text);

  length = strlen (text);
  found = length > CUT_SYSTEM && oh_conversation_item_finds (self->item, text);
  open = length <= IN_PLACE && oh_conversation_item_get_open (self->item, self->path, found);
  self->plain = plain;
  self->final = final;
  limit = get_limit (self);
  g_clear_pointer (&self->text, g_free);
  if (length <= limit + limit / 4 || open)
    {
      oh_markdown_view_set_text (self->view, text, plain, final);
      if (self->more)
        gtk_widget_set_visible (self->more, FALSE);
    }
  else if (!final)
    {
      /* What is being written now is at the end: show that. */
      const char *from = text + length - limit;
      const char *line = strchr (from, '\n');
      g_autofree char *tail = NULL;

      if (line && (gsize) (line - from) < limit / 2)
        from = line + 1;
      while ((*from & 0xC0) == 0x80)
        from++;
      tail = g_strconcat ("…\n\n", from, NULL);
      self->text = g_strdup (text);
      oh_markdown_view_set_text (self->view, tail, plain, FALSE);
      set_more (self, text);
    }
  else
    {
      g_autofree char *start =
          found && length > IN_PLACE ? take_excerpts (self, text, length, limit) : g_strndup (text, find_cut (text, limit));

      self->text = g_strdup (text);
      oh_markdown_view_set_text (self->view, start, plain, TRUE);
      set_more (self, text);
    }
}
