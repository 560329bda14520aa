/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-packet-private.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define HEAD4 20
#define HEAD6 40
#define TCP_HEAD 20
#define UDP_HEAD 8
#define TTL 64
#define ICMP4_UNREACHABLE 3
#define ICMP4_HOST 1
#define ICMP4_PORT 3
#define ICMP6_UNREACHABLE 1
#define ICMP6_ADDRESS 3
#define ICMP6_PORT 4
#define ICMP_HEAD 8

static guint
get16 (const guint8 *at)
{
  return (guint) at[0] << 8 | at[1];
}

static void
put16 (guint8 *at, guint value)
{
  at[0] = (guint8) (value >> 8);
  at[1] = (guint8) value;
}

static guint32
get32 (const guint8 *at)
{
  return (guint32) get16 (at) << 16 | get16 (at + 2);
}

static void
put32 (guint8 *at, guint32 value)
{
  put16 (at, value >> 16);
  put16 (at + 2, value & 0xffff);
}

static gsize
address_size (guint8 version)
{
  return version == 6 ? 16 : 4;
}

/* RFC 1071. @length: even but for the last piece */
static guint32
add_up (guint32 sum, const guint8 *data, gsize length)
{
  for (gsize i = 0; i + 1 < length; i += 2)
    {
      sum += get16 (data + i);
      sum = (sum & 0xffff) + (sum >> 16);
    }
  if (length % 2 != 0)
    sum += (guint32) data[length - 1] << 8;
  return (sum & 0xffff) + (sum >> 16);
}

