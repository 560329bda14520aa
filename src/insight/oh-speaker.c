/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-speaker.h"

#include "oh-canon.h"

#include <string.h>

#define MAX_AGENTS 4096
/* Bytes of each of so many parts of a system prompt tell a program from its sub-agents: the first is often the same. */
#define ROLE_LENGTH 64
#define ROLE_PARTS 2
#define MAX_VOICES 16384
#define MAX_SESSIONS 4096

struct _OhSpeakerIndex
{
  GHashTable *voices;   /* exchange → voice */
  GHashTable *agents;   /* run, session and agent, and the same with the role → exchange */
  GHashTable *sessions; /* trace → hash of the session */
};

OhSpeakerIndex *
oh_speaker_index_new (void)
{
  OhSpeakerIndex *self = g_new0 (OhSpeakerIndex, 1);

  self->voices = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->agents = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->sessions = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  return self;
}

void
oh_speaker_index_free (OhSpeakerIndex *self)
{
  g_return_if_fail (self != NULL);
  g_hash_table_unref (self->voices);
  g_hash_table_unref (self->agents);
  g_hash_table_unref (self->sessions);
  g_free (self);
}

guint64
oh_speaker_hash_voice (const OhReading *reading, const char *key, const char *session, const char *user)
{
  g_autoptr (GString) canon = g_string_new (NULL);
  const OhFacts *facts;

  g_return_val_if_fail (reading != NULL, 0);
  facts = reading->facts;
  g_string_append_printf (canon, "%s\xff%s\xff%s\xff%s\xff%s\xff", key != NULL ? key : "",
                          session != NULL ? session : "", user != NULL ? user : "",
                          facts->session != NULL ? facts->session : "", facts->agent != NULL ? facts->agent : "");
  for (guint i = 0; i < reading->system->len; i++)
    {
      const OhBlock *block = g_ptr_array_index (reading->system, i);
      const char *rest = oh_canon_get_behind_billing (block);

      if (rest != NULL)
        g_string_append (canon, rest);
      else
        oh_canon_append_block (canon, block, OH_CANON_BLOCK);
    }
  return oh_canon_hash (canon->str, canon->len);
}

static char *
make_key (gint64 run_id, const char *session, const char *agent)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT ":%s:%s", run_id, session, agent != NULL ? agent : "");
}

/* (transfer full) */
static char *
make_role_key (gint64 run_id, const OhReading *reading)
{
  g_autofree char *agent = make_key (run_id, reading->facts->session, reading->facts->agent);
  GString *key = g_string_new (agent);
  guint n = 0;

  g_string_append (key, "\xff=");
  for (guint i = 0; i < reading->system->len && n < ROLE_PARTS; i++)
    {
      const OhBlock *block = g_ptr_array_index (reading->system, i);
      const char *rest = oh_canon_get_behind_billing (block);
      const char *text = rest != NULL ? rest : block->text;

      if (text == NULL || *text == '\0')
        continue;
      g_string_append_c (key, '\xff');
      g_string_append_len (key, text, (gssize) strnlen (text, ROLE_LENGTH));
      n++;
    }
  return g_string_free (key, FALSE);
}

void
oh_speaker_index_add (OhSpeakerIndex *self, gint64 exchange_id, gint64 run_id, const OhReading *reading, guint64 voice,
                      gboolean continues)
{
  const OhFacts *facts;

  g_return_if_fail (self != NULL && reading != NULL);
  facts = reading->facts;
  if (g_hash_table_size (self->voices) >= MAX_VOICES)
    g_hash_table_remove_all (self->voices);
  g_hash_table_replace (self->voices, g_memdup2 (&exchange_id, sizeof exchange_id), g_memdup2 (&voice, sizeof voice));
  /* Who has neither tools nor a history only names a conversation, or the like. */
  if (facts->session == NULL || (reading->tools->len == 0 && !continues))
    return;
  if (g_hash_table_size (self->agents) >= MAX_AGENTS)
    g_hash_table_remove_all (self->agents);
  g_hash_table_replace (self->agents, make_key (run_id, facts->session, facts->agent),
                        g_memdup2 (&exchange_id, sizeof exchange_id));
  if (reading->tools->len > 0)
    g_hash_table_replace (self->agents, make_role_key (run_id, reading), g_memdup2 (&exchange_id, sizeof exchange_id));
}

void
oh_speaker_index_set_session (OhSpeakerIndex *self, gint64 trace_id, const char *session)
{
  guint64 hash;

  g_return_if_fail (self != NULL);
  if (session == NULL)
    return;
  hash = oh_canon_hash (session, strlen (session));
  if (g_hash_table_size (self->sessions) >= MAX_SESSIONS)
    g_hash_table_remove_all (self->sessions);
  g_hash_table_replace (self->sessions, g_memdup2 (&trace_id, sizeof trace_id), g_memdup2 (&hash, sizeof hash));
}

gboolean
oh_speaker_index_is_elsewhere (const OhSpeakerIndex *self, gint64 trace_id, const char *session)
{
  const guint64 *known;

  g_return_val_if_fail (self != NULL, FALSE);
  known = g_hash_table_lookup (self->sessions, &trace_id);
  return known != NULL && session != NULL && *known != oh_canon_hash (session, strlen (session));
}

guint64
oh_speaker_index_get_voice (const OhSpeakerIndex *self, gint64 exchange_id)
{
  const guint64 *voice;

  g_return_val_if_fail (self != NULL, 0);
  voice = g_hash_table_lookup (self->voices, &exchange_id);
  return voice != NULL ? *voice : 0;
}

gint64
oh_speaker_index_find_last (const OhSpeakerIndex *self, gint64 run_id, const char *session, const char *agent)
{
  g_autofree char *key = NULL;
  const gint64 *id;

  g_return_val_if_fail (self != NULL, 0);
  if (session == NULL)
    return 0;
  key = make_key (run_id, session, agent);
  id = g_hash_table_lookup (self->agents, key);
  return id != NULL ? *id : 0;
}

gint64
oh_speaker_index_find_same (const OhSpeakerIndex *self, gint64 run_id, const OhReading *reading)
{
  g_autofree char *key = NULL;
  const gint64 *id;

  g_return_val_if_fail (self != NULL && reading != NULL, 0);
  if (reading->facts->session == NULL || reading->tools->len == 0)
    return 0;
  key = make_role_key (run_id, reading);
  id = g_hash_table_lookup (self->agents, key);
  return id != NULL ? *id : 0;
}
