/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where in an exchange the words of a search stand: the sentence around the first of them. */
#pragma once
#include "oh-search-words.h"
#include "oh-store-reader.h"

G_BEGIN_DECLS

/* What is new in the exchange comes first, then its answer, what goes with both, headers, the address, and what its run wrote.
 * On a worker's reader: bodies are read.
 * @words: (nullable): as of oh_search_words_new(). @console: (nullable): as of oh_search_words_new_of_console()
 * Returns: (transfer full) (nullable): one line that begins shortly before what was found; NULL where that is not to be seen:
 * fields match, or the bodies are very large */
char *oh_quote_find (OhStoreReader *reader, gint64 exchange_id, const OhSearchWords *words, const OhSearchWords *console);

G_END_DECLS
