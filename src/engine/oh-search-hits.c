/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-search-hits.h"

#include "oh-clock.h"

#include <string.h>

struct _OhSearchHits
{
  char *needle;          /* folded: names may have it; or NULL */
  GHashTable *traces;    /* ids */
  GHashTable *threads;   /* ids */
  GHashTable *sessions;  /* names */
};

static void
add_id (GHashTable *ids, gint64 id)
{
  if (id != 0 && !g_hash_table_contains (ids, &id))
    g_hash_table_add (ids, g_memdup2 (&id, sizeof id));
}

static void
add_trace (OhSearchHits *self, OhStoreReader *reader, gint64 id)
{
  g_autoptr (GPtrArray) traces = NULL;
  const OhTrace *trace;

  if (id == 0 || g_hash_table_contains (self->traces, &id))
    return;
  add_id (self->traces, id);
  traces = oh_store_reader_get_traces (reader, &id, 1);
  trace = g_ptr_array_index (traces, 0);
  if (trace != NULL && trace->session != NULL)
    g_hash_table_add (self->sessions, g_strdup (trace->session));
}

OhSearchHits *
oh_search_hits_new (OhStoreReader *reader, const char *text, gint64 run_id)
{
  OhSearchHits *self = g_new0 (OhSearchHits, 1);
  g_autoptr (OhSearch) search = oh_search_parse (text, oh_clock_wall_ns (), NULL, NULL);
  g_autoptr (GArray) ids = oh_store_reader_find (reader, &(OhQuery) { .run_id = run_id, .search = search }, NULL);

  if (search != NULL && search->kind == OH_SEARCH_TEXT)
    self->needle = g_utf8_casefold (search->text, -1);
  self->traces = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->threads = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; ids != NULL && i < ids->len; i++)
    {
      g_autoptr (OhPlace) place = oh_store_reader_get_place (reader, g_array_index (ids, gint64, i));

      if (place == NULL)
        continue;
      add_id (self->threads, place->thread_id);
      add_trace (self, reader, place->trace_id);
    }
  return self;
}

void
oh_search_hits_free (OhSearchHits *self)
{
  g_free (self->needle);
  g_hash_table_unref (self->traces);
  g_hash_table_unref (self->threads);
  g_hash_table_unref (self->sessions);
  g_free (self);
}

static gboolean
has_name (const OhSearchHits *self, const char *name)
{
  g_autofree char *folded = self->needle == NULL || name == NULL ? NULL : g_utf8_casefold (name, -1);

  return folded != NULL && strstr (folded, self->needle) != NULL;
}

gboolean
oh_search_hits_has_trace (const OhSearchHits *self, const OhTrace *trace)
{
  return g_hash_table_contains (self->traces, &trace->id) || has_name (self, trace->name)
         || has_name (self, trace->session) || has_name (self, trace->user);
}

gboolean
oh_search_hits_has_thread (const OhSearchHits *self, const OhGroup *thread)
{
  return g_hash_table_contains (self->threads, &thread->id) || has_name (self, thread->name)
         || has_name (self, thread->users);
}

gboolean
oh_search_hits_has_session (const OhSearchHits *self, const OhGroup *session)
{
  return (session->name != NULL && g_hash_table_contains (self->sessions, session->name))
         || has_name (self, session->name) || has_name (self, session->users);
}
