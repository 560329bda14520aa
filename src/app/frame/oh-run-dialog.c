/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-run-dialog.h"

#include <glib/gi18n.h>

#define HISTORY_SHOWN 12

struct _OhRunDialog
{
  AdwWindow parent_instance;

  AdwEntryRow *command;
  GtkMenuButton *history_button;
  GtkPopover *history_popover;
  GtkListBox *history_list;
  AdwActionRow *directory_row;
  AdwEntryRow *name;
  AdwEntryRow *trace;
  AdwEntryRow *session;
  AdwEntryRow *user;
  AdwEntryRow *hosts;
  GtkTextView *environment;
  AdwExpanderRow *budget;
  AdwEntryRow *max_cost;
  AdwEntryRow *max_calls;
  AdwEntryRow *max_tokens;
  AdwComboRow *over;
  GtkSwitch *isolate;
  AdwExpanderRow *more;
  GtkRevealer *problem_revealer;
  GtkLabel *problem;
  GtkWidget *run_button;

  OhEngine *engine;
  char *directory;
  GPtrArray *history;
  GtkFileChooserNative *chooser;
};

enum
{
  LAUNCHED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (OhRunDialog, oh_run_dialog, ADW_TYPE_WINDOW)

/* Returns: (transfer full): without spaces around it */
static char *
get_entry (AdwEntryRow *entry)
{
  return g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (entry))));
}

static void
set_entry (AdwEntryRow *entry, const char *text)
{
  gtk_editable_set_text (GTK_EDITABLE (entry), text != NULL ? text : "");
}

/* ---- telling what is wrong ---- */

static void
clear_problem (OhRunDialog *self)
{
  gtk_revealer_set_reveal_child (self->problem_revealer, FALSE);
  gtk_widget_remove_css_class (GTK_WIDGET (self->command), "error");
  gtk_widget_remove_css_class (GTK_WIDGET (self->directory_row), "error");
  gtk_widget_remove_css_class (GTK_WIDGET (self->hosts), "error");
  gtk_widget_remove_css_class (GTK_WIDGET (self->max_cost), "error");
  gtk_widget_remove_css_class (GTK_WIDGET (self->max_calls), "error");
  gtk_widget_remove_css_class (GTK_WIDGET (self->max_tokens), "error");
}

/* @where: (nullable): the row at fault */
static void
show_problem (OhRunDialog *self, GtkWidget *where, const char *words)
{
  gtk_label_set_label (self->problem, words);
  gtk_revealer_set_reveal_child (self->problem_revealer, TRUE);
  if (where != NULL)
    {
      gtk_widget_add_css_class (where, "error");
      gtk_widget_grab_focus (where);
    }
}

static void
on_command_changed (OhRunDialog *self)
{
  g_autofree char *command = get_entry (self->command);

  clear_problem (self);
  gtk_widget_set_sensitive (self->run_button, *command != '\0');
}

/* ---- the working directory ---- */

static void
set_directory (OhRunDialog *self, const char *directory)
{
  const char *home = g_get_home_dir ();
  g_autofree char *shown = NULL;
  g_autofree char *markup = NULL;

  if (directory == NULL || *directory == '\0')
    directory = home;
  if (directory != self->directory)
    {
      g_free (self->directory);
      self->directory = g_strdup (directory);
    }
  if (g_str_has_prefix (directory, home) && (directory[strlen (home)] == '/' || directory[strlen (home)] == '\0'))
    shown = g_strconcat ("~", directory + strlen (home), NULL);
  else
    shown = g_strdup (directory);
  markup = g_markup_escape_text (shown, -1);
  adw_action_row_set_subtitle (self->directory_row, markup);
}

/* @chosen: called with the path, if one is chosen */
static void
choose (OhRunDialog *self, const char *title, GtkFileChooserAction action, GCallback chosen)
{
  g_autoptr (GFile) folder = g_file_new_for_path (self->directory);

  self->chooser = gtk_file_chooser_native_new (title, GTK_WINDOW (self), action, _ ("_Select"), _ ("_Cancel"));
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (self->chooser), folder, NULL);
  g_signal_connect_object (self->chooser, "response", chosen, self, G_CONNECT_SWAPPED);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

