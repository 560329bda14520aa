/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-desktop-switch.h"

#include "oh-settings.h"

#include <glib/gi18n.h>

#define NOTIFICATION "desktop"

struct _OhDesktopSwitch
{
  AdwBin parent_instance;

  GtkImage *icon;
  GtkSpinner *spinner;
  GtkSwitch *toggle;

  OhEngine *engine;
  GtkWindow *window;     /* (unowned) */
  GSimpleAction *action;
  gboolean on;           /* as was shown last, */
  gboolean ours;         /* and whether this window has it on */
  gboolean busy;         /* switching */
  gboolean showing;      /* it is moved by us, to what is so */
  gboolean wanted;       /* it is to be on once the way is clear */
  GFileMonitor *monitor; /* of whether another Overhear switches */
};

G_DEFINE_FINAL_TYPE (OhDesktopSwitch, oh_desktop_switch, ADW_TYPE_BIN)

enum
{
  SIGNAL_TOLD,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
tell (OhDesktopSwitch *self, const char *title, const char *text, gboolean trouble)
{
  g_signal_emit (self, signals[SIGNAL_TOLD], 0, title, text, trouble);
}

/* Once it is on: what else that has done. */
static void
tell_news (OhDesktopSwitch *self)
{
  const char *news = oh_engine_get_desktop_news (self->engine);
  g_autofree char *text = NULL;

  if (news == NULL)
    return;
  text = g_strdup_printf ("%s %s", news, _ ("The preferences show which programs trust its certificate."));
  tell (self, NULL, text, FALSE);
}

/* While it is on, the desktop knows too, wherever the window is. */
static void
notify (OhDesktopSwitch *self)
{
  GApplication *application = g_application_get_default ();
  g_autoptr (GNotification) notification = NULL;

  if (application == NULL)
    return;
  if (!self->ours)
    {
      g_application_withdraw_notification (application, NOTIFICATION);
      return;
    }
  notification = g_notification_new (_ ("Overhear listens to the whole desktop"));
  g_notification_set_body (notification, _ ("What programs say to LLM APIs is kept until you switch it off."));
  g_application_send_notification (application, NOTIFICATION, notification);
}

static void
show_tip (OhDesktopSwitch *self)
{
  g_autoptr (OhDesktopStatus) status = self->on && !self->ours ? oh_desktop_read_status (NULL) : NULL;
  g_autofree char *tip = NULL;

  if (status != NULL && status->on)
    tip = g_strdup_printf (_ ("Another Overhear listens to the whole desktop: process %d. Press to switch it off."), status->pid);
  else if (self->on)
    tip = g_strdup (_ ("The desktop is listened to. Press to give its settings back."));
  else
    tip = g_strdup (_ ("Listen to the Whole Desktop"));
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), tip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->toggle), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, tip, -1);
}

/* Shows what is so. */
static void
look (OhDesktopSwitch *self)
{
  const gboolean ours = self->engine != NULL && oh_engine_has_desktop (self->engine);
  const gboolean on = ours || oh_desktop_is_on ();

  if (self->action == NULL || self->busy)
    return;
  if (on != self->on || ours != self->ours)
    {
      const gboolean notified = ours != self->ours;

      self->on = on;
      self->ours = ours;
      if (on)
        gtk_widget_add_css_class (GTK_WIDGET (self->icon), "recording");
      else
        gtk_widget_remove_css_class (GTK_WIDGET (self->icon), "recording");
      if (notified)
        notify (self);
    }
  g_simple_action_set_state (self->action, g_variant_new_boolean (on));
  self->showing = TRUE;
  gtk_switch_set_active (self->toggle, on);
  gtk_switch_set_state (self->toggle, on);
  self->showing = FALSE;
  show_tip (self);
}

static void
on_switched (OhDesktopSwitch *self)
{
  if (self->on != (self->ours || oh_desktop_is_on ()))
    look (self);
}

/* By another's hand. */
static void
on_desktop (OhDesktopSwitch *self)
{
  if (self->busy || self->engine == NULL)
    return;
  if (self->ours && !oh_engine_has_desktop (self->engine))
    tell (self, _ ("The desktop is no longer listened to."), _ ("Another Overhear has given its settings back."), TRUE);
  look (self);
}

