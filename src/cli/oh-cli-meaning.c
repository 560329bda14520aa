/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What exchanges add up to, as text or as JSON lines: traces, threads, sessions, limits, costs. */
#include "config.h"
#include "oh-cli.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <math.h>

/* --- two ways to print a row: a table whose columns line up, or one JSON object a line --- */

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

static void
add_text (JsonBuilder *builder, const char *name, const char *text)
{
  json_builder_set_member_name (builder, name);
  if (text != NULL)
    json_builder_add_string_value (builder, text);
  else
    json_builder_add_null_value (builder);
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_known (JsonBuilder *builder, const char *name, gint64 value, gboolean known)
{
  json_builder_set_member_name (builder, name);
  if (known)
    json_builder_add_int_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_real (JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name (builder, name);
  if (isfinite (value))
    json_builder_add_double_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

/* ISO 8601 in UTC, milliseconds; null for 0. */
static void
add_time (JsonBuilder *builder, const char *name, gint64 wall_ns)
{
  g_autoptr (GDateTime) when = g_date_time_new_from_unix_utc (wall_ns / OH_NS_PER_S);
  g_autofree char *seconds = g_date_time_format (when, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *text = g_strdup_printf ("%s.%03dZ", seconds, (int) (wall_ns % OH_NS_PER_S / OH_NS_PER_MS));

  add_text (builder, name, wall_ns > 0 ? text : NULL);
}

static void
add_flag (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

static void
add_sums (JsonBuilder *builder, const OhSums *sums)
{
  add_int (builder, "calls", sums->calls);
  add_int (builder, "attempts", sums->attempts);
  add_int (builder, "retried", sums->retried);
  add_int (builder, "failed", sums->failed);
  add_int (builder, "cut", sums->cut);
  add_int (builder, "input_tokens", sums->input_tokens);
  add_int (builder, "cache_read_tokens", sums->cache_read_tokens);
  add_int (builder, "cache_write_tokens", sums->cache_write_tokens);
  add_int (builder, "output_tokens", sums->output_tokens);
  add_flag (builder, "output_estimated", sums->estimated > 0);
  add_real (builder, "cost", sums->cost);
  add_flag (builder, "cost_approximate", sums->approximate > 0);
  add_int (builder, "unpriced_calls", sums->unpriced);
  add_real (builder, "saved_by_cache", sums->saved);
}

/* Begins an object; print_object() ends and prints it. */
static JsonBuilder *
begin_object (void)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  return builder;
}

static void
print_object (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  g_print ("%s\n", text);
  g_object_unref (builder);
}

/* "$0.0041", with a mark where calls are missing from it. (transfer full) */
static char *
describe_cost (const OhSums *sums)
{
  g_autofree char *cost = oh_format_cost (sums->cost, sums->approximate > 0);

  if (sums->unpriced == 0)
    return g_steal_pointer (&cost);
  if (sums->unpriced == sums->calls)
    return g_strdup (_ ("unknown"));
  return g_strdup_printf (_ ("%s + %" PRId64 " unknown"), cost, sums->unpriced);
}

static char *
describe_tokens (const OhSums *sums)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT " → %s%" G_GINT64_FORMAT, sums->input_tokens,
                          sums->estimated > 0 ? "≈" : "", sums->output_tokens);
}

static char *
describe_errors (const OhSums *sums)
{
  if (sums->failed + sums->cut == 0)
    return g_strdup ("");
  return g_strdup_printf ("%" G_GINT64_FORMAT, sums->failed + sums->cut);
}

/* --- options that the commands share --- */

typedef struct
{
  gboolean json;
  gint64 limit;
  gint64 run;
  char *session;
  char *user;
  OhStoreReader *reader;
} Options;

static gboolean
parse (Options *options, const char *usage, const char *summary, gboolean filters, int *argc, char ***argv, int *status)
{
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, N_ ("One JSON object a line"), NULL },
    { "limit", 0, 0, G_OPTION_ARG_INT64, &options->limit, N_ ("Only the newest that many"), N_ ("NUMBER") },
    { "run", 0, 0, G_OPTION_ARG_INT64, &options->run, N_ ("Only those of one run"), N_ ("ID") },
    { "session", 0, 0, G_OPTION_ARG_STRING, &options->session, N_ ("Only those of one session"), N_ ("NAME") },
    { "user", 0, 0, G_OPTION_ARG_STRING, &options->user, N_ ("Only those of one user"), N_ ("NAME") },
    { NULL },
  };
  const GOptionEntry json_only[] = { entries[0], { NULL } };

  if (!oh_cli_parse (usage, summary, filters ? entries : json_only, argc, argv, OH_CLI_USAGE, status))
    return FALSE;
  if (options->limit < 0 || options->run < 0)
    {
      oh_cli_complain (_ ("A limit and an ID are positive numbers."));
      *status = OH_CLI_USAGE;
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
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* --- traces --- */

static const char *
span_kind (OhSpanKind kind)
{
  static const char *const names[] = { "trace", "span", "call", "attempt", "tool" };

  return names[kind];
}

static void
print_span_json (const OhSpan *span)
{
  JsonBuilder *builder = begin_object ();

  add_text (builder, "kind", span_kind (span->kind));
  add_int (builder, "depth", span->depth);
  add_text (builder, "name", span->name);
  add_known (builder, "exchange", span->exchange_id, span->exchange_id != 0);
  add_time (builder, "started", span->started_ns);
  add_known (builder, "duration_ms", (span->ended_ns - span->started_ns) / OH_NS_PER_MS, span->ended_ns != 0);
  add_flag (builder, "error", span->is_error);
  if (span->kind == OH_SPAN_TOOL)
    {
      add_text (builder, "id", span->id);
      add_text (builder, "input", span->detail);
      add_text (builder, "result", span->result);
      add_known (builder, "result_exchange", span->result_exchange_id, span->result_exchange_id != 0);
    }
  if (span->exchange != NULL)
    {
      const OhFacts *facts = span->exchange->facts;
      const OhPlace *place = span->exchange->place;

      add_known (builder, "status", span->exchange->status, span->exchange->status != 0);
      add_text (builder, "stop_reason", facts != NULL ? facts->stop_reason : NULL);
      add_int (builder, "attempt", place->attempt);
      add_int (builder, "attempts", place->attempts);
      if (place->likely)
        {
          json_builder_set_member_name (builder, "likely");
          json_builder_add_boolean_value (builder, TRUE);
        }
      add_known (builder, "asked_wait_ms", place->asked_wait_ns / OH_NS_PER_MS, place->asked_wait_ns >= 0);
      add_known (builder, "waited_ms", place->waited_ns / OH_NS_PER_MS, place->waited_ns >= 0);
      add_known (builder, "continues", place->parent_id, place->parent_id != 0);
      add_known (builder, "thread", place->thread_id, place->thread_id != 0);
      add_real (builder, "cost", place->cost);
      add_flag (builder, "cost_approximate", place->cost_approximate);
      add_text (builder, "cache", place->cache_verdict);
      add_text (builder, "cache_reason", place->cache_reason);
    }
  print_object (builder);
}

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
        print_span_json (spans->pdata[i]);
      else
        print_span (spans->pdata[i]);
    }
  for (guint i = 0; i < notices->len && !options->json; i++)
    {
      g_autofree char *text = oh_cli_one_line (((OhNotice *) notices->pdata[i])->text);

      g_print ("! %s\n", text);
    }
  return 0;
}

