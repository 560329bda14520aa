/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KDE's settings of proxies: the file kioslaverc. */
#include "config.h"
#include "oh-change-private.h"

#include <glib/gi18n.h>
#include <string.h>

#define KDE_GROUP "Proxy Settings"

static char *
get_kde (const char *text, const char *key)
{
  return oh_ini_get (text, KDE_GROUP, key);
}

static char *
set_kde (const char *text, const char *key, const char *value)
{
  return oh_ini_set (text, KDE_GROUP, key, value);
}

static char *
tidy_kde (const char *text, const char *before)
{
  return oh_ini_tidy (text, KDE_GROUP, before);
}

static const OhFileFormat kde = { get_kde, set_kde, tidy_kde };

static char *
get_kde_path (void)
{
  g_autofree char *path = g_build_filename (g_get_user_config_dir (), "kioslaverc", NULL);

  return g_canonicalize_filename (path, NULL);
}

gboolean
oh_kde_is_in_use (void)
{
  const char *desktops = g_getenv ("XDG_CURRENT_DESKTOP");
  g_auto (GStrv) names = g_strsplit (desktops != NULL ? desktops : "", ":", -1);

  return g_strv_contains ((const char *const *) names, "KDE");
}

/* The value of a line. (transfer full) (nullable) */
static char *
read_kde (const char *text, const char *key)
{
  g_autofree char *line = get_kde (text, key);
  const char *equals = line != NULL ? strchr (line, '=') : NULL;

  return equals != NULL ? g_strstrip (g_strdup (equals + 1)) : NULL;
}

/* Whether proxies are written as "http://host:port", as newer versions do; else "http://host port". */
static gboolean
has_colons (const char *text)
{
  static const char *const keys[] = { "httpProxy", "httpsProxy", "ftpProxy", "socksProxy" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *value = read_kde (text, keys[i]);
      const char *host = value != NULL ? strstr (value, "://") : NULL;

      if (host != NULL && strchr (host, ' ') != NULL)
        return FALSE;
      if (host != NULL && strchr (host + 3, ':') != NULL)
        return TRUE;
    }
  return FALSE;
}

/* By whoever administers this computer, or by the file itself. */
static gboolean
is_locked (const char *text)
{
  static const char *const keys[] = { "ProxyType", "Proxy Config Script", "httpProxy", "httpsProxy" };
  const char *const *folders = g_get_system_config_dirs ();
  gboolean locked = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (keys) && !locked; i++)
    {
      locked = text != NULL && oh_ini_is_locked (text, KDE_GROUP, keys[i]);
      for (const char *const *folder = folders; *folder != NULL && !locked; folder++)
        {
          g_autofree char *path = g_build_filename (*folder, "kioslaverc", NULL);
          g_autoptr (GBytes) bytes = oh_file_read (path, NULL);
          g_autofree char *system = oh_change_text (bytes);

          locked = system != NULL && oh_ini_is_locked (system, KDE_GROUP, keys[i]);
        }
    }
  return locked;
}

static gboolean
plan_kde (const OhDesktopPlan *plan, const char *url, GPtrArray *changes, GError **error)
{
  g_autofree char *path = get_kde_path ();
  g_autoptr (GError) problem = NULL; /* oh_change_plan_file() meets it, too */
  g_autoptr (GBytes) bytes = oh_file_read (path, &problem);
  g_autofree char *text = oh_change_text (bytes);
  g_autofree char *script = g_strconcat ("Proxy Config Script=", url, NULL);
  const char gap = has_colons (text) ? ':' : ' ';
  g_autofree char *http = g_strdup_printf ("httpProxy=http://127.0.0.1%c%u", gap, plan->port);
  g_autofree char *https = g_strdup_printf ("httpsProxy=http://127.0.0.1%c%u", gap, plan->port);
  const char *const automatic[] = { "Proxy Config Script", script, "ProxyType", "ProxyType=2", NULL };
  const char *const manual[] = { "httpProxy", http, "httpsProxy", https, "socksProxy", "socksProxy=",
                                 "ProxyType", "ProxyType=1", NULL };

  if (problem == NULL && text == NULL && !oh_kde_is_in_use ())
    return TRUE;
  if (is_locked (text))
    {
      g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_UNSUPPORTED,
                   _ ("The desktop's proxy settings are locked by whoever administers this computer."));
      return FALSE;
    }
  return oh_change_plan_file (oh_backend_kde.name, &kde, path, plan->mode == OH_DESKTOP_AUTO ? automatic : manual, changes, error);
}

