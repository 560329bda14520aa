/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-changes-view.h"

#include "oh-changes-view-text.h"
#include "oh-conversation-card.h"
#include "oh-detail-page.h"
#include "oh-items.h"
#include "oh-message-menu.h"
#include "oh-text-label.h"
#include "oh-words.h"

#include <glib/gi18n.h>
#include <inttypes.h>

/* More new messages than that are read in the conversation. */
#define CARDS_MAX 40

struct _OhChangesView
{
  AdwBin parent_instance;

  GtkStack *stack;
  AdwStatusPage *nothing;
  GtkBox *content;

  OhEngine *engine;
  OhExchangeView *view;
  OhPlace *place;            /* of the view's exchange; NULL until it is known */
  OhWatch *before;           /* the call before, while it is waited for or shown */
  gint64 wanted_for;         /* the exchange that is to be compared with another than that; or 0 */
  gint64 wanted;             /* which */
  OhConversationModel *model;
  GCancellable *comparing;
  gboolean shown;            /* what is on screen is of this view and the call before */
  int count;
};

enum
{
  PROP_0,
  PROP_COUNT,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

static void oh_changes_view_page_init (OhDetailPageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhChangesView, oh_changes_view, ADW_TYPE_BIN,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_DETAIL_PAGE, oh_changes_view_page_init))

/* ---- making what is shown ---- */

static void
clear (OhChangesView *self)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->content))) != NULL)
    gtk_box_remove (self->content, child);
}

static GtkLabel *
add_label (OhChangesView *self, const char *text, const char *css_class)
{
  GtkWidget *label = oh_text_label_new (text, css_class);

  gtk_box_append (self->content, label);
  return GTK_LABEL (label);
}

static void
add_heading (OhChangesView *self, const char *text)
{
  GtkLabel *label = add_label (self, text, "changes-heading");

  gtk_label_set_selectable (label, FALSE);
}

static void
add_diff (OhChangesView *self, const OhTextDiff *diff)
{
  g_autofree char *markup = oh_changes_markup (diff, adw_style_manager_get_dark (adw_style_manager_get_default ()));
  g_autofree char *words = oh_changes_say (diff);
  GtkLabel *label = add_label (self, NULL, "changes-diff");

  gtk_label_set_markup (label, markup);
  gtk_accessible_update_property (GTK_ACCESSIBLE (label), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
}

static void
add_first_character (OhChangesView *self, const OhTextDiff *diff)
{
  g_autofree char *count = oh_format_count (diff->first_character + 1);
  g_autofree char *text = g_strdup_printf (_ ("First differs at character %s."), count);

  add_label (self, text, "dim-label");
}

/* What the call is compared with; 0: nothing. */
static gint64
get_before (OhChangesView *self)
{
  if (self->view != NULL && self->wanted_for == self->view->exchange->id)
    return self->wanted;
  return self->place != NULL ? self->place->parent_id : 0;
}

static void
on_parent_clicked (OhChangesView *self)
{
  if (get_before (self) != 0)
    gtk_widget_activate_action (GTK_WIDGET (self), "exchange.select", "x", get_before (self));
}

static void
add_parent (OhChangesView *self, const OhExchange *before)
{
  GtkWidget *button = gtk_button_new ();
  GtkWidget *label = gtk_label_new (NULL);
  g_autofree char *model = oh_words_model (before);
  g_autofree char *isolated = oh_format_isolate (model);
  g_autofree char *time = oh_format_time (before->started_ns);
  g_autofree char *text = g_strdup_printf (_ ("Against call %" PRId64 ", %s, %s"), before->id, isolated, time);

  gtk_label_set_label (GTK_LABEL (label), text);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_button_set_child (GTK_BUTTON (button), label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  gtk_widget_set_halign (button, GTK_ALIGN_START);
  gtk_widget_set_tooltip_text (button, self->wanted_for == self->view->exchange->id ? _ ("Go to That Call")
                                                                                  : _ ("Go to the Call Before"));
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "link-button");
  g_signal_connect_object (button, "clicked", G_CALLBACK (on_parent_clicked), self, G_CONNECT_SWAPPED);
  gtk_box_append (self->content, button);
}

static void
add_messages (OhChangesView *self, guint from)
{
  const OhReading *reading = self->view->reading;
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->model));
  guint added = 0;

  for (guint i = 0; i < n && added < CARDS_MAX; i++)
    {
      g_autoptr (OhConversationItem) item = g_list_model_get_item (G_LIST_MODEL (self->model), i);

      if (oh_conversation_item_get_kind (item) != OH_CARD_MESSAGE || oh_conversation_item_get_index (item) < from)
        continue;
      gtk_box_append (self->content, oh_conversation_card_new (item));
      added++;
    }
  if (reading->messages->len > from + added)
    {
      g_autofree char *count = oh_format_count (reading->messages->len - from - added);
      g_autofree char *text = g_strdup_printf (_ ("%s more in Conversation."), count);

      add_label (self, text, "dim-label");
    }
}

