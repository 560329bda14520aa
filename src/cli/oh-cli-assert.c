/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-assert.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define PAGE 256
#define EVIDENCE 5

typedef enum
{
  UNIT_COUNT,
  UNIT_DOLLARS,
  UNIT_TIME,
  UNIT_PART,
} Unit;

enum
{
  CALLS, ATTEMPTS, RETRIES, ERRORS, CUT, INPUT_TOKENS, OUTPUT_TOKENS, TOKENS, COST, CACHE_HIT, P50_TTFT, P95_TTFT,
  P50_DURATION, P95_DURATION, N_MEASURES
};

static const struct
{
  const char *name;
  Unit unit;
} measures[N_MEASURES] = {
  [CALLS] = { "calls", UNIT_COUNT },
  [ATTEMPTS] = { "attempts", UNIT_COUNT },
  [RETRIES] = { "retries", UNIT_COUNT },
  [ERRORS] = { "errors", UNIT_COUNT },
  [CUT] = { "cut", UNIT_COUNT },
  [INPUT_TOKENS] = { "input_tokens", UNIT_COUNT },
  [OUTPUT_TOKENS] = { "output_tokens", UNIT_COUNT },
  [TOKENS] = { "tokens", UNIT_COUNT },
  [COST] = { "cost", UNIT_DOLLARS },
  [CACHE_HIT] = { "cache_hit", UNIT_PART },
  [P50_TTFT] = { "p50_ttft", UNIT_TIME },
  [P95_TTFT] = { "p95_ttft", UNIT_TIME },
  [P50_DURATION] = { "p50_duration", UNIT_TIME },
  [P95_DURATION] = { "p95_duration", UNIT_TIME },
};

static void
assertion_free (gpointer data)
{
  OhCliAssertion *self = data;

  g_free (self->text);
  g_free (self->operator);
  g_free (self->found);
  g_clear_pointer (&self->search, oh_search_free);
  g_free (self);
}

char *
oh_cli_assert_describe (void)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < N_MEASURES; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", measures[i].name);
  return g_string_free (g_steal_pointer (&names), FALSE);
}

/* --- reading them --- */

static gboolean
parse_number (const char *text, Unit unit, double *value)
{
  static const struct
  {
    Unit unit;
    const char *suffix;
    double factor;
  } suffixes[] = {
    { UNIT_COUNT, "", 1 },  { UNIT_COUNT, "k", 1e3 },  { UNIT_COUNT, "M", 1e6 }, { UNIT_DOLLARS, "", 1 },
    { UNIT_PART, "", 1 },   { UNIT_PART, "%", 0.01 },  { UNIT_TIME, "s", 1e9 },  { UNIT_TIME, "ms", 1e6 },
    { UNIT_TIME, "min", 60e9 },
  };
  char *end;

  if (!g_ascii_isdigit (*text) && *text != '.')
    return FALSE;
  *value = g_ascii_strtod (text, &end);
  for (guint i = 0; i < G_N_ELEMENTS (suffixes) && end != text && isfinite (*value); i++)
    if (suffixes[i].unit == unit && strcmp (end, suffixes[i].suffix) == 0)
      {
        *value *= suffixes[i].factor;
        return TRUE;
      }
  return FALSE;
}

/* Returns: FALSE after complaining. */
static gboolean
parse_comparison (OhCliAssertion *self, guint measure, const char *rest)
{
  static const char *const operators[] = { "<=", ">=", "==", "!=", "<", ">" };
  g_autofree char *message = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (operators); i++)
    {
      g_autofree char *number = NULL;

      if (!g_str_has_prefix (rest, operators[i]))
        continue;
      number = g_strstrip (g_strdup (rest + strlen (operators[i])));
      if (!parse_number (number, measures[measure].unit, &self->wanted))
        break;
      self->measure = measure;
      self->operator = g_strdup (operators[i]);
      return TRUE;
    }
  message = g_strdup_printf (
    _ ("“%s” cannot be asserted. Such are: calls<=20, cost<=0.50, cache_hit>=80%%, p95_ttft<2s"), self->text);
  oh_cli_complain (message);
  return FALSE;
}

static OhCliAssertion *
parse (const char *text)
{
  OhCliAssertion *self = g_new0 (OhCliAssertion, 1);
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  const gsize name = strspn (stripped, "abcdefghijklmnopqrstuvwxyz0123456789_");
  const char *rest = stripped + name;
  char *words[] = { stripped, NULL };

  self->text = g_steal_pointer (&stripped);
  words[0] = self->text;
  self->measure = N_MEASURES;
  rest += strspn (rest, " ");
  for (guint i = 0; i < N_MEASURES; i++)
    if (strlen (measures[i].name) == name && strncmp (measures[i].name, self->text, name) == 0 && *rest != '\0'
        && strchr ("<>=!", *rest) != NULL)
      {
        if (parse_comparison (self, i, rest))
          return self;
        assertion_free (self);
        return NULL;
      }
  self->none = g_str_has_prefix (self->text, "not ");
  if (self->none)
    words[0] += strlen ("not ");
  self->search = *self->text != '\0' ? oh_cli_parse_search (words) : NULL;
  if (*self->text == '\0')
    oh_cli_complain (_ ("There is nothing to assert."));
  if (self->search == NULL)
    g_clear_pointer (&self, assertion_free);
  return self;
}

GPtrArray *
oh_cli_assert_parse (char **texts)
{
  g_autoptr (GPtrArray) assertions = g_ptr_array_new_with_free_func (assertion_free);

  for (char **text = texts; text != NULL && *text != NULL; text++)
    {
      OhCliAssertion *assertion = parse (*text);

      if (assertion == NULL)
        return NULL;
      g_ptr_array_add (assertions, assertion);
    }
  return g_steal_pointer (&assertions);
}

