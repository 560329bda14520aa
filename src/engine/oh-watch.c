/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine-private.h"
#include "oh-first-look-private.h"
#include "oh-watch-thread-private.h"

#include "oh-value.h"

#include <math.h>

/* What is larger gets a first look before it is read as a whole; and how much of each end that looks at. */
#define LARGE (2 * 1000 * 1000)
#define LOOK (256 * 1024)
#define MANY 2000 /* messages */

/* The thread's side of a watch. */
typedef struct
{
  OhWatchThread *thread;
  gint64 exchange_id;
  gboolean first_look;
  GWeakRef watch;          /* taken on the main thread only */
  int pending;             /* atomic: an update is queued */
  OhExchange *exchange;    /* as of the last update */
  OhInterpreter *interpreter;
  gint64 request_fed;
  gint64 response_fed;
  gboolean request_ended;
  gboolean ended;
  GBytes *request_body;    /* once the request has ended */
  gboolean request_whole;
} Job;

struct _OhWatch
{
  GObject parent;

  Job *job;
  OhExchangeView *view;
};

typedef struct
{
  Job *job;
  OhExchangeView *view;
} Delivery;

G_DEFINE_BOXED_TYPE (OhExchangeView, oh_exchange_view, oh_exchange_view_ref, oh_exchange_view_unref)
G_DEFINE_FINAL_TYPE (OhWatch, oh_watch, G_TYPE_OBJECT)

enum
{
  PROP_VIEW = 1,
  N_PROPERTIES,
};

static GParamSpec *properties[N_PROPERTIES];

static gpointer
free_reading (gpointer reading)
{
  oh_reading_unref (reading);
  return NULL;
}

static void
view_clear (gpointer data)
{
  OhExchangeView *self = data;

  /* Letting go of a long conversation takes longer than a frame. */
  if (self->reading != NULL && self->reading->messages->len > MANY)
    g_thread_unref (g_thread_new ("oh-free", free_reading, g_steal_pointer (&self->reading)));

  g_clear_pointer (&self->exchange, oh_exchange_unref);
  g_clear_pointer (&self->reading, oh_reading_unref);
  g_clear_pointer (&self->request_body, g_bytes_unref);
  g_clear_pointer (&self->response_body, g_bytes_unref);
}

OH_DEFINE_VALUE (OhExchangeView, oh_exchange_view, view_clear)

static void
job_clear (gpointer data)
{
  Job *job = data;

  g_clear_pointer (&job->interpreter, oh_interpreter_free);
  g_clear_pointer (&job->exchange, oh_exchange_unref);
  g_clear_pointer (&job->request_body, g_bytes_unref);
  g_clear_pointer (&job->thread, oh_watch_thread_unref);
  g_weak_ref_clear (&job->watch);
}

static void
job_unref (gpointer job)
{
  g_atomic_rc_box_release_full (job, job_clear);
}

/* What insight says of an exchange comes a little after its end. */
static gboolean
has_moved (const OhPlace *before, const OhPlace *now)
{
  if (before == NULL || now == NULL)
    return before != now;
  return isnan (before->cost) != isnan (now->cost) || before->attempts != now->attempts
         || before->parent_id != now->parent_id;
}

static gboolean
has_news (const OhExchange *before, const OhExchange *now)
{
  return before == NULL || before->request_length != now->request_length || before->response_length != now->response_length
         || before->status != now->status || before->outcome != now->outcome || before->pinned != now->pinned
         || before->gaps != now->gaps || before->timings.request_sent != now->timings.request_sent
         || (before->facts == NULL) != (now->facts == NULL)
         || (now->facts != NULL && before->facts->message_count != now->facts->message_count) || has_moved (before->place, now->place);
}

/* The request as it is understood in a first look: all of a small one, the ends of a long conversation. (transfer full)
 * (nullable)
 * @head: (out) (transfer full): what the body begins with */
