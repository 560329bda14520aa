/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-conversation-model.h"

#include <string.h>

/* What all items of one model share. Items may outlive the model. */
typedef struct
{
  OhExchangeView *view;   /* the newest; NULL once the model shows another exchange */
  GHashTable *tool_names; /* tool_use id → name; strings of the view's reading */
  gboolean plain;
  guint folded;      /* how many messages at the start one card stands for; 0: there is no such card */
  gboolean unfolded; /* they follow that card */
  OhSearchWords *words; /* or NULL */
  OhCardKind current_kind;
  guint current_index;
  int current; /* which match of that card; -1: none */
} Context;

struct _OhConversationItem
{
  GObject parent_instance;

  Context *context;
  OhCardKind kind;
  guint index;      /* MESSAGE: in the reading's messages */
  GHashTable *open; /* name → GINT_TO_POINTER (open + 1), or NULL */
};

G_DEFINE_FINAL_TYPE (OhConversationItem, oh_conversation_item, G_TYPE_OBJECT)

struct _OhConversationModel
{
  GObject parent_instance;

  Context *context;
  GArray *head; /* (element-type OhCardKind) before the messages */
  GArray *tail; /* (element-type OhCardKind) after them */
  guint messages;
  gboolean folding;
  GHashTable *items; /* kind and index → OhConversationItem, those that were asked for */
};

static void oh_conversation_model_list_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhConversationModel,
                               oh_conversation_model,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, oh_conversation_model_list_init))

static guint changed_signal;
static guint marks_changed_signal;

static void
context_clear (gpointer data)
{
  Context *context = data;

  g_clear_pointer (&context->tool_names, g_hash_table_unref);
  g_clear_pointer (&context->view, oh_exchange_view_unref);
  g_clear_pointer (&context->words, oh_search_words_unref);
}

static void
collect_tool_names (GHashTable *names, const OhMessage *message)
{
  for (guint i = 0; i < message->blocks->len; i++)
    {
      const OhBlock *block = message->blocks->pdata[i];

      if (block->id && block->name && g_str_has_suffix (block->type, "tool_use"))
        g_hash_table_insert (names, block->id, block->name);
    }
}

/* Asked for when the first result is shown; as all strings belong to the view, it is thrown away with it. */
static GHashTable *
get_tool_names (Context *context)
{
  if (!context->tool_names && context->view)
    {
      const OhReading *reading = context->view->reading;

      context->tool_names = g_hash_table_new (g_str_hash, g_str_equal);
      for (guint i = 0; i < reading->messages->len; i++)
        collect_tool_names (context->tool_names, reading->messages->pdata[i]);
      if (reading->answer)
        collect_tool_names (context->tool_names, reading->answer);
    }
  return context->tool_names;
}

static void
oh_conversation_item_finalize (GObject *object)
{
  OhConversationItem *self = OH_CONVERSATION_ITEM (object);

  g_rc_box_release_full (self->context, context_clear);
  g_clear_pointer (&self->open, g_hash_table_unref);
  G_OBJECT_CLASS (oh_conversation_item_parent_class)->finalize (object);
}

static void
oh_conversation_item_class_init (OhConversationItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_conversation_item_finalize;
  changed_signal =
      g_signal_new ("changed", OH_TYPE_CONVERSATION_ITEM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  marks_changed_signal =
      g_signal_new ("marks-changed", OH_TYPE_CONVERSATION_ITEM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
oh_conversation_item_init (OhConversationItem *self)
{
}

OhCardKind
oh_conversation_item_get_kind (OhConversationItem *self)
{
  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), OH_CARD_MESSAGE);

  return self->kind;
}

OhExchangeView *
oh_conversation_item_get_view (OhConversationItem *self)
{
  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), NULL);

  return self->context->view;
}

guint
oh_conversation_item_get_index (OhConversationItem *self)
{
  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), 0);

  return self->index;
}

