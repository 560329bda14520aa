/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-terminal.h"

#define PCRE2_CODE_UNIT_WIDTH 0
#include <adwaita.h>
#include <glib/gi18n.h>
#include <pcre2.h>

#define SCROLLBACK 20000
#define SPOKEN_ROWS 6
#define SPEAK_AFTER_MS 300

struct _OhTerminal
{
  VteTerminal parent_instance;

  gint64 run_id;
  OhLiveRun *run;         /* NULL for one of the past */
  guint columns;
  guint rows;
  guint speak_source;
  GCancellable *reading;  /* what the past wrote, which may be long, on a worker */
  gboolean finding;       /* what is searched for has not come yet */
};

G_DEFINE_FINAL_TYPE (OhTerminal, oh_terminal, VTE_TYPE_TERMINAL)

/* The palette of the GNOME design, its bright half for both backgrounds. */
static const char *const palette[] = {
  "#241f31", "#c01c28", "#2a9d5f", "#b5830a", "#1e78e4", "#9841bb", "#0a9aa0", "#9a9996",
  "#5e5c64", "#e0332f", "#33b374", "#d19a0c", "#4a97ee", "#b565d8", "#2ab6bc", "#deddda",
};

static void
apply_colors (OhTerminal *self)
{
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());
  GdkRGBA colors[G_N_ELEMENTS (palette)];
  GdkRGBA foreground;
  GdkRGBA background;

  for (gsize i = 0; i < G_N_ELEMENTS (palette); i++)
    gdk_rgba_parse (&colors[i], palette[i]);
  /* Black on black and white on white are what programs mean by "the default". */
  if (dark)
    colors[0] = colors[8];
  else
    colors[7] = colors[8];
  gdk_rgba_parse (&foreground, dark ? "#e6e5e3" : "#2a2730");
  gdk_rgba_parse (&background, dark ? "#1b1b1d" : "#fcfcfc");
  vte_terminal_set_colors (VTE_TERMINAL (self), &foreground, &background, colors, G_N_ELEMENTS (colors));
}

/* The widget tells a screen reader nothing of its text, so its newest lines are said as its description. */
static gboolean
speak (gpointer data)
{
  OhTerminal *self = data;
  g_autofree char *text = NULL;
  glong row;

  self->speak_source = 0;
  vte_terminal_get_cursor_position (VTE_TERMINAL (self), NULL, &row);
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  text = vte_terminal_get_text_range (VTE_TERMINAL (self), MAX (row - SPOKEN_ROWS, 0), 0, row + 1, 0, NULL, NULL, NULL);
  G_GNUC_END_IGNORE_DEPRECATIONS
  if (text != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, g_strchomp (text), -1);
  return G_SOURCE_REMOVE;
}

/* Text that was fed is there only later, and only in a terminal that has its size. */
static void
find (OhTerminal *self)
{
  if (self->finding && gtk_widget_get_height (GTK_WIDGET (self)) > 0)
    self->finding = !vte_terminal_search_find_previous (VTE_TERMINAL (self));
}

static void
on_contents_changed (OhTerminal *self)
{
  find (self);
  if (self->speak_source == 0)
    self->speak_source = g_timeout_add (SPEAK_AFTER_MS, speak, self);
}

static void
feed (OhTerminal *self, GBytes *data)
{
  gsize length;
  const char *bytes = g_bytes_get_data (data, &length);

  if (length > 0)
    vte_terminal_feed (VTE_TERMINAL (self), bytes, (gssize) length);
}

static void
on_commit (OhTerminal *self, const char *text, guint length)
{
  g_autoptr (GBytes) data = g_bytes_new (text, length);

  if (self->run != NULL && oh_live_run_is_running (self->run))
    oh_live_run_write (self->run, data);
}

static void
on_exited (OhTerminal *self)
{
  static const char hide_cursor[] = "\033[?25l";

  vte_terminal_set_input_enabled (VTE_TERMINAL (self), FALSE);
  vte_terminal_feed (VTE_TERMINAL (self), hide_cursor, sizeof hide_cursor - 1);
}

static void
oh_terminal_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  OhTerminal *self = OH_TERMINAL (widget);
  guint columns;
  guint rows;

  GTK_WIDGET_CLASS (oh_terminal_parent_class)->size_allocate (widget, width, height, baseline);
  columns = (guint) vte_terminal_get_column_count (VTE_TERMINAL (self));
  rows = (guint) vte_terminal_get_row_count (VTE_TERMINAL (self));
  if (self->run == NULL || (columns == self->columns && rows == self->rows))
    return;
  self->columns = columns;
  self->rows = rows;
  if (oh_live_run_is_running (self->run))
    oh_live_run_set_window_size (self->run, columns, rows);
}

static void
oh_terminal_dispose (GObject *object)
{
  OhTerminal *self = OH_TERMINAL (object);

  g_clear_handle_id (&self->speak_source, g_source_remove);
  g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  g_clear_object (&self->run);
  G_OBJECT_CLASS (oh_terminal_parent_class)->dispose (object);
}

