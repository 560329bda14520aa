/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page of the detail: one way to look at an exchange. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_DETAIL_PAGE (oh_detail_page_get_type ())
G_DECLARE_INTERFACE (OhDetailPage, oh_detail_page, OH, DETAIL_PAGE, GtkWidget)

struct _OhDetailPageInterface
{
  GTypeInterface parent;

  /* @engine: (nullable) without one nothing is known of other exchanges
   * @view: (nullable): lets go of the one before */
  void (*set_view) (OhDetailPage *self, OhEngine *engine, OhExchangeView *view);
  /* Marks what is searched for. @words: (nullable). NULL where nothing is, as the next two. */
  void (*set_words) (OhDetailPage *self, OhSearchWords *words);
  /* Goes to a match. @kind, @index: of its OhMatchesSpot; @nth: in it, from 0 */
  void (*show_match) (OhDetailPage *self, guint kind, guint index, guint nth);
  /* Opens a find bar of its own. Returns: FALSE where there is nothing to look through. */
  gboolean (*find) (OhDetailPage *self);
};

void oh_detail_page_set_view (OhDetailPage *self, OhEngine *engine, OhExchangeView *view);
void oh_detail_page_set_words (OhDetailPage *self, OhSearchWords *words);
void oh_detail_page_show_match (OhDetailPage *self, guint kind, guint index, guint nth);
gboolean oh_detail_page_find (OhDetailPage *self);

G_END_DECLS
