/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-notifier.h"

#include "oh-settings.h"

#include <glib/gi18n.h>
#include <gtk/gtk.h>
#include <inttypes.h>

/* How often findings are looked for while something changes, and how old one may be: what was imported is no news. */
#define LOOK_MS 500
#define NEWS_NS (60 * OH_NS_PER_S)
#define NOTICES 50

struct _OhNotifier
{
  GObject parent_instance;

  GApplication *application;
  OhEngine *engine;
  gint64 seen_notice; /* the newest that was there */
  guint look;         /* source */
};

G_DEFINE_FINAL_TYPE (OhNotifier, oh_notifier, G_TYPE_OBJECT)

static gboolean
is_in_front (OhNotifier *self)
{
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (self->application)); l != NULL; l = l->next)
    if (gtk_window_is_active (l->data))
      return TRUE;
  return FALSE;
}

/* @key: of the settings; @id: a later one of the same replaces it; @run_id: 0: it is about a rate limit */
static void
notify (OhNotifier *self, const char *key, const char *id, const char *title, const char *body, gint64 run_id)
{
  g_autoptr (GNotification) notification = NULL;

  if (!g_settings_get_boolean (oh_settings_get (), key) || is_in_front (self))
    return;
  notification = g_notification_new (title);
  g_notification_set_body (notification, body);
  if (run_id != 0)
    g_notification_set_default_action_and_target (notification, "app.show-run", "x", run_id);
  else
    g_notification_set_default_action (notification, "app.show-limits");
  g_application_send_notification (self->application, id, notification);
}

static char *
get_run_name (OhNotifier *self, gint64 run_id)
{
  g_autoptr (OhRun) run = oh_store_reader_get_run (oh_engine_get_reader (self->engine), run_id);

  return g_strdup (run != NULL && run->name != NULL ? run->name : "");
}

static void
on_exited (OhNotifier *self, gint64 run_id)
{
  OhLiveRun *run = oh_engine_get_live_run (self->engine, run_id);
  g_autofree char *name = get_run_name (self, run_id);
  g_autofree char *id = g_strdup_printf ("run-%" PRId64, run_id);
  g_autofree char *body = NULL;

  if (oh_live_run_get_term_signal (run) != 0)
    body = g_strdup_printf (_ ("Failed: it was ended by signal %d."), oh_live_run_get_term_signal (run));
  else if (oh_live_run_get_exit_status (run) != 0)
    body = g_strdup_printf (_ ("Failed with status %d."), oh_live_run_get_exit_status (run));
  notify (self, body != NULL ? "notify-failed" : "notify-ended", id, name, body != NULL ? body : _ ("Has ended."), run_id);
}

static void
on_budget (OhNotifier *self, gint64 run_id, guint news, const char *sentence)
{
  g_autofree char *name = get_run_name (self, run_id);
  g_autofree char *id = g_strdup_printf ("budget-%" PRId64, run_id);
  const char *body = sentence;

  if (news == OH_BUDGET_NEWS_WAITS)
    body = _ ("A call waits, for the budget is used up. Decide in the window what becomes of it.");
  notify (self, "notify-budget", id, name, body, run_id);
}

static const char *
get_key (const OhNotice *notice)
{
  if (g_str_equal (notice->kind, "repeated-tool-call") || g_str_equal (notice->kind, "repeat"))
    return "notify-loops";
  return g_str_equal (notice->kind, "limit-near") ? "notify-limits" : NULL;
}

static gint64
get_run_of (OhNotifier *self, const OhNotice *notice)
{
  const gint64 *ids = (const gint64 *) (gpointer) notice->exchange_ids->data;
  g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (oh_engine_get_reader (self->engine), ids,
                                                         MIN (notice->exchange_ids->len, 1));
  const OhExchange *row = rows->len > 0 ? rows->pdata[0] : NULL;

  return row != NULL ? row->run_id : 0;
}

/* Findings that were not there before. @tell: whether to tell of them */
static void
look_for_notices (OhNotifier *self, gboolean tell)
{
  g_autoptr (GPtrArray) notices = oh_store_reader_get_notices (oh_engine_get_reader (self->engine), 0, FALSE, NOTICES);
  const gint64 seen = self->seen_notice;

  for (guint i = 0; i < notices->len; i++)
    {
      const OhNotice *notice = notices->pdata[i];
      const char *key = get_key (notice);
      g_autofree char *id = g_strdup_printf ("finding-%" PRId64, notice->id);
      g_autofree char *name = NULL;
      g_autofree char *said = NULL;
      gint64 run_id;

      self->seen_notice = MAX (self->seen_notice, notice->id);
      if (!tell || notice->id <= seen || key == NULL || notice->at_ns < oh_clock_wall_ns () - NEWS_NS)
        continue;
      run_id = get_run_of (self, notice);
      name = run_id != 0 ? get_run_name (self, run_id) : g_strdup (_ ("Overhear"));
      said = oh_saying_tell (notice->saying);
      notify (self, key, id, name, said, g_str_equal (key, "notify-limits") ? 0 : run_id);
    }
}

static gboolean
on_look (gpointer data)
{
  OhNotifier *self = data;

  self->look = 0;
  look_for_notices (self, TRUE);
  return G_SOURCE_REMOVE;
}

static void
on_changed (OhNotifier *self)
{
  if (self->look == 0)
    self->look = g_timeout_add (LOOK_MS, on_look, self);
}

static void
oh_notifier_dispose (GObject *object)
{
  OhNotifier *self = OH_NOTIFIER (object);

  g_clear_handle_id (&self->look, g_source_remove);
  g_clear_object (&self->engine);
  G_OBJECT_CLASS (oh_notifier_parent_class)->dispose (object);
}

static void
oh_notifier_class_init (OhNotifierClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_notifier_dispose;
}

static void
oh_notifier_init (OhNotifier *self)
{
}

OhNotifier *
oh_notifier_new (GApplication *application, OhEngine *engine)
{
  OhNotifier *self;

  g_return_val_if_fail (G_IS_APPLICATION (application), NULL);
  g_return_val_if_fail (OH_IS_ENGINE (engine), NULL);

  self = g_object_new (OH_TYPE_NOTIFIER, NULL);
  self->application = application;
  self->engine = g_object_ref (engine);
  look_for_notices (self, FALSE);
  g_signal_connect_object (engine, "exited", G_CALLBACK (on_exited), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (engine, "budget", G_CALLBACK (on_budget), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (engine, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  return self;
}
