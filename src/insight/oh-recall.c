/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-recall-private.h"

#include "oh-feed.h"
#include "oh-joint.h"
#include "oh-providers.h"

#include <string.h>

/* Calls whose reading is kept at hand, as parents of what comes next: more than two of insight's slices, so that what is not at
 * hand is in the store. */
#define RECENT_MAX 320
/* But those that wait for their answers stay longer: it is put to what was said of the request. */
#define WAITING_MAX 1024
/* A reading takes about three times the bytes of its request. */
#define RECENT_BYTES_MAX (G_GINT64_CONSTANT (12) << 20)
/* Calls that are climbed in one conversation. */
#define CLIMB_MAX 4096

static void
recent_free (gpointer data)
{
  OhRecent *recent = data;

  oh_exchange_unref (recent->exchange);
  oh_reading_unref (recent->reading);
  oh_meaning_unref (recent->meaning);
  g_clear_pointer (&recent->row, oh_thread_row_free);
  g_clear_pointer (&recent->prefixes, g_array_unref);
  g_free (recent);
}

OhRecall *
oh_recall_new (OhStoreReader *reader, gboolean spans)
{
  OhRecall *self = g_new0 (OhRecall, 1);

  self->reader = reader;
  self->spans = spans;
  self->replies = oh_reply_index_new ();
  self->starters = oh_starter_index_new ();
  self->speakers = oh_speaker_index_new ();
  self->by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  return self;
}

void
oh_recall_free (OhRecall *self)
{
  g_hash_table_unref (self->by_id);
  g_queue_clear_full (&self->recents, recent_free);
  oh_reply_index_free (self->replies);
  oh_starter_index_free (self->starters);
  oh_speaker_index_free (self->speakers);
  g_free (self);
}

OhRecent *
oh_recall_find (OhRecall *self, gint64 id)
{
  return g_hash_table_lookup (self->by_id, &id);
}

static void
forget (OhRecall *self, OhRecent *recent)
{
  self->recent_bytes -= recent->exchange->request_length;
  if (g_hash_table_lookup (self->by_id, &recent->id) == recent)
    g_hash_table_remove (self->by_id, &recent->id);
  recent_free (recent);
}

void
oh_recall_add (OhRecall *self, OhRecent *recent)
{
  g_queue_push_head (&self->recents, recent);
  g_hash_table_replace (self->by_id, &recent->id, recent);
  self->recent_bytes += recent->exchange->request_length;
  for (GList *l = self->recents.tail, *next; l != self->recents.head; l = next)
    {
      OhRecent *old = l->data;

      next = l->prev;
      if (self->recents.length <= RECENT_MAX && self->recent_bytes <= RECENT_BYTES_MAX)
        break;
      if (!old->answered && self->recents.length <= WAITING_MAX)
        continue;
      g_queue_delete_link (&self->recents, l);
      forget (self, old);
    }
}

void
oh_recall_drop (OhRecall *self, OhRecent *recent)
{
  g_queue_remove (&self->recents, recent);
  forget (self, recent);
}

static OhReading *
load_reading (OhRecall *self, gint64 id)
{
  g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (self->reader, id);
  g_autoptr (OhInterpreter) interpreter = NULL;
  g_autoptr (GBytes) request = NULL;
  g_autoptr (GBytes) response = NULL;

  if (exchange == NULL || exchange->request_length + exchange->response_length > OH_RECALL_REQUEST_MAX)
    return NULL;
  request = oh_store_reader_read_body (self->reader, id, OH_SIDE_REQUEST, 0, -1, NULL);
  response = exchange->status != 0 ? oh_store_reader_read_body (self->reader, id, OH_SIDE_RESPONSE, 0, -1, NULL) : NULL;
  if (request == NULL || (response == NULL && exchange->status != 0))
    return NULL;
  interpreter = oh_interpreter_new_for_meaning (exchange);
  oh_feed_bytes (interpreter, OH_SIDE_REQUEST, request, 0, NULL);
  oh_feed_records (self->reader, interpreter, exchange);
  oh_interpreter_end_request (interpreter);
  if (response != NULL)
    {
      oh_interpreter_set_response (interpreter, exchange);
      oh_feed_bytes (interpreter, OH_SIDE_RESPONSE, response, 0, NULL);
    }
  oh_interpreter_end (interpreter, exchange->outcome);
  return oh_interpreter_get_reading (interpreter);
}

OhReading *
oh_recall_get_reading (OhRecall *self, gint64 id)
{
  OhRecent *recent = oh_recall_find (self, id);

  return recent != NULL ? oh_reading_ref (recent->reading) : load_reading (self, id);
}

/* --- threads --- */

