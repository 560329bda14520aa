/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sessions-row.h"

#include "oh-marks.h"
#include "oh-words.h"

#define INDENT 20

struct _OhSessionsRow
{
  GtkBox parent_instance;

  GtkWidget *texts;
  GtkLabel *title;
  GtkLabel *subtitle;
  GtkLabel *cost;
  GtkLabel *tokens;
  OhSessionsItem *item;
  OhSearchWords *words; /* or NULL */
};

G_DEFINE_FINAL_TYPE (OhSessionsRow, oh_sessions_row, GTK_TYPE_BOX)

static void
mark (OhSessionsRow *self)
{
  oh_marks_set (self->texts, self->words, OH_SEARCH_ANYWHERE, -1, NULL);
}

static void
show_item (OhSessionsRow *self)
{
  GtkWidget *list_item = gtk_widget_get_parent (GTK_WIDGET (self));
  const OhSums *sums = oh_sessions_item_get_sums (self->item);
  gboolean below = sums == NULL || oh_sessions_item_get_kind (self->item) == OH_SESSIONS_TRACE;
  g_autofree char *title = oh_sessions_item_dup_title (self->item);
  g_autofree char *subtitle = oh_sessions_item_dup_subtitle (self->item);
  g_autofree char *sentence = oh_sessions_item_dup_sentence (self->item);
  g_autofree char *cost = sums == NULL ? g_strdup ("") : oh_words_cost_of (sums, FALSE);
  g_autofree char *tokens = sums == NULL ? g_strdup ("") : oh_words_tokens_of (sums);

  gtk_label_set_label (self->title, title);
  gtk_label_set_label (self->subtitle, subtitle);
  if (self->words != NULL)
    mark (self);
  gtk_label_set_label (self->cost, cost);
  gtk_label_set_label (self->tokens, tokens);
  gtk_widget_set_margin_start (self->texts, below ? INDENT : 0);
  if (below)
    gtk_widget_remove_css_class (GTK_WIDGET (self->title), "sessions-title");
  else
    gtk_widget_add_css_class (GTK_WIDGET (self->title), "sessions-title");
  /* The list's own widget around the row has the focus, so it is what a screen reader reads. */
  if (list_item != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (list_item), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence, -1);
}

static void
oh_sessions_row_dispose (GObject *object)
{
  OhSessionsRow *self = OH_SESSIONS_ROW (object);

  oh_sessions_row_set_item (self, NULL);
  g_clear_pointer (&self->words, oh_search_words_unref);
  G_OBJECT_CLASS (oh_sessions_row_parent_class)->dispose (object);
}

static void
oh_sessions_row_class_init (OhSessionsRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_sessions_row_dispose;
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "sessionsrow");
}

static GtkLabel *
add_label (GtkWidget *box, float xalign, gboolean dim)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), xalign);
  gtk_label_set_single_line_mode (GTK_LABEL (label), TRUE);
  if (xalign == 0)
    gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, "numeric");
  if (dim)
    gtk_widget_add_css_class (label, "dim-label");
  gtk_box_append (GTK_BOX (box), label);
  return GTK_LABEL (label);
}

static void
oh_sessions_row_init (OhSessionsRow *self)
{
  GtkWidget *numbers = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);

  gtk_box_set_spacing (GTK_BOX (self), 10);
  self->texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  gtk_widget_set_hexpand (self->texts, TRUE);
  self->title = add_label (self->texts, 0, FALSE);
  self->subtitle = add_label (self->texts, 0, TRUE);
  self->cost = add_label (numbers, 1, FALSE);
  self->tokens = add_label (numbers, 1, TRUE);
  gtk_widget_add_css_class (GTK_WIDGET (self->subtitle), "sessions-more");
  gtk_widget_add_css_class (GTK_WIDGET (self->tokens), "sessions-more");
  gtk_box_append (GTK_BOX (self), self->texts);
  gtk_box_append (GTK_BOX (self), numbers);
}

GtkWidget *
oh_sessions_row_new (void)
{
  return g_object_new (OH_TYPE_SESSIONS_ROW, NULL);
}

void
oh_sessions_row_set_item (OhSessionsRow *self, OhSessionsItem *item)
{
  g_return_if_fail (OH_IS_SESSIONS_ROW (self));

  if (self->item != NULL)
    g_signal_handlers_disconnect_by_data (self->item, self);
  g_set_object (&self->item, item);
  if (item == NULL)
    return;
  g_signal_connect_object (item, "changed", G_CALLBACK (show_item), self, G_CONNECT_SWAPPED);
  show_item (self);
}

OhSessionsItem *
oh_sessions_row_get_item (OhSessionsRow *self)
{
  g_return_val_if_fail (OH_IS_SESSIONS_ROW (self), NULL);

  return self->item;
}

void
oh_sessions_row_set_words (OhSessionsRow *self, OhSearchWords *words)
{
  g_return_if_fail (OH_IS_SESSIONS_ROW (self));

  if (oh_search_words_set (&self->words, words))
    mark (self);
}
