/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the simulated model answers: content blocks and a stop reason, from the request and its steering. */
#pragma once
#include "oh-sim-ids.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct
{
  JsonArray *content;
  char *stop_reason;
  char *stop_sequence;
  gint64 output_tokens;
  gint64 thinking_tokens;
} OhSimAnswer;

/* Looks for a steering object in the request's user messages: “[[sim: {…}]]” in the last one, or in an earlier one
 * that says "sticky": true. (transfer full) (nullable) */
JsonObject *oh_sim_answer_find_steering (JsonObject *request);

/* @steering: (nullable) members text, thinking, blocks, tools, tool_rounds, size, stop_reason count here */
OhSimAnswer *oh_sim_answer_new (JsonObject *request, JsonObject *steering, OhSimIds *ids);
void oh_sim_answer_free (OhSimAnswer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSimAnswer, oh_sim_answer_free)

G_END_DECLS
