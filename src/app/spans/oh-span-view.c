/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-span-view.h"

#include "oh-items.h"
#include "oh-json-pretty.h"
#include "oh-marks.h"
#include "oh-matchable.h"
#include "oh-span-phases.h"
#include "oh-span-pieces.h"
#include "oh-span-view-line.h"
#include "oh-span-words.h"
#include "oh-waterfall-zoom.h"
#include "oh-waterfall.h"
#include "oh-words.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

/* More of an input or a result than that is read in the call. */
#define TEXT_MAX 20000

struct _OhSpanView
{
  AdwBin parent_instance;

  GtkLabel *title;
  GtkLabel *about;
  GtkLabel *problem;
  GtkStack *stack; /* "timeline", "tool" */
  GtkOverlay *overlay;
  GtkBox *timeline;
  GtkListView *list_view;
  GtkLabel *input;
  GtkLabel *result;
  GtkLabel *result_heading;
  GtkButton *asked;
  GtkButton *answered;

  OhEngine *engine;
  OhSpanItem *trace;
  OhSpanItem *item;
  GListStore *lines;
  OhWaterfallScale *scale;
  OhSearchWords *words;  /* or NULL */
  GHashTable *bound;     /* OhSpanViewLine → the OhSpanItem that it shows */
  int matches;
  int current;           /* the match that is looked at; -1: none */
};

static void oh_span_view_matchable_init (OhMatchableInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhSpanView, oh_span_view, ADW_TYPE_BIN,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_MATCHABLE, oh_span_view_matchable_init))

static guint chosen_signal;

/* ---- words ---- */

static void
add_times (GString *words, OhSpanItem *item)
{
  g_autoptr (GArray) pieces = oh_span_get_pieces (item, oh_clock_wall_ns ());
  const OhPiece *first = pieces->len > 0 ? &g_array_index (pieces, OhPiece, 0) : NULL;
  const OhPiece *last = pieces->len > 0 ? &g_array_index (pieces, OhPiece, pieces->len - 1) : NULL;
  g_autofree char *started = NULL;
  g_autofree char *took = NULL;

  if (first == NULL)
    return;
  started = oh_format_date_time (oh_span_item_get_origin_ns (item) + first->from);
  took = oh_format_duration (last->to - first->from);
  oh_words_add (words, g_strdup_printf (_ ("started %s"), started));
  if (oh_span_item_is_running (item))
    oh_words_add (words, g_strdup_printf (_ ("running for %s"), took));
  else
    oh_words_add (words, g_strdup_printf (_ ("took %s"), took));
}

static char *
say_trace (OhSpanItem *item, const OhTrace *trace)
{
  GString *words = g_string_new (NULL);
  g_autofree char *tokens = oh_words_tokens_of (&trace->sums);
  g_autofree char *cost = oh_words_cost_of (&trace->sums, trace->running);
  g_autofree char *retried = oh_format_count (trace->sums.retried);
  g_autofree char *failed = oh_format_count (oh_trace_count_failed (trace));

  if (trace->session != NULL)
    oh_words_add (words, g_strdup_printf (_ ("session %s"), trace->session));
  if (trace->user != NULL)
    oh_words_add (words, g_strdup_printf (_ ("user %s"), trace->user));
  add_times (words, item);
  oh_words_add (words, oh_words_calls (trace->sums.calls));
  if (trace->sums.retried > 0)
    oh_words_add (words, g_strdup_printf (_ ("%s retried"), retried));
  if (oh_trace_count_failed (trace) > 0)
    oh_words_add (words, g_strdup_printf (ngettext ("%s failed", "%s failed", (gulong) oh_trace_count_failed (trace)), failed));
  if (*tokens != '\0')
    oh_words_add (words, g_strdup_printf (_ ("%s tokens"), tokens));
  if (*cost != '\0')
    oh_words_add (words, g_strdup_printf (_ ("cost %s"), cost));
  return g_string_free (words, FALSE);
}

static guint
count_calls (OhSpanItem *item)
{
  GListModel *below = oh_span_item_get_children (item);
  guint n = 0;

  for (guint i = 0; below != NULL && i < g_list_model_get_n_items (below); i++)
    {
      g_autoptr (OhSpanItem) child = g_list_model_get_item (below, i);

      n += oh_span_item_get_kind (child) == OH_SPAN_CALL ? 1 : count_calls (child);
    }
  return n;
}

