/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-mcp-server.h"

#include "oh-mcp-act.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define STATELESS "2026-07-28"
#define META "io.modelcontextprotocol/"
#define BATCHES "2025-03-26" /* the one revision that has them */
#define BATCH_MAX 256
#define TTL_MS 60000
#define LOOK_MS 100
#define WAIT_S 60
#define WAITS 64
#define JOBS 4
#define ASKS 16
#define ASK_US (G_TIME_SPAN_HOUR)
#define CONFIRM "confirm" /* the one thing that is asked */

/* The newest first. */
static const char *const handshakes[] = { "2025-11-25", "2025-06-18", BATCHES, "2024-11-05" };

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

/* The person is being asked whether a tool may act. */
typedef struct
{
  char *token;      /* of the handshake's era: the id of our request; else what the client hands back. Is valid once */
  char *id;         /* of the client's request, as JSON */
  char *tool;
  char *arguments;  /* JSON */
  gboolean stateless;
  gint64 until_us;  /* monotonic */
} Ask;

typedef struct
{
  OhMcpOffers *offers;
  gboolean allow_acting; /* where no one can be asked */
  gboolean can_ask;      /* a client with a handshake */
  GPtrArray *asks;       /* (element-type Ask) */
  GPtrArray *jobs;       /* (element-type OhMcpJob) */
  int out;
  const char *revision; /* of the handshake, once there was one */
  GPtrArray *waits;     /* (element-type Wait) */
  GString *batch;       /* collects the answers to a batch, else NULL */
  gboolean gone;        /* the client */
} Server;

static void
wait_free (gpointer data)
{
  Wait *wait = data;

  g_free (wait->id);
  g_clear_pointer (&wait->search, oh_search_free);
  g_free (wait);
}

static void
ask_free (gpointer data)
{
  Ask *ask = data;

  g_free (ask->token);
  g_free (ask->id);
  g_free (ask->tool);
  g_free (ask->arguments);
  g_free (ask);
}

/* --- answers --- */

