/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-program-icon.h"

#include <gio/gdesktopappinfo.h>

#define ANY "application-x-executable-symbolic"

/* Id → GIcon of what was looked for. Few programs talk to APIs. */
static GHashTable *icons;

static void
load_in_thread (GTask *task, gpointer image, gpointer desktop, GCancellable *cancellable)
{
  g_autofree char *id = g_strconcat (desktop, ".desktop", NULL);
  g_autoptr (GDesktopAppInfo) app = g_desktop_app_info_new (id);
  GIcon *icon = app != NULL ? g_app_info_get_icon (G_APP_INFO (app)) : NULL;

  g_task_return_pointer (task, icon != NULL ? g_object_ref (icon) : NULL, g_object_unref);
}

static void
on_loaded (GObject *image, GAsyncResult *result, gpointer data)
{
  const char *desktop = g_task_get_task_data (G_TASK (result));
  GIcon *icon = g_task_propagate_pointer (G_TASK (result), NULL);

  if (icon == NULL)
    icon = g_themed_icon_new (ANY);
  g_hash_table_replace (icons, g_strdup (desktop), icon);
  /* It may show another by now. */
  if (g_strcmp0 (g_object_get_data (image, "desktop"), desktop) == 0)
    gtk_image_set_from_gicon (GTK_IMAGE (image), icon);
}

void
oh_program_icon_show (GtkImage *image, const char *desktop)
{
  GIcon *icon;

  g_return_if_fail (GTK_IS_IMAGE (image));

  if (icons == NULL)
    icons = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  icon = desktop != NULL ? g_hash_table_lookup (icons, desktop) : NULL;
  g_object_set_data_full (G_OBJECT (image), "desktop", g_strdup (desktop), g_free);
  if (icon != NULL)
    gtk_image_set_from_gicon (image, icon);
  else
    gtk_image_set_from_icon_name (image, ANY);
  if (icon == NULL && desktop != NULL)
    {
      g_autoptr (GTask) task = g_task_new (image, NULL, on_loaded, NULL);

      g_task_set_task_data (task, g_strdup (desktop), g_free);
      g_task_run_in_thread (task, load_in_thread);
    }
}