const OhMessage *
oh_conversation_item_get_message (OhConversationItem *self)
{
  const OhReading *reading;

  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), NULL);

  reading = self->context->view->reading;
  if (self->kind == OH_CARD_ANSWER)
    return reading->answer;
  if (self->kind == OH_CARD_MESSAGE && self->index < reading->messages->len)
    return reading->messages->pdata[self->index];
  return NULL;
}

static const OhPlace *
continued_place (const OhExchangeView *view)
{
  const OhPlace *place = view ? view->exchange->place : NULL;

  return place && place->parent_id != 0 ? place : NULL;
}

/* Whether it is known which message of the whole conversation each of them is. */
static gboolean
knows_places (const OhExchangeView *view)
{
  return !view->partial || view->skipped > 0;
}

gboolean
oh_conversation_item_is_new (OhConversationItem *self)
{
  const OhPlace *place;

  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), FALSE);

  place = continued_place (self->context->view);
  return place && self->kind == OH_CARD_MESSAGE && knows_places (self->context->view) &&
         self->index + self->context->view->skipped >= place->new_from;
}

char *
oh_conversation_item_dup_boundary (OhConversationItem *self)
{
  const OhPlace *place;

  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), NULL);

  place = continued_place (self->context->view);
  return oh_conversation_item_is_new (self) && self->index + self->context->view->skipped == place->new_from
             ? oh_boundary_say (place)
             : NULL;
}

gint64
oh_conversation_item_get_answered_call (OhConversationItem *self)
{
  const OhPlace *place;
  const OhMessage *message;

  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), 0);

  place = continued_place (self->context->view);
  message = oh_conversation_item_get_message (self);
  return place && message && self->kind == OH_CARD_MESSAGE && knows_places (self->context->view) &&
                 self->index + self->context->view->skipped + 1 == place->new_from &&
                 strcmp (message->role, "assistant") == 0
             ? place->parent_id
             : 0;
}

guint
oh_conversation_item_get_fold (OhConversationItem *self, gint64 *call_id, gboolean *unfolded)
{
  const OhPlace *place;

  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), 0);

  place = continued_place (self->context->view);
  *call_id = place ? place->parent_id : 0;
  *unfolded = self->context->unfolded;
  return self->context->folded;
}

gboolean
oh_conversation_item_get_plain (OhConversationItem *self)
{
  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), FALSE);

  return self->context->plain;
}

const char *
oh_conversation_item_get_tool_name (OhConversationItem *self, const char *tool_use_id)
{
  GHashTable *names;

  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), NULL);

  names = get_tool_names (self->context);
  return names && tool_use_id ? g_hash_table_lookup (names, tool_use_id) : NULL;
}

OhSearchWords *
oh_conversation_item_get_words (OhConversationItem *self)
{
  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), NULL);

  return self->context->words;
}

OhSearchSide
oh_conversation_item_get_side (OhConversationItem *self)
{
  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), OH_SEARCH_ANYWHERE);

  return self->kind == OH_CARD_ANSWER || self->kind == OH_CARD_ERROR ? OH_SEARCH_IN_RESPONSE : OH_SEARCH_IN_REQUEST;
}

gboolean
oh_conversation_item_finds (OhConversationItem *self, const char *text)
{
  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), FALSE);

  return self->context->words &&
         oh_search_words_count (self->context->words, oh_conversation_item_get_side (self), text, -1) > 0;
}

int
oh_conversation_item_get_current (OhConversationItem *self)
{
  const Context *context;

  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), -1);

  context = self->context;
  return context->current_kind == self->kind && context->current_index == self->index ? context->current : -1;
}

gboolean
oh_conversation_item_get_open (OhConversationItem *self, const char *name, gboolean otherwise)
{
  gpointer said;

  g_return_val_if_fail (OH_IS_CONVERSATION_ITEM (self), otherwise);

  said = self->open ? g_hash_table_lookup (self->open, name) : NULL;
  return said ? GPOINTER_TO_INT (said) - 1 : otherwise;
}

