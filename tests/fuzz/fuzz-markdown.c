/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markdown from an answer: whatever it is, a label can show what becomes of it. */
#include "config.h"
#include "oh-markdown.h"

#include <pango/pango.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* Links are GTK's own, Pango does not know them. */
static void
check_markup (const char *markup)
{
  static GRegex *links;
  g_autofree char *plain = NULL;
  g_autoptr (GError) error = NULL;

  if (links == NULL)
    links = g_regex_new ("<a href=\"[^\"]*\"[^>]*>|</a>", G_REGEX_OPTIMIZE, 0, NULL);
  plain = g_regex_replace_literal (links, markup, -1, 0, "", 0, &error);
  g_assert_no_error (error);
  if (!pango_parse_markup (plain, -1, 0, NULL, NULL, NULL, &error))
    g_error ("%s: %s", error->message, markup);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_utf8_make_valid ((const char *) data, (gssize) strnlen ((const char *) data, size));
  g_autofree char *broken = oh_markdown_break_lines (text);
  g_autoptr (GPtrArray) blocks = oh_markdown_parse (broken != NULL ? broken : text);

  for (guint i = 0; i < blocks->len; i++)
    {
      const OhMarkdownBlock *block = g_ptr_array_index (blocks, i);

      if (block->markup != NULL)
        check_markup (block->markup);
      for (guint j = 0; block->cells != NULL && j < block->cells->len; j++)
        check_markup (g_ptr_array_index (block->cells, j));
      g_assert_true (block->cells == NULL || (block->columns > 0 && block->cells->len % block->columns == 0));
      g_assert_true (oh_markdown_block_equal (block, block));
    }
  return 0;
}
