/* SPDX-License-Identifier: GPL-3.0-or-later */
/* overhear budget: shows and changes the budget of a run that goes on, of this process or another. */
#include "config.h"
#include "oh-cli-budget.h"
#include "oh-cli-json.h"
#include "oh-cli.h"

#include <glib/gi18n.h>
#include <inttypes.h>

void
oh_cli_budget_options_clear (OhCliBudgetOptions *self)
{
  for (guint i = 0; i < OH_BUDGET_KINDS; i++)
    g_free (self->limits[i]);
  g_free (self->over);
}

gboolean
oh_cli_budget_read (const OhCliBudgetOptions *self, OhBudget *budget)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < OH_BUDGET_KINDS && error == NULL; i++)
    if (self->limits[i] != NULL)
      oh_budget_parse_limit (i, self->limits[i], &budget->limits[i], &error);
  if (error == NULL && self->over != NULL)
    oh_over_parse (self->over, &budget->over, &error);
  if (error != NULL)
    {
      oh_cli_complain (error->message);
      return FALSE;
    }
  return TRUE;
}

gboolean
oh_cli_budget_tell_end (OhStoreReader *reader, gint64 run_id)
{
  OhBudget budget = { 0 };
  g_autofree char *words = NULL;
  g_autofree char *message = NULL;

  if (!oh_store_reader_get_budget (reader, run_id, &budget) || oh_budget_may_go (&budget))
    return TRUE;
  words = oh_budget_describe_all (&budget);
  if (budget.refused == 0)
    message = g_strdup_printf (_ ("The budget was used up: %s."), words);
  else
    message = g_strdup_printf (ngettext ("The budget was used up: %s. %" PRId64 " call was refused.",
                                         "The budget was used up: %s. %" PRId64 " calls were refused.",
                                         (gulong) budget.refused),
                               words, budget.refused);
  oh_cli_complain (message);
  return !oh_budget_is_exceeded (&budget);
}

static void
print (OhStoreReader *reader, gint64 run_id, const OhBudget *budget, gboolean json)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *words = NULL;
  static const char *const then[] = {
    [OH_OVER_TELL] = N_ ("then it goes on"),
    [OH_OVER_PAUSE] = N_ ("then calls wait"),
    [OH_OVER_REFUSE] = N_ ("then calls are refused"),
  };

  if (json)
    {
      oh_cli_json_budget (line, NULL, budget);
      oh_cli_json_print (line);
      return;
    }
  words = oh_budget_describe_all (budget);
  g_print (_ ("Run %" PRId64 ": %s; %s."), run_id, words, _ (then[budget->over]));
  if (budget->refused > 0)
    g_print (ngettext (" %" PRId64 " call was refused.", " %" PRId64 " calls were refused.", (gulong) budget->refused),
             budget->refused);
  if (budget->waiting > 0)
    g_print (ngettext (" %" PRId64 " call waits.", " %" PRId64 " calls wait.", (gulong) budget->waiting), budget->waiting);
  g_print ("\n");
}

/* Makes the limit that is nearest to its end larger. Returns: FALSE after complaining. */
static gboolean
raise_limit (OhBudget *budget, const char *text)
{
  OhBudgetKind kind = OH_BUDGET_KINDS;
  g_autoptr (GError) error = NULL;
  double more = 0;

  oh_budget_get_share (budget, &kind);
  for (guint i = 0; kind == OH_BUDGET_KINDS && i < OH_BUDGET_KINDS; i++)
    if (budget->limits[i] > 0)
      kind = i;
  if (kind == OH_BUDGET_KINDS || !oh_budget_parse_limit (kind, text, &more, &error))
    {
      oh_cli_complain (error != NULL ? error->message : _ ("There is no limit to raise."));
      return FALSE;
    }
  budget->limits[kind] += more;
  return TRUE;
}

