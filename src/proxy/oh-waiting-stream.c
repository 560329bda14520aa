/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-waiting-stream-private.h"
#include "oh-answer-private.h"

#include "oh-decoder.h"
#include "oh-json-scan.h"

#include <glib/gi18n.h>
#include <string.h>

/* So much is told of an answer that is no stream. */
#define TOLD_MAX (64 * 1024)
#define WORDS_MAX 2000

struct _OhWaitingStream
{
  guint status;
  gboolean streams;
  OhDecoder *decoder;
  GByteArray *gathered; /* of what is no stream */
};

gboolean
oh_waiting_stream_is_asked_for (const guint8 *body, gsize length)
{
  OhJson json;

  return oh_json_parse ((const char *) body, length, &json, NULL) && oh_json_get_boolean (oh_json_get (json, "stream"));
}

OhWaitingStream *
oh_waiting_stream_new (void)
{
  OhWaitingStream *self = g_new0 (OhWaitingStream, 1);

  self->gathered = g_byte_array_new ();
  return self;
}

void
oh_waiting_stream_free (OhWaitingStream *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->decoder, oh_decoder_free);
  g_byte_array_unref (self->gathered);
  g_free (self);
}

gboolean
oh_waiting_stream_set_head (OhWaitingStream *self, const OhHttpHead *head)
{
  g_autoptr (GString) codings = g_string_new (NULL);
  const char *type = oh_http_head_get (head, "Content-Type");

  for (guint i = 0; i < head->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (head->fields, OhHttpField, i);

      if (g_ascii_strcasecmp (field->name, "Content-Encoding") == 0)
        g_string_append_printf (codings, "%s%s", codings->len > 0 ? ", " : "", field->value);
    }
  self->status = head->status;
  self->streams = head->status == 200 && type != NULL && strcasestr (type, "event-stream") != NULL;
  /* The program was told of no coding. */
  if (codings->len > 0)
    self->decoder = oh_decoder_new (codings->str, self->streams ? G_MAXINT64 : 0, NULL);
  return self->streams;
}

GBytes *
oh_waiting_stream_compose_error (const char *json)
{
  g_autofree char *line = g_strchomp (g_strdelimit (g_strdup (json), "\r\n", ' '));
  g_autofree char *event = g_strdup_printf ("event: error\ndata: %s\n\n", line);

  return g_bytes_new (event, strlen (event));
}

/* The server's own error where it has the API's form. */
static GBytes *
compose_gathered (OhWaitingStream *self)
{
  const char *text = (const char *) self->gathered->data;
  g_autofree char *words = NULL;
  g_autofree char *message = NULL;
  g_autofree char *error = NULL;
  OhJson json;

  if (oh_json_parse (text, self->gathered->len, &json, NULL)
      && oh_json_get_kind (oh_json_get (json, "error")) == OH_JSON_OBJECT)
    {
      g_autofree char *raw = oh_json_dup (json);

      return oh_waiting_stream_compose_error (raw);
    }
  words = g_utf8_make_valid (text != NULL ? text : "", MIN (self->gathered->len, WORDS_MAX));
  message = g_strdup_printf (_ ("The server answered with status %u: %s"), self->status, words);
  error = oh_answer_compose_error ("api_error", message);
  return oh_waiting_stream_compose_error (error);
}

GBytes *
oh_waiting_stream_feed (OhWaitingStream *self, GBytes *payload, gboolean last)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  gsize length = 0;
  const guint8 *data = payload != NULL ? g_bytes_get_data (payload, &length) : NULL;

  if (self->decoder != NULL)
    {
      if (length > 0)
        oh_decoder_feed (self->decoder, data, length, out, NULL);
      if (last)
        oh_decoder_end (self->decoder, out, NULL);
    }
  else if (length > 0)
    g_byte_array_append (out, data, length);
  if (self->streams)
    return g_byte_array_free_to_bytes (g_steal_pointer (&out));
  if (out->len > 0)
    g_byte_array_append (self->gathered, out->data, MIN (out->len, TOLD_MAX - MIN (self->gathered->len, TOLD_MAX)));
  return last ? compose_gathered (self) : g_bytes_new_static ("", 0);
}
