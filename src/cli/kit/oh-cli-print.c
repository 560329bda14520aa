/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#define MODEL_WIDTH 24
#define URL_WIDTH 44

/* @format: for the text, which stays on its line */
#define print_line(format, text)                                                                                         \
  G_STMT_START                                                                                                           \
  {                                                                                                                      \
    g_autofree char *line_text = oh_cli_one_line (text);                                                                 \
    g_print (format, line_text);                                                                                         \
  }                                                                                                                      \
  G_STMT_END

/* Cut or padded to @width characters. A negative width pads on the left. (transfer full) */
static char *
fit (const char *raw, int width)
{
  g_autofree char *text = oh_cli_one_line (raw);
  const glong room = ABS (width);
  const glong length = g_utf8_strlen (text, -1);
  g_autofree char *cut = NULL;
  g_autofree char *space = NULL;

  if (length > room)
    {
      cut = g_utf8_substring (text, 0, room - 1);
      return g_strconcat (cut, "…", NULL);
    }
  space = g_strnfill (room - length, ' ');
  return width < 0 ? g_strconcat (space, text, NULL) : g_strconcat (text, space, NULL);
}

static void
print_cell (const char *text, int width)
{
  g_autofree char *cell = fit (text, width);

  g_print ("%s  ", cell);
}

static void
print_taken_cell (char *text, int width)
{
  print_cell (text, width);
  g_free (text);
}

/* What was asked for; of a connection that passed through unread, where it led. (transfer full) */
static char *
describe_request (const OhExchange *exchange)
{
  if (exchange->route == OH_ROUTE_BLIND)
    return g_strdup_printf ("CONNECT %s:%u", exchange->host, exchange->port);
  return g_strdup_printf ("%s %s%s", exchange->method, exchange->host, exchange->target);
}

/* (transfer full) */
static char *
describe_bytes (const OhExchange *exchange)
{
  g_autofree char *sent = oh_format_bytes (exchange->request_length);
  g_autofree char *received = oh_format_bytes (exchange->response_length);

  return g_strdup_printf (_ ("%s sent, %s received"), sent, received);
}

/* Nothing where it is not known. */
static char *
describe_count (gint64 n, gboolean estimated)
{
  return n >= 0 ? oh_format_tokens (n, estimated) : g_strdup ("");
}

void
oh_cli_print_table (GPtrArray *rows, gboolean with_head)
{
  if (with_head && rows->len > 0)
    {
      print_cell (_ ("ID"), -6);
      print_cell (_ ("Started"), 12);
      print_cell (_ ("Run"), -4);
      print_cell (_ ("State"), 9);
      print_cell (_ ("Request"), URL_WIDTH);
      print_cell (_ ("Model"), MODEL_WIDTH);
      print_cell (_ ("In"), -8);
      print_cell (_ ("Out"), -7);
      print_cell (_ ("Time"), -9);
      g_print ("%s\n", _ ("Stop"));
    }
  for (guint i = 0; i < rows->len; i++)
    {
      const OhExchange *row = rows->pdata[i];
      const OhFacts *facts = row != NULL ? row->facts : NULL;
      gboolean estimated = FALSE;
      const gint64 output = facts != NULL ? oh_facts_get_output (facts, &estimated) : -1;

      if (row == NULL)
        continue;
      print_taken_cell (g_strdup_printf ("%" G_GINT64_FORMAT, row->id), -6);
      print_taken_cell (oh_format_time (row->started_ns), 12);
      print_taken_cell (row->run_id > 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, row->run_id) : g_strdup (""), -4);
      print_taken_cell (oh_words_state (row), 9);
      print_taken_cell (describe_request (row), URL_WIDTH);
      print_cell (facts != NULL && facts->model != NULL ? facts->model : "", MODEL_WIDTH);
      print_taken_cell (describe_count (facts != NULL ? oh_facts_get_prompt (facts) : -1, FALSE), -8);
      print_taken_cell (describe_count (output, estimated), -7);
      print_taken_cell (oh_format_duration (row->timings.ended), -9);
      if (row->route == OH_ROUTE_BLIND)
        {
          g_autofree char *bytes = describe_bytes (row);
          g_autofree char *ended = oh_words_ended (row);

          g_print ("%s\n", row->oddities != 0 || row->outcome != OH_OUTCOME_FINISHED ? ended : bytes);
        }
      else if (row->outcome == OH_OUTCOME_FAILED)
        {
          g_autofree char *ended = oh_words_ended (row);

          print_line ("%s\n", ended);
        }
      else
        print_line ("%s\n", facts != NULL && facts->stop_reason != NULL ? facts->stop_reason : "");
    }
}

