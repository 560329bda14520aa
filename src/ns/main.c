/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Becomes a program in a network namespace of its own (oh-ns.h). Small, plain and a file of its own, because AppArmor
 * profiles go by files: data/apparmor/overhear-ns. */
#include "config.h"
#include "oh-ns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEVICE "overhear"
#define MTU 65535
#define BACKLOG 1024
#define PROBE_MS 2000
#define PROBE_PACKETS 64
#define SHELL "/bin/sh"

static int wire;

static void
say (OhNsNews news, const int *files, unsigned n_files)
{
  char room[CMSG_SPACE (sizeof (int) * (OH_NS_FILES + OH_NS_SPARES))] = { 0 };
  struct iovec part = { &news, sizeof news };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

  if (n_files > 0)
    {
      struct cmsghdr *head;

      message.msg_control = room;
      message.msg_controllen = CMSG_SPACE (sizeof (int) * n_files);
      head = CMSG_FIRSTHDR (&message);
      head->cmsg_level = SOL_SOCKET;
      head->cmsg_type = SCM_RIGHTS;
      head->cmsg_len = CMSG_LEN (sizeof (int) * n_files);
      memcpy (CMSG_DATA (head), files, sizeof (int) * n_files);
    }
  while (sendmsg (wire, &message, MSG_NOSIGNAL) < 0 && errno == EINTR)
    ;
}

/* Nothing runs where not all of it is as it must be. */
static void
give_up (OhNsStep step)
{
  say ((OhNsNews) { .kind = OH_NS_FAILED, .step = step, .error = errno }, NULL, 0);
  exit (1);
}

static int
write_file (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  ssize_t n = fd >= 0 ? write (fd, text, strlen (text)) : -1;
  int error = errno;

  if (fd >= 0)
    close (fd);
  errno = error;
  return n == (ssize_t) strlen (text);
}

/* Root keeps what it may do; anybody else stays who they are, with all rights over the new network until they become the
 * program. */
static void
make_namespaces (void)
{
  const unsigned uid = geteuid (), gid = getegid ();
  char map[64];

  if (unshare (CLONE_NEWNET) == 0)
    return;
  if (unshare (CLONE_NEWUSER | CLONE_NEWNET) != 0)
    give_up (OH_NS_STEP_NAMESPACE);
  /* A group may be mapped only by one who cannot leave the others any more (user_namespaces(7)). */
  if (!write_file ("/proc/self/setgroups", "deny") && errno != ENOENT)
    give_up (OH_NS_STEP_IDS);
  snprintf (map, sizeof map, "%u %u 1", uid, uid);
  if (!write_file ("/proc/self/uid_map", map))
    give_up (OH_NS_STEP_IDS);
  snprintf (map, sizeof map, "%u %u 1", gid, gid);
  if (!write_file ("/proc/self/gid_map", map))
    give_up (OH_NS_STEP_IDS);
}

/* ---- rtnetlink(7) ---- */

typedef struct
{
  struct nlmsghdr head;
  char rest[256];
} Order;

static void *
begin_order (Order *order, int type, int flags, size_t body)
{
  memset (order, 0, sizeof *order);
  order->head.nlmsg_len = NLMSG_LENGTH (body);
  order->head.nlmsg_type = type;
  order->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
  return NLMSG_DATA (&order->head);
}

static void
add_value (Order *order, int type, const void *value, size_t size)
{
  struct rtattr *attribute = (struct rtattr *) ((char *) order + NLMSG_ALIGN (order->head.nlmsg_len));

  attribute->rta_type = type;
  attribute->rta_len = RTA_LENGTH (size);
  memcpy (RTA_DATA (attribute), value, size);
  order->head.nlmsg_len = NLMSG_ALIGN (order->head.nlmsg_len) + RTA_ALIGN (attribute->rta_len);
}

/* Returns: 0, or -1 with errno */
static int
carry_out (int netlink, const Order *order)
{
  union
  {
    struct nlmsghdr head;
    char bytes[4096];
  } answer;
  const struct nlmsgerr *result = NLMSG_DATA (&answer.head);

  if (send (netlink, order, order->head.nlmsg_len, 0) < 0 || recv (netlink, &answer, sizeof answer, 0) < 0)
    return -1;
  if (answer.head.nlmsg_type == NLMSG_ERROR && result->error == 0)
    return 0;
  errno = answer.head.nlmsg_type == NLMSG_ERROR ? -result->error : EPROTO;
  return -1;
}

