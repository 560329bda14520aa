/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-window.h"

#include "oh-announcer.h"
#include "oh-banner.h"
#include "oh-browser.h"
#include "oh-budget-banner.h"
#include "oh-collector.h"
#include "oh-deletion.h"
#include "oh-desktop-switch.h"
#include "oh-expiry.h"
#include "oh-gauge.h"
#include "oh-import.h"
#include "oh-rereading.h"
#include "oh-run-dialog.h"
#include "oh-settings.h"
#include "oh-transfers.h"
#include "oh-window-keys.h"
#include "oh-words.h"

#include <glib/gi18n.h>

/* How long after the end of a run the last of what it told may take to where its user wants it, too. */
#define COPIES_SECONDS 3

struct _OhWindow
{
  AdwApplicationWindow parent_instance;

  AdwToastOverlay *toasts;
  OhResponsiveBin *responsive;
  AdwWindowTitle *title;
  GtkWidget *back_button;
  GtkWidget *sidebar_button;
  GtkWidget *run_button;
  GtkWidget *stop_button;
  GtkToggleButton *capture_button;
  GtkImage *capture_icon;
  GtkLabel *capture_label;
  GtkButton *port_button;
  OhBanner *notice;
  OhBanner *trouble;
  OhBanner *sending;
  OhBudgetBanner *budget;
  GtkStack *root_stack;
  AdwStatusPage *failed;
  GtkWidget *free_port_button;
  OhBrowser *browser;
  OhGauge *gauge;
  OhDesktopSwitch *desktop;

  OhEngine *engine;
  GPtrArray *live;        /* OhLiveRun launched here */
  gint64 last_change;
  gint64 ended_run;       /* whose end is still to be told; 0: none */
  char *told;             /* why nothing reaches the collector, as the window says; or NULL */
  gint64 copied_run;      /* that ended last: what it told of itself may have gone elsewhere, too */
  guint copies;           /* when that is said */
  gboolean closing;
};

G_DEFINE_FINAL_TYPE (OhWindow, oh_window, ADW_TYPE_APPLICATION_WINDOW)

static void
enable_action (OhWindow *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

/* ---- what is shown ---- */

static OhLiveRun *
get_running (OhWindow *self)
{
  gint64 run_id = oh_browser_get_run (self->browser);
  OhLiveRun *chosen = run_id == 0 ? NULL : oh_engine_get_live_run (self->engine, run_id);

  if (chosen != NULL && oh_live_run_is_running (chosen))
    return chosen;
  for (guint i = self->live->len; i > 0; i--)
    if (oh_live_run_is_running (g_ptr_array_index (self->live, i - 1)))
      return g_ptr_array_index (self->live, i - 1);
  return NULL;
}

static void
update_stop (OhWindow *self)
{
  gboolean running = self->engine != NULL && get_running (self) != NULL;

  enable_action (self, "stop", running);
  gtk_widget_set_visible (self->stop_button, running);
}

static void
arrange_header (OhWindow *self)
{
  OhRoom room = oh_responsive_bin_get_room (self->responsive);
  gboolean covered = oh_browser_covers_list (self->browser);

  gtk_widget_set_visible (self->back_button, covered);
  gtk_widget_set_visible (self->sidebar_button, !covered);
  gtk_widget_set_visible (self->run_button, !covered);
  gtk_widget_set_visible (GTK_WIDGET (self->capture_button), room != OH_ROOM_NARROW);
  gtk_widget_set_visible (GTK_WIDGET (self->port_button), room == OH_ROOM_WIDE && self->engine != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->title), room != OH_ROOM_NARROW);
  gtk_widget_set_visible (GTK_WIDGET (self->desktop), room != OH_ROOM_NARROW);
}

static void
on_room_changed (OhWindow *self)
{
  oh_browser_set_room (self->browser, oh_responsive_bin_get_room (self->responsive));
  arrange_header (self);
}

