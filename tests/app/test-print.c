/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversations on paper: printed to PDF, as people do. */
#include "oh-markdown-print.h"

#include <glib/gstdio.h>

typedef struct
{
  char *folder;
  char *path;
  guint pages;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("oh-test-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "out.pdf", NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  const char *kept = g_getenv ("OH_PRINT_TO");

  if (kept != NULL)
    {
      g_autofree char *name = g_strdup_printf ("%s/%u-pages.pdf", kept, self->pages);

      g_rename (self->path, name);
    }
  g_unlink (self->path);
  g_rmdir (self->folder);
  g_free (self->path);
  g_free (self->folder);
}

static void
on_draw (Fixture *self)
{
  self->pages++;
}

static void
print (Fixture *self, const char *text)
{
  g_autoptr (GPtrArray) blocks = oh_markdown_parse (text);
  g_autoptr (GtkPrintOperation) operation = oh_markdown_print_new (blocks, "A title");
  g_autoptr (GtkPaperSize) paper = gtk_paper_size_new (GTK_PAPER_NAME_A4);
  g_autoptr (GtkPageSetup) setup = gtk_page_setup_new ();
  g_autoptr (GError) error = NULL;
  GtkPrintOperationResult result;

  self->pages = 0;
  gtk_page_setup_set_paper_size_and_default_margins (setup, paper);
  gtk_print_operation_set_default_page_setup (operation, setup);
  gtk_print_operation_set_export_filename (operation, self->path);
  gtk_print_operation_set_allow_async (operation, FALSE);
  g_signal_connect_swapped (operation, "draw-page", G_CALLBACK (on_draw), self);
  result = gtk_print_operation_run (operation, GTK_PRINT_OPERATION_ACTION_EXPORT, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (result, ==, GTK_PRINT_OPERATION_RESULT_APPLY);
}

static void
assert_pdf (Fixture *self)
{
  g_autofree char *pdf = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (self->path, &pdf, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (pdf, "%PDF-"));
}

static void
test_short (Fixture *self, gconstpointer data)
{
  print (self, "# A trip\n\n2026-11-30 · POST https://api.anthropic.com/v1/messages\n\n## User\n\nWhere is **Paris**?\n\n"
               "> It thinks.\n\n## Assistant\n\n1. In France\n2. On the Seine\n\n**Tool call** `get_weather`\n\n"
               "```json\n{\n  \"city\": \"Paris\"\n}\n```\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
               "## User\n\n- \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d, \xd7\x9e\xd7\x94 \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9e\xd7\x9a?\n\n"
               "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xd7\xa2\xd7\x95\xd7\x9c\xd7\x9d, Paris.\n");
  g_assert_cmpuint (self->pages, ==, 1);
  assert_pdf (self);
}

/* Pages end between lines: also within a paragraph, and within code that no page has room for. */
static void
test_long (Fixture *self, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new ("# Long\n\n");
  guint paragraphs;

  for (guint i = 0; i < 300; i++)
    g_string_append_printf (text, "## User\n\nMessage %u, which says something of some length.\n\n", i);
  print (self, text->str);
  paragraphs = self->pages;
  g_assert_cmpuint (paragraphs, >, 10);
  g_assert_cmpuint (paragraphs, <, 40);

  g_string_assign (text, "```\n");
  for (guint i = 0; i < 600; i++)
    g_string_append_printf (text, "line %u\n", i);
  g_string_append (text, "```\n");
  print (self, text->str);
  g_assert_cmpuint (self->pages, >, 7);
  g_assert_cmpuint (self->pages, <, 15);
  assert_pdf (self);
}

static void
test_nothing (Fixture *self, gconstpointer data)
{
  print (self, "");
  g_assert_cmpuint (self->pages, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/print/short", Fixture, NULL, set_up, test_short, tear_down);
  g_test_add ("/print/long", Fixture, NULL, set_up, test_long, tear_down);
  g_test_add ("/print/nothing", Fixture, NULL, set_up, test_nothing, tear_down);
  return g_test_run ();
}
