/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in the middle column and in the first part of the sidebar: a widget that implements this. */
#pragma once
#include "oh-engine.h"
#include "oh-search-words.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_PANE (oh_pane_get_type ())
G_DECLARE_INTERFACE (OhPane, oh_pane, OH, PANE, GtkWidget)

/* What a pane is to show. */
typedef struct
{
  gint64 run_id;      /* 0: of all runs */
  const char *text;   /* what is searched for, or NULL */
  OhSearchWords *words; /* what to mark for it, or NULL */
} OhScope;

/* Signals a pane emits, by the functions below:
 *   "selected" (gint64 exchange): the row under the cursor changed; 0: none.
 *   "opened" (gint64 exchange): wanted in a window of its own.
 *   "summary-changed" */
struct _OhPaneInterface
{
  GTypeInterface parent;

  void (*set_engine) (OhPane *self, OhEngine *engine);
  /* May be NULL, as select: it is about everything. */
  void (*set_scope) (OhPane *self, const OhScope *scope);
  /* The store changed. */
  void (*update) (OhPane *self);
  /* Read everything anew: something was deleted. */
  void (*reload) (OhPane *self);
  /* Moves the cursor by rows. Returns: whether it is on another row now. */
  gboolean (*move) (OhPane *self, int rows);
  /* Puts the cursor on an exchange, if it is there; 0: nowhere. */
  void (*select) (OhPane *self, gint64 exchange_id);
  /* Scrolls to the newest rows, and stays with them. */
  void (*go_to_newest) (OhPane *self);
  /* Takes the whole width: no console, no detail, nothing to search for; what it opens gets a window. */
  gboolean whole;
  /* Has the detail's room, too, while nothing is selected that stands there: it shows by itself what is selected. */
  gboolean wide;
  /* What stands in the detail's place while something other than an exchange is selected; NULL: nothing is. Each
   * "selected" asks for it again. (transfer none). The function may be NULL. */
  GtkWidget *(*get_detail) (OhPane *self);
  /* "1,204 exchanges"; may be NULL. */
  char *(*dup_summary) (OhPane *self);
};

void oh_pane_set_engine (OhPane *self, OhEngine *engine);
void oh_pane_set_scope (OhPane *self, const OhScope *scope);
void oh_pane_update (OhPane *self);
void oh_pane_reload (OhPane *self);
gboolean oh_pane_move (OhPane *self, int rows);
void oh_pane_select (OhPane *self, gint64 exchange_id);
void oh_pane_go_to_newest (OhPane *self);
char *oh_pane_dup_summary (OhPane *self);
gboolean oh_pane_is_whole (OhPane *self);
gboolean oh_pane_is_wide (OhPane *self);
GtkWidget *oh_pane_get_detail (OhPane *self);

/* For panes. */
/* What stands where a list is empty. @words: plain text */
void oh_pane_say_nothing (AdwStatusPage *page, const char *icon, const char *title, const char *words);
/* The same for a search. */
void oh_pane_say_not_found (AdwStatusPage *page, const char *text);
/* Where the cursor stands among @n rows after it was moved by rows; from nowhere it goes to the last one. Both positions
 * may be GTK_INVALID_LIST_POSITION. */
guint oh_pane_get_moved (guint n, guint position, int rows);
void oh_pane_emit_selected (OhPane *self, gint64 exchange_id);
void oh_pane_emit_opened (OhPane *self, gint64 exchange_id);
void oh_pane_emit_summary_changed (OhPane *self);

G_END_DECLS
