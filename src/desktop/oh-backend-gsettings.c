/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_SETTINGS_ENABLE_BACKEND
#include "config.h"
#include "oh-change-private.h"

#include <gio/gsettingsbackend.h>
#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>

/* GNOME's settings, by the raw keys of the back-end of GSettings: a value that does not fit the schema, and one that is
 * unset, come back as they were, and all of them change in one step. */

#define SCHEMA "org.gnome.system.proxy"
#define PATH "/system/proxy/"
#define TRIES 3
/* How long dconf's writer may take: it waits for the disk, and may have to be started. */
#define BARRIER_MS 10000
#define WRITER_PATH "/ca/desrt/dconf/Writer/user"
#define DCONF_NAME "ca.desrt.dconf"

/* NULL where this computer has no such settings, or nothing that keeps them. (transfer full) */
static GSettingsBackend *
open_backend (void)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema = source != NULL ? g_settings_schema_source_lookup (source, SCHEMA, TRUE) : NULL;
  g_autoptr (GSettingsBackend) backend = schema != NULL ? g_settings_backend_get_default () : NULL;

  if (backend == NULL || strcmp (G_OBJECT_TYPE_NAME (backend), "GMemorySettingsBackend") == 0)
    return NULL;
  return g_steal_pointer (&backend);
}

static GVariant *
read_raw (GSettingsBackend *backend, const char *path)
{
  static const struct
  {
    const char *key;
    const char *type;
  } odd[] = { { "port", "i" }, { "ignore-hosts", "as" } };
  const char *type = "s";

  for (guint i = 0; i < G_N_ELEMENTS (odd); i++)
    if (g_str_has_suffix (path, odd[i].key))
      type = odd[i].type;
  return G_SETTINGS_BACKEND_GET_CLASS (backend)->read_user_value (backend, path, G_VARIANT_TYPE (type));
}

static GBytes *
print (GVariant *value)
{
  g_autofree char *text = value != NULL ? g_variant_print (value, TRUE) : NULL;

  return oh_change_bytes (text);
}

static GBytes *
read_printed (GSettingsBackend *backend, const char *path)
{
  g_autoptr (GVariant) value = read_raw (backend, path);

  return print (value);
}

static gboolean
is_dconf (GSettingsBackend *backend)
{
  return strcmp (G_OBJECT_TYPE_NAME (backend), "DConfSettingsBackend") == 0;
}

/* Returns: NULL also where there is no bus, or it takes long. (transfer full) */
static GVariant *
ask_bus (const char *name, const char *path, const char *interface, const char *method, GVariant *arguments, GError **error)
{
  g_autoptr (GVariant) owned = arguments != NULL ? g_variant_ref_sink (arguments) : NULL;
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);

  return bus != NULL ? g_dbus_connection_call_sync (bus, name, path, interface, method, owned, NULL, G_DBUS_CALL_FLAGS_NONE,
                                                    BARRIER_MS, NULL, error)
                     : NULL;
}

/* What another process has told dconf before is done once this returns: its writer takes one request after the other. A
 * process may have been killed right after it had sent a change, which would else come after what we do now. */
static gboolean
wait_for_others (GSettingsBackend *backend, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (GVariant) answer
      = is_dconf (backend) ? ask_bus (DCONF_NAME, WRITER_PATH, DCONF_NAME ".Writer", "Init", NULL, &problem) : NULL;

  /* Whoever writes to it would wait for minutes. */
  if (!g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) && !g_error_matches (problem, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)
      && !g_error_matches (problem, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT) && !g_error_matches (problem, G_DBUS_ERROR, G_DBUS_ERROR_TIMED_OUT))
    return TRUE;
  g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_FAILED,
               _ ("What keeps the desktop's settings (dconf-service) does not answer within %d seconds: it has been stopped, or "
                  "hangs. Nothing can be changed before it goes on."),
               BARRIER_MS / 1000);
  return FALSE;
}

/* ---- where they are kept ------------------------------------------------------------------------------------------- */

/* By whatever links it is reached. (transfer full) */
static char *
resolve (const char *folder)
{
  char *real = realpath (folder, NULL);
  char *found = real != NULL ? g_strdup (real) : g_canonicalize_filename (folder, NULL);

  free (real);
  return found;
}

/* Which settings these are: a program with another environment has others. (transfer full) */
static char *
name_place (GSettingsBackend *backend)
{
  const char *profile = g_getenv ("DCONF_PROFILE");
  g_autofree char *folder = resolve (g_get_user_config_dir ());
  g_autofree char *place = g_strdup_printf ("%s %s %s", G_OBJECT_TYPE_NAME (backend),
                                            profile != NULL && *profile != '\0' ? profile : "user", folder);

  return g_strescape (place, NULL);
}

