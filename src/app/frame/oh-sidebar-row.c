/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sidebar-row.h"

#include "oh-context-menu.h"
#include "oh-program-icon.h"
#include "oh-status-pill.h"
#include "oh-words.h"

#include <glib/gi18n.h>

struct _OhSidebarRow
{
  GtkListBoxRow parent_instance;

  GtkImage *icon;
  OhStatusPill *pill;
  GtkLabel *title;
  GtkLabel *trailing;

  const OhPaneInfo *pane;
  gint64 run_id;
  char *search;
  char *program;     /* NULL: it is no program's */
  OhProgramRule rule;
  gboolean running;
  char *command;     /* of a run, as typed into a shell; or NULL */
};

G_DEFINE_FINAL_TYPE (OhSidebarRow, oh_sidebar_row, GTK_TYPE_LIST_BOX_ROW)

static void
set_texts (OhSidebarRow *self, const char *title, const char *trailing)
{
  g_autofree char *sentence = g_strdup_printf ("%s, %s", title, trailing);

  gtk_label_set_label (self->title, title);
  gtk_label_set_label (self->trailing, trailing);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  *trailing == '\0' ? title : sentence, -1);
}

static void
append_item (GMenu *menu, const char *label, const char *action, gint64 run_id)
{
  oh_context_menu_add (menu, label, action, g_variant_new_int64 (run_id));
}

static void
append_search_item (GMenu *menu, const char *label, const char *action, const char *search)
{
  oh_context_menu_add (menu, label, action, g_variant_new_string (search));
}

static void
append_program_item (GMenu *menu, const char *label, const char *name, OhProgramRule rule)
{
  oh_context_menu_add (menu, label, "sidebar.set-program", g_variant_new ("(si)", name, (gint32) rule));
}

static void
append_program_items (OhSidebarRow *self, GMenu *menu)
{
  if (self->rule == OH_PROGRAM_EXCLUDED)
    append_program_item (menu, _ ("_Include Again"), self->program, OH_PROGRAM_INCLUDED);
  else
    append_program_item (menu, _ ("E_xclude"), self->program, OH_PROGRAM_EXCLUDED);
  if (self->rule == OH_PROGRAM_ONLY)
    append_program_item (menu, _ ("_All Programs Again"), self->program, OH_PROGRAM_INCLUDED);
  else
    append_program_item (menu, _ ("_Only This Program"), self->program, OH_PROGRAM_ONLY);
}

static void
append_run_items (OhSidebarRow *self, GMenu *menu)
{
  g_autofree char *part = oh_part_name_run (self->run_id);
  g_autoptr (GMenu) act = g_menu_new (), take = g_menu_new ();

  if (self->running)
    append_item (act, _ ("_Stop"), "win.stop-run", self->run_id);
  if (self->command != NULL)
    {
      append_item (act, _ ("Run _Again"), "win.run-again", self->run_id);
      oh_context_menu_add (act, _ ("_Copy Command"), "win.copy-text", g_variant_new_string (self->command));
    }
  oh_context_menu_add_section (menu, act);
  oh_context_menu_add (take, _ ("_Export…"), "win.export-part", g_variant_new_string (part));
  if (!self->running)
    append_item (take, _ ("_Delete"), "win.clear-run", self->run_id);
  oh_context_menu_add_section (menu, take);
}

/* Keys that mean something on the row of a search only. */
static gboolean
search_key (GtkWidget *widget, GVariant *args, gpointer data)
{
  OhSidebarRow *self = OH_SIDEBAR_ROW (widget);

  if (self->search == NULL || self->program != NULL)
    return FALSE;
  return gtk_widget_activate_action (widget, g_variant_get_string (args, NULL), "s", self->search);
}

static void
oh_sidebar_row_dispose (GObject *object)
{
  g_clear_pointer (&OH_SIDEBAR_ROW (object)->search, g_free);
  g_clear_pointer (&OH_SIDEBAR_ROW (object)->program, g_free);
  g_clear_pointer (&OH_SIDEBAR_ROW (object)->command, g_free);
  gtk_widget_dispose_template (GTK_WIDGET (object), OH_TYPE_SIDEBAR_ROW);
  G_OBJECT_CLASS (oh_sidebar_row_parent_class)->dispose (object);
}

static void
oh_sidebar_row_class_init (OhSidebarRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_sidebar_row_dispose;
  g_type_ensure (OH_TYPE_STATUS_PILL);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-sidebar-row.ui");
  gtk_widget_class_bind_template_child (widget_class, OhSidebarRow, icon);
  gtk_widget_class_bind_template_child (widget_class, OhSidebarRow, pill);
  gtk_widget_class_bind_template_child (widget_class, OhSidebarRow, title);
  gtk_widget_class_bind_template_child (widget_class, OhSidebarRow, trailing);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_F2, 0, search_key, "s", "sidebar.rename-search");
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Delete, 0, search_key, "s", "sidebar.delete-search");
}

static void
oh_sidebar_row_init (OhSidebarRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
oh_sidebar_row_new_for_pane (const OhPaneInfo *pane)
{
  OhSidebarRow *self = g_object_new (OH_TYPE_SIDEBAR_ROW, NULL);

  self->pane = pane;
  gtk_image_set_from_icon_name (self->icon, pane->icon);
  gtk_widget_set_visible (GTK_WIDGET (self->pill), FALSE);
  set_texts (self, _ (pane->title), "");
  return GTK_WIDGET (self);
}

GtkWidget *
oh_sidebar_row_new_for_search (const char *name, const char *text)
{
  OhSidebarRow *self = g_object_new (OH_TYPE_SIDEBAR_ROW, NULL);

  self->search = g_strdup (text);
  gtk_image_set_from_icon_name (self->icon, "starred-symbolic");
  gtk_widget_set_visible (GTK_WIDGET (self->pill), FALSE);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), text);
  set_texts (self, name, "");
  return GTK_WIDGET (self);
}

