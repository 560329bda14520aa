/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a call changed against the one before it in its thread. Made by insight, shown by panes. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OH_DIFF_SAME,
  OH_DIFF_REMOVED,
  OH_DIFF_ADDED,
} OhDiffKind;

typedef struct
{
  OhDiffKind kind;
  char *text;
} OhDiffPiece;

/* Two texts, word by word. The pieces that are not ADDED make the old text, those that are not REMOVED the new one. */
typedef struct
{
  GPtrArray *pieces;      /* (element-type OhDiffPiece) */
  gint64 first_character; /* where they first differ, in characters from the start; -1: they do not */
} OhTextDiff;

/* Empty. */
OhTextDiff *oh_text_diff_new (void);
void oh_text_diff_free (OhTextDiff *self);
/* @text: (transfer full) */
void oh_text_diff_add (OhTextDiff *self, OhDiffKind kind, char *text);

typedef struct
{
  char *name;
  char *before;     /* verbatim JSON, or NULL: added */
  char *after;      /* verbatim JSON, or NULL: removed */
  OhTextDiff *diff; /* of the two, or NULL */
} OhNamedChange;

typedef struct
{
  guint shared;            /* messages at the start that both requests have */
  guint dropped;           /* messages of the call before that are not there any more, or not the same: an edit */
  guint first_new;         /* the first message of this request that was neither in the request before nor its answer */
  OhTextDiff *system;      /* or NULL: the same */
  GPtrArray *tools;        /* (element-type OhNamedChange) */
  gboolean tools_moved;    /* the same tools in another order */
  GPtrArray *parameters;   /* (element-type OhNamedChange): no diffs */
} OhChanges;

/* Nothing changed. */
OhChanges *oh_changes_new (void);
void oh_changes_free (OhChanges *self);
/* All copied but @diff: (transfer full) (nullable) */
void
oh_changes_add (GPtrArray *changes, const char *name, const char *before, const char *after, OhTextDiff *diff);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhTextDiff, oh_text_diff_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhChanges, oh_changes_free)

G_END_DECLS