static guint32
find_writer (void)
{
  g_autoptr (GVariant) answer = ask_bus ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                         "GetConnectionUnixProcessID", g_variant_new ("(s)", DCONF_NAME), NULL);
  guint32 pid = 0;

  if (answer != NULL && g_variant_is_of_type (answer, G_VARIANT_TYPE ("(u)")))
    g_variant_get (answer, "(u)", &pid);
  return pid;
}

/* Of dconf's writer, a process that the bus has started. (transfer full) (nullable): it cannot be seen */
static char **
read_writers_environment (void)
{
  const guint32 pid = find_writer ();
  g_autofree char *comm_path = g_strdup_printf ("/proc/%u/comm", pid);
  g_autofree char *environ_path = g_strdup_printf ("/proc/%u/environ", pid);
  g_autofree char *comm = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GStrvBuilder) lines = g_strv_builder_new ();
  gsize length;

  /* The number may be of another namespace, and another process here. */
  if (pid == 0 || !g_file_get_contents (comm_path, &comm, NULL, NULL) || strstr (comm, "dconf-service") == NULL
      || !g_file_get_contents (environ_path, &text, &length, NULL))
    return NULL;
  for (const char *at = text; at < text + length; at += strlen (at) + 1)
    g_strv_builder_add (lines, at);
  return g_strv_builder_end (lines);
}

/* As the XDG Base Directory Specification has it. (transfer full) (nullable) */
static char *
find_folder (char **environment, const char *variable, const char *below_home)
{
  const char *folder = g_environ_getenv (environment, variable);
  const char *home = g_environ_getenv (environment, "HOME");
  g_autofree char *path = NULL;

  if (folder != NULL && *folder != '\0')
    path = g_strdup (folder);
  else if (below_home != NULL && home != NULL)
    path = g_build_filename (home, below_home, NULL);
  /* A relative one is another for each process. */
  return path == NULL || !g_path_is_absolute (path) ? g_steal_pointer (&path) : resolve (path);
}

/* Whether what we read is what would be changed: the same folder of settings, and the one through which dconf's readers
 * hear of changes. Once the writer is there. */
static gboolean
check_writer (GSettingsBackend *backend, GError **error)
{
  g_auto (GStrv) environment = is_dconf (backend) ? read_writers_environment () : NULL;
  const char *const names[] = { "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR" };
  const char *const ours[] = { g_get_user_config_dir (), g_get_user_runtime_dir () };
  g_autofree char *config = find_folder (environment, names[0], ".config");
  g_autofree char *runtime = find_folder (environment, names[1], NULL);
  const char *theirs[] = { config, runtime };

  if (runtime == NULL)
    theirs[1] = runtime = find_folder (environment, "XDG_CACHE_HOME", ".cache");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *own = resolve (ours[i]);

      if (theirs[i] == NULL || strcmp (theirs[i], own) == 0)
        continue;
      g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_UNSUPPORTED,
                   _ ("What keeps the desktop's settings has another %s (“%s”) than this program (“%s”), so that they stay as they "
                      "are. Start it with the desktop's."),
                   names[i], theirs[i], own);
      return FALSE;
    }
  return TRUE;
}

/* Those that were changed are to be given back, and no others. */
static gboolean
check_place (GSettingsBackend *backend, GPtrArray *changes, GError **error)
{
  const OhChange *first = changes->pdata[0];
  g_autofree char *place = name_place (backend);

  /* Records of earlier versions do not say. */
  if (*first->where == '\0' || strcmp (first->where, place) == 0)
    return check_writer (backend, error);
  g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_FAILED,
               _ ("The desktop's proxy settings that were changed are others than this program finds (%s, and not %s). Give them back "
                  "from within the desktop: “overhear desktop restore”."),
               first->where, place);
  return FALSE;
}

/* ---- changes ------------------------------------------------------------------------------------------------------- */

/* @ours: else what was before */
static gboolean
write_all (GSettingsBackend *backend, GPtrArray *changes, gboolean ours, GError **error)
{
  g_autoptr (GTree) tree = g_tree_new ((GCompareFunc) strcmp);
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);

  for (guint i = 0; i < changes->len; i++)
    {
      const OhChange *change = changes->pdata[i];
      g_autofree char *text = oh_change_text (ours ? change->ours : change->before);
      GVariant *value = NULL;

      if (text != NULL)
        {
          value = oh_change_parse (NULL, text, error);
          if (value == NULL)
            return FALSE;
          g_ptr_array_add (values, value);
        }
      g_tree_insert (tree, change->key, value);
    }
  if (g_tree_nnodes (tree) > 0)
    {
      G_SETTINGS_BACKEND_GET_CLASS (backend)->write_tree (backend, tree, NULL);
      g_settings_sync ();
      return wait_for_others (backend, error);
    }
  return TRUE;
}

