/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-mirror-private.h"
#include "oh-ns.h"
#include "oh-source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOK_MS 100
#define BACKLOG 1024
#define STATE_LISTEN 10
#define TABLE_MAX (64 * 1024) /* what of a table is looked at */

/* Sockets of the network are made of two: one that listens, and one that connects to it. What is accepted then belongs to
 * the network too, and once it has been disconnected (connect(2), AF_UNSPEC) it is bound to nothing. */
typedef struct
{
  int listening; /* -1: the network has none of this family */
  int connecting;
  struct sockaddr_storage address;
  socklen_t length;
} Mint;

struct _OhMirror
{
  GMainContext *context;
  GSource *look;
  Mint mints[2];
  GHashTable *doors; /* OhMirrorPlace → OhListener */
  OhListenerFunc func;
  gpointer data;
};

static guint
hash_place (gconstpointer key)
{
  const OhMirrorPlace *place = key;
  guint32 words[4];

  memcpy (words, place->address, sizeof words);
  return words[0] ^ words[1] ^ words[2] ^ words[3] ^ place->port;
}

static gboolean
equal_places (gconstpointer a, gconstpointer b)
{
  const OhMirrorPlace *one = a, *two = b;

  return one->port == two->port && one->is6 == two->is6 && memcmp (one->address, two->address, sizeof one->address) == 0;
}

/* ---- sockets ---- */

static void
fill_address (struct sockaddr_storage *address, socklen_t *length, const OhMirrorPlace *place)
{
  struct sockaddr_in *v4 = (struct sockaddr_in *) address;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) address;

  memset (address, 0, sizeof *address);
  if (place->is6)
    {
      v6->sin6_family = AF_INET6;
      v6->sin6_port = htons (place->port);
      memcpy (&v6->sin6_addr, place->address, 16);
      *length = sizeof *v6;
    }
  else
    {
      v4->sin_family = AF_INET;
      v4->sin_port = htons (place->port);
      memcpy (&v4->sin_addr, place->address, 4);
      *length = sizeof *v4;
    }
}