static void
lookup_hash (guint64 hash, OhThreadFound found, gpointer found_data, gpointer user_data)
{
  OhRecall *self = user_data;
  g_autoptr (GArray) keys = oh_store_reader_find_thread_keys (self->reader, hash, self->spans);

  for (GList *l = self->recents.head; l != NULL; l = l->next)
    {
      const OhThreadRow *row = ((OhRecent *) l->data)->row;

      if (row != NULL && (row->hash == hash || row->short_hash == hash))
        found (row, found_data);
    }
  for (guint i = 0; i < keys->len; i++)
    {
      const OhThreadKey *key = &g_array_index (keys, OhThreadKey, i);
      const OhThreadRow row = { .hash = key->hash,
                                .short_hash = key->short_hash,
                                .exchange_id = key->exchange_id,
                                .run_id = key->run_id,
                                .started_ns = key->started_ns,
                                .length = key->length,
                                .answer = key->answer,
                                .voice = oh_speaker_index_get_voice (self->speakers, key->exchange_id) };

      if (oh_recall_find (self, key->exchange_id) == NULL)
        found (&row, found_data);
    }
}

static void
lookup_message (const char *message_id, OhThreadFound found, gpointer found_data, gpointer user_data)
{
  OhRecall *self = user_data;
  gint64 id = 0;
  OhThreadRow row = { .message_id = (char *) message_id };

  for (GList *l = self->recents.head; l != NULL && id == 0; l = l->next)
    {
      const OhRecent *recent = l->data;

      if (g_strcmp0 (recent->reading->facts->message_id, message_id) == 0)
        id = recent->id;
    }
  if (id == 0)
    id = oh_store_reader_find_message (self->reader, message_id);
  if (id == 0)
    return;
  row.exchange_id = id;
  found (&row, found_data);
}

/* The call that a call continues: its messages begin with those of its parent, and where what comes behind them is not
 * the parent's answer, or other answers follow, then the last answer that it has in its history tells: its own before
 * anybody's. */
static void
find_parent (OhRecall *self, const OhReading *reading, const OhThreadRow *row, OhThreadMatch *match)
{
  guint from, index = 0, own_index = 0;
  gint64 parent_id, own_id;

  oh_thread_find (reading, row, lookup_hash, lookup_message, self, match);
  if (match->link == OH_THREAD_SERVER)
    return;
  from = match->shared + (match->follows ? 1 : 0);
  parent_id = oh_reply_index_find (self->replies, reading, row->run_id, 0, from, &index);
  own_id = oh_reply_index_find (self->replies, reading, row->run_id, row->voice, match->strange ? match->shared : from,
                                &own_index);
  if (own_id != 0 && (parent_id == 0 || own_index >= index))
    {
      parent_id = own_id;
      index = own_index;
    }
  if (parent_id != 0 && parent_id != row->exchange_id)
    *match = (OhThreadMatch) { OH_THREAD_ANSWER, parent_id, index, TRUE, FALSE };
}

/* --- places of others --- */

OhPlace *
oh_recall_get_place (OhRecall *self, gint64 id)
{
  OhRecent *recent = oh_recall_find (self, id);

  return recent != NULL ? oh_place_ref (recent->meaning->place) : oh_store_reader_get_place (self->reader, id);
}

gint64
oh_recall_get_run (OhRecall *self, gint64 id)
{
  OhRecent *recent = oh_recall_find (self, id);
  g_autoptr (OhExchange) exchange = NULL;

  if (recent != NULL)
    return recent->exchange->run_id;
  exchange = oh_store_reader_get_exchange (self->reader, id);
  return exchange != NULL ? exchange->run_id : 0;
}

/* --- where conversations do not simply go on --- */

/* Where a conversation comes from of whose history nothing is known: a tool call that started a sub-agent; in a
 * program that is known else what the same one said last in the session, be it that this was compacted or dropped. */
static void
find_origin (OhRecall *self, OhPlace *place, const OhExchange *exchange, const OhReading *reading, OhThreadMatch *match)
{
  const OhFacts *facts = reading->facts;
  gboolean speaks = facts->agent != NULL &&
                    oh_speaker_index_find_last (self->speakers, exchange->run_id, facts->session, facts->agent) != 0;
  OhThreadMatch last = { .link = OH_THREAD_SESSION };
  g_autoptr (OhReading) before = NULL;

  /* Who spoke before has been started before. */
  if (!speaks)
    place->starter_exchange =
      oh_starter_index_claim (self->starters, exchange->id, exchange->run_id, reading, &place->starter_id);
  if (place->starter_id != NULL || oh_providers_find_program (exchange->request_headers) == NULL)
    return;
  last.parent_id = oh_speaker_index_find_same (self->speakers, exchange->run_id, reading);
  before = last.parent_id != 0 ? oh_recall_get_reading (self, last.parent_id) : NULL;
  if (before == NULL)
    return;
  /* While a tool runs nobody begins anew: it is an agent that does not say so. */
  if (reading->messages->len == 1 && g_strcmp0 (before->facts->stop_reason, "tool_use") == 0 &&
      !oh_joint_is_compacted (before, reading, &last))
    return;
  *match = last;
}