static void
add (GSettingsBackend *backend, GPtrArray *changes, const char *key, GVariant *ours)
{
  g_autofree char *path = g_strconcat (PATH, key, NULL);
  g_autofree char *place = name_place (backend);
  g_autoptr (GVariant) value = g_variant_ref_sink (ours);

  g_ptr_array_add (changes, oh_change_new (oh_backend_settings.name, place, path, read_printed (backend, path),
                                           print (value)));
}

/* One that cannot be changed would leave the others without sense. */
static gboolean
check_locks (GSettingsBackend *backend, GPtrArray *changes, GError **error)
{
  for (guint i = 0; i < changes->len; i++)
    {
      const OhChange *change = changes->pdata[i];

      if (G_SETTINGS_BACKEND_GET_CLASS (backend)->get_writable (backend, change->key))
        continue;
      g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_UNSUPPORTED,
                   _ ("The desktop's proxy settings are locked by whoever administers this computer (“%s”)."), change->key);
      return FALSE;
    }
  return TRUE;
}

static gboolean
plan_settings (const OhDesktopPlan *plan, const char *url, GPtrArray *changes, GError **error)
{
  g_autoptr (GSettingsBackend) backend = open_backend ();

  if (backend == NULL)
    return TRUE;
  if (!wait_for_others (backend, error) || !check_writer (backend, error))
    return FALSE;
  if (plan->mode == OH_DESKTOP_AUTO)
    add (backend, changes, "autoconfig-url", g_variant_new_string (url));
  else
    {
      static const char *const kinds[] = { "http", "https" };

      for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
        {
          g_autofree char *host = g_strconcat (kinds[i], "/host", NULL);
          g_autofree char *port = g_strconcat (kinds[i], "/port", NULL);

          add (backend, changes, host, g_variant_new_string ("127.0.0.1"));
          add (backend, changes, port, g_variant_new_int32 (plan->port));
        }
      /* Some programs would go there instead. */
      add (backend, changes, "socks/host", g_variant_new_string (""));
    }
  add (backend, changes, "mode", g_variant_new_string (oh_desktop_mode_to_string (plan->mode)));
  return check_locks (backend, changes, error);
}

/* The first that is not as we set it, or NULL. */
static const OhChange *
find_refused (GSettingsBackend *backend, GPtrArray *changes)
{
  for (guint i = 0; i < changes->len; i++)
    {
      const OhChange *change = changes->pdata[i];
      g_autoptr (GBytes) now = read_printed (backend, change->key);

      if (!oh_change_same (now, change->ours))
        return change;
    }
  return NULL;
}

static gboolean
apply_settings (GPtrArray *changes, GError **error)
{
  g_autoptr (GSettingsBackend) backend = open_backend ();
  const OhChange *refused = NULL;

  /* It was there when they were planned. */
  g_assert (backend != NULL);
  /* As when they are given back: what somebody else sent before may have come after. */
  for (guint i = 0; i < TRIES; i++)
    {
      if (!write_all (backend, changes, TRUE, error))
        return FALSE;
      refused = find_refused (backend, changes);
      if (refused == NULL)
        return TRUE;
    }
  g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_FAILED,
               _ ("The desktop's proxy settings did not take a change of “%s”."), refused->key);
  return FALSE;
}

static gboolean
restore_settings (GPtrArray *changes, GPtrArray *kept, GError **error)
{
  g_autoptr (GSettingsBackend) backend = open_backend ();
  g_autoptr (GPtrArray) left = NULL;

  if (backend == NULL)
    {
      g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_FAILED,
                   _ ("The desktop's proxy settings cannot be reached: there is no session here that keeps them."));
      return FALSE;
    }
  if (!wait_for_others (backend, error) || !check_place (backend, changes, error))
    return FALSE;
  for (guint i = 0; i < TRIES; i++)
    {
      g_clear_pointer (&left, g_ptr_array_unref);
      left = g_ptr_array_new ();
      for (guint j = 0; j < changes->len; j++)
        {
          OhChange *change = changes->pdata[j];
          g_autoptr (GBytes) now = read_printed (backend, change->key);

          if (oh_change_same (now, change->before))
            continue;
          if (oh_change_same (now, change->ours))
            g_ptr_array_add (left, change);
          else if (i == 0)
            g_ptr_array_add (kept, g_strdup (change->key));
        }
      if (left->len == 0)
        return TRUE;
      if (!write_all (backend, left, FALSE, error))
        return FALSE;
    }
  for (guint j = 0; j < left->len; j++)
    {
      const OhChange *change = left->pdata[j];
      g_autoptr (GBytes) now = read_printed (backend, change->key);

      if (oh_change_same (now, change->ours))
        {
          g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_FAILED,
                       _ ("The desktop's proxy settings could not be given back: they did not take a change of “%s”."),
                       change->key);
          return FALSE;
        }
    }
  return TRUE;
}

