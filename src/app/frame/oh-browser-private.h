/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The browser, and what its actions need of it. */
#pragma once
#include "oh-browser.h"

#include "oh-console.h"
#include "oh-detail.h"
#include "oh-pane.h"
#include "oh-search-box.h"
#include "oh-search-words.h"
#include "oh-sidebar.h"
#include "oh-silence-banner.h"

G_BEGIN_DECLS

struct _OhBrowser
{
  AdwBin parent_instance;

  AdwFlap *flap;
  OhSidebar *sidebar;
  GtkStack *content_stack;
  GtkPaned *detail_paned;
  GtkPaned *console_paned;
  GtkSearchBar *search_bar;
  OhSearchBox *search_box;
  OhSilenceBanner *silence;
  GtkStack *pane_stack;
  OhConsole *console;
  GtkStack *detail_stack;
  OhDetail *detail;
  AdwBin *other;          /* what the pane shows in the detail's place */

  OhEngine *engine;
  OhRoom room;
  OhPane *pane;           /* the one that is shown */
  gboolean whole;         /* it takes the whole width */
  gint64 run_id;          /* chosen in the sidebar; 0: all */
  char *text;             /* what is searched for, or NULL */
  gint64 selected_id;
  gint64 marked_id;       /* what others are compared with; 0: none */
  GHashTable *outdated;   /* OhPane: those in which rows may stand that were deleted */
  gint64 reload_until;    /* rows are being deleted: read everything anew until then, on the monotonic clock, us */
  OhSearchWords *words;   /* what to mark; or NULL */
  OhSearchWords *console_words; /* what is searched for in consoles; or NULL */
  gint64 console_run;     /* of what is selected, where that is in what it wrote; or 0 */
  GCancellable *console_look; /* while that is looked for */
  guint first_tick;       /* until there is a first frame */
  gint64 first_of_run;    /* select the first exchange of this run when it comes, if nothing is selected */
  GSimpleActionGroup *actions;
};

/* Shows a pane by its name, without a word of what is searched for or chosen in it. */
void oh_browser_turn_to (OhBrowser *self, const char *name);
/* Has the pane show what the sidebar and the search say. */
void oh_browser_set_scope (OhBrowser *self);
void oh_browser_clear_search (OhBrowser *self);
/* @text: a search */
void oh_browser_search_for (OhBrowser *self, const char *text);
/* @direction: 1 to the next match, -1 to the one before */
void oh_browser_step_match (OhBrowser *self, int direction);
/* In a window of its own; 0: nothing happens. */
void oh_browser_open_exchange (OhBrowser *self, gint64 exchange_id);

G_END_DECLS
