/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sentences in which a search found exchanges: looked for on a worker, as they come to be shown.
 *
 * Signal: "found": there are more of them. */
#pragma once
#include "oh-search-words.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define OH_TYPE_EXCERPTS (oh_excerpts_get_type ())
G_DECLARE_FINAL_TYPE (OhExcerpts, oh_excerpts, OH, EXCERPTS, GObject)

/* @data_dir: where the worker opens a reader of its own */
OhExcerpts *oh_excerpts_new (const char *data_dir);
/* @text: (nullable): as it was typed */
void oh_excerpts_set_search (OhExcerpts *self, const char *text);
/* The words that were found, to be marked. (transfer none) (nullable) */
OhSearchWords *oh_excerpts_get_words (OhExcerpts *self);
/* Returns: (transfer none) (nullable): NULL where there is none, or none yet: then it is looked for */
const char *oh_excerpts_get (OhExcerpts *self, gint64 exchange_id);

G_END_DECLS
