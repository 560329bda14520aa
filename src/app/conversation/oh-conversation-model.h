/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cards of one conversation as a list: what stands before the messages, the messages of the request, the answer,
 * what went wrong. Items are made when asked for; a newer view of the same exchange changes items in place. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

G_BEGIN_DECLS

typedef enum
{
  OH_CARD_PROBLEMS, /* what could not be understood */
  OH_CARD_PARAMETERS,
  OH_CARD_SYSTEM,
  OH_CARD_TOOLS,
  OH_CARD_READING, /* stands for messages that are still being read */
  OH_CARD_FOLD, /* stands for the messages that were sent before, above those of them that are unfolded */
  OH_CARD_MESSAGE,
  OH_CARD_ANSWER,
  OH_CARD_ERROR,
} OhCardKind;

/* One card. Signals: "changed": it has something newer to show; "marks-changed": what a search found in it is to be
 * marked anew. */
#define OH_TYPE_CONVERSATION_ITEM (oh_conversation_item_get_type ())
G_DECLARE_FINAL_TYPE (OhConversationItem, oh_conversation_item, OH, CONVERSATION_ITEM, GObject)

OhCardKind oh_conversation_item_get_kind (OhConversationItem *self);
/* (transfer none) */
OhExchangeView *oh_conversation_item_get_view (OhConversationItem *self);
/* Of a MESSAGE: which of the request it is, from 0. */
guint oh_conversation_item_get_index (OhConversationItem *self);
/* The message of a MESSAGE or ANSWER, else NULL. (transfer none) */
const OhMessage *oh_conversation_item_get_message (OhConversationItem *self);
/* Of a MESSAGE: the call before, which it continues, had neither sent nor received it. */
gboolean oh_conversation_item_is_new (OhConversationItem *self);
/* Of the first new one: what lies between the call and the one before it, and became of it; or NULL. (transfer full) */
char *oh_conversation_item_dup_boundary (OhConversationItem *self);
/* The call whose answer this MESSAGE is, as far as one can see: the last thing the call before had; or 0. */
gint64 oh_conversation_item_get_answered_call (OhConversationItem *self);
/* Of a FOLD: how many messages it stands for.
 * @call_id: (out): the call that sent them last
 * @unfolded: (out): whether they follow it */
guint oh_conversation_item_get_fold (OhConversationItem *self, gint64 *call_id, gboolean *unfolded);
/* Text is to be shown as it was written, not as Markdown. */
gboolean oh_conversation_item_get_plain (OhConversationItem *self);
/* The name of the tool that a tool_use of this conversation called, or NULL. */
const char *oh_conversation_item_get_tool_name (OhConversationItem *self, const char *tool_use_id);
/* What is searched for, or NULL. (transfer none) */
OhSearchWords *oh_conversation_item_get_words (OhConversationItem *self);
/* Where the card's texts stand, for words that were asked for there only. */
OhSearchSide oh_conversation_item_get_side (OhConversationItem *self);
/* Whether what is searched for stands in a text of the card. @text: (nullable) */
gboolean oh_conversation_item_finds (OhConversationItem *self, const char *text);
/* Which of the card's matches is looked at, from 0; -1: none. */
int oh_conversation_item_get_current (OhConversationItem *self);
/* What the user unfolded in the card, by a name of the card's choosing: cards come and go, this stays.
 * Returns: @otherwise where the user has not said. */
gboolean oh_conversation_item_get_open (OhConversationItem *self, const char *name, gboolean otherwise);
void oh_conversation_item_set_open (OhConversationItem *self, const char *name, gboolean open);

#define OH_TYPE_CONVERSATION_MODEL (oh_conversation_model_get_type ())
G_DECLARE_FINAL_TYPE (OhConversationModel, oh_conversation_model, OH, CONVERSATION_MODEL, GObject)

OhConversationModel *oh_conversation_model_new (void);
/* @view: (nullable)
 * Returns: whether all cards are others than before. */
gboolean oh_conversation_model_set_view (OhConversationModel *self, OhExchangeView *view);
/* Whether messages that the call before had sent already are folded into one card. Not, unless it is said. */
void oh_conversation_model_set_folding (OhConversationModel *self, gboolean folding);
/* How many cards stand before the messages (and the fold). */
guint oh_conversation_model_get_n_head (OhConversationModel *self);
/* How many messages at the start one card stands for; 0: there is nothing to fold. */
guint oh_conversation_model_get_n_folded (OhConversationModel *self);
/* Whether they follow that card. Another exchange is folded again. */
gboolean oh_conversation_model_get_unfolded (OhConversationModel *self);
void oh_conversation_model_set_unfolded (OhConversationModel *self, gboolean unfolded);
void oh_conversation_model_set_plain (OhConversationModel *self, gboolean plain);
/* @words: (nullable) */
void oh_conversation_model_set_words (OhConversationModel *self, OhSearchWords *words);
/* Makes a match the one that is looked at. @nth: of the card, from 0; -1: none */
void oh_conversation_model_set_current (OhConversationModel *self, OhCardKind kind, guint index, int nth);
/* The position of a card; G_MAXUINT where there is none, or it is folded. */
guint oh_conversation_model_find (OhConversationModel *self, OhCardKind kind, guint index);
/* Whether there is a card of what went wrong. */
gboolean oh_conversation_model_has_error (const OhExchangeView *view);

G_END_DECLS