static void
disarm_settings (guint port)
{
  g_autoptr (GSettingsBackend) backend = open_backend ();
  g_autoptr (GPtrArray) changes = oh_changes_make ();
  g_autoptr (GVariant) mode = NULL;
  g_autoptr (GVariant) url = NULL;

  if (backend == NULL)
    return;
  if (!wait_for_others (backend, NULL))
    return;
  mode = read_raw (backend, PATH "mode");
  url = read_raw (backend, PATH "autoconfig-url");
  if (mode == NULL || !g_variant_is_of_type (mode, G_VARIANT_TYPE_STRING) || url == NULL
      || !g_variant_is_of_type (url, G_VARIANT_TYPE_STRING) || strcmp (g_variant_get_string (mode, NULL), "auto") != 0
      || !oh_change_is_our_script (g_variant_get_string (url, NULL), port))
    return;
  g_ptr_array_add (changes, oh_change_new (oh_backend_settings.name, "", PATH "mode", NULL, NULL));
  g_ptr_array_add (changes, oh_change_new (oh_backend_settings.name, "", PATH "autoconfig-url", NULL, NULL));
  write_all (backend, changes, FALSE, NULL);
}

const OhBackend oh_backend_settings = {
  .name = "gsettings",
  .words = N_ ("the proxy settings of GNOME and its like"),
  .plan = plan_settings,
  .apply = apply_settings,
  .restore = restore_settings,
  .is_spare = oh_kde_is_in_use,
  .disarm = disarm_settings,
};

/* "http://user:password@host:port" of one of the kinds, or NULL. */
static char *
read_proxy (GSettings *settings, const char *kind, const char *scheme)
{
  g_autoptr (GSettings) child = g_settings_get_child (settings, kind);
  g_autoptr (GSettings) plain = g_settings_get_child (settings, "http");
  g_autofree char *host = g_settings_get_string (child, "host");
  g_autofree char *known = g_settings_get_string (plain, "host");
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;
  const int port = g_settings_get_int (child, "port");

  if (*host == '\0' || port == 0)
    return NULL;
  /* There is one login, and it is of that proxy, whatever that is used for. */
  if (strcmp (scheme, "http") == 0 && g_settings_get_boolean (plain, "use-authentication") && strcmp (host, known) == 0
      && port == g_settings_get_int (plain, "port"))
    {
      user = g_settings_get_string (plain, "authentication-user");
      password = g_settings_get_string (plain, "authentication-password");
    }
  return g_uri_join_with_user (G_URI_FLAGS_NONE, scheme, user, password, NULL, host, port, "", NULL, NULL);
}

void
oh_settings_read_before (OhDesktopBefore *before)
{
  g_autoptr (GSettingsBackend) backend = open_backend ();
  g_autoptr (GSettings) settings = NULL;
  g_autofree char *mode = NULL;
  g_autofree char *socks = NULL;
  g_auto (GStrv) ignored = NULL;

  if (backend == NULL)
    return;
  settings = g_settings_new (SCHEMA);
  mode = g_settings_get_string (settings, "mode");
  if (strcmp (mode, "auto") == 0)
    {
      before->pac = g_settings_get_string (settings, "autoconfig-url");
      /* As programs do that look for one in their own network. */
      if (*before->pac == '\0')
        {
          g_free (before->pac);
          before->pac = g_strdup ("http://wpad/wpad.dat");
        }
    }
  if (strcmp (mode, "manual") != 0)
    return;
  before->http = read_proxy (settings, "http", "http");
  before->https = read_proxy (settings, "https", "http");
  socks = read_proxy (settings, "socks", "socks5");
  if (before->https == NULL && g_settings_get_boolean (settings, "use-same-proxy"))
    before->https = g_strdup (before->http);
  if (before->http == NULL)
    before->http = g_strdup (socks);
  if (before->https == NULL)
    before->https = g_strdup (socks);
  ignored = g_settings_get_strv (settings, "ignore-hosts");
  before->no_proxy = g_strjoinv (",", ignored);
}
