/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-pane.h"

#include <glib/gi18n.h>

enum
{
  SELECTED,
  OPENED,
  SUMMARY_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_INTERFACE (OhPane, oh_pane, GTK_TYPE_WIDGET)

static void
oh_pane_default_init (OhPaneInterface *iface)
{
  signals[SELECTED] = g_signal_new ("selected", OH_TYPE_PANE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                    G_TYPE_INT64);
  signals[OPENED] = g_signal_new ("opened", OH_TYPE_PANE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                  G_TYPE_INT64);
  signals[SUMMARY_CHANGED] = g_signal_new ("summary-changed", OH_TYPE_PANE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 0);
}

void
oh_pane_set_engine (OhPane *self, OhEngine *engine)
{
  g_return_if_fail (OH_IS_PANE (self));

  OH_PANE_GET_IFACE (self)->set_engine (self, engine);
}

void
oh_pane_set_scope (OhPane *self, const OhScope *scope)
{
  g_return_if_fail (OH_IS_PANE (self));
  g_return_if_fail (scope != NULL);

  if (OH_PANE_GET_IFACE (self)->set_scope != NULL)
    OH_PANE_GET_IFACE (self)->set_scope (self, scope);
}

void
oh_pane_update (OhPane *self)
{
  g_return_if_fail (OH_IS_PANE (self));

  OH_PANE_GET_IFACE (self)->update (self);
}

void
oh_pane_reload (OhPane *self)
{
  g_return_if_fail (OH_IS_PANE (self));

  OH_PANE_GET_IFACE (self)->reload (self);
}

gboolean
oh_pane_move (OhPane *self, int rows)
{
  g_return_val_if_fail (OH_IS_PANE (self), FALSE);

  return OH_PANE_GET_IFACE (self)->move (self, rows);
}

void
oh_pane_select (OhPane *self, gint64 exchange_id)
{
  g_return_if_fail (OH_IS_PANE (self));

  if (OH_PANE_GET_IFACE (self)->select != NULL)
    OH_PANE_GET_IFACE (self)->select (self, exchange_id);
}

void
oh_pane_go_to_newest (OhPane *self)
{
  g_return_if_fail (OH_IS_PANE (self));

  OH_PANE_GET_IFACE (self)->go_to_newest (self);
}

char *
oh_pane_dup_summary (OhPane *self)
{
  g_return_val_if_fail (OH_IS_PANE (self), NULL);

  return OH_PANE_GET_IFACE (self)->dup_summary (self);
}

gboolean
oh_pane_is_whole (OhPane *self)
{
  g_return_val_if_fail (OH_IS_PANE (self), FALSE);

  return OH_PANE_GET_IFACE (self)->whole;
}

gboolean
oh_pane_is_wide (OhPane *self)
{
  g_return_val_if_fail (OH_IS_PANE (self), FALSE);

  return OH_PANE_GET_IFACE (self)->wide;
}

GtkWidget *
oh_pane_get_detail (OhPane *self)
{
  g_return_val_if_fail (OH_IS_PANE (self), NULL);

  return OH_PANE_GET_IFACE (self)->get_detail == NULL ? NULL : OH_PANE_GET_IFACE (self)->get_detail (self);
}

void
oh_pane_say_nothing (AdwStatusPage *page, const char *icon, const char *title, const char *words)
{
  g_autofree char *markup = g_markup_escape_text (words, -1);

  g_return_if_fail (ADW_IS_STATUS_PAGE (page));

  adw_status_page_set_icon_name (page, icon);
  adw_status_page_set_title (page, title);
  adw_status_page_set_description (page, markup);
}

void
oh_pane_say_not_found (AdwStatusPage *page, const char *text)
{
  g_autofree char *words = g_strdup_printf (_ ("Nothing matches “%s”."), text);

  oh_pane_say_nothing (page, "system-search-symbolic", _ ("Nothing Found"), words);
}

guint
oh_pane_get_moved (guint n, guint position, int rows)
{
  if (n == 0)
    return GTK_INVALID_LIST_POSITION;
  if (position == GTK_INVALID_LIST_POSITION)
    return n - 1;
  return (guint) CLAMP ((gint64) position + rows, 0, (gint64) n - 1);
}

void
oh_pane_emit_selected (OhPane *self, gint64 exchange_id)
{
  g_return_if_fail (OH_IS_PANE (self));

  g_signal_emit (self, signals[SELECTED], 0, exchange_id);
}

void
oh_pane_emit_opened (OhPane *self, gint64 exchange_id)
{
  g_return_if_fail (OH_IS_PANE (self));

  g_signal_emit (self, signals[OPENED], 0, exchange_id);
}

void
oh_pane_emit_summary_changed (OhPane *self)
{
  g_return_if_fail (OH_IS_PANE (self));

  g_signal_emit (self, signals[SUMMARY_CHANGED], 0);
}