static void
oh_terminal_class_init (OhTerminalClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_terminal_dispose;
  GTK_WIDGET_CLASS (klass)->size_allocate = oh_terminal_size_allocate;
}

/* Where no program wants it any more, Tab leaves. */
static gboolean
leave (GtkWidget *widget, GVariant *args, gpointer direction)
{
  if (oh_terminal_is_live (OH_TERMINAL (widget)))
    return FALSE;
  g_signal_emit_by_name (gtk_widget_get_root (widget), "move-focus", GPOINTER_TO_INT (direction));
  return TRUE;
}

static void
add_key (GtkEventController *keys, const char *trigger, GtkDirectionType direction)
{
  GtkShortcutAction *action = gtk_callback_action_new (leave, GINT_TO_POINTER (direction), NULL);

  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (keys),
                                        gtk_shortcut_new (gtk_shortcut_trigger_parse_string (trigger), action));
}

static void
oh_terminal_init (OhTerminal *self)
{
  GtkEventController *keys = gtk_shortcut_controller_new ();
  VteTerminal *vte = VTE_TERMINAL (self);

  vte_terminal_set_scrollback_lines (vte, SCROLLBACK);
  vte_terminal_set_scroll_on_keystroke (vte, TRUE);
  vte_terminal_set_scroll_on_output (vte, FALSE);
  vte_terminal_set_mouse_autohide (vte, TRUE);
  vte_terminal_set_audible_bell (vte, FALSE);
  g_signal_connect (self, "commit", G_CALLBACK (on_commit), NULL);
  g_signal_connect (self, "contents-changed", G_CALLBACK (on_contents_changed), NULL);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (apply_colors), self,
                           G_CONNECT_SWAPPED);
  apply_colors (self);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  add_key (keys, "Tab", GTK_DIR_TAB_FORWARD);
  add_key (keys, "<Shift>Tab|<Shift>ISO_Left_Tab", GTK_DIR_TAB_BACKWARD);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Console"), -1);
}

/* ---- what is kept ---- */

static void
read_on_worker (GTask *task, gpointer source, gpointer data_dir, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhStoreReader) reader = oh_store_reader_new (data_dir, &error);

  if (reader == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, oh_store_reader_read_console (reader, OH_TERMINAL (source)->run_id, 0),
                           (GDestroyNotify) g_bytes_unref);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  OhTerminal *self = OH_TERMINAL (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) past = g_task_propagate_pointer (G_TASK (result), &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->reading);
  if (error != NULL)
    g_warning ("What a run wrote cannot be read: %s", error->message);
  if (past != NULL)
    feed (self, past);
  on_exited (self);
}

static void
read_past (OhTerminal *self, OhEngine *engine)
{
  g_autoptr (GTask) task = NULL;

  self->reading = g_cancellable_new ();
  task = g_task_new (self, self->reading, on_read, NULL);
  g_task_set_source_tag (task, read_past);
  g_task_set_task_data (task, g_strdup (oh_engine_get_data_dir (engine)), g_free);
  g_task_run_in_thread (task, read_on_worker);
}

GtkWidget *
oh_terminal_new (OhEngine *engine, gint64 run_id)
{
  OhTerminal *self;
  OhLiveRun *run;

  g_return_val_if_fail (engine != NULL, NULL);

  self = g_object_new (OH_TYPE_TERMINAL, NULL);
  self->run_id = run_id;
  run = oh_engine_get_live_run (engine, run_id);
  if (run != NULL && oh_live_run_is_running (run))
    {
      self->run = g_object_ref (run);
      g_signal_connect_object (run, "output", G_CALLBACK (feed), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (run, "exited", G_CALLBACK (on_exited), self, G_CONNECT_SWAPPED);
    }
  else
    {
      read_past (self, engine);
    }
  return GTK_WIDGET (self);
}

void
oh_terminal_find (OhTerminal *self, const OhSearchWords *words)
{
  g_autofree char *pattern = NULL;
  VteRegex *regex;

  g_return_if_fail (OH_IS_TERMINAL (self));
  g_return_if_fail (words != NULL);

  pattern = oh_search_words_dup_pattern (words);
  regex = vte_regex_new_for_search (pattern, -1, PCRE2_UTF | PCRE2_MULTILINE | PCRE2_CASELESS, NULL);
  if (regex == NULL)
    return;
  vte_terminal_search_set_regex (VTE_TERMINAL (self), regex, 0);
  vte_terminal_search_set_wrap_around (VTE_TERMINAL (self), TRUE);
  vte_regex_unref (regex);
  self->finding = TRUE;
  find (self);
}

gboolean
oh_terminal_is_live (OhTerminal *self)
{
  g_return_val_if_fail (OH_IS_TERMINAL (self), FALSE);

  return self->run != NULL && oh_live_run_is_running (self->run);
}
