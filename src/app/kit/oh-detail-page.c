/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-detail-page.h"

G_DEFINE_INTERFACE (OhDetailPage, oh_detail_page, GTK_TYPE_WIDGET)

static void
oh_detail_page_default_init (OhDetailPageInterface *iface)
{
}

void
oh_detail_page_set_view (OhDetailPage *self, OhEngine *engine, OhExchangeView *view)
{
  g_return_if_fail (OH_IS_DETAIL_PAGE (self));

  OH_DETAIL_PAGE_GET_IFACE (self)->set_view (self, engine, view);
}

void
oh_detail_page_set_words (OhDetailPage *self, OhSearchWords *words)
{
  g_return_if_fail (OH_IS_DETAIL_PAGE (self));

  if (OH_DETAIL_PAGE_GET_IFACE (self)->set_words != NULL)
    OH_DETAIL_PAGE_GET_IFACE (self)->set_words (self, words);
}

void
oh_detail_page_show_match (OhDetailPage *self, guint kind, guint index, guint nth)
{
  g_return_if_fail (OH_IS_DETAIL_PAGE (self));

  if (OH_DETAIL_PAGE_GET_IFACE (self)->show_match != NULL)
    OH_DETAIL_PAGE_GET_IFACE (self)->show_match (self, kind, index, nth);
}

gboolean
oh_detail_page_find (OhDetailPage *self)
{
  g_return_val_if_fail (OH_IS_DETAIL_PAGE (self), FALSE);

  return OH_DETAIL_PAGE_GET_IFACE (self)->find != NULL && OH_DETAIL_PAGE_GET_IFACE (self)->find (self);
}
