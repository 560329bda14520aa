/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch.h"

#include <errno.h>
#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define WAIT_US 20000       /* between looks whether connections were made, */
#define LOOK_US 250000      /* and at processes if none was */
#define SHARE 50            /* of the time, of which looking may take one part, */
#define LONGEST_WAIT_US 2000000 /* up to this: it may have waited for a name */
#define LOOKS 20            /* a socket that is none of TCP in so many will not become one */
#define PROCESSES_MAX 512
#define SOCKETS_MAX 65536
#define TOKEN "OVERHEAR_TOKEN="

/* Where a program should go through the proxy. */
typedef struct
{
  char *host;
  guint port;
  gboolean asked;   /* for its addresses: only once somebody has connected to such a port */
  GList *addresses; /* of GInetAddress */
  gboolean told;
} Place;

struct _OhLookout
{
  GThread *thread;
  GMutex lock;
  GCond changed;
  gboolean stopped; /* locked */
  GCancellable *cancellable;

  GPid program;
  guint16 proxy_port;
  char *self;          /* our program file: an Overhear within a run is none of it */
  GPtrArray *places;
  GHashTable *sockets; /* guint64* inode → in how many looks it was no connection */
  OhLookoutFunc func;
  gpointer data;
  GDestroyNotify destroy;
};

static void
place_free (gpointer data)
{
  Place *place = data;

  g_free (place->host);
  g_resolver_free_addresses (place->addresses);
  g_free (place);
}

/* ---- processes ---- */

static void
add_children (GArray *pids, guint pid)
{
  g_autofree char *folder = g_strdup_printf ("/proc/%u/task", pid);
  g_autoptr (GDir) threads = g_dir_open (folder, 0, NULL);
  const char *thread;

  while (threads != NULL && (thread = g_dir_read_name (threads)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, thread, "children", NULL);
      g_autofree char *text = NULL;
      char *rest;

      if (!g_file_get_contents (path, &text, NULL, NULL))
        continue;
      rest = text;
      for (guint child; (child = (guint) strtoul (rest, &rest, 10)) != 0 && pids->len < PROCESSES_MAX;)
        g_array_append_val (pids, child);
    }
}

/* Who adopts what its descendants leave behind has launched that one program only. (transfer full) */
static GArray *
collect_processes (OhLookout *self)
{
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (guint));
  guint root = (guint) self->program;
  int adopts = 0;

  if (prctl (PR_GET_CHILD_SUBREAPER, &adopts, 0, 0, 0) == 0 && adopts)
    add_children (pids, (guint) getpid ());
  else if (kill (self->program, 0) == 0 || errno == EPERM)
    g_array_append_val (pids, root);
  for (guint i = 0; i < pids->len; i++)
    add_children (pids, g_array_index (pids, guint, i));
  return pids;
}

static gboolean
has_environment (guint pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/environ", pid);
  g_autofree char *environment = NULL;
  gsize length;

  if (!g_file_get_contents (path, &environment, &length, NULL))
    return FALSE;
  for (const char *entry = environment; entry < environment + length; entry += strlen (entry) + 1)
    if (g_str_has_prefix (entry, TOKEN))
      return TRUE;
  return FALSE;
}

/* @wanted: inode → pid: takes the sockets that may be connections and were not looked at yet */
static void
collect_sockets (OhLookout *self, guint pid, GHashTable *wanted)
{
  g_autofree char *folder = g_strdup_printf ("/proc/%u/fd", pid);
  g_autofree char *program = g_strdup_printf ("/proc/%u/exe", pid);
  g_autofree char *file = g_file_read_link (program, NULL);
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (g_strcmp0 (file, self->self) == 0)
    return;
  dir = g_dir_open (folder, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      char target[64];
      ssize_t length = readlink (path, target, sizeof target - 1);
      guint64 inode;
      guint looks;

      if (length <= 0)
        continue;
      target[length] = '\0';
      if (sscanf (target, "socket:[%" G_GUINT64_FORMAT "]", &inode) != 1)
        continue;
      looks = GPOINTER_TO_UINT (g_hash_table_lookup (self->sockets, &inode));
      if (looks >= LOOKS)
        continue;
      g_hash_table_insert (self->sockets, g_memdup2 (&inode, sizeof inode), GUINT_TO_POINTER (looks + 1));
      g_hash_table_insert (wanted, g_memdup2 (&inode, sizeof inode), GUINT_TO_POINTER (pid));
    }
}

