/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-status-pill.h"

struct _OhStatusPill
{
  GtkWidget parent_instance;

  GtkImage *icon;
  GtkLabel *label;
  OhStatusKind kind;
};

G_DEFINE_FINAL_TYPE (OhStatusPill, oh_status_pill, GTK_TYPE_WIDGET)

/* By kind: the shape says what the colour says. */
static const struct
{
  const char *css;
  const char *icon;
} kinds[] = {
  [OH_STATUS_BUSY] = { "busy", "oh-busy-symbolic" },
  [OH_STATUS_GOOD] = { "good", "oh-good-symbolic" },
  [OH_STATUS_WARNING] = { "warning", "oh-warning-symbolic" },
  [OH_STATUS_BAD] = { "bad", "oh-bad-symbolic" },
  [OH_STATUS_NEUTRAL] = { "neutral", "oh-neutral-symbolic" },
};

static void
oh_status_pill_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))) != NULL)
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (oh_status_pill_parent_class)->dispose (object);
}

static void
oh_status_pill_class_init (OhStatusPillClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_status_pill_dispose;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "statuspill");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
oh_status_pill_init (OhStatusPill *self)
{
  self->icon = GTK_IMAGE (gtk_image_new ());
  self->label = GTK_LABEL (gtk_label_new (NULL));
  gtk_widget_add_css_class (GTK_WIDGET (self->label), "numeric");
  gtk_widget_set_parent (GTK_WIDGET (self->icon), GTK_WIDGET (self));
  gtk_widget_set_parent (GTK_WIDGET (self->label), GTK_WIDGET (self));
  gtk_widget_set_halign (GTK_WIDGET (self), GTK_ALIGN_START);
  gtk_widget_set_valign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
  self->kind = OH_STATUS_NEUTRAL;
  gtk_widget_add_css_class (GTK_WIDGET (self), kinds[self->kind].css);
  gtk_image_set_from_icon_name (self->icon, kinds[self->kind].icon);
}

GtkWidget *
oh_status_pill_new (void)
{
  return g_object_new (OH_TYPE_STATUS_PILL, NULL);
}

void
oh_status_pill_set (OhStatusPill *self, OhStatusKind kind, const char *text)
{
  g_return_if_fail (OH_IS_STATUS_PILL (self));

  if (kind != self->kind)
    {
      gtk_widget_remove_css_class (GTK_WIDGET (self), kinds[self->kind].css);
      gtk_widget_add_css_class (GTK_WIDGET (self), kinds[kind].css);
      gtk_image_set_from_icon_name (self->icon, kinds[kind].icon);
      self->kind = kind;
    }
  /* A label that is given what it has would all the same have everything around it measured anew. */
  if (g_strcmp0 (text != NULL ? text : "", gtk_label_get_label (self->label)) != 0)
    gtk_label_set_label (self->label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->label), text != NULL);
}

void
oh_status_pill_set_icon (OhStatusPill *self, const char *icon_name)
{
  g_return_if_fail (OH_IS_STATUS_PILL (self));

  gtk_image_set_from_icon_name (self->icon, icon_name);
}
