/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-search-assist.h"

#include <adwaita.h>
#include <string.h>

#define DATA_NAME "oh-search-assist"
/* So many offers fit under the entry. */
#define OFFERS_MAX 9
/* Values that are asked for, and how long they count as new. */
#define VALUES_MAX 500
#define VALUES_AGE_US (5 * G_USEC_PER_SEC)
#define OFFER_CHARS 56

typedef struct
{
  GtkSearchEntry *entry; /* owns us */
  GtkText *text;
  GtkLabel *complaint;
  GtkPopover *popover;
  GtkListBox *list;
  gsize word_start;      /* bytes: what an offer replaces begins here */
  gboolean accepting;
  guint offer_source;
  char *data_dir;        /* where values come from; or NULL */
  GPtrArray *values[OH_SEARCH_N_FIELDS]; /* (element-type utf8) or NULL */
  gint64 values_at[OH_SEARCH_N_FIELDS];  /* when they were read, monotonic, us */
  GCancellable *reading; /* or NULL */
} Assist;

/* Values of one field, to be read on a worker. */
typedef struct
{
  char *data_dir;
  OhSearchFieldId field;
} Reading;

/* Colours that are read on a light and on a dark entry. */
static const struct
{
  const char *light;
  const char *dark;
} colours[] = {
  [OH_SEARCH_SPAN_TEXT] = { NULL, NULL },
  [OH_SEARCH_SPAN_KEYWORD] = { "#8b2fa0", "#dc9ff0" },
  [OH_SEARCH_SPAN_FIELD] = { "#1a5fb4", "#99c1f1" },
  [OH_SEARCH_SPAN_VALUE] = { "#1f6b45", "#8ff0a4" },
  [OH_SEARCH_SPAN_WRONG] = { "#c01c28", "#ff9b92" },
};

static void
add_attribute (PangoAttrList *attributes, PangoAttribute *attribute, const OhSearchSpan *span)
{
  attribute->start_index = (guint) span->start;
  attribute->end_index = (guint) span->end;
  pango_attr_list_insert (attributes, attribute);
}

static void
colour (Assist *self, const GArray *spans)
{
  g_autoptr (PangoAttrList) attributes = pango_attr_list_new ();
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());

  for (guint i = 0; i < spans->len; i++)
    {
      const OhSearchSpan *span = &g_array_index (spans, OhSearchSpan, i);
      const char *name = dark ? colours[span->kind].dark : colours[span->kind].light;
      PangoColor paint;

      if (name == NULL || !pango_color_parse (&paint, name))
        continue;
      add_attribute (attributes, pango_attr_foreground_new (paint.red, paint.green, paint.blue), span);
      if (span->kind == OH_SEARCH_SPAN_WRONG)
        add_attribute (attributes, pango_attr_underline_new (PANGO_UNDERLINE_ERROR), span);
    }
  gtk_text_set_attributes (self->text, attributes);
}

static void
understand (Assist *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  g_autoptr (GArray) spans = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhSearch) search = oh_search_parse (text, oh_clock_wall_ns (), &spans, &error);

  colour (self, spans);
  gtk_label_set_text (self->complaint, search == NULL ? error->message : "");
  gtk_widget_set_visible (GTK_WIDGET (self->complaint), search == NULL);
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_STATE_INVALID,
                               search == NULL ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
}

static void offer (Assist *self);

static void
accept (Assist *self)
{
  GtkListBoxRow *row = gtk_list_box_get_selected_row (self->list);
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  g_autofree char *words = NULL;
  gboolean ends_in_colon;
  int start, position;

  if (row == NULL)
    return;
  words = g_strdup (g_object_get_data (G_OBJECT (row), "offer"));
  ends_in_colon = g_str_has_suffix (words, ":");
  start = (int) g_utf8_pointer_to_offset (text, text + self->word_start);
  position = start;
  self->accepting = TRUE;
  gtk_editable_delete_text (GTK_EDITABLE (self->entry), start,
                            gtk_editable_get_position (GTK_EDITABLE (self->entry)));
  gtk_editable_insert_text (GTK_EDITABLE (self->entry), words, -1, &position);
  gtk_editable_set_position (GTK_EDITABLE (self->entry), position);
  self->accepting = FALSE;
  gtk_popover_popdown (self->popover);
  /* A field's name is half a term: its values are next. */
  if (ends_in_colon)
    offer (self);
}

/* ---- values ---- */

static void
reading_free (gpointer data)
{
  Reading *reading = data;

  g_free (reading->data_dir);
  g_free (reading);
}

static void
read_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Reading *reading = data;
  g_autoptr (OhStoreReader) reader = oh_store_reader_new (reading->data_dir, NULL);

  g_task_return_pointer (task,
                         reader != NULL ? oh_store_reader_get_values (reader, reading->field, VALUES_MAX)
                                        : g_ptr_array_new_with_free_func (g_free),
                         (GDestroyNotify) g_ptr_array_unref);
}