void
oh_conversation_item_set_open (OhConversationItem *self, const char *name, gboolean open)
{
  g_return_if_fail (OH_IS_CONVERSATION_ITEM (self));

  if (!self->open)
    self->open = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_insert (self->open, g_strdup (name), GINT_TO_POINTER (!!open + 1));
  g_signal_emit (self, marks_changed_signal, 0);
}

/* Which cards stand between head and tail: that of the fold, where there is one, and the messages that are not in it. */
static guint
n_middle (OhConversationModel *self)
{
  const Context *context = self->context;

  return (context->folded > 0) + self->messages - (context->unfolded ? 0 : context->folded);
}

static guint
n_cards (OhConversationModel *self)
{
  return self->head->len + n_middle (self) + self->tail->len;
}

/* How many messages were sent before and need not be seen again. The last answer stays: it is what the new messages
 * answer. So does the last message, whatever it is. */
static guint
count_folded (const OhExchangeView *view)
{
  const OhPlace *place = continued_place (view);
  guint n;

  if (!place || view->partial || view->reading->messages->len == 0)
    return 0;
  n = MIN (place->new_from, view->reading->messages->len);
  if (n > 0 && strcmp (((OhMessage *) view->reading->messages->pdata[n - 1])->role, "assistant") == 0)
    n--;
  return MIN (n, view->reading->messages->len - 1);
}

static GType
oh_conversation_model_get_item_type (GListModel *model)
{
  return OH_TYPE_CONVERSATION_ITEM;
}

static guint
oh_conversation_model_get_n_items (GListModel *model)
{
  return n_cards (OH_CONVERSATION_MODEL (model));
}

static gpointer
oh_conversation_model_get_item (GListModel *model, guint position)
{
  OhConversationModel *self = OH_CONVERSATION_MODEL (model);
  OhConversationItem *item;
  OhCardKind kind;
  guint index = 0;
  gint64 key;

  if (position >= n_cards (self))
    return NULL;
  if (position < self->head->len)
    kind = g_array_index (self->head, OhCardKind, position);
  else if (self->context->folded > 0 && position == self->head->len)
    kind = OH_CARD_FOLD;
  else if (position < self->head->len + n_middle (self))
    {
      kind = OH_CARD_MESSAGE;
      index = self->messages - (self->head->len + n_middle (self) - position);
    }
  else
    kind = g_array_index (self->tail, OhCardKind, position - self->head->len - n_middle (self));
  key = ((gint64) kind << 32) | index;
  item = g_hash_table_lookup (self->items, &key);
  if (!item)
    {
      item = g_object_new (OH_TYPE_CONVERSATION_ITEM, NULL);
      item->context = g_rc_box_acquire (self->context);
      item->kind = kind;
      item->index = index;
      g_hash_table_insert (self->items, g_memdup2 (&key, sizeof key), item);
    }
  return g_object_ref (item);
}

static void
oh_conversation_model_list_init (GListModelInterface *iface)
{
  iface->get_item_type = oh_conversation_model_get_item_type;
  iface->get_n_items = oh_conversation_model_get_n_items;
  iface->get_item = oh_conversation_model_get_item;
}

static void
oh_conversation_model_finalize (GObject *object)
{
  OhConversationModel *self = OH_CONVERSATION_MODEL (object);

  g_hash_table_unref (self->items);
  g_array_unref (self->head);
  g_array_unref (self->tail);
  g_rc_box_release_full (self->context, context_clear);
  G_OBJECT_CLASS (oh_conversation_model_parent_class)->finalize (object);
}

static void
oh_conversation_model_class_init (OhConversationModelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_conversation_model_finalize;
}

static void
oh_conversation_model_init (OhConversationModel *self)
{
  self->context = g_rc_box_new0 (Context);
  self->context->current = -1;
  self->head = g_array_new (FALSE, FALSE, sizeof (OhCardKind));
  self->tail = g_array_new (FALSE, FALSE, sizeof (OhCardKind));
  self->items = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
}

