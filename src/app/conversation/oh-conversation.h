/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conversation of one call as a list of cards. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_CONVERSATION (oh_conversation_get_type ())
/* An OhDetailPage. */
G_DECLARE_FINAL_TYPE (OhConversation, oh_conversation, OH, CONVERSATION, AdwBin)

/* Shows text as it was written, not as Markdown. */
void oh_conversation_set_plain (OhConversation *self, gboolean plain);

G_END_DECLS
