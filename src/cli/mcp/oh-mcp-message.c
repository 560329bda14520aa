/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-mcp-message.h"

#include <string.h>

static void
end_line (OhMcpLines *self, OhMcpLineFunc func, gpointer data)
{
  if (self->too_long)
    func (NULL, 0, data);
  else if (self->line != NULL && self->line->len > 0)
    func (self->line->str, self->line->len, data);
  self->too_long = FALSE;
  if (self->line != NULL)
    g_string_free (g_steal_pointer (&self->line), TRUE);
}

void
oh_mcp_lines_feed (OhMcpLines *self, const char *bytes, gsize length, OhMcpLineFunc func, gpointer data)
{
  const char *const end = bytes + length;

  g_return_if_fail (self != NULL && func != NULL);

  while (bytes < end)
    {
      const char *line_end = memchr (bytes, '\n', (gsize) (end - bytes));
      const gsize n = (gsize) ((line_end != NULL ? line_end : end) - bytes);

      if (self->line == NULL)
        self->line = g_string_new (NULL);
      if (self->line->len + n > OH_MCP_LINE_MAX)
        {
          self->too_long = TRUE;
          g_string_free (g_steal_pointer (&self->line), TRUE);
          self->line = g_string_new (NULL);
        }
      else if (!self->too_long)
        g_string_append_len (self->line, bytes, (gssize) n);
      bytes += n;
      if (line_end != NULL)
        {
          end_line (self, func, data);
          bytes++;
        }
    }
}

void
oh_mcp_lines_end (OhMcpLines *self, OhMcpLineFunc func, gpointer data)
{
  g_return_if_fail (self != NULL && func != NULL);

  end_line (self, func, data);
}

gboolean
oh_mcp_line_parse (const char *line, gsize length, OhJson *value, const char **complaint)
{
  *complaint = NULL;
  if (line == NULL)
    *complaint = "Parse error: a message is not longer than 4 MiB";
  else if (!g_utf8_validate_len (line, length, NULL))
    *complaint = "Parse error: a message is UTF-8 without NUL";
  else if (!oh_json_parse (line, length, value, NULL))
    *complaint = "Parse error: a line is one JSON value";
  return *complaint == NULL;
}

/* A string or an integer. */
static gboolean
is_id (OhJson value)
{
  const OhJsonKind kind = oh_json_get_kind (value);

  if (kind == OH_JSON_NUMBER)
    return memchr (value.text, '.', value.length) == NULL && memchr (value.text, 'e', value.length) == NULL &&
           memchr (value.text, 'E', value.length) == NULL;
  return kind == OH_JSON_STRING;
}

static void
complain (OhMcpMessage *message, OhMcpCode code, const char *complaint)
{
  message->kind = OH_MCP_WRONG;
  message->code = code;
  message->complaint = complaint;
}

void
oh_mcp_message_read (OhJson value, OhMcpMessage *message)
{
  OhJson id, method;

  g_return_if_fail (message != NULL);

  memset (message, 0, sizeof *message);
  if (oh_json_get_kind (value) != OH_JSON_OBJECT)
    {
      complain (message, OH_MCP_INVALID_REQUEST, "Invalid request: a message is an object");
      return;
    }
  id = oh_json_get (value, "id");
  method = oh_json_get (value, "method");
  message->params = oh_json_get (value, "params");
  if (is_id (id))
    message->id = id;
  if (!oh_json_is (oh_json_get (value, "jsonrpc"), "2.0"))
    complain (message, OH_MCP_INVALID_REQUEST, "Invalid request: “jsonrpc” is “2.0”");
  else if (oh_json_get_kind (method) == OH_JSON_NONE &&
           (oh_json_get_kind (oh_json_get (value, "result")) != OH_JSON_NONE ||
            oh_json_get_kind (oh_json_get (value, "error")) != OH_JSON_NONE))
    message->kind = OH_MCP_RESPONSE;
  else if (oh_json_get_kind (method) != OH_JSON_STRING)
    complain (message, OH_MCP_INVALID_REQUEST, "Invalid request: “method” is a string");
  else if (oh_json_get_kind (id) == OH_JSON_NONE)
    message->kind = OH_MCP_NOTIFICATION;
  else if (!is_id (id))
    complain (message, OH_MCP_INVALID_REQUEST, "Invalid request: “id” is a string or an integer");
  else if (oh_json_get_kind (message->params) != OH_JSON_NONE && oh_json_get_kind (message->params) != OH_JSON_OBJECT)
    complain (message, OH_MCP_INVALID_PARAMS, "Invalid params: “params” is an object");
  else
    message->kind = OH_MCP_REQUEST;
  if (message->kind == OH_MCP_REQUEST || message->kind == OH_MCP_NOTIFICATION)
    message->method = oh_json_dup_string (method);
}

void
oh_mcp_message_clear (OhMcpMessage *self)
{
  g_clear_pointer (&self->method, g_free);
}