static void
set_busy (OhDesktopSwitch *self, gboolean busy)
{
  self->busy = busy;
  g_simple_action_set_enabled (self->action, !busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->toggle), !busy);
  gtk_spinner_set_spinning (self->spinner, busy);
  gtk_widget_set_visible (GTK_WIDGET (self->spinner), busy);
  gtk_widget_set_visible (GTK_WIDGET (self->icon), !busy);
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->toggle), GTK_ACCESSIBLE_STATE_BUSY, busy, -1);
}

/* ---- on ------------------------------------------------------------------------------------------------------------ */

static void switch_off (OhDesktopSwitch *self, gboolean force);

static void
on_stuck_response (OhDesktopSwitch *self, const char *response)
{
  if (g_str_equal (response, "again"))
    switch_off (self, FALSE);
  else if (g_str_equal (response, "leave"))
    switch_off (self, TRUE);
  else
    {
      self->wanted = FALSE;
      look (self);
    }
}

/* The record of what was there before stays until somebody decides. @problem: why it cannot be given back */
static void
ask_about_stuck (OhDesktopSwitch *self, const char *problem)
{
  g_autofree char *body = g_strdup_printf ("%s\n\n%s", problem,
                                           _ ("If they are left as they are now, the record of what was there before is put aside, and "
                                              "nobody gives it back any more: look into the desktop’s proxy settings then."));
  GtkWidget *dialog = adw_message_dialog_new (self->window, _ ("The Desktop’s Settings Cannot Be Given Back"), body);

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "leave", _ ("_Leave Them So"), "again",
                                    _ ("_Try Again"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "leave", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "again");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_stuck_response), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
taken (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhDesktopSwitch) self = data;
  g_autoptr (GError) error = NULL;
  const gboolean fine = oh_engine_take_desktop_finish (OH_ENGINE (source), result, &error);

  if (self->action == NULL)
    return;
  set_busy (self, FALSE);
  /* What an Overhear that is gone has left cannot be given back. */
  self->wanted = !fine && oh_desktop_is_on () && !g_error_matches (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_OWNED);
  if (self->wanted)
    ask_about_stuck (self, error->message);
  else if (!fine)
    tell (self, _ ("The desktop is not listened to."), error->message, TRUE);
  else
    tell_news (self);
  look (self);
}

static void
switch_on (OhDesktopSwitch *self)
{
  GSettings *settings = oh_settings_get ();
  const OhDesktopOptions options = {
    .mode = g_settings_get_enum (settings, "desktop-mode"),
    .session = g_settings_get_boolean (settings, "desktop-session"),
    .claude = g_settings_get_boolean (settings, "desktop-claude"),
    .who = "window",
  };

  if (self->engine == NULL || oh_engine_has_desktop (self->engine))
    return;
  set_busy (self, TRUE);
  oh_engine_take_desktop_async (self->engine, &options, NULL, taken, g_object_ref (self));
}

static void
on_response (OhDesktopSwitch *self, const char *response)
{
  if (g_str_equal (response, "listen"))
    {
      g_settings_set_boolean (oh_settings_get (), "desktop-explained", TRUE);
      switch_on (self);
    }
  else
    look (self);
}

/* The first time it says what it will do. */
static void
explain (OhDesktopSwitch *self)
{
  GtkWidget *dialog = adw_message_dialog_new (
      self->window, _ ("Listen to the Whole Desktop?"),
      _ ("The desktop’s proxy settings will send the hosts that are read, and no others, through Overhear: of every program, "
         "whoever started it. Programs that do not trust Overhear’s certificate are shown, and pass through unread.\n\n"
         "Your settings are written down first, and given back when you switch off, and also if Overhear or this computer "
         "dies. Hosts and more are in the preferences."));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "listen", _ ("_Listen"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "listen", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "listen");
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_response), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* ---- off ----------------------------------------------------------------------------------------------------------- */

/* @data: whether what cannot be given back is left so */
static void
restore_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  g_auto (GStrv) kept = NULL;
  g_autofree char *note = NULL;
  g_autofree char *names = NULL;

  oh_desktop_restore (GPOINTER_TO_INT (data), &kept, &note, &error);
  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  names = g_strjoinv (", ", kept);
  if (note == NULL && *names != '\0')
    note = g_strdup_printf (_ ("Changed by somebody else meanwhile, and left so: %s"), names);
  g_task_return_pointer (task, g_steal_pointer (&note), g_free);
}

