/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-change-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* Settings that are text in a file: KDE's, and those of programs. A file that is still as we wrote it gets all of its
 * former bytes back; in one that somebody has written to since, only our keys are undone. */

#define KDE_GROUP "Proxy Settings"
#define FILE_MAX (4 * 1024 * 1024)

typedef struct
{
  char *(*get) (const char *text, const char *key);
  char *(*set) (const char *text, const char *key, const char *value);
  char *(*tidy) (const char *text, const char *before);
} Format;

/* ---- changes ------------------------------------------------------------------------------------------------------- */

static gboolean
refuse_file (const char *path, GError **error)
{
  g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_UNSUPPORTED,
               _ ("“%s” is not written as Overhear knows it, and stays as it is."), path);
  return FALSE;
}

/* Adds the change of all of the file, and behind it those of its keys. @pairs: key, value, …, NULL */
static gboolean
plan_file (const char *backend, const Format *format, const char *path, const char *const *pairs, GPtrArray *changes,
           GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (GBytes) before = oh_file_read (path, &problem);
  g_autofree char *text = oh_change_text (before);
  g_autofree char *ours = g_strdup (text);
  OhChange *all;

  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (before != NULL && g_bytes_get_size (before) > FILE_MAX)
    {
      g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_UNSUPPORTED, _ ("“%s” is larger than 4 MB."), path);
      return FALSE;
    }
  /* With a nul in it, it is no text. */
  if (before != NULL && strlen (text) < g_bytes_get_size (before))
    return refuse_file (path, error);
  all = oh_change_new (backend, path, "", before != NULL ? g_bytes_ref (before) : NULL, NULL);
  oh_file_stat (path, &all->stat);
  g_ptr_array_add (changes, all);
  for (; *pairs != NULL; pairs += 2)
    {
      g_autofree char *was = format->get (text, pairs[0]);
      char *next = format->set (ours, pairs[0], pairs[1]);

      if (next == NULL)
        return refuse_file (path, error);
      g_free (ours);
      ours = next;
      g_ptr_array_add (changes, oh_change_new (backend, path, pairs[0], oh_change_bytes (was), oh_change_bytes (pairs[1])));
    }
  all->ours = oh_change_bytes (ours);
  return TRUE;
}

static gboolean
apply_file (GPtrArray *changes, GError **error)
{
  const OhChange *all = changes->pdata[0];
  g_autoptr (GBytes) now = oh_file_read (all->where, NULL);

  if (!oh_change_same (now, all->before))
    {
      g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_FAILED, _ ("“%s” is being changed by another program just now."),
                   all->where);
      return FALSE;
    }
  return oh_file_replace (all->where, all->ours, NULL, error);
}

/* Our keys alone, in a text that somebody has written to since. (transfer full) (nullable): where there is none */
static char *
undo_keys (const Format *format, GPtrArray *changes, const char *now, GPtrArray *kept)
{
  const OhChange *all = changes->pdata[0];
  g_autofree char *before = oh_change_text (all->before);
  g_autofree char *text = g_strdup (now);

  /* Whoever has removed it meant that. */
  for (guint i = 1; text != NULL && i < changes->len; i++)
    {
      const OhChange *change = changes->pdata[i];
      g_autofree char *was = oh_change_text (change->before);
      g_autofree char *ours = oh_change_text (change->ours);
      g_autofree char *is = format->get (text, change->key);
      char *next = NULL;

      if (g_strcmp0 (is, was) == 0)
        continue;
      if (g_strcmp0 (is, ours) == 0)
        next = format->set (text, change->key, was);
      if (next == NULL)
        g_ptr_array_add (kept, g_strdup_printf ("%s: %s", all->where, change->key));
      else
        {
          g_free (text);
          text = next;
        }
    }
  return text != NULL ? format->tidy (text, before) : NULL;
}

static gboolean
restore_file (const Format *format, GPtrArray *changes, GPtrArray *kept, GError **error)
{
  const OhChange *all = changes->pdata[0];
  const gboolean torn = oh_file_clear_draft (all->where);
  g_autoptr (GError) problem = NULL;
  g_autoptr (GBytes) now = oh_file_read (all->where, &problem);
  g_autofree char *text = NULL;
  g_autofree char *undone = NULL;
  g_autoptr (GBytes) mended = NULL;

  /* Somebody has put something else there. */
  if (g_error_matches (problem, G_FILE_ERROR, G_FILE_ERROR_ISDIR))
    {
      g_ptr_array_add (kept, g_strdup (all->where));
      return TRUE;
    }
  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  /* Where there was no file, its folder may still be left. */
  if (oh_change_same (now, all->before) && all->before != NULL)
    return TRUE;
  if (torn || oh_change_same (now, all->before) || oh_change_same (now, all->ours))
    return oh_file_replace (all->where, all->before, &all->stat, error);
  text = oh_change_text (now);
  undone = undo_keys (format, changes, text, kept);
  mended = oh_change_bytes (undone);
  return oh_change_same (now, mended) || oh_file_replace (all->where, mended, NULL, error);
}