/* ---- connections ---- */

/* An address of /proc/net/tcp or tcp6: words as this machine has them. (transfer full), or NULL if it is none. */
static GInetAddress *
parse_address (const char *hex, gsize length)
{
  static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };
  guint32 words[4];
  const guint8 *bytes = (const guint8 *) words;

  if (length != 8 && length != 32)
    return NULL;
  for (gsize i = 0; i < length / 8; i++)
    if (sscanf (hex + 8 * i, "%8x", &words[i]) != 1)
      return NULL;
  if (length == 32 && memcmp (bytes, mapped, sizeof mapped) != 0)
    return g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV6);
  return g_inet_address_new_from_bytes (length == 32 ? bytes + 12 : bytes, G_SOCKET_FAMILY_IPV4);
}

static gboolean
leads_to (OhLookout *self, Place *place, GInetAddress *address)
{
  if (!place->asked)
    {
      place->asked = TRUE;
      place->addresses = g_resolver_lookup_by_name (g_resolver_get_default (), place->host, self->cancellable, NULL);
    }
  for (GList *link = place->addresses; link != NULL; link = link->next)
    if (g_inet_address_equal (link->data, address))
      return TRUE;
  return FALSE;
}

static void
tell (OhLookout *self, const char *const *hosts, GInetAddress *address, guint port, guint pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/comm", pid);
  g_autofree char *file = g_strdup_printf ("/proc/%u/exe", pid);
  g_autofree char *program = NULL;
  g_autofree char *numbers = g_inet_address_to_string (address);
  const gboolean bare = !has_environment (pid);
  g_autofree char *alive = NULL;

  if (g_file_get_contents (path, &program, NULL, NULL))
    g_strchomp (program);
  /* Of one that has ended the above is nothing, or not its own. */
  alive = g_file_read_link (file, NULL);
  self->func (hosts, numbers, port, alive != NULL ? program : NULL, bare, self->data);
}

static void
look_at_connection (OhLookout *self, GInetAddress *address, guint port, guint pid)
{
  g_autoptr (GPtrArray) hosts = g_ptr_array_new ();
  gboolean news = FALSE;

  if (port == self->proxy_port && g_inet_address_get_is_loopback (address))
    return;
  for (guint i = 0; i < self->places->len; i++)
    {
      Place *place = self->places->pdata[i];

      if (place->port != port || !leads_to (self, place, address))
        continue;
      news = news || !place->told;
      place->told = TRUE;
      if (!g_ptr_array_find_with_equal_func (hosts, place->host, g_str_equal, NULL))
        g_ptr_array_add (hosts, place->host);
    }
  g_ptr_array_add (hosts, NULL);
  if (news)
    tell (self, (const char *const *) hosts->pdata, address, port, pid);
}

static void
look_into_table (OhLookout *self, const char *table, GHashTable *wanted)
{
  g_autofree char *text = NULL;
  char *line, *rest;

  if (!g_file_get_contents (table, &text, NULL, NULL))
    return;
  for (line = strtok_r (text, "\n", &rest); line != NULL; line = strtok_r (NULL, "\n", &rest))
    {
      char remote[33];
      unsigned int port;
      guint64 inode;
      gpointer pid;
      g_autoptr (GInetAddress) address = NULL;

      if (sscanf (line, " %*d: %*[0-9A-Fa-f]:%*x %32[0-9A-Fa-f]:%x %*x %*s %*s %*s %*d %*d %" G_GUINT64_FORMAT, remote, &port,
                  &inode) != 3
          || port == 0 || !g_hash_table_lookup_extended (wanted, &inode, NULL, &pid))
        continue;
      g_hash_table_insert (self->sockets, g_memdup2 (&inode, sizeof inode), GUINT_TO_POINTER (LOOKS));
      address = parse_address (remote, strlen (remote));
      if (address != NULL)
        look_at_connection (self, address, port, GPOINTER_TO_UINT (pid));
    }
}

