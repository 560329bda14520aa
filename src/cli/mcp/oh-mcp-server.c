/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-mcp-server.h"

#include "oh-mcp-server-private.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define BATCH_MAX 256
#define TTL_MS 60000
#define LOOK_MS 100
#define WAIT_S 60
#define WAITS 64

/* Someone waits for the next call. */
typedef struct
{
  char *id;         /* of the request, as JSON */
  gboolean stateless;
  OhSearch *search;
  gint64 run_id;
  gint64 after;     /* exchanges with a higher number count; 0: those that ended since then */
  gint64 began_ns;  /* wall clock */
  gint64 change;    /* of the store, up to where it was looked at */
  gint64 until_us;  /* monotonic */
} Wait;

static void
wait_free (gpointer data)
{
  Wait *wait = data;

  g_free (wait->id);
  g_clear_pointer (&wait->search, oh_search_free);
  g_free (wait);
}

/* --- the beginning of either era --- */

static void
add_capabilities (OhMcpOffers *offers, GString *out, gboolean stateless)
{
  static const char *const names[] = { "tools", "resources", "prompts" };

  oh_json_write_open (out, "capabilities", '{');
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      oh_json_write_open (out, names[i], '{');
      if (stateless && g_str_equal (names[i], "resources"))
        {
          oh_json_write_flag (out, "subscribe", TRUE);
          oh_json_write_flag (out, "listChanged", TRUE);
        }
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, '}');
  oh_mcp_add_instructions (offers, out);
}

static gboolean
discover (OhMcpOffers *offers, OhJson params, GString *out, OhMcpFault *fault)
{
  oh_json_write_open (out, "supportedVersions", '[');
  g_string_append (out, "\"" OH_MCP_STATELESS "\"");
  for (guint i = 0; i < OH_MCP_HANDSHAKES; i++)
    g_string_append_printf (out, ", \"%s\"", oh_mcp_handshakes[i]);
  oh_json_write_close (out, ']');
  add_capabilities (offers, out, TRUE);
  return TRUE;
}

static gboolean
list_tools (OhMcpOffers *offers, OhJson params, GString *out, OhMcpFault *fault)
{
  if (oh_json_get_kind (oh_json_get (params, "cursor")) != OH_JSON_NONE)
    {
      *fault = (OhMcpFault) { OH_MCP_INVALID_PARAMS, g_strdup ("Invalid params: that cursor is none of ours") };
      return FALSE;
    }
  g_string_append (out, offers->tools);
  return TRUE;
}

static gboolean
answer_ping (OhMcpOffers *offers, OhJson params, GString *out, OhMcpFault *fault)
{
  return TRUE;
}

static const struct
{
  const char *name;
  gboolean (*run) (OhMcpOffers *offers, OhJson params, GString *out, OhMcpFault *fault);
  int ttl_ms;
  gboolean stateless; /* which eras have it */
  gboolean handshake;
} methods[] = {
  { "server/discover", discover, TTL_MS, TRUE, FALSE },
  { "ping", answer_ping, -1, FALSE, TRUE },
  { "tools/list", list_tools, TTL_MS, TRUE, TRUE },
  { "resources/list", oh_mcp_list_resources, 0, TRUE, TRUE },
  { "resources/templates/list", oh_mcp_list_templates, TTL_MS, TRUE, TRUE },
  { "resources/read", oh_mcp_read_resource, 0, TRUE, TRUE },
  { "prompts/list", oh_mcp_list_prompts, TTL_MS, TRUE, TRUE },
  { "prompts/get", oh_mcp_get_prompt, -1, TRUE, TRUE },
};

