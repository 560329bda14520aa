/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-conversation-card.h"

#include "oh-block-view.h"
#include "oh-json-pretty.h"
#include "oh-markdown-code.h"
#include "oh-marks.h"
#include "oh-text-label.h"
#include "oh-words.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

struct _OhConversationCard
{
  GtkBox parent_instance;

  OhConversationItem *item;
  GtkLabel *title;
  GtkLabel *note;
  GtkWidget *blocks;
  gboolean plain; /* as the blocks were built */
  OhSearchWords *words; /* the same; or NULL */
  guint marks_id;
};

G_DEFINE_FINAL_TYPE (OhConversationCard, oh_conversation_card, GTK_TYPE_BOX)

static void
clear_blocks (OhConversationCard *self)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (self->blocks)))
    gtk_box_remove (GTK_BOX (self->blocks), child);
}

/* Grows the block views to what there is now. */
static void
set_blocks (OhConversationCard *self, GPtrArray *blocks, gboolean titled)
{
  GtkWidget *child = gtk_widget_get_first_child (self->blocks);
  guint i = 0;

  for (; child && i < blocks->len && oh_block_view_fits (OH_BLOCK_VIEW (child), blocks->pdata[i]); i++)
    {
      oh_block_view_set_block (OH_BLOCK_VIEW (child), blocks->pdata[i], titled);
      child = gtk_widget_get_next_sibling (child);
    }
  while (child)
    {
      GtkWidget *next = gtk_widget_get_next_sibling (child);

      gtk_box_remove (GTK_BOX (self->blocks), child);
      child = next;
    }
  for (; i < blocks->len; i++)
    {
      g_autofree char *path = g_strdup_printf ("%u", i);

      child = oh_block_view_new (self->item, path);
      oh_block_view_set_block (OH_BLOCK_VIEW (child), blocks->pdata[i], titled);
      gtk_box_append (GTK_BOX (self->blocks), child);
    }
}

/* "cache breakpoint, 5m", or NULL. */
static char *
cache_note (GPtrArray *blocks)
{
  for (guint i = 0; i < blocks->len; i++)
    {
      const OhBlock *block = blocks->pdata[i];

      if (block->cached)
        return block->cache_ttl ? g_strdup_printf (_ ("cache breakpoint, %s"), block->cache_ttl)
                                : g_strdup (_ ("cache breakpoint"));
    }
  return NULL;
}

/* "compacted here: 45 messages to 4 · new in this call · cache breakpoint", or some of it, or NULL. */
static char *
message_note (OhConversationCard *self, const OhMessage *message)
{
  g_autofree char *cache = cache_note (message->blocks);
  g_autofree char *boundary = oh_conversation_item_dup_boundary (self->item);
  GString *note;

  if (!oh_conversation_item_is_new (self->item))
    return g_steal_pointer (&cache);
  note = g_string_new (boundary);
  oh_words_add (note, g_strdup (_ ("new in this call")));
  oh_words_add (note, g_steal_pointer (&cache));
  return g_string_free (note, FALSE);
}

static void
set_heading (OhConversationCard *self, const char *title, const char *note)
{
  gtk_label_set_text (self->title, title);
  gtk_label_set_text (self->note, note ? note : "");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->note), note);
  gtk_widget_set_visible (GTK_WIDGET (self->note), note && *note);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
}

static void
show_problems (OhConversationCard *self, const OhReading *reading)
{
  set_heading (self, _ ("PROBLEMS"), NULL);
  clear_blocks (self);
  for (guint i = 0; i < reading->problems->len; i++)
    gtk_box_append (GTK_BOX (self->blocks), oh_text_label_new (reading->problems->pdata[i], NULL));
}

