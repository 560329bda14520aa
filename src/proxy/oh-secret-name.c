/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-secret-name-private.h"

#include "oh-redact.h"

#include <stdio.h>
#include <string.h>

/* A word of a name that is longer means nothing. */
#define WORD_MAX 32
/* What is shorter under a name that may be a secret's could be any word. */
#define LIKELY_MIN 12
/* Without a digit, so many letters in a row are no word. */
#define LETTERS_MIN 20
#define DIFFERENT_MIN 5
/* With fewer letters it is a number, or a time. */
#define WORD_MIN 4

/* Set before anything is captured. */
static const char *const *own_members;
static const char *const *own_paths;

void
oh_redact_set_names (const char *const *members, const char *const *paths)
{
  g_atomic_pointer_set (&own_members, members);
  g_atomic_pointer_set (&own_paths, paths);
}

static gboolean
is_one_of (const char *name, const char *const *names)
{
  for (; names != NULL && *names != NULL; names++)
    if (g_ascii_strcasecmp (name, *names) == 0)
      return TRUE;
  return FALSE;
}

gboolean
oh_secret_name_may_be (const char *name, gsize length)
{
#define L(letter) (1u << ((letter) - 'a'))
  /* By the last letter: those that may stand before it. */
  static const guint32 before[26] = {
    ['d' - 'a'] = L ('r') | L ('w'), ['e' - 'a'] = L ('i') | L ('s'), ['h' - 'a'] = L ('t'), ['l' - 'a'] = L ('a'),
    ['n' - 'a'] = L ('e') | L ('o'), ['s' - 'a'] = L ('l'), ['t' - 'a'] = L ('e') | L ('w'), ['y' - 'a'] = L ('e'),
  };
#undef L
  char last, other;

  while (length > 0 && !g_ascii_isalpha (name[length - 1]))
    length--;
  if (length > 1 && (name[length - 1] | 0x20) == 's' && (name[length - 2] | 0x20) != 'l' )
    length--;
  if (length < 3)
    return FALSE;
  last = (char) (name[length - 1] | 0x20);
  other = (char) (name[length - 2] | 0x20);
  return g_ascii_islower (last) && g_ascii_islower (other) && (before[last - 'a'] & (1u << (other - 'a'))) != 0;
}

/* The last word of a name, and the one before it, in small letters, of one thing. "AWS_SECRET_ACCESS_KEY", "apiTokens",
 * "x-key-2" Returns: whether it was of several */
static gboolean
find_last_words (const char *name, char words[2][WORD_MAX])
{
  static const char *const several[] = { "keys", "tokens", "secrets", "passwords", "passphrases", "cookies", "jwts",
                                         "apikeys", "accesskeys", "authorizations", "accesstokens", "authtokens", NULL };
  const char *end = name + strlen (name);
  gsize length = 0;

  words[0][0] = words[1][0] = '\0';
  while (end > name && !g_ascii_isalpha (end[-1]))
    end--;
  for (const char *p = name; p < end; p++)
    {
      const gboolean separator = !g_ascii_isalnum (*p);
      const gboolean hump = p > name && g_ascii_isupper (*p) && g_ascii_islower (p[-1]);

      if ((separator || hump) && length > 0)
        {
          memcpy (words[1], words[0], WORD_MAX);
          length = 0;
        }
      if (!separator && length < WORD_MAX - 1)
        {
          words[0][length++] = g_ascii_tolower (*p);
          words[0][length] = '\0';
        }
    }
  if (!g_strv_contains (several, words[0]))
    return FALSE;
  words[0][strlen (words[0]) - 1] = '\0';
  return TRUE;
}

static const char *const no_token[] = { "page", "continuation", "next", "stop", "max", "per", "pad", "eos", "bos", "unk",
                                        "special", "sync", "start", "end", "cursor", "first", "last", NULL };
/* What is counted. */
static const char *const no_tokens[] = { "input", "output", "prompt", "completion", "total", "reasoning", "thinking", "cached",
                                         "cache", "audio", "text", "image", "budget", "remaining", "used", "limit", "min",
                                         "of", "num", "read", "creation", "prediction", "rejected", "accepted", "tool", NULL };
/* Others are mostly those of tables and maps. */
static const char *const secret_keys[] = { "api", "access", "secret", "private", "auth", "subscription", "signing", "encryption",
                                           "master", "admin", "service", "account", "license", "virtual", "session", NULL };
static const char *const joined[] = { "apikey", "accesskey", "secretkey", "accesstoken", "refreshtoken", "authtoken",
                                      "idtoken", "bearertoken", "sessiontoken", "clientsecret", NULL };

