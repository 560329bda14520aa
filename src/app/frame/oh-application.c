/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-application.h"

#include "oh-drag-file.h"
#include "oh-help.h"
#include "oh-names.h"
#include "oh-notifier.h"
#include "oh-preferences.h"
#include "oh-printing.h"
#include "oh-screenshot.h"
#include "oh-settings.h"
#include "oh-text-scale.h"
#include "oh-window.h"

#include <glib/gi18n.h>
#include <string.h>

/* When the window is quiet enough for its picture. */
#define SCREENSHOT_POLL_MS 200
#define SCREENSHOT_QUIET_US (1200 * 1000)
#define SCREENSHOT_LATEST_US (60 * G_USEC_PER_SEC)
#define SCREENSHOT_PAINT_MS 900
#define OPEN "open-"
/* How long what the whole desktop has under way may take once the window is closed, and when nothing more is to come. */
#define DRAIN_US (20 * G_USEC_PER_SEC)
#define DRAIN_QUIET_US (G_USEC_PER_SEC / 2)
#define DRAIN_STEP_MS 50

struct _OhApplication
{
  AdwApplication parent_instance;

  OhEngine *engine;
  OhNotifier *notifier;
  char *data_dir;         /* --data-dir, or NULL */
  int port;               /* --port, or -1 */
  char *screenshot;       /* --screenshot, or NULL */
  gint64 screenshot_since;
  guint drain;            /* the desktop's last requests are waited for, */
  gint64 drain_since;     /* from then on */
  gint64 drain_busy;      /* when something was under way last */
  int exit_status;
};

G_DEFINE_FINAL_TYPE (OhApplication, oh_application, ADW_TYPE_APPLICATION)

