/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pane that is one long list: its rows and their heading, the cursor, what is searched for, the way back to the newest,
 * and what stands there while there is nothing. */
#pragma once
#include "oh-cell-row.h"
#include "oh-pane.h"
#include "oh-selection.h"
#include "oh-tail.h"

G_BEGIN_DECLS

typedef struct
{
  AdwBin parent_instance;

  /*< protected: panes read them, and add to the boxes >*/
  GtkStack *stack;
  AdwStatusPage *nothing;
  GtkWidget *clear_search;
  GtkBox *page;
  GtkOverlay *overlay;
  GtkBox *list_box;
  GtkScrolledWindow *scrolled;
  GtkListView *list_view;
  OhTail *tail;
  OhEngine *engine;     /* set by the pane */
  OhSelection *selection;
  GHashTable *rows;     /* OhCellRow that show something -> their GtkListItem */
  gint64 run_id;
  char *text;           /* what is searched for, or NULL */
  gint64 selected_id;   /* the exchange that was told of last; 0: none */
  gint64 wanted_id;     /* one that is selected as soon as it is in the list: it was, or is meant to be; 0: none */

  /*< private >*/
  OhSearchWords *words; /* of the text; or NULL */
  guint tick_source;
} OhListPane;

typedef struct
{
  AdwBinClass parent_class;

  GtkWidget *(*new_row) (OhListPane *self);
  /* Puts the item of a list item into its row, or, with NULL, takes it away. */
  void (*set_item) (OhListPane *self, OhCellRow *row, GtkListItem *list_item);
  /* Shows other rows: those of run_id and text. */
  void (*load) (OhListPane *self);
  gboolean (*is_loading) (OhListPane *self);
  /* Nothing was searched for, and there is nothing. */
  void (*say_nothing) (OhListPane *self);
  /* The cursor is elsewhere. */
  void (*selected) (OhListPane *self, guint position);
  /* A row was double-clicked, or Enter was pressed. */
  void (*activated) (OhListPane *self, guint position);
  /* Shows the times of now. Returns: whether they run. */
  gboolean (*tick_row) (OhListPane *self, OhCellRow *row);
  /* After the rows, while any runs; may be NULL. */
  void (*ticked) (OhListPane *self);
} OhListPaneClass;

#define OH_TYPE_LIST_PANE (oh_list_pane_get_type ())
GType oh_list_pane_get_type (void);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhListPane, g_object_unref)
#define OH_LIST_PANE(object) (G_TYPE_CHECK_INSTANCE_CAST ((object), OH_TYPE_LIST_PANE, OhListPane))
#define OH_IS_LIST_PANE(object) (G_TYPE_CHECK_INSTANCE_TYPE ((object), OH_TYPE_LIST_PANE))
#define OH_LIST_PANE_CLASS(klass) (G_TYPE_CHECK_CLASS_CAST ((klass), OH_TYPE_LIST_PANE, OhListPaneClass))

/* Says what the rows are, and gives the list a style class. */
void oh_list_pane_set_name (OhListPane *self, const char *name, const char *style);
guint oh_list_pane_get_n_rows (OhListPane *self);
/* The list, or what stands there instead. */
void oh_list_pane_show_page (OhListPane *self);
/* Puts the cursor there, and the keyboard with it. @position: may be GTK_INVALID_LIST_POSITION */
void oh_list_pane_go_to (OhListPane *self, guint position);
/* Tells of the exchange under the cursor if it is another one. @anyway: or in any case */
void oh_list_pane_tell_selected (OhListPane *self, gint64 exchange_id, gboolean anyway);
/* Puts the cursor on a row that came back, and shows it. */
void oh_list_pane_come_back (OhListPane *self, guint position);
/* There may be rows whose times run. */
void oh_list_pane_ensure_tick (OhListPane *self);

G_END_DECLS
