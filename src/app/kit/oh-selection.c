/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-selection.h"

struct _OhSelection
{
  GObject parent_instance;

  GListModel *model; /* or NULL */
  GtkBitset *selected;
  guint cursor;      /* one of them, or GTK_INVALID_LIST_POSITION where there are none */
  gboolean changing; /* rows come and go */
};

enum
{
  PROP_0,
  PROP_CURSOR,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

static void oh_selection_list_init (GListModelInterface *iface);
static void oh_selection_model_init (GtkSelectionModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhSelection, oh_selection, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, oh_selection_list_init)
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SELECTION_MODEL, oh_selection_model_init))

static GType
oh_selection_get_item_type (GListModel *model)
{
  OhSelection *self = OH_SELECTION (model);

  return self->model != NULL ? g_list_model_get_item_type (self->model) : G_TYPE_OBJECT;
}

static guint
oh_selection_get_n_items (GListModel *model)
{
  OhSelection *self = OH_SELECTION (model);

  return self->model != NULL ? g_list_model_get_n_items (self->model) : 0;
}

static gpointer
oh_selection_get_item (GListModel *model, guint position)
{
  OhSelection *self = OH_SELECTION (model);

  return self->model != NULL ? g_list_model_get_item (self->model, position) : NULL;
}

static void
oh_selection_list_init (GListModelInterface *iface)
{
  iface->get_item_type = oh_selection_get_item_type;
  iface->get_n_items = oh_selection_get_n_items;
  iface->get_item = oh_selection_get_item;
}

static void
move_cursor (OhSelection *self, guint cursor)
{
  if (cursor == self->cursor)
    return;
  self->cursor = cursor;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CURSOR]);
}

/* The selected row next to where the cursor was, towards the beginning where there is one. */
static guint
find_near (OhSelection *self, guint position)
{
  GtkBitsetIter iter;
  guint found;

  if (gtk_bitset_iter_init_at (&iter, self->selected, position, &found) && found == position)
    return found;
  if (gtk_bitset_is_empty (self->selected))
    return GTK_INVALID_LIST_POSITION;
  if (gtk_bitset_get_minimum (self->selected) > position)
    return gtk_bitset_get_minimum (self->selected);
  if (gtk_bitset_get_maximum (self->selected) < position)
    return gtk_bitset_get_maximum (self->selected);
  gtk_bitset_iter_init_at (&iter, self->selected, position, &found);
  return gtk_bitset_iter_previous (&iter, &found) ? found : gtk_bitset_get_minimum (self->selected);
}

static void
on_items_changed (OhSelection *self, guint position, guint removed, guint added)
{
  guint cursor = self->cursor;

  gtk_bitset_splice (self->selected, position, removed, added);
  if (cursor != GTK_INVALID_LIST_POSITION && cursor >= position + removed)
    cursor += added - removed;
  else if (cursor != GTK_INVALID_LIST_POSITION && cursor >= position)
    cursor = find_near (self, position);
  self->changing = TRUE;
  g_list_model_items_changed (G_LIST_MODEL (self), position, removed, added);
  move_cursor (self, cursor);
  self->changing = FALSE;
}

/* ---- GtkSelectionModel: what it has by default is made of these ---- */

static gboolean
oh_selection_is_selected (GtkSelectionModel *model, guint position)
{
  return gtk_bitset_contains (OH_SELECTION (model)->selected, position);
}

static GtkBitset *
oh_selection_get_selection_in_range (GtkSelectionModel *model, guint position, guint n_items)
{
  return gtk_bitset_ref (OH_SELECTION (model)->selected);
}

