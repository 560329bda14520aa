/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-collector.h"

#include "oh-engine-private.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#define GROUP "collector"
#define TRACES "/v1/traces"

G_DEFINE_QUARK (oh-collector-error-quark, oh_collector_error)

void
oh_collector_clear (OhCollector *self)
{
  g_clear_pointer (&self->url, g_free);
  g_clear_pointer (&self->fields, g_strfreev);
}

void
oh_collector_read (const char *data_dir, OhCollector *self)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = g_build_filename (data_dir, OH_COLLECTOR_FILE, NULL);

  *self = (OhCollector) { 0 };
  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL))
    return;
  self->on = g_key_file_get_boolean (file, GROUP, "on", NULL);
  self->thinking = g_key_file_get_boolean (file, GROUP, "thinking", NULL);
  self->url = g_key_file_get_string (file, GROUP, "url", NULL);
  self->fields = g_key_file_get_string_list (file, GROUP, "fields", NULL, NULL);
}

/* "NAME: VALUE", as HTTP has it. */
static gboolean
is_field (const char *field)
{
  const gsize name = strspn (field, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");

  return name > 0 && field[name] == ':' && strpbrk (field, "\r\n") == NULL;
}

gboolean
oh_collector_check (const OhCollector *self, GError **error)
{
  g_autofree char *url = NULL;

  for (char **field = self->fields; field != NULL && *field != NULL; field++)
    if (!is_field (*field))
      {
        /* What it says may be a key. */
        g_set_error_literal (error, OH_COLLECTOR_ERROR, OH_COLLECTOR_ERROR_ADDRESS,
                             _ ("A header has the form NAME: VALUE, on one line."));
        return FALSE;
      }
  url = oh_collector_make_url (self->url != NULL ? self->url : "", error);
  return url != NULL;
}

gboolean
oh_collector_write (const char *data_dir, const OhCollector *self, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = g_build_filename (data_dir, OH_COLLECTOR_FILE, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) problem = NULL;

  g_return_val_if_fail (data_dir != NULL && self != NULL, FALSE);

  if (self->on && !oh_collector_check (self, error))
    return FALSE;
  g_key_file_set_boolean (file, GROUP, "on", self->on);
  g_key_file_set_boolean (file, GROUP, "thinking", self->thinking);
  if (self->url != NULL)
    g_key_file_set_string (file, GROUP, "url", self->url);
  if (self->fields != NULL)
    g_key_file_set_string_list (file, GROUP, "fields", (const char *const *) self->fields, g_strv_length (self->fields));
  text = g_key_file_to_data (file, NULL, NULL);
  if (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &problem))
    return TRUE;
  g_set_error_literal (error, OH_COLLECTOR_ERROR, OH_COLLECTOR_ERROR_FILE, problem->message);
  return FALSE;
}

char *
oh_collector_make_url (const char *url, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";
  g_autofree char *path = uri != NULL ? g_strdup (g_uri_get_path (uri)) : NULL;
  g_autofree char *whole = NULL;

  if ((strcmp (scheme, "http") != 0 && strcmp (scheme, "https") != 0) || g_uri_get_host (uri) == NULL ||
      *g_uri_get_host (uri) == '\0')
    {
      g_set_error (error, OH_COLLECTOR_ERROR, OH_COLLECTOR_ERROR_ADDRESS,
                   _ ("“%s” is no address of a collector. One is “http://127.0.0.1:4318”."), url);
      return NULL;
    }
  if (g_str_has_suffix (path, TRACES))
    return g_strdup (url);
  while (g_str_has_suffix (path, "/"))
    path[strlen (path) - 1] = '\0';
  whole = g_strconcat (path, TRACES, NULL);
  return g_uri_join (G_URI_FLAGS_ENCODED, scheme, g_uri_get_userinfo (uri), g_uri_get_host (uri), g_uri_get_port (uri), whole,
                     g_uri_get_query (uri), NULL);
}

char *
oh_collector_make_mark (const char *data_dir)
{
  g_autoptr (GBytes) key = oh_engine_read_redaction_key (data_dir);
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  static const char what[] = "store";

  g_checksum_update (sum, g_bytes_get_data (key, NULL), (gssize) g_bytes_get_size (key));
  g_checksum_update (sum, (const guchar *) what, sizeof what);
  return g_strndup (g_checksum_get_string (sum), 16);
}

char *
oh_collector_describe (OhStoreReader *reader)
{
  g_auto (OhSending) sending = { 0 };
  g_autoptr (GDateTime) since = NULL;
  g_autofree char *when = NULL;

  g_return_val_if_fail (reader != NULL, NULL);

  if (!oh_store_reader_get_sending (reader, &sending) || sending.failing_ns == 0)
    return NULL;
  since = g_date_time_new_from_unix_local (sending.failing_ns / OH_NS_PER_S);
  when = g_date_time_format (since, "%Y-%m-%d %H:%M");
  return g_strdup_printf (_ ("Nothing has reached the collector since %s; it waits. %s"), when,
                          sending.problem != NULL ? sending.problem : "");
}