static void
initialize (OhMcpServer *self, const char *id, OhJson params)
{
  const OhJson wanted = oh_json_get (params, "protocolVersion");
  g_autoptr (GString) members = g_string_new (NULL);

  if (oh_json_get_kind (wanted) != OH_JSON_STRING)
    {
      oh_mcp_server_fail (self, id, OH_MCP_INVALID_PARAMS, "Invalid params: “protocolVersion” is a string", NULL);
      return;
    }
  self->revision = oh_mcp_handshakes[0];
  for (guint i = 0; i < OH_MCP_HANDSHAKES; i++)
    if (oh_json_is (wanted, oh_mcp_handshakes[i]))
      self->revision = oh_mcp_handshakes[i];
  self->can_ask = oh_mcp_can_ask (oh_json_get (params, "capabilities"));
  oh_json_write_text (members, "protocolVersion", self->revision);
  oh_mcp_add_server (members, "serverInfo");
  add_capabilities (self->offers, members, FALSE);
  oh_mcp_server_answer (self, id, FALSE, members, -1);
}

/* --- waiting for a call --- */

/* The object of a wait's answer. @id: 0: none came */
static void
answer_wait (OhMcpServer *self, Wait *wait, gint64 id)
{
  g_autoptr (GString) object = g_string_new (NULL);
  g_autoptr (GString) members = g_string_new (NULL);
  OhMcpCall call = { .reader = self->offers->reader, .out = object };
  g_autoptr (GPtrArray) rows = id != 0 ? oh_store_reader_get_rows (call.reader, &id, 1) : NULL;
  const OhExchange *row = rows != NULL ? rows->pdata[0] : NULL;

  oh_mcp_begin (&call);
  oh_json_write_flag (object, "timed_out", row == NULL);
  oh_json_write_name (object, "call");
  if (row != NULL)
    {
      const gsize from = object->len;

      oh_cli_json_row (object, call.reader, row);
      oh_mcp_clip (object, from);
    }
  else
    g_string_append (object, "null");
  oh_mcp_end (&call);
  oh_mcp_add_tool_result (members, object, NULL);
  oh_mcp_server_answer (self, wait->id, wait->stateless, members, -1);
}

static gboolean
is_awaited (OhStoreReader *reader, const Wait *wait, gint64 id)
{
  const OhQuery query = { .run_id = wait->run_id, .search = wait->search };
  g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (reader, &id, 1);
  const OhExchange *row = rows->pdata[0];

  if (row == NULL || row->outcome == OH_OUTCOME_PENDING)
    return FALSE;
  if (wait->after != 0 ? id <= wait->after : row->started_ns + MAX (row->timings.ended, 0) < wait->began_ns)
    return FALSE;
  return oh_store_reader_matches (reader, &query, id);
}

/* Returns: the exchange that was waited for, or 0. */
static gint64
look (OhStoreReader *reader, Wait *wait)
{
  g_autoptr (GArray) changed = oh_store_reader_get_changed (reader, wait->change, &wait->change);

  for (guint i = 0; i < changed->len; i++)
    if (is_awaited (reader, wait, g_array_index (changed, gint64, i)))
      return g_array_index (changed, gint64, i);
  return 0;
}

/* The oldest that has come already, or 0. */
static gint64
look_back (OhStoreReader *reader, const Wait *wait)
{
  const OhQuery query = { .run_id = wait->run_id, .search = wait->search };
  g_autoptr (GArray) ids = wait->after != 0 ? oh_store_reader_find (reader, &query, NULL) : NULL;

  for (guint i = 0; ids != NULL && i < ids->len; i++)
    if (is_awaited (reader, wait, g_array_index (ids, gint64, i)))
      return g_array_index (ids, gint64, i);
  return 0;
}

static void
look_after_waits (OhMcpServer *self)
{
  OhStoreReader *reader = self->waits->len > 0 ? oh_mcp_offers_get_reader (self->offers) : NULL;

  for (guint i = self->waits->len; i > 0; i--)
    {
      Wait *wait = self->waits->pdata[i - 1];
      const gint64 id = reader != NULL ? look (reader, wait) : 0;

      if (id == 0 && g_get_monotonic_time () < wait->until_us)
        continue;
      answer_wait (self, wait, id);
      g_ptr_array_remove_index (self->waits, i - 1);
    }
}