static gboolean
listen_at (int fd, const OhMirrorPlace *place)
{
  struct sockaddr_storage address;
  const int yes = 1;
  socklen_t length;

  fill_address (&address, &length, place);
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (place->is6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  return bind (fd, (struct sockaddr *) &address, length) == 0 && listen (fd, BACKLOG) == 0;
}

static void
open_mint (Mint *mint, const int *spares, gboolean is6)
{
  OhMirrorPlace loopback = { .is6 = is6 };

  loopback.address[is6 ? 15 : 0] = is6 ? 1 : 127;
  loopback.address[3] = is6 ? 0 : 1;
  mint->listening = spares[0];
  mint->connecting = spares[1];
  mint->length = sizeof mint->address;
  if (mint->listening < 0)
    return;
  if (listen_at (mint->listening, &loopback)
      && getsockname (mint->listening, (struct sockaddr *) &mint->address, &mint->length) == 0)
    return;
  close (mint->listening);
  close (mint->connecting);
  mint->listening = -1;
}

static gboolean
disconnect (int fd)
{
  const struct sockaddr nobody = { .sa_family = AF_UNSPEC };

  return connect (fd, &nobody, sizeof nobody) == 0;
}

static gboolean
are_one (int ours, int theirs)
{
  struct sockaddr_storage one = { 0 }, two = { 0 };
  socklen_t length = sizeof one, other = sizeof two;

  return getsockname (ours, (struct sockaddr *) &one, &length) == 0
         && getpeername (theirs, (struct sockaddr *) &two, &other) == 0
         && ((struct sockaddr_in *) &one)->sin_port == ((struct sockaddr_in *) &two)->sin_port;
}

/* Returns: a socket that is bound to nothing, or -1 */
static int
strike (Mint *mint)
{
  int fd = -1;

  if (mint->listening < 0
      || (connect (mint->connecting, (struct sockaddr *) &mint->address, mint->length) != 0 && errno != EINPROGRESS))
    return -1;
  /* Somebody inside may have come in between. */
  while ((fd = accept4 (mint->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0 && !are_one (mint->connecting, fd))
    close (fd);
  disconnect (mint->connecting);
  if (fd >= 0 && disconnect (fd))
    return fd;
  if (fd >= 0)
    close (fd);
  return -1;
}

/* ---- who listens ---- */

static void
add_place (GArray *places, OhMirrorPlace place)
{
  static const guint8 any[16] = { 0 };
  static const guint8 loopback6[16] = { [15] = 1 };
  static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };

  if (place.is6 && memcmp (place.address, mapped, sizeof mapped) == 0)
    {
      memmove (place.address, place.address + 12, 4);
      memset (place.address + 4, 0, 12);
      place.is6 = FALSE;
    }
  /* Other addresses of this computer are reached as any host is. */
  if (memcmp (place.address, any, 16) != 0
      && (place.is6 ? memcmp (place.address, loopback6, 16) != 0 : place.address[0] != 127))
    return;
  for (guint i = 0; i < places->len; i++)
    if (equal_places (&place, &g_array_index (places, OhMirrorPlace, i)))
      return;
  g_array_append_val (places, place);
}

void
oh_mirror_read_table (const char *table, GArray *places)
{
  for (const char *line = strchr (table, '\n'); line != NULL && line[1] != '\0'; line = strchr (line + 1, '\n'))
    {
      char address[33];
      OhMirrorPlace place = { 0 };
      unsigned int port, state;
      gsize length;

      if (sscanf (line + 1, " %*d: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", address, &port, &state) != 3
          || state != STATE_LISTEN)
        return;
      length = strlen (address);
      if ((length != 8 && length != 32) || port > G_MAXUINT16)
        continue;
      place.port = (guint16) port;
      place.is6 = length == 32;
      for (gsize i = 0; i < length / 8; i++)
        {
          unsigned int word;

          /* Words as this machine has them. */
          if (sscanf (address + 8 * i, "%8x", &word) == 1)
            memcpy (place.address + 4 * i, &word, 4);
        }
      add_place (places, place);
      /* Whoever listens to all of IPv6 does so to IPv4, as a rule. */
      if (place.is6)
        {
          OhMirrorPlace both = { .port = place.port };

          if (memcmp (place.address, both.address, 16) == 0)
            add_place (places, both);
        }
    }
}

static void
read_table (const char *path, GArray *places)
{
  g_autofree char *text = g_malloc (TABLE_MAX);
  FILE *file = fopen (path, "re");
  gsize n;

  if (file == NULL)
    return;
  n = fread (text, 1, TABLE_MAX - 1, file);
  fclose (file);
  text[n] = '\0';
  oh_mirror_read_table (text, places);
}

static void
open_door (OhMirror *self, const OhMirrorPlace *place)
{
  int fd = strike (&self->mints[place->is6]);
  OhListener *listener;

  if (fd < 0)
    return;
  /* Else the program has taken it for itself. */
  if (!listen_at (fd, place))
    {
      close (fd);
      return;
    }
  listener = oh_listener_new_from_fd (fd);
  if (listener == NULL)
    return;
  oh_listener_start (listener, self->context, self->func, self->data);
  g_hash_table_insert (self->doors, g_memdup2 (place, sizeof *place), listener);
}

static gboolean
look (gpointer data)
{
  OhMirror *self = data;
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (OhMirrorPlace));
  GHashTableIter iter;
  gpointer key;

  read_table ("/proc/self/net/tcp", places);
  read_table ("/proc/self/net/tcp6", places);
  g_hash_table_iter_init (&iter, self->doors);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      gboolean there = FALSE;

      for (guint i = 0; i < places->len && !there; i++)
        there = equal_places (key, &g_array_index (places, OhMirrorPlace, i));
      if (!there)
        g_hash_table_iter_remove (&iter);
    }
  for (guint i = 0; i < places->len; i++)
    if (!g_hash_table_contains (self->doors, &g_array_index (places, OhMirrorPlace, i)))
      open_door (self, &g_array_index (places, OhMirrorPlace, i));
  return G_SOURCE_CONTINUE;
}

OhMirror *
oh_mirror_new (GMainContext *context, const int *spares4, const int *spares6, OhListenerFunc func, gpointer data)
{
  OhMirror *self = g_new0 (OhMirror, 1);

  self->context = context;
  self->func = func;
  self->data = data;
  open_mint (&self->mints[0], spares4, FALSE);
  open_mint (&self->mints[1], spares6, TRUE);
  self->doors = g_hash_table_new_full (hash_place, equal_places, g_free, (GDestroyNotify) oh_listener_free);
  look (self);
  self->look = g_timeout_source_new (LOOK_MS);
  g_source_set_callback (self->look, look, self, NULL);
  g_source_attach (self->look, context);
  return self;
}

void
oh_mirror_free (OhMirror *self)
{
  if (self == NULL)
    return;
  oh_source_drop (&self->look);
  g_hash_table_unref (self->doors);
  for (guint i = 0; i < G_N_ELEMENTS (self->mints); i++)
    if (self->mints[i].listening >= 0)
      {
        close (self->mints[i].listening);
        close (self->mints[i].connecting);
      }
  g_free (self);
}
