/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-posting-private.h"

#include "oh-dispatch.h"
#include "oh-json-scan.h"
#include "oh-launch.h"
#include "oh-otlp-batch.h"

#include <glib/gi18n.h>
#include <string.h>

/* OTLP over protobuf. */
#define TYPE "application/x-protobuf"
/* What a problem quotes of an answer. */
#define QUOTE_MAX 200

struct _OhPosting
{
  OhDispatch *dispatch;
  char *url;
  GPtrArray *spans; /* GString */
  gsize size;
  gboolean unpacked; /* it does not know Content-Encoding */
};

static void
free_string (gpointer data)
{
  g_string_free (data, TRUE);
}

OhPosting *
oh_posting_new (const OhCollector *to, const char *mark, GError **error)
{
  g_autofree char *url = NULL;
  g_auto (GStrv) environment = g_get_environ ();
  g_auto (OhLaunchOwnProxies) proxies = { 0 };
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *own = g_strconcat ("Overhear-Store: ", mark, NULL);
  g_auto (GStrv) fields = NULL;
  OhPosting *self;

  g_return_val_if_fail (to != NULL && mark != NULL, NULL);

  url = oh_collector_make_url (to->url != NULL ? to->url : "", error);
  if (url == NULL)
    return NULL;
  g_strv_builder_add (builder, own);
  for (char **field = to->fields; field != NULL && *field != NULL; field++)
    g_strv_builder_add (builder, *field);
  fields = g_strv_builder_end (builder);
  /* The user's own proxy, not ours, which the desktop or the environment may name. */
  oh_launch_get_own_proxies ((const char *const *) environment, &(const OhLaunchSpec){ 0 }, &proxies);
  self = g_new0 (OhPosting, 1);
  self->dispatch = oh_dispatch_new ((const char *const *) fields, g_str_has_prefix (url, "https:") ? proxies.https : proxies.http,
                                    proxies.no_proxy);
  self->url = g_steal_pointer (&url);
  self->spans = g_ptr_array_new_with_free_func (free_string);
  return self;
}

void
oh_posting_free (OhPosting *self)
{
  oh_dispatch_free (self->dispatch);
  g_ptr_array_unref (self->spans);
  g_free (self->url);
  g_free (self);
}

void
oh_posting_add (const GString *span, gpointer posting)
{
  OhPosting *self = posting;

  g_ptr_array_add (self->spans, g_string_new_len (span->str, (gssize) span->len));
  self->size += span->len;
}

gsize
oh_posting_get_size (const OhPosting *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->size;
}

guint
oh_posting_count (const OhPosting *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->spans->len;
}

void
oh_posting_drop (OhPosting *self)
{
  g_return_if_fail (self != NULL);

  g_ptr_array_set_size (self->spans, 0);
  self->size = 0;
}

/* --- what an answer says --- */

/* What of a text can stand in a sentence. (transfer full) (nullable) */
static char *
quote (GBytes *body)
{
  g_autofree char *text = NULL;
  gsize length = 0;
  const char *data = body != NULL ? g_bytes_get_data (body, &length) : NULL;

  if (length == 0 || !g_utf8_validate_len (data, length, NULL))
    return NULL;
  text = g_utf8_substring (data, 0, MIN (g_utf8_strlen (data, (gssize) length), QUOTE_MAX));
  for (char *at = text; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      *at = ' ';
  return g_strdup (g_strstrip (text));
}

/* Of an ExportTraceServiceResponse: how many spans were rejected, and why. */
static guint
read_rejected (GBytes *body, char **why)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (body, &length);
  g_autofree char *said = NULL;
  const guint rejected = oh_otlp_read_rejected (data, length, &said);

  if (rejected > 0)
    *why = g_strdup_printf (ngettext ("The collector did not take %u span: %s", "The collector did not take %u spans: %s",
                                      rejected),
                            rejected, said != NULL ? said : "?");
  return rejected;
}

/* Whoever mistook the address is often answered by a page, with a 200. No message of OTLP's begins like that. */
static gboolean
is_page (GBytes *body)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);

  while (length > 0 && g_ascii_isspace (*data))
    data++, length--;
  return length > 0 && *data == '<';
}

typedef enum
{
  ANSWER_TAKEN,
  ANSWER_LATER,
  ANSWER_MISPLACED,
  ANSWER_REFUSED, /* not this one; perhaps a part of it */
} Answer;

