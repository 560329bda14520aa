/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-loan-private.h"

#include <glib/gi18n.h>
#include <libsoup/soup.h>
#include <string.h>

#define READ_SIZE (16 * 1024)

/* The loan and what libsoup reads share this: who of them goes first does not matter. */
typedef struct
{
  gatomicrefcount refs;
  GIOStream *base;
  GByteArray *pending;
  OhHttpBody body;
  GByteArray *chunks; /* for libsoup, made anew: it loses its place behind trailers */
  gsize chunks_read;
  char head[96];
  gsize head_length;
  gsize head_read;
  gboolean malformed;
} Shared;

static Shared *
shared_ref (Shared *shared)
{
  g_atomic_ref_count_inc (&shared->refs);
  return shared;
}

static void
shared_unref (Shared *shared)
{
  if (!g_atomic_ref_count_dec (&shared->refs))
    return;
  g_object_unref (shared->base);
  g_byte_array_unref (shared->pending);
  g_byte_array_unref (shared->chunks);
  oh_http_body_clear (&shared->body);
  g_free (shared);
}

#define OH_TYPE_LOAN_INPUT (oh_loan_input_get_type ())
G_DECLARE_FINAL_TYPE (OhLoanInput, oh_loan_input, OH, LOAN_INPUT, GInputStream)

struct _OhLoanInput
{
  GInputStream parent;
  Shared *shared;
};

static void oh_loan_input_pollable_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhLoanInput, oh_loan_input, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, oh_loan_input_pollable_init))

#define OH_TYPE_LOAN_STREAM (oh_loan_stream_get_type ())
G_DECLARE_FINAL_TYPE (OhLoanStream, oh_loan_stream, OH, LOAN_STREAM, GIOStream)

struct _OhLoanStream
{
  GIOStream parent;
  OhLoanInput *input;
  GOutputStream *output; /* for what libsoup never writes */
  OhLoan *loan;          /* NULL: it has been freed */
};

G_DEFINE_FINAL_TYPE (OhLoanStream, oh_loan_stream, G_TYPE_IO_STREAM)

struct _OhLoan
{
  Shared *shared;
  OhLoanStream *stream;
  GSocketAddress *local;
  GSocketAddress *remote;
  SoupServerMessage *message; /* between its beginning and its end */
  gboolean begun;
  const OhLoanEvents *events;
  gpointer owner;
};

struct _OhLender
{
  SoupServer *server;
};

/* Reads of the client's connection, or of what was read before. */
static gssize
read_client (Shared *shared, void *buffer, gsize count, gboolean *was_pending, GError **error)
{
  GInputStream *in = g_io_stream_get_input_stream (shared->base);
  gssize n;

  *was_pending = shared->pending->len > 0;
  if (!*was_pending)
    {
      n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (in), buffer, count, NULL, error);
      if (n == 0)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, _("The client went away."));
          return -1;
        }
      return n;
    }
  n = MIN (count, shared->pending->len);
  memcpy (buffer, shared->pending->data, n);
  return n;
}

/* Reads a piece of the body. @out: where the payload goes, or NULL.
 * Returns: how many bytes of @buffer are the request's, or -1 */
static gssize
read_body (Shared *shared, void *buffer, gsize count, void *out, gsize *payload, GError **error)
{
  gboolean was_pending;
  gsize consumed;
  gssize n = read_client (shared, buffer, count, &was_pending, error);

  if (n < 0)
    return n;
  if (!oh_http_body_feed (&shared->body, buffer, n, out, payload, &consumed))
    {
      shared->malformed = TRUE;
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("The request's chunks are malformed."));
      return -1;
    }
  if (was_pending)
    g_byte_array_remove_range (shared->pending, 0, consumed);
  else if (consumed < (gsize) n)
    g_byte_array_append (shared->pending, (guint8 *) buffer + consumed, n - consumed);
  return consumed;
}

static gboolean
has_chunks (Shared *shared)
{
  return shared->chunks_read < shared->chunks->len;
}

/* Returns: FALSE if nothing came that libsoup could be given. */
static gboolean
read_chunks (Shared *shared, GError **error)
{
  static guint8 buffer[READ_SIZE]; /* all loans live on one thread */
  static guint8 payload[READ_SIZE];
  char size[24];
  gsize length;

  g_byte_array_set_size (shared->chunks, 0);
  shared->chunks_read = 0;
  if (read_body (shared, buffer, sizeof buffer, payload, &length, error) < 0)
    return FALSE;
  if (length > 0)
    {
      g_byte_array_append (shared->chunks, (guint8 *) size, g_snprintf (size, sizeof size, "%zx\r\n", length));
      g_byte_array_append (shared->chunks, payload, length);
      g_byte_array_append (shared->chunks, (guint8 *) "\r\n", 2);
    }
  if (shared->body.done)
    g_byte_array_append (shared->chunks, (guint8 *) "0\r\n\r\n", 5);
  if (!has_chunks (shared))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, _("There is no payload yet."));
  return has_chunks (shared);
}

