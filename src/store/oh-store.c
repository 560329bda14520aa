/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store.h"
#include "oh-clock.h"
#include "oh-store-checkpoint-private.h"
#include "oh-store-chores-private.h"
#include "oh-store-orders-private.h"
#include "oh-store-pace-private.h"
#include "oh-store-registry-private.h"
#include "oh-store-schema-private.h"

#include <glib/gi18n.h>
#include <inttypes.h>

/* Data beyond this is dropped: the store cannot keep up, or cannot write at all. */
#define QUEUE_MAX ((gsize) 40 << 20)
/* And new exchanges beyond this. Those already begun may still say how they ended. */
#define QUEUE_MAX_BEGIN (QUEUE_MAX + ((gsize) 16 << 20))
/* From here on insight waits before it adds to it. */
#define QUEUE_BEHIND (QUEUE_MAX / 4)
/* Posts on the disk that are not taken apart yet: more are not answered before they are. */
#define KEPT_MAX ((gsize) 1 << 30)
/* One transaction takes about this much. */
#define BATCH_MAX ((gsize) 8 << 20)
#define BATCH_ORDERS 8192
/* How long orders that nobody waits for may stay in the queue. */
#define GATHER_NS (10 * OH_NS_PER_MS)
#define GATHER_MAX_NS (20 * OH_NS_PER_MS)
/* When so many exchanges end in a second, an end waits this long for others to share its commit, unless as many wait as
 * still go on. */
#define GROUP_PACE 400
#define GROUP_NS (OH_NS_PER_MS)
#define BUSY_MS 250
/* A database that is locked this long is trouble. */
#define BUSY_PATIENCE_NS (OH_NS_PER_S)
#define RETRY_MAX_NS (OH_NS_PER_S)
#define HOPELESS_ATTEMPTS 3
#define RUN_PATIENCE_NS (3 * OH_NS_PER_S)
#define FLUSH_PATIENCE_NS (5 * OH_NS_PER_S)
/* Steps of putting the index in order before it is closed. */
#define TIDY_AT_END 32

struct _OhStore
{
  GObject parent_instance;
  char *dir;
  char *notice;
  GMainContext *context; /* of the caller of oh_store_open() */
  GThread *thread;

  /* The thread's own. */
  OhDb *db;
  OhWriter *writer;
  OhRegistration registration;
  OhCheckpointer *checkpointer;
  OhChores *chores;
  gboolean idle;  /* there were no orders */

  GMutex lock;         /* guards everything below */
  GCond work;          /* for the thread: orders, or the end */
  GCond progress;      /* for those who wait for an order */
  GQueue queue;        /* OhOrder */
  GQueue insights;     /* those that say what exchanges mean: nobody waits for them */
  GQueue said;         /* those of an exchange of which more is being said */
  gboolean saying;     /* more is */
  gint64 queue_since;  /* when the oldest one came (monotonic) */
  gboolean urgent;     /* someone waits for one of them */
  gint64 urgent_until; /* when it is to be committed (monotonic) */
  gint64 dozing_until; /* how long the thread sleeps unless it is woken (monotonic); 0: it does not */
  guint ends;          /* ENDs among them */
  guint open;          /* exchanges that have begun and not ended */
  gsize queued;        /* bytes from push to commit */
  GHashTable *gaps;    /* key → OhGap: bytes of these open exchanges were dropped */
  GHashTable *refused; /* keys of open exchanges whose BEGIN was not taken */
  char *trouble;       /* why nothing can be written */
  gboolean overrun;    /* captures come faster than they can be written */
  OhPace pace;         /* of ends on the wire */
  OhPace urgent_pace;  /* of all that somebody waits for */
  guint64 lost;        /* exchanges that lost something in the present trouble */
  gint64 provisional;  /* the last negative run id given */
  gboolean closed;
  gint keeps_posts; /* atomic: somebody takes them apart */

  gint awaited; /* atomic: somebody waits for an order in the queue */
  gint changed_pending;
  gint trouble_pending;
};

