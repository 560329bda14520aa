/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-conversation.h"

#include "oh-conversation-card.h"
#include "oh-card-list.h"
#include "oh-conversation-model.h"
#include "oh-detail-page.h"
#include "oh-marks.h"
#include "oh-message-menu.h"
#include "oh-words.h"

#include <glib/gi18n.h>

/* A card that is not there after so many frames will not come. */
#define FRAMES_MAX 120

struct _OhConversation
{
  AdwBin parent_instance;

  GtkStack *stack;
  AdwStatusPage *empty;
  OhCardList *list;
  OhConversationModel *model;
  guint tick_id;
  guint wanted; /* position of the card with the match to go to */
  guint frames; /* that may still go by until it is there */
  gint64 exchange_id; /* whose conversation is on screen; 0: none yet */
  gboolean partial;   /* only the end of it */
};

static void oh_conversation_page_init (OhDetailPageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhConversation, oh_conversation, ADW_TYPE_BIN,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_DETAIL_PAGE, oh_conversation_page_init))

static GtkWidget *
create_card (gpointer item, gpointer data)
{
  return oh_conversation_card_new (OH_CONVERSATION_ITEM (item));
}

/* Where to begin reading: with the answer that is being written; else with what is new, where history is folded; else
 * with the message that was answered. */
static void
scroll_to_start (OhConversation *self, const OhExchangeView *view)
{
  const OhReading *reading = view->reading;
  const OhPlace *place = view->exchange->place;
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->model));
  guint after = (reading->answer != NULL) + 1;

  if (view->exchange->outcome == OH_OUTCOME_PENDING)
    oh_card_list_scroll_to_end (self->list);
  else if (oh_conversation_model_get_n_folded (self->model) > 0)
    oh_card_list_scroll_to (self->list, oh_conversation_model_get_n_head (self->model));
  else if (view->partial && view->skipped > 0 && place && place->parent_id != 0 && place->new_from > view->skipped &&
           place->new_from - view->skipped < reading->messages->len)
    oh_card_list_scroll_to (self->list, oh_conversation_model_get_n_head (self->model) + place->new_from -
                                                    view->skipped);
  else if (reading->messages->len > 0 && n > after)
    oh_card_list_scroll_to (self->list, n - after);
  else
    oh_card_list_scroll_to (self->list, 0);
}

static void
show_empty (OhConversation *self, const OhExchangeView *view)
{
  const char *title = _ ("No Conversation");
  const char *description =
      _ ("This is not a call that Overhear understands. Request and Response show what was said.");
  const char *operation = view->reading->facts->operation;
  g_autofree char *why = NULL;
  g_autofree char *said = NULL;

  if (view->exchange->route == OH_ROUTE_BLIND)
    {
      title = _ ("Not Read");
      why = oh_words_unread (view->exchange, NULL);
      said = g_strdup_printf (_ ("This connection was passed on as it was, without looking inside. %s Timing says how long it took and how "
                                 "much went through."),
                              why);
      description = said;
    }
  else if (view->partial)
    {
      title = _ ("Reading…");
      description = _ ("This is large.");
    }
  else if (view->exchange->outcome == OH_OUTCOME_PENDING)
    {
      title = _ ("Waiting");
      description = _ ("The request is on its way.");
    }
  else if (oh_facts_is_understood (view->reading->facts) && operation)
    description = _ ("This call carries no messages. Request and Response show what was said.");
  adw_status_page_set_title (self->empty, title);
  adw_status_page_set_description (self->empty, description);
  gtk_stack_set_visible_child_name (self->stack, "empty");
}

/* A card is built only when it comes into view, and has its size a frame later. */
static gboolean
show_wanted (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  OhConversation *self = OH_CONVERSATION (widget);
  GtkWidget *card = oh_card_list_get_child (self->list, self->wanted);
  GtkWidget *found = card ? oh_conversation_card_get_current (OH_CONVERSATION_CARD (card)) : NULL;
  graphene_rect_t inside, bounds;
  int y;

  if (--self->frames == 0)
    {
      self->tick_id = 0;
      return G_SOURCE_REMOVE;
    }
  if (!found || gtk_widget_get_height (card) == 0 || !gtk_widget_compute_bounds (found, card, &inside) ||
      !gtk_widget_compute_bounds (found, GTK_WIDGET (self->list), &bounds) || bounds.size.height <= 0)
    return G_SOURCE_CONTINUE;
  y = oh_marks_get_current_y (found);
  if (bounds.origin.y + y < 0 || bounds.origin.y + y > gtk_widget_get_height (GTK_WIDGET (self->list)) - 24)
    oh_card_list_show (self->list, self->wanted, (int) inside.origin.y + y);
  self->tick_id = 0;
  return G_SOURCE_REMOVE;
}