static void
print_trace_json (const OhTrace *trace)
{
  JsonBuilder *builder = begin_object ();

  add_int (builder, "id", trace->id);
  add_text (builder, "name", trace->name);
  add_text (builder, "session", trace->session);
  add_text (builder, "user", trace->user);
  add_known (builder, "run", trace->run_id, trace->run_id != 0);
  add_time (builder, "started", trace->started_ns);
  add_known (builder, "duration_ms", (trace->ended_ns - trace->started_ns) / OH_NS_PER_MS, !trace->running);
  add_sums (builder, &trace->sums);
  print_object (builder);
}

int
oh_cli_traces (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GPtrArray) traces = NULL;
  g_autoptr (GArray) ids = NULL;
  OhTraceQuery query;
  Table *table;
  int status;

  if (!parse (&options, _ ("traces [OPTION…] [ID]"), _ ("Lists traces, the newest first; or one as a tree."), TRUE, &argc,
              &argv, &status))
    return status;
  if (argc > 1)
    return print_trace (&options, g_ascii_strtoll (argv[1], NULL, 10));
  query = make_query (&options);
  ids = oh_store_reader_find_traces (options.reader, &query);
  traces = oh_store_reader_get_traces (options.reader, (const gint64 *) ids->data, ids->len);
  table = table_new (0x3f4, (const char *const[]) { N_ ("ID"), N_ ("Started"), N_ ("Calls"), N_ ("Trace"), N_ ("Tokens"),
                                                   N_ ("Cost"), N_ ("Time"), N_ ("Errors"), NULL });
  for (guint i = 0; i < traces->len; i++)
    {
      const OhTrace *trace = traces->pdata[i];

      if (trace != NULL && options.json)
        print_trace_json (trace);
      else if (trace != NULL)
        table_add (table, g_strdup_printf ("%" G_GINT64_FORMAT, trace->id), oh_format_date_time (trace->started_ns),
                   oh_format_count (trace->sums.calls), g_strdup (trace->name != NULL ? trace->name : "–"),
                   describe_tokens (&trace->sums), describe_cost (&trace->sums),
                   oh_format_duration (trace->running ? -1 : trace->ended_ns - trace->started_ns),
                   describe_errors (&trace->sums), NULL);
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
                                                       N_ ("Calls"), N_ ("Tokens"), N_ ("Cost"), NULL })
            : table_new (0x74, (const char *const[]) { N_ ("Session"), N_ ("Users"), N_ ("Traces"), N_ ("Last active"),
                                                       N_ ("Calls"), N_ ("Tokens"), N_ ("Cost"), NULL });

  for (guint i = 0; i < groups->len; i++)
    {
      const OhGroup *group = groups->pdata[i];

      if (options->json)
        {
          JsonBuilder *builder = begin_object ();

          if (threads)
            add_int (builder, "id", group->id);
          add_text (builder, "name", group->name);
          add_text (builder, "users", group->users);
          add_int (builder, "traces", group->traces);
          if (threads)
            add_int (builder, "branches", group->branches);
          add_time (builder, "first", group->first_ns);
          add_time (builder, "last", group->last_ns);
          add_sums (builder, &group->sums);
          print_object (builder);
          continue;
        }
      table_add (table, threads ? g_strdup_printf ("%" G_GINT64_FORMAT, group->id) : g_strdup (group->name),
                 g_strdup (threads ? (group->name != NULL ? group->name : "–") : (group->users != NULL ? group->users : "–")),
                 oh_format_count (threads ? group->branches : group->traces), oh_format_date_time (group->last_ns),
                 oh_format_count (group->sums.calls), describe_tokens (&group->sums), describe_cost (&group->sums), NULL);
    }
  if (!options->json && groups->len > 0)
    table_print (table);
  else if (!options->json)
    g_print ("%s\n", threads ? _ ("No conversations yet.")
                             : _ ("No sessions yet. Name one with: overhear run --session NAME COMMAND"));
  table_free (table);
  return 0;
}