static const GOptionEntry options[] = {
  { "run", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Run the command that follows, and listen to it"), NULL },
  { "demo", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Run the demonstration"), NULL },
  { "again", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Run the last command again"), NULL },
  { "desktop", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Listen to the whole desktop"), NULL },
  { "import", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Ask for a file to import"), NULL },
  { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, NULL, N_ ("Keep captures in FOLDER, in a window of its own"),
    N_ ("FOLDER") },
  { "port", 0, 0, G_OPTION_ARG_INT, NULL, N_ ("Listen on PORT; 0 takes a free one"), N_ ("PORT") },
  { "screenshot", 0, 0, G_OPTION_ARG_FILENAME, NULL,
    N_ ("When what was run has ended, write a picture of the window to FILE and quit"), N_ ("FILE") },
  { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Print the version and quit"), NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, NULL, NULL, N_ ("[SCRIPT | --run COMMAND…]") },
  { NULL },
};

/* ---- the engine ---- */

static void
apply_upstreams (OhApplication *self)
{
  g_auto (GStrv) upstreams = g_settings_get_strv (oh_settings_get (), "upstreams");
  g_autoptr (GError) error = NULL;

  if (self->engine != NULL && !oh_engine_set_upstreams (self->engine, (const char *const *) upstreams, &error))
    g_warning ("An upstream of the preferences is left out: %s", error->message);
}

static void
apply_open_port (OhApplication *self)
{
  if (self->engine != NULL)
    oh_engine_set_open (self->engine, g_settings_get_boolean (oh_settings_get (), "open-port"));
}

/* The preferences say what became of it. */
static void
apply_listening (OhApplication *self)
{
  if (self->engine != NULL && g_settings_get_boolean (oh_settings_get (), "listen-for-instruments"))
    oh_engine_listen (self->engine, NULL);
  else if (self->engine != NULL)
    oh_engine_stop_listening (self->engine);
}

static void
apply_color_scheme (OhApplication *self)
{
  static const AdwColorScheme schemes[] = { ADW_COLOR_SCHEME_DEFAULT, ADW_COLOR_SCHEME_FORCE_LIGHT,
                                            ADW_COLOR_SCHEME_FORCE_DARK };
  int scheme = g_settings_get_enum (oh_settings_get (), "color-scheme");

  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), schemes[CLAMP (scheme, 0, 2)]);
}

static OhWindow *
get_window (OhApplication *self)
{
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (self)); l != NULL; l = l->next)
    if (OH_IS_WINDOW (l->data))
      return l->data;
  return NULL;
}

/* @free_port: whatever the preferences say */
static void
start_engine (OhApplication *self, OhWindow *window, gboolean free_port)
{
  g_autoptr (GError) error = NULL;
  int port = free_port ? 0 : self->port >= 0 ? self->port : g_settings_get_int (oh_settings_get (), "port");

  if (self->engine == NULL)
    self->engine = oh_engine_new (self->data_dir, "window", (guint16) port, &error);
  if (self->engine == NULL)
    g_printerr ("%s\n", error->message);
  if (self->engine != NULL && self->notifier == NULL)
    self->notifier = oh_notifier_new (G_APPLICATION (self), self->engine);
  apply_upstreams (self);
  apply_open_port (self);
  apply_listening (self);
  oh_window_set_engine (window, self->engine, error);
}

static OhWindow *
ensure_window (OhApplication *self)
{
  OhWindow *window = get_window (self);

  if (window == NULL)
    {
      window = oh_window_new (self);
      start_engine (self, window, FALSE);
    }
  gtk_window_present (GTK_WINDOW (window));
  return window;
}

/* ---- the end ---- */

/* Nobody is sent here any more. Whoever opens the window again meanwhile stays. */
static gboolean
on_drain (gpointer data)
{
  OhApplication *self = data;
  const gint64 now = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;

  if (oh_engine_has_desktop (self->engine) && get_window (self) == NULL
      && !oh_engine_release_desktop (self->engine, NULL, &error))
    g_printerr ("%s\n", error->message);
  oh_engine_flush (self->engine);
  if (oh_store_reader_has_open (oh_engine_get_reader (self->engine), 0))
    self->drain_busy = now;
  if (get_window (self) == NULL && now - self->drain_since < DRAIN_US && now - self->drain_busy < DRAIN_QUIET_US)
    return G_SOURCE_CONTINUE;
  self->drain = 0;
  g_application_release (G_APPLICATION (self));
  return G_SOURCE_REMOVE;
}

/* What programs of the desktop have under way here ends as they expect, without a window. */
static void
oh_application_window_removed (GtkApplication *application, GtkWindow *window)
{
  OhApplication *self = OH_APPLICATION (application);

  if (OH_IS_WINDOW (window) && self->engine != NULL && self->drain == 0 && oh_engine_has_desktop (self->engine))
    {
      g_application_hold (G_APPLICATION (self));
      self->drain_since = self->drain_busy = g_get_monotonic_time ();
      self->drain = g_timeout_add (DRAIN_STEP_MS, on_drain, self);
    }
  GTK_APPLICATION_CLASS (oh_application_parent_class)->window_removed (application, window);
}

/* ---- the picture ---- */

static gboolean
take_screenshot (gpointer data)
{
  OhApplication *self = data;
  OhWindow *window = get_window (self);
  g_autoptr (GError) error = NULL;

  if (window == NULL || !oh_screenshot_save (GTK_WINDOW (window), self->screenshot, &error))
    {
      g_printerr ("%s\n", error != NULL ? error->message : _ ("There is no window to make a picture of."));
      self->exit_status = 1;
    }
  g_application_quit (G_APPLICATION (self));
  return G_SOURCE_REMOVE;
}

static gboolean
wait_for_quiet (gpointer data)
{
  OhApplication *self = data;
  OhWindow *window = get_window (self);
  gint64 now = g_get_monotonic_time ();
  gboolean quiet = window == NULL || self->engine == NULL
                   || (oh_window_is_idle (window)
                       && now - MAX (oh_window_get_last_change (window), self->screenshot_since) > SCREENSHOT_QUIET_US);

  if (!quiet && now - self->screenshot_since < SCREENSHOT_LATEST_US)
    return G_SOURCE_CONTINUE;
  if (window != NULL && self->engine != NULL)
    oh_browser_select_newest_answer (oh_window_get_browser (window));
  g_timeout_add (SCREENSHOT_PAINT_MS, take_screenshot, self);
  return G_SOURCE_REMOVE;
}

/* ---- actions ---- */

static void
start_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhWindow *window = get_window (data);

  if (window != NULL)
    start_engine (data, window, g_variant_get_boolean (parameter));
}

static void
preferences_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhApplication *self = data;
  GtkWindow *parent = gtk_application_get_active_window (GTK_APPLICATION (self));

  gtk_window_present (GTK_WINDOW (oh_preferences_new (parent, self->engine)));
}

/* The page of what is looked at, where it has one. */
static void
help_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  GtkWindow *window = gtk_application_get_active_window (data);

  oh_help_show (window, OH_IS_WINDOW (window) ? oh_browser_get_pane (oh_window_get_browser (OH_WINDOW (window))) : NULL);
}