static guint
finish_sum (guint32 sum)
{
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/* RFC 1624: what a checksum becomes where @before is replaced by @after. */
static guint
change_sum (guint sum, const guint8 *before, const guint8 *after, gsize length)
{
  guint32 result = ~sum & 0xffff;

  for (gsize i = 0; i < length; i += 2)
    {
      result += ~get16 (before + i) & 0xffff;
      result += get16 (after + i);
    }
  return finish_sum (result);
}

OhEnd
oh_end_make (const char *text, guint port)
{
  OhEnd end = { .port = (guint16) port, .version = strchr (text, ':') != NULL ? 6 : 4 };

  inet_pton (end.version == 6 ? AF_INET6 : AF_INET, text, end.address);
  return end;
}

gboolean
oh_end_has_address (const OhEnd *end, const OhEnd *other)
{
  return end->version == other->version && memcmp (end->address, other->address, sizeof end->address) == 0;
}

char *
oh_end_print_address (const OhEnd *end)
{
  char text[INET6_ADDRSTRLEN];

  inet_ntop (end->version == 6 ? AF_INET6 : AF_INET, end->address, text, sizeof text);
  return g_strdup (text);
}

gboolean
oh_packet_read (OhPacket *self, guint8 *data, gsize length)
{
  gsize whole, head;

  *self = (OhPacket) { .data = data };
  if (length >= HEAD4 && data[0] >> 4 == 4)
    {
      head = (data[0] & 15) * 4u;
      whole = get16 (data + 2);
      self->protocol = data[9];
      if (head < HEAD4 || whole < head || whole > length || (get16 (data + 6) & 0x3fff) != 0)
        return FALSE;
      memcpy (self->from.address, data + 12, 4);
      memcpy (self->to.address, data + 16, 4);
    }
  else if (length >= HEAD6 && data[0] >> 4 == 6)
    {
      head = HEAD6;
      whole = head + get16 (data + 4);
      self->protocol = data[6];
      if (whole > length)
        return FALSE;
      memcpy (self->from.address, data + 8, 16);
      memcpy (self->to.address, data + 24, 16);
    }
  else
    return FALSE;
  self->from.version = self->to.version = data[0] >> 4;
  self->length = whole;
  self->transport = head;
  if (self->protocol == IPPROTO_TCP && whole >= head + TCP_HEAD)
    {
      self->payload = head + (data[head + 12] >> 4) * 4u;
      self->flags = data[head + 13];
      if (self->payload < head + TCP_HEAD || self->payload > whole)
        return FALSE;
    }
  else if (self->protocol == IPPROTO_UDP && whole >= head + UDP_HEAD && get16 (data + head + 4) == whole - head)
    self->payload = head + UDP_HEAD;
  else
    return FALSE;
  self->from.port = (guint16) get16 (data + head);
  self->to.port = (guint16) get16 (data + head + 2);
  return TRUE;
}

void
oh_packet_set_ends (OhPacket *self, const OhEnd *from, const OhEnd *to)
{
  const gsize size = address_size (self->from.version);
  guint8 *addresses = self->data + (self->from.version == 6 ? 8 : 12);
  guint8 *ports = self->data + self->transport;
  guint8 *sum = ports + (self->protocol == IPPROTO_TCP ? 16 : 6);
  guint8 new_addresses[32], new_ports[4];
  guint checked;

  g_assert (from->version == self->from.version && to->version == self->from.version);
  memcpy (new_addresses, from->address, size);
  memcpy (new_addresses + size, to->address, size);
  put16 (new_ports, from->port);
  put16 (new_ports + 2, to->port);
  checked = change_sum (get16 (sum), addresses, new_addresses, 2 * size);
  put16 (sum, change_sum (checked, ports, new_ports, 4));
  if (self->from.version == 4)
    put16 (self->data + 10, change_sum (get16 (self->data + 10), addresses, new_addresses, 2 * size));
  memcpy (addresses, new_addresses, 2 * size);
  memcpy (ports, new_ports, 4);
  self->from = *from;
  self->to = *to;
}

/* ---- packets of our own ---- */

/* An IP header. Returns: its length. */
static gsize
put_head (guint8 *room, guint8 protocol, const OhEnd *from, const OhEnd *to, gsize payload)
{
  if (from->version == 6)
    {
      memset (room, 0, HEAD6);
      room[0] = 0x60;
      put16 (room + 4, (guint) payload);
      room[6] = protocol;
      room[7] = TTL;
      memcpy (room + 8, from->address, 16);
      memcpy (room + 24, to->address, 16);
      return HEAD6;
    }
  memset (room, 0, HEAD4);
  room[0] = 0x45;
  put16 (room + 2, (guint) (HEAD4 + payload));
  room[8] = TTL;
  room[9] = protocol;
  memcpy (room + 12, from->address, 4);
  memcpy (room + 16, to->address, 4);
  put16 (room + 10, finish_sum (add_up (0, room, HEAD4)));
  return HEAD4;
}

/* With the pseudo-header of RFC 793 and RFC 8200. @at: where the checksum stands, 0 now */
static void
put_sum (guint8 *room, gsize head, gsize payload, guint8 protocol, gsize at)
{
  const gsize addresses = head == HEAD6 ? 8 : 12;
  guint8 rest[4] = { 0, protocol, 0, 0 };
  guint32 sum;

  put16 (rest + 2, (guint) payload);
  sum = add_up (0, room + addresses, head - addresses);
  sum = add_up (sum, rest, sizeof rest);
  sum = finish_sum (add_up (sum, room + head, payload));
  /* 0 is no checksum in UDP. */
  put16 (room + head + at, sum == 0 && protocol == IPPROTO_UDP ? 0xffff : sum);
}

gsize
oh_packet_make_reset (const OhPacket *to, guint8 *room)
{
  const guint8 *asked = to->data + to->transport;
  const gsize head = put_head (room, IPPROTO_TCP, &to->to, &to->from, TCP_HEAD);
  guint8 *tcp = room + head;
  const guint32 length = (guint32) (to->length - to->payload) + ((to->flags & OH_TCP_SYN) != 0)
                         + ((to->flags & OH_TCP_FIN) != 0);

  g_assert (to->protocol == IPPROTO_TCP);
  memset (tcp, 0, TCP_HEAD);
  put16 (tcp, to->to.port);
  put16 (tcp + 2, to->from.port);
  /* RFC 9293, 3.10.7.1 */
  if ((to->flags & OH_TCP_ACK) != 0)
    put32 (tcp + 4, get32 (asked + 8));
  else
    put32 (tcp + 8, get32 (asked + 4) + length);
  tcp[12] = TCP_HEAD / 4 << 4;
  tcp[13] = (to->flags & OH_TCP_ACK) != 0 ? OH_TCP_RST : OH_TCP_RST | OH_TCP_ACK;
  put_sum (room, head, TCP_HEAD, IPPROTO_TCP, 16);
  return head + TCP_HEAD;
}

gsize
oh_packet_make_unreachable (const OhPacket *about, gboolean port, guint8 *room)
{
  const gboolean is6 = about->from.version == 6;
  /* RFC 792 and RFC 4443: its header and eight bytes, or as much as there is room for. */
  const gsize quoted = MIN (about->length, is6 ? OH_PACKET_SMALL - HEAD6 - ICMP_HEAD : about->transport + 8);
  const gsize payload = ICMP_HEAD + quoted;
  const gsize head = put_head (room, is6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, &about->to, &about->from, payload);
  guint8 *icmp = room + head;

  memset (icmp, 0, ICMP_HEAD);
  icmp[0] = is6 ? ICMP6_UNREACHABLE : ICMP4_UNREACHABLE;
  if (is6)
    icmp[1] = port ? ICMP6_PORT : ICMP6_ADDRESS;
  else
    icmp[1] = port ? ICMP4_PORT : ICMP4_HOST;
  memcpy (icmp + ICMP_HEAD, about->data, quoted);
  if (is6)
    put_sum (room, head, payload, IPPROTO_ICMPV6, 2);
  else
    put16 (icmp + 2, finish_sum (add_up (0, icmp, payload)));
  return head + payload;
}

gsize
oh_packet_make_answer (const OhPacket *to, const guint8 *payload, gsize length, guint8 *room)
{
  gsize head;

  g_assert (to->protocol == IPPROTO_UDP);
  if (length > OH_PACKET_MAX - 1 - HEAD6 - UDP_HEAD)
    return 0;
  head = put_head (room, IPPROTO_UDP, &to->to, &to->from, UDP_HEAD + length);
  put16 (room + head, to->to.port);
  put16 (room + head + 2, to->from.port);
  put16 (room + head + 4, (guint) (UDP_HEAD + length));
  put16 (room + head + 6, 0);
  memcpy (room + head + UDP_HEAD, payload, length);
  put_sum (room, head, UDP_HEAD + length, IPPROTO_UDP, 6);
  return head + UDP_HEAD + length;
}
