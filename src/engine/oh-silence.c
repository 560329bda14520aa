/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* Why a run is silent is told by its newest exchanges. */
#define ROWS 256
#define HOSTS 3

typedef struct
{
  gboolean read;         /* something of it was */
  const char *around;    /* what is said of a client that goes around us */
  const char *refused;   /* and of one that does not accept our certificate */
  GPtrArray *unread;     /* hosts of connections that were passed through */
} Traffic;

static void
look_at_row (Traffic *traffic, const OhExchange *row)
{
  const char *code = row->error_code != NULL ? row->error_code : "";

  if (strcmp (code, "around") == 0)
    traffic->around = row->error;
  else if (strcmp (code, "client-tls") == 0)
    traffic->refused = row->error;
  else if (row->route != OH_ROUTE_BLIND)
    traffic->read = TRUE;
  else if (!g_ptr_array_find_with_equal_func (traffic->unread, row->host, g_str_equal, NULL))
    g_ptr_array_add (traffic->unread, row->host);
}

char *
oh_engine_explain_silence (OhStoreReader *reader, const OhRun *run)
{
  g_autoptr (GPtrArray) unread = g_ptr_array_new ();
  Traffic traffic = { .unread = unread };
  OhQuery query = { .limit = ROWS };
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  g_autofree char *hosts = NULL;

  g_return_val_if_fail (reader != NULL && run != NULL, NULL);

  if (run->ended_ns == 0 || run->error != NULL || g_strcmp0 (run->origin, "import") == 0)
    return NULL;
  query.run_id = run->id;
  ids = oh_store_reader_find (reader, &query, NULL);
  if (ids == NULL)
    return NULL;
  rows = oh_store_reader_get_rows (reader, (const gint64 *) (gpointer) ids->data, ids->len);
  for (guint i = 0; i < rows->len; i++)
    if (rows->pdata[i] != NULL)
      look_at_row (&traffic, rows->pdata[i]);
  if (traffic.around != NULL)
    return g_strdup_printf ("“%s”: %s", run->name, traffic.around);
  if (traffic.read)
    return NULL;
  if (traffic.refused != NULL)
    return g_strdup_printf (_ ("Nothing of “%s” was read. %s"), run->name, traffic.refused);
  if (unread->len == 0)
    return g_strdup_printf (_ ("No call of “%s” came through Overhear. Programs that lose their environment (sudo, env -i, "
                               "windows of a tmux server from before) or have a transport of their own pass it by; their base "
                               "URL can be $OVERHEAR_VIA/api.anthropic.com, a variable that each run has."),
                            run->name);
  g_ptr_array_set_size (unread, MIN (unread->len, HOSTS));
  g_ptr_array_add (unread, NULL);
  hosts = g_strjoinv (", ", (char **) unread->pdata);
  return g_strdup_printf (_ ("Nothing of “%s” was read. It spoke to hosts that are no known LLM APIs: %s. “overhear run "
                             "--read HOST” reads one all the same."),
                          run->name, hosts);
}
