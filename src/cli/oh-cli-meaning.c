/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What exchanges add up to, as text or as JSON lines: runs, traces, threads, sessions, limits, costs, findings. */
#include "config.h"
#include "oh-cli-json.h"
#include "oh-cli.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <math.h>

/* --- a table whose columns line up --- */

typedef struct
{
  GPtrArray *rows; /* (element-type GPtrArray of utf8) the head first */
  guint64 right;   /* bit n: column n is numbers */
} Table;

static Table *
table_new (guint64 right, const char *const *head)
{
  Table *table = g_new0 (Table, 1);
  GPtrArray *cells = g_ptr_array_new_with_free_func (g_free);

  table->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  table->right = right;
  for (guint i = 0; head[i] != NULL; i++)
    g_ptr_array_add (cells, g_strdup (gettext (head[i])));
  g_ptr_array_add (table->rows, cells);
  return table;
}

/* @first: (transfer full), as all that follow it up to NULL */
static void G_GNUC_NULL_TERMINATED
table_add (Table *table, char *first, ...)
{
  GPtrArray *cells = g_ptr_array_new_with_free_func (g_free);
  va_list arguments;

  va_start (arguments, first);
  for (char *cell = first; cell != NULL; cell = va_arg (arguments, char *))
    {
      g_ptr_array_add (cells, oh_cli_one_line (cell));
      g_free (cell);
    }
  va_end (arguments);
  g_ptr_array_add (table->rows, cells);
}

static void
table_print (Table *table)
{
  guint columns = ((GPtrArray *) table->rows->pdata[0])->len;
  g_autofree glong *widths = g_new0 (glong, columns);

  for (guint r = 0; r < table->rows->len; r++)
    for (guint c = 0; c < columns; c++)
      widths[c] = MAX (widths[c], g_utf8_strlen (((GPtrArray *) table->rows->pdata[r])->pdata[c], -1));
  for (guint r = 0; r < table->rows->len; r++)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      for (guint c = 0; c < columns; c++)
        {
          const char *cell = ((GPtrArray *) table->rows->pdata[r])->pdata[c];
          int space = (int) (widths[c] - g_utf8_strlen (cell, -1));
          gboolean right = (table->right & (G_GUINT64_CONSTANT (1) << c)) != 0;

          g_string_append_printf (line, "%*s%s%*s  ", right ? space : 0, "", cell, right ? 0 : space, "");
        }
      g_print ("%s\n", g_strchomp (line->str));
    }
}

static void
table_free (Table *table)
{
  g_ptr_array_unref (table->rows);
  g_free (table);
}

char *
oh_cli_describe_tokens (const OhSums *sums)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT " → %s%" G_GINT64_FORMAT, sums->input_tokens,
                          sums->estimated > 0 ? "≈" : "", sums->output_tokens);
}

static char *
describe_errors (gint64 n)
{
  return n > 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, n) : g_strdup ("");
}

/* --- options that the commands share --- */

typedef struct
{
  gboolean json;
  gint64 limit;
  gint64 run;
  gint64 trace;
  char *session;
  char *user;
  OhStoreReader *reader;
  GString *line; /* of JSON */
} Options;

/* Which of them a command has beside --json. */
typedef enum
{
  FILTER_NONE = 0,
  FILTER_LIMIT = 1 << 0,
  FILTER_LABELS = 1 << 1, /* of runs, sessions, users */
  FILTER_TRACE = 1 << 2,
} Filters;