/* Returns: what is wrong with the arguments, or NULL. (transfer full) */
static char *
begin_wait (OhMcpServer *self, const char *id, gboolean stateless, OhJson arguments)
{
  OhMcpCall call = { .arguments = arguments };
  OhStoreReader *reader = oh_mcp_offers_get_reader (self->offers);
  char *problem = NULL;
  OhSearch *search = oh_mcp_get_search (&call, &problem);
  Wait *wait;
  gint64 found;

  if (search == NULL)
    return problem;
  wait = g_new0 (Wait, 1);
  wait->id = g_strdup (id);
  wait->stateless = stateless;
  wait->search = search;
  wait->run_id = oh_mcp_get_int (&call, "run", 0);
  wait->after = oh_mcp_get_int (&call, "after", 0);
  wait->began_ns = oh_clock_wall_ns ();
  wait->change = reader != NULL ? oh_store_reader_get_change (reader) : 0;
  wait->until_us = g_get_monotonic_time () + oh_mcp_get_int (&call, "timeout", WAIT_S) * G_USEC_PER_SEC;
  found = reader != NULL ? look_back (reader, wait) : 0;
  /* Those of a batch are answered together, so none of them waits. */
  if (found != 0 || self->batch != NULL || self->waits->len >= WAITS)
    {
      answer_wait (self, wait, found);
      wait_free (wait);
    }
  else
    g_ptr_array_add (self->waits, wait);
  return NULL;
}

/* Of whatever was asked for with that id. */
static void
cancel (OhMcpServer *self, OhJson id)
{
  g_autofree char *text = oh_json_dup (id);

  for (guint i = self->waits->len; i > 0; i--)
    if (g_strcmp0 (((Wait *) self->waits->pdata[i - 1])->id, text) == 0)
      g_ptr_array_remove_index (self->waits, i - 1);
  for (guint i = self->jobs->len; i > 0; i--)
    if (g_strcmp0 (oh_mcp_job_get_id (self->jobs->pdata[i - 1]), text) == 0)
      g_ptr_array_remove_index (self->jobs, i - 1);
  for (guint i = self->listeners->len; i > 0; i--)
    if (g_strcmp0 (((OhMcpListener *) self->listeners->pdata[i - 1])->id, text) == 0)
      g_ptr_array_remove_index (self->listeners, i - 1);
  for (guint i = self->asks->len; i > 0; i--)
    if (g_strcmp0 (((OhMcpAsk *) self->asks->pdata[i - 1])->id, text) == 0)
      g_ptr_array_remove_index (self->asks, i - 1);
}

/* --- requests --- */

static void
call_tool (OhMcpServer *self, const char *id, gboolean stateless, OhJson params)
{
  g_autofree char *name = oh_json_dup_string (oh_json_get (params, "name"));
  const OhJson arguments = oh_json_get (params, "arguments");
  g_autofree char *problem = NULL;
  g_autoptr (GString) object = g_string_new (NULL);
  g_autoptr (GString) members = g_string_new (NULL);

  if (name == NULL)
    oh_mcp_server_fail (self, id, OH_MCP_INVALID_PARAMS, "Invalid params: “name” is a string", NULL);
  else if (oh_json_get_kind (arguments) != OH_JSON_NONE && oh_json_get_kind (arguments) != OH_JSON_OBJECT)
    oh_mcp_server_fail (self, id, OH_MCP_INVALID_PARAMS, "Invalid params: “arguments” is an object", NULL);
  else if (!oh_mcp_check_tool (self->offers, name, arguments, &problem))
    oh_mcp_server_fail (self, id, OH_MCP_INVALID_PARAMS, "Invalid params: there is no tool of that name", NULL);
  else
    {
      if (problem == NULL && oh_mcp_is_acting (name))
        {
          oh_mcp_act (self, id, stateless, params, name, arguments);
          return;
        }
      if (problem == NULL && g_str_equal (name, "wait_for_call"))
        {
          problem = begin_wait (self, id, stateless, arguments);
          if (problem == NULL)
            return;
        }
      if (problem == NULL)
        oh_mcp_run_tool (self->offers, name, arguments, object, &problem);
      oh_mcp_add_tool_result (members, object, problem);
      oh_mcp_server_answer (self, id, stateless, members, -1);
    }
}

