/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-exchange-row.h"

#include "oh-clock.h"
#include "oh-columns.h"
#include "oh-exchange-columns.h"
#include "oh-program-icon.h"
#include "oh-status-pill.h"
#include "oh-words.h"

#include <glib/gi18n.h>

struct _OhExchangeRow
{
  OhCellRow parent_instance; /* without cells until it is shown */

  gboolean heading;
  OhExchangeItem *item;
  gboolean stale;         /* the cells do not show the item yet */
  OhBracket bracket;
  char *excerpt;          /* or NULL */
  gboolean brief;         /* as of OhExchangeColumns */
};

G_STATIC_ASSERT (OH_N_COLUMNS <= OH_CELLS_MAX);

G_DEFINE_FINAL_TYPE (OhExchangeRow, oh_exchange_row, OH_TYPE_CELL_ROW)

static const OhColumnInfo infos[OH_N_COLUMNS] = {
  [OH_COLUMN_STARTED] = { "started", N_ ("Started"), 0 },
  [OH_COLUMN_STATUS] = { "status", N_ ("Status"), 0 },
  [OH_COLUMN_REQUEST] = { "news", N_ ("What is New"), OH_COLUMN_IS_LASTING },
  [OH_COLUMN_MODEL] = { "model", N_ ("Model"), 0 },
  [OH_COLUMN_TOKENS] = { "tokens", N_ ("Tokens"), 0 },
  [OH_COLUMN_COST] = { "cost", N_ ("Cost"), 0 },
  [OH_COLUMN_TOOK] = { "took", N_ ("Took"), 0 },
  [OH_COLUMN_ENDED] = { "ended", N_ ("Ended"), 0 },
  [OH_COLUMN_PROGRAM] = { "program", N_ ("Program"), 0 },
};

static const struct
{
  float xalign;
  gboolean dim;
} looks[OH_N_COLUMNS] = {
  [OH_COLUMN_STARTED] = { 0, TRUE },  [OH_COLUMN_STATUS] = { 0, FALSE }, [OH_COLUMN_REQUEST] = { 0, FALSE },
  [OH_COLUMN_MODEL] = { 0, TRUE },    [OH_COLUMN_TOKENS] = { 1, TRUE },  [OH_COLUMN_COST] = { 1, TRUE },
  [OH_COLUMN_TOOK] = { 1, TRUE },     [OH_COLUMN_ENDED] = { 0, FALSE },  [OH_COLUMN_PROGRAM] = { 0, TRUE },
};

/* A row with cells. All have the same height, so those that nobody sees have no cells and are measured like it. */
static OhExchangeRow *pattern;

/* Whether rows say which program made them: as soon as there is one to be told. All that there are hear of it. */
static gboolean programs;
static GHashTable *all;
static guint programs_source;

static gboolean
has_cells (OhExchangeRow *self)
{
  return oh_cell_row_get_n_cells (OH_CELL_ROW (self)) > 0;
}

static void
set_cell (OhExchangeRow *self, OhColumn column, const char *text)
{
  oh_cell_row_set_text (OH_CELL_ROW (self), column, text);
}

static gboolean
rearrange_all (gpointer data)
{
  GHashTableIter iter;
  gpointer row;

  programs_source = 0;
  g_hash_table_iter_init (&iter, all);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    oh_cell_row_rearrange (row);
  return G_SOURCE_REMOVE;
}

/* Not at once: rows are shown while others are laid out. */
static void
queue_rearrange (void)
{
  if (programs_source == 0)
    programs_source = g_idle_add_full (GTK_PRIORITY_RESIZE, rearrange_all, NULL, NULL);
}

static void
set_programs (gboolean shown)
{
  if (shown == programs)
    return;
  programs = shown;
  queue_rearrange ();
}

static void
show_program_heading (GtkWidget *cell)
{
  g_autofree char *title = oh_column_set_dup_title (oh_exchange_row_get_columns (), OH_COLUMN_PROGRAM);

  gtk_inscription_set_text (GTK_INSCRIPTION (gtk_widget_get_last_child (cell)), title);
}

/* Most lists have none, so rows have this cell only where it is needed. */
static GtkWidget *
ensure_program_cell (OhExchangeRow *self)
{
  GtkWidget *cell = oh_cell_row_get_cell (OH_CELL_ROW (self), OH_COLUMN_PROGRAM);

  if (cell != NULL)
    return cell;
  cell = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  gtk_widget_set_valign (cell, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (cell), gtk_image_new ());
  gtk_box_append (GTK_BOX (cell), oh_columns_new_text (0));
  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (gtk_widget_get_last_child (cell)),
                                    GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_MIDDLE);
  gtk_widget_set_hexpand (gtk_widget_get_last_child (cell), TRUE);
  if (self->heading)
    show_program_heading (cell);
  else
    gtk_widget_add_css_class (cell, "dim-label");
  gtk_widget_set_visible (gtk_widget_get_first_child (cell), FALSE);
  oh_cell_row_set_cell (OH_CELL_ROW (self), OH_COLUMN_PROGRAM, cell);
  return cell;
}