static void
on_browser_changed (OhWindow *self)
{
  g_autofree char *summary = oh_browser_dup_summary (self->browser);

  adw_window_title_set_subtitle (self->title, summary);
  update_stop (self);
  arrange_header (self);
}

static void
update_capturing (OhWindow *self)
{
  gboolean capturing = oh_engine_get_capturing (self->engine);

  g_simple_action_set_state (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), "capturing")),
                             g_variant_new_boolean (capturing));
  gtk_label_set_label (self->capture_label, capturing ? _ ("Capturing") : _ ("Paused"));
  gtk_image_set_from_icon_name (self->capture_icon,
                                capturing ? "media-record-symbolic" : "media-playback-pause-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->capture_button),
                               capturing ? _ ("Calls are recorded. Press to pause.")
                                         : _ ("Calls pass unrecorded. Press to record."));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->capture_button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  capturing ? _ ("Capturing") : _ ("Paused"), -1);
  if (capturing)
    gtk_widget_add_css_class (GTK_WIDGET (self->capture_icon), "recording");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->capture_icon), "recording");
}

/* The store knows how a run ended a little later. */
static void
tell_end (OhWindow *self)
{
  g_autoptr (OhRun) run = self->ended_run == 0 ? NULL
                                               : oh_store_reader_get_run (oh_engine_get_reader (self->engine), self->ended_run);
  g_autofree char *end = NULL;
  g_autofree char *words = NULL;

  if (run == NULL || run->ended_ns == 0)
    return;
  self->ended_run = 0;
  end = oh_words_run_end (run);
  words = g_strdup_printf ("%s: %s", run->name, end);
  oh_announce (GTK_WIDGET (self->toasts), words);
}

/* Whether what is to go to a collector gets there. */
static void
look_at_sending (OhWindow *self)
{
  g_autofree char *trouble = oh_collector_describe (oh_engine_get_reader (self->engine));

  /* What was closed stays closed until there is something else to say. */
  if (g_strcmp0 (trouble, self->told) == 0)
    return;
  g_free (self->told);
  self->told = g_steal_pointer (&trouble);
  if (self->told != NULL)
    oh_banner_show (self->sending, NULL, self->told, FALSE);
  else
    oh_banner_hide (self->sending);
}

static void
on_changed (OhWindow *self)
{
  self->last_change = g_get_monotonic_time ();
  oh_browser_update (self->browser);
  oh_gauge_update (self->gauge);
  tell_end (self);
  look_at_sending (self);
}

static void
on_outdated (OhWindow *self)
{
  oh_browser_read_anew (self->browser);
}

static void
on_gauge_changed (OhWindow *self)
{
  oh_browser_set_pane_note (self->browser, "limits", oh_gauge_get_note (self->gauge));
}

static void
on_trouble (OhWindow *self)
{
  g_autofree char *trouble = oh_engine_dup_trouble (self->engine);

  if (trouble != NULL)
    oh_banner_show (self->trouble, _ ("Captures cannot be stored as they come."), trouble, TRUE);
  else
    oh_banner_hide (self->trouble);
}

/* ---- runs ---- */

static gboolean
tell_copies (gpointer data)
{
  OhWindow *self = data;
  g_autofree char *words = oh_engine_describe_copies (self->engine, self->copied_run, FALSE);

  self->copies = 0;
  if (words != NULL)
    oh_say (GTK_WIDGET (self->toasts), words);
  return G_SOURCE_REMOVE;
}

static void
on_exited (OhWindow *self, OhLiveRun *live)
{
  self->ended_run = self->copied_run = oh_live_run_get_id (live);
  g_clear_handle_id (&self->copies, g_source_remove);
  self->copies = g_timeout_add_seconds (COPIES_SECONDS, tell_copies, self);
  update_stop (self);
}

static void
adopt_run (OhWindow *self, OhLiveRun *live)
{
  g_ptr_array_add (self->live, g_object_ref (live));
  g_signal_connect_object (live, "exited", G_CALLBACK (on_exited), self, G_CONNECT_SWAPPED);
  oh_browser_show_new_run (self->browser, oh_live_run_get_id (live));
  update_stop (self);
}

