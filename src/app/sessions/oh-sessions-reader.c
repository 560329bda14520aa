/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sessions-reader.h"

#include "oh-conversation-card.h"
#include "oh-card-list.h"
#include "oh-message-menu.h"
#include "oh-sessions-load.h"

#include <glib/gi18n.h>

/* One part on screen: its heading, and its cards. */
#define OH_TYPE_SESSIONS_PASSAGE (oh_sessions_passage_get_type ())
G_DECLARE_FINAL_TYPE (OhSessionsPassage, oh_sessions_passage, OH, SESSIONS_PASSAGE, GObject)

struct _OhSessionsPassage
{
  GObject parent_instance;

  OhSessionsPart part;
  char *trace; /* its name, or NULL */
  char *boundary; /* what lies before it and became of it, or NULL */
  OhWatch *watch;
  OhConversationModel *model;
  GListModel *cards; /* the passage itself, as its heading, and its cards */
};

G_DEFINE_FINAL_TYPE (OhSessionsPassage, oh_sessions_passage, G_TYPE_OBJECT)

struct _OhSessionsReader
{
  AdwBin parent_instance;

  OhCardList *list;
  GtkLabel *left_out;
  GListStore *passages; /* GListModel: the cards of each part */
  GPtrArray *parts;     /* (element-type OhSessionsPassage) in the same order */

  OhEngine *engine;
  char *session;
  GCancellable *loading;
  gboolean stale;
  OhSearchWords *words; /* or NULL */
  gint64 wanted_trace; /* to be scrolled to; 0: none */
};

G_DEFINE_FINAL_TYPE (OhSessionsReader, oh_sessions_reader, ADW_TYPE_BIN)

/* ---- one part ---- */

static void
oh_sessions_passage_dispose (GObject *object)
{
  OhSessionsPassage *self = OH_SESSIONS_PASSAGE (object);

  if (self->watch != NULL)
    g_signal_handlers_disconnect_by_data (self->watch, self);
  g_clear_object (&self->watch);
  g_clear_object (&self->cards);
  g_clear_object (&self->model);
  G_OBJECT_CLASS (oh_sessions_passage_parent_class)->dispose (object);
}

static void
oh_sessions_passage_finalize (GObject *object)
{
  g_free (OH_SESSIONS_PASSAGE (object)->trace);
  g_free (OH_SESSIONS_PASSAGE (object)->boundary);
  G_OBJECT_CLASS (oh_sessions_passage_parent_class)->finalize (object);
}

static void
oh_sessions_passage_class_init (OhSessionsPassageClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_sessions_passage_finalize;
  G_OBJECT_CLASS (klass)->dispose = oh_sessions_passage_dispose;
}

static void
oh_sessions_passage_init (OhSessionsPassage *self)
{
}

static void
on_view (OhSessionsPassage *self)
{
  oh_conversation_model_set_view (self->model, oh_watch_get_view (self->watch));
}

/* Only what was said: parameters and tools are the detail's. */
static gboolean
is_said (gpointer item, gpointer data)
{
  const OhSessionsPassage *self = data;
  OhCardKind kind = oh_conversation_item_get_kind (item);

  if (kind == OH_CARD_SYSTEM)
    return !self->part.branch && self->part.from == 0;
  if (kind == OH_CARD_MESSAGE)
    return oh_conversation_item_get_index (item) >= self->part.from;
  return kind == OH_CARD_ANSWER || kind == OH_CARD_ERROR;
}

/* (transfer full) (nullable) */
static char *
say_boundary (OhEngine *engine, const OhSessionsPart *part)
{
  OhStoreReader *reader = oh_engine_get_reader (engine);
  g_autoptr (OhPlace) first = oh_store_reader_get_place (reader, part->first_id);

  return oh_boundary_say (first);
}

static OhSessionsPassage *
passage_new (OhEngine *engine, const OhSessionsPart *part)
{
  OhSessionsPassage *self = g_object_new (OH_TYPE_SESSIONS_PASSAGE, NULL);
  g_autoptr (GPtrArray) traces = oh_store_reader_get_traces (oh_engine_get_reader (engine), &part->trace_id, 1);
  const OhTrace *trace = g_ptr_array_index (traces, 0);

  self->part = *part;
  self->trace = trace == NULL ? NULL : g_strdup (trace->name);
  self->boundary = say_boundary (engine, part);
  self->watch = oh_watch_new (engine, part->exchange_id);
  self->model = oh_conversation_model_new ();
  self->cards = G_LIST_MODEL (gtk_filter_list_model_new (
      g_object_ref (G_LIST_MODEL (self->model)),
      GTK_FILTER (gtk_custom_filter_new (is_said, self, NULL))));
  g_signal_connect_object (self->watch, "notify::view", G_CALLBACK (on_view), self, G_CONNECT_SWAPPED);
  return self;
}