static void
show_messages (OhChangesView *self, const OhChanges *changes)
{
  guint n = self->view->reading->messages->len;
  guint added = n > changes->first_new ? n - changes->first_new : 0;
  g_autofree char *count = oh_format_count (added);
  g_autofree char *heading = g_strdup_printf (ngettext ("%s new message", "%s new messages", added), count);

  add_heading (self, added > 0 ? heading : _ ("No new messages"));
  if (changes->dropped > 0)
    {
      g_autofree char *dropped = oh_format_count (changes->dropped);
      g_autofree char *text = g_strdup_printf (
          ngettext ("%s message of the other call is not there any more, or was edited.",
                    "%s messages of the other call are not there any more, or were edited.", changes->dropped),
          dropped);

      add_label (self, text, NULL);
    }
  if (added > 0)
    add_messages (self, changes->first_new);
}

static void
show_tools (OhChangesView *self, const OhChanges *changes)
{
  if (changes->tools->len == 0 && !changes->tools_moved)
    return;
  add_heading (self, _ ("Tools changed"));
  if (changes->tools_moved)
    add_label (self, _ ("The tools stand in another order, which the prompt cache does not forgive."), NULL);
  for (guint i = 0; i < changes->tools->len; i++)
    {
      const OhNamedChange *change = g_ptr_array_index (changes->tools, i);
      g_autofree char *text = NULL;

      if (change->before == NULL)
        text = g_strdup_printf (_ ("%s: added"), change->name);
      else if (change->after == NULL)
        text = g_strdup_printf (_ ("%s: removed"), change->name);
      else
        text = g_strdup_printf (_ ("%s: changed"), change->name);
      add_label (self, text, NULL);
      if (change->diff != NULL)
        add_diff (self, change->diff);
    }
}

static void
show_parameters (OhChangesView *self, const OhChanges *changes)
{
  if (changes->parameters->len == 0)
    return;
  add_heading (self, _ ("Parameters changed"));
  for (guint i = 0; i < changes->parameters->len; i++)
    {
      const OhNamedChange *change = g_ptr_array_index (changes->parameters, i);
      g_autofree char *text = NULL;

      if (change->before == NULL)
        text = g_strdup_printf (_ ("%s: %s, not given before"), change->name, change->after);
      else if (change->after == NULL)
        text = g_strdup_printf (_ ("%s: not given, %s before"), change->name, change->before);
      else
        text = g_strdup_printf (_ ("%s: %s, %s before"), change->name, change->after, change->before);
      add_label (self, text, NULL);
    }
}

static void
show_changes (OhChangesView *self, const OhExchange *before, const OhChanges *changes)
{
  gboolean same_frame = changes->system == NULL && changes->tools->len == 0 && !changes->tools_moved
                        && changes->parameters->len == 0;

  clear (self);
  add_parent (self, before);
  if (changes->system != NULL)
    {
      add_heading (self, _ ("System prompt changed"));
      add_first_character (self, changes->system);
      add_diff (self, changes->system);
    }
  show_tools (self, changes);
  show_parameters (self, changes);
  show_messages (self, changes);
  if (same_frame)
    add_label (self, _ ("System prompt, tools and parameters are the same."), "dim-label");
  gtk_stack_set_visible_child_name (self->stack, "changes");
}

static void
show_nothing (OhChangesView *self, const char *title, const char *text)
{
  clear (self);
  adw_status_page_set_title (self->nothing, title);
  adw_status_page_set_description (self->nothing, text);
  gtk_stack_set_visible_child_name (self->stack, "nothing");
}

/* ---- finding out ---- */

static void
on_compared (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhChangesView) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhChanges) changes = oh_comparison_new_finish (result, &error);

  if (changes == NULL || self->before == NULL || self->view == NULL)
    return;
  g_clear_object (&self->comparing);
  self->shown = TRUE;
  show_changes (self, oh_watch_get_view (self->before)->exchange, changes);
}

static void
stop_comparing (OhChangesView *self)
{
  if (self->comparing != NULL)
    g_cancellable_cancel (self->comparing);
  g_clear_object (&self->comparing);
}

static gboolean
is_whole (OhExchangeView *view)
{
  return view != NULL
         && (view->exchange->timings.request_sent >= 0 || view->exchange->outcome != OH_OUTCOME_PENDING);
}

static void
compare (OhChangesView *self)
{
  OhExchangeView *before = oh_watch_get_view (self->before);

  if (self->shown || self->comparing != NULL || !is_whole (before) || !is_whole (self->view))
    return;
  self->comparing = g_cancellable_new ();
  oh_comparison_new_async (before->reading, self->view->reading, self->comparing, on_compared, g_object_ref (self));
}

static void
stop_watching (OhChangesView *self)
{
  stop_comparing (self);
  if (self->before != NULL)
    g_signal_handlers_disconnect_by_data (self->before, self);
  g_clear_object (&self->before);
  self->shown = FALSE;
}

static void
set_count (OhChangesView *self, int count)
{
  if (count == self->count)
    return;
  self->count = count;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COUNT]);
}

