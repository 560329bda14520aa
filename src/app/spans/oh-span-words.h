/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a row of the tree of traces is said: the pieces of its text, and a whole sentence for those who hear it. */
#pragma once
#include "oh-span-item.h"
#include "oh-words.h"

G_BEGIN_DECLS

typedef struct
{
  char *lead;            /* Pango markup: what it is */
  guint lead_chars;      /* of them, those that matter most */
  char *pill;            /* or NULL */
  OhStatusKind pill_kind;
  gboolean pill_is_tool; /* the answer asks for a tool */
  guint retried;         /* times */
  char *retries;         /* "2 retried", or NULL */
  char *trail;           /* Pango markup behind the pills, or NULL */
  char *tokens;          /* "" where there are none */
  char *cost;            /* "" where there is none yet, "unknown" */
} OhSpanWords;

/* (transfer full) */
OhSpanWords *oh_span_words_new (OhSpanItem *item);
void oh_span_words_free (OhSpanWords *self);

/* (transfer full) */
char *oh_span_words_say (OhSpanItem *item);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSpanWords, oh_span_words_free)

G_END_DECLS