static GBytes *
look_at_request (OhStoreReader *reader, const OhExchange *exchange, GBytes **head)
{
  g_autoptr (GBytes) tail = NULL;
  const char *encoding = oh_headers_get_one (exchange->request_headers, "content-encoding");

  *head = oh_store_reader_read_body (reader, exchange->id, OH_SIDE_REQUEST, 0,
                                     exchange->request_length > LARGE ? LOOK : -1, NULL);
  if (*head == NULL || exchange->request_length <= LARGE)
    return *head != NULL ? g_bytes_ref (*head) : NULL;
  if (encoding != NULL)
    return NULL;
  tail = oh_store_reader_read_body_end (reader, exchange->id, OH_SIDE_REQUEST, LOOK);
  return tail != NULL ? oh_first_look_join (*head, tail) : NULL;
}

/* What can be said before everything has been read; or NULL where that does not take long, or not much can. */
static OhExchangeView *
look_first (OhStoreReader *reader, OhExchange *exchange)
{
  g_autoptr (OhInterpreter) interpreter = NULL;
  g_autoptr (GBytes) head = NULL;
  g_autoptr (GBytes) request = NULL;
  g_autoptr (GBytes) response = NULL;
  gboolean large = exchange->request_length > LARGE;
  OhExchangeView *view;

  if (exchange->outcome == OH_OUTCOME_PENDING || (!large && exchange->response_length <= LARGE))
    return NULL;
  request = look_at_request (reader, exchange, &head);
  response = oh_store_reader_read_body (reader, exchange->id, OH_SIDE_RESPONSE, 0,
                                        exchange->response_length > LARGE ? LOOK : -1, NULL);
  if (head == NULL || response == NULL)
    return NULL;
  interpreter = oh_interpreter_new (exchange);
  oh_feed_bytes (interpreter, OH_SIDE_REQUEST, request != NULL ? request : head, 0, NULL);
  if (request != NULL)
    oh_interpreter_end_request (interpreter);
  if (exchange->response_headers != NULL)
    {
      oh_interpreter_set_response (interpreter, exchange);
      oh_feed_bytes (interpreter, OH_SIDE_RESPONSE, response, 0, NULL);
      if (request != NULL && exchange->response_length <= LARGE)
        oh_interpreter_end (interpreter, exchange->outcome);
    }
  view = g_atomic_rc_box_new0 (OhExchangeView);
  view->exchange = oh_exchange_ref (exchange);
  view->reading = oh_interpreter_get_reading (interpreter);
  view->request_body = large ? g_bytes_ref (head) : oh_interpreter_get_request_body (interpreter, NULL);
  view->request_whole = !large;
  view->response_body = oh_interpreter_get_response_body (interpreter, &view->response_whole);
  view->partial = TRUE;
  if (large && exchange->facts != NULL && view->reading->messages->len < exchange->facts->message_count)
    view->skipped = exchange->facts->message_count - view->reading->messages->len;
  return view;
}

static OhExchangeView *
make_view (Job *job)
{
  OhExchangeView *view = g_atomic_rc_box_new0 (OhExchangeView);

  view->exchange = oh_exchange_ref (job->exchange);
  view->reading = oh_interpreter_get_reading (job->interpreter);
  if (job->request_body == NULL)
    {
      view->request_body = oh_interpreter_get_request_body (job->interpreter, &view->request_whole);
      if (job->request_ended)
        {
          job->request_body = g_bytes_ref (view->request_body);
          job->request_whole = view->request_whole;
        }
    }
  else
    {
      view->request_body = g_bytes_ref (job->request_body);
      view->request_whole = job->request_whole;
    }
  view->response_body = oh_interpreter_get_response_body (job->interpreter, &view->response_whole);
  return view;
}

/* Main thread. */
static gboolean
deliver (gpointer data)
{
  Delivery *delivery = data;
  g_autoptr (OhWatch) watch = g_weak_ref_get (&delivery->job->watch);

  if (watch != NULL)
    {
      g_clear_pointer (&watch->view, oh_exchange_view_unref);
      watch->view = oh_exchange_view_ref (delivery->view);
      g_object_notify_by_pspec (G_OBJECT (watch), properties[PROP_VIEW]);
    }
  return G_SOURCE_REMOVE;
}

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;

  oh_exchange_view_unref (delivery->view);
  job_unref (delivery->job);
  g_free (delivery);
}

/* The watch thread. */
static gboolean
ensure_reader (OhWatchThread *thread)
{
  if (thread->reader == NULL)
    thread->reader = oh_store_reader_new (thread->data_dir, NULL);
  return thread->reader != NULL;
}