static void
run_method (OhMcpServer *self, const OhMcpMessage *message, const char *id, gboolean stateless)
{
  g_autoptr (GString) members = g_string_new (NULL);
  OhMcpFault fault = { 0 };

  if (g_str_equal (message->method, "tools/call"))
    {
      call_tool (self, id, stateless, message->params);
      return;
    }
  if (stateless && g_str_equal (message->method, "subscriptions/listen"))
    {
      oh_mcp_listen (self, id, message->params);
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      if (!g_str_equal (methods[i].name, message->method) || !(stateless ? methods[i].stateless : methods[i].handshake))
        continue;
      if (methods[i].run (self->offers, message->params, members, &fault))
        oh_mcp_server_answer (self, id, stateless, members, methods[i].ttl_ms);
      else
        oh_mcp_server_fail (self, id,
                      stateless && fault.code == OH_MCP_RESOURCE_NOT_FOUND ? OH_MCP_INVALID_PARAMS : fault.code,
                      fault.message, NULL);
      g_free (fault.message);
      return;
    }
  oh_mcp_server_fail (self, id, OH_MCP_METHOD_NOT_FOUND, "Method not found", NULL);
}

static void
handle_request (OhMcpServer *self, const OhMcpMessage *message)
{
  g_autofree char *id = oh_json_dup (message->id);
  const OhJson meta = oh_json_get (message->params, "_meta");
  const OhJson revision = oh_json_get (meta, META "protocolVersion");
  g_autofree char *name = oh_json_dup_string (revision);

  if (name != NULL && g_str_equal (name, OH_MCP_STATELESS))
    {
      if (oh_json_get_kind (oh_json_get (meta, META "clientCapabilities")) == OH_JSON_OBJECT)
        run_method (self, message, id, TRUE);
      else
        oh_mcp_server_fail (self, id, OH_MCP_INVALID_PARAMS, "Invalid params: “_meta” needs “" META "clientCapabilities”",
                      NULL);
    }
  else if (name != NULL && g_strcmp0 (name, self->revision) != 0)
    oh_mcp_server_fail (self, id, OH_MCP_UNSUPPORTED_VERSION, "Unsupported protocol version", name);
  else if (name == NULL && oh_json_get_kind (revision) != OH_JSON_NONE)
    oh_mcp_server_fail (self, id, OH_MCP_INVALID_PARAMS, "Invalid params: “" META "protocolVersion” is a string", NULL);
  else if (g_str_equal (message->method, "initialize"))
    initialize (self, id, message->params);
  else if (self->revision != NULL || g_str_equal (message->method, "ping"))
    run_method (self, message, id, FALSE);
  else
    oh_mcp_server_fail (self, id, OH_MCP_INVALID_PARAMS,
                  "Invalid params: a request names its revision in “_meta”, as “" META "protocolVersion”, or "
                  "comes after “initialize”", NULL);
}

static void
handle_value (OhMcpServer *self, OhJson value)
{
  g_auto (OhMcpMessage) message = { 0 };
  g_autofree char *id = NULL;

  oh_mcp_message_read (value, &message);
  switch (message.kind)
    {
    case OH_MCP_REQUEST:
      handle_request (self, &message);
      break;
    case OH_MCP_NOTIFICATION:
      if (g_str_equal (message.method, "notifications/cancelled"))
        cancel (self, oh_json_get (message.params, "requestId"));
      break;
    case OH_MCP_WRONG:
      id = oh_json_dup (message.id);
      oh_mcp_server_fail (self, id, message.code, message.complaint, NULL);
      break;
    case OH_MCP_RESPONSE:
    default:
      oh_mcp_act_on_reply (self, value);
      break;
    }
}

