/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words and phrases of a search, ready to be found in texts that are shown: what a match is highlighted for. Fields
 * (model:, tool:, …) and what stands under "not" are no words. Compared as the index does: case folded, composed.
 * Immutable; any thread. */
#pragma once
#include "oh-search.h"

G_BEGIN_DECLS

typedef struct _OhSearchWords OhSearchWords;

/* A piece of a text, in bytes. */
typedef struct
{
  gsize start;
  gsize end;
} OhSearchMatch;

/* Returns: (transfer full), or NULL where there is nothing to highlight. @search: (nullable) */
OhSearchWords *oh_search_words_new (const OhSearch *search);
/* The same for what stands beside in:console, which the other leaves out: of any side. */
OhSearchWords *oh_search_words_new_of_console (const OhSearch *search);
/* Of both: to mark what either found. */
OhSearchWords *oh_search_words_new_of_all (const OhSearch *search);
/* A regular expression (PCRE2) that finds any of them, in text as it was typed. (transfer full) */
char *oh_search_words_dup_pattern (const OhSearchWords *self);
/* One phrase, wherever it stands. Returns: (transfer full), or NULL where @text is empty. */
OhSearchWords *oh_search_words_new_phrase (const char *text);
OhSearchWords *oh_search_words_ref (OhSearchWords *self);
void oh_search_words_unref (OhSearchWords *self);
/* As g_set_object(): puts @words (nullable) into @place. Returns: whether they are others than before. */
gboolean oh_search_words_set (OhSearchWords **place, OhSearchWords *words);
/* Whether both find the same. @a, @b: (nullable) */
gboolean oh_search_words_equal (const OhSearchWords *a, const OhSearchWords *b);

/* Matches in a text, in order, none over another; of two that begin at one place the longer.
 * @self: (nullable)
 * @side: where the text stands: words that were asked for elsewhere (in:…) are not looked for
 * @text: (nullable): need not be valid UTF-8
 * @length: -1: NUL-terminated
 * (transfer full) (element-type OhSearchMatch) */
GArray *oh_search_words_find (const OhSearchWords *self, OhSearchSide side, const char *text, gssize length);
guint oh_search_words_count (const OhSearchWords *self, OhSearchSide side, const char *text, gssize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSearchWords, oh_search_words_unref)

G_END_DECLS