/* --- checking them --- */

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  const gint64 one = *(const gint64 *) a, other = *(const gint64 *) b;

  return (one > other) - (one < other);
}

/* The nearest rank; NAN of none. Sorts. */
static double
get_percentile (GArray *values, guint percent)
{
  if (values->len == 0)
    return NAN;
  g_array_sort (values, compare_numbers);
  return (double) g_array_index (values, gint64, (values->len * percent + 99) / 100 - 1);
}

/* How long calls to models took. */
static void
measure_times (OhStoreReader *reader, gint64 run_id, double *values)
{
  const OhQuery query = { .run_id = run_id };
  g_autoptr (GArray) ids = oh_store_reader_find (reader, &query, NULL);
  g_autoptr (GArray) tokens = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) ends = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint at = 0; ids != NULL && at < ids->len; at += PAGE)
    {
      g_autoptr (GPtrArray) rows =
        oh_store_reader_get_rows (reader, &g_array_index (ids, gint64, at), MIN (PAGE, ids->len - at));

      for (guint i = 0; i < rows->len; i++)
        {
          const OhExchange *row = rows->pdata[i];

          if (row == NULL || row->facts == NULL || row->facts->model == NULL)
            continue;
          if (row->facts->first_token_ns >= 0)
            g_array_append_val (tokens, row->facts->first_token_ns);
          if (row->timings.ended >= 0)
            g_array_append_val (ends, row->timings.ended);
        }
    }
  values[P50_TTFT] = get_percentile (tokens, 50);
  values[P95_TTFT] = get_percentile (tokens, 95);
  values[P50_DURATION] = get_percentile (ends, 50);
  values[P95_DURATION] = get_percentile (ends, 95);
}

static void
measure (const OhSums *sums, double *values)
{
  values[CALLS] = (double) sums->calls;
  values[ATTEMPTS] = (double) sums->attempts;
  values[RETRIES] = (double) (sums->attempts - sums->calls);
  values[ERRORS] = (double) (sums->failed + sums->cut);
  values[CUT] = (double) sums->cut;
  values[INPUT_TOKENS] = (double) sums->input_tokens;
  values[OUTPUT_TOKENS] = (double) sums->output_tokens;
  values[TOKENS] = (double) (sums->input_tokens + sums->output_tokens);
  values[COST] = sums->cost;
  values[CACHE_HIT] = sums->input_tokens > 0 ? (double) sums->cache_read_tokens / (double) sums->input_tokens : NAN;
}

static char *
describe (double value, Unit unit)
{
  if (isnan (value))
    return g_strdup (_ ("unknown"));
  switch (unit)
    {
    case UNIT_DOLLARS:
      return oh_format_cost (value, FALSE);
    case UNIT_TIME:
      return oh_format_duration ((gint64) value);
    case UNIT_PART:
      return g_strdup_printf ("%.1f %%", value * 100);
    case UNIT_COUNT:
    default:
      return oh_format_count ((gint64) value);
    }
}

static gboolean
compare (double value, const char *operator, double wanted)
{
  if (isnan (value))
    return FALSE;
  switch (*operator)
    {
    case '<':
      return operator[1] == '=' ? value <= wanted : value < wanted;
    case '>':
      return operator[1] == '=' ? value >= wanted : value > wanted;
    case '=':
      return value == wanted;
    case '!':
    default:
      return value != wanted;
    }
}

/* What is not known holds nothing: a price that is missing may be any. */
static void
check_measure (OhCliAssertion *self, const double *values, const OhSums *sums)
{
  const double value = values[self->measure];
  const gboolean open = self->measure == COST && sums->unpriced > 0;
  g_autofree char *found = describe (value, measures[self->measure].unit);

  self->holds = compare (value, self->operator, self->wanted) && (!open || *self->operator == '>');
  self->found = open ? g_strdup_printf (_ ("%s + %" PRId64 " calls of unknown price"), found, sums->unpriced)
                     : g_steal_pointer (&found);
}

static void
check_search (OhCliAssertion *self, OhStoreReader *reader, gint64 run_id)
{
  const OhQuery query = { .run_id = run_id, .search = self->search };
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ids = oh_store_reader_find (reader, &query, &error);
  g_autoptr (GString) found = g_string_new (NULL);

  if (ids == NULL)
    {
      self->found = g_strdup (error->message);
      return;
    }
  self->holds = self->none == (ids->len == 0);
  g_string_append_printf (found, ngettext ("%u call", "%u calls", ids->len), ids->len);
  for (guint i = 0; i < MIN (ids->len, EVIDENCE); i++)
    g_string_append_printf (found, "%s#%" PRId64, i > 0 ? ", " : ": ", g_array_index (ids, gint64, i));
  g_string_append (found, ids->len > EVIDENCE ? ", …" : "");
  self->found = g_string_free (g_steal_pointer (&found), FALSE);
}

gboolean
oh_cli_assert_check (GPtrArray *assertions, OhStoreReader *reader, gint64 run_id)
{
  const OhSums sums = oh_store_reader_get_run_sums (reader, run_id);
  double values[N_MEASURES];
  gboolean all = TRUE;

  measure (&sums, values);
  measure_times (reader, run_id, values);
  for (guint i = 0; i < assertions->len; i++)
    {
      OhCliAssertion *assertion = assertions->pdata[i];

      if (assertion->search != NULL)
        check_search (assertion, reader, run_id);
      else
        check_measure (assertion, values, &sums);
      all = all && assertion->holds;
    }
  return all;
}
