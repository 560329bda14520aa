/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-message-menu.h"

#include "oh-announcer.h"
#include "oh-context-menu.h"
#include "oh-conversation-card.h"
#include "oh-editor.h"
#include "oh-export.h"

#include <glib/gi18n.h>

#define KEY "oh-message-menu"
#define PLACES_MAX 5

/* What a card says, as a message; NULL where it is no text. (transfer full) */
static OhMessage *
make_message (OhConversationItem *item)
{
  const OhMessage *message = oh_conversation_item_get_message (item);
  GPtrArray *blocks = message != NULL ? message->blocks : oh_conversation_item_get_view (item)->reading->system;
  OhMessage *copy;

  if (message == NULL && oh_conversation_item_get_kind (item) != OH_CARD_SYSTEM)
    return NULL;
  copy = oh_message_new (message != NULL ? message->role : "system");
  for (guint i = 0; i < blocks->len; i++)
    g_ptr_array_add (copy->blocks, oh_block_ref (blocks->pdata[i]));
  return copy;
}

/* Verbatim, or NULL: it is not whole, or no JSON. (transfer full) */
static char *
make_json (OhConversationItem *item)
{
  const OhReading *reading = oh_conversation_item_get_view (item)->reading;
  g_autoptr (OhMessage) message = make_message (item);
  g_autoptr (GString) json = g_string_new ("[");

  for (guint i = 0; message != NULL && i < message->blocks->len; i++)
    {
      const OhBlock *block = message->blocks->pdata[i];

      if (block->json == NULL)
        return NULL;
      g_string_append_printf (json, "%s%s", i > 0 ? ", " : "", block->json);
    }
  for (guint i = 0; oh_conversation_item_get_kind (item) == OH_CARD_TOOLS && i < reading->tools->len; i++)
    g_string_append_printf (json, "%s%s", i > 0 ? ", " : "", ((const OhTool *) reading->tools->pdata[i])->json);
  if (json->len == 1)
    return NULL;
  g_string_append_c (json, ']');
  return g_string_free (g_steal_pointer (&json), FALSE);
}

static void
copy_text (GSimpleAction *action, GVariant *parameter, gpointer host)
{
  OhConversationItem *item = g_object_get_data (host, KEY);
  g_autoptr (OhMessage) message = item != NULL ? make_message (item) : NULL;
  g_autofree char *text = message != NULL ? oh_export_answer_to_markdown (message) : NULL;

  if (text != NULL)
    gdk_clipboard_set_text (gtk_widget_get_clipboard (host), text);
}

static void
copy_json (GSimpleAction *action, GVariant *parameter, gpointer host)
{
  OhConversationItem *item = g_object_get_data (host, KEY);
  g_autofree char *json = item != NULL ? make_json (item) : NULL;

  if (json != NULL)
    gdk_clipboard_set_text (gtk_widget_get_clipboard (host), json);
}

static void
open_place (GSimpleAction *action, GVariant *parameter, gpointer host)
{
  g_autoptr (GError) error = NULL;

  if (!oh_editor_open (g_variant_get_string (parameter, NULL), &error))
    oh_say (host, error->message);
}

static const GActionEntry actions[] = {
  { .name = "copy-text", .activate = copy_text },
  { .name = "copy-json", .activate = copy_json },
  { .name = "open-place", .parameter_type = "s", .activate = open_place },
};

/* Where an exception or a log record came from, the innermost first, as far as it is on this computer. */
static void
add_places (GMenu *menu, const OhMessage *message)
{
  for (guint i = 0, n = 0; i < message->blocks->len; i++)
    {
      char **place = ((const OhBlock *) message->blocks->pdata[i])->places;

      for (; place != NULL && *place != NULL && n < PLACES_MAX; place++)
        {
          g_autofree char *path = oh_editor_find (*place, NULL);
          g_autofree char *name = g_path_get_basename (*place);
          g_autofree char *label = g_strdup_printf (_ ("Open %s in the Editor"), name);

          if (path == NULL)
            continue;
          oh_context_menu_add (menu, label, "message.open-place", g_variant_new_string (*place));
          n++;
        }
    }
}

/* As on calls; in a window of its own there is nothing to compare with. */
static void
add_compare (GMenu *menu, const OhExchange *exchange, gint64 call)
{
  const OhPlace *place = exchange->place;

  if (call == exchange->id && place != NULL && place->parent_id != 0)
    oh_context_menu_add_possible (menu, _ ("Compare _with the Call Before"), "browser.compare",
                                  g_variant_new ("(xx)", place->parent_id, call));
  oh_context_menu_add_possible (menu, _ ("_Mark to Compare"), "win.mark-call", g_variant_new_int64 (call));
  oh_context_menu_add_possible (menu, _ ("Compare with the Mar_ked Call"), "browser.compare-call-marked",
                                g_variant_new_int64 (call));
}

static GMenu *
make_menu (GtkWidget *card, gpointer host)
{
  OhConversationItem *item = oh_conversation_card_get_item (OH_CONVERSATION_CARD (card));
  const OhExchangeView *view = oh_conversation_item_get_view (item);
  gint64 call = oh_conversation_item_get_kind (item) == OH_CARD_MESSAGE ? oh_conversation_item_get_answered_call (item) : 0;
  g_autoptr (OhMessage) message = make_message (item);
  g_autofree char *json = make_json (item);
  GMenu *menu = g_menu_new ();
  g_autoptr (GMenu) copy = g_menu_new (), open = g_menu_new (), compare = g_menu_new ();

  g_object_set_data_full (host, KEY, g_object_ref (item), g_object_unref);
  if (message != NULL && message->blocks->len > 0)
    oh_context_menu_add (copy, _ ("_Copy as Markdown"), "message.copy-text", NULL);
  if (json != NULL)
    oh_context_menu_add (copy, _ ("Copy as _JSON"), "message.copy-json", NULL);
  oh_context_menu_add_section (menu, copy);
  if (call != 0)
    oh_context_menu_add (open, _ ("Go to the Call That _Said It"), "exchange.select", g_variant_new_int64 (call));
  if (message != NULL)
    add_places (open, message);
  oh_context_menu_add (open, _ ("_Open This Call in a Window"), "exchange.open", g_variant_new_int64 (view->exchange->id));
  oh_context_menu_add_section (menu, open);
  add_compare (compare, view->exchange, call != 0 ? call : view->exchange->id);
  oh_context_menu_add_section (menu, compare);
  return menu;
}

void
oh_message_menu_attach (GtkWidget *list, GtkWidget *host)
{
  g_autoptr (GSimpleActionGroup) group = g_simple_action_group_new ();

  g_return_if_fail (GTK_IS_WIDGET (list) && GTK_IS_WIDGET (host));

  g_action_map_add_action_entries (G_ACTION_MAP (group), actions, G_N_ELEMENTS (actions), host);
  gtk_widget_insert_action_group (host, "message", G_ACTION_GROUP (group));
  oh_context_menu_attach (list, host, OH_TYPE_CONVERSATION_CARD, make_menu, host);
}