/* @n_words: how many words the command takes at most */
static gboolean
parse (Options *options, const char *usage, const char *summary, Filters filters, int n_words, int *argc, char ***argv,
       int *status)
{
  const struct
  {
    Filters filter;
    GOptionEntry entry;
  } all[] = {
    { FILTER_NONE, { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, N_ ("One JSON object a line"), NULL } },
    { FILTER_LIMIT,
      { "limit", 0, 0, G_OPTION_ARG_INT64, &options->limit, N_ ("Only the newest that many"), N_ ("NUMBER") } },
    { FILTER_LABELS, { "run", 0, 0, G_OPTION_ARG_INT64, &options->run, N_ ("Only those of one run"), N_ ("ID") } },
    { FILTER_LABELS,
      { "session", 0, 0, G_OPTION_ARG_STRING, &options->session, N_ ("Only those of one session"), N_ ("NAME") } },
    { FILTER_LABELS,
      { "user", 0, 0, G_OPTION_ARG_STRING, &options->user, N_ ("Only those of one user"), N_ ("NAME") } },
    { FILTER_TRACE, { "trace", 0, 0, G_OPTION_ARG_INT64, &options->trace, N_ ("Only those of one trace"), N_ ("ID") } },
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

static OhTraceQuery
make_query (const Options *options)
{
  return (OhTraceQuery) {
    .run_id = options->run, .session = options->session, .user = options->user, .limit = options->limit
  };
}

static void
options_clear (Options *options)
{
  g_clear_pointer (&options->reader, oh_store_reader_free);
  g_free (options->session);
  g_free (options->user);
  if (options->line != NULL)
    g_string_free (options->line, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* --- traces --- */

static void
print_part (const char *raw)
{
  g_autofree char *text = oh_cli_one_line (raw);

  g_print (" · %s", text);
}

static void
print_span (const OhSpan *span)
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

static int
print_trace (const Options *options, gint64 id)
{
  g_autoptr (GPtrArray) spans = oh_store_reader_get_spans (options->reader, id);
  g_autoptr (GPtrArray) notices = oh_store_reader_get_notices (options->reader, id, FALSE, 0);

  if (spans->len == 0)
    {
      g_autofree char *message = g_strdup_printf (_ ("There is no trace %" PRId64 "."), id);

      oh_cli_complain (message);
      return OH_CLI_TROUBLE;
    }
  for (guint i = 0; i < spans->len; i++)
    {
      if (options->json)
        {
          oh_cli_json_span (options->line, spans->pdata[i], i == 0 ? notices : NULL);
          oh_cli_json_print (options->line);
        }
      else
        print_span (spans->pdata[i]);
    }
  for (guint i = 0; i < notices->len && !options->json; i++)
    {
      g_autofree char *said = oh_saying_tell (((OhNotice *) notices->pdata[i])->saying);
      g_autofree char *text = oh_cli_one_line (said);

      g_print ("! %s\n", text);
    }
  return 0;
}

int
oh_cli_traces (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GPtrArray) traces = NULL;
  g_autoptr (GArray) ids = NULL;
  OhTraceQuery query;
  Table *table;
  gint64 id;
  int status;

  if (!parse (&options, _ ("traces [OPTION…] [ID]"), _ ("Lists traces, the newest first; or one as a tree."),
              FILTER_LIMIT | FILTER_LABELS, 1, &argc, &argv, &status))
    return status;
  if (argc > 1 && !oh_cli_parse_id (argv[1], &id))
    {
      oh_cli_complain (_ ("“traces” takes the ID of one trace, a number of “overhear traces”."));
      return OH_CLI_USAGE;
    }
  if (argc > 1)
    return print_trace (&options, id);
  query = make_query (&options);
  ids = oh_store_reader_find_traces (options.reader, &query);
  traces = oh_store_reader_get_traces (options.reader, (const gint64 *) ids->data, ids->len);
  table = table_new (0x3f4, (const char *const[]) { N_ ("ID"), N_ ("Started"), N_ ("Calls"), N_ ("Trace"), N_ ("Tokens"),
                                                   N_ ("Cost"), N_ ("Time"), N_ ("Errors"), NULL });
  for (guint i = 0; i < traces->len; i++)
    {
      const OhTrace *trace = traces->pdata[i];

      if (trace != NULL && options.json)
        {
          oh_cli_json_trace (options.line, trace);
          oh_cli_json_print (options.line);
        }
      else if (trace != NULL)
        table_add (table, g_strdup_printf ("%" G_GINT64_FORMAT, trace->id), oh_format_date_time (trace->started_ns),
                   oh_format_count (trace->sums.calls), g_strdup (trace->name != NULL ? trace->name : "–"),
                   oh_cli_describe_tokens (&trace->sums), oh_words_cost_of (&trace->sums, FALSE),
                   oh_format_duration (trace->running ? -1 : trace->ended_ns - trace->started_ns),
                   describe_errors (oh_trace_count_failed (trace)), NULL);
    }
  if (!options.json && ids->len > 0)
    table_print (table);
  else if (!options.json)
    g_print ("%s\n", _ ("No traces yet."));
  table_free (table);
  return 0;
}

/* --- threads and sessions --- */

static int
print_groups (const Options *options, GPtrArray *groups, gboolean threads)
{
  Table *table =
    threads ? table_new (0x75, (const char *const[]) { N_ ("ID"), N_ ("Conversation"), N_ ("Branches"), N_ ("Last active"),
                                                       N_ ("Calls"), N_ ("Tokens"), N_ ("Cost"), N_ ("Changes"), NULL })
            : table_new (0x74, (const char *const[]) { N_ ("Session"), N_ ("Users"), N_ ("Traces"), N_ ("Last active"),
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
      table_add (table, threads ? g_strdup_printf ("%" G_GINT64_FORMAT, group->id) : g_strdup (group->name),
                 g_strdup (threads ? (group->name != NULL ? group->name : "–") : (group->users != NULL ? group->users : "–")),
                 oh_format_count (threads ? group->branches : group->traces), oh_format_date_time (group->last_ns),
                 oh_format_count (group->sums.calls), oh_cli_describe_tokens (&group->sums), oh_words_cost_of (&group->sums, FALSE),
                 oh_boundary_sum_up (group), NULL);
    }
  if (!options->json && groups->len > 0)
    table_print (table);
  else if (!options->json)
    g_print ("%s\n", threads ? _ ("No conversations yet.")
                             : _ ("No sessions yet. Name one with: overhear run --session NAME COMMAND"));
  table_free (table);
  return 0;
}

/* The calls of one conversation, in the order of time. */
static int
print_thread (const Options *options, gint64 id)
{
  g_autoptr (GArray) ids = oh_store_reader_get_thread_exchanges (options->reader, id);
  g_autoptr (GPtrArray) rows = oh_store_reader_get_rows (options->reader, (const gint64 *) ids->data, ids->len);

  if (ids->len == 0)
    {
      g_autofree char *message = g_strdup_printf (_ ("There is no conversation %" PRId64 "."), id);

      oh_cli_complain (message);
      return OH_CLI_TROUBLE;
    }
  for (guint i = 0; i < rows->len; i++)
    {
      OhExchange *exchange = rows->pdata[i];
      g_autoptr (OhSpan) span = NULL;

      if (exchange == NULL || exchange->place == NULL)
        continue;
      span = oh_span_new_for_exchange (exchange->place->attempt < exchange->place->attempts ? OH_SPAN_ATTEMPT : OH_SPAN_CALL,
                                       exchange);
      if (options->json)
        {
          oh_cli_json_span (options->line, span, NULL);
          oh_cli_json_print (options->line);
        }
      else
        print_span (span);
    }
  return 0;
}

int
oh_cli_threads (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GPtrArray) groups = NULL;
  OhTraceQuery query;
  gint64 id;
  int status;

  if (!parse (&options, _ ("threads [OPTION…] [ID]"),
              _ ("Lists conversations, the last active first; or the calls of one."), FILTER_LIMIT | FILTER_LABELS, 1, &argc,
              &argv, &status))
    return status;
  if (argc > 1 && !oh_cli_parse_id (argv[1], &id))
    {
      oh_cli_complain (_ ("“threads” takes the ID of one conversation, a number of “overhear threads”."));
      return OH_CLI_USAGE;
    }
  if (argc > 1)
    return print_thread (&options, id);
  query = make_query (&options);
  groups = oh_store_reader_get_threads (options.reader, &query);
  return print_groups (&options, groups, TRUE);
}

int
oh_cli_sessions (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GPtrArray) groups = NULL;
  OhTraceQuery query;
  int status;

  if (!parse (&options, _ ("sessions [OPTION…]"), _ ("Lists sessions, the last active first."),
              FILTER_LIMIT | FILTER_LABELS, 0, &argc, &argv, &status))
    return status;
  query = make_query (&options);
  groups = oh_store_reader_get_sessions (options.reader, &query);
  return print_groups (&options, groups, FALSE);
}

/* --- limits --- */

static char *
describe_number (double value)
{
  return isnan (value) ? g_strdup ("–") : oh_format_count ((gint64) value);
}

/* When a limit is full again, or that it is: what was left then is history. */
static char *
describe_reset (gint64 reset_ns)
{
  g_autofree char *time = reset_ns > 0 ? oh_format_date_time (reset_ns) : NULL;

  if (time == NULL)
    return g_strdup ("–");
  return reset_ns > oh_clock_wall_ns () ? g_steal_pointer (&time) : g_strdup_printf (_ ("since %s"), time);
}

int
oh_cli_limits (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GPtrArray) limits = NULL;
  Table *table;
  int status;

  if (!parse (&options, _ ("limits [OPTION…]"), _ ("Shows the rate limits as the API told them last."), FILTER_NONE, 0,
              &argc, &argv, &status))
    return status;
  limits = oh_store_reader_get_limits (options.reader);
  table = table_new (0x18, (const char *const[]) { N_ ("Key"), N_ ("For"), N_ ("Limit"), N_ ("Left"), N_ ("Of"),
                                                   N_ ("Said"), N_ ("Full again"), N_ ("As of"), NULL });
  for (guint i = 0; i < limits->len; i++)
    {
      const OhLimit *limit = limits->pdata[i];

      if (options.json)
        {
          oh_cli_json_limit (options.line, limit);
          oh_cli_json_print (options.line);
          continue;
        }
      table_add (table, g_strdup (limit->key_tail != NULL ? limit->key_tail : "–"),
                 g_strdup (*limit->scope != '\0' ? limit->scope : "–"), g_strdup (limit->bucket),
                 isnan (limit->remaining) && !isnan (limit->utilization)
                   ? g_strdup_printf ("%.0f %%", (1 - limit->utilization) * 100)
                   : describe_number (limit->remaining),
                 describe_number (limit->limit), g_strdup (limit->status != NULL ? limit->status : "–"),
                 describe_reset (limit->reset_ns),
                 oh_format_date_time (limit->at_ns), NULL);
    }
  if (!options.json && limits->len > 0)
    table_print (table);
  else if (!options.json)
    g_print ("%s\n", _ ("No answer has told about rate limits yet."));
  table_free (table);
  return 0;
}

/* --- costs --- */

int
oh_cli_costs (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  OhOverview *overview;
  Table *table;
  int status;

  if (!parse (&options, _ ("costs [OPTION…]"), _ ("Adds up what calls cost, by model and day in local time."),
              FILTER_NONE, 0, &argc, &argv, &status))
    return status;
  overview = oh_store_reader_get_overview (options.reader, 0, G_MAXINT64 / 2, 0);
  table = table_new (0x1c, (const char *const[]) { N_ ("Local day"), N_ ("Model"), N_ ("Calls"), N_ ("Tokens"), N_ ("Cost"),
                                                   NULL });
  for (guint i = 0; i < overview->slices->len; i++)
    {
      const OhSlice *slice = &g_array_index (overview->slices, OhSlice, i);
      g_autoptr (GDateTime) day = g_date_time_new_from_unix_local (slice->start_ns / OH_NS_PER_S);
      g_autofree char *date = g_date_time_format (day, "%Y-%m-%d");

      if (options.json)
        {
          oh_cli_json_slice (options.line, slice);
          oh_cli_json_print (options.line);
          continue;
        }
      table_add (table, g_steal_pointer (&date), g_strdup (*slice->model != '\0' ? slice->model : "–"),
                 oh_format_count (slice->sums.calls), oh_cli_describe_tokens (&slice->sums), oh_words_cost_of (&slice->sums, FALSE), NULL);
    }
  if (!options.json)
    {
      table_add (table, g_strdup (_ ("Total")), g_strdup (""), oh_format_count (overview->sums.calls),
                 oh_cli_describe_tokens (&overview->sums), oh_words_cost_of (&overview->sums, FALSE), NULL);
      table_print (table);
    }
  table_free (table);
  oh_overview_free (overview);
  return 0;
}

/* --- findings --- */

int
oh_cli_findings (int argc, char **argv)
{
  static const char *const severities[] = { N_ ("note"), N_ ("warning"), N_ ("error") };
  g_auto (Options) options = { 0 };
  g_autoptr (GPtrArray) notices = NULL;
  Table *table;
  int status;

  if (!parse (&options, _ ("findings [OPTION…]"), _ ("Lists what is worth knowing about calls, the newest first."),
              FILTER_LIMIT | FILTER_TRACE, 0, &argc, &argv, &status))
    return status;
  notices = oh_store_reader_get_notices (options.reader, options.trace, FALSE, (guint) MIN (options.limit, G_MAXINT));
  table = table_new (0x4, (const char *const[]) { N_ ("When"), N_ ("Severity"), N_ ("Trace"), N_ ("Finding"), NULL });
  for (guint i = 0; i < notices->len; i++)
    {
      const OhNotice *notice = notices->pdata[i];

      if (options.json)
        {
          oh_cli_json_notice (options.line, notice);
          oh_cli_json_print (options.line);
          continue;
        }
      table_add (table, oh_format_date_time (notice->at_ns),
                 g_strdup (gettext (severities[MIN (notice->severity, G_N_ELEMENTS (severities) - 1)])),
                 notice->trace_id != 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, notice->trace_id) : g_strdup ("–"),
                 oh_saying_tell (notice->saying), NULL);
    }
  if (!options.json && notices->len > 0)
    table_print (table);
  else if (!options.json)
    g_print ("%s\n", _ ("There is nothing to say about what was captured."));
  table_free (table);
  return 0;
}