static void
on_launched (OhWindow *self, OhLiveRun *live)
{
  adopt_run (self, live);
}

static GtkWidget *
open_run_dialog (OhWindow *self)
{
  GtkWidget *dialog = oh_run_dialog_new (GTK_WINDOW (self), self->engine);

  g_signal_connect_object (dialog, "launched", G_CALLBACK (on_launched), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
  return dialog;
}

static gboolean
on_drop (OhWindow *self, const GValue *value, double x, double y, GtkDropTarget *target)
{
  GSList *files = g_value_get_boxed (value);
  GdkDrop *drop = gtk_drop_target_get_current_drop (target);

  /* What was dragged out of this window is no file to open. */
  if (self->engine == NULL || files == NULL || (drop != NULL && gdk_drop_get_drag (drop) != NULL))
    return FALSE;
  oh_window_open_file (self, files->data);
  return TRUE;
}

/* ---- actions ---- */

static void
run_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  open_run_dialog (data);
}

/* A command, its folder, hosts to read, lines of variables: to be looked at, and run. */
static void
run_with_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  g_auto (GStrv) environment = NULL;
  OhPastCommand command = { 0 };
  const char *lines;

  g_variant_get (parameter, "(&s&s&s&s)", &command.command, &command.directory, &command.hosts, &lines);
  environment = g_strsplit (lines, "\n", -1);
  command.environment = environment;
  oh_run_dialog_set_past (OH_RUN_DIALOG (open_run_dialog (data)), &command);
}

static void
demonstration_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  oh_window_launch_demonstration (data);
}

static void
run_again (OhWindow *self, gint64 run_id)
{
  g_autoptr (OhRun) run = oh_store_reader_get_run (oh_engine_get_reader (self->engine), run_id);
  OhRunSpec spec = { .terminal = TRUE };

  if (run == NULL || run->argv == NULL)
    return;
  spec.name = run->name;
  spec.argv = (const char *const *) run->argv;
  spec.cwd = run->cwd;
  spec.trace = run->trace;
  spec.session = run->session;
  spec.user = run->user;
  spec.isolate = run->isolated;
  oh_window_launch (self, &spec);
}

static void
run_again_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  run_again (data, g_variant_get_int64 (parameter));
}

/* The run that was chosen, or else the newest. */
static void
repeat_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *self = data;
  const gint64 run_id = oh_browser_get_run (self->browser);
  g_autoptr (GPtrArray) runs = oh_store_reader_get_runs (oh_engine_get_reader (self->engine), 1);

  if (run_id != 0)
    run_again (self, run_id);
  else if (runs != NULL && runs->len > 0)
    run_again (self, ((OhRun *) runs->pdata[0])->id);
  else
    oh_say (GTK_WIDGET (self->toasts), _ ("Nothing was run yet"));
}

static void
stop_run (OhWindow *self, OhLiveRun *live)
{
  if (live != NULL && oh_live_run_is_running (live))
    oh_live_run_stop (live);
}

static void
stop_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  stop_run (data, get_running (data));
}

static void
stop_run_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *self = data;

  stop_run (self, oh_engine_get_live_run (self->engine, g_variant_get_int64 (parameter)));
}

static void
clear_run (OhWindow *self, gint64 run_id, const char *words)
{
  if (self->engine != NULL)
    oh_deletion_begin (GTK_WINDOW (self), self->toasts, self->engine, run_id, NULL, words);
}

static void
delete_part_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *self = data;
  g_autoptr (GArray) ids = oh_part_find (oh_engine_get_reader (self->engine), g_variant_get_string (parameter, NULL));
  g_autofree char *count = oh_format_count (ids->len);
  g_autofree char *words =
    g_strdup_printf (ngettext ("%s exchange will be deleted", "%s exchanges will be deleted", ids->len), count);

  if (ids->len > 0)
    oh_deletion_begin (GTK_WINDOW (self), self->toasts, self->engine, 0, ids, words);
}

