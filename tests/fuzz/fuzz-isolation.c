/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes out of an isolated network: packets, questions for names, first bytes. What was read is written, and reads the
 * same again. */
#include "config.h"
#include "oh-dns-private.h"
#include "oh-mirror-private.h"
#include "oh-nat-private.h"
#include "oh-sniff-private.h"

#include <netinet/in.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
check_packet (const guint8 *data, gsize size)
{
  g_autofree guint8 *bytes = g_memdup2 (data, size);
  g_autofree guint8 *room = g_malloc (OH_PACKET_MAX);
  OhNat *nat = oh_nat_new (4000, 4001);
  OhPacket packet, made;
  guint port;
  gsize length;

  if (oh_packet_read (&packet, bytes, size))
    {
      const OhEnd from = packet.from, to = packet.to;

      g_assert_cmpuint (packet.payload, <=, packet.length);
      oh_packet_set_ends (&packet, &to, &from);
      oh_packet_set_ends (&packet, &from, &to);
      if (packet.protocol == IPPROTO_TCP)
        {
          length = oh_packet_make_reset (&packet, room);
          g_assert_true (oh_packet_read (&made, room, length));
          if (oh_nat_take (nat, &packet, 0, &port) == OH_NAT_ASK)
            {
              g_assert_true (oh_nat_end_wait (nat, packet.from.version, port, room, &made));
              oh_nat_let_in (nat, port, &made);
            }
        }
      else
        {
          length = oh_packet_make_answer (&packet, bytes, size, room);
          g_assert_true (oh_packet_read (&made, room, length));
          g_assert_cmpmem (room + made.payload, made.length - made.payload, bytes, size);
          oh_packet_make_unreachable (&packet, TRUE, room);
        }
    }
  oh_nat_free (nat);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (OhMirrorPlace));
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree guint8 *exact = g_memdup2 (data, size);
  OhDnsQuestion question;
  char *host = NULL;
  guint32 shape;

  check_packet (data, size);
  if (oh_dns_read_question (&question, exact, size))
    {
      g_autoptr (GByteArray) answer = oh_dns_make_answer (&question, exact, OH_DNS_FINE, exact, MIN (size, 16), 1);

      g_assert_cmpuint (strlen (question.name), <=, OH_DNS_NAME_MAX);
      g_assert_cmpuint (answer->len, >=, question.end);
    }
  else
    {
      g_autoptr (GByteArray) complaint = oh_dns_make_complaint (exact, size);

      if (complaint != NULL)
        g_assert_null (oh_dns_make_complaint (complaint->data, complaint->len));
    }
  if (oh_sniff (exact, MIN (size, OH_SNIFF_MAX), &host) == OH_SNIFF_NAMED)
    g_assert_nonnull (host);
  if (host != NULL && *exact == 0x16)
    g_assert_cmpint (oh_sniff_shape (exact, MIN (size, OH_SNIFF_MAX), &shape), ==, OH_SNIFF_NAMED);
  else
    oh_sniff_shape (exact, MIN (size, OH_SNIFF_MAX), &shape);
  g_free (host);
  oh_mirror_read_table (text, places);
  return 0;
}
