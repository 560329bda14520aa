/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sim-limits.h"

#include <math.h>

enum
{
  REQUESTS,
  INPUT,
  OUTPUT,
  N_BUCKETS
};

/* As many tokens a minute as the API grants for one request a minute on its lower tiers. */
#define INPUT_PER_REQUEST 450
#define OUTPUT_PER_REQUEST 90
#define REFILL_US (60 * G_USEC_PER_SEC)

typedef struct
{
  double level[N_BUCKETS];
  gint64 filled_us;
} Buckets;

struct _OhSimLimits
{
  gint64 limit[N_BUCKETS];
  GHashTable *keys; /* key -> Buckets */
};

OhSimLimits *
oh_sim_limits_new (gint64 requests)
{
  OhSimLimits *self = g_new0 (OhSimLimits, 1);

  self->limit[REQUESTS] = requests;
  self->limit[INPUT] = requests * INPUT_PER_REQUEST;
  self->limit[OUTPUT] = requests * OUTPUT_PER_REQUEST;
  self->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
oh_sim_limits_free (OhSimLimits *self)
{
  g_hash_table_unref (self->keys);
  g_free (self);
}

static Buckets *
refill (OhSimLimits *self, const char *key, gint64 now_us)
{
  Buckets *buckets = g_hash_table_lookup (self->keys, key);

  if (buckets == NULL)
    {
      buckets = g_new0 (Buckets, 1);
      for (guint i = 0; i < N_BUCKETS; i++)
        buckets->level[i] = (double) self->limit[i];
      g_hash_table_insert (self->keys, g_strdup (key), buckets);
    }
  else
    {
      double share = (double) (now_us - buckets->filled_us) / (double) REFILL_US;

      for (guint i = 0; i < N_BUCKETS; i++)
        buckets->level[i] = MIN ((double) self->limit[i], buckets->level[i] + share * (double) self->limit[i]);
    }
  buckets->filled_us = now_us;
  return buckets;
}

gboolean
oh_sim_limits_take (OhSimLimits *self, const char *key, gint64 requests, gint64 input, gint64 output, gint64 now_us)
{
  Buckets *buckets = refill (self, key, now_us);
  gboolean room = TRUE;
  double amounts[N_BUCKETS] = { (double) requests, (double) input, (double) output };

  for (guint i = 0; i < N_BUCKETS; i++)
    {
      room = room && buckets->level[i] >= 1.0;
      buckets->level[i] = MAX (0.0, buckets->level[i] - amounts[i]);
    }
  return room;
}

static void
append (SoupMessageHeaders *headers, const char *name, gint64 limit, gint64 remaining, double missing_share)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) full = g_date_time_add_seconds (now, ceil (missing_share * 60.0));
  g_autofree char *reset = g_date_time_format (full, "%Y-%m-%dT%H:%M:%SZ");
  const char *suffixes[] = { "limit", "remaining", "reset" };
  g_autofree char *limit_text = g_strdup_printf ("%" G_GINT64_FORMAT, limit);
  g_autofree char *remaining_text = g_strdup_printf ("%" G_GINT64_FORMAT, remaining);
  const char *values[] = { limit_text, remaining_text, reset };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *header = g_strdup_printf ("anthropic-ratelimit-%s-%s", name, suffixes[i]);

      soup_message_headers_append (headers, header, values[i]);
    }
}

void
oh_sim_limits_append_headers (OhSimLimits *self, const char *key, SoupMessageHeaders *headers, gint64 now_us)
{
  static const char *const NAMES[N_BUCKETS] = { "requests", "input-tokens", "output-tokens" };
  Buckets *buckets = refill (self, key, now_us);
  double missing[N_BUCKETS];
  gint64 remaining[N_BUCKETS];

  for (guint i = 0; i < N_BUCKETS; i++)
    {
      missing[i] = 1.0 - buckets->level[i] / (double) self->limit[i];
      /* Tokens are told to the nearest thousand. */
      remaining[i] = i == REQUESTS ? (gint64) floor (buckets->level[i]) : llround (buckets->level[i] / 1000.0) * 1000;
      append (headers, NAMES[i], self->limit[i], remaining[i], missing[i]);
    }
  append (headers, "tokens", self->limit[INPUT] + self->limit[OUTPUT], remaining[INPUT] + remaining[OUTPUT],
          MAX (missing[INPUT], missing[OUTPUT]));
}