static void
clear_run_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *self = data;
  const gint64 run_id = g_variant_get_int64 (parameter);
  g_autoptr (OhRun) run = oh_store_reader_get_run (oh_engine_get_reader (self->engine), run_id);
  g_autofree char *words = NULL;

  if (run == NULL)
    return;
  words = g_strdup_printf (_ ("“%s” will be deleted"), run->name);
  clear_run (self, run_id, words);
}

static void
on_clear_response (OhWindow *self, const char *response)
{
  if (g_str_equal (response, "clear"))
    clear_run (self, 0, _ ("Everything will be deleted"));
}

static void
clear_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *self = data;
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), _ ("Delete Everything?"),
                                              _ ("All exchanges and runs that have ended are deleted. What is "
                                                 "pinned, and what still runs, stays."));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "clear",
                                    _ ("_Delete Everything"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "clear", ADW_RESPONSE_DESTRUCTIVE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_clear_response), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
export_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *self = data;

  gint64 run_id = oh_browser_get_run (self->browser);
  g_autofree char *part = run_id != 0 ? oh_part_name_run (run_id) : NULL;

  oh_transfers_export (GTK_WINDOW (self), self->toasts, self->engine, part);
}

static void
export_part_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *self = data;

  oh_transfers_export (GTK_WINDOW (self), self->toasts, self->engine, g_variant_get_string (parameter, NULL));
}

static void
copy_text_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (data), g_variant_get_string (parameter, NULL));
}

static void
import_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *self = data;

  oh_transfers_import (GTK_WINDOW (self), self->toasts, self->engine);
}

static void
reread_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *self = data;

  oh_rereading_ask (GTK_WINDOW (self), self->toasts, self->engine);
}

static void
mark_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *self = data;

  if (oh_browser_mark (self->browser, parameter != NULL ? g_variant_get_int64 (parameter) : 0))
    oh_say (GTK_WIDGET (self->toasts), _ ("Marked: another call can be compared with this one"));
}

static void
pin_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *self = data;
  const gint64 id = oh_browser_get_selected (self->browser);
  g_autoptr (GPtrArray) rows = NULL;
  const OhExchange *row;

  if (id == 0)
    return;
  rows = oh_store_reader_get_rows (oh_engine_get_reader (self->engine), &id, 1);
  row = rows->pdata[0];
  if (row != NULL)
    {
      oh_engine_set_pinned (self->engine, id, !row->pinned);
      oh_say (GTK_WIDGET (self->toasts), row->pinned ? _ ("No longer pinned") : _ ("Pinned: it stays when others are deleted"));
    }
}

static void
capturing_action (GSimpleAction *action, GVariant *value, gpointer data)
{
  OhWindow *self = data;

  if (self->engine == NULL)
    return;
  oh_engine_set_capturing (self->engine, g_variant_get_boolean (value));
  update_capturing (self);
}

static void
console_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *self = data;

  if (!oh_browser_toggle_console (self->browser))
    oh_say (GTK_WIDGET (self->toasts), _ ("Choose a run to see its console"));
}

static void
copy_port_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *self = data;

  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), gtk_button_get_label (self->port_button));
  oh_say (GTK_WIDGET (self->toasts), _ ("The proxy’s address was copied"));
}

/* Made only now: GTK 4.8 ends the program when an assistive technology asks for a window that was closed while another
 * one was never shown, as the help overlay of GtkApplicationWindow is. */
static void
shortcuts_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  g_autoptr (GtkBuilder) builder = gtk_builder_new_from_resource ("/org/overhear/Overhear/shortcuts.ui");
  GtkWindow *shortcuts = GTK_WINDOW (gtk_builder_get_object (builder, "shortcuts"));

  gtk_window_set_transient_for (shortcuts, data);
  gtk_window_present (shortcuts);
}