static gboolean
same_values (const GPtrArray *a, const GPtrArray *b)
{
  if (a == NULL || a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (!g_str_equal (a->pdata[i], b->pdata[i]))
      return FALSE;
  return TRUE;
}

static void
on_values (GObject *source, GAsyncResult *result, gpointer data)
{
  GPtrArray *values = g_task_propagate_pointer (G_TASK (result), NULL);
  const Reading *reading = g_task_get_task_data (G_TASK (result));
  Assist *self = data;
  gboolean same;

  /* Cancelled: the entry is gone, or its engine. */
  if (values == NULL)
    return;
  g_clear_object (&self->reading);
  same = same_values (self->values[reading->field], values);
  g_clear_pointer (&self->values[reading->field], g_ptr_array_unref);
  self->values[reading->field] = values;
  self->values_at[reading->field] = g_get_monotonic_time ();
  /* Offers that are being chosen from stay as they are. */
  if (!same)
    offer (self);
}

static void
read_values (Assist *self, OhSearchFieldId field)
{
  g_autoptr (GTask) task = NULL;
  Reading *reading;

  if (self->reading != NULL || self->data_dir == NULL)
    return;
  self->reading = g_cancellable_new ();
  task = g_task_new (NULL, self->reading, on_values, self);
  reading = g_new (Reading, 1);
  *reading = (Reading) { g_strdup (self->data_dir), field };
  g_task_set_source_tag (task, read_values);
  g_task_set_task_data (task, reading, reading_free);
  g_task_run_in_thread (task, read_in_thread);
}

static void
add_values (GPtrArray *offers, GPtrArray *values, OhSearchFieldId field, const char *typed, gboolean beginning)
{
  g_autofree char *wanted = g_utf8_casefold (typed, -1);

  for (guint i = 0; i < values->len; i++)
    {
      g_autofree char *folded = g_utf8_casefold (values->pdata[i], -1);
      const char *found = strstr (folded, wanted);

      if (found != NULL && (found == folded) == beginning && strcmp (values->pdata[i], typed) != 0)
        g_ptr_array_add (offers, oh_search_format_term (field, values->pdata[i]));
    }
}

/* Values that begin with what is typed, then those that have it inside. (transfer full) */
static GPtrArray *
offer_values (Assist *self, OhSearchFieldId field, const char *typed)
{
  GPtrArray *offers = g_ptr_array_new_with_free_func (g_free);

  if (self->values[field] != NULL)
    {
      add_values (offers, self->values[field], field, typed, TRUE);
      add_values (offers, self->values[field], field, typed, FALSE);
    }
  if (self->values[field] == NULL || g_get_monotonic_time () - self->values_at[field] > VALUES_AGE_US)
    read_values (self, field);
  return offers;
}

static void
forget_values (Assist *self)
{
  if (self->reading != NULL)
    g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  for (guint i = 0; i < OH_SEARCH_N_FIELDS; i++)
    g_clear_pointer (&self->values[i], g_ptr_array_unref);
}

static void
offer (Assist *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  int position = gtk_editable_get_position (GTK_EDITABLE (self->entry));
  gsize cursor = (gsize) (g_utf8_offset_to_pointer (text, position) - text);
  g_autoptr (GPtrArray) offers = NULL;
  g_autofree char *typed = NULL;
  OhSearchFieldId field;
  GtkWidget *child;

  offers = oh_search_get_value_at (text, cursor, &field, &typed, &self->word_start)
               ? offer_values (self, field, typed)
               : oh_search_complete (text, cursor, &self->word_start);

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->list))) != NULL)
    gtk_list_box_remove (self->list, child);
  for (guint i = 0; i < MIN (offers->len, OFFERS_MAX); i++)
    {
      GtkWidget *row = gtk_list_box_row_new ();
      GtkWidget *label = gtk_label_new (offers->pdata[i]);

      gtk_label_set_xalign (GTK_LABEL (label), 0);
      gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
      gtk_label_set_max_width_chars (GTK_LABEL (label), OFFER_CHARS);
      gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), label);
      g_object_set_data_full (G_OBJECT (row), "offer", g_strdup (offers->pdata[i]), g_free);
      gtk_list_box_append (self->list, row);
    }
  if (offers->len > 0 && gtk_widget_has_focus (GTK_WIDGET (self->text)))
    gtk_popover_popup (self->popover);
  else
    gtk_popover_popdown (self->popover);
}

static gboolean
offer_now (gpointer data)
{
  Assist *self = data;

  self->offer_source = 0;
  offer (self);
  return G_SOURCE_REMOVE;
}

/* GTK moves the cursor only after it has told of the change. */
static void
on_changed (Assist *self)
{
  understand (self);
  if (!self->accepting && self->offer_source == 0)
    self->offer_source = g_idle_add_full (G_PRIORITY_HIGH_IDLE, offer_now, self, NULL);
}