/* KDE's programs look into the file again. */
static void
tell_kde (void)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);

  if (bus != NULL
      && g_dbus_connection_emit_signal (bus, NULL, "/KIO/Scheduler", "org.kde.KIO.Scheduler", "reparseSlaveConfiguration",
                                        g_variant_new ("(s)", ""), NULL))
    g_dbus_connection_flush_sync (bus, NULL, NULL);
}

static gboolean
apply_kde (GPtrArray *changes, GError **error)
{
  if (!oh_change_apply_file (changes, error))
    return FALSE;
  tell_kde ();
  return TRUE;
}

static gboolean
restore_kde (GPtrArray *changes, GPtrArray *kept, GError **error)
{
  const gboolean fine = oh_change_restore_file (&kde, changes, kept, error);

  tell_kde ();
  return fine;
}

static gboolean
is_spare_kde (void)
{
  return !oh_kde_is_in_use ();
}

static void
disarm_kde (guint port)
{
  g_autofree char *path = get_kde_path ();
  g_autoptr (GBytes) bytes = oh_file_read (path, NULL);
  g_autofree char *text = oh_change_text (bytes);
  g_autofree char *script = read_kde (text, "Proxy Config Script");
  g_autofree char *type = read_kde (text, "ProxyType");
  g_autofree char *without = NULL;
  g_autofree char *off = NULL;
  g_autoptr (GBytes) mended = NULL;

  if (g_strcmp0 (type, "2") != 0 || !oh_change_is_our_script (script, port))
    return;
  without = set_kde (text, "Proxy Config Script", NULL);
  off = set_kde (without, "ProxyType", "ProxyType=0");
  mended = oh_change_bytes (off);
  if (oh_file_replace (path, mended, NULL, NULL))
    tell_kde ();
}

const OhBackend oh_backend_kde = {
  .name = "kde",
  .words = N_ ("the proxy settings of KDE"),
  .plan = plan_kde,
  .apply = apply_kde,
  .restore = restore_kde,
  .is_spare = is_spare_kde,
  .disarm = disarm_kde,
};

/* "http://host port" or "http://host:port" as a URL. (transfer full) (nullable) */
static char *
read_kde_proxy (const char *text, const char *key)
{
  char *value = read_kde (text, key);

  if (value == NULL || *value == '\0')
    {
      g_free (value);
      return NULL;
    }
  for (char *p = value; *p != '\0'; p++)
    if (*p == ' ')
      *p = ':';
  return value;
}

void
oh_kde_read_before (OhDesktopBefore *before)
{
  g_autofree char *path = get_kde_path ();
  g_autoptr (GBytes) bytes = oh_file_read (path, NULL);
  g_autofree char *text = oh_change_text (bytes);
  g_autofree char *type = read_kde (text, "ProxyType");
  g_autofree char *reversed = read_kde (text, "ReversedException");
  g_autofree char *socks = NULL;

  if (g_strcmp0 (type, "2") == 0)
    {
      g_autofree char *script = read_kde (text, "Proxy Config Script");

      if (script != NULL && *script != '\0')
        before->pac = *script == '/' ? g_filename_to_uri (script, NULL, NULL) : g_steal_pointer (&script);
    }
  else if (g_strcmp0 (type, "3") == 0)
    before->pac = g_strdup ("http://wpad/wpad.dat");
  if (g_strcmp0 (type, "1") != 0 || g_strcmp0 (reversed, "true") == 0)
    return;
  socks = read_kde_proxy (text, "socksProxy");
  before->http = read_kde_proxy (text, "httpProxy");
  before->https = read_kde_proxy (text, "httpsProxy");
  if (before->http == NULL)
    before->http = g_strdup (socks);
  if (before->https == NULL)
    before->https = g_strdup (socks);
  before->no_proxy = read_kde (text, "NoProxyFor");
}