/* @view: (transfer full) */
static void
send (Job *job, OhExchangeView *view)
{
  g_autoptr (GSource) delivering = g_idle_source_new ();
  Delivery *delivery = g_new (Delivery, 1);

  delivery->job = g_atomic_rc_box_acquire (job);
  delivery->view = view;
  /* Not g_main_context_invoke(): that would call here and now while the main thread is between two iterations. */
  g_source_set_priority (delivering, G_PRIORITY_DEFAULT);
  g_source_set_callback (delivering, deliver, delivery, delivery_free);
  g_source_attach (delivering, NULL);
}

/* The watch thread. */
static gboolean
update (gpointer data)
{
  Job *job = data;
  g_autoptr (OhExchange) now = NULL;

  g_atomic_int_set (&job->pending, FALSE);
  if (g_atomic_int_get (&job->thread->stopped))
    return G_SOURCE_REMOVE;
  if (!ensure_reader (job->thread))
    return G_SOURCE_REMOVE;
  now = oh_store_reader_get_exchange (job->thread->reader, job->exchange_id);
  if (now == NULL || !has_news (job->exchange, now))
    return G_SOURCE_REMOVE;
  /* Records tell more of a span, once that is whole. */
  if (job->request_ended && oh_exchange_is_span (now))
    {
      g_clear_pointer (&job->interpreter, oh_interpreter_free);
      job->request_ended = job->ended = FALSE;
      job->request_fed = 0;
    }
  g_clear_pointer (&job->exchange, oh_exchange_unref);
  job->exchange = oh_exchange_ref (now);

  if (job->interpreter == NULL)
    {
      OhExchangeView *first = job->first_look ? look_first (job->thread->reader, now) : NULL;

      if (first != NULL)
        send (job, first);
      job->interpreter = oh_interpreter_new (now);
    }
  if (!job->request_ended)
    {
      oh_feed_more (job->thread->reader, job->interpreter, job->exchange_id, OH_SIDE_REQUEST, &job->request_fed);
      if (now->timings.request_sent >= 0 || now->outcome != OH_OUTCOME_PENDING)
        {
          oh_feed_records (job->thread->reader, job->interpreter, now);
          oh_interpreter_end_request (job->interpreter);
          job->request_ended = TRUE;
        }
    }
  if (now->response_headers != NULL)
    oh_interpreter_set_response (job->interpreter, now);
  if (!job->ended)
    {
      if (now->response_headers != NULL)
        oh_feed_more (job->thread->reader, job->interpreter, job->exchange_id, OH_SIDE_RESPONSE, &job->response_fed);
      if (now->outcome != OH_OUTCOME_PENDING)
        {
          oh_interpreter_end (job->interpreter, now->outcome);
          job->ended = TRUE;
        }
    }

  send (job, make_view (job));
  return G_SOURCE_REMOVE;
}

static void
queue_update (OhWatch *self)
{
  Job *job = self->job;

  if (!g_atomic_int_get (&job->thread->stopped) && g_atomic_int_compare_and_exchange (&job->pending, FALSE, TRUE))
    {
      g_autoptr (GSource) source = g_idle_source_new ();

      g_source_set_priority (source, G_PRIORITY_DEFAULT);
      g_source_set_callback (source, update, g_atomic_rc_box_acquire (job), job_unref);
      g_source_attach (source, job->thread->context);
    }
}

static void
oh_watch_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  g_assert (property_id == PROP_VIEW);
  g_value_set_boxed (value, OH_WATCH (object)->view);
}

static gboolean
do_nothing (gpointer data)
{
  return G_SOURCE_REMOVE;
}

/* What was read of a large exchange takes its time to be freed: the watch thread does it. */
static void
leave_job (Job *job)
{
  g_autoptr (GSource) source = NULL;

  if (g_atomic_int_get (&job->thread->stopped))
    {
      job_unref (job);
      return;
    }
  source = g_idle_source_new ();
  g_source_set_callback (source, do_nothing, job, job_unref);
  g_source_attach (source, job->thread->context);
}

static void
oh_watch_finalize (GObject *object)
{
  OhWatch *self = OH_WATCH (object);

  g_clear_pointer (&self->view, oh_exchange_view_unref);
  if (self->job != NULL)
    leave_job (g_steal_pointer (&self->job));

  G_OBJECT_CLASS (oh_watch_parent_class)->finalize (object);
}

