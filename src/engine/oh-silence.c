/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine-private.h"
#include "oh-words.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

/* Why a run is silent is told by its newest exchanges. */
#define ROWS 256
#define HOSTS 3
/* What was only written or answered says nothing of calls. */
#define NO_EVENTS "not (kind:log or kind:exception or kind:incoming)"

static void
set_said (char **said, const char *saying)
{
  g_free (*said);
  *said = oh_saying_tell (saying);
}

static void
look_at_row (OhSilence *self, GPtrArray *unread, const OhExchange *row, char **around, char **refused)
{
  const char *code = row->error_code != NULL ? row->error_code : "";

  if (strcmp (code, "around") == 0)
    set_said (around, row->error);
  else if (strcmp (code, "client-tls") == 0)
    set_said (refused, row->error);
  else if (row->route == OH_ROUTE_TOLD)
    self->told++;
  else if (row->route != OH_ROUTE_BLIND)
    self->read++;
  else if (row->oddities & OH_ODDITY_CERTIFICATE_REFUSED)
    {
      self->unread++;
      if (*refused == NULL)
        *refused = oh_words_unread (row, NULL);
    }
  else if (self->unread++, !g_ptr_array_find_with_equal_func (unread, row->host, g_str_equal, NULL))
    g_ptr_array_add (unread, g_strdup (row->host));
}

static void
put_into_words (OhSilence *self, const OhRun *run, gint64 spans, const char *around, const char *refused)
{
  g_autofree char *hosts = NULL, *end = NULL;

  if (around != NULL)
    {
      self->kind = OH_SILENCE_AROUND;
      self->sentence = g_strdup_printf ("“%s”: %s", run->name, around);
    }
  else if (self->read > 0 || self->told > 0)
    self->kind = OH_SILENCE_NONE;
  else if (refused != NULL)
    {
      self->kind = OH_SILENCE_REFUSED;
      self->sentence = g_strdup_printf (_ ("Nothing of “%s” was read. %s"), run->name, refused);
    }
  else if (*self->hosts == NULL && run->isolated)
    /* What was not seen was not said. */
    self->kind = OH_SILENCE_NONE;
  else if (*self->hosts == NULL && spans > 0)
    {
      self->kind = OH_SILENCE_TOLD;
      self->sentence = g_strdup_printf (ngettext ("“%s” told of %" PRId64 " span, which is no call to a model, and no call of it came "
                                                  "through Overhear.",
                                                  "“%s” told of %" PRId64 " spans, none of which is a call to a model, and no call of "
                                                  "it came through Overhear.",
                                                  (gulong) spans),
                                        run->name, spans);
    }
  else if (*self->hosts == NULL)
    {
      self->kind = OH_SILENCE_NOTHING;
      if (run->exit_status > 0)
        end = g_strdup_printf (_ ("It ended with status %d, maybe before its first one."), run->exit_status);
      self->sentence = g_strdup_printf (
          _ ("No call of “%s” came through Overhear.%s%s Programs that lose their environment (sudo, env -i, "
             "windows of a tmux server from before) or have a transport of their own pass it by; their base "
             "URL can be $OVERHEAR_VIA/api.anthropic.com, a variable that each run has."),
          run->name, end != NULL ? " " : "", end != NULL ? end : "");
    }
  else
    {
      self->kind = OH_SILENCE_UNREAD;
      hosts = g_strjoinv (", ", self->hosts);
      self->sentence = g_strdup_printf (_ ("Nothing of “%s” was read. It spoke to hosts that are no known LLM APIs: %s. “overhear run "
                                           "--read HOST” reads one all the same."),
                                        run->name, hosts);
    }
}

OhSilence *
oh_engine_examine_silence (OhStoreReader *reader, const OhRun *run)
{
  OhSilence *self = g_new0 (OhSilence, 1);
  g_autoptr (GPtrArray) unread = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *around = NULL;
  g_autofree char *refused = NULL;
  g_autoptr (OhSearch) search = NULL;
  OhQuery query = { .limit = ROWS };
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GPtrArray) rows = NULL;

  g_return_val_if_fail (reader != NULL && run != NULL, self);

  if (run->ended_ns == 0 || run->error != NULL || g_strcmp0 (run->origin, "import") == 0)
    return self;
  search = oh_search_parse (NO_EVENTS, 0, NULL, NULL);
  query.run_id = run->id;
  query.search = search;
  ids = oh_store_reader_find (reader, &query, NULL);
  if (ids == NULL)
    return self;
  rows = oh_store_reader_get_rows (reader, (const gint64 *) (gpointer) ids->data, ids->len);
  for (guint i = 0; i < rows->len; i++)
    if (rows->pdata[i] != NULL)
      look_at_row (self, unread, rows->pdata[i], &around, &refused);
  g_ptr_array_set_size (unread, MIN (unread->len, HOSTS));
  g_ptr_array_add (unread, NULL);
  self->hosts = (char **) g_ptr_array_free (g_steal_pointer (&unread), FALSE);
  put_into_words (self, run, self->read + self->told == 0 ? oh_store_reader_count_spans (reader, run->id) : 0, around, refused);
  return self;
}

void
oh_silence_free (OhSilence *self)
{
  g_free (self->sentence);
  g_strfreev (self->hosts);
  g_free (self);
}

char *
oh_engine_explain_silence (OhStoreReader *reader, const OhRun *run)
{
  g_autoptr (OhSilence) silence = oh_engine_examine_silence (reader, run);

  return g_steal_pointer (&silence->sentence);
}