/* --- runs --- */

/* (transfer full) */
static char *
describe_end (const OhRun *run)
{
  if (run->error != NULL)
    return g_strdup (_ ("failed"));
  if (run->ended_ns == 0)
    return g_strdup (_ ("running"));
  if (run->term_signal != 0)
    return g_strdup_printf (_ ("signal %d"), run->term_signal);
  return run->exit_status >= 0 ? g_strdup_printf ("%d", run->exit_status) : g_strdup ("–");
}

int
oh_cli_runs (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GPtrArray) runs = NULL;
  Table *table;
  int status;

  if (!parse (&options, _ ("runs [OPTION…]"), _ ("Lists runs, the newest first."), FILTER_LIMIT, 0, &argc, &argv,
              &status))
    return status;
  runs = oh_store_reader_get_runs (options.reader, (guint) MIN (options.limit, G_MAXINT));
  table = table_new (0xf1, (const char *const[]) { N_ ("ID"), N_ ("Started"), N_ ("Run"), N_ ("End"), N_ ("Calls"),
                                                   N_ ("Tokens"), N_ ("Cost"), N_ ("Time"), NULL });
  for (guint i = 0; i < runs->len; i++)
    {
      const OhRun *run = runs->pdata[i];
      OhSums sums;

      if (options.json)
        {
          oh_cli_json_run (options.line, options.reader, run, NULL, NULL);
          oh_cli_json_print (options.line);
          continue;
        }
      sums = oh_store_reader_get_run_sums (options.reader, run->id);
      table_add (table, g_strdup_printf ("%" G_GINT64_FORMAT, run->id), oh_format_date_time (run->started_ns),
                 g_strdup (run->name), describe_end (run), oh_format_count (sums.calls), oh_cli_describe_tokens (&sums),
                 oh_words_cost_of (&sums, FALSE), oh_format_duration (run->ended_ns != 0 ? run->ended_ns - run->started_ns : -1),
                 NULL);
    }
  if (!options.json && runs->len > 0)
    table_print (table);
  else if (!options.json)
    g_print ("%s\n", _ ("No runs yet. Try: overhear demo"));
  table_free (table);
  return 0;
}
