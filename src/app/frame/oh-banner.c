/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-banner.h"

struct _OhBanner
{
  AdwBin parent_instance;

  GtkRevealer *revealer;
  GtkWidget *box;
  GtkImage *icon;
  GtkLabel *label;
};

G_DEFINE_FINAL_TYPE (OhBanner, oh_banner, ADW_TYPE_BIN)

static void
oh_banner_class_init (OhBannerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-banner.ui");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_ALERT);
  gtk_widget_class_bind_template_child (widget_class, OhBanner, revealer);
  gtk_widget_class_bind_template_child (widget_class, OhBanner, box);
  gtk_widget_class_bind_template_child (widget_class, OhBanner, icon);
  gtk_widget_class_bind_template_child (widget_class, OhBanner, label);
  gtk_widget_class_bind_template_callback (widget_class, oh_banner_hide);
}

static void
oh_banner_init (OhBanner *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
oh_banner_show (OhBanner *self, const char *title, const char *text, gboolean error)
{
  g_autofree char *markup = NULL;
  g_autofree char *plain = NULL;

  g_return_if_fail (OH_IS_BANNER (self));
  g_return_if_fail (text != NULL);

  if (title != NULL)
    markup = g_markup_printf_escaped ("<b>%s</b>  %s", title, text);
  else
    markup = g_markup_escape_text (text, -1);
  plain = title != NULL ? g_strdup_printf ("%s %s", title, text) : g_strdup (text);
  gtk_label_set_markup (self->label, markup);
  gtk_image_set_from_icon_name (self->icon, error ? "dialog-warning-symbolic" : "dialog-information-symbolic");
  if (error)
    gtk_widget_add_css_class (self->box, "error");
  else
    gtk_widget_remove_css_class (self->box, "error");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, plain, -1);
  gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
  gtk_revealer_set_reveal_child (self->revealer, TRUE);
}

void
oh_banner_hide (OhBanner *self)
{
  g_return_if_fail (OH_IS_BANNER (self));

  /* Not only folded: what is not there must not be read out. */
  gtk_revealer_set_reveal_child (self->revealer, FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}
