/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-exchange-menu.h"

#include "oh-context-menu.h"

#include <glib/gi18n.h>

/* @value: (nullable): adds nothing */
static void
add_term (GMenu *menu, const char *label, OhSearchFieldId field, const char *value)
{
  g_autofree char *term = value != NULL ? oh_search_format_term (field, value) : NULL;

  if (term != NULL)
    oh_context_menu_add (menu, label, "browser.narrow", g_variant_new_string (term));
}

static void
add_files (GMenu *menu, const char *part)
{
  oh_context_menu_add (menu, _ ("_Export…"), "win.export-part", g_variant_new_string (part));
  oh_context_menu_add (menu, _ ("_Delete"), "win.delete-part", g_variant_new_string (part));
}

GMenu *
oh_exchange_menu_new (const OhExchange *exchange)
{
  GMenu *menu;
  g_autoptr (GMenu) open = g_menu_new (), copy = g_menu_new (), find = g_menu_new (), files = g_menu_new ();
  g_autofree char *status = NULL;
  g_autofree char *number = NULL;
  g_autofree char *part = NULL;

  g_return_val_if_fail (exchange != NULL, NULL);

  menu = g_menu_new ();
  status = exchange->status > 0 ? g_strdup_printf ("%u", exchange->status) : NULL;
  number = g_strdup_printf ("%" G_GINT64_FORMAT, exchange->id);
  part = oh_part_name_exchanges (&exchange->id, 1);
  oh_context_menu_add (open, _ ("_Open in a Window"), "exchange.open", g_variant_new_int64 (exchange->id));
  if (exchange->place != NULL && exchange->place->trace_id != 0)
    oh_context_menu_add (open, _ ("Show in _Traces"), "browser.show", g_variant_new ("(sx)", "traces", exchange->id));
  if (exchange->place != NULL && exchange->place->parent_id != 0)
    oh_context_menu_add (open, _ ("Compare _with the Call Before"), "browser.compare",
                         g_variant_new ("(xx)", exchange->place->parent_id, exchange->id));
  oh_context_menu_add (open, _ ("_Mark to Compare"), "win.mark", NULL);
  oh_context_menu_add_possible (open, _ ("Compare with the Mar_ked Call"), "browser.compare-marked", NULL);
  oh_context_menu_add (open, exchange->pinned ? _ ("Un_pin") : _ ("_Pin"), "win.pin", NULL);
  oh_context_menu_add_section (menu, open);
  oh_context_menu_add (copy, _ ("Copy as c_URL"), "browser.detail", g_variant_new_string ("detail.copy-curl"));
  oh_context_menu_add (copy, _ ("Copy Re_quest Body"), "browser.detail", g_variant_new_string ("detail.copy-request"));
  oh_context_menu_add (copy, _ ("Copy Re_sponse Body"), "browser.detail", g_variant_new_string ("detail.copy-response"));
  oh_context_menu_add (copy, _ ("Copy _Answer as Markdown"), "browser.detail", g_variant_new_string ("detail.copy-answer"));
  oh_context_menu_add (copy, _ ("Copy Call _Number"), "win.copy-text", g_variant_new_string (number));
  oh_context_menu_add_section (menu, copy);
  add_term (find, _ ("Only This _Model"), OH_SEARCH_MODEL, exchange->facts != NULL ? exchange->facts->model : NULL);
  add_term (find, _ ("Only This Status"), OH_SEARCH_STATUS, status);
  add_term (find, _ ("Only This _Host"), OH_SEARCH_HOST, exchange->host);
  add_term (find, _ ("Only This Program"), OH_SEARCH_PROGRAM, exchange->program != NULL ? exchange->program->name : NULL);
  oh_context_menu_add_section (menu, find);
  oh_context_menu_add (files, _ ("Print…"), "app.print", g_variant_new_int64 (exchange->id));
  add_files (files, part);
  oh_context_menu_add_section (menu, files);
  return menu;
}

void
oh_exchange_menu_add_part (GMenu *menu, const char *part, const char *called, const char *term)
{
  g_autoptr (GMenu) find = g_menu_new (), files = g_menu_new ();

  if (called != NULL)
    oh_context_menu_add (find, _ ("_Copy Name"), "win.copy-text", g_variant_new_string (called));
  if (term != NULL)
    oh_context_menu_add (find, _ ("Only This in the _Timeline"), "browser.search-for", g_variant_new_string (term));
  oh_context_menu_add_section (menu, find);
  add_files (files, part);
  oh_context_menu_add_section (menu, files);
}