static char *
say_span (OhSpanItem *item, const OhSpan *span)
{
  GString *words = g_string_new (span->kind == OH_SPAN_TOOL ? _ ("Tool") : _ ("Span of the program’s own"));

  add_times (words, item);
  if (span->kind == OH_SPAN_CUSTOM)
    oh_words_add (words, oh_words_calls (count_calls (item)));
  return g_string_free (words, FALSE);
}

/* ---- a tool ---- */

/* (transfer full) */
static char *
cut (const char *text)
{
  g_autofree char *start = NULL;

  if (g_utf8_strlen (text, -1) <= TEXT_MAX)
    return g_strdup (text);
  start = g_utf8_substring (text, 0, TEXT_MAX);
  return g_strdup_printf (_ ("%s…\n\nThe call has the rest."), start);
}

static void
show_tool (OhSpanView *self, const OhSpan *span)
{
  g_autofree char *pretty = oh_json_pretty (span->detail != NULL ? span->detail : "", -1);
  g_autofree char *input = cut (pretty);
  g_autofree char *result = cut (span->result != NULL ? span->result : "");

  gtk_label_set_label (self->input, *input != '\0' ? input : _ ("None"));
  gtk_label_set_label (self->result_heading, span->is_error ? _ ("Error") : _ ("Result"));
  if (span->result_exchange_id == 0)
    gtk_label_set_label (self->result, _ ("No call has brought a result."));
  else
    gtk_label_set_label (self->result, *result != '\0' ? result : _ ("Empty"));
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->asked), "x", span->exchange_id);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->answered), "x", span->result_exchange_id);
  gtk_widget_set_visible (GTK_WIDGET (self->asked), span->exchange_id != 0);
  gtk_widget_set_visible (GTK_WIDGET (self->answered), span->result_exchange_id != 0);
}

/* ---- the timeline ---- */

typedef struct
{
  OhSpanItem *item;
  gint64 from;
  guint order;
} Entry;

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *x = a, *y = b;

  if (x->from != y->from)
    return x->from < y->from ? -1 : 1;
  return (x->order > y->order) - (x->order < y->order);
}

/* Attempts stand in the bar of their call. The tree keeps the items alive. */
static void
collect (OhSpanItem *item, GArray *entries)
{
  GListModel *below = oh_span_item_get_children (item);

  for (guint i = 0; below != NULL && i < g_list_model_get_n_items (below); i++)
    {
      g_autoptr (OhSpanItem) child = g_list_model_get_item (below, i);
      g_autoptr (GArray) pieces = NULL;
      Entry entry = { child, 0, entries->len };

      if (oh_span_item_get_kind (child) == OH_SPAN_ATTEMPT)
        continue;
      pieces = oh_span_get_pieces (child, 0);
      if (pieces->len > 0)
        entry.from = g_array_index (pieces, OhPiece, 0).from;
      g_array_append_val (entries, entry);
      collect (child, entries);
    }
}

static void
fetch_phases (OhSpanView *self)
{
  GHashTableIter iter;
  gpointer item;

  g_hash_table_iter_init (&iter, self->bound);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    oh_span_phases_fetch (self->engine, item);
}

static void
show_timeline (OhSpanView *self)
{
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_autoptr (GPtrArray) items = g_ptr_array_new ();

  collect (self->item, entries);
  g_array_sort (entries, compare_entries);
  for (guint i = 0; i < entries->len; i++)
    g_ptr_array_add (items, g_array_index (entries, Entry, i).item);
  oh_items_put (self->lines, items);
  fetch_phases (self);
  oh_waterfall_scale_set_length (self->scale, oh_span_get_end_ns (self->trace, oh_clock_wall_ns ())
                                                  - oh_span_item_get_origin_ns (self->trace));
}

/* ---- what is searched for ---- */

/* Returns: the label with the match that is looked at, or NULL. */
static GtkWidget *
mark (OhSpanView *self)
{
  const gboolean tool = g_strcmp0 (gtk_stack_get_visible_child_name (self->stack), "tool") == 0;
  const struct
  {
    GtkLabel *label;
    OhSearchSide side;
  } texts[] = {
    { self->title, OH_SEARCH_ANYWHERE },
    { self->about, OH_SEARCH_ANYWHERE },
    { self->input, OH_SEARCH_IN_RESPONSE },
    { self->result, OH_SEARCH_IN_REQUEST },
  };
  GtkWidget *found = NULL;

  self->matches = 0;
  for (guint i = 0; i < (tool ? G_N_ELEMENTS (texts) : 2); i++)
    {
      GtkWidget *here;

      self->matches += (int) oh_marks_set (GTK_WIDGET (texts[i].label), self->words, texts[i].side,
                                           self->current >= self->matches ? self->current - self->matches : -1, &here);
      if (here != NULL)
        found = here;
    }
  return found;
}

