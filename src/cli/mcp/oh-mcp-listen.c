/* SPDX-License-Identifier: GPL-3.0-or-later */
/* subscriptions/listen, of the stateless era: new calls are told as a changed list of resources, and changes to calls,
 * traces and runs as updates of theirs. */
#include "config.h"
#include "oh-mcp-server-private.h"

#include <inttypes.h>
#include <string.h>

#define LISTENERS 16
#define URIS 100
#define RUNS 8      /* newest ones that are looked at */
#define CHANGES 256 /* of calls whose trace is looked up at once */
#define CALLS OH_MCP_SCHEME "calls"
#define CALL OH_MCP_SCHEME "call/"
#define TRACE OH_MCP_SCHEME "trace/"

void
oh_mcp_listener_free (gpointer data)
{
  OhMcpListener *listener = data;

  g_ptr_array_unref (listener->uris);
  g_free (listener->runs);
  g_free (listener->id);
  g_free (listener);
}

static void
begin_notice (GString *out, const OhMcpListener *listener, const char *method)
{
  oh_json_write_open (out, NULL, '{');
  oh_json_write_text (out, "jsonrpc", "2.0");
  oh_json_write_text (out, "method", method);
  oh_json_write_open (out, "params", '{');
  oh_json_write_open (out, "_meta", '{');
  oh_json_write_name (out, META "subscriptionId");
  g_string_append (out, listener->id);
  oh_json_write_close (out, '}');
}

static void
send_notice (OhMcpServer *server, GString *out)
{
  oh_json_write_close (out, '}');
  oh_json_write_close (out, '}');
  g_string_append_c (out, '\n');
  oh_mcp_server_write (server, out);
}

/* What of it we can tell: all else never changes. */
static void
acknowledge (OhMcpServer *server, const OhMcpListener *listener)
{
  g_autoptr (GString) out = g_string_new (NULL);

  begin_notice (out, listener, "notifications/subscriptions/acknowledged");
  oh_json_write_open (out, "notifications", '{');
  if (listener->list)
    oh_json_write_flag (out, "resourcesListChanged", TRUE);
  if (listener->uris->len > 0)
    {
      oh_json_write_open (out, "resourceSubscriptions", '[');
      for (guint i = 0; i < listener->uris->len; i++)
        oh_json_write_text (out, NULL, listener->uris->pdata[i]);
      oh_json_write_close (out, ']');
    }
  oh_json_write_close (out, '}');
  send_notice (server, out);
}