static Answer
read_answer (guint status)
{
  switch (status)
    {
    case 408:
    case 429:
    case 502:
    case 503:
    case 504:
      return ANSWER_LATER;
    case 401:
    case 403:
    case 404:
    case 405:
    case 407:
    case 508:
      return ANSWER_MISPLACED;
    default:
      return status >= 200 && status < 300 ? ANSWER_TAKEN : status < 400 ? ANSWER_MISPLACED : ANSWER_REFUSED;
    }
}

static char *
describe (const OhDispatchReply *reply)
{
  g_autofree char *said = quote (reply->body);

  if (reply->status == 508)
    return g_strdup (_ ("The address of the collector is this Overhear's own: what is captured would go round in circles."));
  if (said != NULL && *said != '\0')
    return g_strdup_printf (_ ("The collector answers %u %s: %s"), reply->status, reply->reason, said);
  return g_strdup_printf (_ ("The collector answers %u %s."), reply->status, reply->reason);
}

/* --- posting --- */

static GBytes *
make_body (OhPosting *self, guint from, guint n)
{
  g_autoptr (OhOtlpBatch) batch = oh_otlp_batch_new ();

  for (guint i = from; i < from + n; i++)
    {
      const GString *span = self->spans->pdata[i];
      OhJson json;

      if (oh_json_parse (span->str, span->len, &json, NULL))
        oh_otlp_batch_add (batch, json);
    }
  return oh_otlp_batch_to_protobuf (batch);
}

static OhPosted
post_some (OhPosting *self, guint from, guint n, guint *lost, gint64 *wait_s, char **problem, GCancellable *cancellable)
{
  g_autoptr (GBytes) body = make_body (self, from, n);
  g_auto (OhDispatchReply) reply = { 0 };
  g_autoptr (GError) error = NULL;
  OhPosted posted;

  if (!oh_dispatch_post (self->dispatch, self->url, TYPE, body, !self->unpacked, &reply, cancellable, &error))
    {
      g_free (*problem);
      *problem = g_strdup_printf (_ ("The collector cannot be reached: %s"), error->message);
      return OH_POSTED_LATER;
    }
  /* There are servers that know no compression, and say nothing of it. */
  if (!self->unpacked && (reply.status == 400 || reply.status == 415))
    {
      self->unpacked = TRUE;
      posted = post_some (self, from, n, lost, wait_s, problem, cancellable);
      return posted;
    }
  if (reply.status >= 200 && reply.status < 300 && is_page (reply.body))
    {
      g_free (*problem);
      *problem = g_strdup (_ ("At the collector’s address there is a web page, which takes no spans."));
      return OH_POSTED_MISPLACED;
    }
  if (reply.status >= 200 && reply.status < 300)
    {
      *lost += read_rejected (reply.body, problem);
      return OH_POSTED_DONE;
    }
  if (read_answer (reply.status) != ANSWER_REFUSED)
    {
      g_free (*problem);
      *problem = describe (&reply);
      *wait_s = reply.retry_after_s;
      return read_answer (reply.status) == ANSWER_LATER ? OH_POSTED_LATER : OH_POSTED_MISPLACED;
    }
  if (n > 1)
    {
      posted = post_some (self, from, n / 2, lost, wait_s, problem, cancellable);
      return posted != OH_POSTED_DONE ? posted
                                      : post_some (self, from + n / 2, n - n / 2, lost, wait_s, problem, cancellable);
    }
  (*lost)++;
  g_free (*problem);
  *problem = describe (&reply);
  return OH_POSTED_DONE;
}

OhPosted
oh_posting_post (OhPosting *self, guint *lost, gint64 *wait_s, char **problem, GCancellable *cancellable)
{
  OhPosted posted;

  g_return_val_if_fail (self != NULL && lost != NULL && wait_s != NULL && problem != NULL, OH_POSTED_MISPLACED);

  *lost = 0;
  *wait_s = -1;
  *problem = NULL;
  if (self->spans->len == 0)
    return OH_POSTED_DONE;
  posted = post_some (self, 0, self->spans->len, lost, wait_s, problem, cancellable);
  if (posted == OH_POSTED_DONE)
    oh_posting_drop (self);
  return posted;
}