/* Returns: (transfer full) (nullable): what was chosen; the chooser is gone */
static GFile *
take_chosen (OhRunDialog *self, int response)
{
  GFile *file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file (GTK_FILE_CHOOSER (self->chooser)) : NULL;

  clear_problem (self);
  g_clear_object (&self->chooser);
  return file;
}

static void
on_directory_chosen (OhRunDialog *self, int response)
{
  g_autoptr (GFile) file = take_chosen (self, response);

  if (file != NULL && g_file_peek_path (file) != NULL)
    set_directory (self, g_file_peek_path (file));
}

static void
on_choose_directory (OhRunDialog *self)
{
  choose (self, _ ("Working Directory"), GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, G_CALLBACK (on_directory_chosen));
}

static void
on_script_chosen (OhRunDialog *self, int response)
{
  g_autoptr (GFile) file = take_chosen (self, response);

  if (file != NULL)
    oh_run_dialog_set_file (self, file);
}

static void
on_choose_script (OhRunDialog *self)
{
  choose (self, _ ("Script or Program"), GTK_FILE_CHOOSER_ACTION_OPEN, G_CALLBACK (on_script_chosen));
}

/* ---- the history ---- */

static void
set_environment (OhRunDialog *self, char **environment)
{
  g_autofree char *text = environment == NULL ? g_strdup ("") : g_strjoinv ("\n", environment);

  gtk_text_buffer_set_text (gtk_text_view_get_buffer (self->environment), text, -1);
}

static gboolean
is_given (const char *text)
{
  return text != NULL && *text != '\0';
}

static void
take_past_command (OhRunDialog *self, const OhPastCommand *past)
{
  set_entry (self->command, past->command);
  set_entry (self->name, past->name);
  set_entry (self->trace, past->trace);
  set_entry (self->session, past->session);
  set_entry (self->user, past->user);
  set_entry (self->hosts, past->hosts);
  set_environment (self, past->environment);
  set_directory (self, past->directory);
  gtk_switch_set_active (self->isolate, past->isolate);
  adw_expander_row_set_expanded (self->more, is_given (past->name) || is_given (past->trace) || is_given (past->session)
                                                 || is_given (past->user) || is_given (past->hosts)
                                                 || (past->environment != NULL && *past->environment != NULL));
}

static void
on_history_activated (OhRunDialog *self, GtkListBoxRow *row)
{
  take_past_command (self, g_ptr_array_index (self->history, (guint) gtk_list_box_row_get_index (row)));
  gtk_popover_popdown (self->history_popover);
  gtk_widget_grab_focus (GTK_WIDGET (self->command));
}

static void
fill_history (OhRunDialog *self)
{
  self->history = oh_settings_get_history ();
  for (guint i = 0; i < MIN (self->history->len, HISTORY_SHOWN); i++)
    {
      const OhPastCommand *past = g_ptr_array_index (self->history, i);
      GtkWidget *label = gtk_label_new (past->command);

      gtk_label_set_xalign (GTK_LABEL (label), 0);
      gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
      gtk_label_set_width_chars (GTK_LABEL (label), 36);
      gtk_label_set_max_width_chars (GTK_LABEL (label), 60);
      gtk_widget_set_tooltip_text (label, past->directory);
      gtk_list_box_append (self->history_list, label);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->history_button), self->history->len > 0);
}

/* ---- running ---- */

/* Returns: (transfer full) the lines that are not empty, or NULL with the problem shown. */
static char **
read_environment (OhRunDialog *self)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (self->environment);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  text = gtk_text_buffer_get_text (buffer, &start, &end, FALSE);
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      const char *name = g_strstrip (*line);
      const char *equals = strchr (name, '=');

      if (*name == '\0')
        continue;
      if (equals == NULL || equals == name || strcspn (name, " \t") < (gsize) (equals - name))
        {
          g_autofree char *words = g_strdup_printf (_ ("“%s” is not of the form NAME=value."), name);

          adw_expander_row_set_expanded (self->more, TRUE);
          show_problem (self, NULL, words);
          gtk_widget_grab_focus (GTK_WIDGET (self->environment));
          return NULL;
        }
      g_strv_builder_add (builder, name);
    }
  return g_strv_builder_end (builder);
}