/* Insight comes to an exchange a little after it is stored. */
static void
find_place (OhChangesView *self)
{
  if (self->place == NULL && self->engine != NULL && self->view != NULL)
    self->place = oh_store_reader_get_place (oh_engine_get_reader (self->engine), self->view->exchange->id);
  if (self->place == NULL || self->place->parent_id == 0 || self->view == NULL)
    set_count (self, -1);
  else
    set_count (self, MAX ((int) self->view->reading->messages->len - (int) self->place->new_from, 0));
}

/* Reading and comparing two calls is worth it only where somebody looks. */
static void
update (OhChangesView *self)
{
  if (!gtk_widget_get_mapped (GTK_WIDGET (self)) || self->view == NULL)
    return;
  if (self->place == NULL && self->engine != NULL && self->view->exchange->outcome == OH_OUTCOME_PENDING)
    show_nothing (self, _ ("Waiting"), _ ("The request is on its way."));
  else if (get_before (self) == 0 && (self->place == NULL || self->place->thread_id == 0))
    show_nothing (self, _ ("Nothing to Compare"), _ ("This call is not part of a conversation."));
  else if (get_before (self) == 0)
    show_nothing (self, _ ("The First Call"), _ ("This is the first call of its conversation."));
  else if (self->before == NULL)
    {
      self->before = oh_watch_new (self->engine, get_before (self));
      g_signal_connect_object (self->before, "notify::view", G_CALLBACK (compare), self, G_CONNECT_SWAPPED);
      if (oh_watch_get_view (self->before) != NULL)
        compare (self);
    }
  else
    compare (self);
}

static void
on_changed (OhChangesView *self)
{
  if (self->view == NULL || (self->place != NULL && self->place->thread_id != 0))
    return;
  g_clear_pointer (&self->place, oh_place_unref);
  find_place (self);
  update (self);
}

static void
on_dark (OhChangesView *self)
{
  self->shown = FALSE;
  update (self);
}

/* ---- */

static void
oh_changes_view_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (oh_changes_view_parent_class)->map (widget);
  update (OH_CHANGES_VIEW (widget));
}

/* ---- the page ---- */

static void
oh_changes_view_set_view (OhDetailPage *page, OhEngine *engine, OhExchangeView *view)
{
  OhChangesView *self = OH_CHANGES_VIEW (page);
  gboolean other;

  /* Nothing is known of the half of a call. */
  if (view != NULL && view->partial)
    view = NULL;
  other = view == NULL || self->view == NULL || view->exchange->id != self->view->exchange->id;
  oh_follow (&self->engine, engine, "changed", G_CALLBACK (on_changed), self);
  if (view != NULL)
    oh_exchange_view_ref (view);
  g_clear_pointer (&self->view, oh_exchange_view_unref);
  self->view = view;
  if (other)
    {
      stop_watching (self);
      clear (self);
      g_clear_pointer (&self->place, oh_place_unref);
    }
  oh_conversation_model_set_view (self->model, view);
  find_place (self);
  update (self);
}

static void
oh_changes_view_page_init (OhDetailPageInterface *iface)
{
  iface->set_view = oh_changes_view_set_view;
}

/* ---- */

static void
oh_changes_view_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_COUNT)
    g_value_set_int (value, OH_CHANGES_VIEW (object)->count);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
oh_changes_view_dispose (GObject *object)
{
  OhChangesView *self = OH_CHANGES_VIEW (object);

  stop_watching (self);
  oh_follow (&self->engine, NULL, "changed", G_CALLBACK (on_changed), self);
  g_clear_pointer (&self->view, oh_exchange_view_unref);
  g_clear_pointer (&self->place, oh_place_unref);
  g_clear_object (&self->model);
  G_OBJECT_CLASS (oh_changes_view_parent_class)->dispose (object);
}

static void
oh_changes_view_class_init (OhChangesViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = oh_changes_view_dispose;
  object_class->get_property = oh_changes_view_get_property;
  widget_class->map = oh_changes_view_map;
  properties[PROP_COUNT] =
      g_param_spec_int ("count", NULL, NULL, -1, G_MAXINT, -1, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-changes-view.ui");
  gtk_widget_class_bind_template_child (widget_class, OhChangesView, stack);
  gtk_widget_class_bind_template_child (widget_class, OhChangesView, nothing);
  gtk_widget_class_bind_template_child (widget_class, OhChangesView, content);
}

static void
oh_changes_view_init (OhChangesView *self)
{
  self->count = -1;
  self->model = oh_conversation_model_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  oh_message_menu_attach (GTK_WIDGET (self->content), GTK_WIDGET (self));
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (on_dark), self,
                           G_CONNECT_SWAPPED);
}

int
oh_changes_view_get_count (OhChangesView *self)
{
  g_return_val_if_fail (OH_IS_CHANGES_VIEW (self), -1);

  return self->count;
}

void
oh_changes_view_set_before (OhChangesView *self, gint64 exchange_id, gint64 before_id)
{
  g_return_if_fail (OH_IS_CHANGES_VIEW (self));

  self->wanted_for = before_id != 0 ? exchange_id : 0;
  self->wanted = before_id;
  stop_watching (self);
  update (self);
}
