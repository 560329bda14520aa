/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-request-private.h"

#include <string.h>

/* Headers for us alone, which no server should see: overhear-trace, overhear-spans, … */
static gboolean
is_ours (const char *name)
{
  return g_ascii_strncasecmp (name, "overhear-", strlen ("overhear-")) == 0;
}

void
oh_request_append_field (GString *out, const char *name, const char *value)
{
  g_string_append (out, name);
  g_string_append_len (out, ": ", 2);
  g_string_append (out, value);
  g_string_append_len (out, "\r\n", 2);
}

void
oh_request_append_fields (GString *out, const OhHttpHead *fields)
{
  for (guint i = 0; i < fields->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (fields->fields, OhHttpField, i);

      oh_request_append_field (out, field->name, field->value);
    }
}

GBytes *
oh_request_compose (const OhHttpHead *head, OhFraming framing, gboolean upgrade, const char *target,
                    const char *authority, const char *fallback_authority, const char *login)
{
  GString *out = g_string_sized_new (1024);
  gboolean has_host = FALSE;

  g_string_append_printf (out, "%s %s HTTP/1.1\r\n", head->method, target);
  for (guint i = 0; i < head->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (head->fields, OhHttpField, i);

      if (g_ascii_strcasecmp (field->name, "Host") == 0)
        {
          oh_request_append_field (out, field->name, authority != NULL ? authority : field->value);
          has_host = TRUE;
        }
      else if (!oh_http_head_is_hop_by_hop (head, field->name) && !is_ours (field->name))
        oh_request_append_field (out, field->name, field->value);
    }
  if (!has_host)
    oh_request_append_field (out, "Host", authority != NULL ? authority : fallback_authority);
  if (framing == OH_FRAMING_CHUNKED)
    oh_request_append_field (out, "Transfer-Encoding", "chunked");
  if (upgrade)
    {
      oh_request_append_field (out, "Connection", "Upgrade");
      oh_request_append_field (out, "Upgrade", oh_http_head_get (head, "Upgrade"));
    }
  if (login != NULL)
    oh_request_append_field (out, "Proxy-Authorization", login);
  g_string_append (out, "\r\n");
  return g_string_free_to_bytes (out);
}

GBytes *
oh_request_compose_chunk (GBytes *payload)
{
  const gsize size = g_bytes_get_size (payload);
  GString *out = g_string_sized_new (size + 16);

  g_string_append_printf (out, "%zx\r\n", size);
  g_string_append_len (out, g_bytes_get_data (payload, NULL), size);
  g_string_append (out, "\r\n");
  return g_string_free_to_bytes (out);
}

GBytes *
oh_request_compose_end (const OhHttpHead *trailers)
{
  GString *out = g_string_new ("0\r\n");

  if (trailers != NULL)
    oh_request_append_fields (out, trailers);
  g_string_append (out, "\r\n");
  return g_string_free_to_bytes (out);
}
