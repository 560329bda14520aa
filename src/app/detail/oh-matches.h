/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where in one exchange a search finds something: how often on each page of the detail, and in which card, body, field
 * or event of it. Counted in what the pages show, without the pages. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

G_BEGIN_DECLS

/* The pages of the detail, in the order of their tabs. On that of the changes, and of the times, nothing is looked for. */
typedef enum
{
  OH_MATCHES_CONVERSATION,
  OH_MATCHES_CHANGES,
  OH_MATCHES_REQUEST,
  OH_MATCHES_RESPONSE,
  OH_MATCHES_HEADERS,
  OH_MATCHES_TIMING,
  OH_MATCHES_STREAM,
  OH_MATCHES_N_PAGES
} OhMatchesPage;

/* Where something is found. */
typedef struct
{
  guint kind;  /* CONVERSATION: an OhCardKind; else 0 */
  guint index; /* CONVERSATION: of a message; STREAM: of an event; else 0 */
  guint count; /* never 0 */
} OhMatchesSpot;

typedef struct _OhMatches OhMatches;

struct _OhMatches
{
  GArray *spots[OH_MATCHES_N_PAGES]; /* OhMatchesSpot, in the order of the page */
  guint total[OH_MATCHES_N_PAGES];
};

/* Counts off the main thread. */
void oh_matches_count_async (OhExchangeView *view, OhSearchWords *words, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer data);
/* (transfer full), or NULL where it was cancelled. */
OhMatches *oh_matches_count_finish (GAsyncResult *result);
/* The same here and now. (transfer full) */
OhMatches *oh_matches_count (OhExchangeView *view, OhSearchWords *words, GCancellable *cancellable);
void oh_matches_free (OhMatches *self);
/* The spot of a page's match, and which one there it is.
 * @match: from 0 to total - 1 */
const OhMatchesSpot *oh_matches_get_spot (const OhMatches *self, OhMatchesPage page, guint match, guint *nth);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhMatches, oh_matches_free)

G_END_DECLS
