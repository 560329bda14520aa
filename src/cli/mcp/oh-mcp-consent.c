/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing acts that the person has not agreed to: a client with a handshake is sent a question, another gets one as the
 * result of its call and calls again with the answer. What they agreed to is done once, and is exactly what they saw. */
#include "config.h"
#include "oh-mcp-server-private.h"

#include <string.h>

#define ASKS 16
#define ASK_US (G_TIME_SPAN_HOUR)
#define CONFIRM "confirm" /* the one thing that is asked */

void
oh_mcp_ask_free (gpointer data)
{
  OhMcpAsk *ask = data;

  g_free (ask->token);
  g_free (ask->id);
  g_free (ask->tool);
  g_free (ask->arguments);
  g_free (ask);
}

gboolean
oh_mcp_can_ask (OhJson capabilities)
{
  const OhJson elicitation = oh_json_get (capabilities, "elicitation");

  return oh_json_get_kind (elicitation) == OH_JSON_OBJECT
         && (oh_json_get_kind (oh_json_get (elicitation, "form")) == OH_JSON_OBJECT
             || oh_json_get_kind (oh_json_get (elicitation, "url")) == OH_JSON_NONE);
}

static void
answer_problem (OhMcpServer *self, const char *id, gboolean stateless, const char *problem)
{
  g_autoptr (GString) members = g_string_new (NULL);

  oh_mcp_add_tool_result (members, NULL, problem);
  oh_mcp_server_answer (self, id, stateless, members, -1);
}

/* @arguments: JSON text */
static void
begin_job (OhMcpServer *self, const char *id, gboolean stateless, const char *tool, const char *arguments)
{
  g_autofree char *problem = NULL;
  OhJson value = { 0 };
  OhMcpJob *job = NULL;

  oh_json_parse (arguments, strlen (arguments), &value, NULL);
  if (self->jobs->len >= OH_MCP_JOBS)
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
ask_person (OhMcpServer *self, const char *id, gboolean stateless, const char *tool, const char *arguments, const char *question)
{
  OhMcpAsk *ask = g_new0 (OhMcpAsk, 1);
  g_autoptr (GString) out = g_string_new (NULL);

  if (self->asks->len >= ASKS)
    g_ptr_array_remove_index (self->asks, 0);
  *ask = (OhMcpAsk) { g_uuid_string_random (), g_strdup (id), g_strdup (tool), g_strdup (arguments), stateless,
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
      oh_mcp_server_answer_with (self, id, "input_required", out, -1);
      return;
    }
  oh_json_write_open (out, NULL, '{');
  oh_json_write_text (out, "jsonrpc", "2.0");
  oh_json_write_text (out, "id", ask->token);
  add_question (out, question, FALSE);
  oh_json_write_close (out, '}');
  g_string_append_c (out, '\n');
  oh_mcp_server_write (self, out);
}

/* Returns: what was asked with that token, which is used up now; NULL: nothing. (transfer full) */
static OhMcpAsk *
take_ask (OhMcpServer *self, OhJson token, gboolean stateless)
{
  for (guint i = 0; i < self->asks->len; i++)
    {
      OhMcpAsk *ask = self->asks->pdata[i];

      if (ask->stateless == stateless && oh_json_is (token, ask->token))
        return g_ptr_array_steal_index (self->asks, i);
    }
  return NULL;
}

/* @reply: of an elicitation, or none */
static void
follow (OhMcpServer *self, const OhMcpAsk *ask, const char *id, OhJson reply)
{
  if (oh_json_is (oh_json_get (reply, "action"), "accept") && g_get_monotonic_time () < ask->until_us)
    begin_job (self, id, ask->stateless, ask->tool, ask->arguments);
  else
    answer_problem (self, id, ask->stateless, "The person did not agree, so nothing was done. Do not try again unasked.");
}

void
oh_mcp_act (OhMcpServer *self, const char *id, gboolean stateless, OhJson params, const char *tool, OhJson arguments)
{
  const OhJson meta = oh_json_get (params, "_meta");
  const gboolean asking = stateless ? oh_mcp_can_ask (oh_json_get (meta, META "clientCapabilities")) : self->can_ask;
  const OhJson state = oh_json_get (params, "requestState");
  const OhJson reply = oh_json_get (oh_json_get (params, "inputResponses"), CONFIRM);
  g_autofree char *text = oh_json_dup (arguments);
  g_autofree char *question = oh_mcp_describe_act (tool, arguments);
  OhMcpAsk *ask = NULL;

  if (self->batch != NULL)
    answer_problem (self, id, stateless, "This tool is not for batches.");
  else if (!asking && self->allow_acting)
    begin_job (self, id, stateless, tool, text);
  else if (!asking && stateless)
    oh_mcp_server_fail (self, id, OH_MCP_MISSING_CAPABILITY,
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
        oh_mcp_server_fail (self, id, OH_MCP_INVALID_PARAMS,
                      "Invalid params: that “requestState” is none of ours, was used before, or was given for another request", NULL);
      else if (oh_json_get_kind (oh_json_get (reply, "action")) != OH_JSON_STRING)
        ask_person (self, id, TRUE, tool, text, question);
      else
        follow (self, ask, id, reply);
      g_clear_pointer (&ask, oh_mcp_ask_free);
    }
  else
    ask_person (self, id, stateless, tool, text, question);
}

void
oh_mcp_act_on_reply (OhMcpServer *self, OhJson value)
{
  OhMcpAsk *ask = take_ask (self, oh_json_get (value, "id"), FALSE);

  if (ask != NULL)
    follow (self, ask, ask->id, oh_json_get (value, "result"));
  g_clear_pointer (&ask, oh_mcp_ask_free);
}

void
oh_mcp_look_after_jobs (OhMcpServer *self)
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
      oh_mcp_server_answer (self, oh_mcp_job_get_id (job), oh_mcp_job_is_stateless (job), members, -1);
      g_ptr_array_remove_index (self->jobs, i - 1);
    }
}