/* ---- KDE ----------------------------------------------------------------------------------------------------------- */

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

static const Format kde = { get_kde, set_kde, tidy_kde };

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
  g_autoptr (GError) problem = NULL; /* plan_file() meets it, too */
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
  return plan_file (oh_backend_kde.name, &kde, path, plan->mode == OH_DESKTOP_AUTO ? automatic : manual, changes, error);
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
  if (!apply_file (changes, error))
    return FALSE;
  tell_kde ();
  return TRUE;
}

static gboolean
restore_kde (GPtrArray *changes, GPtrArray *kept, GError **error)
{
  const gboolean fine = restore_file (&kde, changes, kept, error);

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

/* ---- Claude Code --------------------------------------------------------------------------------------------------- */

static const Format json_env = { oh_json_env_get, oh_json_env_set, oh_json_env_tidy };

/* As JSON. (transfer full) */
static char *
quote (const char *text)
{
  GString *out = g_string_new ("\"");

  for (; *text != '\0'; text++)
    if (*text == '"' || *text == '\\')
      g_string_append_printf (out, "\\%c", *text);
    else if ((guchar) *text < 0x20)
      g_string_append_printf (out, "\\u%04x", (guchar) *text);
    else
      g_string_append_c (out, *text);
  g_string_append_c (out, '"');
  return g_string_free (out, FALSE);
}

/* A string of JSON, as it is written. (transfer full) (nullable): it is none */
static char *
unquote (const char *text)
{
  static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  g_autoptr (GString) out = g_string_new (NULL);

  if (*text++ != '"')
    return NULL;
  for (; *text != '"' && *text != '\0'; text++)
    {
      const char *known;

      if (*text != '\\')
        {
          g_string_append_c (out, *text);
          continue;
        }
      text++;
      known = *text != '\0' ? strchr (escapes, *text) : NULL;
      if (known != NULL)
        g_string_append_c (out, meant[known - escapes]);
      else if (*text == 'u' && strlen (text) > 4)
        {
          g_autofree char *digits = g_strndup (text + 1, 4);

          g_string_append_unichar (out, (gunichar) g_ascii_strtoull (digits, NULL, 16));
          text += 4;
        }
      else
        return NULL;
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* What the file gives to its programs of what we would. (transfer full) */
static char **
read_claude (const char *path, const OhDesktopPlan *plan)
{
  g_autoptr (GBytes) bytes = oh_file_read (path, NULL);
  g_autofree char *text = oh_change_text (bytes);
  char **own = g_new0 (char *, 1);

  for (const char *const *line = plan->environment; *line != NULL; line++)
    {
      g_autofree char *name = g_strndup (*line, strcspn (*line, "="));
      g_autofree char *member = oh_json_env_get (text, name);
      g_autofree char *value = member != NULL ? unquote (member) : NULL;

      if (value != NULL)
        own = g_environ_setenv (own, name, value, TRUE);
    }
  return own;
}

/* Its background agents and other daemons inherit no shell: its own settings are the only way to them. */
static gboolean
plan_claude (const OhDesktopPlan *plan, const char *url, GPtrArray *changes, GError **error)
{
  static const struct
  {
    const char *name;
    gboolean always; /* else where the file has it: it would come before the other one */
  } wanted[] = { { "HTTPS_PROXY", TRUE }, { "https_proxy", FALSE }, { "NO_PROXY", TRUE }, { "no_proxy", FALSE },
                 { "NODE_EXTRA_CA_CERTS", TRUE } };
  const char *folder = g_getenv ("CLAUDE_CONFIG_DIR");
  g_autofree char *path = folder != NULL && *folder != '\0'
                              ? g_build_filename (folder, "settings.json", NULL)
                              : g_build_filename (g_get_home_dir (), ".claude", "settings.json", NULL);
  g_autofree char *whole = g_canonicalize_filename (path, NULL);
  g_autoptr (GPtrArray) pairs = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) own = NULL;
  g_auto (GStrv) given = NULL;

  if (!plan->claude || plan->environment == NULL)
    return TRUE;
  own = read_claude (whole, plan);
  given = oh_change_adapt (plan, own, error);
  if (given == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      const char *value = g_environ_getenv (given, wanted[i].name);

      if (value == NULL || (!wanted[i].always && g_environ_getenv (own, wanted[i].name) == NULL))
        continue;
      g_ptr_array_add (pairs, g_strdup (wanted[i].name));
      g_ptr_array_add (pairs, quote (value));
    }
  g_ptr_array_add (pairs, NULL);
  return plan_file (oh_backend_claude.name, &json_env, whole, (const char *const *) pairs->pdata, changes, error);
}

static gboolean
restore_claude (GPtrArray *changes, GPtrArray *kept, GError **error)
{
  return restore_file (&json_env, changes, kept, error);
}

const OhBackend oh_backend_claude = {
  .name = "claude",
  .words = N_ ("Claude Code's own settings"),
  .plan = plan_claude,
  .apply = apply_file,
  .restore = restore_claude,
};
