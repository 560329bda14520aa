/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-search-assist.h"

#include "oh-clock.h"
#include "oh-search.h"

#include <adwaita.h>
#include <string.h>

/* So many offers fit under the entry. */
#define OFFERS_MAX 9

typedef struct
{
  GtkSearchEntry *entry; /* owns us */
  GtkText *text;
  GtkLabel *complaint;
  GtkPopover *popover;
  GtkListBox *list;
  gsize word_start;      /* bytes: what an offer replaces begins here */
  gboolean accepting;
} Assist;

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

static void
accept (Assist *self)
{
  GtkListBoxRow *row = gtk_list_box_get_selected_row (self->list);
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  const char *offer;
  int start, position;

  if (row == NULL)
    return;
  offer = g_object_get_data (G_OBJECT (row), "offer");
  start = (int) g_utf8_pointer_to_offset (text, text + self->word_start);
  position = start;
  self->accepting = TRUE;
  gtk_editable_delete_text (GTK_EDITABLE (self->entry), start,
                            gtk_editable_get_position (GTK_EDITABLE (self->entry)));
  gtk_editable_insert_text (GTK_EDITABLE (self->entry), offer, -1, &position);
  gtk_editable_set_position (GTK_EDITABLE (self->entry), position);
  self->accepting = FALSE;
  gtk_popover_popdown (self->popover);
}

static void
offer (Assist *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  int position = gtk_editable_get_position (GTK_EDITABLE (self->entry));
  gsize cursor = (gsize) (g_utf8_offset_to_pointer (text, position) - text);
  g_autoptr (GPtrArray) offers = oh_search_complete (text, cursor, &self->word_start);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->list))) != NULL)
    gtk_list_box_remove (self->list, child);
  for (guint i = 0; i < MIN (offers->len, OFFERS_MAX); i++)
    {
      GtkWidget *row = gtk_list_box_row_new ();
      GtkWidget *label = gtk_label_new (offers->pdata[i]);

      gtk_label_set_xalign (GTK_LABEL (label), 0);
      gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), label);
      g_object_set_data_full (G_OBJECT (row), "offer", g_strdup (offers->pdata[i]), g_free);
      gtk_list_box_append (self->list, row);
    }
  if (offers->len > 0 && gtk_widget_has_focus (GTK_WIDGET (self->text)))
    gtk_popover_popup (self->popover);
  else
    gtk_popover_popdown (self->popover);
}

static void
on_changed (Assist *self)
{
  understand (self);
  if (!self->accepting)
    offer (self);
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
  gtk_widget_unparent (GTK_WIDGET (self->popover));
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
  g_object_set_data_full (G_OBJECT (entry), "oh-search-assist", self, g_free);
  understand (self);
}
