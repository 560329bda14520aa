/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine-private.h"

struct _OhLiveRun
{
  GObject parent;

  OhStore *store;
  OhRun *run;       /* ours alone: nobody else has seen this copy */
  OhChild *child;
  OhRedactor *redactor; /* of what is stored of the console */
  gint64 begun;     /* oh_clock_boot_ns(): the clock of dates may be set meanwhile */
  OhLookout *lookout;
};

G_DEFINE_FINAL_TYPE (OhLiveRun, oh_live_run, G_TYPE_OBJECT)

enum
{
  SIGNAL_OUTPUT,
  SIGNAL_EXITED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
on_output (OhChild *child, GBytes *data, OhLiveRun *self)
{
  g_autoptr (GBytes) safe = oh_redactor_feed (self->redactor, data);

  oh_store_append_console (self->store, self->run->id, safe);
  g_signal_emit (self, signals[SIGNAL_OUTPUT], 0, data);
}

static void
on_exited (OhChild *child, OhLiveRun *self)
{
  g_autoptr (GBytes) rest = oh_redactor_finish (self->redactor);

  if (rest != NULL)
    oh_store_append_console (self->store, self->run->id, rest);
  self->run->ended_ns = self->run->started_ns + oh_clock_boot_ns () - self->begun;
  self->run->exit_status = oh_child_get_exit_status (child);
  self->run->term_signal = oh_child_get_term_signal (child);
  oh_store_update_run (self->store, self->run);
  g_signal_emit (self, signals[SIGNAL_EXITED], 0);
}

static void
oh_live_run_finalize (GObject *object)
{
  OhLiveRun *self = OH_LIVE_RUN (object);

  oh_live_run_stop_looking (self);
  g_clear_object (&self->child);
  g_clear_pointer (&self->redactor, oh_redactor_free);
  g_clear_object (&self->store);
  g_clear_pointer (&self->run, oh_run_unref);

  G_OBJECT_CLASS (oh_live_run_parent_class)->finalize (object);
}

static void
oh_live_run_class_init (OhLiveRunClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_live_run_finalize;

  signals[SIGNAL_OUTPUT] = g_signal_new ("output", OH_TYPE_LIVE_RUN, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                         1, G_TYPE_BYTES);
  signals[SIGNAL_EXITED] = g_signal_new ("exited", OH_TYPE_LIVE_RUN, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                         0);
}

static void
oh_live_run_init (OhLiveRun *self)
{
}

OhLiveRun *
oh_live_run_new (OhStore *store, OhRun *run, OhChild *child, OhRedactor *redactor)
{
  OhLiveRun *self = g_object_new (OH_TYPE_LIVE_RUN, NULL);

  self->store = g_object_ref (store);
  self->run = run;
  self->child = child;
  self->redactor = redactor;
  self->begun = oh_clock_boot_ns ();
  g_signal_connect_object (child, "output", G_CALLBACK (on_output), self, 0);
  g_signal_connect_object (child, "exited", G_CALLBACK (on_exited), self, 0);
  return self;
}

typedef struct
{
  OhProxy *proxy;
  gint64 run_id;
} Lookout;

static void
lookout_free (gpointer data)
{
  Lookout *lookout = data;

  g_object_unref (lookout->proxy);
  g_free (lookout);
}

/* Called on the lookout's thread. */
static void
went_around (const char *const *hosts, const char *address, guint port, const char *program, gboolean bare, gpointer data)
{
  Lookout *lookout = data;
  g_autofree char *message = NULL;
  g_autofree char *names = g_strjoinv (", ", (char **) hosts);
  const gboolean sure = hosts[1] == NULL;
  const char *code = program == NULL ? "around-ended" : bare ? "around-environment" : "around-proxy";

  message = oh_saying_new (code, "host program", sure ? hosts[0] : "HOST", program);
  if (!sure)
    oh_saying_add (&message, oh_saying_new ("around-shared", "hosts", names));
  oh_proxy_note_around (lookout->proxy, lookout->run_id, hosts, sure ? hosts[0] : address, port, message);
}

void
oh_live_run_look_out (OhLiveRun *self, OhProxy *proxy, const char *const *places)
{
  Lookout *lookout = g_new (Lookout, 1);

  *lookout = (Lookout) { g_object_ref (proxy), self->run->id };
  self->lookout = oh_lookout_new (oh_child_get_pid (self->child), oh_proxy_get_port (proxy), places, went_around, lookout,
                                  lookout_free);
}

void
oh_live_run_stop_looking (OhLiveRun *self)
{
  g_clear_pointer (&self->lookout, oh_lookout_free);
}

gint64
oh_live_run_get_id (OhLiveRun *self)
{
  g_return_val_if_fail (OH_IS_LIVE_RUN (self), 0);
  return self->run->id;
}

GPid
oh_live_run_get_pid (OhLiveRun *self)
{
  g_return_val_if_fail (OH_IS_LIVE_RUN (self), 0);
  return oh_child_get_pid (self->child);
}

gboolean
oh_live_run_is_running (OhLiveRun *self)
{
  g_return_val_if_fail (OH_IS_LIVE_RUN (self), FALSE);
  return oh_child_is_running (self->child);
}

int
oh_live_run_get_exit_status (OhLiveRun *self)
{
  g_return_val_if_fail (OH_IS_LIVE_RUN (self), -1);
  return oh_child_get_exit_status (self->child);
}

int
oh_live_run_get_term_signal (OhLiveRun *self)
{
  g_return_val_if_fail (OH_IS_LIVE_RUN (self), 0);
  return oh_child_get_term_signal (self->child);
}

void
oh_live_run_write (OhLiveRun *self, GBytes *data)
{
  g_return_if_fail (OH_IS_LIVE_RUN (self));
  oh_child_write (self->child, data);
}

void
oh_live_run_set_window_size (OhLiveRun *self, guint columns, guint rows)
{
  g_return_if_fail (OH_IS_LIVE_RUN (self));
  oh_child_set_window_size (self->child, columns, rows);
}

void
oh_live_run_signal (OhLiveRun *self, int signum)
{
  g_return_if_fail (OH_IS_LIVE_RUN (self));
  oh_child_signal (self->child, signum);
}

void
oh_live_run_stop (OhLiveRun *self)
{
  g_return_if_fail (OH_IS_LIVE_RUN (self));
  oh_child_stop (self->child);
}

void
oh_engine_adopt_orphans (void)
{
  oh_launch_adopt_orphans ();
}

const sigset_t *
oh_engine_note_signals (void)
{
  return oh_launch_note_signals ();
}

gboolean
oh_engine_reap_orphans (GPid program)
{
  return oh_launch_reap_orphans (program);
}

gboolean
oh_engine_error_is_not_found (const GError *error)
{
  return g_error_matches (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_NOT_FOUND);
}

gboolean
oh_engine_error_is_not_executable (const GError *error)
{
  return g_error_matches (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_NOT_EXECUTABLE);
}

gboolean
oh_engine_error_is_isolation (const GError *error)
{
  return g_error_matches (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_ISOLATION);
}