static int
set_up (int netlink, unsigned link)
{
  Order order;
  struct ifinfomsg *body = begin_order (&order, RTM_NEWLINK, 0, sizeof *body);

  body->ifi_index = (int) link;
  body->ifi_flags = body->ifi_change = IFF_UP;
  return carry_out (netlink, &order);
}

static int
add_address (int netlink, unsigned link, int family, const char *text)
{
  Order order;
  struct ifaddrmsg *body = begin_order (&order, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof *body);
  char address[16];
  const size_t size = family == AF_INET6 ? 16 : 4;

  inet_pton (family, text, address);
  body->ifa_family = (unsigned char) family;
  body->ifa_prefixlen = (unsigned char) (8 * size);
  body->ifa_flags = IFA_F_NODAD;
  body->ifa_index = link;
  add_value (&order, IFA_LOCAL, address, size);
  add_value (&order, IFA_ADDRESS, address, size);
  return carry_out (netlink, &order);
}

/* Whatever is not on loopback. */
static int
add_route (int netlink, unsigned link, int family)
{
  Order order;
  struct rtmsg *body = begin_order (&order, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof *body);

  body->rtm_family = (unsigned char) family;
  body->rtm_table = RT_TABLE_MAIN;
  body->rtm_protocol = RTPROT_STATIC;
  body->rtm_scope = family == AF_INET6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  body->rtm_type = RTN_UNICAST;
  add_value (&order, RTA_OIF, &link, sizeof link);
  return carry_out (netlink, &order);
}

static int
open_device (void)
{
  struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
  int fd = open ("/dev/net/tun", O_RDWR | O_CLOEXEC);

  strcpy (request.ifr_name, DEVICE);
  if (fd < 0 || ioctl (fd, TUNSETIFF, &request) != 0)
    give_up (OH_NS_STEP_DEVICE);
  return fd;
}

/* Returns: whether there is IPv6. */
static int
make_network (void)
{
  const int netlink = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  const int any = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const unsigned loopback = if_nametoindex ("lo"), device = if_nametoindex (DEVICE);
  struct ifreq request = { .ifr_mtu = MTU };
  int has6;

  strcpy (request.ifr_name, DEVICE);
  if (netlink < 0 || any < 0 || loopback == 0 || device == 0 || ioctl (any, SIOCSIFMTU, &request) != 0
      || set_up (netlink, loopback) != 0 || set_up (netlink, device) != 0
      || add_address (netlink, device, AF_INET, OH_NS_OWN4) != 0 || add_route (netlink, device, AF_INET) != 0)
    give_up (OH_NS_STEP_NETWORK);
  has6 = add_address (netlink, device, AF_INET6, OH_NS_OWN6) == 0 && add_route (netlink, device, AF_INET6) == 0;
  close (any);
  close (netlink);
  return has6;
}

/* ---- sockets ---- */

/* Without an address of IPv6 that listens to both. */
static int
bind_to (int kind, int family, const char *text, unsigned *port)
{
  struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons ((unsigned short) *port) };
  struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons ((unsigned short) *port) };
  struct sockaddr *address = family == AF_INET ? (struct sockaddr *) &v4 : (struct sockaddr *) &v6;
  socklen_t length = family == AF_INET ? sizeof v4 : sizeof v6;
  const int fd = socket (family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int both = 0;

  if (text == NULL && family == AF_INET6 && setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both) != 0)
    give_up (OH_NS_STEP_SOCKETS);
  if (text != NULL)
    inet_pton (family, text, family == AF_INET ? (void *) &v4.sin_addr : (void *) &v6.sin6_addr);
  if (fd < 0 || bind (fd, address, length) != 0 || (kind == SOCK_STREAM && listen (fd, BACKLOG) != 0)
      || getsockname (fd, address, &length) != 0)
    give_up (OH_NS_STEP_SOCKETS);
  *port = ntohs (family == AF_INET ? v4.sin_port : v6.sin6_port);
  return fd;
}