/* ---- the list ---- */

static void
on_heading_clicked (GtkButton *button, gpointer data)
{
  gtk_widget_activate_action (GTK_WIDGET (button), "exchange.select", "x", *(const gint64 *) data);
}

static GtkWidget *
create_heading (OhSessionsPassage *passage)
{
  GtkWidget *button = gtk_button_new ();
  GtkWidget *label = gtk_label_new (NULL);
  g_autofree char *when = oh_format_date_time (passage->part.started_ns);
  g_autofree char *words = g_strdup_printf ("%s · %s · %s", passage->trace != NULL ? passage->trace : _ ("No trace"),
                                            passage->boundary != NULL ? passage->boundary
                                            : passage->part.branch    ? _ ("branch of a conversation")
                                                                      : _ ("conversation"),
                                            when);

  gtk_label_set_label (GTK_LABEL (label), words);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_button_set_child (GTK_BUTTON (button), label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
  gtk_widget_set_halign (button, GTK_ALIGN_START);
  gtk_widget_set_tooltip_text (button, _ ("Go to the Last Call"));
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "link-button");
  g_signal_connect_data (button, "clicked", G_CALLBACK (on_heading_clicked),
                         g_memdup2 (&passage->part.exchange_id, sizeof passage->part.exchange_id),
                         (GClosureNotify) (void (*) (void)) g_free, 0);
  return button;
}

static GtkWidget *
create_widget (gpointer item, gpointer data)
{
  if (OH_IS_SESSIONS_PASSAGE (item))
    return create_heading (item);
  return oh_conversation_card_new (OH_CONVERSATION_ITEM (item));
}

/* Parts that are still the same keep their widgets. */
static void
put_parts (OhSessionsReader *self, GArray *parts)
{
  guint same = 0;
  g_autoptr (GPtrArray) models = g_ptr_array_new_with_free_func (g_object_unref);

  while (same < MIN (parts->len, self->parts->len))
    {
      const OhSessionsPassage *passage = g_ptr_array_index (self->parts, same);
      const OhSessionsPart *part = &g_array_index (parts, OhSessionsPart, same);

      if (passage->part.exchange_id != part->exchange_id || passage->part.from != part->from
          || passage->part.branch != part->branch)
        break;
      same++;
    }
  if (same == parts->len && same == self->parts->len)
    return;
  for (guint i = same; i < parts->len; i++)
    {
      OhSessionsPassage *passage = passage_new (self->engine, &g_array_index (parts, OhSessionsPart, i));
      GListStore *heading = g_list_store_new (OH_TYPE_SESSIONS_PASSAGE);
      g_autoptr (GListStore) both = g_list_store_new (G_TYPE_LIST_MODEL);

      oh_conversation_model_set_words (passage->model, self->words);
      g_list_store_append (heading, passage);
      g_list_store_append (both, heading);
      g_list_store_append (both, passage->cards);
      g_ptr_array_add (models, gtk_flatten_list_model_new (g_object_ref (G_LIST_MODEL (both))));
      g_object_unref (heading);
      g_ptr_array_insert (self->parts, (int) (self->parts->len), passage);
    }
  g_list_store_splice (self->passages, same, g_list_model_get_n_items (G_LIST_MODEL (self->passages)) - same,
                       models->pdata, models->len);
  g_ptr_array_remove_range (self->parts, same, self->parts->len - models->len - same);
}

static void
show_wanted (OhSessionsReader *self)
{
  guint position = 0;

  for (guint i = 0; self->wanted_trace != 0 && i < self->parts->len; i++)
    {
      const OhSessionsPassage *passage = g_ptr_array_index (self->parts, i);

      if (passage->part.trace_id == self->wanted_trace)
        {
          oh_card_list_scroll_to (self->list, position);
          self->wanted_trace = 0;
        }
      position += 1 + g_list_model_get_n_items (passage->cards);
    }
}