static const GActionEntry actions[] = {
  { .name = "run", .activate = run_action },
  { .name = "demonstration", .activate = demonstration_action },
  { .name = "run-with", .activate = run_with_action, .parameter_type = "(ssss)" },
  { .name = "run-again", .activate = run_again_action, .parameter_type = "x" },
  { .name = "repeat", .activate = repeat_action },
  { .name = "stop", .activate = stop_action },
  { .name = "stop-run", .activate = stop_run_action, .parameter_type = "x" },
  { .name = "clear", .activate = clear_action },
  { .name = "clear-run", .activate = clear_run_action, .parameter_type = "x" },
  { .name = "delete-part", .activate = delete_part_action, .parameter_type = "s" },
  { .name = "export", .activate = export_action },
  { .name = "export-part", .activate = export_part_action, .parameter_type = "s" },
  { .name = "copy-text", .activate = copy_text_action, .parameter_type = "s" },
  { .name = "import", .activate = import_action },
  { .name = "reread", .activate = reread_action },
  { .name = "pin", .activate = pin_action },
  { .name = "mark", .activate = mark_action },
  { .name = "mark-call", .activate = mark_action, .parameter_type = "x" },
  { .name = "capturing", .state = "true", .change_state = capturing_action },
  { .name = "console", .activate = console_action },
  { .name = "copy-port", .activate = copy_port_action },
  { .name = "shortcuts", .activate = shortcuts_action },
};

/* What needs an engine. */
static const char *const engine_actions[] = { "run", "demonstration", "repeat", "run-again", "run-with", "stop-run", "clear",
                                              "clear-run", "capturing", "copy-port", "delete-part", "export", "export-part",
                                              "import", "reread", "pin" };

/* ---- closing ---- */

static gboolean
close_now (gpointer data)
{
  gtk_window_close (data);
  return G_SOURCE_REMOVE;
}

/* The dialog goes with the window, but not before it has told its response. */
static void
on_close_response (OhWindow *self, const char *response)
{
  if (!g_str_equal (response, "stop"))
    return;
  for (guint i = 0; i < self->live->len; i++)
    stop_run (self, g_ptr_array_index (self->live, i));
  self->closing = TRUE;
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, close_now, g_object_ref (self), g_object_unref);
}

static void
ask_before_closing (OhWindow *self)
{
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), _ ("Stop What Runs?"),
                                              _ ("A program still runs and reaches the network through Overhear. It is "
                                                 "stopped when the window closes; what was captured is kept."));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "stop",
                                    _ ("_Stop and Close"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "stop", ADW_RESPONSE_DESTRUCTIVE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_close_response), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

static gboolean
oh_window_close_request (GtkWindow *window)
{
  OhWindow *self = OH_WINDOW (window);
  GSettings *settings = oh_settings_get ();
  int width, height;

  if (!self->closing && !oh_window_is_idle (self))
    {
      ask_before_closing (self);
      return TRUE;
    }
  gtk_window_get_default_size (window, &width, &height);
  g_settings_set_int (settings, "window-width", width);
  g_settings_set_int (settings, "window-height", height);
  g_settings_set_boolean (settings, "window-maximized", gtk_window_is_maximized (window));
  oh_browser_keep_sizes (self->browser);
  return GTK_WINDOW_CLASS (oh_window_parent_class)->close_request (window);
}

/* ---- */

static void
oh_window_dispose (GObject *object)
{
  OhWindow *self = OH_WINDOW (object);

  if (self->engine != NULL)
    oh_window_set_engine (self, NULL, NULL);
  g_clear_pointer (&self->live, g_ptr_array_unref);
  g_clear_pointer (&self->told, g_free);
  g_clear_handle_id (&self->copies, g_source_remove);
  gtk_widget_dispose_template (GTK_WIDGET (self), OH_TYPE_WINDOW);
  G_OBJECT_CLASS (oh_window_parent_class)->dispose (object);
}