static void
show_program (OhExchangeRow *self, const OhProgram *program)
{
  GtkWidget *cell;

  if (program != NULL)
    set_programs (TRUE);
  if (program == NULL && oh_cell_row_get_cell (OH_CELL_ROW (self), OH_COLUMN_PROGRAM) == NULL)
    return;
  cell = ensure_program_cell (self);
  gtk_inscription_set_text (GTK_INSCRIPTION (gtk_widget_get_last_child (cell)), program != NULL ? program->name : NULL);
  gtk_widget_set_visible (gtk_widget_get_first_child (cell), program != NULL);
  if (program != NULL)
    oh_program_icon_show (GTK_IMAGE (gtk_widget_get_first_child (cell)), program->desktop);
}

static void
show_request (OhExchangeRow *self, const OhExchange *exchange)
{
  static const char *const brackets[] = { "", "┌ ", "│ ", "└ " };
  g_autofree char *news = self->excerpt != NULL ? g_strdup (self->excerpt) : oh_words_news (exchange, self->brief);
  g_autofree char *text = g_strconcat (brackets[self->bracket], exchange->pinned ? "★ " : "", news, NULL);

  set_cell (self, OH_COLUMN_REQUEST, text);
}

/* The list's own widget around the row has the focus, so it is what a screen reader reads. */
static void
show_sentence (OhExchangeRow *self, const OhExchange *exchange)
{
  GtkWidget *list_item = gtk_widget_get_parent (GTK_WIDGET (self));
  g_autofree char *sentence = oh_words_exchange (exchange);
  g_autofree char *found = self->excerpt == NULL ? NULL : g_strdup_printf (_ ("%s, found: %s"), sentence, self->excerpt);

  if (list_item != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (list_item), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    found != NULL ? found : sentence, -1);
}

static void
show_exchange (OhExchangeRow *self)
{
  OhExchange *exchange = self->item == NULL ? NULL : oh_exchange_item_get_exchange (self->item);
  OhStatusPill *pill = OH_STATUS_PILL (oh_cell_row_get_cell (OH_CELL_ROW (self), OH_COLUMN_STATUS));
  OhStatusKind kind = OH_STATUS_NEUTRAL;
  g_autofree char *started = NULL;
  g_autofree char *status = NULL;
  g_autofree char *model = NULL;
  g_autofree char *tokens = NULL;
  g_autofree char *took = NULL;
  g_autofree char *ended = NULL;
  g_autofree char *cost = NULL;

  self->stale = FALSE;
  if (exchange == NULL)
    {
      for (guint i = 0; i < OH_COLUMN_PROGRAM; i++)
        if (i != OH_COLUMN_STATUS)
          set_cell (self, i, NULL);
      show_program (self, NULL);
      oh_status_pill_set (pill, kind, NULL);
      return;
    }
  started = oh_format_moment (exchange->started_ns, oh_clock_wall_ns (), self->brief);
  status = oh_words_status (exchange, &kind);
  model = oh_words_model (exchange);
  tokens = oh_words_tokens (exchange);
  cost = oh_words_cost (exchange);
  took = oh_words_took (exchange);
  ended = oh_words_ended (exchange);
  set_cell (self, OH_COLUMN_STARTED, started);
  oh_status_pill_set (pill, kind, status);
  set_cell (self, OH_COLUMN_MODEL, model);
  set_cell (self, OH_COLUMN_TOKENS, tokens);
  set_cell (self, OH_COLUMN_COST, cost);
  set_cell (self, OH_COLUMN_TOOK, took);
  set_cell (self, OH_COLUMN_ENDED, ended);
  show_program (self, exchange->program);
  show_request (self, exchange);
  show_sentence (self, exchange);
}

/* Asked for: to set its text with each row would ask the display where the pointer is, each time. */
static gboolean
oh_exchange_row_query_tooltip (GtkWidget *widget, int x, int y, gboolean by_keyboard, GtkTooltip *tooltip)
{
  OhExchangeRow *self = OH_EXCHANGE_ROW (widget);
  OhExchange *exchange = self->item == NULL ? NULL : oh_exchange_item_get_exchange (self->item);
  g_autofree char *remark = exchange == NULL ? NULL : oh_words_remark (exchange);

  gtk_tooltip_set_text (tooltip, remark);
  return remark != NULL;
}

static void
on_changed (OhExchangeRow *self)
{
  if (!self->stale)
    show_exchange (self);
}