static void
text_size_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  oh_text_scale_step (g_variant_get_int32 (parameter));
}

static void
about_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  GtkWindow *parent = gtk_application_get_active_window (data);

  adw_show_about_window (parent,
                         "application-name", _ ("Overhear"),
                         "application-icon", OH_APP_ID,
                         "version", OH_VERSION,
                         "comments", _ ("Hears what programs say to LLM APIs, and keeps it on this computer."),
                         "license-type", GTK_LICENSE_GPL_3_0,
                         "developer-name", _ ("The Overhear developers"),
                         NULL);
}

/* The window's own way to close asks about what still runs, and waits for what the desktop has under way. */
static void
quit_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhApplication *self = data;
  OhWindow *window = get_window (self);

  if (window != NULL && (!oh_window_is_idle (window) || (self->engine != NULL && oh_engine_has_desktop (self->engine))))
    gtk_window_close (GTK_WINDOW (window));
  else
    g_application_quit (data);
}

/* Also from the desktop's menu, where there may be no window yet. */
static void
demonstration_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  oh_window_launch_demonstration (ensure_window (data));
}

/* What the desktop's menu and the command line may ask of the window; by the name of the action, and of the option. */
static const struct
{
  const char *name;
  const char *of_window;
} errands[] = {
  { "again", "repeat" },
  { "desktop", "desktop" },
  { "import", "import" },
};

static void
run_errand (OhWindow *window, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (errands); i++)
    {
      GActionGroup *group = G_ACTION_GROUP (window);
      const char *action = errands[i].of_window;

      if (!g_str_equal (name, errands[i].name))
        continue;
      if (g_action_group_get_action_state_type (group, action) != NULL)
        g_action_group_change_action_state (group, action, g_variant_new_boolean (TRUE));
      else
        g_action_group_activate_action (group, action, NULL);
    }
}

static void
errand_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  run_errand (ensure_window (data), g_action_get_name (G_ACTION (action)));
}

static void
open_link_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *kind = g_action_get_name (G_ACTION (action)) + strlen (OPEN);
  g_autofree char *link = oh_link_make (kind, g_variant_get_int64 (parameter));

  oh_window_open_link (ensure_window (data), link, NULL);
}

static void
show_run_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  oh_window_show_run (ensure_window (data), g_variant_get_int64 (parameter));
}

/* @parameter: the number of a call */
static void
print_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhApplication *self = data;
  GtkWindow *window = gtk_application_get_active_window (data);

  if (window != NULL && self->engine != NULL)
    oh_printing_print (window, self->engine, g_variant_get_int64 (parameter));
}

static void
show_limits_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  oh_window_show_limits (ensure_window (data));
}

static const GActionEntry actions[] = {
  /* For other programs: with the number of a call, a run or a trace. */
  { .name = OPEN "call", .activate = open_link_action, .parameter_type = "x" },
  { .name = OPEN "run", .activate = open_link_action, .parameter_type = "x" },
  { .name = OPEN "trace", .activate = open_link_action, .parameter_type = "x" },
  { .name = "start", .activate = start_action, .parameter_type = "b" },
  { .name = "demonstration", .activate = demonstration_action },
  { .name = "again", .activate = errand_action },
  { .name = "desktop", .activate = errand_action },
  { .name = "import", .activate = errand_action },
  { .name = "show-run", .activate = show_run_action, .parameter_type = "x" },
  { .name = "show-limits", .activate = show_limits_action },
  { .name = "print", .activate = print_action, .parameter_type = "x" },
  { .name = "preferences", .activate = preferences_action },
  { .name = "help", .activate = help_action },
  { .name = "text-size", .activate = text_size_action, .parameter_type = "i" },
  { .name = "about", .activate = about_action },
  { .name = "quit", .activate = quit_action },
};

/* ---- the command line ---- */

/* Each data folder has one window: a folder that was chosen gets a name of its own on the session bus. */
static void
use_name_of_folder (OhApplication *self)
{
  const char *chosen = self->data_dir != NULL ? self->data_dir : g_getenv ("OVERHEAR_DATA_DIR");
  g_autofree char *folder = NULL;
  g_autofree char *sum = NULL;
  g_autofree char *id = NULL;

  if (chosen == NULL || *chosen == '\0')
    return;
  folder = g_canonicalize_filename (chosen, NULL);
  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, folder, -1);
  id = g_strdup_printf (OH_APP_ID ".Folder%.16s", sum);
  g_application_set_application_id (G_APPLICATION (self), id);
}