OhConversationModel *
oh_conversation_model_new (void)
{
  return g_object_new (OH_TYPE_CONVERSATION_MODEL, NULL);
}

static void
add_kind (GArray *kinds, OhCardKind kind, gboolean condition)
{
  if (condition)
    g_array_append_val (kinds, kind);
}

gboolean
oh_conversation_model_has_error (const OhExchangeView *view)
{
  return view->reading->facts->error_type || view->reading->facts->error_message ||
         view->exchange->outcome == OH_OUTCOME_FAILED || view->exchange->outcome == OH_OUTCOME_CUT ||
         (view->exchange->status >= 400 && view->reading->answer == NULL);
}

static gboolean
same_kinds (GArray *a, GArray *b)
{
  return a->len == b->len && memcmp (a->data, b->data, a->len * sizeof (OhCardKind)) == 0;
}

static gboolean
drop_tail_item (gpointer key, gpointer item, gpointer data)
{
  OhCardKind kind = OH_CONVERSATION_ITEM (item)->kind;

  return kind == OH_CARD_ANSWER || kind == OH_CARD_ERROR;
}

/* Cards that say more than the request did; those of the request cannot change once there is an answer. */
static void
emit_changed (OhConversationModel *self, gboolean all)
{
  g_autoptr (GList) items = g_hash_table_get_values (self->items);

  g_list_foreach (items, (GFunc) (void (*) (void)) g_object_ref, NULL);
  for (GList *l = items; l; l = l->next)
    {
      if (all || OH_CONVERSATION_ITEM (l->data)->kind > OH_CARD_MESSAGE)
        g_signal_emit (l->data, changed_signal, 0);
      g_object_unref (l->data);
    }
}

/* Puts cards in the place of all from the first to the last message. */
static void
set_fold (OhConversationModel *self, guint folded, gboolean unfolded)
{
  guint before = n_middle (self);

  if (folded == self->context->folded && unfolded == self->context->unfolded)
    return;
  if (folded == self->context->folded)
    {
      gint64 key = (gint64) OH_CARD_FOLD << 32;
      OhConversationItem *item = g_hash_table_lookup (self->items, &key);

      self->context->unfolded = unfolded;
      if (unfolded)
        g_list_model_items_changed (G_LIST_MODEL (self), self->head->len + 1, 0, folded);
      else
        g_list_model_items_changed (G_LIST_MODEL (self), self->head->len + 1, folded, 0);
      if (item)
        g_signal_emit (item, changed_signal, 0);
      return;
    }
  self->context->folded = folded;
  self->context->unfolded = unfolded;
  g_list_model_items_changed (G_LIST_MODEL (self), self->head->len, before, n_middle (self));
}

/* Whether @view is the whole of what there was a first look at, and nothing but messages come. */
static gboolean
completes (OhConversationModel *self, const OhExchangeView *view, GArray *head, GArray *tail)
{
  const OhExchangeView *old = self->context->view;

  return old && old->partial && old->exchange->id == view->exchange->id && self->head->len == head->len + 1 &&
         memcmp (head->data, self->head->data, head->len * sizeof (OhCardKind)) == 0 &&
         g_array_index (self->head, OhCardKind, head->len) == OH_CARD_READING && same_kinds (tail, self->tail) &&
         view->reading->messages->len >= self->messages;
}

/* Puts the messages before those that there are in the place of the card that stands for them: what is read stays where
 * it is. */
