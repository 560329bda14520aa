/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a call changed against the one before it in its thread. Pure. */
#pragma once
#include "oh-reading.h"

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

/* Texts that differ in more than a thousand words are shown as one removed and one added piece between what they share
 * at the start and at the end. */
OhTextDiff *oh_text_diff_new (const char *before, const char *after);
void oh_text_diff_free (OhTextDiff *self);

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

/* @before: the call before; @after: this one */
OhChanges *oh_changes_new (const OhReading *before, const OhReading *after);
void oh_changes_free (OhChanges *self);

/* The texts of a system prompt, one after another. (transfer full) */
char *oh_changes_get_system_text (const OhReading *reading);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhTextDiff, oh_text_diff_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhChanges, oh_changes_free)

G_END_DECLS