static void
hand_over_spares (int family)
{
  int spares[OH_NS_SPARES];

  for (unsigned i = 0; i < OH_NS_SPARES; i++)
    if ((spares[i] = socket (family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
      give_up (OH_NS_STEP_SOCKETS);
  say ((OhNsNews) { .kind = OH_NS_SPARE }, spares, OH_NS_SPARES);
  for (unsigned i = 0; i < OH_NS_SPARES; i++)
    close (spares[i]);
}

/* A connection is begun, and must come out of the device. */
static void
probe (int device)
{
  struct sockaddr_in somewhere = { .sin_family = AF_INET, .sin_port = htons (443) };
  const int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct pollfd ready = { .fd = device, .events = POLLIN };

  inet_pton (AF_INET, OH_NS_PROBE4, &somewhere.sin_addr);
  if (fd < 0 || (connect (fd, (struct sockaddr *) &somewhere, sizeof somewhere) != 0 && errno != EINPROGRESS))
    give_up (OH_NS_STEP_PROBE);
  for (unsigned i = 0; i < PROBE_PACKETS && poll (&ready, 1, PROBE_MS) == 1; i++)
    {
      static unsigned char packet[MTU + 1];
      const ssize_t n = read (device, packet, sizeof packet);

      if (n >= 40 && packet[0] >> 4 == 4 && packet[9] == IPPROTO_TCP && memcmp (packet + 16, &somewhere.sin_addr, 4) == 0)
        {
          close (fd);
          return;
        }
    }
  errno = ENETUNREACH;
  give_up (OH_NS_STEP_PROBE);
}

static void
become (const char *program, char **argv)
{
  execv (program, argv);
  if (errno == ENOEXEC)
    {
      int n = 0;

      /* As shells do, and what starts programs without us. */
      while (argv[n] != NULL)
        n++;
      {
        char *words[n + 2];

        words[0] = (char *) SHELL;
        words[1] = (char *) program;
        for (int i = 1; i <= n; i++)
          words[i + 1] = argv[i];
        execv (SHELL, words);
      }
      errno = ENOEXEC;
    }
  say ((OhNsNews) { .kind = OH_NS_NOT_RUN, .error = errno }, NULL, 0);
}

int
main (int argc, char **argv)
{
  int files[OH_NS_FILES];
  OhNsNews news = { .kind = OH_NS_READY };
  unsigned dns = 53;
  int has6;
  char byte;

  if (argc < 4)
    {
      fprintf (stderr, "overhear-ns is started by Overhear.\n");
      return 2;
    }
  wire = atoi (argv[1]);
  if (fcntl (wire, F_SETFD, FD_CLOEXEC) != 0)
    return 2;
  make_namespaces ();
  files[OH_NS_FILE_DEVICE] = open_device ();
  has6 = make_network ();
  probe (files[OH_NS_FILE_DEVICE]);
  files[OH_NS_FILE_DIAG] = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (files[OH_NS_FILE_DIAG] < 0)
    give_up (OH_NS_STEP_SOCKETS);
  files[OH_NS_FILE_DNS_UDP] = bind_to (SOCK_DGRAM, has6 ? AF_INET6 : AF_INET, NULL, &dns);
  files[OH_NS_FILE_DNS_TCP] = bind_to (SOCK_STREAM, has6 ? AF_INET6 : AF_INET, NULL, &dns);
  files[OH_NS_FILE_LISTEN4] = bind_to (SOCK_STREAM, AF_INET, OH_NS_OWN4, &news.port4);
  if (has6)
    files[OH_NS_FILE_LISTEN6] = bind_to (SOCK_STREAM, AF_INET6, OH_NS_OWN6, &news.port6);
  say (news, files, has6 ? OH_NS_FILES : OH_NS_FILES - 1);
  hand_over_spares (AF_INET);
  if (has6)
    hand_over_spares (AF_INET6);
  for (int i = 0; i < (has6 ? OH_NS_FILES : OH_NS_FILES - 1); i++)
    close (files[i]);
  /* The end of the socket: nobody serves us. */
  if (recv (wire, &byte, 1, 0) != 1)
    return 1;
  become (argv[2], argv + 3);
  return 1;
}
