/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The little that the simulated model knows: enough for the demonstration and for the guides that people start with. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  char *text;
  char *thinking;
} OhSimThought;

/* @question: the last thing the user said
 * @earlier: (nullable) what the user said before that */
OhSimThought *oh_sim_knowledge_ask (const char *question, const char *earlier);
OhSimThought *oh_sim_thought_new (const char *text, const char *thinking);
void oh_sim_thought_free (OhSimThought *self);

/* The cities named in @text, in its order, or the words that follow “in”. (transfer full) */
char **oh_sim_knowledge_find_cities (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSimThought, oh_sim_thought_free)

G_END_DECLS