static void start_loading (OhSessionsReader *self);

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhSessionsReader) self = data;
  g_autoptr (GError) error = NULL;
  gboolean first = self->parts->len == 0;
  guint left_out = 0;
  g_autoptr (GArray) parts = oh_sessions_load_parts_finish (result, &left_out, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->loading);
  if (parts != NULL && self->engine != NULL && self->session != NULL)
    {
      g_autofree char *words = g_strdup_printf (
          ngettext ("%u earlier conversation is not shown.", "%u earlier conversations are not shown.", left_out), left_out);

      gtk_label_set_label (self->left_out, words);
      gtk_widget_set_visible (GTK_WIDGET (self->left_out), left_out > 0);
      put_parts (self, parts);
      if (first)
        oh_card_list_scroll_to (self->list, 0);
      show_wanted (self);
    }
  if (self->stale)
    start_loading (self);
}

static void
start_loading (OhSessionsReader *self)
{
  self->stale = self->loading != NULL;
  if (self->stale || self->engine == NULL || self->session == NULL)
    return;
  self->loading = g_cancellable_new ();
  oh_sessions_load_parts_async (oh_engine_get_data_dir (self->engine), self->session, self->loading, on_loaded,
                                g_object_ref (self));
}

static void
oh_sessions_reader_dispose (GObject *object)
{
  OhSessionsReader *self = OH_SESSIONS_READER (object);

  oh_sessions_reader_set_session (self, NULL, NULL);
  adw_bin_set_child (ADW_BIN (self), NULL);
  G_OBJECT_CLASS (oh_sessions_reader_parent_class)->dispose (object);
}

static void
oh_sessions_reader_finalize (GObject *object)
{
  OhSessionsReader *self = OH_SESSIONS_READER (object);

  g_ptr_array_unref (self->parts);
  g_object_unref (self->passages);
  g_free (self->session);
  g_clear_pointer (&self->words, oh_search_words_unref);
  G_OBJECT_CLASS (oh_sessions_reader_parent_class)->finalize (object);
}

static void
oh_sessions_reader_class_init (OhSessionsReaderClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_sessions_reader_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_sessions_reader_finalize;
}

static void
oh_sessions_reader_init (OhSessionsReader *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  g_autoptr (GtkFlattenListModel) flat = NULL;

  self->parts = g_ptr_array_new_with_free_func (g_object_unref);
  self->passages = g_list_store_new (G_TYPE_LIST_MODEL);
  flat = gtk_flatten_list_model_new (g_object_ref (G_LIST_MODEL (self->passages)));
  self->list = g_object_new (OH_TYPE_CARD_LIST, NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("The whole session"), -1);
  oh_card_list_set_create (self->list, create_widget, self);
  oh_card_list_set_model (self->list, G_LIST_MODEL (flat));
  oh_message_menu_attach (GTK_WIDGET (self->list), GTK_WIDGET (self));
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), GTK_WIDGET (self->list));
  gtk_widget_set_vexpand (scrolled, TRUE);
  self->left_out = GTK_LABEL (gtk_label_new (NULL));
  gtk_widget_set_visible (GTK_WIDGET (self->left_out), FALSE);
  gtk_widget_add_css_class (GTK_WIDGET (self->left_out), "dim-label");
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->left_out));
  gtk_box_append (GTK_BOX (box), scrolled);
  adw_bin_set_child (ADW_BIN (self), box);
}

void
oh_sessions_reader_set_session (OhSessionsReader *self, OhEngine *engine, const char *session)
{
  g_return_if_fail (OH_IS_SESSIONS_READER (self));
  g_return_if_fail (engine != NULL || session == NULL);

  if (engine == self->engine && g_strcmp0 (session, self->session) == 0)
    return;
  if (self->loading != NULL)
    g_cancellable_cancel (self->loading);
  g_clear_object (&self->loading);
  g_list_store_remove_all (self->passages);
  g_ptr_array_set_size (self->parts, 0);
  self->wanted_trace = 0;
  self->engine = engine;
  g_free (self->session);
  self->session = g_strdup (session);
  start_loading (self);
}

void
oh_sessions_reader_show_trace (OhSessionsReader *self, gint64 trace_id)
{
  g_return_if_fail (OH_IS_SESSIONS_READER (self));

  self->wanted_trace = trace_id;
  show_wanted (self);
}

void
oh_sessions_reader_set_words (OhSessionsReader *self, OhSearchWords *words)
{
  g_return_if_fail (OH_IS_SESSIONS_READER (self));

  if (!oh_search_words_set (&self->words, words))
    return;
  for (guint i = 0; i < self->parts->len; i++)
    oh_conversation_model_set_words (((OhSessionsPassage *) self->parts->pdata[i])->model, words);
}

void
oh_sessions_reader_update (OhSessionsReader *self)
{
  g_return_if_fail (OH_IS_SESSIONS_READER (self));

  start_loading (self);
}