static int
oh_application_handle_local_options (GApplication *application, GVariantDict *dict)
{
  OhApplication *self = OH_APPLICATION (application);
  g_autofree char *data_dir = NULL;
  g_autofree char *screenshot = NULL;

  if (g_variant_dict_contains (dict, "version"))
    {
      g_print ("overhear-app %s\n", OH_VERSION);
      return 0;
    }
  if (g_variant_dict_lookup (dict, "port", "i", &self->port) && (self->port < 0 || self->port > 65535))
    {
      g_printerr (_ ("A port is a number from 0 to 65535, not %d.\n"), self->port);
      return 2;
    }
  if (g_variant_dict_lookup (dict, "data-dir", "^ay", &data_dir))
    self->data_dir = g_canonicalize_filename (data_dir, NULL);
  if (g_variant_dict_lookup (dict, "screenshot", "^ay", &screenshot))
    self->screenshot = g_canonicalize_filename (screenshot, NULL);
  use_name_of_folder (self);
  /* A picture of a window that is already open is not what was asked for. */
  if (screenshot != NULL)
    g_application_set_flags (application, g_application_get_flags (application) | G_APPLICATION_NON_UNIQUE);
  return -1;
}

/* Options after --run are the command's. */
static gboolean
oh_application_local_command_line (GApplication *application, char ***arguments, int *exit_status)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  gboolean found = FALSE;

  for (char **argument = *arguments; *argument != NULL; argument++)
    {
      g_strv_builder_add (builder, *argument);
      if (!found && g_str_equal (*argument, "--"))
        found = TRUE;
      if (!found && g_str_equal (*argument, "--run"))
        {
          found = TRUE;
          /* Of all that goes to a window that is open already, only a command needs this one's surroundings. */
          g_application_set_flags (application, g_application_get_flags (application) | G_APPLICATION_SEND_ENVIRONMENT);
          if (g_strcmp0 (argument[1], "--") != 0)
            g_strv_builder_add (builder, "--");
        }
    }
  g_strfreev (*arguments);
  *arguments = g_strv_builder_end (builder);
  return G_APPLICATION_CLASS (oh_application_parent_class)->local_command_line (application, arguments, exit_status);
}

/* @command: NULL-terminated */
static int
run_command (OhWindow *window, GApplicationCommandLine *command_line, char **command)
{
  /* The caller's own surroundings, such as a virtual environment, are what the command expects. */
  gboolean remote = g_application_command_line_get_is_remote (command_line);
  OhRunSpec spec = {
    .argv = (const char *const *) command,
    .cwd = g_application_command_line_get_cwd (command_line),
    .environment = remote ? g_application_command_line_get_environ (command_line) : NULL,
    .terminal = TRUE,
  };

  if (command == NULL || *command == NULL)
    {
      g_application_command_line_printerr (command_line, _ ("--run needs a command.\n"));
      return 2;
    }
  oh_window_launch (window, &spec);
  return 0;
}

/* A link, or a file. */
static gboolean
open_anything (OhWindow *window, GFile *file, GError **error)
{
  g_autofree char *uri = NULL;

  if (g_file_has_uri_scheme (file, OH_LINK_SCHEME))
    {
      uri = g_file_get_uri (file);
      return oh_window_open_link (window, uri, error);
    }
  oh_window_open_file (window, file);
  return TRUE;
}

static int
oh_application_command_line (GApplication *application, GApplicationCommandLine *command_line)
{
  OhApplication *self = OH_APPLICATION (application);
  GVariantDict *dict = g_application_command_line_get_options_dict (command_line);
  g_auto (GStrv) rest = NULL;
  OhWindow *window = ensure_window (self);
  int status = 0;

  g_variant_dict_lookup (dict, G_OPTION_REMAINING, "^aay", &rest);
  if (g_variant_dict_contains (dict, "run"))
    status = run_command (window, command_line, rest);
  else if (g_variant_dict_contains (dict, "demo"))
    oh_window_launch_demonstration (window);
  else if (rest != NULL && *rest != NULL)
    {
      g_autoptr (GFile) file = g_application_command_line_create_file_for_arg (command_line, *rest);
      g_autoptr (GError) error = NULL;

      if (!open_anything (window, file, &error))
        {
          g_application_command_line_printerr (command_line, "%s\n", error->message);
          status = 1;
        }
    }
  for (guint i = 0; i < G_N_ELEMENTS (errands); i++)
    if (g_variant_dict_contains (dict, errands[i].name))
      run_errand (window, errands[i].name);
  if (self->screenshot != NULL && self->screenshot_since == 0)
    {
      self->screenshot_since = g_get_monotonic_time ();
      g_timeout_add (SCREENSHOT_POLL_MS, wait_for_quiet, self);
    }
  return status;
}