static void
update_actions (OhConversation *self)
{
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "conversation.earlier",
                                 oh_conversation_model_get_n_folded (self->model) > 0);
}

static void
toggle_earlier (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhConversation *self = OH_CONVERSATION (widget);

  oh_conversation_model_set_unfolded (self->model, !oh_conversation_model_get_unfolded (self->model));
}

/* ---- the page ---- */

static void
oh_conversation_set_view (OhDetailPage *page, OhEngine *engine, OhExchangeView *view)
{
  OhConversation *self = OH_CONVERSATION (page);
  gboolean other, replaced;

  other =
      !view || self->exchange_id != view->exchange->id || g_list_model_get_n_items (G_LIST_MODEL (self->model)) == 0;
  replaced = oh_conversation_model_set_view (self->model, view);
  other = other || (self->partial && replaced);
  self->partial = view && view->partial;
  update_actions (self);
  self->exchange_id = view ? view->exchange->id : 0;
  if (!view)
    return;
  if (g_list_model_get_n_items (G_LIST_MODEL (self->model)) == 0)
    {
      show_empty (self, view);
      return;
    }
  gtk_stack_set_visible_child_name (self->stack, "list");
  if (other)
    scroll_to_start (self, view);
}

static void
oh_conversation_set_words (OhDetailPage *page, OhSearchWords *words)
{
  OhConversation *self = OH_CONVERSATION (page);

  oh_conversation_model_set_words (self->model, words);
}

static void
oh_conversation_show_match (OhDetailPage *page, guint kind, guint index, guint nth)
{
  OhConversation *self = OH_CONVERSATION (page);
  guint position;

  if (kind == OH_CARD_MESSAGE && index < oh_conversation_model_get_n_folded (self->model))
    oh_conversation_model_set_unfolded (self->model, TRUE);
  position = oh_conversation_model_find (self->model, kind, index);
  if (position == G_MAXUINT)
    return;
  oh_conversation_model_set_current (self->model, kind, index, (int) nth);
  if (!oh_card_list_get_child (self->list, position))
    oh_card_list_scroll_to (self->list, position);
  self->wanted = position;
  self->frames = FRAMES_MAX;
  if (self->tick_id == 0)
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), show_wanted, NULL, NULL);
}

static void
oh_conversation_page_init (OhDetailPageInterface *iface)
{
  iface->set_view = oh_conversation_set_view;
  iface->set_words = oh_conversation_set_words;
  iface->show_match = oh_conversation_show_match;
}

/* ---- */

static void
oh_conversation_dispose (GObject *object)
{
  OhConversation *self = OH_CONVERSATION (object);

  g_clear_object (&self->model);
  G_OBJECT_CLASS (oh_conversation_parent_class)->dispose (object);
}

static void
oh_conversation_class_init (OhConversationClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_conversation_dispose;
  g_type_ensure (OH_TYPE_CARD_LIST);
  gtk_widget_class_install_action (widget_class, "conversation.earlier", NULL, toggle_earlier);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_h, 0, "conversation.earlier", NULL);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-conversation.ui");
  gtk_widget_class_bind_template_child (widget_class, OhConversation, stack);
  gtk_widget_class_bind_template_child (widget_class, OhConversation, empty);
  gtk_widget_class_bind_template_child (widget_class, OhConversation, list);
}

static void
oh_conversation_init (OhConversation *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->model = oh_conversation_model_new ();
  oh_conversation_model_set_folding (self->model, TRUE);
  update_actions (self);
  oh_card_list_set_create (self->list, create_card, NULL);
  oh_card_list_set_model (self->list, G_LIST_MODEL (self->model));
  oh_message_menu_attach (GTK_WIDGET (self->list), GTK_WIDGET (self));
}

void
oh_conversation_set_plain (OhConversation *self, gboolean plain)
{
  g_return_if_fail (OH_IS_CONVERSATION (self));

  oh_conversation_model_set_plain (self->model, plain);
}