/* Takes the words apart into those that say where to send a host and those that are to be read only. */
static gboolean
read_hosts (OhRunDialog *self, const char *text, GPtrArray *upstreams, GPtrArray *reads)
{
  g_auto (GStrv) words = g_strsplit_set (text, " \t,", -1);

  for (char **word = words; *word != NULL; word++)
    {
      const char *equals = strchr (*word, '=');

      if (**word == '\0')
        continue;
      if (equals == *word || (equals == NULL && strstr (*word, "://") != NULL)
          || (equals != NULL && !g_str_has_prefix (equals + 1, "http://") && !g_str_has_prefix (equals + 1, "https://")))
        {
          adw_expander_row_set_expanded (self->more, TRUE);
          show_problem (self, GTK_WIDGET (self->hosts),
                        _ ("A host to read is a name such as gateway.example or *.example.org; one to send elsewhere says where, "
                           "such as api.anthropic.com=http://127.0.0.1:8080."));
          return FALSE;
        }
      g_ptr_array_add (equals != NULL ? upstreams : reads, g_strdup (*word));
    }
  g_ptr_array_add (upstreams, NULL);
  g_ptr_array_add (reads, NULL);
  return TRUE;
}

/* Returns: FALSE with the problem shown. */
static gboolean
read_budget (OhRunDialog *self, OhBudget *budget)
{
  static const OhOver overs[] = { OH_OVER_PAUSE, OH_OVER_REFUSE, OH_OVER_TELL };
  AdwEntryRow *const rows[OH_BUDGET_KINDS] = {
    [OH_BUDGET_CALLS] = self->max_calls,
    [OH_BUDGET_TOKENS] = self->max_tokens,
    [OH_BUDGET_COST] = self->max_cost,
  };

  for (guint i = 0; i < OH_BUDGET_KINDS; i++)
    {
      g_autofree char *text = get_entry (rows[i]);
      g_autoptr (GError) error = NULL;

      if (*text == '\0' || oh_budget_parse_limit (i, text, &budget->limits[i], &error))
        continue;
      adw_expander_row_set_expanded (self->budget, TRUE);
      show_problem (self, GTK_WIDGET (rows[i]), error->message);
      return FALSE;
    }
  budget->over = overs[MIN (adw_combo_row_get_selected (self->over), G_N_ELEMENTS (overs) - 1)];
  return TRUE;
}

static void
run (OhRunDialog *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhLiveRun) live = NULL;
  g_autofree char *command = get_entry (self->command);
  g_autofree char *name = get_entry (self->name);
  g_autofree char *trace = get_entry (self->trace);
  g_autofree char *session = get_entry (self->session);
  g_autofree char *user = get_entry (self->user);
  g_autofree char *hosts = get_entry (self->hosts);
  g_autoptr (GPtrArray) upstreams = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) reads = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) argv = NULL;
  g_auto (GStrv) environment = NULL;
  OhRunSpec spec = { 0 };
  OhBudget budget = { 0 };

  clear_problem (self);
  if (*command == '\0')
    return;
  argv = oh_engine_parse_command (command, &error);
  if (argv == NULL)
    {
      show_problem (self, GTK_WIDGET (self->command), error->message);
      return;
    }
  if (!g_file_test (self->directory, G_FILE_TEST_IS_DIR))
    {
      g_autofree char *words = g_strdup_printf (_ ("The folder “%s” does not exist."), self->directory);

      show_problem (self, GTK_WIDGET (self->directory_row), words);
      return;
    }
  environment = read_environment (self);
  if (environment == NULL || !read_hosts (self, hosts, upstreams, reads) || !read_budget (self, &budget))
    return;

  spec.name = is_given (name) ? name : NULL;
  spec.trace = is_given (trace) ? trace : NULL;
  spec.session = is_given (session) ? session : NULL;
  spec.user = is_given (user) ? user : NULL;
  spec.argv = (const char *const *) argv;
  spec.cwd = self->directory;
  spec.environment = (const char *const *) environment;
  spec.upstreams = (const char *const *) upstreams->pdata;
  spec.reads = (const char *const *) reads->pdata;
  spec.budget = &budget;
  spec.isolate = gtk_switch_get_active (self->isolate);
  spec.terminal = TRUE;
  live = oh_engine_launch (self->engine, &spec, &error);
  if (live == NULL)
    {
      show_problem (self, oh_engine_error_is_isolation (error) ? NULL : GTK_WIDGET (self->command), error->message);
      return;
    }
  oh_settings_add_history (&(OhPastCommand) {
    .command = command,
    .directory = self->directory,
    .name = name,
    .trace = trace,
    .session = session,
    .user = user,
    .environment = environment,
    .hosts = hosts,
    .isolate = spec.isolate,
  });
  g_settings_set_string (oh_settings_get (), "run-directory", self->directory);
  g_signal_emit (self, signals[LAUNCHED], 0, live);
  gtk_window_close (GTK_WINDOW (self));
}

