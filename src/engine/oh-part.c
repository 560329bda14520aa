/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-part.h"

#include <inttypes.h>

char *
oh_part_name_run (gint64 run_id)
{
  return g_strdup_printf ("run:%" PRId64, run_id);
}

char *
oh_part_name_trace (gint64 trace_id)
{
  return g_strdup_printf ("trace:%" PRId64, trace_id);
}

char *
oh_part_name_thread (gint64 thread_id)
{
  return g_strdup_printf ("thread:%" PRId64, thread_id);
}

char *
oh_part_name_session (const char *session)
{
  return g_strconcat ("session:", session, NULL);
}

char *
oh_part_name_exchanges (const gint64 *ids, guint n)
{
  GString *name = g_string_new ("calls:");

  for (guint i = 0; i < n; i++)
    g_string_append_printf (name, "%s%" PRId64, i > 0 ? "," : "", ids[i]);
  return g_string_free (name, FALSE);
}

static GArray *
read_numbers (const char *text)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_auto (GStrv) numbers = g_strsplit (text, ",", -1);

  for (char **number = numbers; *number != NULL; number++)
    {
      gint64 id = g_ascii_strtoll (*number, NULL, 10);

      if (id > 0)
        g_array_append_val (ids, id);
    }
  return ids;
}

GArray *
oh_part_find (OhStoreReader *reader, const char *name)
{
  const char *value;
  gint64 id;
  GArray *ids = NULL;

  g_return_val_if_fail (reader != NULL && name != NULL, NULL);

  value = strchr (name, ':');
  value = value != NULL ? value + 1 : "";
  id = g_ascii_strtoll (value, NULL, 10);
  if (g_str_has_prefix (name, "session:"))
    ids = oh_store_reader_get_session_exchanges (reader, value);
  else if (g_str_has_prefix (name, "calls:"))
    ids = read_numbers (value);
  else if (g_str_has_prefix (name, "run:") && id > 0)
    ids = oh_store_reader_find (reader, &(OhQuery) { .run_id = id }, NULL);
  else if (g_str_has_prefix (name, "trace:") && id > 0)
    ids = oh_store_reader_get_trace_exchanges (reader, id);
  else if (g_str_has_prefix (name, "thread:") && id > 0)
    ids = oh_store_reader_get_thread_exchanges (reader, id);
  return ids != NULL ? ids : g_array_new (FALSE, FALSE, sizeof (gint64));
}
