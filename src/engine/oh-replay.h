/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A captured request, made again: as a command for a shell, or as bytes for the proxy. Secrets were never stored: a shell's
 * variables, or the environment, give them again. */
#pragma once
#include "oh-exchange.h"
#include "oh-facts.h"

G_BEGIN_DECLS

typedef struct
{
  const OhExchange *exchange;
  const OhFacts *facts; /* or NULL */
  GBytes *body;         /* content-encoding undone; or NULL */
} OhReplay;

/* What is to be another. */
typedef struct
{
  char *model;       /* or NULL */
  gint64 max_tokens; /* 0: as it was */
  char **edits;      /* "PATH=JSON" (oh-json-path.h), …; or NULL */
} OhReplayChanges;

/* One command that sends it; secrets stay variables: "$OPENAI_API_KEY". (transfer full) */
char *oh_replay_to_curl (const OhReplay *self);
/* From the request line to the last byte of the body. What is not to be changed stays byte for byte.
 * @via: (nullable): the base URL of the proxy; NULL: only to know whether it can be made
 * Returns: (transfer full): NULL with a @problem, a sentence */
GString *oh_replay_write (const OhReplay *self, const OhReplayChanges *changes, const char *via, char **problem);

G_END_DECLS
