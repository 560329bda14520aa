/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-mcp-server-private.h"

#include <errno.h>
#include <unistd.h>

const char *const oh_mcp_handshakes[OH_MCP_HANDSHAKES] = { "2025-11-25", "2025-06-18", OH_MCP_BATCHES, "2024-11-05" };

void
oh_mcp_server_write (OhMcpServer *self, const GString *line)
{
  const char *at = line->str;
  const char *const end = at + line->len;

  while (at < end && !self->gone)
    {
      const ssize_t n = write (self->out, at, (gsize) (end - at));

      if (n >= 0)
        at += n;
      else if (errno != EINTR)
        self->gone = TRUE;
    }
}

static void
send_answer (OhMcpServer *self, GString *answer)
{
  if (self->batch != NULL)
    {
      g_string_append (self->batch, self->batch->len > 1 ? ", " : "");
      g_string_append_len (self->batch, answer->str, (gssize) answer->len);
      return;
    }
  g_string_append_c (answer, '\n');
  oh_mcp_server_write (self, answer);
}

/* @id: JSON, or NULL where it is not known */
static GString *
begin_answer (const char *id)
{
  GString *answer = g_string_new (NULL);

  oh_json_write_open (answer, NULL, '{');
  oh_json_write_text (answer, "jsonrpc", "2.0");
  oh_json_write_name (answer, "id");
  g_string_append (answer, id != NULL ? id : "null");
  return answer;
}

void
oh_mcp_server_fail (OhMcpServer *self, const char *id, OhMcpCode code, const char *message, const char *requested)
{
  g_autoptr (GString) answer = begin_answer (id);

  oh_json_write_open (answer, "error", '{');
  oh_json_write_int (answer, "code", code);
  oh_json_write_text (answer, "message", message);
  if (requested != NULL)
    {
      oh_json_write_open (answer, "data", '{');
      oh_json_write_open (answer, "supported", '[');
      g_string_append (answer, "\"" OH_MCP_STATELESS "\"");
      for (guint i = 0; i < OH_MCP_HANDSHAKES; i++)
        g_string_append_printf (answer, ", \"%s\"", oh_mcp_handshakes[i]);
      oh_json_write_close (answer, ']');
      oh_json_write_text (answer, "requested", requested);
      oh_json_write_close (answer, '}');
    }
  if (code == OH_MCP_MISSING_CAPABILITY)
    {
      oh_json_write_open (answer, "data", '{');
      oh_json_write_open (answer, "requiredCapabilities", '{');
      oh_json_write_open (answer, "elicitation", '{');
      oh_json_write_close (answer, '}');
      oh_json_write_close (answer, '}');
      oh_json_write_close (answer, '}');
    }
  oh_json_write_close (answer, '}');
  oh_json_write_close (answer, '}');
  send_answer (self, answer);
}

void
oh_mcp_add_server (GString *out, const char *name)
{
  oh_json_write_open (out, name, '{');
  oh_json_write_text (out, "name", "overhear");
  oh_json_write_text (out, "title", "Overhear");
  oh_json_write_text (out, "version", OH_VERSION);
  oh_json_write_close (out, '}');
}

void
oh_mcp_server_answer_with (OhMcpServer *self, const char *id, const char *type, const GString *members, int ttl_ms)
{
  const gboolean stateless = type != NULL;
  g_autoptr (GString) answer = begin_answer (id);

  oh_json_write_open (answer, "result", '{');
  if (stateless)
    {
      oh_json_write_text (answer, "resultType", type);
      oh_json_write_open (answer, "_meta", '{');
      oh_mcp_add_server (answer, META "serverInfo");
      oh_json_write_close (answer, '}');
    }
  if (stateless && ttl_ms >= 0)
    {
      oh_json_write_int (answer, "ttlMs", ttl_ms);
      oh_json_write_text (answer, "cacheScope", "private");
    }
  if (members->len > 0)
    {
      g_string_append (answer, stateless ? ", " : "");
      g_string_append_len (answer, members->str, (gssize) members->len);
    }
  oh_json_write_close (answer, '}');
  oh_json_write_close (answer, '}');
  send_answer (self, answer);
}

void
oh_mcp_server_answer (OhMcpServer *self, const char *id, gboolean stateless, const GString *members, int ttl_ms)
{
  oh_mcp_server_answer_with (self, id, stateless ? "complete" : NULL, members, ttl_ms);
}