/* ---- */

static void
oh_application_activate (GApplication *application)
{
  ensure_window (OH_APPLICATION (application));
}

static void
oh_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  OhWindow *window = ensure_window (OH_APPLICATION (application));

  if (n_files > 0)
    open_anything (window, files[0], NULL);
}

/* These work in every window of ours. */
static const struct
{
  const char *action;
  const char *accels[4];
} keys[] = {
  { "app.quit", { "<Control>q" } },
  { "app.preferences", { "<Control>comma" } },
  { "app.help", { "F1" } },
  { "app.text-size(1)", { "<Control>plus", "<Control>equal", "<Control>KP_Add" } },
  { "app.text-size(-1)", { "<Control>minus", "<Control>KP_Subtract" } },
  { "app.text-size(0)", { "<Control>0", "<Control>KP_0" } },
};

static void
oh_application_startup (GApplication *application)
{
  OhApplication *self = OH_APPLICATION (application);
  GSettings *settings = oh_settings_get ();

  G_APPLICATION_CLASS (oh_application_parent_class)->startup (application);
  gtk_window_set_default_icon_name (OH_APP_ID);
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), keys[i].action, keys[i].accels);
  /* Whoever comes to a text by Tab wants to read it, or to select some of it. */
  g_object_set (gtk_settings_get_default (), "gtk-label-select-on-focus", FALSE, NULL);
  oh_format_set_rtl (gtk_widget_get_default_direction () == GTK_TEXT_DIR_RTL);
  oh_names_begin ();
  oh_text_scale_follow ();
  g_signal_connect_object (settings, "changed::upstreams", G_CALLBACK (apply_upstreams), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (settings, "changed::open-port", G_CALLBACK (apply_open_port), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (settings, "changed::listen-for-instruments", G_CALLBACK (apply_listening), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (settings, "changed::color-scheme", G_CALLBACK (apply_color_scheme), self,
                           G_CONNECT_SWAPPED);
  apply_color_scheme (self);
}

static void
oh_application_shutdown (GApplication *application)
{
  OhApplication *self = OH_APPLICATION (application);
  OhWindow *window = get_window (self);

  /* What ends now was ended. */
  g_clear_object (&self->notifier);
  oh_drag_file_clean ();
  if (window != NULL)
    gtk_window_destroy (GTK_WINDOW (window));
  g_clear_handle_id (&self->drain, g_source_remove);
  if (self->engine != NULL)
    oh_engine_shutdown (self->engine, TRUE);
  g_clear_object (&self->engine);
  G_APPLICATION_CLASS (oh_application_parent_class)->shutdown (application);
}

static void
oh_application_finalize (GObject *object)
{
  OhApplication *self = OH_APPLICATION (object);

  g_free (self->data_dir);
  g_free (self->screenshot);
  G_OBJECT_CLASS (oh_application_parent_class)->finalize (object);
}

static void
oh_application_class_init (OhApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = oh_application_finalize;
  application_class->activate = oh_application_activate;
  application_class->command_line = oh_application_command_line;
  application_class->handle_local_options = oh_application_handle_local_options;
  application_class->local_command_line = oh_application_local_command_line;
  application_class->open = oh_application_open;
  application_class->shutdown = oh_application_shutdown;
  application_class->startup = oh_application_startup;
  GTK_APPLICATION_CLASS (klass)->window_removed = oh_application_window_removed;
}

static void
oh_application_init (OhApplication *self)
{
  self->port = -1;
  g_application_add_main_option_entries (G_APPLICATION (self), options);
  g_application_set_option_context_summary (G_APPLICATION (self),
                                            _ ("Hears what programs say to LLM APIs, and shows it."));
}

OhApplication *
oh_application_new (void)
{
  return g_object_new (OH_TYPE_APPLICATION,
                       "application-id", OH_APP_ID,
                       "flags",
                       G_APPLICATION_HANDLES_COMMAND_LINE | G_APPLICATION_HANDLES_OPEN,
                       "resource-base-path", "/org/overhear/Overhear",
                       NULL);
}
