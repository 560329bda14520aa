/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LD_PRELOAD: tells ThreadSanitizer what GLib does, which is not built with it and locks with futexes of its own. What
 * loses a reference is handed over, too. */
#include <dlfcn.h>
#include <glib-object.h>
#include <gio/gio.h>

void __tsan_acquire (void *address) __attribute__ ((weak));
void __tsan_release (void *address) __attribute__ ((weak));

static void
acquire (gconstpointer address)
{
  if (__tsan_acquire != NULL)
    __tsan_acquire ((void *) address);
}

static void
release (gconstpointer address)
{
  if (__tsan_release != NULL)
    __tsan_release ((void *) address);
}

#define REAL(type, name, ...)                                                                                          \
  static type (*real) (__VA_ARGS__);                                                                                   \
  if (G_UNLIKELY (real == NULL))                                                                                       \
  *(void **) &real = dlsym (RTLD_NEXT, name)

void
(g_mutex_lock) (GMutex *mutex)
{
  REAL (void, "g_mutex_lock", GMutex *mutex);

  real (mutex);
  acquire (mutex);
}

gboolean
(g_mutex_trylock) (GMutex *mutex)
{
  REAL (gboolean, "g_mutex_trylock", GMutex *mutex);
  gboolean result = real (mutex);

  if (result)
    acquire (mutex);
  return result;
}

void
(g_mutex_unlock) (GMutex *mutex)
{
  REAL (void, "g_mutex_unlock", GMutex *mutex);

  release (mutex);
  real (mutex);
}

void
(g_cond_wait) (GCond *cond, GMutex *mutex)
{
  REAL (void, "g_cond_wait", GCond *cond, GMutex *mutex);

  release (mutex);
  real (cond, mutex);
  acquire (mutex);
}

gboolean
(g_cond_wait_until) (GCond *cond, GMutex *mutex, gint64 end)
{
  REAL (gboolean, "g_cond_wait_until", GCond *cond, GMutex *mutex, gint64 end);

  release (mutex);
  gboolean result = real (cond, mutex, end);
  acquire (mutex);
  return result;
}

void
(g_once_init_leave) (volatile void *location, gsize value)
{
  REAL (void, "g_once_init_leave", volatile void *location, gsize value);

  release ((gconstpointer) location);
  real (location, value);
}

gboolean
(g_once_init_enter) (volatile void *location)
{
  REAL (gboolean, "g_once_init_enter", volatile void *location);
  gboolean result = real (location);

  acquire ((gconstpointer) location);
  return result;
}

guint
(g_source_attach) (GSource *source, GMainContext *context)
{
  REAL (guint, "g_source_attach", GSource *source, GMainContext *context);

  release (source);
  guint result = real (source, context);
  return result;
}

void
(g_object_unref) (gpointer object)
{
  REAL (void, "g_object_unref", gpointer object);

  release (object), acquire (object);
  real (object);
}

void
(g_bytes_unref) (GBytes *bytes)
{
  REAL (void, "g_bytes_unref", GBytes *bytes);

  release (bytes), acquire (bytes);
  real (bytes);
}

void
(g_hash_table_unref) (GHashTable *table)
{
  REAL (void, "g_hash_table_unref", GHashTable *table);

  release (table), acquire (table);
  real (table);
}

void
(g_ptr_array_unref) (GPtrArray *array)
{
  REAL (void, "g_ptr_array_unref", GPtrArray *array);

  release (array), acquire (array);
  real (array);
}

void
(g_main_context_unref) (GMainContext *context)
{
  REAL (void, "g_main_context_unref", GMainContext *context);

  release (context), acquire (context);
  real (context);
}

void
(g_source_unref) (GSource *source)
{
  REAL (void, "g_source_unref", GSource *source);

  release (source), acquire (source);
  real (source);
}

void
(g_atomic_rc_box_release_full) (gpointer box, GDestroyNotify clear)
{
  REAL (void, "g_atomic_rc_box_release_full", gpointer box, GDestroyNotify clear);

  release (box), acquire (box);
  real (box, clear);
}

void
(g_atomic_rc_box_release) (gpointer box)
{
  REAL (void, "g_atomic_rc_box_release", gpointer box);

  release (box), acquire (box);
  real (box);
}

gboolean
(g_atomic_ref_count_dec) (gatomicrefcount *count)
{
  REAL (gboolean, "g_atomic_ref_count_dec", gatomicrefcount *count);

  release (count), acquire (count);
  gboolean result = real (count);
  return result;
}

void
(g_task_return_pointer) (GTask *task, gpointer value, GDestroyNotify free_value)
{
  REAL (void, "g_task_return_pointer", GTask *task, gpointer value, GDestroyNotify free_value);

  release (task);
  real (task, value, free_value);
}

void
(g_task_return_boolean) (GTask *task, gboolean value)
{
  REAL (void, "g_task_return_boolean", GTask *task, gboolean value);

  release (task);
  real (task, value);
}

void
(g_task_return_error) (GTask *task, GError *error)
{
  REAL (void, "g_task_return_error", GTask *task, GError *error);

  release (task);
  real (task, error);
}

gpointer
(g_task_propagate_pointer) (GTask *task, GError **error)
{
  REAL (gpointer, "g_task_propagate_pointer", GTask *task, GError **error);

  acquire (task);
  gpointer result = real (task, error);
  return result;
}

gboolean
(g_task_propagate_boolean) (GTask *task, GError **error)
{
  REAL (gboolean, "g_task_propagate_boolean", GTask *task, GError **error);

  acquire (task);
  gboolean result = real (task, error);
  return result;
}

/* --- what runs elsewhere later --- */

typedef struct
{
  GSource *source;
  GSourceFunc func;
  gpointer data;
  GDestroyNotify destroy;
} Call;

static gboolean
run_call (gpointer data)
{
  Call *call = data;

  acquire (call->source);
  return call->func (call->data);
}

static void
free_call (gpointer data)
{
  Call *call = data;

  acquire (call->source);
  if (call->destroy != NULL)
    call->destroy (call->data);
  g_free (call);
}

void
g_source_set_callback (GSource *source, GSourceFunc func, gpointer data, GDestroyNotify destroy)
{
  REAL (void, "g_source_set_callback", GSource *source, GSourceFunc func, gpointer data, GDestroyNotify destroy);
  Call *call;

  /* Those of streams and sockets have other parameters, and stay on their thread. */
  if (source->source_funcs != &g_idle_funcs && source->source_funcs != &g_timeout_funcs)
    {
      real (source, func, data, destroy);
      return;
    }
  call = g_new (Call, 1);
  *call = (Call) { source, func, data, destroy };
  real (source, run_call, call, free_call);
}

static void
run_task (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GTaskThreadFunc func = (GTaskThreadFunc) g_object_get_data (G_OBJECT (task), "tsan");

  acquire (task);
  func (task, source, data, cancellable);
  release (task);
}

void
g_task_run_in_thread (GTask *task, GTaskThreadFunc func)
{
  REAL (void, "g_task_run_in_thread", GTask *task, GTaskThreadFunc func);

  g_object_set_data (G_OBJECT (task), "tsan", (gpointer) func);
  release (task);
  real (task, run_task);
}
