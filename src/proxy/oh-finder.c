/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-finder-private.h"
#include "oh-clock.h"
#include "oh-peer-private.h"
#include "oh-process-private.h"
#include "oh-secret-filter-private.h"

#include <dirent.h>
#include <gio/gdesktopappinfo.h>
#include <glib/gstdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Then all is forgotten. */
#define KNOWN_MAX 256
/* Whoever has connected lately is likely to do so again, and is looked at before all others. */
#define RECENT_MAX 8
#define ANCESTORS_MAX 32
/* Of a command line. */
#define ARGUMENTS_MAX ((gsize) 32 << 10)

struct _OhFinder
{
  GMutex lock;              /* guards what follows */
  GHashTable *known;        /* make_key() → OhProgram */
  gint64 recent[RECENT_MAX]; /* pids, the last one first; 0: none */
};

OhFinder *
oh_finder_new (void)
{
  OhFinder *self = g_new0 (OhFinder, 1);

  g_mutex_init (&self->lock);
  self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) oh_program_unref);
  return self;
}

void
oh_finder_free (OhFinder *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->known);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* ---- which process ------------------------------------------------------------------------------------------------- */

static gboolean
holds_socket (gint64 pid, const char *wanted)
{
  g_autofree char *folder = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/fd", pid);
  DIR *dir = opendir (folder);
  const struct dirent *entry;
  gboolean found = FALSE;

  while (dir != NULL && !found && (entry = readdir (dir)) != NULL)
    {
      char target[64];
      const ssize_t length = readlinkat (dirfd (dir), entry->d_name, target, sizeof target - 1);

      if (length > 0)
        {
          target[length] = '\0';
          found = g_str_equal (target, wanted);
        }
    }
  if (dir != NULL)
    closedir (dir);
  return found;
}

static gint64
find_recent (OhFinder *self, const char *wanted)
{
  gint64 recent[RECENT_MAX];

  g_mutex_lock (&self->lock);
  memcpy (recent, self->recent, sizeof recent);
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < RECENT_MAX; i++)
    if (recent[i] != 0 && holds_socket (recent[i], wanted))
      return recent[i];
  return 0;
}

/* To the front. */
static void
note_recent (OhFinder *self, gint64 pid)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint i = 0;

  while (i < RECENT_MAX - 1 && self->recent[i] != pid)
    i++;
  memmove (self->recent + 1, self->recent, i * sizeof *self->recent);
  self->recent[0] = pid;
}

static int
compare_pids (gconstpointer a, gconstpointer b)
{
  const gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

/* @pids: (inout) */
static void
find_with_inode (OhFinder *self, guint64 inode, GArray *pids)
{
  g_autofree char *wanted = g_strdup_printf ("socket:[%" G_GUINT64_FORMAT "]", inode);
  g_autoptr (GDir) dir = NULL;
  const char *name;
  gint64 pid = find_recent (self, wanted);

  if (pid != 0)
    g_array_append_val (pids, pid);
  else
    dir = g_dir_open ("/proc", 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_ascii_isdigit (*name) && holds_socket (pid = g_ascii_strtoll (name, NULL, 10), wanted))
      g_array_append_val (pids, pid);
  /* Children have what their parent had opened. */
  g_array_sort (pids, compare_pids);
}

GArray *
oh_finder_find_holders (OhFinder *self, GSocketAddress *remote, GSocketAddress *local)
{
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (gint64));
  guint64 inode;

  if (oh_peer_look_up (-1, remote, local, NULL, &inode) && inode != 0)
    find_with_inode (self, inode, pids);
  return pids;
}

GArray *
oh_finder_find_listeners (OhFinder *self, guint16 port, gboolean *taken)
{
  g_autoptr (GArray) inodes = oh_peer_find_listeners (port);
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < inodes->len; i++)
    find_with_inode (self, g_array_index (inodes, guint64, i), pids);
  *taken = inodes->len > 0;
  return pids;
}

/* ---- which program ------------------------------------------------------------------------------------------------- */

static char *
get_path (gint64 pid, const char *file)
{
  return g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/%s", pid, file);
}

/* (transfer full) (nullable) */
static char *
read_text (gint64 pid, const char *file)
{
  g_autofree char *path = get_path (pid, file);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? text : NULL;
}