/* Has whoever runs it learn of it. */
static gboolean
change (gint64 run_id, const OhBudget *budget)
{
  g_autoptr (OhEngine) engine = oh_cli_open_engine ();

  if (engine == NULL)
    return FALSE;
  oh_engine_set_budget (engine, run_id, budget);
  oh_engine_shutdown (engine, FALSE);
  return TRUE;
}

int
oh_cli_budget (int argc, char **argv)
{
  g_auto (OhCliBudgetOptions) options = { 0 };
  g_autofree char *more = NULL;
  gboolean go = FALSE;
  gboolean refuse = FALSE;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "raise", 0, 0, G_OPTION_ARG_STRING, &more,
      N_ ("Raise the limit that is nearest to its end by so much: dollars, calls or tokens"), N_ ("AMOUNT") },
    { "budget", 0, 0, G_OPTION_ARG_STRING, &options.limits[OH_BUDGET_COST], N_ ("Set another limit in US dollars"),
      N_ ("DOLLARS") },
    { "max-calls", 0, 0, G_OPTION_ARG_STRING, &options.limits[OH_BUDGET_CALLS], N_ ("Set another limit of calls"),
      N_ ("NUMBER") },
    { "max-tokens", 0, 0, G_OPTION_ARG_STRING, &options.limits[OH_BUDGET_TOKENS], N_ ("Set another limit of tokens"),
      N_ ("NUMBER") },
    { "over", 0, 0, G_OPTION_ARG_STRING, &options.over, N_ ("What happens over it: tell, pause or refuse"), N_ ("CHOICE") },
    { "go", 0, 0, G_OPTION_ARG_NONE, &go, N_ ("Let what waits and all that follows go on: as --over tell"), NULL },
    { "refuse", 0, 0, G_OPTION_ARG_NONE, &refuse, N_ ("Refuse what waits and all that follows: as --over refuse"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print one JSON object"), NULL },
    { NULL },
  };
  g_autoptr (OhStoreReader) reader = NULL;
  g_autoptr (OhRun) run = NULL;
  g_autofree char *message = NULL;
  OhBudget budget = { 0 };
  gint64 id;
  int status;

  if (!oh_cli_parse_mixed (_ ("budget RUN [OPTION…]"),
                           _ ("Shows the budget of a run, and changes it while the run goes on. Calls that wait go on once it "
                              "allows them."),
                           entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (argc != 2 || !oh_cli_parse_id (argv[1], &id))
    {
      oh_cli_complain (_ ("Whose budget? The number of one run, as “overhear runs” lists it."));
      return OH_CLI_USAGE;
    }
  if (go + refuse + (options.over != NULL) > 1)
    {
      oh_cli_complain (_ ("Only one of --go, --refuse and --over."));
      return OH_CLI_USAGE;
    }
  reader = oh_cli_has_store () ? oh_cli_open_store () : NULL;
  run = reader != NULL ? oh_store_reader_get_run (reader, id) : NULL;
  if (run == NULL || !oh_store_reader_get_budget (reader, id, &budget))
    {
      message = g_strdup_printf (run == NULL ? _ ("There is no run %" PRId64 ".") : _ ("Run %" PRId64 " has no budget."), id);
      oh_cli_complain (message);
      return OH_CLI_TROUBLE;
    }
  if (more != NULL && !raise_limit (&budget, more))
    return OH_CLI_USAGE;
  if (go || refuse)
    budget.over = go ? OH_OVER_TELL : OH_OVER_REFUSE;
  if (!oh_cli_budget_read (&options, &budget))
    return OH_CLI_USAGE;
  if (more != NULL || go || refuse || options.over != NULL || options.limits[OH_BUDGET_CALLS] != NULL
      || options.limits[OH_BUDGET_TOKENS] != NULL || options.limits[OH_BUDGET_COST] != NULL)
    {
      if (run->ended_ns != 0)
        {
          oh_cli_complain (_ ("The run has ended: its budget is as it was."));
          return OH_CLI_TROUBLE;
        }
      if (!change (id, &budget))
        return OH_CLI_TROUBLE;
    }
  print (reader, id, &budget, json);
  return 0;
}
