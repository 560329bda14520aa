/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What became of the assertions of a run, in words, and in files for builds: with what each of its traces cost. */
#include "config.h"
#include "oh-cli-assert.h"
#include "oh-cli-json.h"

#include <glib/gi18n.h>
#include <string.h>

void
oh_cli_report_print (GPtrArray *assertions)
{
  for (guint i = 0; i < assertions->len; i++)
    {
      const OhCliAssertion *assertion = assertions->pdata[i];
      g_autofree char *line = g_strdup_printf (assertion->holds ? _ ("“%s” holds: %s") : _ ("“%s” does not hold: %s"),
                                               assertion->text, assertion->found);

      oh_cli_complain (line);
    }
}

typedef struct
{
  GPtrArray *assertions; /* (element-type OhCliAssertion) */
  OhStoreReader *reader;
  const OhRun *run;
  GPtrArray *traces;     /* (element-type OhTrace) those of the run, by start: of a program that tests, its tests */
} Report;

/* By start. (transfer full) (element-type OhTrace) */
static GPtrArray *
find_traces (OhStoreReader *reader, const OhRun *run)
{
  const OhTraceQuery query = { .run_id = run->id };
  g_autoptr (GArray) ids = oh_store_reader_find_traces (reader, &query);
  GPtrArray *traces = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_trace_unref);

  for (guint i = ids->len; i > 0; i--)
    {
      g_autoptr (GPtrArray) found = oh_store_reader_get_traces (reader, &g_array_index (ids, gint64, i - 1), 1);

      if (found->pdata[0] != NULL)
        g_ptr_array_add (traces, oh_trace_ref (found->pdata[0]));
    }
  return traces;
}

static void
write_json (GString *out, const Report *report)
{
  oh_cli_json_run (out, report->reader, report->run, report->assertions, report->traces);
  g_string_append_c (out, '\n');
}

/* As an attribute of XML. (transfer full) */
static char *
escape_attribute (const char *text)
{
  g_autofree char *visible = oh_format_visible (text != NULL ? text : "", TRUE);

  return g_markup_escape_text (visible, -1);
}

static void
begin_suite (GString *out, const Report *report, const char *kind, guint tests, guint failures)
{
  g_autofree char *name = escape_attribute (report->run->name);
  const gint64 ns = report->run->ended_ns - report->run->started_ns;
  char time[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (time, sizeof time, "%.3f", (double) MAX (ns, 0) / (double) OH_NS_PER_S);
  g_string_append_printf (out, "  <testsuite name=\"overhear%s: %s\" tests=\"%u\" failures=\"%u\" time=\"%s\">\n", kind, name,
                          tests, failures, time);
}

static void
add_property (GString *out, const char *name, const char *value)
{
  g_string_append_printf (out, "        <property name=\"%s\" value=\"%s\"/>\n", name, value);
}

static void
add_count (GString *out, const char *name, gint64 value)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, value);

  add_property (out, name, text);
}

/* A trace as a test that passed: whether it did is for the test to say, and what it cost for us. */
static void
add_trace_case (GString *out, const OhTrace *trace)
{
  const OhSums *sums = &trace->sums;
  g_autofree char *name = escape_attribute (trace->name);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (number, sizeof number, "%.3f",
                   (double) MAX (trace->ended_ns - trace->started_ns, 0) / (double) OH_NS_PER_S);
  g_string_append_printf (out, "    <testcase classname=\"overhear.trace\" name=\"%s\" time=\"%s\">\n      <properties>\n",
                          name, number);
  add_count (out, "trace", trace->id);
  add_count (out, "calls", sums->calls);
  add_count (out, "attempts", sums->attempts);
  add_count (out, "errors", sums->failed + sums->cut);
  add_count (out, "input_tokens", sums->input_tokens);
  add_count (out, "output_tokens", sums->output_tokens);
  add_property (out, "cost", g_ascii_formatd (number, sizeof number, "%.6f", sums->cost));
  add_count (out, "unpriced_calls", sums->unpriced);
  g_string_append (out, "      </properties>\n    </testcase>\n");
}

