/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-watch.h"
#include "oh-store-schema-private.h"

#include <gio/gio.h>

#define LOOK_MS 100
#define REST_US (10 * G_USEC_PER_SEC)

struct _OhStoreWatch
{
  OhStoreWatchFunc look;
  gpointer data;
  GFileMonitor *monitor; /* of what is written ahead: each change of the database comes through it */
  gint64 written;        /* monotonic, µs */
  guint timer;
};

static gboolean
on_time (gpointer data)
{
  OhStoreWatch *self = data;
  const gboolean again = self->look (self->data);

  if (again || g_get_monotonic_time () - self->written < REST_US)
    return G_SOURCE_CONTINUE;
  self->timer = 0;
  return G_SOURCE_REMOVE;
}

void
oh_store_watch_wake (OhStoreWatch *self)
{
  self->written = g_get_monotonic_time ();
  if (self->timer == 0)
    self->timer = g_timeout_add (LOOK_MS, on_time, self);
}

static void
on_event (OhStoreWatch *self, GFile *file, GFile *other, GFileMonitorEvent event)
{
  /* SQLite gives the file its owner whenever root opens it. */
  if (event != G_FILE_MONITOR_EVENT_ATTRIBUTE_CHANGED)
    oh_store_watch_wake (self);
}

OhStoreWatch *
oh_store_watch_new (const char *data_dir, OhStoreWatchFunc look, gpointer data)
{
  OhStoreWatch *self = g_new0 (OhStoreWatch, 1);
  g_autofree char *path = g_build_filename (data_dir, OH_STORE_FILE "-wal", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);

  self->look = look;
  self->data = data;
  /* Where the system has no more watches to give, GIO looks itself, every few seconds. */
  self->monitor = g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, NULL);
  if (self->monitor != NULL)
    {
      g_file_monitor_set_rate_limit (self->monitor, LOOK_MS);
      g_signal_connect_swapped (self->monitor, "changed", G_CALLBACK (on_event), self);
    }
  oh_store_watch_wake (self);
  return self;
}

void
oh_store_watch_free (OhStoreWatch *self)
{
  if (self->monitor != NULL)
    g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_free (self);
}
