/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-detail.h"

struct _OhDetail
{
  AdwBin parent_instance;

  OhEngine *engine;
  gint64 exchange_id;
  char *page;
};

G_DEFINE_FINAL_TYPE (OhDetail, oh_detail, ADW_TYPE_BIN)

static void
oh_detail_finalize (GObject *object)
{
  OhDetail *self = OH_DETAIL (object);

  g_free (self->page);
  G_OBJECT_CLASS (oh_detail_parent_class)->finalize (object);
}

static void
oh_detail_class_init (OhDetailClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_detail_finalize;
  gtk_widget_class_set_template_from_resource (GTK_WIDGET_CLASS (klass), "/org/overhear/Overhear/oh-detail.ui");
}

static void
oh_detail_init (OhDetail *self)
{
  self->page = g_strdup ("conversation");
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
oh_detail_new (void)
{
  return g_object_new (OH_TYPE_DETAIL, NULL);
}

void
oh_detail_set_exchange (OhDetail *self, OhEngine *engine, gint64 exchange_id)
{
  g_return_if_fail (OH_IS_DETAIL (self));

  self->engine = engine;
  self->exchange_id = exchange_id;
}

const char *
oh_detail_get_page (OhDetail *self)
{
  g_return_val_if_fail (OH_IS_DETAIL (self), NULL);

  return self->page;
}

void
oh_detail_set_page (OhDetail *self, const char *page)
{
  g_return_if_fail (OH_IS_DETAIL (self));

  g_free (self->page);
  self->page = g_strdup (page);
}
