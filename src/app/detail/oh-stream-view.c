/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-stream-view.h"

#include "oh-body-view-text.h"
#include "oh-detail-page.h"
#include "oh-json-pretty.h"
#include "oh-marks.h"
#include "oh-names.h"
#include "oh-stream-view-model.h"

#include <glib/gi18n.h>
#include <string.h>

/* Columns in characters: arrival, gap, event. */
#define ARRIVAL_CHARS 10
#define GAP_CHARS 9
#define EVENT_CHARS 20

struct _OhStreamView
{
  AdwBin parent_instance;

  GtkStack *stack;
  AdwStatusPage *empty;
  GtkListView *list;
  GtkScrolledWindow *scroller;
  GtkBox *header;
  GtkWidget *detail;
  OhBodyViewText *data;
  GtkLabel *summary;
  GtkSingleSelection *selection;
  OhStreamModel *model;
  OhReading *reading; /* whose events they are, or NULL */
  GtkSearchEntry *filter;
  GtkLabel *count; /* of the events that the filter leaves */
  GtkWidget *nothing;
  gint64 exchange_id;
  gboolean partial; /* the rows do not know yet when they arrived */
  gint64 long_gap; /* a gap from here on is marked */
  guint tick_id;
  OhSearchWords *words; /* or NULL */
};

static void oh_stream_view_page_init (OhDetailPageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhStreamView, oh_stream_view, ADW_TYPE_BIN,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_DETAIL_PAGE, oh_stream_view_page_init))

static GtkWidget *
new_cell (int chars, float xalign)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), xalign);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_single_line_mode (GTK_LABEL (label), TRUE);
  if (chars > 0)
    {
      gtk_label_set_width_chars (GTK_LABEL (label), chars);
      gtk_label_set_max_width_chars (GTK_LABEL (label), chars);
    }
  else
    gtk_widget_set_hexpand (label, TRUE);
  /* The same font in every row and the heading: that is what lines the columns up. */
  gtk_widget_add_css_class (label, "monospace");
  return label;
}

static void
append_cells (GtkBox *row)
{
  gtk_box_append (row, new_cell (ARRIVAL_CHARS, 0));
  gtk_box_append (row, new_cell (GAP_CHARS, 1));
  gtk_box_append (row, new_cell (EVENT_CHARS, 0));
  gtk_box_append (row, new_cell (0, 0));
}

static void
set_cells (GtkBox *row, const char *const *texts)
{
  GtkWidget *cell = gtk_widget_get_first_child (GTK_WIDGET (row));

  for (guint i = 0; texts[i]; i++, cell = gtk_widget_get_next_sibling (cell))
    gtk_label_set_text (GTK_LABEL (cell), texts[i]);
}

static void
setup_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  append_cells (GTK_BOX (row));
  gtk_widget_add_css_class (gtk_widget_get_last_child (row), "dim-label");
  gtk_list_item_set_child (list_item, row);
}

static void
bind_row (GtkSignalListItemFactory *factory, GtkListItem *list_item, OhStreamView *self)
{
  GtkWidget *row = gtk_list_item_get_child (list_item);
  GtkWidget *gap_label = gtk_widget_get_next_sibling (gtk_widget_get_first_child (row));
  OhStreamItem *item = gtk_list_item_get_item (list_item);
  const OhStreamEvent *event = oh_stream_item_get_event (item);
  gint64 gap_ns = oh_stream_item_get_gap (item);
  gboolean is_long = gap_ns >= self->long_gap && gtk_list_item_get_position (list_item) > 0;
  g_autofree char *arrival =
      event->at_ns < 0 ? g_strdup ("–") : g_strdup_printf (_ ("+%.3f s"), (double) event->at_ns / OH_NS_PER_S);
  g_autofree char *milliseconds = gap_ns < 0 ? NULL : oh_format_count ((gap_ns + OH_NS_PER_MS / 2) / OH_NS_PER_MS);
  g_autofree char *gap =
      gap_ns < 0 ? g_strdup ("–") : g_strdup_printf (is_long ? _ ("▸ %s ms") : _ ("%s ms"), milliseconds);
  const char *texts[] = { arrival, gap, event->name, event->summary, NULL };

  oh_names_from_within (gtk_widget_get_parent (row));
  set_cells (GTK_BOX (row), texts);
  if (is_long)
    gtk_widget_add_css_class (gap_label, "long-gap");
  else
    gtk_widget_remove_css_class (gap_label, "long-gap");
  gtk_widget_set_tooltip_text (gap_label, is_long ? _ ("Much longer than is usual in this stream") : NULL);
  oh_marks_set (gtk_widget_get_last_child (row), self->words, OH_SEARCH_IN_RESPONSE, -1, NULL);
}