static gboolean
oh_span_view_step (OhMatchable *matchable, int direction)
{
  OhSpanView *self = OH_SPAN_VIEW (matchable);
  int next = self->current >= 0 ? self->current + direction : direction > 0 ? 0 : self->matches - 1;
  GtkWidget *found;
  GtkWidget *scrolled;

  if (next < 0 || next >= self->matches)
    return FALSE;
  self->current = next;
  found = mark (self);
  scrolled = found == NULL ? NULL : gtk_widget_get_ancestor (found, GTK_TYPE_SCROLLED_WINDOW);
  if (scrolled != NULL)
    oh_marks_scroll_to (GTK_SCROLLED_WINDOW (scrolled), found);
  return TRUE;
}

static void
oh_span_view_leave (OhMatchable *matchable)
{
  OH_SPAN_VIEW (matchable)->current = -1;
}

static int
oh_span_view_get_matches (OhMatchable *matchable, int *current)
{
  OhSpanView *self = OH_SPAN_VIEW (matchable);

  *current = self->current;
  return self->words != NULL ? self->matches : -1;
}

static void
oh_span_view_matchable_init (OhMatchableInterface *iface)
{
  iface->get_matches = oh_span_view_get_matches;
  iface->step = oh_span_view_step;
  iface->leave = oh_span_view_leave;
}

/* ---- */

static void
show (OhSpanView *self)
{
  const OhTrace *trace = oh_span_item_get_trace (self->item);
  const OhSpan *span = oh_span_item_get_span (self->item);
  const char *name = span != NULL ? span->name : trace != NULL ? trace->name : NULL;
  gboolean tool = span != NULL && span->kind == OH_SPAN_TOOL;
  g_autofree char *about = span != NULL    ? say_span (self->item, span)
                           : trace != NULL ? say_trace (self->item, trace)
                                           : g_strdup ("");

  gtk_label_set_label (self->title, name != NULL ? name : _ ("Unnamed"));
  gtk_label_set_label (self->about, about);
  gtk_widget_set_visible (GTK_WIDGET (self->problem), span != NULL && span->is_error);
  gtk_label_set_label (self->problem, tool ? _ ("The tool failed.") : _ ("The program says that it failed."));
  gtk_stack_set_visible_child_name (self->stack, tool ? "tool" : "timeline");
  if (tool)
    show_tool (self, span);
  else
    show_timeline (self);
  if (self->words != NULL)
    mark (self);
}

static void
on_setup (OhSpanView *self, GtkListItem *list_item)
{
  gtk_list_item_set_child (list_item, oh_span_view_line_new (self->scale));
}

static void
on_bind (OhSpanView *self, GtkListItem *list_item)
{
  OhSpanViewLine *line = OH_SPAN_VIEW_LINE (gtk_list_item_get_child (list_item));
  OhSpanItem *item = gtk_list_item_get_item (list_item);

  oh_span_view_line_set_words (line, self->words);
  oh_span_view_line_set_item (line, item);
  g_hash_table_insert (self->bound, line, item);
  if (self->engine != NULL)
    oh_span_phases_fetch (self->engine, item);
}

static void
on_unbind (OhSpanView *self, GtkListItem *list_item)
{
  OhSpanViewLine *line = OH_SPAN_VIEW_LINE (gtk_list_item_get_child (list_item));

  g_hash_table_remove (self->bound, line);
  oh_span_view_line_set_item (line, NULL);
}

static void
on_activated (OhSpanView *self, guint position)
{
  g_autoptr (OhSpanItem) item = g_list_model_get_item (G_LIST_MODEL (self->lines), position);

  g_signal_emit (self, chosen_signal, 0, item);
}

static void
oh_span_view_dispose (GObject *object)
{
  OhSpanView *self = OH_SPAN_VIEW (object);

  if (self->item != NULL)
    oh_span_view_set_item (self, NULL, NULL, NULL);
  adw_bin_set_child (ADW_BIN (self), NULL);
  g_clear_object (&self->lines);
  g_clear_object (&self->scale);
  G_OBJECT_CLASS (oh_span_view_parent_class)->dispose (object);
}

static void
oh_span_view_finalize (GObject *object)
{
  OhSpanView *self = OH_SPAN_VIEW (object);

  g_hash_table_unref (self->bound);
  g_clear_pointer (&self->words, oh_search_words_unref);
  G_OBJECT_CLASS (oh_span_view_parent_class)->finalize (object);
}

