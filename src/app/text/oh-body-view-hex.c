/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-body-view-hex.h"

#include "oh-names.h"

#include <glib/gi18n.h>

#define ROW 16

#define OH_TYPE_HEX_MODEL (oh_hex_model_get_type ())
G_DECLARE_FINAL_TYPE (OhHexModel, oh_hex_model, OH, HEX_MODEL, GObject)

struct _OhHexModel
{
  GObject parent_instance;

  GBytes *data;
};

static void oh_hex_model_list_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhHexModel,
                               oh_hex_model,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, oh_hex_model_list_init))

static void
oh_hex_model_finalize (GObject *object)
{
  g_clear_pointer (&OH_HEX_MODEL (object)->data, g_bytes_unref);
  G_OBJECT_CLASS (oh_hex_model_parent_class)->finalize (object);
}

static void
oh_hex_model_class_init (OhHexModelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_hex_model_finalize;
}

static void
oh_hex_model_init (OhHexModel *self)
{
}

static GType
oh_hex_model_get_item_type (GListModel *model)
{
  return GTK_TYPE_STRING_OBJECT;
}

static guint
oh_hex_model_get_n_items (GListModel *model)
{
  gsize rows = (g_bytes_get_size (OH_HEX_MODEL (model)->data) + ROW - 1) / ROW;

  return (guint) MIN (rows, G_MAXUINT / 2);
}

static gpointer
oh_hex_model_get_item (GListModel *model, guint position)
{
  g_autofree char *row = NULL;

  if (position >= oh_hex_model_get_n_items (model))
    return NULL;
  row = oh_body_view_hex_row (OH_HEX_MODEL (model)->data, position);
  return gtk_string_object_new (row);
}

static void
oh_hex_model_list_init (GListModelInterface *iface)
{
  iface->get_item_type = oh_hex_model_get_item_type;
  iface->get_n_items = oh_hex_model_get_n_items;
  iface->get_item = oh_hex_model_get_item;
}

static void
setup_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "monospace");
  gtk_list_item_set_child (list_item, label);
}

static void
bind_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  GtkWidget *label = gtk_list_item_get_child (list_item);

  oh_names_from_within (gtk_widget_get_parent (label));
  gtk_label_set_text (GTK_LABEL (label), gtk_string_object_get_string (gtk_list_item_get_item (list_item)));
}

GtkWidget *
oh_body_view_hex_new (GBytes *data)
{
  OhHexModel *model = g_object_new (OH_TYPE_HEX_MODEL, NULL);
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *list;

  model->data = g_bytes_ref (data);
  g_signal_connect (factory, "setup", G_CALLBACK (setup_row), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_row), NULL);
  list = gtk_list_view_new (GTK_SELECTION_MODEL (gtk_no_selection_new (G_LIST_MODEL (model))), factory);
  gtk_widget_add_css_class (list, "compact-rows");
  gtk_accessible_update_property (GTK_ACCESSIBLE (list), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Bytes"), -1);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), list);
  gtk_widget_set_vexpand (scroller, TRUE);
  return scroller;
}

char *
oh_body_view_hex_row (GBytes *data, gsize row)
{
  gsize size;
  const guchar *bytes = g_bytes_get_data (data, &size);
  gsize from = row * ROW;
  GString *line;

  g_return_val_if_fail (from < size, NULL);

  line = g_string_sized_new (80);
  g_string_append_printf (line, "%08" G_GINT64_MODIFIER "x ", (guint64) from);
  for (gsize i = 0; i < ROW; i++)
    if (from + i < size)
      g_string_append_printf (line, "%s%02x", i == ROW / 2 ? "  " : " ", bytes[from + i]);
    else
      g_string_append (line, i == ROW / 2 ? "    " : "   ");
  g_string_append (line, "  ");
  for (gsize i = from; i < MIN (from + ROW, size); i++)
    g_string_append_c (line, g_ascii_isprint (bytes[i]) ? (char) bytes[i] : '.');
  return g_string_free (line, FALSE);
}
