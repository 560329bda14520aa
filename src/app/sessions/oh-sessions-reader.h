/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole session as one conversation: the conversations of its calls one after another, each message once. A heading
 * over each is a link to its last call, by the action "exchange.select" (int64) of a widget around it. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_SESSIONS_READER (oh_sessions_reader_get_type ())
G_DECLARE_FINAL_TYPE (OhSessionsReader, oh_sessions_reader, OH, SESSIONS_READER, AdwBin)

/* @engine: (nullable) only with @session NULL
 * @session: (nullable): none */
void oh_sessions_reader_set_session (OhSessionsReader *self, OhEngine *engine, const char *session);
/* Scrolls to where a trace begins; at once, or when it has been read. */
void oh_sessions_reader_show_trace (OhSessionsReader *self, gint64 trace_id);
/* Marks what is searched for. @words: (nullable) */
void oh_sessions_reader_set_words (OhSessionsReader *self, OhSearchWords *words);
/* The store changed: takes in what did. */
void oh_sessions_reader_update (OhSessionsReader *self);

G_END_DECLS