static void
print_indented (const char *text, const char *indent)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    if (**line != '\0' || line[1] != NULL)
      g_print ("%s%s\n", indent, *line);
}

static void
print_block (const OhBlock *block, const char *indent)
{
  const gboolean is_text = g_str_equal (block->type, "text");
  g_autofree char *deeper = g_strconcat (indent, "  ", NULL);

  if (!is_text)
    {
      g_print ("%s[", indent);
      print_line ("%s", block->type);
      if (block->name != NULL)
        print_line (" %s", block->name);
      if (block->media_type != NULL)
        print_line (" %s", block->media_type);
      if (block->data != NULL)
        {
          g_autofree char *size = oh_format_bytes ((gint64) g_bytes_get_size (block->data));

          g_print (", %s", size);
        }
      if (block->source != NULL)
        print_line (" %s", block->source);
      g_print ("%s]\n", block->is_error ? _ (", an error") : "");
    }
  if (block->input != NULL)
    print_indented (block->input, deeper);
  if (block->text != NULL)
    print_indented (block->text, is_text ? indent : deeper);
  if (block->problem != NULL)
    print_indented (block->problem, deeper);
  if (block->children != NULL)
    for (guint i = 0; i < block->children->len; i++)
      print_block (block->children->pdata[i], deeper);
}

static void
print_message (const OhMessage *message)
{
  print_line ("\n%s\n", message->role);
  for (guint i = 0; i < message->blocks->len; i++)
    print_block (message->blocks->pdata[i], "  ");
}

static void
print_usage (const OhFacts *facts)
{
  gboolean estimated;
  const gint64 output = oh_facts_get_output (facts, &estimated);
  const struct
  {
    const char *format;
    gint64 count;
    gboolean estimated;
  } parts[] = {
    { N_ ("%s in"), oh_facts_get_prompt (facts), FALSE },
    { N_ ("%s out"), output, estimated },
    { N_ ("%s cache read"), facts->usage.cache_read > 0 ? facts->usage.cache_read : -1, FALSE },
    { N_ ("%s cache write"), facts->usage.cache_write > 0 ? facts->usage.cache_write : -1, FALSE },
  };
  g_autoptr (GString) line = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (parts[i].count >= 0)
      {
        g_autofree char *count = oh_format_tokens (parts[i].count, parts[i].estimated);
        g_autofree char *part = g_strdup (_ (parts[i].format));
        char *place = strstr (part, "%s");

        if (line->len > 0)
          g_string_append (line, " · ");
        g_string_append_len (line, part, place - part);
        g_string_append (line, count);
        g_string_append (line, place + 2);
      }
  if (line->len > 0)
    g_print (_ ("  Tokens    %s\n"), line->str);
}

/* Nothing of what no model was asked for. */
static void
print_cost (const OhExchange *exchange, const OhFacts *facts)
{
  const OhPlace *place = exchange->place;
  g_autofree char *cost = NULL;

  if (place == NULL || exchange->outcome == OH_OUTCOME_PENDING ||
      (oh_facts_get_prompt (facts) < 0 && oh_facts_get_output (facts, NULL) < 0))
    return;
  cost = isnan (place->cost) ? g_strdup (_ ("unknown")) : oh_format_cost (place->cost, place->cost_approximate);
  g_print (_ ("  Cost      %s\n"), cost);
}

static void
print_ending (const OhExchange *exchange)
{
  g_autofree char *state = oh_words_state (exchange);
  g_autofree char *duration = oh_format_duration (exchange->timings.ended);
  g_autofree char *said = oh_saying_tell (exchange->error);

  g_print (_ ("  Result    %s after %s"), state, duration);
  if ((exchange->outcome == OH_OUTCOME_FAILED || exchange->outcome == OH_OUTCOME_CUT) && exchange->ended_by != OH_PARTY_NONE)
    g_print (_ (", ended by: %s"), oh_party_to_string (exchange->ended_by));
  g_print ("\n");
  if (said != NULL)
    print_line ("            %s\n", said);
}

