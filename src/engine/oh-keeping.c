/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-keeping-private.h"

#include "oh-clock.h"
#include "oh-folder-lock.h"
#include "oh-store-retention.h"

/* Deleted together, with a pause for captures between one slice and the next. */
#define SLICE 200
#define SLICE_PAUSE_MS 50
/* Beyond the limits at one time. */
#define EXPIRED_MAX 50000
#define LOOK_SECONDS 60
#define LOOK_SOON_MS 5000
/* Of a command, which may be gone in 5 s. */
#define LOOK_AT_ONCE_MS 500

#define LIMITS_FILE "limits"
/* A window holds it as long as it is open, a command while it looks and deletes. */
#define LOCK_FILE "limits.lock"
#define GROUP "limits"

/* Counted: a look under way holds it. */
struct _OhKeeping
{
  char *data_dir;
  OhKeepingHands hands;
  gpointer data;
  gint64 max_bytes;
  gint64 max_age_ns;
  gboolean kept;   /* the user objected */
  int lock;        /* held: nobody else deletes; or -1 */
  GArray *expired; /* asked about, or being deleted; or NULL */
  guint deleted;   /* how many of them */
  gboolean looking;
  gboolean stopped;
  guint timer;
};

static void schedule (OhKeeping *self, guint ms);

/* ---- the file ---- */

static char *
get_path (OhKeeping *self, const char *name)
{
  return g_build_filename (self->data_dir, name, NULL);
}

static void
read_limits (OhKeeping *self)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = get_path (self, LIMITS_FILE);

  g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL);
  self->max_bytes = MAX (g_key_file_get_int64 (file, GROUP, "max-bytes", NULL), 0);
  self->max_age_ns = MAX (g_key_file_get_int64 (file, GROUP, "max-age-ns", NULL), 0);
  self->kept = g_key_file_get_boolean (file, GROUP, "kept", NULL);
}

static void
write_limits (OhKeeping *self)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = get_path (self, LIMITS_FILE);
  g_autofree char *text = NULL;

  g_key_file_set_int64 (file, GROUP, "max-bytes", self->max_bytes);
  g_key_file_set_int64 (file, GROUP, "max-age-ns", self->max_age_ns);
  g_key_file_set_boolean (file, GROUP, "kept", self->kept);
  text = g_key_file_to_data (file, NULL, NULL);
  /* Where nothing can be written nothing is deleted either. */
  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}

static void
settle_lock (OhKeeping *self)
{
  if (self->hands.ask == NULL)
    oh_folder_lock_give (&self->lock);
}

/* ---- deleting ---- */

static void
forget_expired (OhKeeping *self)
{
  g_clear_pointer (&self->expired, g_array_unref);
  self->deleted = 0;
}

static gboolean
delete_slice (gpointer data)
{
  OhKeeping *self = data;
  const guint n = MIN (SLICE, self->expired->len - self->deleted);

  self->timer = 0;
  self->hands.delete (&g_array_index (self->expired, gint64, self->deleted), n, self->data);
  self->deleted += n;
  if (self->deleted < self->expired->len)
    {
      self->timer = g_timeout_add (SLICE_PAUSE_MS, delete_slice, self);
      return G_SOURCE_REMOVE;
    }
  forget_expired (self);
  settle_lock (self);
  /* The space comes back little by little; then there may be more. */
  schedule (self, LOOK_SECONDS * 1000);
  return G_SOURCE_REMOVE;
}

/* ---- looking ---- */

static void
keeping_clear (gpointer data)
{
  OhKeeping *self = data;

  forget_expired (self);
  oh_folder_lock_give (&self->lock);
  g_free (self->data_dir);
}

static void
keeping_release (OhKeeping *self)
{
  g_rc_box_release_full (self, keeping_clear);
}

typedef struct
{
  char *data_dir;
  gint64 max_bytes;
  gint64 max_age_ns;
} Look;

static void
look_free (gpointer data)
{
  Look *look = data;

  g_free (look->data_dir);
  g_free (look);
}

