/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-headers.h"
#include "oh-secrets-private.h"
#include "oh-secret-name-private.h"
#include "oh-secret-patterns-private.h"
#include "oh-value.h"

#include <gnutls/crypto.h>
#include <string.h>

/* A secret no longer than this shows nothing of itself. */
#define SHORT_SECRET 8
#define HASH_DIGITS 16
/* What is shorter could be a word that means something else where it recurs; placeholders for keys are. */
#define KNOWN_MIN 12
#define KNOWN_PLAIN_MIN 20
#define KNOWN_MAX 4096
#define MAX_KNOWN 64

struct _OhSecrets
{
  GBytes *key;
  GArray *known; /* of OhKnown; NULL where nothing is remembered */
};

OhSecrets *
oh_secrets_new (GBytes *key)
{
  OhSecrets *self = g_atomic_rc_box_new0 (OhSecrets);

  self->key = g_bytes_ref (key);
  return self;
}

static void
known_clear (gpointer data)
{
  OhKnown *known = data;

  g_free (known->value);
  g_free (known->marker);
}

OhSecrets *
oh_secrets_new_remembering (OhSecrets *secrets)
{
  OhSecrets *self = oh_secrets_new (secrets->key);

  self->known = g_array_new (FALSE, FALSE, sizeof (OhKnown));
  g_array_set_clear_func (self->known, known_clear);
  return self;
}

static void
secrets_clear (gpointer data)
{
  OhSecrets *self = data;

  g_bytes_unref (self->key);
  g_clear_pointer (&self->known, g_array_unref);
}

OH_DEFINE_VALUE (OhSecrets, oh_secrets, secrets_clear)

/* Whether the value is so much its own that it can only be this secret wherever it is seen. */
static gboolean
is_telling (const char *value, gsize length)
{
  if (length < KNOWN_MIN || length > KNOWN_MAX)
    return FALSE;
  if (length >= KNOWN_PLAIN_MIN)
    return TRUE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_islower (value[i]))
      return TRUE;
  return FALSE;
}

static void
remember (OhSecrets *self, const char *value, gsize length, const char *marker)
{
  OhKnown known;

  if (self->known->len >= MAX_KNOWN || !is_telling (value, length))
    return;
  for (guint i = 0; i < self->known->len; i++)
    {
      const OhKnown *other = &g_array_index (self->known, OhKnown, i);

      if (other->length == length && memcmp (other->value, value, length) == 0)
        return;
    }
  known = (OhKnown) { g_memdup2 (value, length), length, g_strdup (marker) };
  /* The longest first, for one may be a piece of another. */
  for (guint i = 0; i < self->known->len; i++)
    if (g_array_index (self->known, OhKnown, i).length < length)
      {
        g_array_insert_val (self->known, i, known);
        return;
      }
  g_array_append_val (self->known, known);
}

/* Escapes ASCII as JSON may: some libraries do that to what means something in HTML. */
static void
remember_in_hex (OhSecrets *self, const char *value, const char *marker, const char *escaped, gboolean upper)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (const char *p = value; *p != '\0'; p++)
    if (strchr (escaped, *p) != NULL)
      g_string_append_printf (out, upper ? "\\u%04X" : "\\u%04x", (guint) *p);
    else
      g_string_append_c (out, *p);
  remember (self, out->str, out->len, marker);
}

/* Remembers a value escaped for JSON and for URLs, and unescaped. */
static void
remember_escaped (OhSecrets *self, const char *value, const char *marker)
{
  g_autofree char *plain = g_uri_unescape_string (value, NULL);
  g_autofree char *quoted = g_uri_escape_string (value, NULL, FALSE);
  g_autofree char *json = g_strescape (value, "\b\f\n\r\t\v\001\002\003\004\005\006\007");
  g_auto (GStrv) pieces = g_strsplit (value, "/", -1);
  g_autofree char *slashes = g_strjoinv ("\\/", pieces);

  if (plain != NULL)
    remember (self, plain, strlen (plain), marker);
  remember (self, quoted, strlen (quoted), marker);
  remember (self, json, strlen (json), marker);
  remember (self, slashes, strlen (slashes), marker);
  remember_in_hex (self, value, marker, "+&<>'\"`", TRUE); /* .NET */
  remember_in_hex (self, value, marker, "+&<>'\"`", FALSE);
  remember_in_hex (self, value, marker, "&<>", FALSE);      /* Go */
  remember_in_hex (self, value, marker, "&<>='", FALSE);    /* Gson */
}