/* (transfer full) (nullable) */
static char *
read_link (gint64 pid, const char *file)
{
  g_autofree char *path = get_path (pid, file);

  return g_file_read_link (path, NULL);
}

/* Strings, each with its NUL. @max: bytes; what is longer ends before the string that would go over. (transfer full) */
static char **
read_strings (gint64 pid, const char *file, gsize max)
{
  g_autoptr (GStrvBuilder) strings = g_strv_builder_new ();
  g_autofree char *path = get_path (pid, file);
  g_autofree char *text = NULL;
  gsize length = 0;

  g_file_get_contents (path, &text, &length, NULL);
  for (const char *at = text; at != NULL && at < text + MIN (length, max); at += strlen (at) + 1)
    g_strv_builder_add (strings, at);
  return g_strv_builder_end (strings);
}

static gboolean
read_stat (gint64 pid, gint64 *parent, guint64 *started)
{
  g_autofree char *stat = read_text (pid, "stat");

  return stat != NULL && oh_process_parse_stat (stat, parent, started);
}

/* When the computer was started, wall clock. */
static gint64
get_boot_ns (void)
{
  struct timespec since;

  clock_gettime (CLOCK_BOOTTIME, &since);
  return oh_clock_wall_ns () - (since.tv_sec * OH_NS_PER_S + since.tv_nsec);
}

/* @id: (nullable): without ".desktop". Terminals are nobody's application: what runs in them is. (transfer full) (nullable) */
static GDesktopAppInfo *
find_app (const char *id)
{
  g_autofree char *file = id != NULL ? g_strconcat (id, ".desktop", NULL) : NULL;
  g_autoptr (GDesktopAppInfo) app = file != NULL ? g_desktop_app_info_new (file) : NULL;
  const char *categories = app != NULL ? g_desktop_app_info_get_categories (app) : NULL;

  return categories != NULL && strstr (categories, "TerminalEmulator") != NULL ? NULL : g_steal_pointer (&app);
}

/* The application that a process or the nearest of its ancestors belongs to. @id: (out) (transfer full) (nullable)
 * (transfer full) (nullable) */
static GDesktopAppInfo *
find_app_of (gint64 pid, char **id)
{
  guint64 started;

  for (int i = 0; i < ANCESTORS_MAX && pid > 1; i++)
    {
      g_autofree char *cgroup = read_text (pid, "cgroup");

      *id = cgroup != NULL ? oh_process_parse_app (cgroup) : NULL;
      if (*id != NULL)
        return find_app (*id);
      if (!read_stat (pid, &pid, &started))
        break;
    }
  return NULL;
}

/* Whether a variable says whom a program trusts, whatever it is written in. */
static gboolean
is_about_trust (const char *variable)
{
  static const char *const parts[] = { "CERT", "CA_", "CAFILE", "CAINFO", "SSL", "TLS", NULL };
  g_autofree char *name = g_strndup (variable, strcspn (variable, "="));
  const char *value = variable + strlen (name);

  for (const char *const *part = parts; *part != NULL; part++)
    if (strstr (name, *part) != NULL)
      return TRUE;
  return g_str_has_suffix (name, "_CA") || (g_str_equal (name, "NODE_OPTIONS") && strstr (value, "-ca") != NULL)
         || (strstr (name, "JAVA") != NULL && strstr (value, "trustStore") != NULL);
}

/* Whether a word of a command line says whom it trusts: --cacert, --insecure, -ksS, --use-system-ca. */
static gboolean
is_trust_option (const char *word)
{
  static const char *const parts[] = { "cert", "insecure", "trust", "ssl", "tls", "verify", "-ca", NULL };
  g_autofree char *lower = g_ascii_strdown (word, -1);

  if (*word != '-')
    return FALSE;
  for (const char *const *part = parts; *part != NULL; part++)
    if (strstr (lower, *part) != NULL)
      return TRUE;
  return word[1] != '-' && strchr (word, 'k') != NULL;
}

static gboolean
sets_trust (const char *const *argv, const char *const *environment)
{
  for (; *argv != NULL; argv++)
    if (is_trust_option (*argv))
      return TRUE;
  for (; *environment != NULL; environment++)
    if (is_about_trust (*environment))
      return TRUE;
  return FALSE;
}