static gboolean
oh_selection_set_selection (GtkSelectionModel *model, GtkBitset *selected, GtkBitset *mask)
{
  OhSelection *self = OH_SELECTION (model);
  g_autoptr (GtkBitset) changed = gtk_bitset_copy (self->selected);
  g_autoptr (GtkBitset) fresh = NULL;
  guint cursor = self->cursor;

  gtk_bitset_difference (changed, selected);
  gtk_bitset_intersect (changed, mask);
  if (gtk_bitset_is_empty (changed))
    return TRUE;
  fresh = gtk_bitset_copy (changed);
  gtk_bitset_intersect (fresh, selected);
  gtk_bitset_difference (self->selected, changed);
  /* Of a range, what was looked at before it was drawn stays. */
  if (gtk_bitset_get_size (fresh) == 1 || !gtk_bitset_contains (self->selected, cursor))
    cursor = gtk_bitset_is_empty (fresh) ? find_near (self, cursor) : gtk_bitset_get_maximum (fresh);
  gtk_selection_model_selection_changed (model, gtk_bitset_get_minimum (changed),
                                         gtk_bitset_get_maximum (changed) - gtk_bitset_get_minimum (changed) + 1);
  move_cursor (self, cursor);
  return TRUE;
}

static void
oh_selection_model_init (GtkSelectionModelInterface *iface)
{
  iface->is_selected = oh_selection_is_selected;
  iface->get_selection_in_range = oh_selection_get_selection_in_range;
  iface->set_selection = oh_selection_set_selection;
}

/* ---- */

static void
oh_selection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_CURSOR)
    g_value_set_uint (value, OH_SELECTION (object)->cursor);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
oh_selection_dispose (GObject *object)
{
  OhSelection *self = OH_SELECTION (object);

  if (self->model != NULL)
    g_signal_handlers_disconnect_by_data (self->model, self);
  g_clear_object (&self->model);
  G_OBJECT_CLASS (oh_selection_parent_class)->dispose (object);
}

static void
oh_selection_finalize (GObject *object)
{
  gtk_bitset_unref (OH_SELECTION (object)->selected);
  G_OBJECT_CLASS (oh_selection_parent_class)->finalize (object);
}

static void
oh_selection_class_init (OhSelectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = oh_selection_get_property;
  object_class->dispose = oh_selection_dispose;
  object_class->finalize = oh_selection_finalize;
  properties[PROP_CURSOR] = g_param_spec_uint ("cursor", NULL, NULL, 0, G_MAXUINT, GTK_INVALID_LIST_POSITION,
                                               G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
oh_selection_init (OhSelection *self)
{
  self->selected = gtk_bitset_new_empty ();
  self->cursor = GTK_INVALID_LIST_POSITION;
}

OhSelection *
oh_selection_new (void)
{
  return g_object_new (OH_TYPE_SELECTION, NULL);
}

void
oh_selection_set_model (OhSelection *self, GListModel *model)
{
  guint before;

  g_return_if_fail (OH_IS_SELECTION (self));

  before = oh_selection_get_n_items (G_LIST_MODEL (self));
  if (self->model != NULL)
    g_signal_handlers_disconnect_by_data (self->model, self);
  g_set_object (&self->model, model);
  if (model != NULL)
    g_signal_connect_swapped (model, "items-changed", G_CALLBACK (on_items_changed), self);
  on_items_changed (self, 0, before, oh_selection_get_n_items (G_LIST_MODEL (self)));
}

guint
oh_selection_get_cursor (OhSelection *self)
{
  g_return_val_if_fail (OH_IS_SELECTION (self), GTK_INVALID_LIST_POSITION);

  return self->cursor;
}

gboolean
oh_selection_is_changing (OhSelection *self)
{
  g_return_val_if_fail (OH_IS_SELECTION (self), FALSE);

  return self->changing;
}

void
oh_selection_set_cursor (OhSelection *self, guint position)
{
  g_return_if_fail (OH_IS_SELECTION (self));

  if (position < oh_selection_get_n_items (G_LIST_MODEL (self)))
    gtk_selection_model_select_item (GTK_SELECTION_MODEL (self), position, TRUE);
  else
    gtk_selection_model_unselect_all (GTK_SELECTION_MODEL (self));
}