static void
look_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Look *look = data;
  g_autoptr (OhStoreReader) reader = oh_store_reader_new (look->data_dir, NULL);
  GArray *ids = reader == NULL ? NULL
                               : oh_store_reader_find_expired (reader, look->max_bytes, look->max_age_ns,
                                                               oh_clock_wall_ns (), EXPIRED_MAX);

  g_task_return_pointer (task, ids, (GDestroyNotify) g_array_unref);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer data)
{
  OhKeeping *self = data;
  g_autoptr (GArray) ids = g_task_propagate_pointer (G_TASK (result), NULL);

  self->looking = FALSE;
  if (!self->stopped && ids != NULL && ids->len > 0)
    {
      self->expired = g_steal_pointer (&ids);
      if (self->hands.ask != NULL)
        self->hands.ask (self->expired->len, self->data);
      else
        oh_keeping_settle (self, FALSE);
    }
  else if (!self->stopped)
    {
      settle_lock (self);
      schedule (self, LOOK_SECONDS * 1000);
    }
  keeping_release (self);
}

static gboolean
look (gpointer data)
{
  OhKeeping *self = data;
  g_autoptr (GTask) task = NULL;
  Look *query;

  self->timer = 0;
  /* Another process may have changed them. */
  if (self->hands.ask == NULL)
    read_limits (self);
  if (self->kept || self->looking || self->expired != NULL || (self->max_bytes == 0 && self->max_age_ns == 0))
    return G_SOURCE_REMOVE;
  if (!oh_folder_lock_take (&self->lock, self->data_dir, LOCK_FILE))
    {
      schedule (self, LOOK_SECONDS * 1000);
      return G_SOURCE_REMOVE;
    }
  self->looking = TRUE;
  query = g_new0 (Look, 1);
  query->data_dir = g_strdup (self->data_dir);
  query->max_bytes = self->max_bytes;
  query->max_age_ns = self->max_age_ns;
  task = g_task_new (NULL, NULL, on_looked, g_rc_box_acquire (self));
  g_task_set_source_tag (task, look);
  g_task_set_task_data (task, query, look_free);
  g_task_run_in_thread (task, look_in_thread);
  return G_SOURCE_REMOVE;
}

static void
schedule (OhKeeping *self, guint ms)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add (ms, look, self);
}

/* ---- */

OhKeeping *
oh_keeping_new (const char *data_dir, const OhKeepingHands *hands, gpointer data)
{
  OhKeeping *self;

  g_return_val_if_fail (data_dir != NULL && hands != NULL && hands->delete != NULL, NULL);

  self = g_rc_box_new0 (OhKeeping);
  self->data_dir = g_strdup (data_dir);
  self->hands = *hands;
  self->data = data;
  self->lock = -1;
  read_limits (self);
  /* A window gives its own. */
  if (hands->ask != NULL)
    oh_folder_lock_take (&self->lock, self->data_dir, LOCK_FILE);
  else
    schedule (self, LOOK_AT_ONCE_MS);
  return self;
}

void
oh_keeping_free (OhKeeping *self)
{
  g_return_if_fail (self != NULL);

  self->stopped = TRUE;
  g_clear_handle_id (&self->timer, g_source_remove);
  keeping_release (self);
}

void
oh_keeping_set_limits (OhKeeping *self, gint64 max_bytes, gint64 max_age_ns)
{
  g_return_if_fail (self != NULL && max_bytes >= 0 && max_age_ns >= 0);

  if (max_bytes != self->max_bytes || max_age_ns != self->max_age_ns || self->kept)
    {
      self->max_bytes = max_bytes;
      self->max_age_ns = max_age_ns;
      self->kept = FALSE;
      write_limits (self);
    }
  if (self->expired == NULL && !self->looking)
    schedule (self, LOOK_SOON_MS);
}

void
oh_keeping_settle (OhKeeping *self, gboolean keep)
{
  g_return_if_fail (self != NULL);

  if (self->expired == NULL || self->timer != 0)
    return;
  if (!keep)
    {
      self->timer = g_timeout_add (SLICE_PAUSE_MS, delete_slice, self);
      return;
    }
  forget_expired (self);
  self->kept = TRUE;
  write_limits (self);
}
