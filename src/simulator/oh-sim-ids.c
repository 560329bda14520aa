/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sim-ids.h"

#include "oh-token.h"

struct _OhSimIds
{
  char *seed;
  guint64 count;
};

static const char ALPHABET[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

OhSimIds *
oh_sim_ids_new (const char *seed)
{
  OhSimIds *self = g_new0 (OhSimIds, 1);

  self->seed = seed != NULL ? g_strdup (seed) : oh_token_new ();
  return self;
}

void
oh_sim_ids_free (OhSimIds *self)
{
  g_free (self->seed);
  g_free (self);
}

static void
digest (const char *text, guint8 out[32])
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = 32;

  g_checksum_update (checksum, (const guchar *) text, -1);
  g_checksum_get_digest (checksum, out, &length);
}

char *
oh_sim_ids_next (OhSimIds *self, const char *prefix)
{
  g_autofree char *name = g_strdup_printf ("%s %" G_GUINT64_FORMAT, self->seed, self->count++);
  GString *id = g_string_new (prefix);
  guint8 bytes[32];

  digest (name, bytes);
  for (guint i = 0; i < 24; i++)
    g_string_append_c (id, ALPHABET[bytes[i] % (sizeof ALPHABET - 1)]);
  return g_string_free (id, FALSE);
}

char *
oh_sim_ids_uuid (OhSimIds *self, const char *name)
{
  g_autofree char *text = g_strconcat (self->seed, " ", name, NULL);
  guint8 b[32];

  digest (text, b);
  return g_strdup_printf ("%02x%02x%02x%02x-%02x%02x-4%01x%02x-a%01x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
                          b[3], b[4], b[5], b[6] & 15, b[7], b[8] & 15, b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

char *
oh_sim_ids_signature (const char *text)
{
  guint8 bytes[96];

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *part = g_strdup_printf ("signature %u %s", i, text);

      digest (part, bytes + i * 32);
    }
  return g_base64_encode (bytes, sizeof bytes);
}