static gboolean
is_token (const char *before, gboolean several)
{
  return !g_strv_contains (no_token, before) && (!several || (*before != '\0' && !g_strv_contains (no_tokens, before)));
}

gboolean
oh_secret_name_in_general (const char *name)
{
  static const char *const secret[] = { "secret", "password", "passwd", "pwd", "passphrase", "jwt", "authorization", "auth",
                                        "credential", "credentials", "cookie", "assertion", NULL };
  static const char *const no_key[] = { "idempotency", "cache", "partition", "surrogate", "websocket", "socket", "public", "sort",
                                        "primary", "foreign", "routing", "object", "dedup", "row", NULL };
  char words[2][WORD_MAX];
  gboolean several;

  if (!oh_secret_name_may_be (name, strlen (name)))
    return FALSE;
  several = find_last_words (name, words);
  if (g_str_equal (words[0], "key"))
    return several ? g_strv_contains (secret_keys, words[1]) : words[1][0] != '\0' && !g_strv_contains (no_key, words[1]);
  if (g_str_equal (words[0], "token"))
    return is_token (words[1], several);
  return g_strv_contains (secret, words[0]) || g_strv_contains (joined, words[0]);
}

gboolean
oh_secret_name_in_query (const char *name)
{
  static const char *const names[] = { "key", "sig", "signature", "code", "code_verifier", "session", "sessionid",
                                       "session_id", "sid", "x-amz-signature", "x-goog-signature", NULL };

  return is_one_of (name, names) || oh_secret_name_in_general (name);
}

/* Prompts, schemas and the inputs of tools are bodies too: keys there are mostly those of tables and maps. */
static gboolean
may_be_in_body (const char *name)
{
  static const char *const secret[] = { "secret", "password", "passwd", "passphrase", "jwt", "authorization", "cookie",
                                        "credential", "credentials", NULL };
  char words[2][WORD_MAX];
  const gboolean several = find_last_words (name, words);

  if (g_str_equal (words[0], "key"))
    return g_strv_contains (secret_keys, words[1]);
  /* Models have tokens, too; theirs are short, or counted. */
  if (g_str_equal (words[0], "token"))
    return words[1][0] == '\0' || is_token (words[1], several);
  return g_strv_contains (secret, words[0]) || g_strv_contains (joined, words[0]);
}

OhSecretSort
oh_secret_name_in_body (const char *name, gboolean token_path)
{
  static const char *const at_token_path[] = { "code", "code_verifier", "device_code", "user_code", "key", "value", NULL };

  if (token_path && (is_one_of (name, at_token_path) || oh_secret_name_in_general (name)))
    return OH_SECRET_YES;
  if (!oh_secret_name_may_be (name, strlen (name)))
    return OH_SECRET_NO;
  return is_one_of (name, g_atomic_pointer_get (&own_members)) ? OH_SECRET_YES : may_be_in_body (name) ? OH_SECRET_MAYBE : OH_SECRET_NO;
}

gboolean
oh_secret_name_is_label (const char *name, gsize length)
{
  /* By their lengths. */
  static const char *const labels[][3] = {
    [1] = { "k" }, [3] = { "key" }, [4] = { "name" }, [5] = { "field", "param" }, [6] = { "header", "option" },
    [8] = { "variable" }, [9] = { "parameter" }, [10] = { "headerName" }, [11] = { "header_name" },
  };

  if (length >= G_N_ELEMENTS (labels))
    return FALSE;
  for (const char *const *label = labels[length]; *label != NULL; label++)
    if ((**label ^ (*name | 0x20)) == 0 && g_ascii_strncasecmp (*label, name, length) == 0)
      return TRUE;
  return FALSE;
}

gboolean
oh_secret_name_labels (const char *label)
{
  return oh_secret_name_in_body (label, FALSE) != OH_SECRET_NO || (strchr (label, '-') != NULL && oh_secret_name_in_general (label));
}

gboolean
oh_secret_name_is_value (const char *name)
{
  static const char *const values[] = { "value", "val", "v", "content", "data", "header_value", "headerValue", "values", NULL };

  return is_one_of (name, values);
}