/* Who else told of the call, and what. */
static void
print_accounts (const OhCliView *view)
{
  for (guint i = 0; i < view->accounts->len; i++)
    {
      const OhExchange *account = view->accounts->pdata[i];
      g_autofree char *line = account != NULL ? oh_words_account (account, view->exchange) : NULL;
      g_autofree char *numbered = line != NULL ? g_strdup_printf ("#%" G_GINT64_FORMAT " %s", account->id, line) : NULL;

      if (numbered != NULL)
        print_line (_ ("  Account   %s\n"), numbered);
    }
}

/* A body that no provider reads as a conversation: as text, if it is. */
static void
print_body (const char *title, GBytes *body)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);

  if (length == 0)
    return;
  g_print ("\n%s\n", title);
  if (g_utf8_validate_len (data, length, NULL))
    {
      g_autofree char *text = g_strndup (data, length);

      print_indented (text, "  ");
    }
  else
    {
      g_autofree char *size = oh_format_bytes ((gint64) length);

      g_print (_ ("  %s that are not text\n"), size);
    }
}

void
oh_cli_print_view (const OhCliView *view)
{
  const OhExchange *exchange = view->exchange;
  const OhReading *reading = view->reading;
  const OhFacts *facts = reading->facts;
  g_autofree char *url = oh_exchange_get_url (exchange);
  g_autofree char *request = exchange->route == OH_ROUTE_BLIND ? describe_request (exchange)
                                                               : g_strdup_printf ("%s %s", exchange->method, url);
  g_autofree char *started = oh_format_date_time (exchange->started_ns);
  g_autoptr (GPtrArray) oddities = NULL;
  g_autofree char *stop = oh_facts_describe_stop (facts);

  g_print ("#%" G_GINT64_FORMAT, exchange->id);
  print_line ("  %s\n", request);
  g_print (_ ("  Started   %s\n"), started);
  print_ending (exchange);
  if (exchange->route == OH_ROUTE_BLIND)
    {
      g_autofree char *bytes = describe_bytes (exchange);
      g_autofree char *why = oh_words_unread (exchange, NULL);

      g_print (_ ("  Bytes     %s\n"), bytes);
      print_line (_ ("  Unread    %s\n"), why);
    }
  if (exchange->program != NULL)
    {
      const OhProgram *program = exchange->program;
      g_autofree char *text = g_strdup_printf (program->command != NULL ? "%s (%" G_GINT64_FORMAT "): %s" : "%s (%" G_GINT64_FORMAT ")",
                                               program->name, program->pid, program->command);

      print_line (_ ("  Program   %s\n"), text);
    }
  if (facts->model != NULL)
    print_line (_ ("  Model     %s\n"), facts->model);
  print_usage (facts);
  print_cost (exchange, facts);
  print_accounts (view);
  if (stop != NULL)
    print_line (_ ("  Stop      %s\n"), stop);
  if (facts->error_type != NULL || facts->error_message != NULL)
    {
      g_autofree char *error = facts->error_type != NULL && facts->error_message != NULL
                                   ? g_strdup_printf ("%s: %s", facts->error_type, facts->error_message)
                                   : g_strdup (facts->error_type != NULL ? facts->error_type : facts->error_message);

      print_line (_ ("  Error     %s\n"), error);
    }
  for (guint i = 0; i < reading->problems->len; i++)
    print_line (_ ("  Problem   %s\n"), (const char *) reading->problems->pdata[i]);
  /* Those of what is not read have been said. */
  oddities = oh_oddities_get_sentences (exchange->route != OH_ROUTE_BLIND ? exchange->oddities : 0);
  for (guint i = 0; i < oddities->len; i++)
    print_line (_ ("  Note      %s\n"), (const char *) oddities->pdata[i]);

  if (reading->messages->len == 0 && reading->answer == NULL)
    {
      print_body (_ ("Request"), view->request_body);
      print_body (_ ("Answer"), view->response_body);
      return;
    }
  if (reading->system->len > 0)
    {
      g_print ("\n%s\n", "system");
      for (guint i = 0; i < reading->system->len; i++)
        print_block (reading->system->pdata[i], "  ");
    }
  for (guint i = 0; i < reading->messages->len; i++)
    print_message (reading->messages->pdata[i]);
  if (reading->answer != NULL)
    print_message (reading->answer);
}