/* What the speaker of @reading said last, past what the client asked for itself; 0: nothing, or it is not over. */
static gint64
find_said_before (OhRecall *self, const OhExchange *exchange, const OhReading *reading, OhReading **said)
{
  gint64 id = oh_speaker_index_find_same (self->speakers, exchange->run_id, reading);

  for (guint n = 0; id != 0 && n < OH_RECALL_ASKERS_MAX; n++)
    {
      const OhRecent *recent = oh_recall_find (self, id);
      g_autoptr (OhReading) before = oh_recall_get_reading (self, id);
      g_autoptr (OhPlace) place = oh_recall_get_place (self, id);

      if (before == NULL || place == NULL ||
          (recent != NULL && (!recent->answered || recent->exchange->started_ns + recent->exchange->timings.ended >
                                                     exchange->started_ns)))
        return 0;
      if (!oh_joint_is_aside (before))
        {
          *said = g_steal_pointer (&before);
          return id;
        }
      id = place->parent_id;
    }
  return 0;
}

/* Whether the call @id, or an attempt of it, comes before @later in its conversation. */
static gboolean
comes_before (OhRecall *self, gint64 id, gint64 later)
{
  g_autoptr (OhPlace) wanted = oh_recall_get_place (self, id);

  for (guint n = 0; wanted != NULL && later != 0 && n < CLIMB_MAX; n++)
    {
      g_autoptr (OhPlace) place = oh_recall_get_place (self, later);

      if (place == NULL || place->call_id == wanted->call_id)
        return n > 0 && place != NULL;
      later = place->parent_id;
    }
  return FALSE;
}

/* @match: how it continues place->parent_id */
static void
add_joint (OhRecall *self, OhPlace *place, const OhExchange *exchange, const OhReading *reading,
           const OhThreadMatch *match)
{
  g_autoptr (OhReading) before = place->parent_id != 0 ? oh_recall_get_reading (self, place->parent_id) : NULL;
  g_autoptr (OhReading) dropped = NULL;
  gboolean aside = oh_joint_is_aside (reading);
  const char *model = before != NULL ? before->facts->requested_model : NULL;
  gint64 last;

  if (before == NULL)
    return;
  if (aside)
    place->boundaries |= OH_BOUNDARY_ASIDE;
  if (oh_joint_is_compacted (before, reading, match))
    {
      place->boundaries |= OH_BOUNDARY_COMPACTED;
      /* The request for a summary has one message more than what it sums up. */
      place->messages_before = before->messages->len - (oh_joint_is_aside (before) ? 1 : 0);
      place->messages_after = reading->messages->len;
    }
  if (!aside && !oh_joint_is_aside (before) && model != NULL && reading->facts->requested_model != NULL &&
      strcmp (model, reading->facts->requested_model) != 0)
    {
      place->boundaries |= OH_BOUNDARY_MODEL;
      place->model_before = g_strdup (model);
    }
  if (oh_joint_is_edited (before, reading, match))
    place->boundaries |= OH_BOUNDARY_EDITED;
  last = match->link != OH_THREAD_SESSION ? find_said_before (self, exchange, reading, &dropped) : 0;
  if (last != 0 && last != place->parent_id && comes_before (self, place->parent_id, last) &&
      oh_joint_is_rewound (dropped, reading, place->new_from))
    place->dropped_id = last;
  else if (match->link == OH_THREAD_SESSION && !(place->boundaries & OH_BOUNDARY_COMPACTED) && reading->messages->len == 1)
    place->dropped_id = match->parent_id;
  if (place->dropped_id != 0)
    place->boundaries |= OH_BOUNDARY_REWOUND;
}

guint
oh_recall_place (OhRecall *self, OhMeaning *meaning, const OhExchange *exchange, const OhReading *reading,
                 const OhThreadRow *row)
{
  OhPlace *place = meaning->place;
  g_autoptr (OhPlace) first = place->call_id != exchange->id ? oh_recall_get_place (self, place->call_id) : NULL;
  g_autoptr (OhPlace) parent = NULL;
  OhThreadMatch match = { 0 };

  meaning->thread_hash = row->hash;
  meaning->thread_short_hash = row->short_hash;
  meaning->thread_length = row->length;
  if (first != NULL && first->thread_id != 0)
    {
      place->thread_id = first->thread_id;
      place->parent_id = first->parent_id;
      place->new_from = first->new_from;
      oh_place_copy_boundary (place, first);
      return 0;
    }
  find_parent (self, reading, row, &match);
  if (match.parent_id == 0)
    find_origin (self, place, exchange, reading, &match);
  place->parent_id = match.parent_id;
  place->new_from = match.shared + (match.follows ? 1 : 0);
  parent = match.parent_id != 0 ? oh_recall_get_place (self, match.parent_id) : NULL;
  place->thread_id = parent != NULL && parent->thread_id != 0 ? parent->thread_id : place->call_id;
  add_joint (self, place, exchange, reading, &match);
  return match.shared;
}

gint64
oh_recall_find_early (OhRecall *self, const OhThreadRow *first)
{
  for (GList *l = self->recents.head; l != NULL; l = l->next)
    {
      const OhRecent *recent = l->data;

      if (recent->prefixes != NULL && recent->row->run_id == first->run_id && recent->row->started_ns >= first->started_ns &&
          recent->shared < first->length && first->length < recent->prefixes->len &&
          g_array_index (recent->prefixes, guint64, first->length - 1) == first->hash)
        return recent->id;
    }
  return 0;
}
