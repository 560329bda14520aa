/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sans-I/O pieces behind an isolated network: packets, connections, names, first bytes, who listens. */
#include "config.h"
#include "oh-dns-private.h"
#include "oh-mirror-private.h"
#include "oh-names-private.h"
#include "oh-nat-private.h"
#include "oh-ns.h"
#include "oh-sniff-private.h"

#include <netinet/in.h>
#include <string.h>

#define LISTEN 4000

/* RFC 1071 over what a checksum is over; 0 where it is right. */
static guint
check_sum (const guint8 *data, gsize length, guint32 sum)
{
  for (gsize i = 0; i < length; i++)
    sum += i % 2 == 0 ? (guint32) data[i] << 8 : data[i];
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

static void
assert_sums (const guint8 *data, gsize length)
{
  const gboolean is6 = data[0] >> 4 == 6;
  const gsize head = is6 ? 40 : 20;
  const guint8 protocol = data[is6 ? 6 : 9];
  const gsize from = is6 ? 8 : 12;
  guint32 sum = (guint32) (protocol + length - head);

  if (!is6)
    g_assert_cmpuint (check_sum (data, 20, 0), ==, 0);
  if (protocol == IPPROTO_ICMP)
    {
      g_assert_cmpuint (check_sum (data + head, length - head, 0), ==, 0);
      return;
    }
  for (gsize i = from; i < head; i++)
    sum += i % 2 == 0 ? (guint32) data[i] << 8 : data[i];
  g_assert_cmpuint (check_sum (data + head, length - head, sum), ==, 0);
}

/* A packet with right checksums, by way of one that we make. Returns: its length. */
static gsize
make_packet (guint8 *room, guint8 protocol, guint8 flags, const OhEnd *from, const OhEnd *to, const char *payload)
{
  guint8 bytes[OH_PACKET_SMALL] = { 0 };
  const gsize head = from->version == 6 ? 40 : 20;
  const gsize own = protocol == IPPROTO_TCP ? 20 : 8;
  const gsize length = head + own + strlen (payload);
  guint8 *transport = bytes + head;
  guint32 sum = (guint32) (protocol + length - head);
  const gsize size = from->version == 6 ? 16 : 4;

  bytes[0] = from->version == 6 ? 0x60 : 0x45;
  bytes[from->version == 6 ? 5 : 3] = (guint8) (from->version == 6 ? length - head : length);
  bytes[from->version == 6 ? 6 : 9] = protocol;
  memcpy (bytes + head - 2 * size, from->address, size);
  memcpy (bytes + head - size, to->address, size);
  transport[0] = (guint8) (from->port >> 8);
  transport[1] = (guint8) from->port;
  transport[2] = (guint8) (to->port >> 8);
  transport[3] = (guint8) to->port;
  if (protocol == IPPROTO_TCP)
    {
      transport[7] = 99; /* of its sequence */
      transport[12] = 5 << 4;
      transport[13] = flags;
    }
  else
    transport[5] = (guint8) (length - head);
  memcpy (transport + own, payload, strlen (payload));
  if (from->version == 4)
    {
      const guint check = check_sum (bytes, 20, 0);

      bytes[10] = (guint8) (check >> 8);
      bytes[11] = (guint8) check;
    }
  for (gsize i = head - 2 * size; i < head; i++)
    sum += i % 2 == 0 ? (guint32) bytes[i] << 8 : bytes[i];
  sum = check_sum (transport, length - head, sum);
  transport[protocol == IPPROTO_TCP ? 16 : 6] = (guint8) (sum >> 8);
  transport[protocol == IPPROTO_TCP ? 17 : 7] = (guint8) sum;
  memcpy (room, bytes, length);
  assert_sums (room, length);
  return length;
}

static void
read_packet (OhPacket *packet, guint8 *room, guint8 protocol, guint8 flags, const OhEnd *from, const OhEnd *to,
             const char *payload)
{
  g_assert_true (oh_packet_read (packet, room, make_packet (room, protocol, flags, from, to, payload)));
}

static OhEnd
get_own (gboolean is6, guint port)
{
  return oh_end_make (is6 ? OH_NS_OWN6 : OH_NS_OWN4, port);
}

static OhEnd
get_peer (gboolean is6, guint port)
{
  return oh_end_make (is6 ? OH_NS_PEER6 : OH_NS_PEER4, port);
}

static OhEnd
get_server (gboolean is6)
{
  return oh_end_make (is6 ? "2001:db8::9" : "93.184.216.34", 8443);
}

static void
test_packets (gconstpointer data)
{
  const gboolean is6 = GPOINTER_TO_INT (data);
  const OhEnd from = get_own (is6, 50000), to = get_server (is6), other = get_peer (is6, 77);
  guint8 room[OH_PACKET_SMALL], answer[OH_PACKET_SMALL];
  g_autofree guint8 *large = g_malloc (OH_PACKET_MAX);
  OhPacket packet, made;
  gsize length;

  read_packet (&packet, room, IPPROTO_TCP, OH_TCP_SYN, &from, &to, "payload");
  g_assert_cmpmem (&packet.from, sizeof from, &from, sizeof from);
  g_assert_cmpmem (&packet.to, sizeof to, &to, sizeof to);
  g_assert_cmpmem (room + packet.payload, packet.length - packet.payload, "payload", 7);
  oh_packet_set_ends (&packet, &other, &from);
  assert_sums (room, packet.length);
  g_assert_true (oh_packet_read (&made, room, packet.length));
  g_assert_cmpmem (&made.from, sizeof other, &other, sizeof other);
  g_assert_cmpmem (&made.to, sizeof from, &from, sizeof from);

  length = oh_packet_make_reset (&packet, answer);
  assert_sums (answer, length);
  g_assert_true (oh_packet_read (&made, answer, length));
  g_assert_cmpint (made.flags, ==, OH_TCP_RST | OH_TCP_ACK);
  g_assert_cmpmem (&made.to, sizeof other, &other, sizeof other);
  /* Of the SYN and seven bytes, behind 99. */
  g_assert_cmpuint (answer[made.transport + 11], ==, 99 + 8);

  length = oh_packet_make_unreachable (&packet, FALSE, answer);
  assert_sums (answer, length);
  g_assert_cmpuint (answer[is6 ? 6 : 9], ==, is6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);

  read_packet (&packet, room, IPPROTO_UDP, 0, &from, &to, "?");
  length = oh_packet_make_answer (&packet, (const guint8 *) "answer!", 7, large);
  assert_sums (large, length);
  g_assert_true (oh_packet_read (&made, large, length));
  g_assert_cmpmem (&made.to, sizeof from, &from, sizeof from);
  g_assert_cmpmem (large + made.payload, made.length - made.payload, "answer!", 7);
  g_assert_cmpuint (oh_packet_make_answer (&packet, large, OH_PACKET_MAX, large), ==, 0);

  for (gsize n = 0; n < packet.length; n++)
    g_assert_false (oh_packet_read (&made, room, n));
}

static void
test_connections (gconstpointer data)
{
  const gboolean is6 = GPOINTER_TO_INT (data);
  const guint8 version = is6 ? 6 : 4;
  OhNat *nat = oh_nat_new (LISTEN, LISTEN);
  const OhEnd own = get_own (is6, 50000), to = get_server (is6), listener = get_own (is6, LISTEN);
  guint8 room[OH_PACKET_SMALL], first[OH_PACKET_SMALL];
  OhPacket packet;
  OhEnd peer;
  guint port = 0, second = 0;

  read_packet (&packet, room, IPPROTO_TCP, OH_TCP_ACK, &own, &to, "");
  g_assert_cmpint (oh_nat_take (nat, &packet, 0, &port), ==, OH_NAT_RESET);
  read_packet (&packet, room, IPPROTO_TCP, OH_TCP_RST, &own, &to, "");
  g_assert_cmpint (oh_nat_take (nat, &packet, 0, &port), ==, OH_NAT_DROP);

  read_packet (&packet, room, IPPROTO_TCP, OH_TCP_SYN, &own, &to, "");
  g_assert_cmpint (oh_nat_take (nat, &packet, 0, &port), ==, OH_NAT_ASK);
  g_assert_cmpint (oh_nat_take (nat, &packet, 1, &second), ==, OH_NAT_DROP);
  g_assert_true (oh_nat_end_wait (nat, version, port, first, &packet));
  g_assert_false (oh_nat_end_wait (nat, version, port, first, &packet));
  oh_nat_let_in (nat, port, &packet);
  peer = get_peer (is6, port);
  assert_sums (first, packet.length);
  g_assert_cmpmem (&packet.from, sizeof peer, &peer, sizeof peer);
  g_assert_cmpmem (&packet.to, sizeof listener, &listener, sizeof listener);
  g_assert_cmpmem (&oh_nat_find (nat, version, port)->server, sizeof to, &to, sizeof to);

  /* The listener's answer comes from where the program went. */
  read_packet (&packet, room, IPPROTO_TCP, OH_TCP_SYN | OH_TCP_ACK, &listener, &peer, "");
  g_assert_cmpint (oh_nat_take (nat, &packet, 2, &second), ==, OH_NAT_PASS);
  g_assert_cmpmem (&packet.from, sizeof to, &to, sizeof to);
  g_assert_cmpmem (&packet.to, sizeof own, &own, sizeof own);
  read_packet (&packet, room, IPPROTO_TCP, OH_TCP_ACK, &own, &to, "GET");
  g_assert_cmpint (oh_nat_take (nat, &packet, 3, &second), ==, OH_NAT_PASS);
  g_assert_cmpmem (&packet.to, sizeof listener, &listener, sizeof listener);

  /* The same two ports again, once both have ended: a new connection, to be decided anew. */
  read_packet (&packet, room, IPPROTO_TCP, OH_TCP_FIN | OH_TCP_ACK, &own, &to, "");
  g_assert_cmpint (oh_nat_take (nat, &packet, 4, &second), ==, OH_NAT_PASS);
  read_packet (&packet, room, IPPROTO_TCP, OH_TCP_SYN, &own, &to, "");
  g_assert_cmpint (oh_nat_take (nat, &packet, 5, &second), ==, OH_NAT_PASS);
  read_packet (&packet, room, IPPROTO_TCP, OH_TCP_RST, &listener, &peer, "");
  g_assert_cmpint (oh_nat_take (nat, &packet, 6, &second), ==, OH_NAT_PASS);
  read_packet (&packet, room, IPPROTO_TCP, OH_TCP_SYN, &own, &to, "");
  g_assert_cmpint (oh_nat_take (nat, &packet, 7, &second), ==, OH_NAT_ASK);
  g_assert_cmpuint (second, ==, port);
  oh_nat_free (nat);
}

/* A table that is full refuses, and takes again what is over. */
static void
test_many_connections (void)
{
  OhNat *nat = oh_nat_new (LISTEN, LISTEN);
  const OhEnd to = get_server (FALSE);
  guint8 room[OH_PACKET_SMALL];
  OhPacket packet;
  OhNatVerdict verdict = OH_NAT_ASK;
  guint count = 0, port;

  for (guint i = 0; i < 70000 && verdict == OH_NAT_ASK; i++)
    {
      OhEnd server = to;
      const OhEnd own = get_own (FALSE, 1 + i % 65535);

      server.address[0] = (guint8) (100 + i / 65535);
      read_packet (&packet, room, IPPROTO_TCP, OH_TCP_SYN, &own, &server, "");
      verdict = oh_nat_take (nat, &packet, 0, &port);
      count += verdict == OH_NAT_ASK;
    }
  g_assert_cmpint (verdict, ==, OH_NAT_RESET);
  g_assert_cmpuint (count, ==, 65536 - 1024);
  g_assert_true (oh_packet_read (&packet, room, packet.length));
  g_assert_cmpint (oh_nat_take (nat, &packet, (gint64) G_USEC_PER_SEC * 3600, &port), ==, OH_NAT_ASK);
  oh_nat_free (nat);
}

static void
test_names (void)
{
  OhNames *names = oh_names_new ();
  const OhEnd a4 = oh_names_get_address (names, "a.example", 4), b6 = oh_names_get_address (names, "b.example", 6);
  const OhEnd again = oh_names_get_address (names, "a.example", 6), other = oh_end_make ("9.9.9.9", 1);
  g_autofree char *text = oh_end_print_address (&a4);
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;
  g_autofree char *same = NULL;
  char *none = NULL;

  g_assert_cmpstr (text, ==, "198.18.1.1");
  g_assert_true (oh_names_find (names, &a4, &a) && oh_names_find (names, &b6, &b) && oh_names_find (names, &again, &same));
  g_assert_cmpstr (a, ==, "a.example");
  g_assert_cmpstr (b, ==, "b.example");
  g_assert_cmpstr (same, ==, "a.example");
  g_assert_false (oh_names_find (names, &other, &none));
  for (guint i = 0; i < 100000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.example", i);

      oh_names_get_address (names, name, 4);
    }
  /* Forgotten, and never taken for another one without being asked for. */
  g_assert_true (oh_names_find (names, &a4, &none));
  g_assert_cmpstr (none, !=, "a.example");
  g_free (none);
  oh_names_free (names);
}

static void
test_questions (void)
{
  static const guint8 asked[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03""aPi\x02x!\x07""example\x00\x00\x1c\x00\x01";
  static const guint8 address[16] = { 1, 2, 3 };
  OhDnsQuestion question;
  g_autoptr (GByteArray) answer = NULL;
  g_autoptr (GByteArray) name = oh_dns_write_name ("a.example");

  g_assert_true (oh_dns_read_question (&question, asked, sizeof asked - 1));
  g_assert_cmpstr (question.name, ==, "api.x\\033.example");
  g_assert_cmpuint (question.type, ==, OH_DNS_AAAA);
  answer = oh_dns_make_answer (&question, asked, OH_DNS_FINE, address, sizeof address, 30);
  g_assert_cmpmem (answer->data + answer->len - 16, 16, address, 16);
  g_assert_cmpuint (answer->data[7], ==, 1);
  g_assert_cmpmem (answer->data + 12, question.end - 12, asked + 12, question.end - 12);
  /* What is none gets a word all the same: two questions, a compression loop, another operation. */
  for (guint i = 0; i < 3; i++)
    {
      g_autofree guint8 *odd = g_memdup2 (asked, sizeof asked - 1);
      g_autoptr (GByteArray) complaint = NULL;

      if (i == 0)
        odd[5] = 2;
      else if (i == 1)
        memcpy (odd + 12, "\xc0\x0c", 2);
      else
        odd[2] |= 0x28;
      g_assert_false (oh_dns_read_question (&question, odd, sizeof asked - 1));
      complaint = oh_dns_make_complaint (odd, sizeof asked - 1);
      g_assert_cmpmem (complaint->data, complaint->len, i == 2 ? "\x12\x34\xa9\x84\0\0\0\0\0\0\0\0" : "\x12\x34\x81\x81\0\0\0\0\0\0\0\0", 12);
    }
  g_assert_null (oh_dns_make_complaint (asked, 11));
  g_assert_null (oh_dns_make_complaint (answer->data, answer->len));
  g_assert_true (oh_dns_read_question (&question, asked, sizeof asked - 1));
  /* An answer is no question. */
  g_assert_false (oh_dns_read_question (&question, answer->data, answer->len));
  for (gsize n = 0; n < sizeof asked - 1; n++)
    g_assert_false (oh_dns_read_question (&question, asked, n));
  g_assert_cmpmem (name->data, name->len, "\1a\7example\0", 11);
  g_assert_null (oh_dns_write_name ("a..example"));
}

static void
test_sniffing (void)
{
  /* A ClientHello with nothing but a server name, in one record and in two. */
  static const guint8 rest[] = "\x01\x00\x00\x3f\x03\x03" "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr" "\x00" "\x00\x02\x13\x01" "\x01\x00"
                               "\x00\x14" "\x00\x00\x00\x10" "\x00\x0e\x00\x00\x0b" "API.example";
  static const char http[] = "GET / HTTP/1.1\r\nA: b\r\nHost: Gateway.example:8080\r\n\r\n";
  guint8 one[sizeof rest + 4], two[sizeof rest + 9];
  const gsize size = sizeof rest - 1;
  char *host;
  guint32 shape, again;

  memcpy (one, "\x16\x03\x01\x00", 4);
  one[4] = (guint8) size;
  memcpy (one + 5, rest, size);
  memcpy (two, "\x16\x03\x01\x00\x0a", 5);
  memcpy (two + 5, rest, 10);
  memcpy (two + 15, "\x16\x03\x01\x00", 4);
  two[19] = (guint8) (size - 10);
  memcpy (two + 20, rest + 10, size - 10);
  for (gsize n = 0; n < size + 5; n++)
    g_assert_cmpint (oh_sniff (one, n, &host), ==, OH_SNIFF_MORE);
  for (gsize n = 0; n < size + 10; n++)
    g_assert_cmpint (oh_sniff (two, n, &host), ==, OH_SNIFF_MORE);
  g_assert_cmpint (oh_sniff (one, size + 5, &host), ==, OH_SNIFF_NAMED);
  g_assert_cmpstr (host, ==, "api.example");
  g_free (host);
  g_assert_cmpint (oh_sniff (two, size + 10, &host), ==, OH_SNIFF_NAMED);
  g_assert_cmpstr (host, ==, "api.example");
  g_free (host);
  /* The same software, whomever it speaks to; another with another cipher. */
  g_assert_cmpint (oh_sniff_shape (one, size + 4, &shape), ==, OH_SNIFF_MORE);
  g_assert_cmpint (oh_sniff_shape (one, size + 5, &shape), ==, OH_SNIFF_NAMED);
  g_assert_cmpint (oh_sniff_shape (two, size + 10, &again), ==, OH_SNIFF_NAMED);
  g_assert_cmpuint (shape, ==, again);
  one[size + 4] = 'f';
  g_assert_cmpint (oh_sniff_shape (one, size + 5, &again), ==, OH_SNIFF_NAMED);
  g_assert_cmpuint (shape, ==, again);
  one[5 + 42] = 2;
  g_assert_cmpint (oh_sniff_shape (one, size + 5, &again), ==, OH_SNIFF_NAMED);
  g_assert_cmpuint (shape, !=, again);
  for (gsize n = 0; n < sizeof http - 1; n++)
    g_assert_cmpint (oh_sniff ((const guint8 *) http, n, &host), ==, OH_SNIFF_MORE);
  g_assert_cmpint (oh_sniff ((const guint8 *) http, sizeof http - 1, &host), ==, OH_SNIFF_NAMED);
  g_assert_cmpstr (host, ==, "gateway.example");
  g_free (host);
  g_assert_cmpint (oh_sniff ((const guint8 *) "SSH-2.0-x", 9, &host), ==, OH_SNIFF_UNKNOWN);
  g_assert_cmpint (oh_sniff ((const guint8 *) "\x16\x03\x01\x00\x01\x02", 6, &host), ==, OH_SNIFF_UNKNOWN);
  g_assert_cmpint (oh_sniff ((const guint8 *) "BIG", 3, &host), ==, OH_SNIFF_UNKNOWN);
  g_assert_cmpint (oh_sniff ((const guint8 *) "GET key\r\n", 9, &host), ==, OH_SNIFF_UNKNOWN);
}

static void
test_who_listens (void)
{
  static const char tcp[]
      = "  sl  local_address rem_address   st\n"
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000\n"
        "   1: 00000000:0016 00000000:0000 0A 00000000:00000000\n"
        "   2: 0200A8C0:0050 00000000:0000 0A 00000000:00000000\n"
        "   3: 0100007F:0CEA 0100007F:1F90 01 00000000:00000000\n"
        "   4: 0100007F:0001 00000000:0000 0A 00000000:00000000\n";
  static const char tcp6[]
      = "  sl  local_address                         remote_address                        st\n"
        "   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0\n"
        "   1: 00000000000000000000000001000000:0051 00000000000000000000000000000000:0000 0A 0\n"
        "   2: 0000000000000000FFFF00000100007F:0052 00000000000000000000000000000000:0000 0A 0\n";
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (OhMirrorPlace));

  oh_mirror_read_table (tcp, places);
  g_assert_cmpuint (places->len, ==, 2);
  g_assert_cmpuint (g_array_index (places, OhMirrorPlace, 0).port, ==, 8080);
  g_assert_cmpuint (g_array_index (places, OhMirrorPlace, 0).address[0], ==, 127);
  oh_mirror_read_table (tcp6, places);
  /* All of IPv6, and of IPv4 with it; ::1; 127.0.0.1. */
  g_assert_cmpuint (places->len, ==, 6);
  g_assert_false (g_array_index (places, OhMirrorPlace, 3).is6);
  g_assert_true (g_array_index (places, OhMirrorPlace, 4).is6);
  g_assert_cmpuint (g_array_index (places, OhMirrorPlace, 5).address[0], ==, 127);
  oh_mirror_read_table ("", places);
  oh_mirror_read_table ("\n   0: 0100007F", places);
  g_assert_cmpuint (places->len, ==, 6);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/packets/4", GINT_TO_POINTER (FALSE), test_packets);
  g_test_add_data_func ("/packets/6", GINT_TO_POINTER (TRUE), test_packets);
  g_test_add_data_func ("/connections/4", GINT_TO_POINTER (FALSE), test_connections);
  g_test_add_data_func ("/connections/6", GINT_TO_POINTER (TRUE), test_connections);
  g_test_add_func ("/connections/many", test_many_connections);
  g_test_add_func ("/names", test_names);
  g_test_add_func ("/questions", test_questions);
  g_test_add_func ("/sniffing", test_sniffing);
  g_test_add_func ("/who-listens", test_who_listens);
  return g_test_run ();
}
