/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an agent's client sends to `overhear mcp`: pieces become the same lines wherever they are cut, each line a message
 * or a complaint, and a path of whatever form finds a place or says why not. */
#include "config.h"
#include "oh-mcp-message.h"
#include "oh-json-path.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
free_buffer (gpointer data)
{
  g_string_free (data, TRUE);
}

static void
walk (OhJson value, const char *path)
{
  g_autoptr (GPtrArray) buffers = g_ptr_array_new_with_free_func (free_buffer);
  g_autofree char *problem = NULL;
  const OhJson found = oh_json_path_find (value, path, buffers, &problem);

  g_assert_true ((oh_json_get_kind (found) == OH_JSON_NONE) == (problem != NULL) || value.length == 0);
}

static void
on_line (const char *line, gsize length, gpointer data)
{
  GString *seen = data;
  const char *complaint;
  g_auto (OhMcpMessage) message = { 0 };
  g_autofree char *path = NULL;
  OhJson value = { 0 };

  g_string_append_len (seen, line, (gssize) length);
  g_string_append_c (seen, '\n');
  if (!oh_mcp_line_parse (line, length, &value, &complaint))
    {
      g_assert_nonnull (complaint);
      return;
    }
  oh_mcp_message_read (value, &message);
  g_assert_true ((message.kind == OH_MCP_WRONG) == (message.complaint != NULL));
  g_assert_true ((message.kind == OH_MCP_REQUEST || message.kind == OH_MCP_NOTIFICATION) == (message.method != NULL));
  g_assert_true (message.kind != OH_MCP_REQUEST || oh_json_get_kind (message.id) != OH_JSON_NONE);
  if (message.method != NULL)
    walk (value, message.method);
  path = oh_json_dup_string (oh_json_get_path (value, "params", "path", NULL));
  if (path != NULL)
    walk (value, path);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GString) whole = g_string_new (NULL);
  g_autoptr (GString) cut = g_string_new (NULL);
  const gsize middle = size > 0 ? data[0] % size : 0;
  OhMcpLines lines = { 0 };

  oh_mcp_lines_feed (&lines, (const char *) data, size, on_line, whole);
  oh_mcp_lines_end (&lines, on_line, whole);
  oh_mcp_lines_feed (&lines, (const char *) data, middle, on_line, cut);
  oh_mcp_lines_feed (&lines, (const char *) data + middle, size - middle, on_line, cut);
  oh_mcp_lines_end (&lines, on_line, cut);
  g_assert_true (g_string_equal (whole, cut));
  return 0;
}