static void
show_parameters (OhConversationCard *self, const OhReading *reading)
{
  g_autoptr (GString) markup = g_string_new (NULL);
  GtkWidget *label = oh_text_label_new (NULL, "parameters");

  gtk_widget_set_visible (gtk_widget_get_parent (GTK_WIDGET (self->title)), FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Parameters"), -1);
  for (guint i = 0; i < reading->parameters->len; i++)
    {
      const OhParameter *parameter = reading->parameters->pdata[i];
      gsize length = strlen (parameter->value);
      gboolean quoted = length >= 2 && *parameter->value == '"' && parameter->value[length - 1] == '"';
      g_autofree char *value = quoted ? g_strndup (parameter->value + 1, length - 2) : g_strdup (parameter->value);
      g_autofree char *safe_name = g_markup_escape_text (parameter->name, -1);
      g_autofree char *safe_value = NULL;

      if (g_utf8_strlen (value, -1) > 200)
        *g_utf8_offset_to_pointer (value, 200) = '\0';
      safe_value = g_markup_escape_text (value, -1);
      g_string_append_printf (markup, "%s%s\302\240<b>%s%s</b>", markup->len ? "  ·  " : "", safe_name, safe_value,
                              strlen (value) + 2 < length ? "…" : "");
    }
  gtk_label_set_markup (GTK_LABEL (label), markup->str);
  clear_blocks (self);
  gtk_box_append (GTK_BOX (self->blocks), label);
}

static void
show_system (OhConversationCard *self, const OhReading *reading)
{
  g_autofree char *note = cache_note (reading->system);
  g_autofree char *count = NULL;
  g_autofree char *title = NULL;
  gint64 characters = 0;

  for (guint i = 0; i < reading->system->len; i++)
    {
      const OhBlock *block = reading->system->pdata[i];

      characters += block->text ? g_utf8_strlen (block->text, -1) : 0;
    }
  count = oh_format_count (characters);
  title = g_strdup_printf (_ ("SYSTEM · %s characters"), count);
  set_heading (self, title, note);
  set_blocks (self, reading->system, TRUE);
}

/* One tool: its name and description; unfolded, its definition as it was sent. */
static void
tool_expanded (GtkExpander *expander)
{
  const char *json = g_object_get_data (G_OBJECT (expander), "json");
  GtkWidget *code;
  g_autofree char *pretty = NULL;

  if (!gtk_expander_get_expanded (expander) || gtk_expander_get_child (expander))
    return;
  pretty = oh_json_pretty (json, -1);
  code = oh_markdown_code_new ();
  oh_markdown_code_set (OH_MARKDOWN_CODE (code), pretty, "json", TRUE);
  gtk_expander_set_child (expander, code);
}

static GtkWidget *
new_tool (const OhTool *tool)
{
  GtkWidget *expander = gtk_expander_new (NULL);
  GtkWidget *label = gtk_label_new (NULL);
  g_autofree char *safe_name = g_markup_escape_text (tool->name ? tool->name : "?", -1);
  g_autofree char *line = g_strdup (tool->description ? tool->description : "");
  g_autofree char *safe_line = g_markup_escape_text (g_strdelimit (line, "\n\r\t", ' '), -1);
  g_autofree char *markup = g_strdup_printf ("<b>%s</b>%s%s  %s", safe_name, tool->cached ? " · " : "",
                                             tool->cached ? _ ("cache breakpoint") : "", safe_line);

  gtk_label_set_markup (GTK_LABEL (label), markup);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_expander_set_label_widget (GTK_EXPANDER (expander), label);
  gtk_widget_set_tooltip_text (expander, tool->description);
  g_object_set_data_full (G_OBJECT (expander), "json", g_strdup (tool->json ? tool->json : "{}"), g_free);
  g_signal_connect (expander, "notify::expanded", G_CALLBACK (tool_expanded), NULL);
  return expander;
}

static gboolean
finds_tool (OhConversationCard *self, const OhReading *reading)
{
  for (guint i = 0; i < reading->tools->len; i++)
    {
      const OhTool *tool = reading->tools->pdata[i];

      if (oh_conversation_item_finds (self->item, tool->name) ||
          oh_conversation_item_finds (self->item, tool->description))
        return TRUE;
    }
  return FALSE;
}

static void
tools_expanded (GtkExpander *expander, GParamSpec *pspec, OhConversationCard *self)
{
  const OhReading *reading = oh_conversation_item_get_view (self->item)->reading;
  gboolean open = gtk_expander_get_expanded (expander);
  GtkWidget *box;

  if (open != oh_conversation_item_get_open (self->item, "tools", finds_tool (self, reading)))
    oh_conversation_item_set_open (self->item, "tools", open);
  if (!open || gtk_expander_get_child (expander))
    return;
  box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  for (guint i = 0; i < reading->tools->len; i++)
    gtk_box_append (GTK_BOX (box), new_tool (reading->tools->pdata[i]));
  gtk_expander_set_child (expander, box);
}

static void
show_tools (OhConversationCard *self, const OhReading *reading)
{
  g_autofree char *count = oh_format_count (reading->tools->len);
  g_autofree char *title = g_strdup_printf (_ ("TOOLS · %s"), count);
  g_autoptr (GString) names = g_string_new (NULL);
  gboolean cached = FALSE;
  GtkWidget *expander, *label;

  for (guint i = 0; i < reading->tools->len; i++)
    {
      const OhTool *tool = reading->tools->pdata[i];

      cached = cached || tool->cached;
      if (names->len < 400)
        g_string_append_printf (names, "%s%s", i ? ", " : "", tool->name ? tool->name : "?");
    }
  set_heading (self, title, cached ? _ ("cache breakpoint") : NULL);
  clear_blocks (self);
  label = gtk_label_new (names->str);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  expander = gtk_expander_new (NULL);
  gtk_expander_set_label_widget (GTK_EXPANDER (expander), label);
  g_signal_connect (expander, "notify::expanded", G_CALLBACK (tools_expanded), self);
  gtk_expander_set_expanded (GTK_EXPANDER (expander), oh_conversation_item_get_open (self->item, "tools", finds_tool (self, reading)));
  gtk_box_append (GTK_BOX (self->blocks), expander);
}

static void
show_reading (OhConversationCard *self)
{
  clear_blocks (self);
  gtk_widget_set_visible (gtk_widget_get_parent (GTK_WIDGET (self->title)), FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("The messages before these are being read…"), -1);
  gtk_box_append (GTK_BOX (self->blocks), oh_text_label_new (_ ("The messages before these are being read…"), "dim-label"));
}

/* "14 earlier messages, unchanged since call 6": a button that shows them, or hides them again. */
static void
show_fold (OhConversationCard *self)
{
  GtkWidget *button = gtk_widget_get_first_child (self->blocks);
  gint64 call_id;
  gboolean unfolded;
  guint n = oh_conversation_item_get_fold (self->item, &call_id, &unfolded);
  g_autofree char *count = oh_format_count (n);
  g_autofree char *text = NULL;

  if (!button)
    {
      GtkWidget *content = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
      GtkWidget *label = gtk_label_new (NULL);

      gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
      gtk_widget_set_halign (content, GTK_ALIGN_CENTER);
      gtk_box_append (GTK_BOX (content), gtk_image_new ());
      gtk_box_append (GTK_BOX (content), label);
      button = gtk_button_new ();
      gtk_button_set_child (GTK_BUTTON (button), content);
      gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "conversation.earlier");
      gtk_widget_add_css_class (button, "flat");
      gtk_widget_add_css_class (button, "fold-button");
      gtk_box_append (GTK_BOX (self->blocks), button);
    }
  if (unfolded)
    text = g_strdup_printf (ngettext ("Hide %s earlier message", "Hide %s earlier messages", n), count);
  else
    /* Translators: the second %s is the number of the call before this one. */
    text = g_strdup_printf (ngettext ("%s earlier message, unchanged since call %" PRId64,
                                      "%s earlier messages, unchanged since call %" PRId64, n),
                            count, call_id);
  gtk_image_set_from_icon_name (GTK_IMAGE (gtk_widget_get_first_child (gtk_button_get_child (GTK_BUTTON (button)))),
                                unfolded ? "pan-down-symbolic" : "pan-end-symbolic");
  gtk_label_set_text (GTK_LABEL (gtk_widget_get_last_child (gtk_button_get_child (GTK_BUTTON (button)))), text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  gtk_accessible_update_state (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_STATE_EXPANDED, unfolded, -1);
  gtk_widget_set_visible (gtk_widget_get_parent (GTK_WIDGET (self->title)), FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

/* How many blocks are results of tools; the rest is the user's own. */
static guint
count_results (const OhMessage *message)
{
  guint n = 0;

  for (guint i = 0; i < message->blocks->len; i++)
    n += strcmp (((OhBlock *) message->blocks->pdata[i])->type, "tool_result") == 0;
  return n;
}

static char *
message_title (OhConversationCard *self, const OhMessage *message, gboolean *tool)
{
  guint results = count_results (message);
  gint64 answered = oh_conversation_item_get_answered_call (self->item);

  *tool = results > 0 && results == message->blocks->len;
  if (*tool && results == 1)
    {
      const OhBlock *block = message->blocks->pdata[0];
      const char *name = oh_conversation_item_get_tool_name (self->item, block->id);

      return g_strdup_printf ("%s · %s%s%s", block->is_error ? _ ("TOOL ERROR") : _ ("TOOL RESULT"), name ? name : "",
                              name && block->id ? " · " : "", block->id ? block->id : "");
    }
  if (*tool)
    {
      g_autofree char *count = oh_format_count (results);

      return g_strdup_printf (_ ("TOOL RESULTS · %s"), count);
    }
  if (strcmp (message->role, "user") == 0)
    return g_strdup (_ ("USER"));
  if (answered != 0)
    return g_strdup_printf (_ ("ASSISTANT · call %" PRId64), answered);
  if (strcmp (message->role, "assistant") == 0)
    return g_strdup (_ ("ASSISTANT"));
  if (strcmp (message->role, "request") == 0)
    return g_strdup (_ ("REQUEST"));
  if (strcmp (message->role, "system") == 0)
    return g_strdup (_ ("SYSTEM, IN THE CONVERSATION"));
  return g_utf8_strup (message->role, -1);
}

static void
set_role (OhConversationCard *self, const char *role)
{
  static const char *const roles[] = { "role-system", "role-user",  "role-assistant",
                                       "role-tool",   "role-error", "role-info", "role-fold" };

  for (gsize i = 0; i < G_N_ELEMENTS (roles); i++)
    if (strcmp (roles[i], role) == 0)
      gtk_widget_add_css_class (GTK_WIDGET (self), role);
    else
      gtk_widget_remove_css_class (GTK_WIDGET (self), roles[i]);
}

static void
show_message (OhConversationCard *self, const OhMessage *message)
{
  gboolean tool;
  g_autofree char *title = message_title (self, message, &tool);
  g_autofree char *note = message_note (self, message);

  set_role (self, tool                                       ? "role-tool"
                  : strcmp (message->role, "assistant") == 0 ? "role-assistant"
                  : strcmp (message->role, "system") == 0    ? "role-system"
                                                             : "role-user");
  set_heading (self, title, note);
  set_blocks (self, message->blocks, message->blocks->len > 1);
}

/* "end_turn · 48 tokens/s", or that it still comes. */
static char *
answer_note (const OhExchangeView *view)
{
  const OhFacts *facts = view->reading->facts;
  const OhTimings *timings = &view->exchange->timings;
  double seconds = (double) (timings->ended - facts->first_token_ns) / OH_NS_PER_S;

  if (view->exchange->outcome == OH_OUTCOME_PENDING)
    {
      g_autofree char *count = NULL;

      gboolean estimated;
      gint64 output = oh_facts_get_output (facts, &estimated);

      if (output <= 0)
        return g_strdup (_ ("streaming…"));
      count = oh_format_tokens (output, estimated);
      return g_strdup_printf (_ ("streaming, %s tokens…"), count);
    }
  if (!facts->stop_reason)
    return g_strdup (facts->complete ? "" : _ ("not complete"));
  if (facts->streamed && facts->first_token_ns >= 0 && seconds > 0.05 && facts->usage.output > 0)
    return g_strdup_printf (_ ("%s · %.0f tokens/s"), facts->stop_reason, (double) facts->usage.output / seconds);
  return oh_facts_describe_stop (facts);
}

static void
show_answer (OhConversationCard *self, const OhExchangeView *view)
{
  gboolean assistant = strcmp (view->reading->answer->role, "response") != 0;
  g_autofree char *note = assistant ? answer_note (view) : NULL;

  set_role (self, assistant ? "role-assistant" : "role-tool");
  set_heading (self, assistant ? _ ("ASSISTANT · this call") : _ ("ANSWER"), note);
  set_blocks (self, view->reading->answer->blocks, TRUE);
}

static void
show_error (OhConversationCard *self, const OhExchangeView *view)
{
  const OhExchange *exchange = view->exchange;
  const OhFacts *facts = view->reading->facts;
  g_autofree char *status = exchange->status > 0 ? g_strdup_printf ("%u", exchange->status) : NULL;
  g_autofree char *said = oh_saying_tell (exchange->error);

  set_heading (self, exchange->outcome == OH_OUTCOME_CUT ? _ ("CUT OFF") : _ ("ERROR"),
               facts->error_type ? facts->error_type : exchange->error_code);
  clear_blocks (self);
  if (facts->error_message)
    gtk_box_append (GTK_BOX (self->blocks), oh_text_label_new (facts->error_message, NULL));
  if (said)
    gtk_box_append (GTK_BOX (self->blocks), oh_text_label_new (said, NULL));
  if (!facts->error_message && !said)
    gtk_box_append (GTK_BOX (self->blocks), oh_text_label_new (_ ("The answer says no more than this."), NULL));
  if (status || facts->request_id)
    {
      g_autofree char *words =
          g_strdup_printf ("%s%s%s%s", status ? _ ("status ") : "", status ? status : "",
                           status && facts->request_id ? " · " : "", facts->request_id ? facts->request_id : "");
      GtkWidget *label = oh_text_label_new (words, "dim-label");

      gtk_widget_add_css_class (label, "caption");
      gtk_box_append (GTK_BOX (self->blocks), label);
    }
}

static gboolean
mark (gpointer data)
{
  OhConversationCard *self = data;

  self->marks_id = 0;
  oh_conversation_card_get_current (self);
  return G_SOURCE_REMOVE;
}

/* What was unfolded is there only after all have heard of it. */
static void
queue_mark (OhConversationCard *self)
{
  if (self->words && self->marks_id == 0)
    self->marks_id = g_idle_add_full (G_PRIORITY_HIGH_IDLE, mark, self, NULL);
}

static void
update (OhConversationCard *self)
{
  const OhExchangeView *view = oh_conversation_item_get_view (self->item);
  const OhMessage *message = oh_conversation_item_get_message (self->item);

  if (self->plain != oh_conversation_item_get_plain (self->item))
    {
      self->plain = !self->plain;
      clear_blocks (self);
    }
  if (oh_search_words_set (&self->words, oh_conversation_item_get_words (self->item)))
    clear_blocks (self);
  switch (oh_conversation_item_get_kind (self->item))
    {
    case OH_CARD_PROBLEMS:
      set_role (self, "role-error");
      show_problems (self, view->reading);
      break;
    case OH_CARD_PARAMETERS:
      set_role (self, "role-info");
      show_parameters (self, view->reading);
      break;
    case OH_CARD_SYSTEM:
      set_role (self, "role-system");
      show_system (self, view->reading);
      break;
    case OH_CARD_TOOLS:
      set_role (self, "role-info");
      show_tools (self, view->reading);
      break;
    case OH_CARD_READING:
      set_role (self, "role-info");
      show_reading (self);
      break;
    case OH_CARD_FOLD:
      set_role (self, "role-fold");
      show_fold (self);
      break;
    case OH_CARD_ANSWER:
      if (message)
        show_answer (self, view);
      break;
    case OH_CARD_ERROR:
      set_role (self, "role-error");
      show_error (self, view);
      break;
    case OH_CARD_MESSAGE:
    default:
      if (message)
        show_message (self, message);
    }
  if (self->words)
    oh_conversation_card_get_current (self);
}

static void
oh_conversation_card_dispose (GObject *object)
{
  g_clear_handle_id (&OH_CONVERSATION_CARD (object)->marks_id, g_source_remove);
  G_OBJECT_CLASS (oh_conversation_card_parent_class)->dispose (object);
}

static void
oh_conversation_card_finalize (GObject *object)
{
  OhConversationCard *self = OH_CONVERSATION_CARD (object);

  g_clear_object (&self->item);
  g_clear_pointer (&self->words, oh_search_words_unref);
  G_OBJECT_CLASS (oh_conversation_card_parent_class)->finalize (object);
}

static void
oh_conversation_card_class_init (OhConversationCardClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_conversation_card_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_conversation_card_finalize;
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "messagecard");
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass), GTK_ACCESSIBLE_ROLE_LIST_ITEM);
}

