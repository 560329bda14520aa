/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-secrets-private.h"
#include "oh-redactor-private.h"
#include "oh-secret-name-private.h"
#include "oh-secret-patterns-private.h"

#include <gnutls/crypto.h>
#include <string.h>

/* A secret no longer than this shows nothing of itself. */
#define SHORT_SECRET 8
#define WORD_LETTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-"
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

OhSecrets *
oh_secrets_ref (OhSecrets *self)
{
  return g_atomic_rc_box_acquire (self);
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

void
oh_secrets_unref (OhSecrets *self)
{
  g_atomic_rc_box_release_full (self, secrets_clear);
}

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

/* Remembers a value in each form in which it may come back. */
static void
remember_forms (OhSecrets *self, const char *value, const char *marker)
{
  const gsize length = strlen (value);
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
  if (length % 4 == 0 && strpbrk (value, "-_. ") == NULL)
    {
      gsize size;
      g_autofree guchar *decoded = g_base64_decode (value, &size);
      const char *colon = memchr (decoded, ':', size);

      if (colon != NULL && g_utf8_validate ((const char *) decoded, (gssize) size, NULL))
        remember (self, colon + 1, size - (gsize) (colon + 1 - (const char *) decoded), marker);
    }
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

      g_string_append (out, "<redacted …");
      if (mark->length > SHORT_SECRET)
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
  if (length > strlen ("<redacted ") && strncmp (value, "<redacted ", strlen ("<redacted ")) == 0)
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

/* --- fields and targets --- */

static char *filter_url (OhSecrets *self, const char *url);

/* What a parameter says may be JSON, or have parameters itself. */
static void
append_value (OhSecrets *self, const char *value, GString *out)
{
  g_autofree char *safe = strpbrk (value, "%{[=:") != NULL ? oh_redactor_apply (self, OH_REDACT_VALUE, value) : NULL;

  g_string_append (out, safe != NULL ? safe : value);
}

/* What may be JSON, a URL, or parameters, as it stands. (transfer full) (nullable): NULL if it is none of them */
static char *
filter_value (OhSecrets *self, const char *value)
{
  const char *from = value + strspn (value, " \t\\\"");

  if (*from == '{' || *from == '[')
    return oh_redactor_apply (self, OH_REDACT_JSON, value);
  if (strstr (value, "://") != NULL)
    return filter_url (self, value);
  return strchr (value, '%') != NULL ? oh_redactor_apply (self, OH_REDACT_VALUE, value) : NULL;
}

/* Cookies that are JSON hold secrets that may come back by themselves. */
static void
remember_cookies (OhSecrets *self, const char *value)
{
  g_auto (GStrv) cookies = NULL;

  if (self->known == NULL || (strchr (value, '{') == NULL && strcasestr (value, "%7b") == NULL))
    return;
  cookies = g_strsplit (value, "; ", MAX_KNOWN);
  for (char **cookie = cookies; *cookie != NULL; cookie++)
    {
      const char *equals = strchr (*cookie, '=');

      g_free (filter_value (self, equals != NULL ? equals + 1 : *cookie));
    }
}

/* Replaces passwords in "scheme://user:password@", and the values of secret parameters after ? # & or ;. */
static char *
filter_url (OhSecrets *self, const char *url)
{
  GString *out = g_string_new (NULL);
  const char *run = url;
  const char *p = url;
  gboolean parameters = FALSE;

  while (*p != '\0')
    {
      if (strncmp (p, "://", 3) == 0)
        {
          const gsize authority = strcspn (p + 3, "/?# <>\"',");
          const char *at = memrchr (p + 3, '@', authority);
          const char *colon = at != NULL ? memchr (p + 3, ':', at - (p + 3)) : NULL;

          if (at != NULL)
            {
              const char *from = colon != NULL ? colon + 1 : p + 3;

              g_string_append_len (out, run, from - run);
              oh_secrets_append_mark (self, from, at - from, out);
              run = at;
            }
          p += 3 + authority;
          parameters = FALSE;
        }
      else if (strchr ("?#;", *p) != NULL || (parameters && *p == '&'))
        {
          const gsize length = strcspn (++p, "=&;?# <>\",");
          g_autofree char *raw = g_strndup (p, length);
          g_autofree char *name = g_uri_unescape_string (raw, NULL);

          parameters = TRUE;
          p += length;
          if (*p == '=')
            {
              const gboolean secret = oh_secret_name_in_query (name != NULL ? name : raw);
              const gsize size = strcspn (++p, secret ? "&;# <>\"," : "&;#");
              g_autofree char *value = g_strndup (p, size);

              g_string_append_len (out, run, p - run);
              if (secret)
                oh_secrets_append_mark (self, value, size, out);
              else
                append_value (self, value, out);
              run = p += size;
            }
        }
      else
        p++;
    }
  g_string_append (out, run);
  return g_string_free (out, FALSE);
}

/* Items of Sec-WebSocket-Protocol: browsers have no other place for a key ("openai-insecure-api-key.KEY"). */
static char *
filter_protocols (OhSecrets *self, const char *value)
{
  g_auto (GStrv) items = g_strsplit (value, ",", -1);
  GString *out = g_string_new (NULL);

  for (char **item = items; *item != NULL; item++)
    {
      const char *from = *item + strspn (*item, " ");
      const char *dot = strchr (from, '.');

      if (item != items)
        g_string_append_c (out, ',');
      /* A key may hold dots itself. */
      while (dot != NULL && !oh_secret_value_is_likely (dot + 1, strlen (dot + 1)))
        dot = strchr (dot + 1, '.');
      if (dot != NULL)
        from = dot + 1;
      g_string_append_len (out, *item, from - *item);
      if (dot != NULL || strlen (from) >= 24)
        oh_secrets_append_mark (self, from, strlen (from), out);
      else
        g_string_append (out, from);
    }
  return g_string_free (out, FALSE);
}

/* Where in a segment of a path, after the segment @before, or in a field's value a key begins; or NULL. */
static const char *
find_key (const char *before, const char *segment)
{
  static const char *const names[] = { "token", "access_token", "api_key", "api-key", "apikey", "key", "secret", "password",
                                       "jwt", NULL };
  static const char *const begins[] = { "sk-", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "github_pat_", "gsk_", "hf_", "xai-",
                                        "xoxb-", "xoxp-", "glpat-", "eyJ", NULL };
  const char *bot = g_str_has_prefix (segment, "bot") ? segment + 3 + strspn (segment + 3, "0123456789") : segment;

  if (!oh_secret_value_is_likely (segment, strlen (segment)) || oh_secret_value_is_words (segment))
    return NULL;
  if (g_strv_contains (names, before))
    return segment;
  for (const char *const *begin = begins; *begin != NULL; begin++)
    if (g_str_has_prefix (segment, *begin))
      return segment;
  /* As Telegram has it. */
  return *bot == ':' ? bot + 1 : NULL;
}

const char *
oh_secrets_filter_field (OhSecrets *self, const char *name, const char *value, char **storage)
{
  static const char *const urls[] = { "location", "content-location", "referer", "refresh", "link", NULL };
  GString *out = NULL;
  const char *from = value;

  /* A line end in an imported value may hide another field. */
  if (strpbrk (value, "\r\n") != NULL)
    {
      g_autofree char *line = g_strdelimit (g_strdup (value), "\r\n", ' ');
      g_autofree char *inner = NULL;

      *storage = oh_secrets_filter_text (self, oh_secrets_filter_field (self, name, line, &inner));
      return *storage;
    }
  if (!oh_secret_name_in_general (name))
    {
      for (const char *const *url = urls; *url != NULL; url++)
        if (g_ascii_strcasecmp (name, *url) == 0)
          return *storage = filter_url (self, value);
      if (g_ascii_strcasecmp (name, "sec-websocket-protocol") == 0)
        return *storage = filter_protocols (self, value);
      if (strchr (value, ' ') == NULL && find_key ("", value) == value)
        oh_secrets_append_mark (self, value, strlen (value), out = g_string_new (NULL));
      *storage = out != NULL ? g_string_free (out, FALSE) : filter_value (self, value);
      return *storage != NULL ? *storage : value;
    }
  remember_cookies (self, value);
  if (strlen (name) >= strlen ("auth") && strcasestr (name, "auth") != NULL)
    {
      const char *space = strchr (value, ' ');

      if (space != NULL)
        from = space + 1;
    }
  out = g_string_new_len (value, from - value);
  oh_secrets_append_mark (self, from, strlen (from), out);
  *storage = g_string_free (out, FALSE);
  return *storage;
}

char *
oh_secrets_filter_target (OhSecrets *self, const char *target)
{
  g_autofree char *safe = strpbrk (target, "?#;@") != NULL ? filter_url (self, target) : g_strdup (target);
  const gsize length = strcspn (safe, "?#;<");
  g_autofree char *path = g_strndup (safe, length);
  g_auto (GStrv) segments = g_strsplit (path, "/", -1);
  GString *out = g_string_new (NULL);

  for (char **segment = segments; *segment != NULL; segment++)
    {
      const char *key = segment > segments ? find_key (segment[-1], *segment) : NULL;

      if (segment > segments)
        g_string_append_c (out, '/');
      g_string_append_len (out, *segment, key != NULL ? key - *segment : (gssize) strlen (*segment));
      if (key != NULL)
        oh_secrets_append_mark (self, key, strlen (key), out);
    }
  g_string_append (out, safe + length);
  return g_string_free (out, FALSE);
}

typedef struct
{
  const char *name;
  const char *value;
  char *safe;
} Field;

/* The user's patterns see the name, too. */
static void
replace_own (OhSecrets *self, Field *field)
{
  g_autofree char *line = g_strdup_printf ("%s: %s", field->name, field->value);
  const gsize from = strlen (field->name) + 2;
  GString *own = oh_secrets_replace_own (self, line, strlen (line), from);

  if (own == NULL)
    return;
  g_free (field->safe);
  field->safe = g_strdup (own->str + from);
  field->value = field->safe;
  g_string_free (own, TRUE);
}

static OhHeaders *
filter_fields (OhSecrets *self, Field *fields, guint n)
{
  OhHeaders *filtered = oh_headers_new ();

  for (Field *field = fields; field < fields + n; field++)
    {
      field->value = oh_secrets_filter_field (self, field->name, field->value, &field->safe);
      if (oh_secret_patterns_any ())
        replace_own (self, field);
    }
  /* What one field has made known may stand in an earlier one. */
  for (Field *field = fields; field < fields + n; field++)
    {
      GString *out = NULL;

      oh_secrets_replace (self, field->value, strlen (field->value), TRUE, &out);
      oh_headers_append (filtered, field->name, out != NULL ? out->str : field->value);
      g_free (field->safe);
      if (out != NULL)
        g_string_free (out, TRUE);
    }
  return filtered;
}

OhHeaders *
oh_secrets_filter_headers (OhSecrets *self, const OhHeaders *headers)
{
  const guint n = oh_headers_get_length (headers);
  g_autofree Field *fields = g_new0 (Field, n);

  for (guint i = 0; i < n; i++)
    oh_headers_get_nth (headers, i, &fields[i].name, &fields[i].value);
  return filter_fields (self, fields, n);
}

OhHeaders *
oh_secrets_filter_fields (OhSecrets *self, const OhHttpHead *head)
{
  g_autofree Field *fields = g_new0 (Field, head->fields->len);

  for (guint i = 0; i < head->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (head->fields, OhHttpField, i);

      fields[i] = (Field) { field->name, field->value, NULL };
    }
  return filter_fields (self, fields, head->fields->len);
}

/* --- text --- */

/* NAME=VALUE, NAME: VALUE, "NAME": "VALUE"; and those in a VALUE, as in --data=NAME=VALUE. @text: (transfer full)
 * (transfer full) */
static char *
filter_named (OhSecrets *self, char *text)
{
  static const char spaces[] = " \t\r\n", quotes[] = "\"'\\";
  g_autofree char *taken = text;
  GString *out = g_string_new (NULL);
  const char *run = taken;

  for (const char *p = taken, *next; *p != '\0'; p = next)
    {
      const char *end = p + strspn (p, WORD_LETTERS);
      const char *from = end + strspn (end, quotes);
      g_autofree char *name = NULL;
      g_autofree char *between = NULL;
      gboolean colon;

      from += strspn (from, spaces);
      next = MAX (end, p + 1);
      if (end == p || (*from != ':' && *from != '='))
        continue;
      colon = *from++ == ':';
      from += strspn (from, spaces);
      from += strspn (from, quotes);
      name = g_strndup (p, end - p);
      between = g_strndup (end, from - end);
      end = from + strcspn (from, " ");
      if (oh_secret_value_is_scheme (from, end - from))
        from = end + strspn (end, spaces);
      end = from + strcspn (from, " \t\r\n\"'\\&;,<>");
      next = from;
      /* "token: " in a sentence is a word; in a field's name it is part of more. */
      if (end == from || !oh_secret_name_in_general (name)
          || (colon && (end - from < SHORT_SECRET
                        || (strpbrk (between, "\"'") == NULL && strpbrk (name, "-_") == NULL && strcasestr (name, "authorization") == NULL
                            && strcasestr (name, "cookie") == NULL))))
        continue;
      g_string_append_len (out, run, from - run);
      oh_secrets_append_mark (self, from, end - from, out);
      run = next = end;
    }
  g_string_append (out, run);
  return g_string_free (out, FALSE);
}

/* --NAME VALUE */
static gboolean
replace_flag (const GMatchInfo *match, GString *out, gpointer self)
{
  g_autofree char *name = g_match_info_fetch (match, 1);
  g_autofree char *between = g_match_info_fetch (match, 2);
  g_autofree char *value = g_match_info_fetch (match, 3);

  g_string_append (out, name);
  g_string_append (out, between);
  if (oh_secret_name_in_general (name))
    oh_secrets_append_mark (self, value, strlen (value), out);
  else
    g_string_append (out, value);
  return FALSE;
}

/* Group 1 stays, group 2 is secret. */
static gboolean
replace_second (const GMatchInfo *match, GString *out, gpointer self)
{
  g_autofree char *first = g_match_info_fetch (match, 1);
  g_autofree char *second = g_match_info_fetch (match, 2);

  g_string_append (out, first);
  oh_secrets_append_mark (self, second, strlen (second), out);
  return FALSE;
}

static char *
apply (OhSecrets *self, char *text, const char *pattern, GRegexEvalCallback replace)
{
  g_autofree char *taken = text;
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_RAW | G_REGEX_CASELESS | G_REGEX_OPTIMIZE, 0, NULL);
  char *result = g_regex_replace_eval (regex, taken, -1, 0, 0, replace, self, NULL);

  return result != NULL ? result : g_strdup ("<redacted>");
}

/* JSON, alone or as what something is set to. @text: (transfer full) (transfer full) */
static char *
filter_json (OhSecrets *self, char *text)
{
  g_autofree char *taken = text;
  const char *from = taken + strspn (taken, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.=@ \t\n");
  g_autofree char *safe = NULL;

  if (*from != '{' && *from != '[')
    return g_steal_pointer (&taken);
  safe = oh_redactor_apply (self, OH_REDACT_JSON, from);
  return g_strdup_printf ("%.*s%s", (int) (from - taken), taken, safe);
}

char *
oh_secrets_filter_text (OhSecrets *self, const char *text)
{
  /* As Anthropic, OpenAI, Google, GitHub, Groq, Hugging Face, xAI, Slack, GitLab and AWS write their keys, and JWTs. */
  static const char keys[] = "(\\b)((?-i:sk-[A-Za-z0-9_-]{12,}|AIza[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{20,}|"
                             "github_pat_[A-Za-z0-9_]{20,}|gsk_[A-Za-z0-9]{20,}|hf_[A-Za-z0-9]{20,}|"
                             "xai-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|glpat-[A-Za-z0-9_-]{16,}|"
                             "(?:AKIA|ASIA)[A-Z0-9]{16}|"
                             "eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{4,}(?:\\.[A-Za-z0-9_-]*)*))";
  char *out = filter_json (self, filter_url (self, text));

  out = apply (self, out, "\\b((?:proxy-)?authorization\\s*:\\s*(?:[A-Za-z]+\\s+)?+)([^\\s\"'<>]{12,})", replace_second);
  out = apply (self, out, "\\b((?:set-)?cookie\\s*:\\s*)([^\"'<>\\r\\n]+)", replace_second);
  out = filter_named (self, out);
  out = apply (self, out, "(?<![A-Za-z0-9-])(--?[A-Za-z][A-Za-z0-9_-]*)(\\s+[\"']?)([^\\s<\"'-][^\\s\"']*)", replace_flag);
  out = apply (self, out, "(?<![A-Za-z0-9-])((?:-u|--user|--proxy-user)[\\s=]*[\"']?[^\\s:\"'<]+:)([^\\s\"'<]{6,})", replace_second);
  out = apply (self, out, "\\b((?:bearer|basic)\\s+)([A-Za-z0-9._~+/-]{12,}=*)", replace_second);
  out = apply (self, out, keys, replace_second);
  return oh_secrets_replace_all (self, out);
}

GBytes *
oh_secrets_filter_head (OhSecrets *self, const char *data, gsize length)
{
  GString *out = g_string_sized_new (length + 64);
  gboolean secret = FALSE;
  gsize size;

  /* A NUL ends a line, too: what stands behind it is looked at by itself. */
  for (gsize at = 0; at < length; at += size + 1)
    {
      g_autofree char *line = NULL;
      const char *colon;

      for (size = 0; at + size < length && data[at + size] != '\n' && data[at + size] != '\0'; size++)
        ;
      line = g_strndup (data + at, size);
      colon = strchr (line, ':');
      /* What is folded goes on with the line before. */
      if (*line != ' ' && *line != '\t')
        {
          g_autofree char *name = colon != NULL ? g_strstrip (g_strndup (line, colon - line)) : NULL;

          secret = name != NULL && oh_secret_name_in_general (name);
        }
      if (secret)
        {
          const char *from = colon != NULL && *line != ' ' && *line != '\t' ? colon + 1 : line;

          from += strspn (from, " \t");
          g_string_append_len (out, line, from - line);
          oh_secrets_append_mark (self, from, strcspn (from, "\r"), out);
          g_string_append (out, from + strcspn (from, "\r"));
        }
      else
        {
          g_autofree char *safe = oh_secrets_filter_text (self, line);

          g_string_append (out, safe);
        }
      if (at + size < length)
        g_string_append_c (out, data[at + size]);
    }
  return g_string_free_to_bytes (out);
}

void
oh_secrets_remember (OhSecrets *self, const char *value)
{
  g_autoptr (GString) marker = g_string_new (NULL);

  oh_secrets_append_mark (self, value, strlen (value), marker);
}