static void
run_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  run (OH_RUN_DIALOG (widget));
}

static void
oh_run_dialog_dispose (GObject *object)
{
  OhRunDialog *self = OH_RUN_DIALOG (object);

  g_clear_object (&self->chooser);
  g_clear_pointer (&self->history, g_ptr_array_unref);
  g_clear_pointer (&self->directory, g_free);
  gtk_widget_dispose_template (GTK_WIDGET (self), OH_TYPE_RUN_DIALOG);
  G_OBJECT_CLASS (oh_run_dialog_parent_class)->dispose (object);
}

static void
oh_run_dialog_class_init (OhRunDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_run_dialog_dispose;
  signals[LAUNCHED] = g_signal_new ("launched", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, OH_TYPE_LIVE_RUN);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-run-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, command);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, history_button);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, history_popover);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, history_list);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, directory_row);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, name);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, trace);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, session);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, user);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, hosts);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, environment);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, budget);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, max_cost);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, max_calls);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, max_tokens);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, over);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, isolate);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, more);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, problem_revealer);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, problem);
  gtk_widget_class_bind_template_child (widget_class, OhRunDialog, run_button);
  gtk_widget_class_bind_template_callback (widget_class, on_command_changed);
  gtk_widget_class_bind_template_callback (widget_class, clear_problem);
  gtk_widget_class_bind_template_callback (widget_class, on_choose_directory);
  gtk_widget_class_bind_template_callback (widget_class, on_choose_script);
  gtk_widget_class_bind_template_callback (widget_class, on_history_activated);
  gtk_widget_class_bind_template_callback (widget_class, run);
  gtk_widget_class_install_action (widget_class, "dialog.run", NULL, run_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_CONTROL_MASK, "dialog.run", NULL);
}

static void
oh_run_dialog_init (OhRunDialog *self)
{
  g_autofree char *directory = g_settings_get_string (oh_settings_get (), "run-directory");

  gtk_widget_init_template (GTK_WIDGET (self));
  set_directory (self, directory);
  fill_history (self);
  if (self->history->len > 0)
    take_past_command (self, g_ptr_array_index (self->history, 0));
  on_command_changed (self);
}

GtkWidget *
oh_run_dialog_new (GtkWindow *parent, OhEngine *engine)
{
  OhRunDialog *self;

  g_return_val_if_fail (engine != NULL, NULL);

  self = g_object_new (OH_TYPE_RUN_DIALOG, "transient-for", parent, NULL);
  self->engine = engine;
  gtk_widget_grab_focus (GTK_WIDGET (self->command));
  return GTK_WIDGET (self);
}

void
oh_run_dialog_set_past (OhRunDialog *self, const OhPastCommand *past)
{
  g_return_if_fail (OH_IS_RUN_DIALOG (self));
  g_return_if_fail (past != NULL);

  take_past_command (self, past);
  gtk_editable_set_position (GTK_EDITABLE (self->command), -1);
}

void
oh_run_dialog_set_file (OhRunDialog *self, GFile *file)
{
  g_autofree char *path = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *base = NULL;
  g_autofree char *relative = NULL;
  g_autofree char *quoted = NULL;

  g_return_if_fail (OH_IS_RUN_DIALOG (self));
  g_return_if_fail (G_IS_FILE (file));

  path = g_file_get_path (file);
  if (path == NULL)
    {
      show_problem (self, NULL, _ ("Only a file on this computer can be run."));
      return;
    }
  folder = g_path_get_dirname (path);
  base = g_path_get_basename (path);
  relative = g_strconcat ("./", base, NULL);
  quoted = oh_engine_quote_command ((char *[]) { relative, NULL });
  oh_run_dialog_set_past (self, &(OhPastCommand) { .command = quoted, .directory = folder });
}
