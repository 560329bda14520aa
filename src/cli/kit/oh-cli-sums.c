/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-sums.h"

#include <glib/gi18n.h>
#include <inttypes.h>

char *
oh_cli_describe_tokens (const OhSums *sums)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT " → %s%" G_GINT64_FORMAT, sums->input_tokens,
                          sums->estimated > 0 ? "≈" : "", sums->output_tokens);
}

char *
oh_cli_describe_errors (gint64 n)
{
  return n > 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, n) : g_strdup ("");
}

gboolean
oh_cli_options_parse (OhCliOptions *options, const char *usage, const char *summary, OhCliFilters filters, int n_words,
                      int *argc, char ***argv, int *status)
{
  const struct
  {
    OhCliFilters filter;
    GOptionEntry entry;
  } all[] = {
    { OH_CLI_FILTER_NONE, { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, N_ ("One JSON object a line"), NULL } },
    { OH_CLI_FILTER_LIMIT,
      { "limit", 0, 0, G_OPTION_ARG_INT64, &options->limit, N_ ("Only the newest that many"), N_ ("NUMBER") } },
    { OH_CLI_FILTER_LABELS, { "run", 0, 0, G_OPTION_ARG_INT64, &options->run, N_ ("Only those of one run"), N_ ("ID") } },
    { OH_CLI_FILTER_LABELS,
      { "session", 0, 0, G_OPTION_ARG_STRING, &options->session, N_ ("Only those of one session"), N_ ("NAME") } },
    { OH_CLI_FILTER_LABELS,
      { "user", 0, 0, G_OPTION_ARG_STRING, &options->user, N_ ("Only those of one user"), N_ ("NAME") } },
    { OH_CLI_FILTER_TRACE, { "trace", 0, 0, G_OPTION_ARG_INT64, &options->trace, N_ ("Only those of one trace"), N_ ("ID") } },
  };
  GOptionEntry entries[G_N_ELEMENTS (all) + 1] = { 0 };
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    if ((all[i].filter & filters) == all[i].filter)
      entries[n++] = all[i].entry;
  if (!oh_cli_parse_mixed (usage, summary, entries, argc, argv, OH_CLI_USAGE, status))
    return FALSE;
  *status = OH_CLI_USAGE;
  if (*argc - 1 > n_words)
    {
      oh_cli_complain (_ ("There are too many words. Try “--help”."));
      return FALSE;
    }
  if (options->limit < 0 || options->run < 0 || options->trace < 0)
    {
      oh_cli_complain (_ ("A limit and an ID are positive numbers."));
      return FALSE;
    }
  if (!oh_cli_has_store ())
    {
      if (!options->json)
        g_print ("%s\n", _ ("Nothing has been captured yet. Try: overhear demo"));
      *status = 0;
      return FALSE;
    }
  options->reader = oh_cli_open_store ();
  options->line = g_string_new (NULL);
  *status = OH_CLI_TROUBLE;
  return options->reader != NULL;
}

OhTraceQuery
oh_cli_options_query (const OhCliOptions *options)
{
  return (OhTraceQuery) {
    .run_id = options->run, .session = options->session, .user = options->user, .limit = options->limit
  };
}

void
oh_cli_options_clear (OhCliOptions *options)
{
  g_clear_pointer (&options->reader, oh_store_reader_free);
  g_free (options->session);
  g_free (options->user);
  if (options->line != NULL)
    g_string_free (options->line, TRUE);
}

static void
print_part (const char *raw)
{
  g_autofree char *text = oh_cli_one_line (raw);

  g_print (" · %s", text);
}

void
oh_cli_print_span (const OhSpan *span)
{
  g_autofree char *name = oh_cli_one_line (span->name != NULL ? span->name : _ ("Trace"));
  g_autofree char *detail = oh_cli_one_line (span->detail != NULL ? span->detail : "");
  g_autofree char *duration = oh_format_duration (span->ended_ns != 0 ? span->ended_ns - span->started_ns : -1);
  const OhExchange *exchange = span->exchange;
  const OhFacts *facts = exchange != NULL ? exchange->facts : NULL;
  g_autofree char *boundary = exchange != NULL && span->kind == OH_SPAN_CALL ? oh_boundary_say (exchange->place) : NULL;

  g_print ("%*s", (int) span->depth * 2, "");
  switch (span->kind)
    {
    case OH_SPAN_CALL:
      g_print (_ ("#%" PRId64 " %s"), span->exchange_id, name);
      break;
    case OH_SPAN_ATTEMPT:
      g_print (exchange->place->likely ? _ ("#%" PRId64 " likely attempt %u") : _ ("#%" PRId64 " attempt %u"),
               span->exchange_id, exchange->place->attempt);
      break;
    case OH_SPAN_TOOL:
      g_print ("%s %s", name, detail);
      break;
    case OH_SPAN_TRACE:
    case OH_SPAN_CUSTOM:
    default:
      g_print ("%s", name);
      break;
    }
  if (exchange != NULL && exchange->status != 0)
    g_print (" · %u", exchange->status);
  if (facts != NULL && facts->stop_reason != NULL)
    print_part (facts->stop_reason);
  if (facts != NULL && facts->error_type != NULL)
    print_part (facts->error_type);
  if (boundary != NULL)
    print_part (boundary);
  g_print (" · %s\n", duration);
}

int
oh_cli_print_groups (const OhCliOptions *options, GPtrArray *groups, gboolean threads)
{
  OhCliTable *table =
    threads ? oh_cli_table_new (0x75, (const char *const[]) { N_ ("ID"), N_ ("Conversation"), N_ ("Branches"), N_ ("Last active"),
                                                       N_ ("Calls"), N_ ("Tokens"), N_ ("Cost"), N_ ("Changes"), NULL })
            : oh_cli_table_new (0x74, (const char *const[]) { N_ ("Session"), N_ ("Users"), N_ ("Traces"), N_ ("Last active"),
                                                       N_ ("Calls"), N_ ("Tokens"), N_ ("Cost"), N_ ("Changes"), NULL });

  for (guint i = 0; i < groups->len; i++)
    {
      const OhGroup *group = groups->pdata[i];

      if (options->json)
        {
          oh_cli_json_group (options->line, group, threads);
          oh_cli_json_print (options->line);
          continue;
        }
      oh_cli_table_add (table, threads ? g_strdup_printf ("%" G_GINT64_FORMAT, group->id) : g_strdup (group->name),
                 g_strdup (threads ? (group->name != NULL ? group->name : "–") : (group->users != NULL ? group->users : "–")),
                 oh_format_count (threads ? group->branches : group->traces), oh_format_date_time (group->last_ns),
                 oh_format_count (group->sums.calls), oh_cli_describe_tokens (&group->sums), oh_words_cost_of (&group->sums, FALSE),
                 oh_boundary_sum_up (group), NULL);
    }
  oh_cli_table_end (table, options->json, threads ? _ ("No conversations yet.")
                             : _ ("No sessions yet. Name one with: overhear run --session NAME COMMAND"));
  return 0;
}
