/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-help.h"

/* The guide for viewers of help, and the same as web pages. */
#define INSTALLED OH_DATADIR "/help/C/overhear/"
#define BUILT OH_BUILD_ROOT "/help/"

static gboolean
is_built (void)
{
  g_autofree char *executable = g_file_read_link ("/proc/self/exe", NULL);

  return executable != NULL && g_str_has_prefix (executable, OH_BUILD_ROOT "/");
}

/* (transfer full): as a link that a viewer of help opens; NULL where there is none, or the guide is not where it looks. */
static char *
get_help_link (const char *page)
{
  g_autoptr (GAppInfo) viewer = g_app_info_get_default_for_uri_scheme ("help");

  if (viewer == NULL || is_built () || !g_file_test (INSTALLED "index.page", G_FILE_TEST_EXISTS))
    return NULL;
  return page == NULL ? g_strdup ("help:overhear") : g_strdup_printf ("help:overhear/%s", page);
}

static char *
get_web_link (const char *page)
{
  g_autofree char *name = g_strconcat (is_built () ? BUILT : INSTALLED, page != NULL ? page : "index", ".html", NULL);

  if (page != NULL && !g_file_test (name, G_FILE_TEST_EXISTS))
    return get_web_link (NULL);
  return g_filename_to_uri (name, NULL, NULL);
}

void
oh_help_show (GtkWindow *window, const char *page)
{
  g_autofree char *link = get_help_link (page);

  g_return_if_fail (window == NULL || GTK_IS_WINDOW (window));

  if (link == NULL)
    link = get_web_link (page);
  gtk_show_uri (window, link, GDK_CURRENT_TIME);
}
