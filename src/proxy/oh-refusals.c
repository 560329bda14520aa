/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-refusals-private.h"
#include "oh-clock.h"

/* Who leaves this often after a handshake, and never sends a request, does not accept our certificate. */
#define CERTAIN_LEFT 2
/* The same of one that was read before, or looks like another that was, and says that it does not accept it. */
#define CERTAIN_REFUSED 2
/* Programs at hosts; then all is forgotten. */
#define KNOWN_MAX 4096
/* By so much at once the clock of dates is not corrected, but set. */
#define SET_NS (60 * 60 * OH_NS_PER_S)

typedef struct
{
  gint64 run_id;
  gboolean accepted; /* a request has been read */
  guint refused;     /* how often it said that it does not accept our certificate */
  guint left;        /* how often it left without a request and without a word */
  gboolean always;   /* its connections pass through unread */
  gboolean once;     /* its next one does */
} Known;

struct _OhRefusals
{
  GHashTable *known; /* make_key() → Known */
  gint64 ahead;      /* of the machine's clock the one of dates was, at the last look: ns */
};

static gint64
get_ahead (void)
{
  return oh_clock_wall_ns () - oh_clock_boot_ns ();
}

OhRefusals *
oh_refusals_new (void)
{
  OhRefusals *self = g_new0 (OhRefusals, 1);

  self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->ahead = get_ahead ();
  return self;
}

void
oh_refusals_free (OhRefusals *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->known);
  g_free (self);
}

static char *
make_key (gint64 run_id, const char *host, const char *who)
{
  g_autofree char *lower = g_ascii_strdown (host, -1);

  return g_strdup_printf ("%" G_GINT64_FORMAT " %s %s", run_id, lower, who);
}

static Known *
get_known (OhRefusals *self, gint64 run_id, const char *host, const char *who)
{
  g_autofree char *key = make_key (run_id, host, who);
  Known *known = g_hash_table_lookup (self->known, key);

  if (known != NULL)
    return known;
  if (g_hash_table_size (self->known) >= KNOWN_MAX)
    g_hash_table_remove_all (self->known);
  known = g_new0 (Known, 1);
  known->run_id = run_id;
  g_hash_table_insert (self->known, g_steal_pointer (&key), known);
  return known;
}

/* Certificates had ended, or not begun, by a clock that has been set since. */
static void
follow_clock (OhRefusals *self)
{
  const gint64 ahead = get_ahead ();

  if (ABS (ahead - self->ahead) > SET_NS)
    g_hash_table_remove_all (self->known);
  self->ahead = ahead;
}

OhOffer
oh_refusals_take (OhRefusals *self, gint64 run_id, const char *host, const char *who)
{
  g_autofree char *key = make_key (run_id, host, who);
  Known *known;

  follow_clock (self);
  known = g_hash_table_lookup (self->known, key);
  if (known != NULL && (known->always || known->once))
    {
      known->once = FALSE;
      return OH_OFFER_UNREAD;
    }
  return known != NULL && known->accepted ? OH_OFFER_READ : OH_OFFER_TRIAL;
}

void
oh_refusals_note_accepted (OhRefusals *self, gint64 run_id, const char *host, const char *who)
{
  Known *known = get_known (self, run_id, host, who);

  known->accepted = TRUE;
  known->left = 0;
  known->once = FALSE;
}

gboolean
oh_refusals_has_accepted (OhRefusals *self, gint64 run_id, const char *host, const char *who)
{
  g_autofree char *key = make_key (run_id, host, who);
  const Known *known = g_hash_table_lookup (self->known, key);

  return known != NULL && known->accepted;
}

OhFallback
oh_refusals_note_refused (OhRefusals *self, gint64 run_id, const char *host, const char *who, OhRefusal how)
{
  Known *known = get_known (self, run_id, host, who);
  const gboolean at_once = how == OH_REFUSAL_UNANSWERED || (how == OH_REFUSAL_AT_ONCE && run_id == 0);
  const gboolean certain = how == OH_REFUSAL_SAID || (at_once && !known->accepted);

  if (certain)
    known->refused++;
  else if (!known->accepted || at_once)
    known->left++;
  if (!certain && known->accepted && known->left < CERTAIN_LEFT)
    return OH_FALLBACK_UNUSED;
  known->always = known->always || (certain && (run_id == 0 || !known->accepted)) || known->refused >= CERTAIN_REFUSED
                  || (!known->accepted && known->left >= CERTAIN_LEFT);
  known->once = !known->always;
  return known->always ? OH_FALLBACK_ALWAYS : OH_FALLBACK_ONCE;
}

static gboolean
is_of_run (gpointer key, gpointer value, gpointer data)
{
  return ((Known *) value)->run_id == *(const gint64 *) data;
}

void
oh_refusals_forget (OhRefusals *self, gint64 run_id)
{
  g_hash_table_foreach_remove (self->known, is_of_run, &run_id);
}
