/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-application.h"

#include "oh-window.h"

#include <glib/gi18n.h>

struct _OhApplication
{
  AdwApplication parent_instance;
};

G_DEFINE_FINAL_TYPE (OhApplication, oh_application, ADW_TYPE_APPLICATION)

static void
oh_application_activate (GApplication *application)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (application));

  if (window == NULL)
    window = GTK_WINDOW (oh_window_new (OH_APPLICATION (application)));
  gtk_window_present (window);
}

static void
oh_application_class_init (OhApplicationClass *klass)
{
  G_APPLICATION_CLASS (klass)->activate = oh_application_activate;
}

static void
oh_application_init (OhApplication *self)
{
}

OhApplication *
oh_application_new (void)
{
  return g_object_new (OH_TYPE_APPLICATION,
                       "application-id", OH_APP_ID,
                       "resource-base-path", "/org/overhear/Overhear",
                       NULL);
}