static gssize
loan_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  Shared *shared = OH_LOAN_INPUT (stream)->shared;
  gsize payload;
  gssize n;

  if (shared->head_read < shared->head_length)
    {
      n = MIN (count, shared->head_length - shared->head_read);
      memcpy (buffer, shared->head + shared->head_read, n);
      shared->head_read += n;
      return n;
    }
  if (shared->body.done && !has_chunks (shared))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, _("The request has been read."));
      return -1;
    }
  if (shared->body.framing != OH_FRAMING_CHUNKED)
    return read_body (shared, buffer, count, NULL, &payload, error);
  if (!has_chunks (shared) && !read_chunks (shared, error))
    return -1;
  n = MIN (count, shared->chunks->len - shared->chunks_read);
  memcpy (buffer, shared->chunks->data + shared->chunks_read, n);
  shared->chunks_read += n;
  return n;
}

static gssize
loan_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  return loan_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), buffer, count, error);
}

static gboolean
loan_is_readable (GPollableInputStream *stream)
{
  Shared *shared = OH_LOAN_INPUT (stream)->shared;

  if (shared->head_read < shared->head_length || has_chunks (shared))
    return TRUE;
  if (shared->body.done)
    return FALSE;
  return shared->pending->len > 0
         || g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (shared->base)));
}

static GSource *
loan_create_input_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  Shared *shared = OH_LOAN_INPUT (stream)->shared;
  g_autoptr (GSource) child = NULL;

  if (shared->head_read < shared->head_length || has_chunks (shared)
      || (!shared->body.done && shared->pending->len > 0))
    child = g_timeout_source_new (0);
  else if (!shared->body.done)
    child = g_pollable_input_stream_create_source (
      G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (shared->base)), NULL);
  return g_pollable_source_new_full (stream, child, cancellable);
}

static void
oh_loan_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->read_nonblocking = loan_read_nonblocking;
  iface->is_readable = loan_is_readable;
  iface->create_source = loan_create_input_source;
}

static void
oh_loan_input_finalize (GObject *object)
{
  shared_unref (OH_LOAN_INPUT (object)->shared);
  G_OBJECT_CLASS (oh_loan_input_parent_class)->finalize (object);
}

static void
oh_loan_input_class_init (OhLoanInputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_loan_input_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = loan_read;
}

static void
oh_loan_input_init (OhLoanInput *self)
{
}

static GInputStream *
loan_stream_get_input (GIOStream *stream)
{
  return G_INPUT_STREAM (OH_LOAN_STREAM (stream)->input);
}

static GOutputStream *
loan_stream_get_output (GIOStream *stream)
{
  return OH_LOAN_STREAM (stream)->output;
}

static void
fail (OhLoan *self, OhLoanFailure failure)
{
  self->begun = TRUE;
  self->events->failed (self->owner, failure);
}

static gboolean
loan_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  OhLoan *loan = OH_LOAN_STREAM (stream)->loan;

  if (loan != NULL && !loan->begun)
    fail (loan, OH_LOAN_NOT_TAKEN);
  return TRUE;
}

static void
oh_loan_stream_finalize (GObject *object)
{
  OhLoanStream *self = OH_LOAN_STREAM (object);

  g_clear_object (&self->input);
  g_clear_object (&self->output);
  G_OBJECT_CLASS (oh_loan_stream_parent_class)->finalize (object);
}

static void
oh_loan_stream_class_init (OhLoanStreamClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = oh_loan_stream_finalize;
  stream_class->get_input_stream = loan_stream_get_input;
  stream_class->get_output_stream = loan_stream_get_output;
  stream_class->close_fn = loan_stream_close;
}

static void
oh_loan_stream_init (OhLoanStream *self)
{
}

/* --- libsoup's signals --- */

static void
got_chunk (SoupServerMessage *message, GBytes *chunk, gpointer data)
{
  OhLoan *self = data;

  self->events->data (self->owner, chunk);
}

static void
got_body (SoupServerMessage *message, gpointer data)
{
  OhLoan *self = data;

  /* It would answer now. */
  soup_server_message_pause (message);
  self->events->whole (self->owner);
}

/* Drops what libsoup has left. */
static void
forget_message (OhLoan *self)
{
  g_signal_handlers_disconnect_by_data (self->message, self);
  g_clear_object (&self->message);
}