enum
{
  PROP_0,
  PROP_TROUBLE,
  N_PROPS
};

enum
{
  CHANGED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void oh_store_sink_init (OhSinkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhStore,
                               oh_store,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_SINK, oh_store_sink_init))

/* --- telling --- */

static gboolean
emit_changed (gpointer data)
{
  g_autoptr (OhStore) self = g_weak_ref_get (data);

  if (self == NULL)
    return G_SOURCE_REMOVE;
  g_atomic_int_set (&self->changed_pending, 0);
  g_signal_emit (self, signals[CHANGED], 0);
  return G_SOURCE_REMOVE;
}

static gboolean
emit_trouble (gpointer data)
{
  g_autoptr (OhStore) self = g_weak_ref_get (data);

  if (self == NULL)
    return G_SOURCE_REMOVE;
  g_atomic_int_set (&self->trouble_pending, 0);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TROUBLE]);
  return G_SOURCE_REMOVE;
}

static void
free_weak_ref (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* At most one of a kind is under way. It does not keep the store alive. */
static void
tell (OhStore *self, gint *pending, GSourceFunc func)
{
  GSource *source;
  GWeakRef *weak;

  if (!g_atomic_int_compare_and_exchange (pending, 0, 1))
    return;
  weak = g_new0 (GWeakRef, 1);
  g_weak_ref_init (weak, self);
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, weak, free_weak_ref);
  g_source_attach (source, self->context);
  g_source_unref (source);
}

/* @sentence: (transfer full) (nullable) */
static void
set_trouble (OhStore *self, char *sentence)
{
  gboolean same;

  g_mutex_lock (&self->lock);
  same = g_strcmp0 (self->trouble, sentence) == 0;
  g_free (self->trouble);
  self->trouble = sentence;
  if (sentence == NULL && !self->overrun)
    self->lost = 0;
  g_cond_broadcast (&self->progress);
  g_mutex_unlock (&self->lock);
  if (!same)
    tell (self, &self->trouble_pending, emit_trouble);
}

/* --- the thread --- */

static void
finish_order (OhOrder *order, gint64 result, gpointer data)
{
  OhStore *self = data;

  g_mutex_lock (&self->lock);
  order->waiter->done = TRUE;
  order->waiter->result = result;
  g_cond_broadcast (&self->progress);
  g_mutex_unlock (&self->lock);
}

static void
release (OhStore *self)
{
  gsize released = oh_writer_take_released (self->writer);
  gboolean relieved;

  g_mutex_lock (&self->lock);
  g_assert (released <= self->queued);
  self->queued -= released;
  relieved = self->overrun && self->queued < QUEUE_MAX / 2;
  if (relieved)
    {
      self->overrun = FALSE;
      if (self->trouble == NULL)
        self->lost = 0;
    }
  g_mutex_unlock (&self->lock);
  if (relieved)
    tell (self, &self->trouble_pending, emit_trouble);
}

/* Sleeps, but not longer than it takes to be asked to end. Returns: FALSE if asked to. */
static gboolean
sleep_until (OhStore *self, gint64 until_ns)
{
  gboolean go_on;

  g_mutex_lock (&self->lock);
  while (!self->closed && oh_clock_monotonic_ns () < until_ns)
    g_cond_wait_until (&self->work, &self->lock, until_ns / OH_NS_PER_US);
  go_on = !self->closed;
  g_mutex_unlock (&self->lock);
  return go_on;
}

static void
give_up (OhStore *self)
{
  guint lost = oh_writer_give_up (self->writer);

  g_mutex_lock (&self->lock);
  self->lost += lost;
  g_mutex_unlock (&self->lock);
}

