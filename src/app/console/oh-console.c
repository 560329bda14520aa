/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-console.h"

#include "oh-status-pill.h"
#include "oh-terminal.h"
#include "oh-words.h"

#include <glib/gi18n.h>

/* Terminals of ended runs beyond these are made anew from the store when they are shown again. */
#define TERMINALS_KEPT 6

struct _OhConsole
{
  AdwBin parent_instance;

  OhStatusPill *pill;
  GtkLabel *name;
  GtkLabel *state;
  GtkWidget *stop;
  GtkWidget *run_again;
  GtkStack *stack;

  OhEngine *engine;
  gint64 run_id;
};

G_DEFINE_FINAL_TYPE (OhConsole, oh_console, ADW_TYPE_BIN)

static char *
get_page_name (gint64 run_id)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT, run_id);
}

static OhTerminal *
get_terminal (GtkWidget *page)
{
  return OH_TERMINAL (gtk_scrolled_window_get_child (GTK_SCROLLED_WINDOW (page)));
}

static void
drop_old_terminals (OhConsole *self)
{
  GtkWidget *page = gtk_widget_get_first_child (GTK_WIDGET (self->stack));
  guint ended = 0;

  for (GtkWidget *p = page; p != NULL; p = gtk_widget_get_next_sibling (p))
    ended += !oh_terminal_is_live (get_terminal (p));
  while (page != NULL && ended > TERMINALS_KEPT)
    {
      GtkWidget *next = gtk_widget_get_next_sibling (page);

      if (!oh_terminal_is_live (get_terminal (page)))
        {
          gtk_stack_remove (self->stack, page);
          ended--;
        }
      page = next;
    }
}

static GtkWidget *
add_terminal (OhConsole *self, const char *page_name)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), oh_terminal_new (self->engine, self->run_id));
  gtk_stack_add_named (self->stack, scrolled, page_name);
  return scrolled;
}

static void
oh_console_class_init (OhConsoleClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (OH_TYPE_STATUS_PILL);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-console.ui");
  gtk_widget_class_bind_template_child (widget_class, OhConsole, pill);
  gtk_widget_class_bind_template_child (widget_class, OhConsole, name);
  gtk_widget_class_bind_template_child (widget_class, OhConsole, state);
  gtk_widget_class_bind_template_child (widget_class, OhConsole, stop);
  gtk_widget_class_bind_template_child (widget_class, OhConsole, run_again);
  gtk_widget_class_bind_template_child (widget_class, OhConsole, stack);
}

static void
oh_console_init (OhConsole *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
oh_console_set_engine (OhConsole *self, OhEngine *engine)
{
  GtkWidget *page;

  g_return_if_fail (OH_IS_CONSOLE (self));

  self->engine = engine;
  self->run_id = 0;
  while ((page = gtk_widget_get_first_child (GTK_WIDGET (self->stack))) != NULL)
    gtk_stack_remove (self->stack, page);
}

void
oh_console_show_run (OhConsole *self, gint64 run_id)
{
  g_autofree char *page_name = get_page_name (run_id);
  GtkWidget *page;

  g_return_if_fail (OH_IS_CONSOLE (self));

  self->run_id = run_id;
  if (run_id == 0 || self->engine == NULL)
    return;
  drop_old_terminals (self);
  page = gtk_stack_get_child_by_name (self->stack, page_name);
  if (page == NULL)
    page = add_terminal (self, page_name);
  gtk_stack_set_visible_child (self->stack, page);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->stop), "x", run_id);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->run_again), "x", run_id);
  oh_console_update (self);
}

gint64
oh_console_get_run (OhConsole *self)
{
  g_return_val_if_fail (OH_IS_CONSOLE (self), 0);

  return self->run_id;
}

gboolean
oh_console_enter (OhConsole *self)
{
  GtkWidget *page;

  g_return_val_if_fail (OH_IS_CONSOLE (self), FALSE);

  page = gtk_stack_get_visible_child (self->stack);
  return page != NULL && gtk_widget_grab_focus (GTK_WIDGET (get_terminal (page)));
}

void
oh_console_find (OhConsole *self, const OhSearchWords *words)
{
  GtkWidget *page;

  g_return_if_fail (OH_IS_CONSOLE (self));
  g_return_if_fail (words != NULL);

  page = gtk_stack_get_visible_child (self->stack);
  if (self->run_id != 0 && page != NULL)
    oh_terminal_find (get_terminal (page), words);
}

void
oh_console_update (OhConsole *self)
{
  g_autoptr (OhRun) run = NULL;
  g_autofree char *command = NULL;
  g_autofree char *words = NULL;
  g_autofree char *short_words = NULL;
  OhStatusKind kind;

  g_return_if_fail (OH_IS_CONSOLE (self));

  if (self->run_id == 0 || self->engine == NULL)
    return;
  run = oh_store_reader_get_run (oh_engine_get_reader (self->engine), self->run_id);
  if (run == NULL)
    return;
  command = run->argv != NULL ? g_strjoinv (" ", run->argv) : g_strdup (run->name);
  words = oh_words_run_end (run);
  short_words = oh_words_run_state (run, &kind);
  oh_status_pill_set (self->pill, kind, NULL);
  gtk_label_set_label (self->name, run->name);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->name), command);
  gtk_label_set_label (self->state, words);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->state), words);
  gtk_widget_set_visible (self->stop, run->ended_ns == 0 && run->error == NULL
                                        && oh_engine_get_live_run (self->engine, run->id) != NULL);
  gtk_widget_set_visible (self->run_again, run->ended_ns != 0 && run->argv != NULL);
}