/* Only told when something went wrong. */
static void
finished (SoupServerMessage *message, gpointer data)
{
  OhLoan *self = data;

  forget_message (self);
  fail (self, self->shared->malformed ? OH_LOAN_MALFORMED : OH_LOAN_LEFT);
}

static GQuark
get_quark (void)
{
  return g_quark_from_static_string ("oh-loan");
}

/* Which loan it is that begins is known by the client's address. */
static void
message_began (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
  OhLoan *self = g_object_steal_qdata (G_OBJECT (soup_server_message_get_remote_address (message)), get_quark ());

  g_assert (self != NULL);
  self->begun = TRUE;
  self->message = g_object_ref (message);
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  g_signal_connect (message, "got-chunk", G_CALLBACK (got_chunk), self);
  g_signal_connect (message, "got-body", G_CALLBACK (got_body), self);
  g_signal_connect (message, "finished", G_CALLBACK (finished), self);
}

OhLender *
oh_lender_new (void)
{
  OhLender *self = g_new0 (OhLender, 1);

  self->server = soup_server_new (NULL, NULL);
  soup_server_add_early_handler (self->server, NULL, message_began, NULL, NULL);
  return self;
}

void
oh_lender_free (OhLender *self)
{
  g_object_unref (self->server);
  g_free (self);
}

OhLoan *
oh_loan_new (GIOStream *base,
             GByteArray *pending,
             GSocketAddress *local,
             GSocketAddress *remote,
             OhFraming framing,
             guint64 length,
             const OhLoanEvents *events,
             gpointer owner)
{
  OhLoan *self = g_new0 (OhLoan, 1);
  Shared *shared = g_new0 (Shared, 1);

  g_atomic_ref_count_init (&shared->refs);
  shared->base = g_object_ref (base);
  shared->pending = g_byte_array_ref (pending);
  shared->chunks = g_byte_array_new ();
  oh_http_body_init (&shared->body, framing, length);
  if (framing == OH_FRAMING_CHUNKED)
    shared->head_length = g_snprintf (shared->head, sizeof shared->head,
                                      "POST / HTTP/1.1\r\nHost: o\r\nTransfer-Encoding: chunked\r\n\r\n");
  else
    shared->head_length = g_snprintf (shared->head, sizeof shared->head,
                                      "POST / HTTP/1.1\r\nHost: o\r\nContent-Length: %" G_GUINT64_FORMAT "\r\n\r\n",
                                      framing == OH_FRAMING_LENGTH ? length : 0);
  self->shared = shared;
  self->local = g_object_ref (local);
  self->remote = g_object_ref (remote);
  self->events = events;
  self->owner = owner;
  self->stream = g_object_new (OH_TYPE_LOAN_STREAM, NULL);
  self->stream->input = g_object_new (OH_TYPE_LOAN_INPUT, NULL);
  self->stream->input->shared = shared_ref (shared);
  self->stream->loan = self;
  self->stream->output = g_memory_output_stream_new_resizable ();
  return self;
}

void
oh_loan_begin (OhLoan *self, OhLender *lender)
{
  g_autoptr (GIOStream) stream = G_IO_STREAM (g_object_ref (self->stream));

  g_object_set_qdata (G_OBJECT (self->remote), get_quark (), self);
  if (!soup_server_accept_iostream (lender->server, stream, self->local, self->remote, NULL))
    fail (self, OH_LOAN_NOT_TAKEN);
}

void
oh_loan_free (OhLoan *self)
{
  if (self == NULL)
    return;
  if (self->message != NULL)
    {
      g_autoptr (SoupServerMessage) message = g_object_ref (self->message);
      g_autoptr (GIOStream) stream = NULL;

      forget_message (self);
      stream = soup_server_message_steal_connection (message);
    }
  self->stream->loan = NULL;
  if (g_object_get_qdata (G_OBJECT (self->remote), get_quark ()) == self)
    g_object_set_qdata (G_OBJECT (self->remote), get_quark (), NULL);
  shared_unref (self->shared);
  g_object_unref (self->stream);
  g_object_unref (self->local);
  g_object_unref (self->remote);
  g_free (self);
}

void
oh_loan_pause (OhLoan *self)
{
  if (self->message != NULL)
    soup_server_message_pause (self->message);
}

void
oh_loan_resume (OhLoan *self)
{
  if (self->message != NULL)
    soup_server_message_unpause (self->message);
}

gboolean
oh_loan_is_clean (OhLoan *self)
{
  return self->shared->body.done;
}

const GString *
oh_loan_get_trailers (OhLoan *self)
{
  return self->shared->body.trailers;
}