static void
oh_window_class_init (OhWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = oh_window_close_request;

  g_type_ensure (OH_TYPE_ANNOUNCER);
  g_type_ensure (OH_TYPE_BANNER);
  g_type_ensure (OH_TYPE_BROWSER);
  g_type_ensure (OH_TYPE_BUDGET_BANNER);
  g_type_ensure (OH_TYPE_DESKTOP_SWITCH);
  g_type_ensure (OH_TYPE_GAUGE);
  g_type_ensure (OH_TYPE_RESPONSIVE_BIN);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-window.ui");
  gtk_widget_class_bind_template_child (widget_class, OhWindow, desktop);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, responsive);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, title);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, back_button);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, sidebar_button);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, run_button);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, stop_button);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, capture_button);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, capture_icon);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, capture_label);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, port_button);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, notice);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, trouble);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, sending);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, budget);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, root_stack);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, failed);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, free_port_button);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, browser);
  gtk_widget_class_bind_template_child (widget_class, OhWindow, gauge);
  gtk_widget_class_bind_template_callback (widget_class, oh_banner_show);
  gtk_widget_class_bind_template_callback (widget_class, on_room_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_browser_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_gauge_changed);
  oh_window_keys_bind (widget_class);
}

static void
add_drop_target (OhWindow *self)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  g_signal_connect_object (target, "drop", G_CALLBACK (on_drop), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
}

static void
oh_window_init (OhWindow *self)
{
  GSettings *settings = oh_settings_get ();

  self->live = g_ptr_array_new_with_free_func (g_object_unref);
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_insert_action_group (GTK_WIDGET (self), "browser", oh_browser_get_actions (self->browser));

  gtk_window_set_default_size (GTK_WINDOW (self), g_settings_get_int (settings, "window-width"),
                               g_settings_get_int (settings, "window-height"));
  if (g_settings_get_boolean (settings, "window-maximized"))
    gtk_window_maximize (GTK_WINDOW (self));
  add_drop_target (self);
  oh_window_keys_add (GTK_WIDGET (self), self->browser);
  on_browser_changed (self);
}

OhWindow *
oh_window_new (OhApplication *application)
{
  return g_object_new (OH_TYPE_WINDOW, "application", application, NULL);
}

static void
show_engine (OhWindow *self)
{
  g_autofree char *address = g_strdup_printf ("127.0.0.1:%u", oh_engine_get_port (self->engine));
  const char *notice = oh_engine_get_notice (self->engine);

  g_signal_connect_object (self->engine, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->engine, "outdated", G_CALLBACK (on_outdated), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->engine, "notify::trouble", G_CALLBACK (on_trouble), self, G_CONNECT_SWAPPED);
  gtk_button_set_label (self->port_button, address);
  gtk_stack_set_visible_child_name (self->root_stack, "main");
  if (notice != NULL)
    oh_banner_show (self->notice, NULL, notice, FALSE);
  update_capturing (self);
  on_trouble (self);
  look_at_sending (self);
  oh_expiry_tell (GTK_WINDOW (self), self->toasts, self->engine);
}

static void
show_failure (OhWindow *self, const GError *error)
{
  g_autofree char *markup = g_markup_escape_text (error->message, -1);

  adw_status_page_set_description (self->failed, markup);
  gtk_widget_set_visible (self->free_port_button, g_settings_get_int (oh_settings_get (), "port") != 0);
  gtk_stack_set_visible_child_name (self->root_stack, "failed");
}

void
oh_window_set_engine (OhWindow *self, OhEngine *engine, const GError *error)
{
  g_return_if_fail (OH_IS_WINDOW (self));

  if (self->engine != NULL)
    g_signal_handlers_disconnect_by_data (self->engine, self);
  g_clear_handle_id (&self->copies, g_source_remove);
  g_ptr_array_set_size (self->live, 0);
  self->engine = engine;
  oh_browser_set_engine (self->browser, engine);
  oh_gauge_set_engine (self->gauge, engine);
  oh_budget_banner_set_engine (self->budget, engine);
  oh_desktop_switch_set_engine (self->desktop, GTK_WINDOW (self), engine);
  for (gsize i = 0; i < G_N_ELEMENTS (engine_actions); i++)
    enable_action (self, engine_actions[i], engine != NULL);
  update_stop (self);
  if (engine != NULL)
    show_engine (self);
  else if (error != NULL)
    show_failure (self, error);
}

