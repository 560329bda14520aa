/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-json-view.h"

#include "oh-body-view-text.h"
#include "oh-json-tree.h"
#include "oh-marks.h"
#include "oh-names.h"

#include <glib/gi18n.h>

/* Rows that are seen without scrolling. */
#define SMALL 24

struct _OhJsonView
{
  AdwBin parent_instance;

  GtkListView *list;
  GtkWidget *detail;
  GtkLabel *path;
  OhBodyViewText *text;
  GtkSingleSelection *selection;
  OhSearchWords *words; /* or NULL */
  OhSearchSide side;
};

G_DEFINE_FINAL_TYPE (OhJsonView, oh_json_view, ADW_TYPE_BIN)

static GListModel *
create_children (gpointer item, gpointer data)
{
  return oh_json_node_get_children (OH_JSON_NODE (item));
}

static void
setup_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  GtkWidget *expander = gtk_tree_expander_new ();
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *name = gtk_label_new (NULL);
  GtkWidget *value = gtk_label_new (NULL);

  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (name), 40);
  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_widget_add_css_class (name, "monospace");
  gtk_widget_add_css_class (name, "json-name");
  gtk_label_set_ellipsize (GTK_LABEL (value), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (value), 0);
  gtk_label_set_single_line_mode (GTK_LABEL (value), TRUE);
  gtk_widget_set_hexpand (value, TRUE);
  gtk_widget_add_css_class (value, "monospace");
  gtk_box_append (GTK_BOX (row), name);
  gtk_box_append (GTK_BOX (row), value);
  gtk_tree_expander_set_child (GTK_TREE_EXPANDER (expander), row);
  gtk_list_item_set_child (list_item, expander);
  oh_names_from_within (expander);
}

static void
bind_row (GtkSignalListItemFactory *factory, GtkListItem *list_item, OhJsonView *self)
{
  static const char *const styles[] = { "json-string", "json-number", "json-literal", "json-container" };
  GtkTreeListRow *tree_row = gtk_list_item_get_item (list_item);
  GtkTreeExpander *expander = GTK_TREE_EXPANDER (gtk_list_item_get_child (list_item));
  GtkWidget *name = gtk_widget_get_first_child (gtk_tree_expander_get_child (expander));
  GtkWidget *value = gtk_widget_get_next_sibling (name);
  g_autoptr (OhJsonNode) node = gtk_tree_list_row_get_item (tree_row);
  g_autofree char *name_text = oh_json_node_dup_name (node);
  g_autofree char *preview = oh_json_node_dup_preview (node);
  g_autofree char *style = g_strconcat ("json-", oh_json_node_get_style (node), NULL);

  oh_names_from_within (gtk_widget_get_parent (GTK_WIDGET (expander)));
  gtk_tree_expander_set_list_row (expander, tree_row);
  gtk_label_set_text (GTK_LABEL (name), name_text);
  gtk_label_set_text (GTK_LABEL (value), preview);
  for (gsize i = 0; i < G_N_ELEMENTS (styles); i++)
    gtk_widget_remove_css_class (value, styles[i]);
  gtk_widget_add_css_class (value, style);
  oh_marks_set (GTK_WIDGET (expander), self->words, self->side, -1, NULL);
}

/* "messages › 0 › content". (transfer full) */
static char *
path_of (GtkTreeListRow *row)
{
  g_autoptr (OhJsonNode) node = gtk_tree_list_row_get_item (row);
  g_autoptr (GtkTreeListRow) parent = gtk_tree_list_row_get_parent (row);
  g_autofree char *name = oh_json_node_dup_name (node);
  g_autofree char *before = parent ? path_of (parent) : NULL;

  return before ? g_strdup_printf ("%s › %s", before, name) : g_steal_pointer (&name);
}