static void
move (Assist *self, int rows)
{
  GtkListBoxRow *row = gtk_list_box_get_selected_row (self->list);
  int index = row != NULL ? gtk_list_box_row_get_index (row) + rows : rows > 0 ? 0 : -1;

  gtk_list_box_select_row (self->list, gtk_list_box_get_row_at_index (self->list, MAX (index, 0)));
}

static gboolean
on_key (Assist *self, guint keyval)
{
  if (self->offer_source != 0)
    {
      g_clear_handle_id (&self->offer_source, g_source_remove);
      offer (self);
    }
  if (!gtk_widget_get_visible (GTK_WIDGET (self->popover)))
    return GDK_EVENT_PROPAGATE;
  switch (keyval)
    {
    case GDK_KEY_Down:
    case GDK_KEY_KP_Down:
      move (self, 1);
      return GDK_EVENT_STOP;
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
      move (self, -1);
      return GDK_EVENT_STOP;
    case GDK_KEY_Tab:
    case GDK_KEY_KP_Tab:
      if (gtk_list_box_get_selected_row (self->list) == NULL)
        move (self, 1);
      accept (self);
      return GDK_EVENT_STOP;
    case GDK_KEY_Return:
    case GDK_KEY_KP_Enter:
      /* Without a choice it is the search as it stands that is wanted. */
      if (gtk_list_box_get_selected_row (self->list) == NULL)
        {
          gtk_popover_popdown (self->popover);
          return GDK_EVENT_PROPAGATE;
        }
      accept (self);
      return GDK_EVENT_STOP;
    case GDK_KEY_Escape:
      /* Values that come only now are not wanted any more either. */
      forget_values (self);
      gtk_popover_popdown (self->popover);
      return GDK_EVENT_STOP;
    default:
      return GDK_EVENT_PROPAGATE;
    }
}

static void
on_row_activated (Assist *self, GtkListBoxRow *row)
{
  gtk_list_box_select_row (self->list, row);
  accept (self);
}

static void
on_focus_left (Assist *self)
{
  gtk_popover_popdown (self->popover);
}

static void
on_destroy (Assist *self)
{
  g_signal_handlers_disconnect_by_data (adw_style_manager_get_default (), self);
  g_clear_handle_id (&self->offer_source, g_source_remove);
  forget_values (self);
  gtk_widget_unparent (GTK_WIDGET (self->popover));
}

static void
assist_free (gpointer data)
{
  Assist *self = data;

  forget_values (self);
  g_free (self->data_dir);
  g_free (self);
}

void
oh_search_assist_attach (GtkSearchEntry *entry, GtkLabel *complaint)
{
  Assist *self = g_new0 (Assist, 1);
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  self->entry = entry;
  self->text = GTK_TEXT (gtk_editable_get_delegate (GTK_EDITABLE (entry)));
  self->complaint = complaint;
  self->list = GTK_LIST_BOX (gtk_list_box_new ());
  gtk_list_box_set_selection_mode (self->list, GTK_SELECTION_SINGLE);
  gtk_widget_set_can_focus (GTK_WIDGET (self->list), FALSE);
  self->popover = GTK_POPOVER (gtk_popover_new ());
  gtk_popover_set_autohide (self->popover, FALSE);
  gtk_popover_set_has_arrow (self->popover, FALSE);
  gtk_popover_set_position (self->popover, GTK_POS_BOTTOM);
  gtk_widget_set_halign (GTK_WIDGET (self->popover), GTK_ALIGN_START);
  gtk_widget_set_can_focus (GTK_WIDGET (self->popover), FALSE);
  gtk_popover_set_child (self->popover, GTK_WIDGET (self->list));
  gtk_widget_set_parent (GTK_WIDGET (self->popover), GTK_WIDGET (entry));

  /* Before the entry's own: Tab and the arrows mean the offers while there are some. */
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (on_key), self);
  gtk_widget_add_controller (GTK_WIDGET (entry), keys);
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (on_focus_left), self);
  gtk_widget_add_controller (GTK_WIDGET (self->text), focus);
  g_signal_connect_swapped (self->list, "row-activated", G_CALLBACK (on_row_activated), self);
  g_signal_connect_swapped (entry, "changed", G_CALLBACK (on_changed), self);
  g_signal_connect_swapped (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (understand), self);
  g_signal_connect_swapped (entry, "destroy", G_CALLBACK (on_destroy), self);
  g_object_set_data_full (G_OBJECT (entry), DATA_NAME, self, assist_free);
  understand (self);
}

void
oh_search_assist_set_engine (GtkSearchEntry *entry, OhEngine *engine)
{
  Assist *self;

  g_return_if_fail (GTK_IS_SEARCH_ENTRY (entry));

  self = g_object_get_data (G_OBJECT (entry), DATA_NAME);
  g_return_if_fail (self != NULL);
  forget_values (self);
  g_free (self->data_dir);
  self->data_dir = engine != NULL ? g_strdup (oh_engine_get_data_dir (engine)) : NULL;
}