/* Of Basic credentials, "user:password" in Base64. (transfer full) (nullable): it is none */
static char *
decode_password (const char *value)
{
  const gsize length = strlen (value);
  g_autofree guchar *decoded = NULL;
  const char *colon;
  gsize size;

  if (length == 0 || length % 4 != 0 || strpbrk (value, "-_. ") != NULL)
    return NULL;
  decoded = g_base64_decode (value, &size);
  colon = memchr (decoded, ':', size);
  if (colon == NULL || !g_utf8_validate ((const char *) decoded, (gssize) size, NULL))
    return NULL;
  return g_strndup (colon + 1, size - (gsize) (colon + 1 - (const char *) decoded));
}

/* Remembers a value in each form in which it may come back. */
static void
remember_forms (OhSecrets *self, const char *value, const char *marker)
{
  const gsize length = strlen (value);
  g_autofree char *password = decode_password (value);
  const char *space = strchr (value, ' ');

  remember (self, value, length, marker);
  if (strchr (value, '\\') != NULL)
    {
      g_autofree char *plain = oh_secret_value_unescape (value);

      if (strchr (plain, '\\') == NULL)
        remember_forms (self, plain, marker);
    }
  /* Most keys look the same everywhere. */
  if (strspn (value, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.~") < length)
    remember_escaped (self, value, marker);
  /* "Bearer KEY" in a JSON member, "user:password" in Basic credentials, the cookies of a field. */
  if (space != NULL && strchr (value, ';') == NULL && strchr (space + 1, ' ') == NULL)
    remember_forms (self, space + 1, marker);
  if (strpbrk (value, ";=") != NULL)
    {
      g_auto (GStrv) cookies = g_strsplit (value, ";", MAX_KNOWN);

      for (char **cookie = cookies; *cookie != NULL; cookie++)
        {
          const char *equals = strchr (*cookie, '=');

          if (equals != NULL && strlen (equals + 1) >= KNOWN_PLAIN_MIN)
            remember (self, equals + 1, strlen (equals + 1), marker);
        }
    }
  if (password != NULL)
    remember (self, password, strlen (password), marker);
}

gboolean
oh_secrets_knows_any (OhSecrets *self)
{
  return self->known != NULL && self->known->len > 0;
}

gsize
oh_secrets_match_start (OhSecrets *self, const char *data, gsize length, OhKnown *found)
{
  const char *end = data + length;
  gsize open = 0;

  for (guint i = 0; self->known != NULL && i < self->known->len; i++)
    {
      const OhKnown *known = &g_array_index (self->known, OhKnown, i);
      const char *at = end - MIN (length, known->length - 1);

      for (; (gsize) (end - at) > open && (at = memchr (at, known->value[0], end - at)) != NULL; at++)
        if ((gsize) (end - at) > open && memcmp (at, known->value, end - at) == 0)
          {
            open = end - at;
            if (found != NULL)
              *found = *known;
          }
    }
  return open;
}

gboolean
oh_secrets_match_further (OhSecrets *self, const char *data, gsize length, gsize matched, OhKnown *known)
{
  for (guint i = 0; i < self->known->len; i++)
    {
      const OhKnown *other = &g_array_index (self->known, OhKnown, i);

      if (other->length > matched && memcmp (other->value, known->value, matched) == 0
          && memcmp (other->value + matched, data, MIN (other->length - matched, length)) == 0)
        {
          *known = *other;
          return TRUE;
        }
    }
  return FALSE;
}

gsize
oh_secrets_replace (OhSecrets *self, const char *data, gsize length, gboolean ended, GString **out)
{
  const char *run = data;
  const char *end = data + length;
  gsize held = 0;

  if (!oh_secrets_knows_any (self))
    return length;
  for (;;)
    {
      const char *first = NULL;
      const OhKnown *found = NULL;

      for (guint i = 0; i < self->known->len; i++)
        {
          const OhKnown *known = &g_array_index (self->known, OhKnown, i);
          const char *limit = first != NULL ? MIN (end, first + known->length - 1) : end;
          const char *at = memmem (run, limit - run, known->value, known->length);

          if (at != NULL)
            {
              first = at;
              found = known;
            }
        }
      /* A secret may begin before this one, or be longer: that is seen when it has come to its end. */
      held = ended ? 0 : oh_secrets_match_start (self, run, end - run, NULL);
      if (found == NULL || (held > 0 && first >= end - held))
        break;
      if (*out == NULL)
        *out = g_string_sized_new (length + 64);
      g_string_append_len (*out, run, first - run);
      g_string_append (*out, found->marker);
      run = first + found->length;
    }
  if (*out != NULL)
    g_string_append_len (*out, run, end - held - run);
  return length - held;
}

void
oh_mark_begin (OhMark *mark, OhSecrets *secrets)
{
  *mark = (OhMark) { .secrets = secrets, .value = g_string_new (NULL) };
}

void
oh_mark_feed (OhMark *mark, const char *data, gsize length)
{
  gsize kept = MIN (length, sizeof mark->tail);

  if (length == 0)
    return;
  memmove (mark->tail, mark->tail + kept, sizeof mark->tail - kept);
  memcpy (mark->tail + sizeof mark->tail - kept, data + length - kept, kept);
  mark->length += length;
  if (mark->length <= KNOWN_MAX)
    {
      g_string_append_len (mark->value, data, (gssize) length);
      return;
    }
  if (mark->hmac == NULL)
    {
      gsize size;
      const void *key = g_bytes_get_data (mark->secrets->key, &size);

      mark->hmac = g_hmac_new (G_CHECKSUM_SHA256, key, size);
      g_hmac_update (mark->hmac, (const guint8 *) mark->value->str, (gssize) mark->value->len);
    }
  g_hmac_update (mark->hmac, (const guint8 *) data, (gssize) length);
}

const char *
oh_mark_get_value (const OhMark *mark)
{
  return mark->hmac == NULL ? mark->value->str : NULL;
}

static void
append_hash (const OhMark *mark, GString *out)
{
  guint8 hash[32];
  gsize size = sizeof hash;

  if (mark->hmac != NULL)
    {
      g_hmac_get_digest (mark->hmac, hash, &size);
    }
  else
    {
      const void *key = g_bytes_get_data (mark->secrets->key, &size);

      gnutls_hmac_fast (GNUTLS_MAC_SHA256, key, size, mark->value->str, mark->value->len, hash);
    }
  for (guint i = 0; i < HASH_DIGITS / 2; i++)
    {
      g_string_append_c (out, "0123456789abcdef"[hash[i] >> 4]);
      g_string_append_c (out, "0123456789abcdef"[hash[i] & 15]);
    }
}

void
oh_mark_end (OhMark *mark, GString *out)
{
  if (mark->length > 0)
    {
      const gsize start = out->len;
      g_autofree char *password = mark->hmac == NULL ? decode_password (mark->value->str) : NULL;

      g_string_append (out, OH_REDACTED "…");
      /* The last letters of Base64 are those of the password. */
      if (mark->length > SHORT_SECRET && password == NULL)
        for (guint i = 0; i < sizeof mark->tail; i++)
          g_string_append_c (out, g_ascii_isalnum (mark->tail[i]) || mark->tail[i] == '-' || mark->tail[i] == '_'
                                    ? (char) mark->tail[i] : '?');
      g_string_append_c (out, ' ');
      append_hash (mark, out);
      g_string_append_c (out, '>');
      if (mark->hmac == NULL && mark->secrets->known != NULL)
        remember_forms (mark->secrets, mark->value->str, out->str + start);
    }
  oh_mark_clear (mark);
}

void
oh_mark_clear (OhMark *mark)
{
  g_clear_pointer (&mark->hmac, g_hmac_unref);
  if (mark->value != NULL)
    g_string_free (g_steal_pointer (&mark->value), TRUE);
}

void
oh_secrets_append_mark (OhSecrets *self, const char *value, gsize length, GString *out)
{
  OhMark mark;

  /* What has been marked already, as in an import, stays. */
  if (length > strlen (OH_REDACTED) && strncmp (value, OH_REDACTED, strlen (OH_REDACTED)) == 0)
    {
      g_string_append_len (out, value, (gssize) length);
      return;
    }
  oh_mark_begin (&mark, self);
  oh_mark_feed (&mark, value, length);
  oh_mark_end (&mark, out);
}

GString *
oh_secrets_replace_own (OhSecrets *self, const char *data, gsize length, gsize from)
{
  GString *out = NULL;
  gsize run = 0;
  gsize at = 0;
  gsize start, end;

  while (oh_secret_patterns_find (data, length, at, &start, &end))
    {
      start = MAX (start, from);
      at = MAX (end, at + 1);
      if (end <= start)
        continue;
      if (out == NULL)
        out = g_string_sized_new (length + 64);
      g_string_append_len (out, data + run, (gssize) (start - run));
      oh_secrets_append_mark (self, data + start, end - start, out);
      run = end;
    }
  if (out != NULL)
    g_string_append_len (out, data + run, (gssize) (length - run));
  return out;
}

char *
oh_secrets_replace_all (OhSecrets *self, char *text)
{
  GString *own = oh_secrets_replace_own (self, text, strlen (text), 0);
  GString *out = NULL;

  if (own != NULL)
    {
      g_free (text);
      text = g_string_free (own, FALSE);
    }
  oh_secrets_replace (self, text, strlen (text), TRUE, &out);
  if (out == NULL)
    return text;
  g_free (text);
  return g_string_free (out, FALSE);
}

void
oh_secrets_remember (OhSecrets *self, const char *value)
{
  g_autoptr (GString) marker = g_string_new (NULL);

  oh_secrets_append_mark (self, value, strlen (value), marker);
}