static void
selected_changed (OhJsonView *self)
{
  GtkTreeListRow *row = gtk_single_selection_get_selected_item (self->selection);
  g_autoptr (OhJsonNode) node = NULL;
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;

  gtk_widget_set_visible (self->detail, row != NULL);
  if (!row)
    return;
  node = gtk_tree_list_row_get_item (row);
  path = path_of (row);
  gtk_label_set_text (self->path, path);
  if (oh_json_node_is_large (node))
    {
      g_autoptr (GBytes) bytes = oh_json_node_get_bytes (node);

      oh_body_view_text_set_body (self->text, bytes, TRUE, "json");
      return;
    }
  text = oh_json_node_dup_text (node);
  oh_body_view_text_set (self->text, text, -1, oh_json_node_is_string (node) ? NULL : "json");
}

static void
activate_row (OhJsonView *self, guint position)
{
  g_autoptr (GtkTreeListRow) row = g_list_model_get_item (G_LIST_MODEL (self->selection), position);

  gtk_tree_list_row_set_expanded (row, !gtk_tree_list_row_get_expanded (row));
}

static void
oh_json_view_dispose (GObject *object)
{
  OhJsonView *self = OH_JSON_VIEW (object);

  g_clear_object (&self->selection);
  g_clear_pointer (&self->words, oh_search_words_unref);
  G_OBJECT_CLASS (oh_json_view_parent_class)->dispose (object);
}

static void
oh_json_view_class_init (OhJsonViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_json_view_dispose;
  g_type_ensure (OH_TYPE_BODY_VIEW_TEXT);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-json-view.ui");
  gtk_widget_class_bind_template_child (widget_class, OhJsonView, list);
  gtk_widget_class_bind_template_child (widget_class, OhJsonView, detail);
  gtk_widget_class_bind_template_child (widget_class, OhJsonView, path);
  gtk_widget_class_bind_template_child (widget_class, OhJsonView, text);
  gtk_widget_class_bind_template_callback (widget_class, setup_row);
  gtk_widget_class_bind_template_callback (widget_class, bind_row);
  gtk_widget_class_bind_template_callback (widget_class, activate_row);
}

static void
oh_json_view_init (OhJsonView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (selected_changed), self,
                           G_CONNECT_SWAPPED);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (self->selection));
}

static gboolean
is_large (GtkTreeListRow *row)
{
  g_autoptr (OhJsonNode) node = gtk_tree_list_row_get_item (row);

  return oh_json_node_is_large (node);
}

/* What fits on a screen is unfolded as a whole; anything longer not at all. */
static void
unfold_small (GListModel *rows)
{
  guint i;

  for (i = 0; i < g_list_model_get_n_items (rows) && g_list_model_get_n_items (rows) <= SMALL; i++)
    {
      g_autoptr (GtkTreeListRow) row = g_list_model_get_item (rows, i);

      if (!is_large (row))
        gtk_tree_list_row_set_expanded (row, TRUE);
    }
  if (g_list_model_get_n_items (rows) <= SMALL)
    return;
  for (; i > 0; i--)
    {
      g_autoptr (GtkTreeListRow) row = g_list_model_get_item (rows, i - 1);

      gtk_tree_list_row_set_expanded (row, FALSE);
    }
}

void
oh_json_view_set_values (OhJsonView *self, GListModel *values)
{
  g_autoptr (GtkTreeListModel) tree = NULL;

  g_return_if_fail (OH_IS_JSON_VIEW (self));

  if (values)
    tree = gtk_tree_list_model_new (g_object_ref (values), FALSE, FALSE, create_children, NULL, NULL);
  if (tree)
    unfold_small (G_LIST_MODEL (tree));
  gtk_single_selection_set_model (self->selection, tree ? G_LIST_MODEL (tree) : NULL);
  selected_changed (self);
}

void
oh_json_view_set_words (OhJsonView *self, OhSearchWords *words, OhSearchSide side)
{
  g_return_if_fail (OH_IS_JSON_VIEW (self));

  if (!oh_search_words_set (&self->words, words))
    return;
  self->side = side;
  oh_marks_set (GTK_WIDGET (self->list), words, side, -1, NULL);
  oh_body_view_text_set_words (self->text, words, side);
}
