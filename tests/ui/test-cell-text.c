/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers in a window that goes from right to left. */
#include "oh-cell-row.h"

#include <pango/pangocairo.h>
#include <string.h>

/* Whether the glyphs of @first stand left of those of @second, in a paragraph from right to left. */
static gboolean
stands_left (const char *text, const char *first, const char *second)
{
  PangoContext *context = pango_font_map_create_context (pango_cairo_font_map_get_default ());
  PangoLayout *layout;
  PangoRectangle a, b;

  pango_context_set_base_dir (context, PANGO_DIRECTION_RTL);
  layout = pango_layout_new (context);
  pango_layout_set_text (layout, text, -1);
  pango_layout_index_to_pos (layout, (int) (strstr (text, first) - text), &a);
  pango_layout_index_to_pos (layout, (int) (strstr (text, second) - text), &b);
  g_object_unref (layout);
  g_object_unref (context);
  return a.x < b.x;
}

static void
check_numbers (void)
{
  g_autofree char *tokens = oh_cell_row_isolate ("94 → 70", GTK_TEXT_DIR_RTL);
  g_autofree char *cost = oh_cell_row_isolate ("$0.0004", GTK_TEXT_DIR_RTL);
  g_autofree char *turned = oh_cell_row_isolate ("94 ← 70", GTK_TEXT_DIR_RTL);

  g_assert_false (stands_left ("94 → 70", "94", "70"));
  g_assert_true (stands_left (tokens, "94", "70"));
  g_assert_true (stands_left (cost, "$", "0004"));
  /* A translation whose arrow goes the other way is read that way. */
  g_assert_false (stands_left (turned, "94", "70"));
}

static void
check_others (void)
{
  g_autofree char *ltr = oh_cell_row_isolate ("94 → 70", GTK_TEXT_DIR_LTR);
  g_autofree char *path = oh_cell_row_isolate ("POST /v1/messages", GTK_TEXT_DIR_RTL);
  g_autofree char *none = oh_cell_row_isolate (NULL, GTK_TEXT_DIR_RTL);

  g_assert_cmpstr (ltr, ==, "94 → 70");
  g_assert_cmpstr (path, ==, "POST /v1/messages");
  g_assert_true (stands_left (path, "POST", "messages"));
  g_assert_null (none);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cell-text/numbers", check_numbers);
  g_test_add_func ("/cell-text/others", check_others);
  return g_test_run ();
}
