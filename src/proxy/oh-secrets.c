/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-secrets-private.h"
#include "oh-redactor-private.h"

#include <string.h>

/* A secret no longer than this shows nothing of itself. */
#define SHORT_SECRET 8
#define HASH_DIGITS 16

struct _OhSecrets
{
  GBytes *key;
};

static gboolean
is_one_of (const char *name, const char *const *names)
{
  for (; *names != NULL; names++)
    if (g_ascii_strcasecmp (name, *names) == 0)
      return TRUE;
  return FALSE;
}

OhSecrets *
oh_secrets_new (GBytes *key)
{
  OhSecrets *self = g_atomic_rc_box_new0 (OhSecrets);

  self->key = g_bytes_ref (key);
  return self;
}

OhSecrets *
oh_secrets_ref (OhSecrets *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
secrets_clear (gpointer data)
{
  g_bytes_unref (((OhSecrets *) data)->key);
}

void
oh_secrets_unref (OhSecrets *self)
{
  g_atomic_rc_box_release_full (self, secrets_clear);
}

void
oh_mark_begin (OhMark *mark, OhSecrets *secrets)
{
  gsize length;
  const guint8 *key = g_bytes_get_data (secrets->key, &length);

  mark->hmac = g_hmac_new (G_CHECKSUM_SHA256, key, length);
  mark->length = 0;
}

void
oh_mark_feed (OhMark *mark, const char *data, gsize length)
{
  gsize kept = MIN (length, sizeof mark->tail);

  if (length == 0)
    return;
  g_hmac_update (mark->hmac, (const guint8 *) data, length);
  memmove (mark->tail, mark->tail + kept, sizeof mark->tail - kept);
  memcpy (mark->tail + sizeof mark->tail - kept, data + length - kept, kept);
  mark->length += length;
}

void
oh_mark_end (OhMark *mark, GString *out)
{
  if (mark->length > 0)
    {
      g_string_append (out, "<redacted …");
      if (mark->length > SHORT_SECRET)
        for (guint i = 0; i < sizeof mark->tail; i++)
          g_string_append_c (out, g_ascii_isalnum (mark->tail[i]) || mark->tail[i] == '-' || mark->tail[i] == '_'
                                    ? (char) mark->tail[i] : '?');
      g_string_append_c (out, ' ');
      g_string_append_len (out, g_hmac_get_string (mark->hmac), HASH_DIGITS);
      g_string_append_c (out, '>');
    }
  oh_mark_clear (mark);
}

void
oh_mark_clear (OhMark *mark)
{
  g_clear_pointer (&mark->hmac, g_hmac_unref);
}

const char *
oh_secrets_filter_field (OhSecrets *self, const char *name, const char *value, char **storage)
{
  static const char *const secret[] = { "x-api-key", "api-key", "x-goog-api-key", "x-amz-security-token", "cookie",
                                        "set-cookie", NULL };
  static const char *const scheme_first[] = { "authorization", "proxy-authorization", NULL };
  GString *out;
  OhMark mark;
  const char *from = value;

  if (is_one_of (name, scheme_first))
    {
      const char *space = strchr (value, ' ');

      if (space != NULL)
        from = space + 1;
    }
  else if (!is_one_of (name, secret))
    return value;
  out = g_string_new_len (value, from - value);
  oh_mark_begin (&mark, self);
  oh_mark_feed (&mark, from, strlen (from));
  oh_mark_end (&mark, out);
  *storage = g_string_free (out, FALSE);
  return *storage;
}

char *
oh_secrets_filter_target (OhSecrets *self, const char *target)
{
  const char *query = strchr (target, '?');
  g_autoptr (OhRedactor) redactor = NULL;
  g_autoptr (GBytes) in = NULL;
  g_autoptr (GBytes) out = NULL;
  g_autoptr (GBytes) rest = NULL;
  GString *result;

  if (query == NULL)
    return g_strdup (target);
  redactor = oh_redactor_new (self, OH_REDACT_QUERY);
  in = g_bytes_new_static (query + 1, strlen (query + 1));
  out = oh_redactor_feed (redactor, in);
  rest = oh_redactor_finish (redactor);
  result = g_string_new_len (target, query + 1 - target);
  g_string_append_len (result, g_bytes_get_data (out, NULL), g_bytes_get_size (out));
  if (rest != NULL)
    g_string_append_len (result, g_bytes_get_data (rest, NULL), g_bytes_get_size (rest));
  return g_string_free (result, FALSE);
}

OhHeaders *
oh_secrets_filter_fields (OhSecrets *self, const OhHttpHead *head)
{
  OhHeaders *headers = oh_headers_new ();

  for (guint i = 0; i < head->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (head->fields, OhHttpField, i);
      g_autofree char *storage = NULL;

      oh_headers_append (headers, field->name, oh_secrets_filter_field (self, field->name, field->value, &storage));
    }
  return headers;
}

gboolean
oh_secrets_is_query_name (const char *name)
{
  static const char *const names[] = {
    "key",           "api_key",       "api-key",     "apikey",   "access_token", "refresh_token",
    "id_token",      "token",         "auth_token",  "auth",     "secret",       "client_secret",
    "code_verifier", "password",      "signature",   "sig",      "session_token", "x-amz-signature",
    "x-amz-security-token", "x-amz-credential", "x-goog-signature", "x-goog-credential", "subscription-key", NULL,
  };

  return is_one_of (name, names);
}

gboolean
oh_secrets_is_token_path (const char *target)
{
  const char *end = target + strcspn (target, "?#");

  while (end > target && end[-1] == '/')
    end--;
  return end - target >= (gssize) strlen ("/oauth/token")
         && strncmp (end - strlen ("/oauth/token"), "/oauth/token", strlen ("/oauth/token")) == 0;
}

gboolean
oh_secrets_is_member_name (const char *name, gboolean token_path)
{
  static const char *const everywhere[] = { "authorization_token", NULL };
  static const char *const at_token_path[] = { "access_token", "refresh_token", "id_token", "client_secret", "code",
                                               "code_verifier", "assertion", "client_assertion", "subject_token",
                                               "actor_token", "password", "device_code", NULL };

  return is_one_of (name, everywhere) || (token_path && is_one_of (name, at_token_path));
}
