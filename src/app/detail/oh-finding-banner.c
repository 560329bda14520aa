/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-finding-banner.h"

#include "oh-cause.h"
#include "oh-items.h"

#include <glib/gi18n.h>

struct _OhFindingBanner
{
  AdwBin parent_instance;

  GtkWidget *box;
  GtkImage *icon;
  GtkLabel *label;
  GtkWidget *show_button;

  OhEngine *engine;
  gint64 exchange_id;
  OhNotice *notice;
};

G_DEFINE_FINAL_TYPE (OhFindingBanner, oh_finding_banner, ADW_TYPE_BIN)

/* The worst that is not muted, or NULL. (transfer full) */
static OhNotice *
find_notice (OhFindingBanner *self)
{
  g_autoptr (GPtrArray) notices = NULL;
  OhNotice *worst = NULL;

  if (self->engine == NULL || self->exchange_id == 0)
    return NULL;
  notices = oh_store_reader_get_notices_of (oh_engine_get_reader (self->engine), self->exchange_id);
  for (guint i = 0; i < notices->len; i++)
    {
      OhNotice *notice = g_ptr_array_index (notices, i);

      if (!notice->muted && (worst == NULL || oh_cause_compare (notice, worst) < 0))
        worst = notice;
    }
  return worst == NULL ? NULL : oh_notice_ref (worst);
}

static gboolean
is_same (const OhNotice *a, const OhNotice *b)
{
  return a == b
         || (a != NULL && b != NULL && a->id == b->id && g_strcmp0 (a->saying, b->saying) == 0
             && a->exchange_ids->len == b->exchange_ids->len);
}

static void
update (OhFindingBanner *self)
{
  g_autoptr (OhNotice) notice = find_notice (self);
  g_autofree char *said = NULL;

  if (is_same (notice, self->notice))
    return;
  g_clear_pointer (&self->notice, oh_notice_unref);
  self->notice = g_steal_pointer (&notice);
  gtk_widget_set_visible (GTK_WIDGET (self), self->notice != NULL);
  if (self->notice == NULL)
    return;
  said = oh_saying_tell (self->notice->saying);
  gtk_label_set_label (self->label, said);
  gtk_image_set_from_icon_name (self->icon, self->notice->severity > 0 ? "dialog-warning-symbolic"
                                                                       : "dialog-information-symbolic");
  if (self->notice->severity > 0)
    gtk_widget_add_css_class (self->box, "error");
  else
    gtk_widget_remove_css_class (self->box, "error");
  gtk_widget_set_visible (self->show_button, self->notice->exchange_ids->len > 1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, said, -1);
}

/* The one after this one, and after the last the first. */
static void
on_show (OhFindingBanner *self)
{
  const GArray *ids = self->notice->exchange_ids;
  guint next = 0;

  for (guint i = 0; i < ids->len; i++)
    if (g_array_index (ids, gint64, i) == self->exchange_id)
      next = (i + 1) % ids->len;
  gtk_widget_activate_action (GTK_WIDGET (self), "exchange.select", "x", g_array_index (ids, gint64, next));
}

static void
on_mute (OhFindingBanner *self)
{
  oh_engine_set_muted (self->engine, self->notice->id, TRUE);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

static void
oh_finding_banner_dispose (GObject *object)
{
  OhFindingBanner *self = OH_FINDING_BANNER (object);

  oh_finding_banner_set_exchange (self, NULL, 0);
  G_OBJECT_CLASS (oh_finding_banner_parent_class)->dispose (object);
}

static void
oh_finding_banner_class_init (OhFindingBannerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_finding_banner_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-finding-banner.ui");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_bind_template_child (widget_class, OhFindingBanner, box);
  gtk_widget_class_bind_template_child (widget_class, OhFindingBanner, icon);
  gtk_widget_class_bind_template_child (widget_class, OhFindingBanner, label);
  gtk_widget_class_bind_template_child (widget_class, OhFindingBanner, show_button);
  gtk_widget_class_bind_template_callback (widget_class, on_show);
  gtk_widget_class_bind_template_callback (widget_class, on_mute);
}

static void
oh_finding_banner_init (OhFindingBanner *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
oh_finding_banner_set_exchange (OhFindingBanner *self, OhEngine *engine, gint64 exchange_id)
{
  g_return_if_fail (OH_IS_FINDING_BANNER (self));
  g_return_if_fail (engine != NULL || exchange_id == 0);

  oh_follow (&self->engine, engine, "changed", G_CALLBACK (update), self);
  self->exchange_id = exchange_id;
  update (self);
}