static void
selected_changed (OhStreamView *self)
{
  OhStreamItem *item = gtk_single_selection_get_selected_item (self->selection);
  const OhStreamEvent *event;
  g_autofree char *size = NULL;
  g_autofree char *words = NULL;
  g_autofree char *pretty = NULL;

  gtk_widget_set_visible (self->detail, item != NULL);
  if (!item)
    return;
  event = oh_stream_item_get_event (item);
  size = oh_format_bytes (event->length);
  words = g_strdup_printf (_ ("%s · %s%s"), event->name, size,
                           event->unterminated ? _ (" · the stream ended inside this event") : "");
  gtk_label_set_text (self->summary, words);
  if (*event->data == '{' || *event->data == '[')
    {
      pretty = oh_json_pretty (event->data, -1);
      oh_body_view_text_set (self->data, pretty, -1, "json");
    }
  else
    oh_body_view_text_set (self->data, event->data, -1, NULL);
}

/* After the new rows have been given their sizes. */
static gboolean
scroll_to_end (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  OhStreamView *self = OH_STREAM_VIEW (widget);
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->scroller);

  self->tick_id = 0;
  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_upper (adjustment));
  return G_SOURCE_REMOVE;
}

static gboolean
is_at_end (OhStreamView *self)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->scroller);
  double end = gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment);

  return end > 0 && gtk_adjustment_get_value (adjustment) >= end - 4;
}

/* "12 of 100,000" while not all are there. */
static void
show_count (OhStreamView *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->model));
  guint all = self->reading != NULL ? self->reading->events->len : 0;
  g_autofree char *count = oh_format_count (n);
  g_autofree char *total = oh_format_count (all);
  g_autofree char *words = NULL;

  if (*gtk_editable_get_text (GTK_EDITABLE (self->filter)) != '\0')
    words = g_strdup_printf (_ ("%s of %s"), count, total);
  else
    words = g_strdup_printf (ngettext ("%s event", "%s events", all), total);
  gtk_label_set_text (self->count, words);
  gtk_widget_set_visible (self->nothing, all > 0 && n == 0);
}

static void
filter_changed (OhStreamView *self)
{
  oh_stream_model_set_filter (self->model, gtk_editable_get_text (GTK_EDITABLE (self->filter)));
  show_count (self);
}

static void
filter_stopped (OhStreamView *self)
{
  gtk_editable_set_text (GTK_EDITABLE (self->filter), "");
  gtk_widget_grab_focus (GTK_WIDGET (self->list));
}

static void
show_empty (OhStreamView *self, const OhExchangeView *view)
{
  gboolean pending = view->exchange->outcome == OH_OUTCOME_PENDING;

  adw_status_page_set_title (self->empty, pending ? _ ("No Events Yet") : _ ("Not a Stream"));
  adw_status_page_set_description (self->empty, pending ? _ ("Events appear here as they arrive.")
                                                        : _ ("The answer came in one piece: see Response."));
  gtk_stack_set_visible_child_name (self->stack, "empty");
}

/* Marks the data of the rows that there are. */
static void
mark_rows (OhStreamView *self)
{
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->list)); child;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *row = gtk_widget_get_first_child (child);

      if (row)
        oh_marks_set (gtk_widget_get_last_child (row), self->words, OH_SEARCH_IN_RESPONSE, -1, NULL);
    }
}

/* ---- the page ---- */

static void
oh_stream_view_set_view (OhDetailPage *page, OhEngine *engine, OhExchangeView *view)
{
  OhStreamView *self = OH_STREAM_VIEW (page);
  gboolean same, at_end;

  same = view && view->exchange->id == self->exchange_id;
  at_end = same && is_at_end (self);
  self->exchange_id = view ? view->exchange->id : 0;
  if (view)
    self->long_gap = oh_stream_model_long_gap (view->reading->events);
  if (!same)
    gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
  g_clear_pointer (&self->reading, oh_reading_unref);
  self->reading = view ? oh_reading_ref (view->reading) : NULL;
  oh_stream_model_set_reading (self->model, view ? view->reading : NULL, same && !self->partial);
  show_count (self);
  self->partial = view && view->partial;
  if (view && view->reading->events->len == 0)
    show_empty (self, view);
  else
    gtk_stack_set_visible_child_name (self->stack, "events");
  if (at_end && self->tick_id == 0)
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), scroll_to_end, NULL, NULL);
  else if (!same)
    gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (self->scroller), 0);
}