static void
write_line (Server *self, const GString *line)
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
send_answer (Server *self, GString *answer)
{
  if (self->batch != NULL)
    {
      g_string_append (self->batch, self->batch->len > 1 ? ", " : "");
      g_string_append_len (self->batch, answer->str, (gssize) answer->len);
      return;
    }
  g_string_append_c (answer, '\n');
  write_line (self, answer);
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

/* @requested: (nullable): the revision that we do not speak */
static void
answer_error (Server *self, const char *id, OhMcpCode code, const char *message, const char *requested)
{
  g_autoptr (GString) answer = begin_answer (id);

  oh_json_write_open (answer, "error", '{');
  oh_json_write_int (answer, "code", code);
  oh_json_write_text (answer, "message", message);
  if (requested != NULL)
    {
      oh_json_write_open (answer, "data", '{');
      oh_json_write_open (answer, "supported", '[');
      g_string_append (answer, "\"" STATELESS "\"");
      for (guint i = 0; i < G_N_ELEMENTS (handshakes); i++)
        g_string_append_printf (answer, ", \"%s\"", handshakes[i]);
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

static void
add_server (GString *out, const char *name)
{
  oh_json_write_open (out, name, '{');
  oh_json_write_text (out, "name", "overhear");
  oh_json_write_text (out, "title", "Overhear");
  oh_json_write_text (out, "version", OH_VERSION);
  oh_json_write_close (out, '}');
}

/* @type: of the result; NULL: of a handshake's era, which knows none
 * @members: of the result. @ttl_ms: how long it stays true, if a client may keep it; else -1 */
static void
answer_with (Server *self, const char *id, const char *type, const GString *members, int ttl_ms)
{
  const gboolean stateless = type != NULL;
  g_autoptr (GString) answer = begin_answer (id);

  oh_json_write_open (answer, "result", '{');
  if (stateless)
    {
      oh_json_write_text (answer, "resultType", type);
      oh_json_write_open (answer, "_meta", '{');
      add_server (answer, META "serverInfo");
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

static void
answer_result (Server *self, const char *id, gboolean stateless, const GString *members, int ttl_ms)
{
  answer_with (self, id, stateless ? "complete" : NULL, members, ttl_ms);
}

/* A form to be filled in is what an elicitation is if it says nothing else. */
static gboolean
can_ask (OhJson capabilities)
{
  const OhJson elicitation = oh_json_get (capabilities, "elicitation");

  return oh_json_get_kind (elicitation) == OH_JSON_OBJECT
         && (oh_json_get_kind (oh_json_get (elicitation, "form")) == OH_JSON_OBJECT
             || oh_json_get_kind (oh_json_get (elicitation, "url")) == OH_JSON_NONE);
}

/* --- the beginning of either era --- */

static void
add_capabilities (OhMcpOffers *offers, GString *out)
{
  static const char *const names[] = { "tools", "resources", "prompts" };

  oh_json_write_open (out, "capabilities", '{');
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      oh_json_write_open (out, names[i], '{');
      oh_json_write_close (out, '}');
    }
  oh_json_write_close (out, '}');
  oh_mcp_add_instructions (offers, out);
}

static gboolean
discover (OhMcpOffers *offers, OhJson params, GString *out, OhMcpFault *fault)
{
  oh_json_write_open (out, "supportedVersions", '[');
  g_string_append (out, "\"" STATELESS "\"");
  for (guint i = 0; i < G_N_ELEMENTS (handshakes); i++)
    g_string_append_printf (out, ", \"%s\"", handshakes[i]);
  oh_json_write_close (out, ']');
  add_capabilities (offers, out);
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
initialize (Server *self, const char *id, OhJson params)
{
  const OhJson wanted = oh_json_get (params, "protocolVersion");
  g_autoptr (GString) members = g_string_new (NULL);

  if (oh_json_get_kind (wanted) != OH_JSON_STRING)
    {
      answer_error (self, id, OH_MCP_INVALID_PARAMS, "Invalid params: “protocolVersion” is a string", NULL);
      return;
    }
  self->revision = handshakes[0];
  for (guint i = 0; i < G_N_ELEMENTS (handshakes); i++)
    if (oh_json_is (wanted, handshakes[i]))
      self->revision = handshakes[i];
  self->can_ask = can_ask (oh_json_get (params, "capabilities"));
  oh_json_write_text (members, "protocolVersion", self->revision);
  add_server (members, "serverInfo");
  add_capabilities (self->offers, members);
  answer_result (self, id, FALSE, members, -1);
}

/* --- waiting for a call --- */

/* The object of a wait's answer. @id: 0: none came */
static void
answer_wait (Server *self, Wait *wait, gint64 id)
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
  answer_result (self, wait->id, wait->stateless, members, -1);
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
look_after_waits (Server *self)
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
begin_wait (Server *self, const char *id, gboolean stateless, OhJson arguments)
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

/* --- acting --- */

static void
answer_problem (Server *self, const char *id, gboolean stateless, const char *problem)
{
  g_autoptr (GString) members = g_string_new (NULL);

  oh_mcp_add_tool_result (members, NULL, problem);
  answer_result (self, id, stateless, members, -1);
}

/* @arguments: JSON text */
static void
begin_job (Server *self, const char *id, gboolean stateless, const char *tool, const char *arguments)
{
  g_autofree char *problem = NULL;
  OhJson value = { 0 };
  OhMcpJob *job = NULL;

  oh_json_parse (arguments, strlen (arguments), &value, NULL);
  if (self->jobs->len >= JOBS)
    problem = g_strdup ("Others are still at work. Wait until they have ended.");
  else
    job = oh_mcp_job_new (tool, value, id, stateless, &problem);
  if (job != NULL)
    g_ptr_array_add (self->jobs, job);
  else
    answer_problem (self, id, stateless, problem);
}

/* What the person is asked: yes or no, so the form has no fields. */
static void
add_question (GString *out, const char *question, gboolean with_mode)
{
  oh_json_write_text (out, "method", "elicitation/create");
  oh_json_write_open (out, "params", '{');
  if (with_mode)
    oh_json_write_text (out, "mode", "form");
  oh_json_write_text (out, "message", question);
  oh_json_write_open (out, "requestedSchema", '{');
  oh_json_write_text (out, "type", "object");
  oh_json_write_open (out, "properties", '{');
  oh_json_write_close (out, '}');
  oh_json_write_close (out, '}');
  oh_json_write_close (out, '}');
}

static void
ask_person (Server *self, const char *id, gboolean stateless, const char *tool, const char *arguments, const char *question)
{
  Ask *ask = g_new0 (Ask, 1);
  g_autoptr (GString) out = g_string_new (NULL);

  if (self->asks->len >= ASKS)
    g_ptr_array_remove_index (self->asks, 0);
  *ask = (Ask) { g_uuid_string_random (), g_strdup (id), g_strdup (tool), g_strdup (arguments), stateless,
                 g_get_monotonic_time () + ASK_US };
  g_ptr_array_add (self->asks, ask);
  if (stateless)
    {
      oh_json_write_open (out, "inputRequests", '{');
      oh_json_write_open (out, CONFIRM, '{');
      add_question (out, question, TRUE);
      oh_json_write_close (out, '}');
      oh_json_write_close (out, '}');
      oh_json_write_text (out, "requestState", ask->token);
      answer_with (self, id, "input_required", out, -1);
      return;
    }
  oh_json_write_open (out, NULL, '{');
  oh_json_write_text (out, "jsonrpc", "2.0");
  oh_json_write_text (out, "id", ask->token);
  add_question (out, question, FALSE);
  oh_json_write_close (out, '}');
  g_string_append_c (out, '\n');
  write_line (self, out);
}

/* Returns: what was asked with that token, which is used up now; NULL: nothing. (transfer full) */
static Ask *
take_ask (Server *self, OhJson token, gboolean stateless)
{
  for (guint i = 0; i < self->asks->len; i++)
    {
      Ask *ask = self->asks->pdata[i];

      if (ask->stateless == stateless && oh_json_is (token, ask->token))
        return g_ptr_array_steal_index (self->asks, i);
    }
  return NULL;
}

/* @reply: of an elicitation, or none */
static void
follow (Server *self, const Ask *ask, const char *id, OhJson reply)
{
  if (oh_json_is (oh_json_get (reply, "action"), "accept") && g_get_monotonic_time () < ask->until_us)
    begin_job (self, id, ask->stateless, ask->tool, ask->arguments);
  else
    answer_problem (self, id, ask->stateless, "The person did not agree, so nothing was done. Do not try again unasked.");
}

/* A tool that acts, with arguments that are in order. */
static void
act (Server *self, const char *id, gboolean stateless, OhJson params, const char *tool, OhJson arguments)
{
  const OhJson meta = oh_json_get (params, "_meta");
  const gboolean asking = stateless ? can_ask (oh_json_get (meta, META "clientCapabilities")) : self->can_ask;
  const OhJson state = oh_json_get (params, "requestState");
  const OhJson reply = oh_json_get (oh_json_get (params, "inputResponses"), CONFIRM);
  g_autofree char *text = oh_json_dup (arguments);
  g_autofree char *question = oh_mcp_describe_act (tool, arguments);
  Ask *ask = NULL;

  if (self->batch != NULL)
    answer_problem (self, id, stateless, "This tool is not for batches.");
  else if (!asking && self->allow_acting)
    begin_job (self, id, stateless, tool, text);
  else if (!asking && stateless)
    answer_error (self, id, OH_MCP_MISSING_CAPABILITY,
                  "This tool asks the person, which this client cannot. (“overhear mcp --allow-acting” does not ask.)", NULL);
  else if (!asking)
    answer_problem (self, id, FALSE,
                    "This tool asks the person, which this client cannot, so nothing was done. In a terminal, “overhear run "
                    "COMMAND” and “overhear resend ID” do the same. (“overhear mcp --allow-acting” does not ask.)");
  else if (question == NULL)
    answer_problem (self, id, stateless, "That is too long to be shown to the person whole.");
  else if (stateless && oh_json_get_kind (state) != OH_JSON_NONE)
    {
      ask = take_ask (self, state, TRUE);
      if (ask == NULL || !g_str_equal (ask->tool, tool) || !g_str_equal (ask->arguments, text))
        answer_error (self, id, OH_MCP_INVALID_PARAMS,
                      "Invalid params: that “requestState” is none of ours, was used before, or was given for another request", NULL);
      else if (oh_json_get_kind (oh_json_get (reply, "action")) != OH_JSON_STRING)
        ask_person (self, id, TRUE, tool, text, question);
      else
        follow (self, ask, id, reply);
      g_clear_pointer (&ask, ask_free);
    }
  else
    ask_person (self, id, stateless, tool, text, question);
}

/* The answer to a question of ours: a result, or an error of the client's. */
static void
handle_response (Server *self, OhJson value)
{
  Ask *ask = take_ask (self, oh_json_get (value, "id"), FALSE);

  if (ask != NULL)
    follow (self, ask, ask->id, oh_json_get (value, "result"));
  g_clear_pointer (&ask, ask_free);
}

static void
look_after_jobs (Server *self)
{
  for (guint i = self->jobs->len; i > 0; i--)
    {
      OhMcpJob *job = self->jobs->pdata[i - 1];
      g_autoptr (GString) object = g_string_new (NULL);
      g_autoptr (GString) members = g_string_new (NULL);
      g_autofree char *problem = NULL;

      if (!oh_mcp_job_tend (job))
        continue;
      oh_mcp_job_answer (job, oh_mcp_offers_get_reader (self->offers), object, &problem);
      oh_mcp_add_tool_result (members, object, problem);
      answer_result (self, oh_mcp_job_get_id (job), oh_mcp_job_is_stateless (job), members, -1);
      g_ptr_array_remove_index (self->jobs, i - 1);
    }
}

/* Of whatever was asked for with that id. */
static void
cancel (Server *self, OhJson id)
{
  g_autofree char *text = oh_json_dup (id);

  for (guint i = self->waits->len; i > 0; i--)
    if (g_strcmp0 (((Wait *) self->waits->pdata[i - 1])->id, text) == 0)
      g_ptr_array_remove_index (self->waits, i - 1);
  for (guint i = self->jobs->len; i > 0; i--)
    if (g_strcmp0 (oh_mcp_job_get_id (self->jobs->pdata[i - 1]), text) == 0)
      g_ptr_array_remove_index (self->jobs, i - 1);
  for (guint i = self->asks->len; i > 0; i--)
    if (g_strcmp0 (((Ask *) self->asks->pdata[i - 1])->id, text) == 0)
      g_ptr_array_remove_index (self->asks, i - 1);
}

/* --- requests --- */

static void
call_tool (Server *self, const char *id, gboolean stateless, OhJson params)
{
  g_autofree char *name = oh_json_dup_string (oh_json_get (params, "name"));
  const OhJson arguments = oh_json_get (params, "arguments");
  g_autofree char *problem = NULL;
  g_autoptr (GString) object = g_string_new (NULL);
  g_autoptr (GString) members = g_string_new (NULL);

  if (name == NULL)
    answer_error (self, id, OH_MCP_INVALID_PARAMS, "Invalid params: “name” is a string", NULL);
  else if (oh_json_get_kind (arguments) != OH_JSON_NONE && oh_json_get_kind (arguments) != OH_JSON_OBJECT)
    answer_error (self, id, OH_MCP_INVALID_PARAMS, "Invalid params: “arguments” is an object", NULL);
  else if (!oh_mcp_check_tool (self->offers, name, arguments, &problem))
    answer_error (self, id, OH_MCP_INVALID_PARAMS, "Invalid params: there is no tool of that name", NULL);
  else
    {
      if (problem == NULL && oh_mcp_is_acting (name))
        {
          act (self, id, stateless, params, name, arguments);
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
      answer_result (self, id, stateless, members, -1);
    }
}

static void
run_method (Server *self, const OhMcpMessage *message, const char *id, gboolean stateless)
{
  g_autoptr (GString) members = g_string_new (NULL);
  OhMcpFault fault = { 0 };

  if (g_str_equal (message->method, "tools/call"))
    {
      call_tool (self, id, stateless, message->params);
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      if (!g_str_equal (methods[i].name, message->method) || !(stateless ? methods[i].stateless : methods[i].handshake))
        continue;
      if (methods[i].run (self->offers, message->params, members, &fault))
        answer_result (self, id, stateless, members, methods[i].ttl_ms);
      else
        answer_error (self, id,
                      stateless && fault.code == OH_MCP_RESOURCE_NOT_FOUND ? OH_MCP_INVALID_PARAMS : fault.code,
                      fault.message, NULL);
      g_free (fault.message);
      return;
    }
  answer_error (self, id, OH_MCP_METHOD_NOT_FOUND, "Method not found", NULL);
}

static void
handle_request (Server *self, const OhMcpMessage *message)
{
  g_autofree char *id = oh_json_dup (message->id);
  const OhJson meta = oh_json_get (message->params, "_meta");
  const OhJson revision = oh_json_get (meta, META "protocolVersion");
  g_autofree char *name = oh_json_dup_string (revision);

  if (name != NULL && g_str_equal (name, STATELESS))
    {
      if (oh_json_get_kind (oh_json_get (meta, META "clientCapabilities")) == OH_JSON_OBJECT)
        run_method (self, message, id, TRUE);
      else
        answer_error (self, id, OH_MCP_INVALID_PARAMS, "Invalid params: “_meta” needs “" META "clientCapabilities”",
                      NULL);
    }
  else if (name != NULL && g_strcmp0 (name, self->revision) != 0)
    answer_error (self, id, OH_MCP_UNSUPPORTED_VERSION, "Unsupported protocol version", name);
  else if (name == NULL && oh_json_get_kind (revision) != OH_JSON_NONE)
    answer_error (self, id, OH_MCP_INVALID_PARAMS, "Invalid params: “" META "protocolVersion” is a string", NULL);
  else if (g_str_equal (message->method, "initialize"))
    initialize (self, id, message->params);
  else if (self->revision != NULL || g_str_equal (message->method, "ping"))
    run_method (self, message, id, FALSE);
  else
    answer_error (self, id, OH_MCP_INVALID_PARAMS,
                  "Invalid params: a request names its revision in “_meta”, as “" META "protocolVersion”, or "
                  "comes after “initialize”", NULL);
}

static void
handle_value (Server *self, OhJson value)
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
      answer_error (self, id, message.code, message.complaint, NULL);
      break;
    case OH_MCP_RESPONSE:
    default:
      handle_response (self, value);
      break;
    }
}

static void
handle_batch (Server *self, OhJson batch)
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
      answer_error (self, NULL, OH_MCP_INVALID_REQUEST, "Invalid request: a batch has no more than 256 messages", NULL);
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
  write_line (self, answers);
}

static gboolean
is_blank (const char *line, gsize length)
{
  return line != NULL && strspn (line, " \t\r") == length;
}

static void
on_line (const char *line, gsize length, gpointer data)
{
  Server *self = data;
  const char *complaint;
  OhJson value;

  if (is_blank (line, length))
    return;
  if (!oh_mcp_line_parse (line, length, &value, &complaint))
    answer_error (self, NULL, OH_MCP_PARSE_ERROR, complaint, NULL);
  else if (oh_json_get_kind (value) == OH_JSON_ARRAY && g_strcmp0 (self->revision, BATCHES) == 0 && value.length > 2)
    handle_batch (self, value);
  else
    handle_value (self, value);
}

gboolean
oh_mcp_serve (OhMcpOffers *offers, int in, int out, gboolean allow_acting)
{
  g_autoptr (GPtrArray) waits = g_ptr_array_new_with_free_func (wait_free);
  g_autoptr (GPtrArray) asks = g_ptr_array_new_with_free_func (ask_free);
  g_autoptr (GPtrArray) jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_mcp_job_free);
  Server self = { .offers = offers, .allow_acting = allow_acting, .asks = asks, .jobs = jobs, .out = out, .waits = waits };
  g_autofree char *buffer = g_malloc (64 * 1024);
  OhMcpLines lines = { 0 };
  ssize_t n = 1;

  while (n != 0 && !self.gone)
    {
      struct pollfd polls[1 + 2 * JOBS] = { { .fd = in, .events = POLLIN } };
      guint n_polls = 1;

      for (guint i = 0; i < jobs->len; i++)
        n_polls += oh_mcp_job_add_polls (jobs->pdata[i], polls + n_polls);
      if (poll (polls, n_polls, waits->len + jobs->len > 0 ? LOOK_MS : -1) > 0 && polls[0].revents != 0)
        {
          n = read (in, buffer, 64 * 1024);
          if (n > 0)
            oh_mcp_lines_feed (&lines, buffer, (gsize) n, on_line, &self);
          else if (n < 0 && errno != EINTR && errno != EAGAIN)
            break;
        }
      look_after_waits (&self);
      look_after_jobs (&self);
    }
  oh_mcp_lines_end (&lines, on_line, &self);
  return !self.gone;
}