/* How the newest runs stand: one that begins or ends changes it. (transfer full) */
static char *
describe_runs (OhStoreReader *reader)
{
  g_autoptr (GPtrArray) runs = oh_store_reader_get_runs (reader, RUNS);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < runs->len; i++)
    {
      const OhRun *run = runs->pdata[i];

      g_string_append_printf (text, "%" PRId64 ":%" PRId64 ":%" PRId64 " ", run->id, run->ended_ns, run->exchanges);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

void
oh_mcp_listen (OhMcpServer *self, const char *id, OhJson params)
{
  const OhJson wanted = oh_json_get (params, "notifications");
  OhStoreReader *reader = oh_mcp_offers_get_reader (self->offers);
  OhMcpListener *listener;
  OhJsonIter iter;
  OhJson value;

  if (oh_json_get_kind (wanted) != OH_JSON_OBJECT)
    {
      oh_mcp_server_fail (self, id, OH_MCP_INVALID_PARAMS, "Invalid params: “notifications” is an object", NULL);
      return;
    }
  if (self->listeners->len >= LISTENERS)
    {
      oh_mcp_server_fail (self, id, OH_MCP_INVALID_REQUEST, "Invalid request: there are too many subscriptions", NULL);
      return;
    }
  listener = g_new0 (OhMcpListener, 1);
  listener->id = g_strdup (id);
  listener->list = oh_json_get_boolean (oh_json_get (wanted, "resourcesListChanged"));
  listener->uris = g_ptr_array_new_with_free_func (g_free);
  oh_json_iter_init (&iter, oh_json_get (wanted, "resourceSubscriptions"));
  while (listener->uris->len < URIS && oh_json_iter_next (&iter, NULL, &value))
    {
      g_autofree char *uri = oh_json_dup_string (value);

      if (uri != NULL && oh_mcp_is_resource (uri))
        g_ptr_array_add (listener->uris, g_steal_pointer (&uri));
    }
  listener->change = reader != NULL ? oh_store_reader_get_change (reader) : 0;
  listener->newest = reader != NULL ? oh_mcp_get_newest (reader) : 0;
  listener->runs = reader != NULL ? describe_runs (reader) : g_strdup ("");
  g_ptr_array_add (self->listeners, listener);
  acknowledge (self, listener);
}

static gboolean
concerns_trace (OhStoreReader *reader, GArray *changed, gint64 trace)
{
  for (guint i = 0; i < MIN (changed->len, CHANGES); i++)
    {
      g_autoptr (OhPlace) place = oh_store_reader_get_place (reader, g_array_index (changed, gint64, i));

      if (place != NULL && place->trace_id == trace)
        return TRUE;
    }
  return changed->len > CHANGES;
}

static gboolean
concerns_call (GArray *changed, gint64 id)
{
  for (guint i = 0; i < changed->len; i++)
    if (g_array_index (changed, gint64, i) == id)
      return TRUE;
  return FALSE;
}

static gboolean
has_changed (OhStoreReader *reader, const char *uri, GArray *changed, gboolean runs_changed)
{
  gint64 id;

  if (g_str_equal (uri, CALLS))
    return changed->len > 0;
  if (g_str_has_prefix (uri, CALL) && oh_cli_parse_id (uri + strlen (CALL), &id))
    return concerns_call (changed, id);
  if (g_str_has_prefix (uri, TRACE) && oh_cli_parse_id (uri + strlen (TRACE), &id))
    return concerns_trace (reader, changed, id);
  return runs_changed;
}

static void
look (OhMcpServer *server, OhStoreReader *reader, OhMcpListener *listener)
{
  g_autoptr (GArray) changed = oh_store_reader_get_changed (reader, listener->change, &listener->change);
  g_autofree char *runs = describe_runs (reader);
  const gboolean runs_changed = !g_str_equal (runs, listener->runs);
  const gint64 newest = changed->len > 0 ? oh_mcp_get_newest (reader) : listener->newest;

  if (listener->list && newest != listener->newest)
    {
      g_autoptr (GString) out = g_string_new (NULL);

      begin_notice (out, listener, "notifications/resources/list_changed");
      send_notice (server, out);
    }
  for (guint i = 0; i < listener->uris->len; i++)
    {
      g_autoptr (GString) out = g_string_new (NULL);

      if (!has_changed (reader, listener->uris->pdata[i], changed, runs_changed))
        continue;
      begin_notice (out, listener, "notifications/resources/updated");
      oh_json_write_text (out, "uri", listener->uris->pdata[i]);
      send_notice (server, out);
    }
  listener->newest = newest;
  g_free (listener->runs);
  listener->runs = g_steal_pointer (&runs);
}

void
oh_mcp_look_after_listeners (OhMcpServer *self)
{
  OhStoreReader *reader = self->listeners->len > 0 ? oh_mcp_offers_get_reader (self->offers) : NULL;

  for (guint i = 0; reader != NULL && i < self->listeners->len; i++)
    look (self, reader, self->listeners->pdata[i]);
}

void
oh_mcp_end_listeners (OhMcpServer *self)
{
  for (guint i = 0; i < self->listeners->len; i++)
    {
      const OhMcpListener *listener = self->listeners->pdata[i];
      g_autoptr (GString) out = g_string_new (NULL);

      oh_json_write_open (out, NULL, '{');
      oh_json_write_text (out, "jsonrpc", "2.0");
      oh_json_write_name (out, "id");
      g_string_append (out, listener->id);
      oh_json_write_open (out, "result", '{');
      oh_json_write_text (out, "resultType", "complete");
      oh_json_write_open (out, "_meta", '{');
      oh_json_write_name (out, META "subscriptionId");
      g_string_append (out, listener->id);
      oh_json_write_close (out, '}');
      send_notice (self, out);
    }
}