/* What could not be launched is a run with an error, shown like the others. */
static void
adopt_or_tell (OhWindow *self, OhLiveRun *live, const GError *error)
{
  if (live != NULL)
    {
      adopt_run (self, live);
      return;
    }
  oh_browser_update (self->browser);
  oh_banner_show (self->notice, _ ("Not started."), error->message, TRUE);
}

void
oh_window_show_run (OhWindow *self, gint64 run_id)
{
  g_return_if_fail (OH_IS_WINDOW (self));

  if (self->engine != NULL)
    oh_browser_show_new_run (self->browser, run_id);
}

void
oh_window_show_limits (OhWindow *self)
{
  g_return_if_fail (OH_IS_WINDOW (self));

  if (self->engine != NULL)
    oh_browser_show_pane (self->browser, "limits", 0);
}

void
oh_window_launch (OhWindow *self, const OhRunSpec *spec)
{
  g_autoptr (OhLiveRun) live = NULL;
  g_autoptr (GError) error = NULL;

  g_return_if_fail (OH_IS_WINDOW (self));
  g_return_if_fail (spec != NULL);

  if (self->engine == NULL)
    return;
  live = oh_engine_launch (self->engine, spec, &error);
  adopt_or_tell (self, live, error);
}

void
oh_window_launch_demonstration (OhWindow *self)
{
  g_autoptr (OhLiveRun) live = NULL;
  g_autoptr (GError) error = NULL;

  g_return_if_fail (OH_IS_WINDOW (self));

  if (self->engine == NULL)
    return;
  live = oh_engine_launch_demonstration (self->engine, TRUE, &error);
  adopt_or_tell (self, live, error);
}

void
oh_window_open_file (OhWindow *self, GFile *file)
{
  g_autofree char *path = NULL;

  g_return_if_fail (OH_IS_WINDOW (self));
  g_return_if_fail (G_IS_FILE (file));

  path = g_file_get_path (file);
  if (self->engine == NULL)
    return;
  if (path != NULL && oh_import_is_name (path))
    oh_transfers_import_file (self->toasts, self->engine, path);
  else
    oh_run_dialog_set_file (OH_RUN_DIALOG (open_run_dialog (self)), file);
}

gboolean
oh_window_open_link (OhWindow *self, const char *link, GError **error)
{
  g_autofree char *visible = NULL;
  g_autofree char *problem = NULL;
  OhLinkKind kind;
  gint64 id;

  g_return_val_if_fail (OH_IS_WINDOW (self), FALSE);
  g_return_val_if_fail (link != NULL, FALSE);

  visible = oh_format_visible (link, TRUE);
  if (!oh_link_parse (link, &kind, &id))
    problem = g_strdup_printf (_ ("“%.80s” leads nowhere. Links are such as overhear://call/42, overhear://run/7, overhear://trace/42."),
                               visible);
  else if (self->engine == NULL || !oh_engine_has_link (oh_engine_get_reader (self->engine), kind, id))
    problem = g_strdup_printf (_ ("There is nothing at %s. It may have been deleted."), visible);
  if (problem == NULL)
    {
      oh_browser_show_link (self->browser, kind, id);
      return TRUE;
    }
  oh_banner_show (self->notice, NULL, problem, FALSE);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, problem);
  return FALSE;
}

gboolean
oh_window_is_idle (OhWindow *self)
{
  g_return_val_if_fail (OH_IS_WINDOW (self), TRUE);

  for (guint i = 0; i < self->live->len; i++)
    if (oh_live_run_is_running (g_ptr_array_index (self->live, i)))
      return FALSE;
  return TRUE;
}

gint64
oh_window_get_last_change (OhWindow *self)
{
  g_return_val_if_fail (OH_IS_WINDOW (self), 0);

  return self->last_change;
}

OhBrowser *
oh_window_get_browser (OhWindow *self)
{
  g_return_val_if_fail (OH_IS_WINDOW (self), NULL);

  return self->browser;
}
