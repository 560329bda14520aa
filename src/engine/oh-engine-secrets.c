/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine-private.h"
#include "oh-token.h"

#define KEY_FILE "redaction.key"
#define KEY_LENGTH 64

/* The same secret keeps its marker from one start to the next. Without a key file (a full disk) it does not: no harm. */
GBytes *
oh_engine_read_redaction_key (const char *data_dir)
{
  g_autofree char *path = g_build_filename (data_dir, KEY_FILE, NULL);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *fresh = NULL;
  char *contents = NULL;
  gsize length;

  if (g_file_get_contents (path, &contents, &length, NULL) && length >= KEY_LENGTH)
    return g_bytes_new_take (contents, length);
  g_free (contents);
  first = oh_token_new ();
  second = oh_token_new ();
  fresh = g_strconcat (first, second, NULL);
  g_file_set_contents_full (path, fresh, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
  return g_bytes_new_take (g_steal_pointer (&fresh), KEY_LENGTH);
}

gboolean
oh_engine_load_patterns (GError **error)
{
  g_autofree char *path = g_build_filename (g_get_user_config_dir (), "overhear", "secrets", NULL);

  oh_redact_set_names (oh_providers_get_list (OH_PROVIDER_SECRET_MEMBERS), oh_providers_get_list (OH_PROVIDER_SECRET_PATHS));
  return oh_redact_load_patterns (path, error);
}
