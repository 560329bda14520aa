/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sim-log.h"

#include "oh-sim-json.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <stdio.h>

struct _OhSimLog
{
  char *folder;
  FILE *lines;
};

OhSimLog *
oh_sim_log_new (const char *folder, GError **error)
{
  g_autoptr (OhSimLog) self = g_new0 (OhSimLog, 1);
  g_autofree char *path = g_build_filename (folder, "log.jsonl", NULL);

  self->folder = g_strdup (folder);
  if (g_mkdir_with_parents (folder, 0700) == 0)
    self->lines = g_fopen (path, "ae");
  if (self->lines == NULL)
    {
      g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (errno), _ ("Cannot write “%s”: %s"), path,
                   g_strerror (errno));
      return NULL;
    }
  return g_steal_pointer (&self);
}

void
oh_sim_log_free (OhSimLog *self)
{
  if (self->lines != NULL)
    fclose (self->lines);
  g_free (self->folder);
  g_free (self);
}

static void
append (OhSimLog *self, guint number, const char *what, GBytes *bytes)
{
  g_autofree char *name = g_strdup_printf ("%04u.%s", number, what);
  g_autofree char *path = g_build_filename (self->folder, name, NULL);
  FILE *file = g_fopen (path, "ae");
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);

  if (file == NULL || (size > 0 && fwrite (data, 1, size, file) != size))
    g_warning (_ ("Cannot write “%s”: %s"), path, g_strerror (errno));
  if (file != NULL)
    fclose (file);
}

void
oh_sim_log_request (OhSimLog *self, guint number, GBytes *body)
{
  append (self, number, "request", body);
}

void
oh_sim_log_response (OhSimLog *self, guint number, GBytes *piece)
{
  append (self, number, "response", piece);
}

static JsonArray *
headers_to_json (SoupMessageHeaders *headers)
{
  JsonArray *array = json_array_new ();
  SoupMessageHeadersIter iter;
  const char *name, *value;

  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    {
      JsonArray *pair = json_array_new ();

      json_array_add_string_element (pair, name);
      json_array_add_string_element (pair, value);
      json_array_add_array_element (array, pair);
    }
  return array;
}

void
oh_sim_log_end (
    OhSimLog *self, guint number, SoupServerMessage *message, gsize request_size, gsize response_size, const char *end)
{
  GUri *uri = soup_server_message_get_uri (message);
  const char *query = g_uri_get_query (uri);
  g_autofree char *path = g_strconcat (g_uri_get_path (uri), query != NULL ? "?" : NULL, query, NULL);
  g_autoptr (JsonObject) line = json_object_new ();
  g_autofree char *text = NULL;

  json_object_set_int_member (line, "n", number);
  json_object_set_string_member (line, "method", soup_server_message_get_method (message));
  json_object_set_string_member (line, "path", path);
  json_object_set_array_member (line, "request_headers",
                                headers_to_json (soup_server_message_get_request_headers (message)));
  json_object_set_int_member (line, "status", soup_server_message_get_status (message));
  json_object_set_array_member (line, "response_headers",
                                headers_to_json (soup_server_message_get_response_headers (message)));
  json_object_set_int_member (line, "request_size", (gint64) request_size);
  json_object_set_int_member (line, "response_size", (gint64) response_size);
  json_object_set_string_member (line, "end", end);
  text = oh_sim_json_object_text (line);
  fprintf (self->lines, "%s\n", text);
  fflush (self->lines);
}
