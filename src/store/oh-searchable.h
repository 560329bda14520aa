/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The texts of one exchange that a search finds: built by whoever read it, put once into the store's index. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* More text of one side is not indexed. */
#define OH_SEARCHABLE_MAX ((gsize) 1 << 20)

typedef struct
{
  gint64 exchange_id;
  GString *sides[2]; /* by OhSide; folded, texts apart by OH_SEARCHABLE_BETWEEN */
  GPtrArray *tools;  /* (element-type utf8) names, each once */
} OhSearchable;

/* Between two texts, and between the request's and the response's: a word matches across neither. */
#define OH_SEARCHABLE_BETWEEN '\x1f'
#define OH_SEARCHABLE_SIDES '\x1d'

OhSearchable *oh_searchable_new (gint64 exchange_id);
void oh_searchable_free (OhSearchable *self);
/* @side: OhSide; @text: (nullable) valid UTF-8 */
void oh_searchable_add (OhSearchable *self, guint side, const char *text);
/* @name: (nullable) */
void oh_searchable_add_tool (OhSearchable *self, const char *name);
/* How texts and words are compared: case folded, composed (Unicode NFC). (transfer full) */
char *oh_searchable_fold (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSearchable, oh_searchable_free)

G_END_DECLS