/* @name: its script's or its executable's. (transfer full) */
static char *
make_identity (gint64 pid, const char *executable, const char *name, const char *const *environment)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  g_autofree char *path = get_path (pid, "exe");
  GStatBuf file = { 0 };

  g_stat (path, &file);
  for (; *environment != NULL; environment++)
    if (is_about_trust (*environment))
      g_checksum_update (sum, (const guchar *) *environment, (gssize) strlen (*environment) + 1);
  return g_strdup_printf ("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT " %s %s %s", (guint64) file.st_dev, (guint64) file.st_ino,
                          executable != NULL ? executable : "", name, g_checksum_get_string (sum));
}

/* @started: clock ticks since the boot. (transfer full) */
static OhProgram *
look_at (gint64 pid, guint64 started, OhSecrets *secrets)
{
  OhProgram *program = oh_program_new ();
  g_auto (GStrv) argv = read_strings (pid, "cmdline", ARGUMENTS_MAX);
  g_auto (GStrv) environment = read_strings (pid, "environ", G_MAXSIZE);
  g_autoptr (OhSecrets) remembering = oh_secrets_new_remembering (secrets);
  g_auto (GStrv) safe = oh_secret_filter_argv (remembering, (const char *const *) argv, (const char *const *) environment);
  g_autofree char *cwd = read_link (pid, "cwd");
  g_autofree char *executable = read_link (pid, "exe");
  g_autofree char *id = NULL;
  g_autoptr (GDesktopAppInfo) app = find_app_of (pid, &id);

  program->pid = pid;
  program->started_ns = get_boot_ns () + (gint64) ((double) started / (double) sysconf (_SC_CLK_TCK) * OH_NS_PER_S);
  program->name = oh_process_make_name (executable, (const char *const *) safe, cwd);
  program->sets_trust = sets_trust ((const char *const *) argv, (const char *const *) environment);
  program->identity = make_identity (pid, executable, program->name, (const char *const *) environment);
  /* Where sessions do not name their groups, the desktop file may be called as the program is. */
  if (app == NULL)
    {
      g_free (id);
      id = g_strdup (program->name);
      app = find_app (id);
    }
  if (app != NULL)
    {
      g_free (program->name);
      program->name = g_strdup (g_app_info_get_name (G_APP_INFO (app)));
      program->desktop = g_steal_pointer (&id);
    }
  program->executable = executable != NULL ? g_utf8_make_valid (executable, -1) : NULL;
  program->command = *safe != NULL ? oh_process_join ((const char *const *) safe) : NULL;
  return program;
}

/* A process may have become another program since. (transfer full) */
static char *
make_key (gint64 pid, guint64 started)
{
  g_autofree char *path = get_path (pid, "cmdline");
  g_autofree char *command = NULL;
  g_autofree char *sum = NULL;
  gsize length = 0;

  g_file_get_contents (path, &command, &length, NULL);
  sum = g_compute_checksum_for_data (G_CHECKSUM_SHA1, (const guchar *) command, length);
  return g_strdup_printf ("%" G_GINT64_FORMAT " %" G_GUINT64_FORMAT " %s", pid, started, sum);
}

OhProgram *
oh_finder_describe (OhFinder *self, gint64 pid, OhSecrets *secrets)
{
  g_autoptr (GMutexLocker) locker = NULL;
  g_autofree char *key = NULL;
  OhProgram *program;
  guint64 started;
  gint64 parent;

  if (!read_stat (pid, &parent, &started))
    return NULL;
  note_recent (self, pid);
  key = make_key (pid, started);
  locker = g_mutex_locker_new (&self->lock);
  program = g_hash_table_lookup (self->known, key);
  if (program != NULL)
    return oh_program_ref (program);
  g_clear_pointer (&locker, g_mutex_locker_free);
  program = look_at (pid, started, secrets);
  locker = g_mutex_locker_new (&self->lock);
  if (g_hash_table_size (self->known) >= KNOWN_MAX)
    g_hash_table_remove_all (self->known);
  g_hash_table_replace (self->known, g_steal_pointer (&key), oh_program_ref (program));
  return program;
}