static void
complete (OhConversationModel *self, OhExchangeView *view, guint folded)
{
  Context *context = self->context;
  OhExchangeView *old = context->view;
  guint more = view->reading->messages->len - self->messages;
  guint shown = view->reading->messages->len - folded;
  guint removed = 1 + (shown < self->messages ? self->messages - shown : 0);
  guint added = (folded > 0) + (shown > self->messages ? shown - self->messages : 0);
  g_autoptr (GList) items = g_hash_table_get_values (self->items);

  g_clear_pointer (&context->tool_names, g_hash_table_unref);
  context->view = oh_exchange_view_ref (view);
  context->folded = folded;
  context->unfolded = FALSE;
  g_list_foreach (items, (GFunc) (void (*) (void)) g_object_ref, NULL);
  g_hash_table_remove_all (self->items);
  for (GList *l = items; l; l = l->next)
    {
      OhConversationItem *item = l->data;
      gint64 key;

      if (item->kind == OH_CARD_MESSAGE)
        item->index += more;
      key = ((gint64) item->kind << 32) | item->index;
      g_hash_table_insert (self->items, g_memdup2 (&key, sizeof key), item);
    }
  g_array_set_size (self->head, self->head->len - 1);
  self->messages = view->reading->messages->len;
  g_list_model_items_changed (G_LIST_MODEL (self), self->head->len, removed, added);
  emit_changed (self, TRUE);
  oh_exchange_view_unref (old);
}

gboolean
oh_conversation_model_set_view (OhConversationModel *self, OhExchangeView *view)
{
  g_autoptr (GArray) head = g_array_new (FALSE, FALSE, sizeof (OhCardKind));
  g_autoptr (GArray) tail = g_array_new (FALSE, FALSE, sizeof (OhCardKind));
  guint messages = 0, before = n_cards (self);
  guint folded = self->folding && view ? count_folded (view) : 0;
  OhExchangeView *old;
  gboolean same;

  g_return_val_if_fail (OH_IS_CONVERSATION_MODEL (self), FALSE);

  if (view)
    {
      const OhReading *reading = view->reading;

      add_kind (head, OH_CARD_PROBLEMS, reading->problems->len > 0);
      add_kind (head, OH_CARD_PARAMETERS, reading->parameters->len > 0);
      add_kind (head, OH_CARD_SYSTEM, reading->system->len > 0);
      add_kind (head, OH_CARD_TOOLS, reading->tools->len > 0);
      add_kind (head, OH_CARD_READING, view->partial && !view->request_whole && reading->messages->len > 0);
      messages = reading->messages->len;
      add_kind (tail, OH_CARD_ANSWER, reading->answer != NULL);
      add_kind (tail, OH_CARD_ERROR, oh_conversation_model_has_error (view));
    }
  old = self->context->view;
  if (view && !view->partial && completes (self, view, head, tail))
    {
      complete (self, view, folded);
      return FALSE;
    }
  same = view && old && old->exchange->id == view->exchange->id && same_kinds (head, self->head) &&
         messages == self->messages && old->exchange->request_length == view->exchange->request_length;
  if (!same)
    {
      Context *context = g_rc_box_new0 (Context);

      /* Cards on screen keep what they were made from until the list lets go of them. */
      context->plain = self->context->plain;
      oh_search_words_set (&context->words, self->context->words);
      context->current = -1;
      g_rc_box_release_full (self->context, context_clear);
      self->context = context;
      context->view = view ? oh_exchange_view_ref (view) : NULL;
      g_hash_table_remove_all (self->items);
      g_array_set_size (self->head, 0);
      g_array_append_vals (self->head, head->data, head->len);
      g_array_set_size (self->tail, 0);
      g_array_append_vals (self->tail, tail->data, tail->len);
      self->messages = messages;
      self->context->folded = folded;
      self->context->unfolded = FALSE;
      g_list_model_items_changed (G_LIST_MODEL (self), 0, before, n_cards (self));
      return TRUE;
    }

  g_clear_pointer (&self->context->tool_names, g_hash_table_unref);
  self->context->view = oh_exchange_view_ref (view);
  if (!same_kinds (tail, self->tail))
    {
      guint common = 0;
      guint at = head->len + n_middle (self);
      guint removed;

      while (common < MIN (tail->len, self->tail->len) &&
             g_array_index (tail, OhCardKind, common) == g_array_index (self->tail, OhCardKind, common))
        common++;
      removed = self->tail->len - common;
      if (removed > 0)
        g_hash_table_foreach_remove (self->items, drop_tail_item, NULL);
      g_array_set_size (self->tail, common);
      g_array_append_vals (self->tail, &g_array_index (tail, OhCardKind, common), tail->len - common);
      g_list_model_items_changed (G_LIST_MODEL (self), at + common, removed, tail->len - common);
    }
  set_fold (self, folded, self->context->unfolded && folded > 0);
  emit_changed (self, !continued_place (old) != !continued_place (view));
  oh_exchange_view_unref (old);
  return FALSE;
}