/* Commits what is due, however long it takes; closing ends the patience. */
static void
commit (OhStore *self, gboolean all)
{
  gint64 first_failure = 0, pause = 20 * OH_NS_PER_MS;
  guint hopeless = 0;

  for (;;)
    {
      gint64 now = oh_clock_monotonic_ns ();
      gboolean patient, busy, damaged;

      if (oh_writer_commit (self->writer, now, all))
        {
          /* Told before those who wait are woken: what they then ask for is already so. */
          set_trouble (self, NULL);
          if (oh_writer_has_changed (self->writer))
            tell (self, &self->changed_pending, emit_changed);
          oh_writer_settle (self->writer);
          break;
        }
      busy = (self->db->error & 0xff) == SQLITE_BUSY;
      damaged = (self->db->error & 0xff) == SQLITE_CORRUPT || (self->db->error & 0xff) == SQLITE_NOTADB;
      if (first_failure == 0)
        first_failure = now;
      now = oh_clock_monotonic_ns ();
      if (!busy || now - first_failure >= BUSY_PATIENCE_NS)
        set_trouble (self, oh_schema_describe_trouble (self->db));
      switch (self->db->error & 0xff)
        {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_NOMEM:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL:
          break;
        default:
          hopeless++;
          break;
        }
      g_debug ("store: %s (%d, %s)", self->db->message, self->db->error, g_strerror (self->db->system_error));
      oh_db_forget_error (self->db);
      if (damaged)
        oh_schema_suspect (self->dir);
      patient = sleep_until (self, now + pause);
      if (damaged || hopeless >= HOPELESS_ATTEMPTS || (!patient && now - first_failure >= FLUSH_PATIENCE_NS))
        {
          give_up (self);
          break;
        }
      if (!patient)
        g_usleep (20000);
      pause = MIN (pause * 2, RETRY_MAX_NS);
    }
  release (self);
}

/* Moves orders from the queue into the writer. A deletion goes alone, so that it sees what was before it and nothing else.
 * Returns: whether the next commit must write everything. */
static gboolean
absorb (OhStore *self)
{
  GQueue batch = G_QUEUE_INIT;
  gboolean all = FALSE;
  gsize size = 0;
  OhOrder *order;

  g_mutex_lock (&self->lock);
  while ((order = g_queue_peek_head (&self->queue)) != NULL && size < BATCH_MAX && batch.length < BATCH_ORDERS)
    {
      if (oh_order_is_deletion (order) && batch.length > 0)
        break;
      g_queue_push_tail (&batch, g_queue_pop_head (&self->queue));
      size += order->size;
      all = all || order->kind == OH_ORDER_BARRIER;
      if (oh_order_is_deletion (order))
        break;
    }
  /* The rest does not wait any longer. */
  if (order == NULL || !oh_order_is_deletion (order))
    while ((order = g_queue_pop_head (&self->insights)) != NULL)
      g_queue_push_tail (&batch, order);
  self->queue_since = 0;
  if (self->queue.length == 0)
    {
      self->urgent = FALSE;
      self->ends = 0;
      g_atomic_int_set (&self->awaited, FALSE);
    }
  g_mutex_unlock (&self->lock);
  while ((order = g_queue_pop_head (&batch)) != NULL)
    {
      if (oh_order_is_deletion (order))
        oh_chores_sweep_soon (self->chores);
      oh_writer_absorb (self->writer, order);
    }
  return all;
}

/* Whether somebody waits for a commit, and there is nobody else to wait for. With the lock. */
static gboolean
is_group_whole (const OhStore *self)
{
  return self->urgent && (self->urgent_until == 0 || self->ends >= self->open);
}

/* With the lock. */
static gboolean
has_orders (const OhStore *self)
{
  return self->queue.length > 0 || self->insights.length > 0;
}

/* Returns: FALSE when the store is being closed and nothing is left to do. */
static gboolean
wait_for_work (OhStore *self)
{
  const gint64 due = MIN (oh_writer_get_due (self->writer), oh_chores_get_due (self->chores));
  gboolean go_on;

  g_mutex_lock (&self->lock);
  while (!self->closed && !is_group_whole (self) && self->queued < BATCH_MAX)
    {
      gint64 until = due;

      if (has_orders (self))
        until = MIN (until, self->queue_since + GATHER_NS);
      if (self->urgent)
        until = MIN (until, self->urgent_until);
      if (oh_clock_monotonic_ns () >= until)
        break;
      self->dozing_until = until;
      g_cond_wait_until (&self->work, &self->lock, (until + 999) / OH_NS_PER_US);
      self->dozing_until = 0;
    }
  self->idle = !has_orders (self) && !self->closed;
  go_on = !self->closed || has_orders (self);
  g_mutex_unlock (&self->lock);
  return go_on;
}