static void
oh_stream_view_set_words (OhDetailPage *page, OhSearchWords *words)
{
  OhStreamView *self = OH_STREAM_VIEW (page);

  oh_search_words_set (&self->words, words);
  mark_rows (self);
  oh_body_view_text_set_words (self->data, words, OH_SEARCH_IN_RESPONSE);
}

static void
oh_stream_view_show_match (OhDetailPage *page, guint kind, guint index, guint nth)
{
  OhStreamView *self = OH_STREAM_VIEW (page);
  guint position = oh_stream_model_find (self->model, index);

  if (position == GTK_INVALID_LIST_POSITION)
    {
      gtk_editable_set_text (GTK_EDITABLE (self->filter), "");
      filter_changed (self);
      position = index;
    }
  gtk_single_selection_set_selected (self->selection, position);
  gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", position);
  oh_body_view_text_show_match (self->data, nth);
}

static gboolean
oh_stream_view_find (OhDetailPage *page)
{
  return gtk_widget_get_mapped (GTK_WIDGET (OH_STREAM_VIEW (page)->filter))
         && gtk_widget_grab_focus (GTK_WIDGET (OH_STREAM_VIEW (page)->filter));
}

static void
oh_stream_view_page_init (OhDetailPageInterface *iface)
{
  iface->find = oh_stream_view_find;
  iface->set_view = oh_stream_view_set_view;
  iface->set_words = oh_stream_view_set_words;
  iface->show_match = oh_stream_view_show_match;
}

/* ---- */

static void
oh_stream_view_dispose (GObject *object)
{
  OhStreamView *self = OH_STREAM_VIEW (object);

  g_clear_object (&self->selection);
  g_clear_object (&self->model);
  g_clear_pointer (&self->reading, oh_reading_unref);
  g_clear_pointer (&self->words, oh_search_words_unref);
  G_OBJECT_CLASS (oh_stream_view_parent_class)->dispose (object);
}

static void
oh_stream_view_class_init (OhStreamViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_stream_view_dispose;
  g_type_ensure (OH_TYPE_BODY_VIEW_TEXT);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-stream-view.ui");
  gtk_widget_class_bind_template_child (widget_class, OhStreamView, stack);
  gtk_widget_class_bind_template_child (widget_class, OhStreamView, empty);
  gtk_widget_class_bind_template_child (widget_class, OhStreamView, list);
  gtk_widget_class_bind_template_child (widget_class, OhStreamView, filter);
  gtk_widget_class_bind_template_child (widget_class, OhStreamView, count);
  gtk_widget_class_bind_template_child (widget_class, OhStreamView, nothing);
  gtk_widget_class_bind_template_child (widget_class, OhStreamView, scroller);
  gtk_widget_class_bind_template_child (widget_class, OhStreamView, header);
  gtk_widget_class_bind_template_child (widget_class, OhStreamView, detail);
  gtk_widget_class_bind_template_child (widget_class, OhStreamView, data);
  gtk_widget_class_bind_template_child (widget_class, OhStreamView, summary);
  gtk_widget_class_bind_template_callback (widget_class, filter_changed);
  gtk_widget_class_bind_template_callback (widget_class, filter_stopped);
  gtk_widget_class_bind_template_callback (widget_class, setup_row);
  gtk_widget_class_bind_template_callback (widget_class, bind_row);
}

static void
oh_stream_view_init (OhStreamView *self)
{
  const char *headings[] = { _ ("Arrived"), _ ("Gap"), _ ("Event"), _ ("Data"), NULL };

  gtk_widget_init_template (GTK_WIDGET (self));
  append_cells (self->header);
  set_cells (self->header, headings);
  self->long_gap = OH_NS_PER_S;
  self->model = oh_stream_model_new ();
  g_signal_connect_object (self->model, "items-changed", G_CALLBACK (show_count), self, G_CONNECT_SWAPPED);
  self->selection = gtk_single_selection_new (G_LIST_MODEL (g_object_ref (self->model)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (selected_changed), self,
                           G_CONNECT_SWAPPED);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (self->selection));
  selected_changed (self);
}