GtkWidget *
oh_sidebar_row_new_for_program (const char *name)
{
  OhSidebarRow *self = g_object_new (OH_TYPE_SIDEBAR_ROW, NULL);

  /* All of the name: "code" is not "vscode". */
  self->search = oh_search_format_term (OH_SEARCH_PROGRAM, name);
  *strchr (self->search, ':') = '=';
  self->program = g_strdup (name);
  gtk_widget_set_visible (GTK_WIDGET (self->pill), FALSE);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), name);
  gtk_label_set_label (self->title, name);
  return GTK_WIDGET (self);
}

GtkWidget *
oh_sidebar_row_new_for_run (gint64 run_id)
{
  OhSidebarRow *self = g_object_new (OH_TYPE_SIDEBAR_ROW, NULL);

  self->run_id = run_id;
  gtk_widget_set_visible (GTK_WIDGET (self->icon), FALSE);
  return GTK_WIDGET (self);
}

const OhPaneInfo *
oh_sidebar_row_get_pane (OhSidebarRow *self)
{
  g_return_val_if_fail (OH_IS_SIDEBAR_ROW (self), NULL);

  return self->pane;
}

gint64
oh_sidebar_row_get_run_id (OhSidebarRow *self)
{
  g_return_val_if_fail (OH_IS_SIDEBAR_ROW (self), 0);

  return self->run_id;
}

gboolean
oh_sidebar_row_is_program (OhSidebarRow *self)
{
  g_return_val_if_fail (OH_IS_SIDEBAR_ROW (self), FALSE);

  return self->program != NULL;
}

GMenu *
oh_sidebar_row_make_menu (OhSidebarRow *self)
{
  GMenu *menu;

  g_return_val_if_fail (OH_IS_SIDEBAR_ROW (self), NULL);

  menu = g_menu_new ();
  if (self->program != NULL)
    append_program_items (self, menu);
  else if (self->search != NULL)
    {
      append_search_item (menu, _ ("Re_name…"), "sidebar.rename-search", self->search);
      append_search_item (menu, _ ("_Delete"), "sidebar.delete-search", self->search);
    }
  else if (self->run_id != 0)
    append_run_items (self, menu);
  return menu;
}

const char *
oh_sidebar_row_get_search (OhSidebarRow *self)
{
  g_return_val_if_fail (OH_IS_SIDEBAR_ROW (self), NULL);

  return self->search;
}

const char *
oh_sidebar_row_get_title (OhSidebarRow *self)
{
  g_return_val_if_fail (OH_IS_SIDEBAR_ROW (self), NULL);

  return gtk_label_get_label (self->title);
}

void
oh_sidebar_row_set_count (OhSidebarRow *self, gint64 count)
{
  g_autofree char *text = count > 0 ? oh_format_count (count) : NULL;

  oh_sidebar_row_set_note (self, text);
}

void
oh_sidebar_row_set_note (OhSidebarRow *self, const char *note)
{
  g_return_if_fail (OH_IS_SIDEBAR_ROW (self) && self->pane != NULL);

  set_texts (self, _ (self->pane->title), note != NULL ? note : "");
}

void
oh_sidebar_row_set_run (OhSidebarRow *self, const OhRun *run)
{
  g_autofree char *state = NULL;
  OhStatusKind kind;

  g_return_if_fail (OH_IS_SIDEBAR_ROW (self));
  g_return_if_fail (run != NULL);

  state = oh_words_run_state (run, &kind);
  set_texts (self, run->name, state);
  oh_status_pill_set (self->pill, kind, NULL);
  self->running = run->ended_ns == 0 && run->error == NULL;
  g_free (self->command);
  self->command = run->argv != NULL ? oh_engine_quote_command (run->argv) : NULL;
}

void
oh_sidebar_row_set_program (OhSidebarRow *self, gint64 count, OhProgramRule rule, const char *called)
{
  g_autofree char *number = count > 0 ? oh_format_count (count) : g_strdup ("");
  const char *state = rule == OH_PROGRAM_EXCLUDED ? _ ("excluded") : rule == OH_PROGRAM_ONLY ? _ ("only") : "";
  g_autofree char *trailing = g_strconcat (number, *number != '\0' && *state != '\0' ? ", " : "", state, NULL);

  g_return_if_fail (OH_IS_SIDEBAR_ROW (self) && self->program != NULL);

  self->rule = rule;
  g_free (self->program);
  self->program = g_strdup (called != NULL ? called : gtk_label_get_label (self->title));
  if (rule == OH_PROGRAM_EXCLUDED)
    gtk_widget_add_css_class (GTK_WIDGET (self->title), "dim-label");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->title), "dim-label");
  set_texts (self, gtk_label_get_label (self->title), trailing);
  /* There is no room for both. */
  if (*state != '\0')
    gtk_label_set_label (self->trailing, state);
}

void
oh_sidebar_row_set_desktop (OhSidebarRow *self, const char *desktop)
{
  g_return_if_fail (OH_IS_SIDEBAR_ROW (self));

  oh_program_icon_show (self->icon, desktop);
}
