/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-search-box.h"

#include "oh-clock.h"
#include "oh-saved-searches.h"
#include "oh-search-assist.h"
#include "oh-search-chips.h"
#include "oh-settings.h"

#include <glib/gi18n.h>

#define SEARCH_DELAY_MS 120

struct _OhSearchBox
{
  GtkBox parent_instance;

  GtkSearchEntry *entry;
  GtkToggleButton *star;
  GtkLabel *count;
  GtkWidget *previous;
  GtkWidget *next;
  GtkWidget *console;
  GtkLabel *complaint;
  OhSearchChips *chips;
  gboolean starring; /* the star follows the text */
};

enum
{
  CHANGED,
  STEP,
  DOWN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (OhSearchBox, oh_search_box, GTK_TYPE_BOX)

/* What is wrong, or nothing, is not kept. */
static void
update_star (OhSearchBox *self)
{
  const char *text = oh_search_box_get_text (self);
  g_autoptr (OhSearch) search = oh_search_parse (text, oh_clock_wall_ns (), NULL, NULL);
  gboolean saved = oh_saved_searches_has (text);

  self->starring = TRUE;
  gtk_toggle_button_set_active (self->star, saved);
  self->starring = FALSE;
  gtk_widget_set_sensitive (GTK_WIDGET (self->star), search != NULL && search->kind != OH_SEARCH_EVERYTHING);
  gtk_button_set_icon_name (GTK_BUTTON (self->star), saved ? "starred-symbolic" : "non-starred-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->star), saved ? _ ("Remove This Search from the Sidebar")
                                                              : _ ("Save This Search in the Sidebar"));
}

static void
on_star_toggled (OhSearchBox *self)
{
  const char *text = oh_search_box_get_text (self);

  if (self->starring)
    return;
  if (gtk_toggle_button_get_active (self->star))
    oh_saved_searches_add (text, text, -1);
  else
    oh_saved_searches_remove (text);
}

static void
on_search_changed (OhSearchBox *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
on_next (OhSearchBox *self)
{
  g_signal_emit (self, signals[STEP], 0, 1);
}

static void
on_previous (OhSearchBox *self)
{
  g_signal_emit (self, signals[STEP], 0, -1);
}

static gboolean
on_key (OhSearchBox *self, guint keyval)
{
  if (keyval != GDK_KEY_Down && keyval != GDK_KEY_KP_Down)
    return GDK_EVENT_PROPAGATE;
  g_signal_emit (self, signals[DOWN], 0);
  return GDK_EVENT_STOP;
}

static void
oh_search_box_class_init (OhSearchBoxClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  signals[CHANGED] = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[STEP] = g_signal_new ("step", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  signals[DOWN] = g_signal_new ("down", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  g_type_ensure (OH_TYPE_SEARCH_CHIPS);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-search-box.ui");
  gtk_widget_class_bind_template_child (widget_class, OhSearchBox, entry);
  gtk_widget_class_bind_template_child (widget_class, OhSearchBox, star);
  gtk_widget_class_bind_template_child (widget_class, OhSearchBox, count);
  gtk_widget_class_bind_template_child (widget_class, OhSearchBox, previous);
  gtk_widget_class_bind_template_child (widget_class, OhSearchBox, next);
  gtk_widget_class_bind_template_child (widget_class, OhSearchBox, console);
  gtk_widget_class_bind_template_child (widget_class, OhSearchBox, complaint);
  gtk_widget_class_bind_template_child (widget_class, OhSearchBox, chips);
  gtk_widget_class_bind_template_callback (widget_class, on_search_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_next);
  gtk_widget_class_bind_template_callback (widget_class, on_previous);
  gtk_widget_class_bind_template_callback (widget_class, on_key);
  gtk_widget_class_bind_template_callback (widget_class, on_star_toggled);
}

static void
oh_search_box_init (OhSearchBox *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_search_entry_set_search_delay (self->entry, SEARCH_DELAY_MS);
  oh_search_assist_attach (self->entry, self->complaint);
  oh_search_chips_attach (self->chips, GTK_EDITABLE (self->entry));
  g_signal_connect_object (self->entry, "changed", G_CALLBACK (update_star), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (oh_settings_get (), "changed::" OH_SAVED_SEARCHES_KEY, G_CALLBACK (update_star), self,
                           G_CONNECT_SWAPPED);
}

void
oh_search_box_set_engine (OhSearchBox *self, OhEngine *engine)
{
  g_return_if_fail (OH_IS_SEARCH_BOX (self));

  oh_search_assist_set_engine (self->entry, engine);
  oh_search_chips_set_data_dir (self->chips, engine != NULL ? oh_engine_get_data_dir (engine) : NULL);
}

GtkSearchEntry *
oh_search_box_get_entry (OhSearchBox *self)
{
  g_return_val_if_fail (OH_IS_SEARCH_BOX (self), NULL);

  return self->entry;
}

const char *
oh_search_box_get_text (OhSearchBox *self)
{
  g_return_val_if_fail (OH_IS_SEARCH_BOX (self), "");

  return gtk_editable_get_text (GTK_EDITABLE (self->entry));
}

void
oh_search_box_set_text (OhSearchBox *self, const char *text)
{
  g_return_if_fail (OH_IS_SEARCH_BOX (self));
  g_return_if_fail (text != NULL);

  gtk_editable_set_text (GTK_EDITABLE (self->entry), text);
  gtk_editable_set_position (GTK_EDITABLE (self->entry), -1);
}

void
oh_search_box_show_chips (OhSearchBox *self)
{
  g_return_if_fail (OH_IS_SEARCH_BOX (self));

  gtk_widget_set_visible (GTK_WIDGET (self->chips), TRUE);
}

void
oh_search_box_edit (OhSearchBox *self)
{
  g_return_if_fail (OH_IS_SEARCH_BOX (self));

  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
  gtk_editable_select_region (GTK_EDITABLE (self->entry), 0, -1);
}

void
oh_search_box_toggle_saved (OhSearchBox *self)
{
  g_return_if_fail (OH_IS_SEARCH_BOX (self));

  if (gtk_widget_get_sensitive (GTK_WIDGET (self->star)))
    gtk_toggle_button_set_active (self->star, !gtk_toggle_button_get_active (self->star));
}

void
oh_search_box_set_matches (OhSearchBox *self, gboolean steppable, int total, int current)
{
  g_autofree char *words = NULL;
  g_autofree char *all = oh_format_count (total);
  g_autofree char *at = oh_format_count (current + 1);

  g_return_if_fail (OH_IS_SEARCH_BOX (self));

  if (total < 0)
    words = g_strdup ("");
  else if (total == 0)
    words = g_strdup (_ ("not here"));
  else if (current < 0)
    words = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s match", "%s matches", (gulong) total), all);
  else
    words = g_strdup_printf (_ ("%s of %s"), at, all);
  gtk_label_set_text (self->count, words);
  gtk_widget_set_visible (GTK_WIDGET (self->count), total >= 0);
  gtk_widget_set_sensitive (self->previous, steppable);
  gtk_widget_set_sensitive (self->next, steppable);
}

void
oh_search_box_set_console (OhSearchBox *self, gboolean found)
{
  g_return_if_fail (OH_IS_SEARCH_BOX (self));

  gtk_widget_set_visible (self->console, found);
}