static void
index_all (OhStore *self)
{
  gboolean any = FALSE;

  while (oh_texts_index (oh_writer_get_texts (self->writer), TRUE))
    any = TRUE;
  if (any)
    tell (self, &self->changed_pending, emit_changed);
  release (self);
}

static void
end_all (OhStore *self)
{
  commit (self, TRUE);
  index_all (self);
  for (guint i = 0; i < TIDY_AT_END && oh_texts_tidy (oh_writer_get_texts (self->writer), TRUE); i++)
    ;
  oh_db_begin (self->db);
  oh_registry_end_all (oh_writer_get_part_writer (self->writer), self->registration.id, "closed");
  oh_db_end (self->db);
  oh_db_forget_error (self->db);
  oh_registry_leave (&self->registration, self->db);
  g_clear_pointer (&self->checkpointer, oh_checkpointer_free);
}

static gpointer
work (gpointer data)
{
  OhStore *self = data;

  while (wait_for_work (self))
    {
      gboolean all = absorb (self);

      if (all)
        index_all (self);
      if (all || oh_writer_get_due (self->writer) <= oh_clock_monotonic_ns ())
        commit (self, all);
      oh_checkpointer_end_log (self->checkpointer);
      if (oh_chores_do_one (self->chores, self->idle, oh_store_get_pace (self)))
        tell (self, &self->changed_pending, emit_changed);
      release (self);
    }
  end_all (self);
  g_clear_pointer (&self->chores, oh_chores_free);
  g_clear_pointer (&self->writer, oh_writer_free);
  g_clear_pointer (&self->db, oh_db_free);
  return NULL;
}

/* --- orders --- */

/* With the lock. @order: (transfer full) */
static void
enqueue (OhStore *self, OhOrder *order)
{
  const gint64 now = oh_clock_monotonic_ns ();
  gint64 until = now + GATHER_MAX_NS;

  if (!has_orders (self))
    self->queue_since = now;
  self->queued += order->size;
  if (oh_order_is_urgent (order))
    {
      gboolean grouped = order->kind == OH_ORDER_CAPTURE && oh_pace_get (&self->urgent_pace, now) >= GROUP_PACE;

      g_atomic_int_set (&self->awaited, TRUE);
      if (order->kind == OH_ORDER_CAPTURE)
        oh_pace_count (&self->urgent_pace, now);
      if (!grouped)
        self->urgent_until = 0;
      else if (!self->urgent)
        self->urgent_until = now + GROUP_NS;
      self->urgent = TRUE;
      self->ends += order->kind == OH_ORDER_CAPTURE && order->capture->kind == OH_CAPTURE_END;
      until = is_group_whole (self) ? now : self->urgent_until;
    }
  if (oh_order_is_insight (order))
    g_queue_push_tail (self->saying ? &self->said : &self->insights, order);
  else
    g_queue_push_tail (&self->queue, order);
  /* It is woken only if it would sleep too long. */
  if (self->dozing_until > until || self->queued >= BATCH_MAX)
    g_cond_signal (&self->work);
}

gboolean
oh_store_submit (OhStore *self, OhOrder *order)
{
  gboolean open;

  g_mutex_lock (&self->lock);
  open = !self->closed;
  if (open)
    enqueue (self, order);
  g_mutex_unlock (&self->lock);
  if (!open)
    oh_order_free (order);
  return open;
}

/* Waits for an order. @patience_ns: how long; @only_trouble: but for ever while all is well
 * Returns: FALSE if it gave up. */
