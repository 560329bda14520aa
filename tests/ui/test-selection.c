/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is selected of a list, and its cursor, while rows come and go. */
#include "oh-selection.h"

typedef struct
{
  GtkStringList *list;
  OhSelection *selection;
  GtkSelectionModel *model;
  guint moved;
} Fixture;

static void
on_cursor (Fixture *self)
{
  self->moved++;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->list = gtk_string_list_new ((const char *const[]) { "a", "b", "c", "d", "e", "f", NULL });
  self->selection = oh_selection_new ();
  self->model = GTK_SELECTION_MODEL (self->selection);
  oh_selection_set_model (self->selection, G_LIST_MODEL (self->list));
  g_signal_connect_swapped (self->selection, "notify::cursor", G_CALLBACK (on_cursor), self);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_object_unref (self->selection);
  g_object_unref (self->list);
}

static void
assert_selected (Fixture *self, const char *letters, guint cursor)
{
  g_autoptr (GtkBitset) bits = gtk_selection_model_get_selection (self->model);
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->model)); i++)
    if (gtk_selection_model_is_selected (self->model, i))
      g_string_append (found, gtk_string_list_get_string (self->list, i));
  g_assert_cmpstr (found->str, ==, letters);
  g_assert_cmpuint (gtk_bitset_get_size (bits), ==, found->len);
  g_assert_cmpuint (oh_selection_get_cursor (self->selection), ==, cursor);
}

/* As a list view asks for it. */
static void
test_choosing (Fixture *self, gconstpointer data)
{
  assert_selected (self, "", GTK_INVALID_LIST_POSITION);
  gtk_selection_model_select_item (self->model, 1, TRUE);
  assert_selected (self, "b", 1);
  gtk_selection_model_select_item (self->model, 3, FALSE);
  assert_selected (self, "bd", 3);
  gtk_selection_model_unselect_item (self->model, 3);
  assert_selected (self, "b", 1);
  gtk_selection_model_select_range (self->model, 1, 2, TRUE);
  assert_selected (self, "bc", 2);
  gtk_selection_model_select_range (self->model, 1, 3, TRUE);
  assert_selected (self, "bcd", 3);
  gtk_selection_model_select_range (self->model, 1, 2, TRUE);
  assert_selected (self, "bc", 2);
  gtk_selection_model_select_all (self->model);
  assert_selected (self, "abcdef", 2);
  g_assert_cmpuint (self->moved, ==, 6);
  gtk_selection_model_select_item (self->model, 4, TRUE);
  assert_selected (self, "e", 4);
  oh_selection_set_cursor (self->selection, GTK_INVALID_LIST_POSITION);
  assert_selected (self, "", GTK_INVALID_LIST_POSITION);
}

static void
test_changing (Fixture *self, gconstpointer data)
{
  gtk_selection_model_select_range (self->model, 1, 3, TRUE);
  assert_selected (self, "bcd", 3);
  gtk_string_list_splice (self->list, 0, 0, (const char *const[]) { "x", "y", NULL });
  assert_selected (self, "bcd", 5);
  gtk_string_list_append (self->list, "z");
  assert_selected (self, "bcd", 5);
  gtk_string_list_remove (self->list, 0);
  assert_selected (self, "bcd", 4);
  gtk_string_list_remove (self->list, 4);
  assert_selected (self, "bc", 3);
  gtk_string_list_splice (self->list, 0, g_list_model_get_n_items (G_LIST_MODEL (self->list)), (const char *const[]) { "n", NULL });
  assert_selected (self, "", GTK_INVALID_LIST_POSITION);
  oh_selection_set_model (self->selection, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (self->selection)), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/selection/choosing", Fixture, NULL, set_up, test_choosing, tear_down);
  g_test_add ("/selection/changing", Fixture, NULL, set_up, test_changing, tear_down);
  return g_test_run ();
}