/* What Jenkins, GitLab and their like read: https://github.com/testmoapp/junitxml */
static void
write_junit (GString *out, const Report *report)
{
  GPtrArray *assertions = report->assertions;
  guint failures = 0;

  for (guint i = 0; i < assertions->len; i++)
    failures += ((const OhCliAssertion *) assertions->pdata[i])->holds ? 0 : 1;
  g_string_append (out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
  begin_suite (out, report, "", assertions->len, failures);
  for (guint i = 0; i < assertions->len; i++)
    {
      const OhCliAssertion *assertion = assertions->pdata[i];
      g_autofree char *text = escape_attribute (assertion->text);
      g_autofree char *found = escape_attribute (assertion->found);

      g_string_append_printf (out, "    <testcase classname=\"overhear\" name=\"%s\"", text);
      if (assertion->holds)
        g_string_append (out, "/>\n");
      else
        g_string_append_printf (out, ">\n      <failure message=\"%s\"/>\n    </testcase>\n", found);
    }
  g_string_append (out, "  </testsuite>\n");
  begin_suite (out, report, " traces", report->traces->len, 0);
  for (guint i = 0; i < report->traces->len; i++)
    add_trace_case (out, report->traces->pdata[i]);
  g_string_append (out, "  </testsuite>\n</testsuites>\n");
}

/* As a cell of a table: nothing in it ends the cell. (transfer full) */
static char *
make_cell (const char *text)
{
  g_autofree char *visible = oh_format_visible (text != NULL ? text : "", TRUE);
  g_autoptr (GString) cell = g_string_new (visible);

  g_string_replace (cell, "|", "\\|", 0);
  return g_string_free (g_steal_pointer (&cell), FALSE);
}

static void
write_markdown (GString *out, const Report *report)
{
  g_string_append_printf (out, "| %s | %s | |\n|---|---|---|\n", _ ("Assertion"), _ ("Found"));
  for (guint i = 0; i < report->assertions->len; i++)
    {
      const OhCliAssertion *assertion = report->assertions->pdata[i];
      g_autofree char *text = make_cell (assertion->text);

      g_string_append_printf (out, "| `%s` | %s | %s |\n", text, assertion->found,
                              assertion->holds ? _ ("holds") : _ ("**does not hold**"));
    }
  if (report->traces->len > 0)
    g_string_append_printf (out, "\n| %s | %s | %s | %s | %s |\n|---|--:|--:|--:|--:|\n", _ ("Test or trace"), _ ("Calls"),
                            _ ("Tokens"), _ ("Cost"), _ ("Errors"));
  for (guint i = 0; i < report->traces->len; i++)
    {
      const OhTrace *trace = report->traces->pdata[i];
      g_autofree char *name = make_cell (trace->name);
      g_autofree char *tokens = oh_cli_describe_tokens (&trace->sums);
      g_autofree char *cost = oh_words_cost_of (&trace->sums, FALSE);

      g_string_append_printf (out, "| `%s` | %" G_GINT64_FORMAT " | %s | %s | %" G_GINT64_FORMAT " |\n", name,
                              trace->sums.calls, tokens, cost, trace->sums.failed + trace->sums.cut);
    }
}

static const struct
{
  const char *suffix;
  void (*write) (GString *out, const Report *report);
} formats[] = {
  { ".xml", write_junit },
  { ".json", write_json },
  { ".md", write_markdown },
};

gboolean
oh_cli_report_is_known (const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_str_has_suffix (path, formats[i].suffix))
      return TRUE;
  return FALSE;
}

gboolean
oh_cli_report_write (const char *path, GPtrArray *assertions, OhStoreReader *reader, const OhRun *run, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GPtrArray) traces = find_traces (reader, run);
  const Report report = { assertions, reader, run, traces };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_str_has_suffix (path, formats[i].suffix))
      formats[i].write (out, &report);
  return g_file_set_contents (path, out->str, (gssize) out->len, error);
}
