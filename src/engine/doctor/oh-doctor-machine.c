/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-doctor-private.h"

#include "oh-store-inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CHECK_MS 2000
#define FREE_LEAST (G_GINT64_CONSTANT (32) << 20)
#define FREE_LOW (G_GINT64_CONSTANT (500) << 20)
#define FILES_LOW 1024
#define PEM_MAX (64 << 20)

static char *
join_pids (GArray *pids)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < pids->len; i++)
    if (g_array_index (pids, int, i) != (int) getpid ())
      g_string_append_printf (text, "%s%d", text->len > 0 ? ", " : "", g_array_index (pids, int, i));
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

static void
look_at_database (OhDoctor *self)
{
  static const OhDoctorCode found[] = {
    [OH_STORE_STATE_NONE] = OH_DOCTOR_DATABASE_NONE,      [OH_STORE_STATE_SOUND] = OH_DOCTOR_DATABASE,
    [OH_STORE_STATE_UNSURE] = OH_DOCTOR_DATABASE_UNSURE,  [OH_STORE_STATE_FOREIGN] = OH_DOCTOR_DATABASE_ASIDE,
    [OH_STORE_STATE_NEWER] = OH_DOCTOR_DATABASE_NEWER,    [OH_STORE_STATE_DAMAGED] = OH_DOCTOR_DATABASE_ASIDE,
    [OH_STORE_STATE_FAILED] = OH_DOCTOR_DATABASE_FAILED,
  };
  const char *dir = self->dir;
  g_autoptr (OhStoreInspection) store = oh_store_inspect (dir, CHECK_MS);
  g_autofree char *size = oh_format_bytes (store->bytes);
  g_autofree char *pids = join_pids (store->writers);
  const char *words = store->words != NULL ? store->words : size;

  if (store->state == OH_STORE_STATE_NEWER)
    words = dir;
  else if (store->state == OH_STORE_STATE_FOREIGN)
    words = _ ("it is another program’s");
  oh_doctor_add (self, found[store->state], NULL, words, NULL, NULL);
  if (pids != NULL)
    oh_doctor_add (self, OH_DOCTOR_WRITERS, NULL, pids, NULL, NULL);
}

static void
look_at_place (OhDoctor *self)
{
  const char *dir = self->dir;
  g_autofree char *probe = g_build_filename (dir, ".doctor-XXXXXX", NULL);
  struct statvfs disk;
  int fd = g_mkstemp_full (probe, O_RDWR | O_CLOEXEC, 0600);

  if (fd < 0)
    {
      g_autofree char *why = g_strdup_printf ("%s: %s", dir, g_strerror (errno));

      oh_doctor_add (self, OH_DOCTOR_DATA_UNUSABLE, oh_doctor_remedy_folder (), why, NULL, NULL);
    }
  else
    {
      close (fd);
      g_unlink (probe);
      oh_doctor_add (self, OH_DOCTOR_DATA, NULL, dir, NULL, NULL);
    }
  if (statvfs (dir, &disk) == 0)
    {
      const gint64 left = (gint64) disk.f_bavail * (gint64) disk.f_frsize;
      const OhDoctorCode found = left < FREE_LEAST ? OH_DOCTOR_DISK_FULL : left < FREE_LOW ? OH_DOCTOR_DISK_LOW : OH_DOCTOR_DISK;
      g_autofree char *size = oh_format_bytes (left);
      g_autofree char *quoted = g_shell_quote (dir);

      oh_doctor_add (self, found, found != OH_DOCTOR_DISK ? g_strdup_printf ("du -sh %s", quoted) : NULL, size, NULL, NULL);
    }
  look_at_database (self);
}