static void
oh_watch_class_init (OhWatchClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = oh_watch_get_property;
  object_class->finalize = oh_watch_finalize;

  properties[PROP_VIEW] = g_param_spec_boxed ("view", NULL, NULL, OH_TYPE_EXCHANGE_VIEW,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
oh_watch_init (OhWatch *self)
{
}

/* ---- the phases of an answer ---- */

typedef struct
{
  OhWatchThread *thread;
  gint64 exchange_id;
} PhasesJob;

static void
phases_job_free (gpointer data)
{
  PhasesJob *job = data;

  oh_watch_thread_unref (job->thread);
  g_free (job);
}

/* The watch thread. */
static gboolean
read_phases (gpointer data)
{
  GTask *task = data;
  const PhasesJob *job = g_task_get_task_data (task);
  g_autoptr (OhExchange) exchange = NULL;
  g_autoptr (OhInterpreter) interpreter = NULL;
  g_autoptr (OhFacts) facts = NULL;
  gint64 fed = 0;

  if (g_task_return_error_if_cancelled (task))
    return G_SOURCE_REMOVE;
  if (!g_atomic_int_get (&job->thread->stopped) && ensure_reader (job->thread))
    exchange = oh_store_reader_get_exchange (job->thread->reader, job->exchange_id);
  if (exchange == NULL || exchange->request_headers == NULL || exchange->response_headers == NULL)
    {
      g_task_return_pointer (task, NULL, NULL);
      return G_SOURCE_REMOVE;
    }
  interpreter = oh_interpreter_new_for_facts (exchange);
  oh_interpreter_set_response (interpreter, exchange);
  oh_feed_more (job->thread->reader, interpreter, job->exchange_id, OH_SIDE_RESPONSE, &fed);
  facts = oh_interpreter_get_facts (interpreter);
  g_task_return_pointer (task, facts->phases != NULL ? g_array_ref (facts->phases) : NULL,
                         (GDestroyNotify) g_array_unref);
  return G_SOURCE_REMOVE;
}

void
oh_engine_read_phases_async (
    OhEngine *self, gint64 exchange_id, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  GTask *task;
  PhasesJob *job;

  g_return_if_fail (OH_IS_ENGINE (self));

  task = g_task_new (self, cancellable, callback, data);
  job = g_new (PhasesJob, 1);
  job->thread = oh_watch_thread_ref (oh_engine_get_watch_thread (self));
  job->exchange_id = exchange_id;
  g_task_set_source_tag (task, oh_engine_read_phases_async);
  g_task_set_task_data (task, job, phases_job_free);
  /* Behind the views of what is being read. */
  g_source_set_callback (source, read_phases, task, g_object_unref);
  g_source_attach (source, job->thread->context);
}

GArray *
oh_engine_read_phases_finish (OhEngine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- */

static OhWatch *
watch_new (OhEngine *engine, gint64 exchange_id, gboolean first_look)
{
  OhWatch *self = g_object_new (OH_TYPE_WATCH, NULL);

  self->job = g_atomic_rc_box_new0 (Job);
  self->job->thread = oh_watch_thread_ref (oh_engine_get_watch_thread (engine));
  self->job->exchange_id = exchange_id;
  self->job->first_look = first_look;
  g_weak_ref_init (&self->job->watch, self);
  g_signal_connect_object (engine, "changed", G_CALLBACK (queue_update), self, G_CONNECT_SWAPPED);
  queue_update (self);
  return self;
}

OhWatch *
oh_watch_new (OhEngine *engine, gint64 exchange_id)
{
  g_return_val_if_fail (OH_IS_ENGINE (engine), NULL);

  return watch_new (engine, exchange_id, FALSE);
}

OhWatch *
oh_watch_new_with_first_look (OhEngine *engine, gint64 exchange_id)
{
  g_return_val_if_fail (OH_IS_ENGINE (engine), NULL);

  return watch_new (engine, exchange_id, TRUE);
}

OhExchangeView *
oh_watch_get_view (OhWatch *self)
{
  g_return_val_if_fail (OH_IS_WATCH (self), NULL);
  return self->view;
}