static void
show_headings (OhExchangeRow *self)
{
  for (guint i = 0; i < OH_COLUMN_PROGRAM; i++)
    {
      g_autofree char *title = oh_column_set_dup_title (oh_exchange_row_get_columns (), i);

      set_cell (self, i, title);
    }
  if (oh_cell_row_get_cell (OH_CELL_ROW (self), OH_COLUMN_PROGRAM) != NULL)
    show_program_heading (oh_cell_row_get_cell (OH_CELL_ROW (self), OH_COLUMN_PROGRAM));
}

static void
add_cells (OhExchangeRow *self)
{
  for (guint i = 0; i < OH_COLUMN_PROGRAM; i++)
    {
      GtkWidget *cell;

      if (i != OH_COLUMN_STATUS && !self->heading)
        {
          oh_cell_row_add_text (OH_CELL_ROW (self), i, looks[i].xalign, looks[i].dim);
          continue;
        }
      cell = self->heading ? oh_columns_new_text (looks[i].xalign) : oh_status_pill_new ();
      /* A cell that is higher than its line would break its text into two. */
      gtk_widget_set_valign (cell, GTK_ALIGN_CENTER);
      oh_cell_row_set_cell (OH_CELL_ROW (self), i, cell);
    }
}

/* A row whose cells are as high as those of @self. */
static OhExchangeRow *
get_pattern (OhExchangeRow *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (self->heading)
    return self;
  if (pattern != NULL && root != NULL && gtk_widget_get_root (GTK_WIDGET (pattern)) == root)
    return pattern;
  if (!has_cells (self))
    add_cells (self);
  pattern = self;
  return self;
}

/* Asking for a font's measures takes a while. */
static int
oh_exchange_row_get_digit (OhCellRow *row)
{
  static PangoContext *asked;
  static guint serial;
  static int digit;
  OhExchangeRow *self = OH_EXCHANGE_ROW (row);
  GtkWidget *widget = GTK_WIDGET (get_pattern (self));
  PangoContext *context = gtk_widget_get_pango_context (widget);

  if (self->heading)
    return oh_columns_get_digit_width (widget);
  if (context != asked || pango_context_get_serial (context) != serial)
    {
      digit = oh_columns_get_digit_width (widget);
      asked = context;
      serial = pango_context_get_serial (context);
    }
  return digit;
}

static void
oh_exchange_row_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                         int *minimum_baseline, int *natural_baseline)
{
  GTK_WIDGET_CLASS (oh_exchange_row_parent_class)
      ->measure (GTK_WIDGET (get_pattern (OH_EXCHANGE_ROW (widget))), orientation, for_size, minimum, natural,
                 minimum_baseline, natural_baseline);
}

static void
oh_exchange_row_arrange (OhCellRow *row, int width, int digit, OhCellPlace *places)
{
  OhExchangeRow *self = OH_EXCHANGE_ROW (row);
  OhColumnSet *set = oh_exchange_row_get_columns ();
  OhExchangeColumns columns;
  guint order[OH_N_COLUMNS];
  guint shown = OH_COLUMNS_ALL;

  if (self->heading && programs)
    ensure_program_cell (self);
  for (guint i = 0; i < OH_N_COLUMNS; i++)
    {
      order[i] = oh_column_set_get_nth (set, i);
      if (!oh_column_set_shows (set, i) || (i == OH_COLUMN_PROGRAM && !programs))
        shown &= ~(1u << i);
    }
  oh_exchange_columns_compute (&columns, width, digit, order, shown);
  for (guint i = 0; i < OH_N_COLUMNS; i++)
    places[i] = (OhCellPlace) { columns.x[i], columns.width[i] };
  if (columns.brief == self->brief)
    return;
  self->brief = columns.brief;
  if (self->item != NULL && !self->stale)
    show_exchange (self);
}

static void
oh_exchange_row_dispose (GObject *object)
{
  OhExchangeRow *self = OH_EXCHANGE_ROW (object);

  if (pattern == self)
    pattern = NULL;
  g_hash_table_remove (all, self);
  oh_exchange_row_set_item (self, NULL);
  G_OBJECT_CLASS (oh_exchange_row_parent_class)->dispose (object);
}

static void
oh_exchange_row_class_init (OhExchangeRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_exchange_row_dispose;
  widget_class->measure = oh_exchange_row_measure;
  widget_class->query_tooltip = oh_exchange_row_query_tooltip;
  OH_CELL_ROW_CLASS (klass)->arrange = oh_exchange_row_arrange;
  OH_CELL_ROW_CLASS (klass)->get_digit = oh_exchange_row_get_digit;
  OH_CELL_ROW_CLASS (klass)->marked = 1u << OH_COLUMN_REQUEST | 1u << OH_COLUMN_MODEL | 1u << OH_COLUMN_ENDED;
  gtk_widget_class_set_css_name (widget_class, "exchange");
}