static void
handle_batch (OhMcpServer *self, OhJson batch)
{
  g_autoptr (GString) answers = g_string_new ("[");
  OhJsonIter iter;
  OhJson value;
  guint n = 0;

  oh_json_iter_init (&iter, batch);
  while (n <= BATCH_MAX && oh_json_iter_next (&iter, NULL, &value))
    n++;
  if (n > BATCH_MAX)
    {
      oh_mcp_server_fail (self, NULL, OH_MCP_INVALID_REQUEST, "Invalid request: a batch has no more than 256 messages", NULL);
      return;
    }
  self->batch = answers;
  oh_json_iter_init (&iter, batch);
  while (oh_json_iter_next (&iter, NULL, &value))
    handle_value (self, value);
  self->batch = NULL;
  if (answers->len == 1)
    return;
  g_string_append (answers, "]\n");
  oh_mcp_server_write (self, answers);
}

static gboolean
is_blank (const char *line, gsize length)
{
  return line != NULL && strspn (line, " \t\r") == length;
}

static void
on_line (const char *line, gsize length, gpointer data)
{
  OhMcpServer *self = data;
  const char *complaint;
  OhJson value;

  if (is_blank (line, length))
    return;
  if (!oh_mcp_line_parse (line, length, &value, &complaint))
    oh_mcp_server_fail (self, NULL, OH_MCP_PARSE_ERROR, complaint, NULL);
  else if (oh_json_get_kind (value) == OH_JSON_ARRAY && g_strcmp0 (self->revision, OH_MCP_BATCHES) == 0 && value.length > 2)
    handle_batch (self, value);
  else
    handle_value (self, value);
}

gboolean
oh_mcp_serve (OhMcpOffers *offers, int in, int out, gboolean allow_acting)
{
  g_autoptr (GPtrArray) waits = g_ptr_array_new_with_free_func (wait_free);
  g_autoptr (GPtrArray) asks = g_ptr_array_new_with_free_func (oh_mcp_ask_free);
  g_autoptr (GPtrArray) listeners = g_ptr_array_new_with_free_func (oh_mcp_listener_free);
  g_autoptr (GPtrArray) jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_mcp_job_free);
  OhMcpServer self = { .offers = offers, .allow_acting = allow_acting, .asks = asks, .jobs = jobs, .listeners = listeners,
                       .out = out, .waits = waits };
  g_autofree char *buffer = g_malloc (64 * 1024);
  OhMcpLines lines = { 0 };
  ssize_t n = 1;

  while (n != 0 && !self.gone)
    {
      struct pollfd polls[1 + 2 * OH_MCP_JOBS] = { { .fd = in, .events = POLLIN } };
      guint n_polls = 1;

      for (guint i = 0; i < jobs->len; i++)
        n_polls += oh_mcp_job_add_polls (jobs->pdata[i], polls + n_polls);
      if (poll (polls, n_polls, waits->len + jobs->len + listeners->len > 0 ? LOOK_MS : -1) > 0 && polls[0].revents != 0)
        {
          n = read (in, buffer, 64 * 1024);
          if (n > 0)
            oh_mcp_lines_feed (&lines, buffer, (gsize) n, on_line, &self);
          else if (n < 0 && errno != EINTR && errno != EAGAIN)
            break;
        }
      look_after_waits (&self);
      oh_mcp_look_after_jobs (&self);
      oh_mcp_look_after_listeners (&self);
    }
  oh_mcp_lines_end (&lines, on_line, &self);
  oh_mcp_end_listeners (&self);
  return !self.gone;
}
