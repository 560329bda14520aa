/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conversation of one call as a list of cards. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_CONVERSATION (oh_conversation_get_type ())
G_DECLARE_FINAL_TYPE (OhConversation, oh_conversation, OH, CONVERSATION, AdwBin)

/* @view: (nullable) */
void oh_conversation_set_view (OhConversation *self, OhExchangeView *view);
/* Shows text as it was written, not as Markdown. */
void oh_conversation_set_plain (OhConversation *self, gboolean plain);
/* Marks what is searched for. @words: (nullable) */
void oh_conversation_set_words (OhConversation *self, OhSearchWords *words);
/* Goes to a match of a card. @nth: from 0 */
void oh_conversation_show_match (OhConversation *self, guint kind, guint index, guint nth);

G_END_DECLS