int
oh_cli_threads (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GPtrArray) groups = NULL;
  OhTraceQuery query;
  int status;

  if (!parse (&options, _ ("threads [OPTION…]"), _ ("Lists conversations, the last active first."), TRUE, &argc, &argv,
              &status))
    return status;
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

  if (!parse (&options, _ ("sessions [OPTION…]"), _ ("Lists sessions, the last active first."), TRUE, &argc, &argv,
              &status))
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

  if (!parse (&options, _ ("limits [OPTION…]"), _ ("Shows the rate limits as the API told them last."), FALSE, &argc,
              &argv, &status))
    return status;
  limits = oh_store_reader_get_limits (options.reader);
  table = table_new (0x18, (const char *const[]) { N_ ("Key"), N_ ("For"), N_ ("Limit"), N_ ("Left"), N_ ("Of"),
                                                   N_ ("Said"), N_ ("Full again"), N_ ("As of"), NULL });
  for (guint i = 0; i < limits->len; i++)
    {
      const OhLimit *limit = limits->pdata[i];

      if (options.json)
        {
          JsonBuilder *builder = begin_object ();

          add_text (builder, "key", limit->key_hash);
          add_text (builder, "key_tail", limit->key_tail);
          add_text (builder, "organization", limit->organization);
          add_text (builder, "scope", *limit->scope != '\0' ? limit->scope : NULL);
          add_text (builder, "bucket", limit->bucket);
          add_real (builder, "limit", limit->limit);
          add_real (builder, "remaining", limit->remaining);
          add_real (builder, "utilization", limit->utilization);
          add_time (builder, "reset", limit->reset_ns);
          add_text (builder, "status", limit->status);
          add_time (builder, "as_of", limit->at_ns);
          add_int (builder, "exchange", limit->exchange_id);
          print_object (builder);
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

  if (!parse (&options, _ ("costs [OPTION…]"), _ ("Adds up what calls cost, by model and day in local time."), FALSE, &argc, &argv,
              &status))
    return status;
  overview = oh_store_reader_get_overview (options.reader, 0, G_MAXINT64 / 2, 0);
  table = table_new (0x1c, (const char *const[]) { N_ ("Local day"), N_ ("Model"), N_ ("Calls"), N_ ("Tokens"), N_ ("Cost"),
                                                   NULL });
  for (guint i = 0; i < overview->slices->len; i++)
    {
      const OhSlice *slice = &g_array_index (overview->slices, OhSlice, i);
      g_autoptr (GDateTime) day = g_date_time_new_from_unix_local (slice->start_ns / OH_NS_PER_S);
      g_autofree char *date = g_date_time_format (day, "%Y-%m-%d");
      g_autofree char *offset = g_date_time_format (day, "%:z");

      if (options.json)
        {
          JsonBuilder *builder = begin_object ();

          add_text (builder, "day", date);
          add_text (builder, "utc_offset", offset);
          add_text (builder, "model", *slice->model != '\0' ? slice->model : NULL);
          add_sums (builder, &slice->sums);
          print_object (builder);
          continue;
        }
      table_add (table, g_steal_pointer (&date), g_strdup (*slice->model != '\0' ? slice->model : "–"),
                 oh_format_count (slice->sums.calls), describe_tokens (&slice->sums), describe_cost (&slice->sums), NULL);
    }
  if (!options.json)
    {
      table_add (table, g_strdup (_ ("Total")), g_strdup (""), oh_format_count (overview->sums.calls),
                 describe_tokens (&overview->sums), describe_cost (&overview->sums), NULL);
      table_print (table);
    }
  table_free (table);
  oh_overview_free (overview);
  return 0;
}