gboolean
oh_secret_name_tells_about (const char *name)
{
  /* First of schemas, then of tokens and accounts. */
  static const char *const about[] = {
    "type", "title", "description", "default", "example", "examples", "enum", "const", "pattern", "properties", "items",
    "required", "format", "of", "ref", "schema", "defs", "definitions", "deprecated", "comment", "anyof", "oneof", "allof",
    "if", "then", "else", "not", "additional", "constraints", "dependencies",
    "id", "ids", "name", "names", "kind", "url", "urls", "uri", "uris", "href", "link", "path", "paths", "file", "filename", "dir", "at", "date",
    "time", "timestamp", "expires", "expiry", "expiration", "created", "updated", "in", "scope", "scopes", "issuer", "iss", "aud", "version",
    "summary", "help", "hint", "label", "placeholder", "doc", "docs", "note", "notes", "status", "state", "provider", "service",
    "region", "host", "hostname", "domain", "endpoint", "email", "user", "username", "account", "role", "arn", "algorithm", "alg",
    "method", "mode", "source", "location", "prefix", "message", "error", "model", "object", "fingerprint", "env",
    "environment", "variable", "owner", "project", "organization", "tenant", "logprob", "logprobs", "sub", "subject", NULL };
  char words[2][WORD_MAX];

  find_last_words (name, words);
  return g_strv_contains (about, words[0]);
}

gboolean
oh_secret_name_is_token_path (const char *target)
{
  static const char *const segments[] = { "oauth", "oauth2", "token", "revoke", "introspect", NULL };
  g_autofree char *path = g_strndup (target, strcspn (target, "?#"));
  g_autofree char *plain = NULL;
  g_auto (GStrv) split = NULL;

  if (strchr (path, '%') != NULL)
    plain = g_uri_unescape_string (path, NULL);
  split = g_strsplit_set (plain != NULL ? plain : path, "/;", -1);
  for (char **segment = split; *segment != NULL; segment++)
    if (is_one_of (*segment, segments) || is_one_of (*segment, g_atomic_pointer_get (&own_paths)))
      return TRUE;
  return FALSE;
}

gboolean
oh_secret_value_may_hold (char c)
{
  switch (c)
    {
    case '"':
    case '<':
    case '>':
    case '{':
    case '}':
    case '(':
    case ')':
    case '[':
    case ']':
      return FALSE;
    default:
      return c > 0x20 && c < 0x7f;
    }
}

gboolean
oh_secret_value_is_scheme (const char *value, gsize length)
{
  static const char *const schemes[] = { "bearer", "basic", "token", "apikey", NULL };

  for (const char *const *scheme = schemes; *scheme != NULL; scheme++)
    if (length == strlen (*scheme) && g_ascii_strncasecmp (value, *scheme, length) == 0)
      return TRUE;
  return FALSE;
}

gboolean
oh_secret_value_is_likely (const char *value, gsize length)
{
  guint8 seen[32] = { 0 };
  guint different = 0;
  guint digits = 0;
  guint letters = 0;
  guint longest = 0;

  if (length < LIKELY_MIN || *value == '$')
    return FALSE;
  for (gsize i = 0; i < length; i++)
    {
      const guint8 c = (guint8) value[i];

      different += (seen[c / 8] >> (c % 8) & 1) == 0;
      seen[c / 8] |= (guint8) (1 << (c % 8));
      digits += g_ascii_isdigit (value[i]);
      letters = g_ascii_isalpha (value[i]) ? letters + 1 : 0;
      longest = MAX (longest, letters);
    }
  return different >= DIFFERENT_MIN && (digits > 0 || longest >= LETTERS_MIN);
}

gboolean
oh_secret_value_is_words (const char *value)
{
  gboolean several = FALSE;
  guint letters = 0;

  for (const char *p = value; *p != '\0'; p++)
    letters += g_ascii_isalpha (*p);
  if (letters < WORD_MIN)
    return TRUE;
  for (const char *p = value;; p++)
    {
      const char *from = p;

      while (g_ascii_isalpha (*p))
        p++;
      if (p - from >= LETTERS_MIN)
        return FALSE;
      while (g_ascii_isdigit (*p))
        p++;
      if (*p == '\0')
        return several;
      if (strchr ("_-.", *p) == NULL)
        return FALSE;
      several = TRUE;
    }
}

char *
oh_secret_value_unescape (const char *value)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (const char *p = value; *p != '\0'; p++)
    {
      guint code = 0;

      /* What was JSON in a string is escaped twice. */
      while (p[0] == '\\' && p[1] == '\\')
        p++;
      if (p[0] == '\\' && p[1] == 'u' && g_ascii_isxdigit (p[2]) && sscanf (p + 2, "%4x", &code) == 1 && code > 0 && code < 0x80)
        {
          g_string_append_c (out, (char) code);
          for (guint i = 0; i < 5 && p[1] != '\0'; i++)
            p++;
        }
      else if (p[0] != '\\' || p[1] == '\0')
        g_string_append_c (out, *p);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}