static gboolean
await (OhStore *self, OhWaiter *waiter, gint64 patience_ns, gboolean only_trouble)
{
  const gint64 until = oh_clock_monotonic_ns () + patience_ns;
  gboolean done;

  g_mutex_lock (&self->lock);
  while (!waiter->done)
    {
      gint64 now = oh_clock_monotonic_ns ();

      if (now >= until && !(only_trouble && self->trouble == NULL))
        {
          waiter->abandoned = TRUE;
          break;
        }
      g_cond_wait_until (&self->progress, &self->lock,
                         (now >= until ? now + OH_NS_PER_S / 10 : until) / OH_NS_PER_US + 1);
    }
  done = waiter->done;
  g_mutex_unlock (&self->lock);
  return done;
}

/* --- the sink --- */

/* With the lock. Whether a capture is wanted; those that are not are counted and remembered. */
static gboolean
admit (OhStore *self, OhCapture *capture, gint64 *gaps)
{
  const gsize size = capture->data != NULL ? g_bytes_get_size (capture->data) : 0;
  gpointer flags;
  guint gap;

  *gaps = 0;
  if (self->closed)
    return FALSE;
  switch (capture->kind)
    {
    case OH_CAPTURE_BEGIN:
      if (self->queued <= QUEUE_MAX_BEGIN)
        {
          self->open++;
          return TRUE;
        }
      g_hash_table_add (self->refused, g_memdup2 (&capture->key, sizeof capture->key));
      self->lost++;
      return FALSE;
    case OH_CAPTURE_REQUEST_DATA:
    case OH_CAPTURE_RESPONSE_DATA:
      if (g_hash_table_contains (self->refused, &capture->key))
        return FALSE;
      gap = capture->kind == OH_CAPTURE_REQUEST_DATA ? OH_GAP_REQUEST : OH_GAP_RESPONSE;
      flags = g_hash_table_lookup (self->gaps, &capture->key);
      /* After a gap no more is taken: what is kept of a body is always its beginning. */
      if (self->queued + size <= QUEUE_MAX && (GPOINTER_TO_UINT (flags) & gap) == 0)
        return TRUE;
      if (flags == NULL)
        self->lost++;
      g_hash_table_replace (self->gaps, g_memdup2 (&capture->key, sizeof capture->key),
                            GUINT_TO_POINTER (GPOINTER_TO_UINT (flags) | gap));
      return FALSE;
    case OH_CAPTURE_END:
      if (capture->exchange->route != OH_ROUTE_TOLD)
        oh_pace_count (&self->pace, oh_clock_monotonic_ns ());
      *gaps = GPOINTER_TO_UINT (g_hash_table_lookup (self->gaps, &capture->key));
      g_hash_table_remove (self->gaps, &capture->key);
      if (g_hash_table_remove (self->refused, &capture->key))
        return FALSE;
      self->open -= self->open > 0;
      return TRUE;
    case OH_CAPTURE_REQUEST_END:
    case OH_CAPTURE_RESPONSE_HEAD:
    case OH_CAPTURE_POST:
      break;
    }
  return !g_hash_table_contains (self->refused, &capture->key);
}

static gboolean
push (OhSink *sink, OhCapture *capture)
{
  OhStore *self = OH_STORE (sink);
  const gboolean is_data = capture->data != NULL;
  gboolean taken, overrun = FALSE;
  gint64 gaps;

  g_mutex_lock (&self->lock);
  taken = admit (self, capture, &gaps);
  if (taken)
    {
      OhOrder *order = oh_order_new (OH_ORDER_CAPTURE, is_data ? g_bytes_get_size (capture->data) : OH_ORDER_SIZE);

      order->number = gaps;
      order->capture = g_steal_pointer (&capture);
      enqueue (self, order);
    }
  else if (!self->closed && !self->overrun && self->queued > QUEUE_MAX / 2)
    {
      self->overrun = overrun = TRUE;
    }
  g_mutex_unlock (&self->lock);
  if (overrun)
    tell (self, &self->trouble_pending, emit_trouble);
  g_clear_pointer (&capture, oh_capture_unref);
  return taken || !is_data;
}

static gboolean
has_room (OhSink *sink)
{
  OhStore *self = OH_STORE (sink);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->closed || self->queued <= QUEUE_MAX / 2;
}