/* Returns: whether somebody is left to be looked at. */
static gboolean
look (OhLookout *self)
{
  g_autoptr (GArray) pids = collect_processes (self);
  g_autoptr (GHashTable) wanted = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  if (g_hash_table_size (self->sockets) > SOCKETS_MAX)
    g_hash_table_remove_all (self->sockets);
  for (guint i = 0; i < pids->len; i++)
    collect_sockets (self, g_array_index (pids, guint, i), wanted);
  if (g_hash_table_size (wanted) > 0)
    {
      look_into_table (self, "/proc/self/net/tcp", wanted);
      look_into_table (self, "/proc/self/net/tcp6", wanted);
    }
  return pids->len > 0;
}

/* How many connections processes of our network namespace have begun, by /proc/net/snmp (RFC 4022, tcpActiveOpens); 0 if
 * that is not known. Ours to servers count too. */
static guint64
count_connections (void)
{
  g_autofree char *text = NULL;
  guint64 count = 0;
  char *values;

  if (!g_file_get_contents ("/proc/self/net/snmp", &text, NULL, NULL))
    return 0;
  values = strstr (text, "\nTcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens");
  values = values != NULL ? strstr (values + 1, "\nTcp: ") : NULL;
  return values != NULL && sscanf (values, " Tcp: %*s %*s %*s %*s %" G_GUINT64_FORMAT, &count) == 1 ? count : 0;
}

static gpointer
run_thread (gpointer data)
{
  OhLookout *self = data;
  guint64 connections = 0;
  gint64 looked = 0;
  gboolean goes_on = TRUE;

  while (goes_on)
    {
      const gint64 begun = g_get_monotonic_time ();
      const guint64 now = count_connections ();
      gint64 ended, until;

      if (now == 0 || now != connections || begun - looked >= LOOK_US)
        {
          connections = now;
          looked = begun;
          goes_on = look (self);
        }
      ended = g_get_monotonic_time ();
      until = ended + CLAMP (SHARE * (ended - begun), WAIT_US, LONGEST_WAIT_US);
      g_mutex_lock (&self->lock);
      while (goes_on && !self->stopped && g_cond_wait_until (&self->changed, &self->lock, until))
        ;
      goes_on = goes_on && !self->stopped;
      g_mutex_unlock (&self->lock);
    }
  return NULL;
}

OhLookout *
oh_lookout_new (GPid program,
                guint16 proxy_port,
                const char *const *places,
                OhLookoutFunc func,
                gpointer data,
                GDestroyNotify destroy)
{
  OhLookout *self;

  g_return_val_if_fail (places != NULL && func != NULL, NULL);

  self = g_new0 (OhLookout, 1);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->cancellable = g_cancellable_new ();
  self->program = program;
  self->proxy_port = proxy_port;
  self->self = g_file_read_link ("/proc/self/exe", NULL);
  self->places = g_ptr_array_new_with_free_func (place_free);
  self->sockets = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->func = func;
  self->data = data;
  self->destroy = destroy;
  for (; *places != NULL; places++)
    {
      g_autoptr (GSocketConnectable) parsed = g_network_address_parse (*places, 443, NULL);
      Place *place;

      if (parsed == NULL || strpbrk (*places, "*?") != NULL)
        continue;
      place = g_new0 (Place, 1);
      place->host = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (parsed)));
      place->port = g_network_address_get_port (G_NETWORK_ADDRESS (parsed));
      g_ptr_array_add (self->places, place);
    }
  self->thread = g_thread_try_new ("lookout", run_thread, self, NULL);
  return self;
}

void
oh_lookout_free (OhLookout *self)
{
  if (self == NULL)
    return;
  g_mutex_lock (&self->lock);
  self->stopped = TRUE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  g_cancellable_cancel (self->cancellable);
  if (self->thread != NULL)
    g_thread_join (self->thread);
  if (self->destroy != NULL)
    self->destroy (self->data);
  g_ptr_array_unref (self->places);
  g_hash_table_unref (self->sockets);
  g_object_unref (self->cancellable);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self->self);
  g_free (self);
}
