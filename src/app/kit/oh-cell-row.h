/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of cells that stand in columns: as high as its highest cell, and as wide as it is allowed to be. */
#pragma once
#include "oh-search-words.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_CELLS_MAX 9

/* Where a cell stands, in pixels from the row's beginning. */
typedef struct
{
  int x;
  int width; /* 0: there is no room for it */
} OhCellPlace;

#define OH_TYPE_CELL_ROW (oh_cell_row_get_type ())
G_DECLARE_DERIVABLE_TYPE (OhCellRow, oh_cell_row, OH, CELL_ROW, GtkWidget)

struct _OhCellRowClass
{
  GtkWidgetClass parent_class;

  /* Where the cells stand; asked for only when the width is another one, or the font.
   * @digit: how wide a digit is, in pixels
   * @places: (out): one a cell */
  void (*arrange) (OhCellRow *self, int width, int digit, OhCellPlace *places);
  /* How wide a digit is: in the row's own font, unless it knows a faster way. */
  int (*get_digit) (OhCellRow *self);
  /* A bit for each cell with words that may be searched for: numbers and times are no such texts. */
  guint marked;
};

/* Puts a cell, in the place of what stood there. It has the whole height, or what its valign says. */
void oh_cell_row_set_cell (OhCellRow *self, guint i, GtkWidget *cell);
/* Makes a cell of a text in one line that the row paints: much cheaper than a widget, and nothing to a screen reader.
 * @xalign: 0 at its beginning, 1 at its end */
void oh_cell_row_add_text (OhCellRow *self, guint i, float xalign, gboolean dim);
/* Of such a cell, or of one made by oh_columns_new_text(). @text: (nullable) */
void oh_cell_row_set_text (OhCellRow *self, guint i, const char *text);
/* Numbers and signs have no direction of their own, and would turn where text goes from right to left: “94 → 70” would read
 * “70 → 94”. Returns: (transfer full): the text; where it is only of such, isolated from that */
char *oh_cell_row_isolate (const char *text, GtkTextDirection direction);
/* In a text that the row paints, marks these words rather than what is searched for. @words: (nullable): as in the others */
void oh_cell_row_set_text_words (OhCellRow *self, guint i, OhSearchWords *words);
guint oh_cell_row_get_n_cells (OhCellRow *self);
/* (transfer none), or NULL where no widget was put. */
GtkWidget *oh_cell_row_get_cell (OhCellRow *self, guint i);
int oh_cell_row_get_width (OhCellRow *self, guint i);
/* Where the middle of a cell is, in pixels from the row's left. */
double oh_cell_row_get_middle (OhCellRow *self, guint i);
/* The cell that is nearest. @x: in pixels from the row's left */
guint oh_cell_row_find_cell (OhCellRow *self, double x);
/* The cells stand elsewhere now, though the row is as wide as before. */
void oh_cell_row_rearrange (OhCellRow *self);
/* Marks what is searched for. @words: (nullable) */
void oh_cell_row_set_words (OhCellRow *self, OhSearchWords *words);
/* The cells say something else. */
void oh_cell_row_mark (OhCellRow *self);

G_END_DECLS