static gboolean
keeps_posts (OhSink *sink, gsize length)
{
  OhStore *self = OH_STORE (sink);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_atomic_int_get (&self->keeps_posts) && !self->closed && oh_posts_get_kept (oh_writer_get_posts (self->writer)) + length <= KEPT_MAX;
}

static void
oh_store_sink_init (OhSinkInterface *iface)
{
  iface->push = push;
  iface->has_room = has_room;
  iface->keeps_posts = keeps_posts;
}

/* --- the object --- */

static void
oh_store_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_TROUBLE:
      g_value_take_string (value, oh_store_dup_trouble (OH_STORE (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
oh_store_dispose (GObject *object)
{
  oh_store_close (OH_STORE (object));
  G_OBJECT_CLASS (oh_store_parent_class)->dispose (object);
}

static void
oh_store_finalize (GObject *object)
{
  OhStore *self = OH_STORE (object);

  g_hash_table_unref (self->gaps);
  g_hash_table_unref (self->refused);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_free (self->dir);
  g_free (self->notice);
  g_free (self->trouble);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->work);
  g_cond_clear (&self->progress);
  G_OBJECT_CLASS (oh_store_parent_class)->finalize (object);
}

static void
oh_store_class_init (OhStoreClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = oh_store_get_property;
  object_class->dispose = oh_store_dispose;
  object_class->finalize = oh_store_finalize;

  properties[PROP_TROUBLE] =
      g_param_spec_string ("trouble", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[CHANGED] =
      g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
oh_store_init (OhStore *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->work);
  g_cond_init (&self->progress);
  g_queue_init (&self->queue);
  g_queue_init (&self->insights);
  g_queue_init (&self->said);
  self->registration.fd = -1;
  self->gaps = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->refused = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

OhStore *
oh_store_open (const char *dir, GError **error)
{
  g_autoptr (OhStore) self = NULL;
  g_autofree char *path = NULL;

  g_return_val_if_fail (dir != NULL, NULL);
  self = g_object_new (OH_TYPE_STORE, NULL);
  self->dir = g_strdup (dir);
  self->context = g_main_context_ref_thread_default ();
  self->db = oh_schema_open (dir, &self->notice, error);
  if (self->db == NULL)
    return NULL;
  if (oh_registry_enter (&self->registration, self->db, dir))
    {
      self->writer = oh_writer_new (self->db, self->registration.id, &self->awaited, finish_order, self);
      oh_registry_bury_dead (oh_writer_get_part_writer (self->writer), dir);
      oh_posts_adopt (oh_writer_get_posts (self->writer));
    }
  if (self->db->error != SQLITE_OK)
    {
      oh_schema_set_error (error, self->db, dir);
      oh_db_forget_error (self->db);
      oh_registry_leave (&self->registration, self->db);
      g_clear_pointer (&self->writer, oh_writer_free);
      g_clear_pointer (&self->db, oh_db_free);
      return NULL;
    }
  sqlite3_busy_timeout (self->db->handle, BUSY_MS);
  self->chores = oh_chores_new (self->db, self->writer, dir);
  path = g_build_filename (dir, OH_STORE_FILE, NULL);
  self->checkpointer = oh_checkpointer_new (self->db, path);
  self->thread = g_thread_new ("oh-store", work, self);
  return g_steal_pointer (&self);
}

OhStore *
oh_store_new_closed (const char *dir, const char *why)
{
  OhStore *self;

  g_return_val_if_fail (dir != NULL && why != NULL, NULL);
  self = g_object_new (OH_TYPE_STORE, NULL);
  self->dir = g_strdup (dir);
  self->context = g_main_context_ref_thread_default ();
  self->trouble = g_strdup (why);
  self->closed = TRUE;
  return self;
}

void
oh_store_close (OhStore *self)
{
  g_return_if_fail (OH_IS_STORE (self));
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_cond_signal (&self->work);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->thread, g_thread_join);
  g_queue_clear_full (&self->queue, (GDestroyNotify) oh_order_free);
  g_queue_clear_full (&self->insights, (GDestroyNotify) oh_order_free);
  g_queue_clear_full (&self->said, (GDestroyNotify) oh_order_free);
}

const char *
oh_store_get_dir (OhStore *self)
{
  g_return_val_if_fail (OH_IS_STORE (self), NULL);
  return self->dir;
}

const char *
oh_store_get_notice (OhStore *self)
{
  g_return_val_if_fail (OH_IS_STORE (self), NULL);
  return self->notice;
}

char *
oh_store_dup_trouble (OhStore *self)
{
  g_autofree char *why = NULL;
  guint64 lost;

  g_return_val_if_fail (OH_IS_STORE (self), NULL);
  g_mutex_lock (&self->lock);
  why = g_strdup (self->trouble);
  if (why == NULL && self->overrun)
    why = g_strdup (_ ("Captures come faster than the disk takes them."));
  lost = self->lost;
  g_mutex_unlock (&self->lock);
  if (why == NULL || lost == 0)
    return g_steal_pointer (&why);
  return g_strdup_printf (ngettext ("%s %" PRIu64 " exchange is incomplete.",
                                    "%s %" PRIu64 " exchanges are incomplete.", (gulong) lost),
                          why, lost);
}

gboolean
oh_store_is_behind (OhStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->queued > QUEUE_BEHIND;
}

gboolean
oh_store_is_full (OhStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->queued > QUEUE_MAX;
}

void
oh_store_keep_posts (OhStore *self)
{
  g_atomic_int_set (&self->keeps_posts, TRUE);
}

gboolean
oh_store_has_posts (OhStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return !self->closed && oh_posts_get_kept (oh_writer_get_posts (self->writer)) > 0;
}

gint64
oh_store_get_writer_id (OhStore *self)
{
  return self->registration.id;
}

guint
oh_store_get_pace (OhStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return oh_pace_get (&self->pace, oh_clock_monotonic_ns ());
}

void
oh_store_hurry (OhStore *self)
{
  g_mutex_lock (&self->lock);
  self->urgent = has_orders (self);
  self->urgent_until = 0;
  if (self->urgent)
    g_cond_signal (&self->work);
  g_mutex_unlock (&self->lock);
}

void
oh_store_begin_saying (OhStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->saying = TRUE;
}

void
oh_store_end_saying (OhStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  OhOrder *order;

  self->saying = FALSE;
  if (!has_orders (self))
    self->queue_since = oh_clock_monotonic_ns ();
  while ((order = g_queue_pop_head (&self->said)) != NULL)
    g_queue_push_tail (&self->insights, order);
  if (self->dozing_until > self->queue_since + GATHER_MAX_NS)
    g_cond_signal (&self->work);
}

void
oh_store_flush (OhStore *self)
{
  OhOrder *order = oh_order_new (OH_ORDER_BARRIER, 0);
  OhWaiter *waiter = oh_waiter_new ();

  g_return_if_fail (OH_IS_STORE (self));
  order->waiter = oh_waiter_ref (waiter);
  if (oh_store_submit (self, order))
    await (self, waiter, FLUSH_PATIENCE_NS, TRUE);
  oh_waiter_unref (waiter);
}

gint64
oh_store_add_run (OhStore *self, const OhRun *run)
{
  OhOrder *order = oh_order_new (OH_ORDER_ADD_RUN, OH_ORDER_SIZE);
  OhWaiter *waiter = oh_waiter_new ();
  gint64 id;

  g_return_val_if_fail (OH_IS_STORE (self) && run != NULL, -1);
  g_mutex_lock (&self->lock);
  id = --self->provisional;
  g_mutex_unlock (&self->lock);
  order->id = id;
  order->run = oh_run_copy (run);
  order->waiter = oh_waiter_ref (waiter);
  if (oh_store_submit (self, order) && await (self, waiter, RUN_PATIENCE_NS, FALSE) && waiter->result > 0)
    id = waiter->result;
  oh_waiter_unref (waiter);
  return id;
}
