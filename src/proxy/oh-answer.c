/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-answer-private.h"
#include "oh-json-scan.h"
#include "oh-request-private.h"

void
oh_answer_clear (OhAnswer *self)
{
  if (self->head != NULL)
    g_string_free (g_steal_pointer (&self->head), TRUE);
  if (self->trailers != NULL)
    g_string_free (g_steal_pointer (&self->trailers), TRUE);
}

static GString *
begin_head (const OhHttpHead *head)
{
  GString *out = g_string_sized_new (1024);

  g_string_append_printf (out, "HTTP/1.1 %u %s\r\n", head->status, head->reason);
  return out;
}

/* What of a head is for this connection alone. @out: (transfer full) */
static void
end_head (OhAnswer *self, GString *out)
{
  if (self->framing == OH_FRAMING_CLOSE)
    self->keep = FALSE;
  if (self->framing == OH_FRAMING_CHUNKED)
    oh_request_append_field (out, "Transfer-Encoding", "chunked");
  if (!self->keep)
    oh_request_append_field (out, "Connection", "close");
  else if (self->minor == 0)
    oh_request_append_field (out, "Connection", "keep-alive");
  g_string_append (out, "\r\n");
  self->head = out;
}

/* What is between the program and that proxy. */
static gboolean
is_of_login (const char *name)
{
  return g_ascii_strcasecmp (name, "Proxy-Authenticate") == 0 || g_ascii_strcasecmp (name, "Proxy-Authentication-Info") == 0;
}

void
oh_answer_begin (OhAnswer *self, const OhHttpHead *head, OhFraming framing)
{
  GString *out = begin_head (head);

  if (framing == OH_FRAMING_CHUNKED || framing == OH_FRAMING_CLOSE)
    self->framing = self->minor >= 1 ? OH_FRAMING_CHUNKED : OH_FRAMING_CLOSE;
  else
    self->framing = framing;
  for (guint i = 0; i < head->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (head->fields, OhHttpField, i);

      if ((oh_http_head_is_hop_by_hop (head, field->name) && !(self->proxied && is_of_login (field->name)))
          || (framing == OH_FRAMING_CHUNKED && g_ascii_strcasecmp (field->name, "Content-Length") == 0))
        continue;
      oh_request_append_field (out, field->name, field->value);
    }
  end_head (self, out);
}

void
oh_answer_begin_events (OhAnswer *self)
{
  self->framing = self->minor >= 1 ? OH_FRAMING_CHUNKED : OH_FRAMING_CLOSE;
  end_head (self, g_string_new ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
                                "Cache-Control: no-cache\r\n"));
}

void
oh_answer_set_trailers (OhAnswer *self, const OhHttpHead *trailers)
{
  self->trailers = g_string_new (NULL);
  oh_request_append_fields (self->trailers, trailers);
}

GBytes *
oh_answer_frame (OhAnswer *self, GBytes *payload, gboolean last)
{
  gsize size = payload != NULL ? g_bytes_get_size (payload) : 0;
  GString *out = g_steal_pointer (&self->head);

  if (out == NULL && self->framing != OH_FRAMING_CHUNKED)
    return payload != NULL ? g_bytes_ref (payload) : g_bytes_new_static ("", 0);
  if (out == NULL)
    out = g_string_sized_new (size + 32);
  if (self->framing == OH_FRAMING_CHUNKED && size > 0)
    g_string_append_printf (out, "%zx\r\n", size);
  if (size > 0)
    g_string_append_len (out, g_bytes_get_data (payload, NULL), size);
  if (self->framing == OH_FRAMING_CHUNKED && size > 0)
    g_string_append (out, "\r\n");
  if (self->framing == OH_FRAMING_CHUNKED && last)
    g_string_append_printf (out, "0\r\n%s\r\n", self->trailers != NULL ? self->trailers->str : "");
  return g_string_free_to_bytes (out);
}

GBytes *
oh_answer_compose_interim (const OhHttpHead *head, gboolean whole)
{
  GString *out = begin_head (head);

  for (guint i = 0; i < head->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (head->fields, OhHttpField, i);

      if (whole || !oh_http_head_is_hop_by_hop (head, field->name))
        oh_request_append_field (out, field->name, field->value);
    }
  g_string_append (out, "\r\n");
  return g_string_free_to_bytes (out);
}

char *
oh_answer_compose_error (const char *type, const char *message)
{
  GString *json = g_string_new ("{\"type\":\"error\",\"error\":{\"type\":");

  oh_json_quote (json, type, -1);
  g_string_append (json, ",\"message\":");
  oh_json_quote (json, message, -1);
  g_string_append (json, "}}\n");
  return g_string_free (json, FALSE);
}
