/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-names.h"

#include <adwaita.h>

static GList *
add_labels (GtkWidget *widget, GList *labels)
{
  if (GTK_IS_LABEL (widget))
    return g_list_append (labels, widget);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    labels = add_labels (child, labels);
  return labels;
}

/* @from: the labels in it give the name */
static void
name_from (GtkWidget *widget, GtkWidget *from)
{
  const GtkAccessibleRelation relation = GTK_ACCESSIBLE_RELATION_LABELLED_BY;
  g_auto (GValue) value = G_VALUE_INIT;

  gtk_accessible_relation_init_value (relation, &value);
  g_value_set_pointer (&value, add_labels (from, NULL));
  gtk_accessible_update_relation_value (GTK_ACCESSIBLE (widget), 1, (GtkAccessibleRelation[]) { relation }, &value);
}

static gboolean
has_name (GtkWidget *widget)
{
  return gtk_test_accessible_has_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL)
         || gtk_test_accessible_has_relation (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
}

/* A row without a name, and what is in a row, are called by the row's title. libadwaita has a switch named by its row, which
 * has no name of its own that could be taken: that is no name. */
static void
name_by_row (GtkWidget *widget)
{
  GtkAccessible *accessible = GTK_ACCESSIBLE (widget);
  GtkWidget *row = gtk_widget_get_ancestor (widget, ADW_TYPE_PREFERENCES_ROW);
  const char *title = row != NULL ? adw_preferences_row_get_title (ADW_PREFERENCES_ROW (row)) : "";

  if (*title != '\0' && !gtk_test_accessible_has_property (accessible, GTK_ACCESSIBLE_PROPERTY_LABEL)
      && (widget != row || !has_name (widget)))
    gtk_accessible_update_property (accessible, GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
}

/* Being mapped is late enough for all that its makers said of it. */
static gboolean
on_map (GSignalInvocationHint *hint, guint n_values, const GValue *values, gpointer data)
{
  GtkWidget *widget = g_value_get_object (values);

  if (GTK_IS_IMAGE (widget) && !has_name (widget))
    gtk_accessible_update_state (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_STATE_HIDDEN, TRUE, -1);
  else if (GTK_IS_EXPANDER (widget) && !has_name (widget))
    name_from (widget, gtk_expander_get_label_widget (GTK_EXPANDER (widget)));
  else if (GTK_IS_DROP_DOWN (widget))
    gtk_accessible_update_relation (GTK_ACCESSIBLE (gtk_widget_get_first_child (widget)),
                                    GTK_ACCESSIBLE_RELATION_LABELLED_BY, widget, NULL, -1);
  else if (ADW_IS_PREFERENCES_ROW (widget) || GTK_IS_SWITCH (widget) || GTK_IS_SPIN_BUTTON (widget))
    name_by_row (widget);
  else if (GTK_IS_TOGGLE_BUTTON (widget) && gtk_widget_get_ancestor (widget, GTK_TYPE_SHORTCUTS_WINDOW) != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    g_dgettext ("gtk40", "Search"), -1);
  /* Its label is a relation already, and the same again as a property, with the underscore. */
  else if (GTK_IS_BUTTON (widget) && gtk_button_get_use_underline (GTK_BUTTON (widget)))
    gtk_accessible_reset_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL);
  return G_SOURCE_CONTINUE;
}

void
oh_names_begin (void)
{
  g_type_class_unref (g_type_class_ref (GTK_TYPE_WIDGET)); /* has its signals made */
  g_signal_add_emission_hook (g_signal_lookup ("map", GTK_TYPE_WIDGET), 0, on_map, NULL, NULL);
}

void
oh_names_from_within (GtkWidget *widget)
{
  g_return_if_fail (GTK_IS_WIDGET (widget));

  name_from (widget, widget);
}