static void
oh_conversation_card_init (OhConversationCard *self)
{
  GtkWidget *heading = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *title = gtk_label_new (NULL);
  GtkWidget *note = gtk_label_new (NULL);

  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  gtk_box_set_spacing (GTK_BOX (self), 6);
  self->title = GTK_LABEL (title);
  self->note = GTK_LABEL (note);
  gtk_label_set_xalign (self->title, 0);
  gtk_label_set_ellipsize (self->title, PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (title, TRUE);
  gtk_widget_add_css_class (title, "role");
  gtk_label_set_ellipsize (self->note, PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (self->note, 1);
  gtk_widget_add_css_class (note, "role-note");
  gtk_box_append (GTK_BOX (heading), title);
  gtk_box_append (GTK_BOX (heading), note);
  gtk_box_append (GTK_BOX (self), heading);
  self->blocks = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);
  gtk_box_append (GTK_BOX (self), self->blocks);
}

GtkWidget *
oh_conversation_card_new (OhConversationItem *item)
{
  OhConversationCard *self = g_object_new (OH_TYPE_CONVERSATION_CARD, NULL);

  self->item = g_object_ref (item);
  self->plain = oh_conversation_item_get_plain (item);
  g_signal_connect_object (item, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (item, "marks-changed", G_CALLBACK (queue_mark), self, G_CONNECT_SWAPPED);
  update (self);
  return GTK_WIDGET (self);
}

OhConversationItem *
oh_conversation_card_get_item (OhConversationCard *self)
{
  g_return_val_if_fail (OH_IS_CONVERSATION_CARD (self), NULL);

  return self->item;
}

GtkWidget *
oh_conversation_card_get_current (OhConversationCard *self)
{
  OhSearchSide side;
  GtkWidget *found;
  int current;
  guint n;

  g_return_val_if_fail (OH_IS_CONVERSATION_CARD (self), NULL);

  current = oh_conversation_item_get_current (self->item);
  side = oh_conversation_item_get_side (self->item);
  n = oh_marks_set (self->blocks, self->words, side, current, &found);
  /* Fewer are shown than there are: of a text that is too long, or laid out another way. */
  if (current >= 0 && !found && n > 0)
    oh_marks_set (self->blocks, self->words, side, (int) n - 1, &found);
  return found;
}