static void
restored (GObject *source, GAsyncResult *result, gpointer data)
{
  OhDesktopSwitch *self = OH_DESKTOP_SWITCH (source);
  g_autoptr (GError) error = NULL;
  g_autofree char *note = g_task_propagate_pointer (G_TASK (result), &error);

  if (self->action == NULL)
    return;
  /* The engine would see by itself, a moment later. */
  if (self->engine != NULL)
    oh_engine_release_desktop (self->engine, NULL, NULL);
  set_busy (self, FALSE);
  if (error != NULL)
    ask_about_stuck (self, error->message);
  else if (note != NULL)
    tell (self, NULL, note, TRUE);
  look (self);
  if (error == NULL && self->wanted)
    switch_on (self);
}

static void
switch_off (OhDesktopSwitch *self, gboolean force)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, restored, NULL);

  g_task_set_task_data (task, GINT_TO_POINTER (force), NULL);
  set_busy (self, TRUE);
  g_task_run_in_thread (task, restore_in_thread);
}

static void
request (OhDesktopSwitch *self, gboolean on)
{
  if (self->engine == NULL || self->busy || on == self->on)
    return;
  if (self->on)
    switch_off (self, FALSE);
  else if (g_settings_get_boolean (oh_settings_get (), "desktop-explained"))
    switch_on (self);
  else
    explain (self);
}

static void
change_state (GSimpleAction *action, GVariant *value, gpointer data)
{
  request (data, g_variant_get_boolean (value));
}

/* It is moved at once, and coloured when that is so. */
static gboolean
on_state_set (OhDesktopSwitch *self, gboolean state)
{
  if (self->showing)
    return FALSE;
  request (self, state);
  return TRUE;
}

static void
oh_desktop_switch_dispose (GObject *object)
{
  OhDesktopSwitch *self = OH_DESKTOP_SWITCH (object);

  if (self->monitor != NULL)
    g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
  if (self->engine != NULL)
    g_signal_handlers_disconnect_by_data (self->engine, self);
  g_clear_object (&self->engine);
  if (self->action != NULL)
    g_signal_handlers_disconnect_by_data (self->action, self);
  g_clear_object (&self->action);
  gtk_widget_dispose_template (GTK_WIDGET (self), OH_TYPE_DESKTOP_SWITCH);

  G_OBJECT_CLASS (oh_desktop_switch_parent_class)->dispose (object);
}

static void
oh_desktop_switch_class_init (OhDesktopSwitchClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_desktop_switch_dispose;
  signals[SIGNAL_TOLD] = g_signal_new ("told", OH_TYPE_DESKTOP_SWITCH, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                                       G_TYPE_STRING, G_TYPE_STRING, G_TYPE_BOOLEAN);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-desktop-switch.ui");
  gtk_widget_class_bind_template_child (widget_class, OhDesktopSwitch, icon);
  gtk_widget_class_bind_template_child (widget_class, OhDesktopSwitch, spinner);
  gtk_widget_class_bind_template_child (widget_class, OhDesktopSwitch, toggle);
  gtk_widget_class_bind_template_callback (widget_class, on_state_set);
}

static void
oh_desktop_switch_init (OhDesktopSwitch *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
oh_desktop_switch_set_engine (OhDesktopSwitch *self, GtkWindow *window, OhEngine *engine)
{
  g_return_if_fail (OH_IS_DESKTOP_SWITCH (self));
  g_return_if_fail (GTK_IS_WINDOW (window));

  if (self->engine != NULL)
    g_signal_handlers_disconnect_by_data (self->engine, self);
  g_set_object (&self->engine, engine);
  self->window = window;
  if (self->action == NULL)
    {
      self->action = g_simple_action_new_stateful ("desktop", NULL, g_variant_new_boolean (FALSE));
      g_signal_connect (self->action, "change-state", G_CALLBACK (change_state), self);
      g_action_map_add_action (G_ACTION_MAP (window), G_ACTION (self->action));
    }
  g_simple_action_set_enabled (self->action, engine != NULL && !self->busy);
  if (engine == NULL)
    return;
  g_signal_connect_object (engine, "notify::desktop", G_CALLBACK (on_desktop), self, G_CONNECT_SWAPPED);
  if (self->monitor == NULL && (self->monitor = oh_desktop_watch ()) != NULL)
    g_signal_connect_object (self->monitor, "changed", G_CALLBACK (on_switched), self, G_CONNECT_SWAPPED);
  look (self);
}
