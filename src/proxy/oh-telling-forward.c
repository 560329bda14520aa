/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-telling-forward-private.h"

#include "oh-source.h"

#include <libsoup/soup.h>
#include <string.h>

/* What waits for its answer, all together. */
#define BYTES_MAX ((gsize) 32 << 20)
#define COPIES_MAX 64
#define TRIES 3
#define RETRY_MS 500
#define TIMEOUT_S 10
/* How long a stop waits for what is under way. */
#define FINISH_MS 3000

/* Where what comes at a path goes. */
typedef struct
{
  gint64 run_id;
  char *path;
  char *url;
  OhForwardCount count; /* locked */
} Target;

struct _OhTellingForward
{
  GMutex lock;
  GPtrArray *targets;   /* locked; none is ever removed */
  SoupSession *session; /* of the proxy's thread */
  GCancellable *stopping;
  gsize bytes;
  guint copies;
};

typedef struct
{
  OhTellingForward *forward;
  Target *target;
  SoupMessage *message;
  GBytes *body;
  guint tries;
  GSource *again;
} Copy;

static void
target_free (gpointer data)
{
  Target *target = data;

  g_free (target->path);
  g_free (target->url);
  g_free (target);
}

OhTellingForward *
oh_telling_forward_new (void)
{
  OhTellingForward *self = g_new0 (OhTellingForward, 1);

  g_mutex_init (&self->lock);
  self->targets = g_ptr_array_new_with_free_func (target_free);
  self->stopping = g_cancellable_new ();
  return self;
}

void
oh_telling_forward_free (OhTellingForward *self)
{
  if (self == NULL)
    return;
  g_assert (self->copies == 0);
  g_assert (self->session == NULL);
  g_object_unref (self->stopping);
  g_ptr_array_unref (self->targets);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gboolean
oh_telling_forward_set (OhTellingForward *self, gint64 run_id, const char *path, const char *url)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autoptr (GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  Target *target;

  if (uri == NULL || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    return FALSE;
  target = g_new0 (Target, 1);
  *target = (Target) { run_id, g_strdup (path), g_strdup (url), { 0 } };
  g_ptr_array_add (self->targets, target);
  return TRUE;
}

OhForwardCount
oh_telling_forward_count (OhTellingForward *self, gint64 run_id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  OhForwardCount sum = { 0 };

  for (guint i = 0; i < self->targets->len; i++)
    {
      const Target *target = self->targets->pdata[i];

      if (target->run_id != run_id)
        continue;
      sum.pending += target->count.pending;
      sum.sent += target->count.sent;
      sum.lost += target->count.lost;
    }
  return sum;
}

/* @rest: (out): what stands behind its path */
static Target *
find_target (OhTellingForward *self, gint64 run_id, const char *path, const char **rest)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->targets->len; i++)
    {
      Target *target = self->targets->pdata[i];
      const gsize length = strlen (target->path);

      if (target->run_id == run_id && strncmp (path, target->path, length) == 0 && strchr ("/?", path[length]) != NULL)
        {
          *rest = path + length;
          return target;
        }
    }
  return NULL;
}

static void
add (OhTellingForward *self, Target *target, int pending, guint sent, guint lost)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  target->count.pending += pending;
  target->count.sent += sent;
  target->count.lost += lost;
}

static void
copy_free (Copy *copy)
{
  copy->forward->bytes -= g_bytes_get_size (copy->body);
  copy->forward->copies--;
  oh_source_drop (&copy->again);
  g_object_unref (copy->message);
  g_bytes_unref (copy->body);
  g_free (copy);
}

static void try (Copy *copy);

static gboolean
try_again (gpointer data)
{
  Copy *copy = data;

  oh_source_drop (&copy->again);
  try (copy);
  return G_SOURCE_REMOVE;
}

static void
answered (GObject *source, GAsyncResult *result, gpointer data)
{
  Copy *copy = data;
  OhTellingForward *self = copy->forward;
  g_autoptr (GInputStream) stream = soup_session_send_finish (SOUP_SESSION (source), result, NULL);
  const guint status = stream != NULL ? soup_message_get_status (copy->message) : 0;
  const gboolean passes = status == 0 || status == 429 || (status >= 502 && status <= 504);

  const gboolean arrived = status >= 200 && status < 300;

  if (!passes || ++copy->tries == TRIES || g_cancellable_is_cancelled (self->stopping))
    {
      add (self, copy->target, -1, arrived, !arrived);
      copy_free (copy);
      return;
    }
  copy->again = g_timeout_source_new (RETRY_MS << (copy->tries - 1));
  g_source_set_callback (copy->again, try_again, copy, NULL);
  g_source_attach (copy->again, g_main_context_get_thread_default ());
}

static void
try (Copy *copy)
{
  soup_message_set_request_body_from_bytes (copy->message, NULL, copy->body);
  soup_session_send_async (copy->forward->session, copy->message, G_PRIORITY_LOW, copy->forward->stopping, answered, copy);
}

/* Of this connection alone, or ours. */
static gboolean
stays_here (const char *name)
{
  static const char *const names[] = { "host", "connection", "keep-alive", "content-length", "transfer-encoding", "expect", "te",
                                       "trailer", "upgrade", "proxy-authorization", "proxy-connection", "accept-encoding" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (name, names[i]) == 0)
      return TRUE;
  return FALSE;
}

gboolean
oh_telling_forward_send (OhTellingForward *self, gint64 run_id, const char *path, const OhHttpHead *head, GBytes *body)
{
  const char *rest = "";
  Target *target = find_target (self, run_id, path, &rest);
  g_autofree char *url = target != NULL ? g_strconcat (target->url, rest, NULL) : NULL;
  SoupMessage *message = url != NULL ? soup_message_new ("POST", url) : NULL;
  Copy *copy;

  if (message == NULL)
    return FALSE;
  if (self->copies >= COPIES_MAX || self->bytes + g_bytes_get_size (body) > BYTES_MAX)
    {
      g_object_unref (message);
      add (self, target, 0, 0, 1);
      return TRUE;
    }
  if (self->session == NULL)
    {
      self->session = soup_session_new_with_options ("timeout", TIMEOUT_S, "max-conns-per-host", 4, NULL);
      soup_session_remove_feature_by_type (self->session, SOUP_TYPE_CONTENT_DECODER);
    }
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  for (guint i = 0; i < head->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (head->fields, OhHttpField, i);

      if (!stays_here (field->name))
        soup_message_headers_append (soup_message_get_request_headers (message), field->name, field->value);
    }
  copy = g_new0 (Copy, 1);
  *copy = (Copy) { .forward = self, .target = target, .message = message, .body = g_bytes_ref (body) };
  self->bytes += g_bytes_get_size (body);
  self->copies++;
  add (self, target, 1, 0, 0);
  try (copy);
  return TRUE;
}

static gboolean
finish_over (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

void
oh_telling_forward_finish (OhTellingForward *self, GMainContext *context)
{
  GSource *over = g_timeout_source_new (FINISH_MS);

  g_source_set_callback (over, finish_over, self->stopping, NULL);
  g_source_attach (over, context);
  while (self->copies > 0)
    g_main_context_iteration (context, TRUE);
  oh_source_drop (&over);
  /* It has sources of this thread. */
  if (self->session != NULL)
    soup_session_abort (self->session);
  g_clear_object (&self->session);
}
