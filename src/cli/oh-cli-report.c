/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What became of the assertions of a run: in words, and in files for builds. */
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

static void
write_json (GString *out, GPtrArray *assertions, OhStoreReader *reader, const OhRun *run)
{
  oh_cli_json_run (out, reader, run, assertions);
  g_string_append_c (out, '\n');
}

/* What Jenkins, GitLab and their like read: https://github.com/testmoapp/junitxml */
static void
write_junit (GString *out, GPtrArray *assertions, OhStoreReader *reader, const OhRun *run)
{
  g_autofree char *visible = oh_format_visible (run->name, TRUE);
  g_autofree char *name = g_markup_escape_text (visible, -1);
  const double seconds = (double) (run->ended_ns - run->started_ns) / (double) OH_NS_PER_S;
  char time[G_ASCII_DTOSTR_BUF_SIZE];
  guint failures = 0;

  for (guint i = 0; i < assertions->len; i++)
    failures += ((const OhCliAssertion *) assertions->pdata[i])->holds ? 0 : 1;
  g_ascii_formatd (time, sizeof time, "%.3f", MAX (seconds, 0));
  g_string_append (out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
  g_string_append_printf (out, "  <testsuite name=\"overhear: %s\" tests=\"%u\" failures=\"%u\" time=\"%s\">\n", name,
                          assertions->len, failures, time);
  for (guint i = 0; i < assertions->len; i++)
    {
      const OhCliAssertion *assertion = assertions->pdata[i];
      g_autofree char *text = oh_format_visible (assertion->text, TRUE);
      g_autofree char *escaped = g_markup_escape_text (text, -1);
      g_autofree char *found = g_markup_escape_text (assertion->found, -1);

      g_string_append_printf (out, "    <testcase classname=\"overhear\" name=\"%s\"", escaped);
      if (assertion->holds)
        g_string_append (out, "/>\n");
      else
        g_string_append_printf (out, ">\n      <failure message=\"%s\"/>\n    </testcase>\n", found);
    }
  g_string_append (out, "  </testsuite>\n</testsuites>\n");
}

static void
write_markdown (GString *out, GPtrArray *assertions, OhStoreReader *reader, const OhRun *run)
{
  g_string_append_printf (out, "| %s | %s | |\n|---|---|---|\n", _ ("Assertion"), _ ("Found"));
  for (guint i = 0; i < assertions->len; i++)
    {
      const OhCliAssertion *assertion = assertions->pdata[i];
      g_autofree char *visible = oh_format_visible (assertion->text, TRUE);
      g_autoptr (GString) text = g_string_new (visible);

      g_string_replace (text, "|", "\\|", 0);
      g_string_append_printf (out, "| `%s` | %s | %s |\n", text->str, assertion->found,
                              assertion->holds ? _ ("holds") : _ ("**does not hold**"));
    }
}

static const struct
{
  const char *suffix;
  void (*write) (GString *out, GPtrArray *assertions, OhStoreReader *reader, const OhRun *run);
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

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_str_has_suffix (path, formats[i].suffix))
      formats[i].write (out, assertions, reader, run);
  return g_file_set_contents (path, out->str, (gssize) out->len, error);
}
