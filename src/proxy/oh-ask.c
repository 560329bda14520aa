/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-ask-private.h"
#include "oh-http-body-private.h"
#include "oh-request-private.h"
#include "oh-target-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* Of an answer that is kept. */
#define ANSWER_MAX (256 * 1024)
#define READ_SIZE 4096

typedef struct
{
  GIOStream *stream;
  char *request;
  gboolean known;    /* who asks has said who it is */
  GByteArray *answer;
  gboolean wants_login;
  gboolean again;
} Question;

static void
question_free (gpointer data)
{
  Question *self = data;

  g_object_unref (self->stream);
  g_free (self->request);
  g_byte_array_unref (self->answer);
  g_free (self);
}

/* Reads up to so many bytes more. Returns: FALSE at the end, or with an error */
static gboolean
read_more (Question *self, gsize most, GCancellable *cancellable, GError **error)
{
  guint8 bytes[READ_SIZE];
  const gssize n = g_input_stream_read (g_io_stream_get_input_stream (self->stream), bytes, MIN (most, sizeof bytes), cancellable,
                                        error);

  if (n > 0)
    g_byte_array_append (self->answer, bytes, (guint) n);
  return n > 0;
}

/* Byte by byte: what comes behind it is of who is at the tunnel's other end. Interim answers are left out.
 * (transfer full), or NULL with an error */
static OhHttpHead *
read_head (Question *self, GCancellable *cancellable, GError **error)
{
  const char *problem = NULL;
  OhHttpHead *head;
  gsize length = 0;

  while (length == 0 && self->answer->len < ANSWER_MAX && read_more (self, 1, cancellable, error))
    if (self->answer->data[self->answer->len - 1] == '\n')
      length = oh_http_head_find_end ((const char *) self->answer->data, self->answer->len);
  if (error != NULL && *error != NULL)
    return NULL;
  head = length > 0 ? oh_http_head_parse_response ((const char *) self->answer->data, length, &problem) : NULL;
  if (head == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PROXY_FAILED, _ ("it does not answer as an HTTP proxy does"));
  return head;
}

/* Returns: whether all of it has come. */
static gboolean
read_body (Question *self, const OhHttpHead *head, GCancellable *cancellable)
{
  OhHttpBody body = { 0 };
  OhFraming framing;
  guint64 length = 0;
  const char *problem;
  gboolean fine = oh_http_head_get_response_framing (head, "GET", &framing, &length, &problem);

  if (!fine)
    return FALSE;
  oh_http_body_init (&body, framing, length);
  self->again = oh_http_head_keeps_alive (head) && framing != OH_FRAMING_CLOSE;
  while (fine && !body.done && self->answer->len < ANSWER_MAX)
    {
      const guint at = self->answer->len;
      gsize taken, consumed;

      if (!read_more (self, READ_SIZE, cancellable, NULL))
        {
          fine = oh_http_body_finish (&body);
          break;
        }
      fine = oh_http_body_feed (&body, self->answer->data + at, self->answer->len - at, NULL, &taken, &consumed);
      self->again = self->again && consumed == self->answer->len - at;
    }
  fine = fine && body.done;
  oh_http_body_clear (&body);
  return fine;
}

static gboolean
ask (Question *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (OhHttpHead) head = NULL;

  if (!g_output_stream_write_all (g_io_stream_get_output_stream (self->stream), self->request, strlen (self->request), NULL,
                                  cancellable, error))
    return FALSE;
  head = read_head (self, cancellable, error);
  while (head != NULL && head->status < 200)
    {
      g_byte_array_set_size (self->answer, 0);
      oh_http_head_free (head);
      head = read_head (self, cancellable, error);
    }
  if (head == NULL || head->status / 100 == 2)
    return head != NULL;
  if (head->status == 407)
    {
      self->wants_login = read_body (self, head, cancellable);
      g_set_error_literal (error, G_IO_ERROR, self->known ? G_IO_ERROR_PROXY_AUTH_FAILED : G_IO_ERROR_PROXY_NEED_AUTH, "407");
    }
  else
    g_set_error (error, G_IO_ERROR, head->status == 403 ? G_IO_ERROR_PROXY_NOT_ALLOWED : G_IO_ERROR_PROXY_FAILED, _ ("it answers “%u %s”"),
                 head->status, head->reason);
  return FALSE;
}

static void
ask_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;

  if (ask (data, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
oh_ask_async (GIOStream *stream, const char *host, guint port, const char *login, const char *agent, GCancellable *cancellable,
              GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, data);
  g_autofree char *authority = oh_target_format_authority (host, port, 0);
  GString *request = g_string_new (NULL);
  Question *self = g_new0 (Question, 1);

  g_string_printf (request, "CONNECT %s HTTP/1.1\r\n", authority);
  oh_request_append_field (request, "Host", authority);
  if (agent != NULL)
    oh_request_append_field (request, "User-Agent", agent);
  if (login != NULL)
    oh_request_append_field (request, "Proxy-Authorization", login);
  g_string_append (request, "\r\n");
  self->stream = g_object_ref (stream);
  self->request = g_string_free (request, FALSE);
  self->known = login != NULL;
  self->answer = g_byte_array_new ();
  g_task_set_source_tag (task, oh_ask_async);
  g_task_set_task_data (task, self, question_free);
  g_task_run_in_thread (task, ask_in_thread);
}

gboolean
oh_ask_finish (GAsyncResult *result, GBytes **refusal, gboolean *again, GError **error)
{
  const Question *self = g_task_get_task_data (G_TASK (result));
  const gboolean granted = g_task_propagate_boolean (G_TASK (result), error);

  /* It may have been cancelled meanwhile, and be told so alone. */
  *refusal = !granted && self->wants_login ? g_bytes_new (self->answer->data, self->answer->len) : NULL;
  *again = *refusal != NULL && self->again;
  return granted;
}
