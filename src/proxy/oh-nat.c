/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-nat-private.h"
#include "oh-ns.h"

#include <netinet/in.h>
#include <string.h>

#define FIRST_PORT 1024
#define PORTS 65536
#define OVER_US (2 * G_USEC_PER_SEC)    /* after its end, what is still on its way has come */
#define WAIT_US (180 * G_USEC_PER_SEC)  /* nobody tries for so long */

typedef struct
{
  OhNatFlow flow; /* the key of the table, by its bytes */
  guint port;
  gboolean waits;
  gboolean up_ended;
  gboolean down_ended;
  gint64 used;
  guint8 *first;
  gsize first_length;
} Entry;

typedef struct
{
  OhEnd own; /* where the listener is */
  OhEnd peer;
  Entry **entries; /* by port; NULL until there is one */
  guint next;
} Side;

struct _OhNat
{
  Side sides[2];
  GHashTable *table; /* set of Entry */
};

static guint
hash_flow (gconstpointer key)
{
  const guint8 *bytes = key;
  guint hash = 2166136261u;

  for (gsize i = 0; i < sizeof (OhNatFlow); i++)
    hash = (hash ^ bytes[i]) * 16777619u;
  return hash;
}

static gboolean
equal_flows (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (OhNatFlow)) == 0;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->first);
  g_free (entry);
}

OhNat *
oh_nat_new (guint listen4, guint listen6)
{
  OhNat *self = g_new0 (OhNat, 1);

  self->sides[0].own = oh_end_make (OH_NS_OWN4, listen4);
  self->sides[0].peer = oh_end_make (OH_NS_PEER4, 0);
  self->sides[1].own = oh_end_make (OH_NS_OWN6, listen6);
  self->sides[1].peer = oh_end_make (OH_NS_PEER6, 0);
  self->table = g_hash_table_new_full (hash_flow, equal_flows, entry_free, NULL);
  return self;
}

void
oh_nat_free (OhNat *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->table);
  g_free (self->sides[0].entries);
  g_free (self->sides[1].entries);
  g_free (self);
}

static Side *
get_side (OhNat *self, guint8 version)
{
  return &self->sides[version == 6];
}

static Entry *
find_entry (OhNat *self, guint8 version, guint port)
{
  Side *side = get_side (self, version);

  return side->entries != NULL && port < PORTS ? side->entries[port] : NULL;
}

static gboolean
is_over (const Entry *entry, gint64 now)
{
  return entry->waits ? now - entry->used > WAIT_US
                      : entry->up_ended && entry->down_ended && now - entry->used > OVER_US;
}

/* Returns: NULL where all are taken. */
static Entry *
add_entry (OhNat *self, const OhNatFlow *flow, gint64 now)
{
  Side *side = get_side (self, flow->server.version);

  if (side->entries == NULL)
    side->entries = g_new0 (Entry *, PORTS);
  for (guint i = 0; i < PORTS - FIRST_PORT; i++)
    {
      const guint port = FIRST_PORT + (side->next + i) % (PORTS - FIRST_PORT);
      Entry *entry = side->entries[port];

      if (entry != NULL && !is_over (entry, now))
        continue;
      if (entry != NULL)
        g_hash_table_remove (self->table, entry);
      side->next = port - FIRST_PORT + 1;
      entry = g_new0 (Entry, 1);
      entry->flow = *flow;
      entry->port = port;
      side->entries[port] = entry;
      g_hash_table_add (self->table, entry);
      return entry;
    }
  return NULL;
}

static void
note_end (Entry *entry, guint8 flags, gboolean *way)
{
  if ((flags & OH_TCP_RST) != 0)
    entry->up_ended = entry->down_ended = TRUE;
  else if ((flags & OH_TCP_FIN) != 0)
    *way = TRUE;
}

static OhNatVerdict
begin (Entry *entry, const OhPacket *packet, guint *port)
{
  entry->waits = TRUE;
  entry->up_ended = entry->down_ended = FALSE;
  g_free (entry->first);
  entry->first = g_memdup2 (packet->data, packet->length);
  entry->first_length = packet->length;
  *port = entry->port;
  return OH_NAT_ASK;
}

static OhNatVerdict
take_answer (OhNat *self, OhPacket *packet, gint64 now)
{
  Entry *entry = find_entry (self, packet->to.version, packet->to.port);

  if (entry == NULL || entry->waits || packet->from.port != get_side (self, packet->to.version)->own.port)
    return OH_NAT_DROP;
  entry->used = now;
  note_end (entry, packet->flags, &entry->down_ended);
  oh_packet_set_ends (packet, &entry->flow.server, &entry->flow.client);
  return OH_NAT_PASS;
}

OhNatVerdict
oh_nat_take (OhNat *self, OhPacket *packet, gint64 now, guint *port)
{
  const Side *side = get_side (self, packet->to.version);
  const gboolean begins = (packet->flags & (OH_TCP_SYN | OH_TCP_ACK | OH_TCP_RST)) == OH_TCP_SYN;
  OhNatFlow flow;
  Entry *entry;

  g_assert (packet->protocol == IPPROTO_TCP);
  if (oh_end_has_address (&packet->to, &side->peer))
    return take_answer (self, packet, now);
  if (!oh_end_has_address (&packet->from, &side->own))
    return OH_NAT_DROP;
  memset (&flow, 0, sizeof flow);
  flow.client = packet->from;
  flow.server = packet->to;
  entry = g_hash_table_lookup (self->table, &flow);
  if (entry == NULL && begins && packet->length <= OH_PACKET_SMALL)
    entry = add_entry (self, &flow, now);
  else if (entry != NULL && entry->waits && begins)
    {
      entry->used = now;
      return OH_NAT_DROP;
    }
  else if (entry != NULL && (!begins || !(entry->up_ended && entry->down_ended)))
    {
      entry->used = now;
      if (entry->waits)
        return OH_NAT_DROP;
      note_end (entry, packet->flags, &entry->up_ended);
      oh_nat_let_in (self, entry->port, packet);
      return OH_NAT_PASS;
    }
  if (entry == NULL)
    return (packet->flags & OH_TCP_RST) != 0 ? OH_NAT_DROP : OH_NAT_RESET;
  entry->used = now;
  return begin (entry, packet, port);
}

const OhNatFlow *
oh_nat_find (OhNat *self, guint8 version, guint port)
{
  Entry *entry = find_entry (self, version, port);

  return entry != NULL ? &entry->flow : NULL;
}

gboolean
oh_nat_end_wait (OhNat *self, guint8 version, guint port, guint8 *room, OhPacket *packet)
{
  Entry *entry = find_entry (self, version, port);

  if (entry == NULL || !entry->waits)
    return FALSE;
  entry->waits = FALSE;
  /* Until it is let in. */
  entry->up_ended = entry->down_ended = TRUE;
  memcpy (room, entry->first, entry->first_length);
  return oh_packet_read (packet, room, entry->first_length);
}

void
oh_nat_let_in (OhNat *self, guint port, OhPacket *packet)
{
  const Side *side = get_side (self, packet->to.version);
  Entry *entry = find_entry (self, packet->to.version, port);
  OhEnd from = side->peer;

  g_assert (entry != NULL);
  if ((packet->flags & OH_TCP_SYN) != 0)
    entry->up_ended = entry->down_ended = FALSE;
  from.port = (guint16) port;
  oh_packet_set_ends (packet, &from, &side->own);
}
