/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-peer-private.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  struct nlmsghdr header;
  struct inet_diag_req_v2 diag;
} Request;

/* Returns: FALSE if the two addresses are not of one family. */
static gboolean
make_request (Request *request, GInetSocketAddress *from, GInetSocketAddress *to)
{
  GInetAddress *source = g_inet_socket_address_get_address (from);
  GInetAddress *destination = g_inet_socket_address_get_address (to);

  if (g_inet_address_get_family (source) != g_inet_address_get_family (destination))
    return FALSE;
  *request = (Request) {
    .header = { .nlmsg_len = sizeof *request, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST },
    .diag = {
      .sdiag_family = g_inet_address_get_family (source) == G_SOCKET_FAMILY_IPV6 ? AF_INET6 : AF_INET,
      .sdiag_protocol = IPPROTO_TCP,
      .idiag_states = ~0u,
      .id = {
        .idiag_sport = htons (g_inet_socket_address_get_port (from)),
        .idiag_dport = htons (g_inet_socket_address_get_port (to)),
        .idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE },
      },
    },
  };
  memcpy (request->diag.id.idiag_src, g_inet_address_to_bytes (source), g_inet_address_get_native_size (source));
  memcpy (request->diag.id.idiag_dst, g_inet_address_to_bytes (destination),
          g_inet_address_get_native_size (destination));
  return TRUE;
}

static gboolean
ask_kernel (int diag, const Request *request, guint *uid, guint64 *inode)
{
  union
  {
    struct nlmsghdr header;
    char bytes[8192];
  } answer;
  const struct inet_diag_msg *found = NLMSG_DATA (&answer.header);
  gboolean fine = FALSE;
  int fd = diag >= 0 ? diag : socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

  if (fd < 0)
    return FALSE;
  if (send (fd, request, sizeof *request, 0) == sizeof *request)
    {
      gssize n = recv (fd, &answer, sizeof answer, MSG_DONTWAIT);

      fine = n > 0 && NLMSG_OK (&answer.header, (gsize) n) && answer.header.nlmsg_type == SOCK_DIAG_BY_FAMILY
             && answer.header.nlmsg_len >= NLMSG_LENGTH (sizeof *found);
    }
  if (fd != diag)
    close (fd);
  if (!fine)
    return FALSE;
  *uid = found->idiag_uid;
  *inode = found->idiag_inode;
  return TRUE;
}

#define TCP_LISTENING 0x0a

/* A line of proc(5)'s tables of sockets. */
typedef struct
{
  unsigned int local;  /* ports */
  unsigned int remote;
  unsigned int state;
  guint uid;
  guint64 inode;
} Line;

static gboolean
read_line (const char *text, Line *line)
{
  return sscanf (text, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%x %x %*s %*s %*s %u %*d %" G_GINT64_MODIFIER "u", &line->local,
                 &line->remote, &line->state, &line->uid, &line->inode) == 5;
}

/* For kernels without sock_diag. */
static gboolean
read_table (const char *table, guint from, guint to, guint *uid, guint64 *inode)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  Line line;

  if (!g_file_get_contents (table, &text, NULL, NULL))
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  for (char **at = lines; *at != NULL; at++)
    if (read_line (*at, &line) && line.local == from && line.remote == to)
      {
        *uid = line.uid;
        *inode = line.inode;
        return TRUE;
      }
  return FALSE;
}

GArray *
oh_peer_find_listeners (guint16 port)
{
  static const char *const tables[] = { "/proc/net/tcp", "/proc/net/tcp6" };
  GArray *inodes = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      g_autofree char *text = NULL;
      g_auto (GStrv) lines = NULL;
      Line line;

      if (!g_file_get_contents (tables[i], &text, NULL, NULL))
        continue;
      lines = g_strsplit (text, "\n", -1);
      for (char **at = lines; *at != NULL; at++)
        if (read_line (*at, &line) && line.local == port && line.state == TCP_LISTENING)
          g_array_append_val (inodes, line.inode);
    }
  return inodes;
}

gboolean
oh_peer_look_up (int diag, GSocketAddress *remote, GSocketAddress *local, guint *uid, guint64 *inode)
{
  Request request;
  guint found_uid;
  guint64 found_inode;
  guint from, to;

  g_return_val_if_fail (G_IS_SOCKET_ADDRESS (remote) && G_IS_SOCKET_ADDRESS (local), FALSE);

  if (!G_IS_INET_SOCKET_ADDRESS (remote) || !G_IS_INET_SOCKET_ADDRESS (local)
      || !make_request (&request, G_INET_SOCKET_ADDRESS (remote), G_INET_SOCKET_ADDRESS (local)))
    return FALSE;
  from = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (remote));
  to = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (local));
  if (!ask_kernel (diag, &request, &found_uid, &found_inode)
      && (diag >= 0
          || (!read_table ("/proc/net/tcp", from, to, &found_uid, &found_inode)
              && !read_table ("/proc/net/tcp6", from, to, &found_uid, &found_inode))))
    return FALSE;
  if (uid != NULL)
    *uid = found_uid;
  if (inode != NULL)
    *inode = found_inode;
  return TRUE;
}