static void
oh_exchange_row_init (OhExchangeRow *self)
{
  if (all == NULL)
    all = g_hash_table_new (NULL, NULL);
  g_hash_table_add (all, self);
}

GtkWidget *
oh_exchange_row_new (void)
{
  return g_object_new (OH_TYPE_EXCHANGE_ROW, "has-tooltip", TRUE, NULL);
}

GtkWidget *
oh_exchange_row_new_heading (void)
{
  OhExchangeRow *self = g_object_new (OH_TYPE_EXCHANGE_ROW, NULL);

  self->heading = TRUE;
  gtk_widget_add_css_class (GTK_WIDGET (self), "headings");
  add_cells (self);
  show_headings (self);
  g_signal_connect_object (oh_exchange_row_get_columns (), "changed", G_CALLBACK (show_headings), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}

OhColumnSet *
oh_exchange_row_get_columns (void)
{
  static OhColumnSet *columns;

  if (columns == NULL)
    {
      columns = oh_column_set_new ("timeline", infos, oh_exchange_columns_order, OH_N_COLUMNS);
      g_signal_connect (columns, "changed", G_CALLBACK (queue_rearrange), NULL);
    }
  return columns;
}

void
oh_exchange_row_forget_programs (void)
{
  set_programs (FALSE);
}

gboolean
oh_exchange_row_prepare (OhExchangeRow *self)
{
  g_return_val_if_fail (OH_IS_EXCHANGE_ROW (self), FALSE);

  if (has_cells (self))
    return FALSE;
  add_cells (self);
  return TRUE;
}

void
oh_exchange_row_set_item (OhExchangeRow *self, OhExchangeItem *item)
{
  g_return_if_fail (OH_IS_EXCHANGE_ROW (self));

  if (self->item != NULL)
    g_signal_handlers_disconnect_by_data (self->item, self);
  g_set_object (&self->item, item);
  if (self->excerpt != NULL)
    oh_cell_row_set_text_words (OH_CELL_ROW (self), OH_COLUMN_REQUEST, NULL);
  g_clear_pointer (&self->excerpt, g_free);
  if (item == NULL)
    return;
  self->stale = TRUE;
  g_signal_connect_object (item, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
}

OhExchangeItem *
oh_exchange_row_get_item (OhExchangeRow *self)
{
  g_return_val_if_fail (OH_IS_EXCHANGE_ROW (self), NULL);

  return self->item;
}

void
oh_exchange_row_show (OhExchangeRow *self)
{
  g_return_if_fail (OH_IS_EXCHANGE_ROW (self));

  oh_exchange_row_prepare (self);
  if (self->stale)
    show_exchange (self);
}

void
oh_exchange_row_set_bracket (OhExchangeRow *self, OhBracket bracket)
{
  OhExchange *exchange;

  g_return_if_fail (OH_IS_EXCHANGE_ROW (self));

  if (bracket == self->bracket)
    return;
  self->bracket = bracket;
  exchange = self->item == NULL || self->stale ? NULL : oh_exchange_item_get_exchange (self->item);
  if (exchange != NULL)
    show_request (self, exchange);
}

void
oh_exchange_row_set_excerpt (OhExchangeRow *self, const char *excerpt, OhSearchWords *words)
{
  OhExchange *exchange;

  g_return_if_fail (OH_IS_EXCHANGE_ROW (self));

  if (g_strcmp0 (excerpt, self->excerpt) == 0)
    return;
  g_free (self->excerpt);
  self->excerpt = g_strdup (excerpt);
  oh_cell_row_set_text_words (OH_CELL_ROW (self), OH_COLUMN_REQUEST, excerpt != NULL ? words : NULL);
  exchange = self->item == NULL || self->stale ? NULL : oh_exchange_item_get_exchange (self->item);
  if (exchange == NULL)
    return;
  show_request (self, exchange);
  show_sentence (self, exchange);
}

gboolean
oh_exchange_row_is_busy (OhExchangeRow *self)
{
  OhExchange *exchange;

  g_return_val_if_fail (OH_IS_EXCHANGE_ROW (self), FALSE);

  exchange = self->item == NULL || self->stale ? NULL : oh_exchange_item_get_exchange (self->item);
  return exchange != NULL && exchange->outcome == OH_OUTCOME_PENDING;
}

void
oh_exchange_row_tick (OhExchangeRow *self)
{
  g_autofree char *took = NULL;

  g_return_if_fail (OH_IS_EXCHANGE_ROW (self));

  if (!oh_exchange_row_is_busy (self))
    return;
  took = oh_words_took (oh_exchange_item_get_exchange (self->item));
  set_cell (self, OH_COLUMN_TOOK, took);
}