static void
look_at_limits (OhDoctor *self)
{
  static const struct
  {
    int resource;
    rlim_t enough;
    rlim_t unit;
    const char *letter;
  } limits[] = {
    { RLIMIT_NOFILE, FILES_LOW, 1, "Hn" },
    { RLIMIT_FSIZE, RLIM_INFINITY, 1024, "Hf" },
    { RLIMIT_AS, (rlim_t) 2 << 30, 1024, "Hv" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      struct rlimit limit;
      g_autofree char *value = NULL;

      /* We use all that we may. */
      if (getrlimit (limits[i].resource, &limit) != 0 || limit.rlim_max >= limits[i].enough)
        continue;
      value = g_strdup_printf ("%" G_GUINT64_FORMAT, (guint64) (limit.rlim_max / limits[i].unit));
      oh_doctor_add (self, OH_DOCTOR_LIMIT, NULL, limits[i].letter, value, NULL);
    }
}

/* Makes what a run makes. Returns: FALSE with what failed told. */
static void
look_at_trust (OhDoctor *self, OhProxy *proxy)
{
  const char *roots = oh_launch_find_system_trust ();
  g_autoptr (GError) error = NULL;
  g_autofree char *pem = NULL;
  g_autofree char *folder = NULL;
  int lock = -1;

  if (roots == NULL)
    oh_doctor_add (self, OH_DOCTOR_ROOTS_NONE, g_strdup ("sudo apt install ca-certificates"), NULL, NULL, NULL);
  pem = oh_proxy_make_authority_pem (proxy, (const char *const *) self->hosts->pdata, &error);
  folder = pem != NULL ? oh_runtime_open (self->dir, &lock, &error) : NULL;
  if (folder != NULL)
    {
      OhLaunchProxy launch = self->proxy;

      launch.authority_pem = pem;
      launch.runtime_dir = folder;
      oh_launch_prepare (&launch, &error);
      oh_runtime_close (folder, lock);
    }
  if (error != NULL)
    oh_doctor_add (self, OH_DOCTOR_CERTIFICATES_FAILED, NULL, error->message, NULL, NULL);
  else if (roots != NULL)
    oh_doctor_add (self, OH_DOCTOR_CERTIFICATES, NULL, roots, NULL, NULL);
}

static void
look_at_port (OhDoctor *self)
{
  g_autoptr (OhStore) nothing = oh_store_new_closed (self->dir, "");
  g_autoptr (GError) error = NULL;
  g_autoptr (OhProxy) proxy = oh_proxy_new (self->spec->port, (const char *const *) self->hosts->pdata, OH_SINK (nothing), &error);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;

  if (proxy == NULL && g_error_matches (error, OH_PROXY_ERROR, OH_PROXY_ERROR_AUTHORITY))
    oh_doctor_add (self, OH_DOCTOR_CERTIFICATES_FAILED, NULL, error->message, NULL, NULL);
  else if (proxy == NULL)
    oh_doctor_add (self, OH_DOCTOR_PORT_FAILED, NULL, error->message, NULL, NULL);
  if (proxy == NULL)
    return;
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_timeout (client, 2);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", oh_proxy_get_port (proxy), NULL, &error);
  if (connection == NULL)
    oh_doctor_add (self, OH_DOCTOR_PORT_FAILED, NULL, error->message, NULL, NULL);
  else
    oh_doctor_add (self, OH_DOCTOR_PORT, NULL, NULL, NULL, NULL);
  look_at_trust (self, proxy);
  oh_proxy_stop (proxy);
}

static void
look_at_openssl (OhDoctor *self)
{
  const char *const argv[] = { "openssl", "version", NULL };
  g_autofree char *path = g_find_program_in_path (argv[0]);
  g_autofree char *answer = path != NULL ? oh_doctor_ask (argv, self->without) : NULL;
  g_auto (GStrv) words = answer != NULL ? g_strsplit (answer, " ", 3) : NULL;
  g_autofree char *name = NULL;
  int major = 0, minor = 0;

  if (words == NULL || g_strv_length (words) < 2 || sscanf (words[1], "%d.%d", &major, &minor) != 2)
    return;
  name = g_strdup_printf ("%s %s", words[0], words[1]);
  oh_doctor_add (self, major > 1 || (major == 1 && minor >= 1) ? OH_DOCTOR_OPENSSL : OH_DOCTOR_OPENSSL_OLD, NULL, name, NULL, NULL);
}

static void
look_at_own_proxies (OhDoctor *self)
{
  static const char *const schemes[] = { "http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h", NULL };
  const OhLaunchSpec nothing = { 0 };
  g_auto (OhLaunchOwnProxies) own = { 0 };
  g_autoptr (GHashTable) told = g_hash_table_new (g_str_hash, g_str_equal);

  oh_launch_get_own_proxies ((const char *const *) self->without, &nothing, &own);
  for (guint i = 0; i < 2; i++)
    {
      const char *value = i == 0 ? own.https : own.http;
      g_autofree char *full = NULL;
      g_autofree char *shown = NULL;
      g_autofree char *scheme = NULL;

      if (value == NULL || !g_hash_table_add (told, (char *) value))
        continue;
      full = strstr (value, "://") != NULL ? g_strdup (value) : g_strconcat ("http://", value, NULL);
      shown = oh_doctor_show_url (full, NULL);
      scheme = g_uri_parse_scheme (full);
      if (shown != NULL && g_strv_contains (schemes, scheme))
        oh_doctor_add (self, OH_DOCTOR_OWN_PROXY, NULL, shown, NULL, NULL);
      else
        oh_doctor_add (self, OH_DOCTOR_OWN_PROXY_BAD, g_strdup ("env | grep -i _proxy="), i == 0 ? "HTTPS_PROXY" : "HTTP_PROXY", NULL,
                       NULL);
    }
  if (oh_launch_is_bypassed (own.no_proxy, (const char *const *) self->hosts->pdata))
    oh_doctor_add (self, OH_DOCTOR_NO_PROXY_KEPT_OUT, NULL, NULL, NULL, NULL);
}

static void
look_at_own_trust (OhDoctor *self)
{
  for (const char *const *name = oh_launch_get_trust_variables (); *name != NULL; name++)
    {
      const char *path = g_environ_getenv (self->without, *name);
      g_autofree char *text = NULL;
      g_autofree char *problem = NULL;

      if (path == NULL || *path == '\0' || g_file_test (path, G_FILE_TEST_IS_DIR))
        continue;
      text = oh_doctor_read (path, PEM_MAX, NULL, &problem);
      if (text == NULL)
        oh_doctor_add (self, OH_DOCTOR_TRUST_UNREADABLE, g_strdup_printf ("unset %s", *name), *name, path, NULL);
    }
}

void
oh_doctor_look_at_machine (OhDoctor *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) refusal = NULL;

  if (!oh_engine_load_patterns (&error))
    oh_doctor_add (self, OH_DOCTOR_PATTERNS, NULL, error->message, NULL, NULL);
  if (self->dir != NULL)
    {
      look_at_place (self);
      look_at_port (self);
    }
  look_at_limits (self);
  look_at_openssl (self);
  look_at_own_proxies (self);
  look_at_own_trust (self);
  if (oh_launch_can_isolate (&refusal))
    oh_doctor_add (self, OH_DOCTOR_ISOLATION, NULL, NULL, NULL, NULL);
  else
    oh_doctor_add (self, OH_DOCTOR_ISOLATION_FAILED, NULL, refusal->message, NULL, NULL);
  if (g_environ_getenv (self->without, "OVERHEAR_TOKEN") != NULL)
    oh_doctor_add (self, OH_DOCTOR_NESTED, NULL, NULL, NULL, NULL);
}