static void
oh_span_view_class_init (OhSpanViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_span_view_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_span_view_finalize;
  chosen_signal = g_signal_new ("chosen", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 1, OH_TYPE_SPAN_ITEM);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-span-view.ui");
  gtk_widget_class_bind_template_child (widget_class, OhSpanView, title);
  gtk_widget_class_bind_template_child (widget_class, OhSpanView, about);
  gtk_widget_class_bind_template_child (widget_class, OhSpanView, problem);
  gtk_widget_class_bind_template_child (widget_class, OhSpanView, stack);
  gtk_widget_class_bind_template_child (widget_class, OhSpanView, overlay);
  gtk_widget_class_bind_template_child (widget_class, OhSpanView, timeline);
  gtk_widget_class_bind_template_child (widget_class, OhSpanView, list_view);
  gtk_widget_class_bind_template_child (widget_class, OhSpanView, input);
  gtk_widget_class_bind_template_child (widget_class, OhSpanView, result);
  gtk_widget_class_bind_template_child (widget_class, OhSpanView, result_heading);
  gtk_widget_class_bind_template_child (widget_class, OhSpanView, asked);
  gtk_widget_class_bind_template_child (widget_class, OhSpanView, answered);
  gtk_widget_class_bind_template_callback (widget_class, on_setup);
  gtk_widget_class_bind_template_callback (widget_class, on_bind);
  gtk_widget_class_bind_template_callback (widget_class, on_unbind);
  gtk_widget_class_bind_template_callback (widget_class, on_activated);
}

static void
oh_span_view_init (OhSpanView *self)
{
  GtkWidget *axis;

  self->lines = g_list_store_new (OH_TYPE_SPAN_ITEM);
  self->scale = oh_waterfall_scale_new ();
  self->bound = g_hash_table_new (NULL, NULL);
  self->current = -1;
  gtk_widget_init_template (GTK_WIDGET (self));
  axis = oh_waterfall_new_axis (self->scale);
  gtk_box_prepend (self->timeline, axis);
  gtk_box_append (self->timeline, oh_waterfall_new_legend ());
  gtk_overlay_add_overlay (self->overlay, oh_waterfall_zoom_new_button (self->scale));
  oh_waterfall_zoom_attach (GTK_WIDGET (self->timeline), axis, self->scale);
  gtk_list_view_set_model (self->list_view,
                           GTK_SELECTION_MODEL (gtk_no_selection_new (g_object_ref (G_LIST_MODEL (self->lines)))));
}

GtkWidget *
oh_span_view_new (void)
{
  return g_object_new (OH_TYPE_SPAN_VIEW, NULL);
}

void
oh_span_view_set_item (OhSpanView *self, OhEngine *engine, OhSpanItem *trace, OhSpanItem *item)
{
  g_return_if_fail (OH_IS_SPAN_VIEW (self));
  g_return_if_fail (item == NULL || (engine != NULL && trace != NULL));

  if (item == self->item)
    return;
  if (self->trace != NULL)
    g_signal_handlers_disconnect_by_data (self->trace, self);
  g_list_store_remove_all (self->lines);
  oh_waterfall_scale_reset (self->scale);
  self->engine = engine;
  g_set_object (&self->trace, trace);
  g_set_object (&self->item, item);
  self->matches = 0;
  self->current = -1;
  if (item == NULL)
    return;
  /* A trace says so after everything below it was read anew. */
  g_signal_connect_object (trace, "changed", G_CALLBACK (show), self, G_CONNECT_SWAPPED);
  show (self);
}

OhSpanItem *
oh_span_view_get_item (OhSpanView *self)
{
  g_return_val_if_fail (OH_IS_SPAN_VIEW (self), NULL);

  return self->item;
}

void
oh_span_view_set_words (OhSpanView *self, OhSearchWords *words)
{
  GHashTableIter iter;
  gpointer line;

  g_return_if_fail (OH_IS_SPAN_VIEW (self));

  if (!oh_search_words_set (&self->words, words))
    return;
  self->current = -1;
  mark (self);
  g_hash_table_iter_init (&iter, self->bound);
  while (g_hash_table_iter_next (&iter, &line, NULL))
    oh_span_view_line_set_words (line, words);
}

void
oh_span_view_tick (OhSpanView *self)
{
  g_return_if_fail (OH_IS_SPAN_VIEW (self));

  if (self->item == NULL || !oh_span_item_is_running (self->trace))
    return;
  oh_waterfall_scale_set_length (self->scale, oh_span_get_end_ns (self->trace, oh_clock_wall_ns ())
                                                  - oh_span_item_get_origin_ns (self->trace));
}