void
oh_conversation_model_set_folding (OhConversationModel *self, gboolean folding)
{
  g_return_if_fail (OH_IS_CONVERSATION_MODEL (self));

  self->folding = folding;
  set_fold (self, folding && self->context->view ? count_folded (self->context->view) : 0, FALSE);
}

guint
oh_conversation_model_get_n_head (OhConversationModel *self)
{
  g_return_val_if_fail (OH_IS_CONVERSATION_MODEL (self), 0);

  return self->head->len;
}

guint
oh_conversation_model_get_n_folded (OhConversationModel *self)
{
  g_return_val_if_fail (OH_IS_CONVERSATION_MODEL (self), 0);

  return self->context->folded;
}

gboolean
oh_conversation_model_get_unfolded (OhConversationModel *self)
{
  g_return_val_if_fail (OH_IS_CONVERSATION_MODEL (self), FALSE);

  return self->context->unfolded;
}

void
oh_conversation_model_set_unfolded (OhConversationModel *self, gboolean unfolded)
{
  g_return_if_fail (OH_IS_CONVERSATION_MODEL (self));

  set_fold (self, self->context->folded, unfolded && self->context->folded > 0);
}

void
oh_conversation_model_set_plain (OhConversationModel *self, gboolean plain)
{
  g_return_if_fail (OH_IS_CONVERSATION_MODEL (self));

  if (self->context->plain == plain)
    return;
  self->context->plain = plain;
  emit_changed (self, TRUE);
}

void
oh_conversation_model_set_words (OhConversationModel *self, OhSearchWords *words)
{
  g_return_if_fail (OH_IS_CONVERSATION_MODEL (self));

  if (!oh_search_words_set (&self->context->words, words))
    return;
  self->context->current = -1;
  emit_changed (self, TRUE);
}

void
oh_conversation_model_set_current (OhConversationModel *self, OhCardKind kind, guint index, int nth)
{
  g_autoptr (GList) items = NULL;

  g_return_if_fail (OH_IS_CONVERSATION_MODEL (self));

  self->context->current_kind = kind;
  self->context->current_index = index;
  self->context->current = nth;
  items = g_hash_table_get_values (self->items);
  for (GList *l = items; l; l = l->next)
    g_signal_emit (l->data, marks_changed_signal, 0);
}

guint
oh_conversation_model_find (OhConversationModel *self, OhCardKind kind, guint index)
{
  g_return_val_if_fail (OH_IS_CONVERSATION_MODEL (self), G_MAXUINT);

  if (kind == OH_CARD_MESSAGE)
    {
      guint hidden = self->context->unfolded ? 0 : self->context->folded;

      return index >= hidden && index < self->messages
                 ? self->head->len + (self->context->folded > 0) + index - hidden
                 : G_MAXUINT;
    }
  for (guint i = 0; i < self->head->len; i++)
    if (g_array_index (self->head, OhCardKind, i) == kind)
      return i;
  for (guint i = 0; i < self->tail->len; i++)
    if (g_array_index (self->tail, OhCardKind, i) == kind)
      return self->head->len + n_middle (self) + i;
  return G_MAXUINT;
}
