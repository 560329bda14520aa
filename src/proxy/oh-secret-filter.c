/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-secret-filter-private.h"
#include "oh-redactor-private.h"
#include "oh-secret-name-private.h"
#include "oh-secret-patterns-private.h"

#include <string.h>

#define WORD_LETTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-"
/* What is shorter, behind "NAME: ", may be a word. */
#define WORD_MAX 8
#define COOKIES_MAX 64
/* Arguments: shorter ones after a colon or an equals sign are something else. */
#define PASSWORD_MIN 8
#define COOKIE_MIN 12

static char *filter_url (OhSecrets *secrets, const char *url);

/* What a parameter says may be JSON, or have parameters itself. */
static void
append_value (OhSecrets *secrets, const char *value, GString *out)
{
  g_autofree char *safe = strpbrk (value, "%{[=:") != NULL ? oh_redactor_apply (secrets, OH_REDACT_VALUE, value) : NULL;

  g_string_append (out, safe != NULL ? safe : value);
}

/* What may be JSON, a URL, or parameters, as it stands. (transfer full) (nullable): NULL if it is none of them */
static char *
filter_value (OhSecrets *secrets, const char *value)
{
  const char *from = value + strspn (value, " \t\\\"");

  if (*from == '{' || *from == '[')
    return oh_redactor_apply (secrets, OH_REDACT_JSON, value);
  if (strstr (value, "://") != NULL)
    return filter_url (secrets, value);
  return strchr (value, '%') != NULL ? oh_redactor_apply (secrets, OH_REDACT_VALUE, value) : NULL;
}

/* Cookies that are JSON hold secrets that may come back by themselves. */
static void
remember_cookies (OhSecrets *secrets, const char *value)
{
  g_auto (GStrv) cookies = NULL;

  if (strchr (value, '{') == NULL && strcasestr (value, "%7b") == NULL)
    return;
  cookies = g_strsplit (value, "; ", COOKIES_MAX);
  for (char **cookie = cookies; *cookie != NULL; cookie++)
    {
      const char *equals = strchr (*cookie, '=');

      g_free (filter_value (secrets, equals != NULL ? equals + 1 : *cookie));
    }
}

/* Replaces passwords in "scheme://user:password@", and the values of secret parameters after ? # & or ;. */
static char *
filter_url (OhSecrets *secrets, const char *url)
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
              oh_secrets_append_mark (secrets, from, at - from, out);
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
                oh_secrets_append_mark (secrets, value, size, out);
              else
                append_value (secrets, value, out);
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
filter_protocols (OhSecrets *secrets, const char *value)
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
        oh_secrets_append_mark (secrets, from, strlen (from), out);
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
oh_secret_filter_field (OhSecrets *secrets, const char *name, const char *value, char **storage)
{
  static const char *const urls[] = { "location", "content-location", "referer", "refresh", "link", NULL };
  GString *out = NULL;
  const char *from = value;

  /* A line end in an imported value may hide another field. */
  if (strpbrk (value, "\r\n") != NULL)
    {
      g_autofree char *line = g_strdelimit (g_strdup (value), "\r\n", ' ');
      g_autofree char *inner = NULL;

      *storage = oh_secret_filter_text (secrets, oh_secret_filter_field (secrets, name, line, &inner));
      return *storage;
    }
  if (!oh_secret_name_in_general (name))
    {
      for (const char *const *url = urls; *url != NULL; url++)
        if (g_ascii_strcasecmp (name, *url) == 0)
          return *storage = filter_url (secrets, value);
      if (g_ascii_strcasecmp (name, "sec-websocket-protocol") == 0)
        return *storage = filter_protocols (secrets, value);
      if (strchr (value, ' ') == NULL && find_key ("", value) == value)
        oh_secrets_append_mark (secrets, value, strlen (value), out = g_string_new (NULL));
      *storage = out != NULL ? g_string_free (out, FALSE) : filter_value (secrets, value);
      return *storage != NULL ? *storage : value;
    }
  remember_cookies (secrets, value);
  if (strlen (name) >= strlen ("auth") && strcasestr (name, "auth") != NULL)
    {
      const char *space = strchr (value, ' ');

      if (space != NULL)
        from = space + 1;
    }
  out = g_string_new_len (value, from - value);
  oh_secrets_append_mark (secrets, from, strlen (from), out);
  *storage = g_string_free (out, FALSE);
  return *storage;
}

char *
oh_secret_filter_target (OhSecrets *secrets, const char *target)
{
  g_autofree char *safe = strpbrk (target, "?#;@") != NULL ? filter_url (secrets, target) : g_strdup (target);
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
        oh_secrets_append_mark (secrets, key, strlen (key), out);
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
replace_own (OhSecrets *secrets, Field *field)
{
  g_autofree char *line = g_strdup_printf ("%s: %s", field->name, field->value);
  const gsize from = strlen (field->name) + 2;
  GString *own = oh_secrets_replace_own (secrets, line, strlen (line), from);

  if (own == NULL)
    return;
  g_free (field->safe);
  field->safe = g_strdup (own->str + from);
  field->value = field->safe;
  g_string_free (own, TRUE);
}

static OhHeaders *
filter_fields (OhSecrets *secrets, Field *fields, guint n)
{
  OhHeaders *filtered = oh_headers_new ();

  for (Field *field = fields; field < fields + n; field++)
    {
      field->value = oh_secret_filter_field (secrets, field->name, field->value, &field->safe);
      if (oh_secret_patterns_any ())
        replace_own (secrets, field);
    }
  /* What one field has made known may stand in an earlier one. */
  for (Field *field = fields; field < fields + n; field++)
    {
      GString *out = NULL;

      oh_secrets_replace (secrets, field->value, strlen (field->value), TRUE, &out);
      oh_headers_append (filtered, field->name, out != NULL ? out->str : field->value);
      g_free (field->safe);
      if (out != NULL)
        g_string_free (out, TRUE);
    }
  return filtered;
}

OhHeaders *
oh_secret_filter_headers (OhSecrets *secrets, const OhHeaders *headers)
{
  const guint n = oh_headers_get_length (headers);
  g_autofree Field *fields = g_new0 (Field, n);

  for (guint i = 0; i < n; i++)
    oh_headers_get_nth (headers, i, &fields[i].name, &fields[i].value);
  return filter_fields (secrets, fields, n);
}

OhHeaders *
oh_secret_filter_fields (OhSecrets *secrets, const OhHttpHead *head)
{
  g_autofree Field *fields = g_new0 (Field, head->fields->len);

  for (guint i = 0; i < head->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (head->fields, OhHttpField, i);

      fields[i] = (Field) { field->name, field->value, NULL };
    }
  return filter_fields (secrets, fields, head->fields->len);
}

/* --- text --- */

/* NAME=VALUE, NAME: VALUE, "NAME": "VALUE"; and those in a VALUE, as in --data=NAME=VALUE. @text: (transfer full)
 * (transfer full) */
static char *
filter_named (OhSecrets *secrets, char *text)
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
          || (colon && (end - from < WORD_MAX
                        || (strpbrk (between, "\"'") == NULL && strpbrk (name, "-_") == NULL && strcasestr (name, "authorization") == NULL
                            && strcasestr (name, "cookie") == NULL))))
        continue;
      g_string_append_len (out, run, from - run);
      oh_secrets_append_mark (secrets, from, end - from, out);
      run = next = end;
    }
  g_string_append (out, run);
  return g_string_free (out, FALSE);
}

/* --NAME VALUE */
static gboolean
replace_flag (const GMatchInfo *match, GString *out, gpointer secrets)
{
  g_autofree char *name = g_match_info_fetch (match, 1);
  g_autofree char *between = g_match_info_fetch (match, 2);
  g_autofree char *value = g_match_info_fetch (match, 3);

  g_string_append (out, name);
  g_string_append (out, between);
  if (oh_secret_name_in_general (name))
    oh_secrets_append_mark (secrets, value, strlen (value), out);
  else
    g_string_append (out, value);
  return FALSE;
}

/* Group 1 stays, group 2 is secret. */
static gboolean
replace_second (const GMatchInfo *match, GString *out, gpointer secrets)
{
  g_autofree char *first = g_match_info_fetch (match, 1);
  g_autofree char *second = g_match_info_fetch (match, 2);

  g_string_append (out, first);
  oh_secrets_append_mark (secrets, second, strlen (second), out);
  return FALSE;
}

/* What a secret looks like in a text, and what is put in its place. */
typedef struct
{
  const char *pattern;
  GRegexEvalCallback replace;
  GRegex *regex; /* made once: that takes longer than most texts do */
} Look;

/* @text: (transfer full) (transfer full) */
static char *
apply (OhSecrets *secrets, char *text, Look *look)
{
  g_autofree char *taken = text;
  char *result;

  if (g_once_init_enter (&look->regex))
    g_once_init_leave (&look->regex, g_regex_new (look->pattern, G_REGEX_RAW | G_REGEX_CASELESS | G_REGEX_OPTIMIZE, 0, NULL));
  result = g_regex_replace_eval (look->regex, taken, -1, 0, 0, look->replace, secrets, NULL);
  return result != NULL ? result : g_strdup ("<redacted>");
}

/* JSON, alone or as what something is set to. @text: (transfer full) (transfer full) */
static char *
filter_json (OhSecrets *secrets, char *text)
{
  g_autofree char *taken = text;
  const char *from = taken + strspn (taken, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.=@ \t\n");
  g_autofree char *safe = NULL;

  if (*from != '{' && *from != '[')
    return g_steal_pointer (&taken);
  safe = oh_redactor_apply (secrets, OH_REDACT_JSON, from);
  return g_strdup_printf ("%.*s%s", (int) (from - taken), taken, safe);
}

char *
oh_secret_filter_text (OhSecrets *secrets, const char *text)
{
  static Look headers[] = {
    { "\\b((?:proxy-)?authorization\\s*:\\s*(?:[A-Za-z]+\\s+)?+)([^\\s\"'<>]{12,})", replace_second, NULL },
    { "\\b((?:set-)?cookie\\s*:\\s*)([^\"'<>\\r\\n]+)", replace_second, NULL },
  };
  static Look values[] = {
    { "(?<![A-Za-z0-9-])(--?[A-Za-z][A-Za-z0-9_-]*)(\\s+[\"']?)([^\\s<\"'-][^\\s\"']*)", replace_flag, NULL },
    { "(?<![A-Za-z0-9-])((?:-u|--user|--proxy-user)[\\s=]*[\"']?[^\\s:\"'<]+:)([^\\s\"'<]{6,})", replace_second, NULL },
    { "\\b((?:bearer|basic)\\s+)([A-Za-z0-9._~+/-]{12,}=*)", replace_second, NULL },
    /* As Anthropic, OpenAI, Google, GitHub, Groq, Hugging Face, xAI, Slack, GitLab and AWS write their keys, and JWTs. */
    { "(\\b)((?-i:sk-[A-Za-z0-9_-]{12,}|AIza[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{20,}|"
      "github_pat_[A-Za-z0-9_]{20,}|gsk_[A-Za-z0-9]{20,}|hf_[A-Za-z0-9]{20,}|"
      "xai-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|glpat-[A-Za-z0-9_-]{16,}|"
      "(?:AKIA|ASIA)[A-Z0-9]{16}|"
      "eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{4,}(?:\\.[A-Za-z0-9_-]*)*))",
      replace_second, NULL },
  };
  char *out = filter_json (secrets, filter_url (secrets, text));

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    out = apply (secrets, out, &headers[i]);
  out = filter_named (secrets, out);
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    out = apply (secrets, out, &values[i]);
  return oh_secrets_replace_all (secrets, out);
}

GBytes *
oh_secret_filter_head (OhSecrets *secrets, const char *data, gsize length)
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
          oh_secrets_append_mark (secrets, from, strcspn (from, "\r"), out);
          g_string_append (out, from + strcspn (from, "\r"));
        }
      else
        {
          g_autofree char *safe = oh_secret_filter_text (secrets, line);

          g_string_append (out, safe);
        }
      if (at + size < length)
        g_string_append_c (out, data[at + size]);
    }
  return g_string_free_to_bytes (out);
}

/* @before: (nullable): the argument before it, such as "--api-key" */
static char *
filter_argument (OhSecrets *self, const char *before, const char *argument)
{
  static const char *const users[] = { "-u", "--user", "--proxy-user", "-U", "--cert", "-E", NULL };
  static const char *const whole[] = { "--oauth2-bearer", "--bearer", "--bearer-token", "--pass", NULL };
  static const char *const cookies[] = { "-b", "--cookie", NULL };
  const char *from = NULL;
  const char *equals = strchr (argument, '=');
  const gboolean flag = before != NULL && *before == '-' && strchr (before, '=') == NULL;

  /* One that has its value with it, or glued, as curl allows it. */
  if (g_str_has_prefix (argument, "--") && equals != NULL && equals[1] != '-')
    {
      g_autofree char *name = g_strndup (argument, equals - argument);
      g_autofree char *safe = filter_argument (self, name, equals + 1);

      if (!g_str_equal (safe, equals + 1))
        return g_strdup_printf ("%s=%s", name, safe);
    }
  else if (g_str_has_prefix (argument, "-H") && strchr (argument, ':') != NULL)
    {
      g_autofree char *safe = oh_secret_filter_text (self, argument + 2);

      return g_strconcat ("-H", safe, NULL);
    }
  if (flag && *argument != '-' && oh_secret_name_in_general (before))
    from = argument;
  else if (flag && g_strv_contains (users, before) && strchr (argument, ':') != NULL)
    from = strchr (argument, ':') + 1;
  else if (flag && (g_strv_contains (whole, before) || (g_str_equal (before, "--key") && strpbrk (argument, "/.") == NULL
                                                        && oh_secret_value_is_likely (argument, strlen (argument)))))
    from = argument;
  else if (flag && equals != NULL && strlen (equals) > COOKIE_MIN && g_strv_contains (cookies, before))
    from = equals + 1;
  /* As curl allows it: -uNAME:PASSWORD, -bNAME=VALUE. */
  else if (g_str_has_prefix (argument, "-u") && strchr (argument, ':') != NULL && strlen (strchr (argument, ':')) > PASSWORD_MIN)
    from = strchr (argument, ':') + 1;
  else if (g_str_has_prefix (argument, "-b") && equals != NULL && strlen (equals) > COOKIE_MIN)
    from = equals + 1;
  else if (equals != NULL)
    {
      g_autofree char *name = g_strndup (argument, equals - argument);

      if (strpbrk (name, " \t\n:/?&\"'") == NULL && oh_secret_name_in_general (name))
        from = equals + 1;
    }
  if (from != NULL)
    {
      GString *out = g_string_new_len (argument, from - argument);

      oh_secrets_append_mark (self, from, strlen (from), out);
      return g_string_free (out, FALSE);
    }
  return oh_secret_filter_text (self, argument);
}

char **
oh_secret_filter_argv (OhSecrets *secrets, const char *const *argv, const char *const *environment)
{
  GPtrArray *words = g_ptr_array_new ();

  for (; environment != NULL && *environment != NULL; environment++)
    {
      const char *equals = strchr (*environment, '=');
      g_autofree char *variable = equals != NULL ? g_strndup (*environment, equals - *environment) : NULL;

      /* PWD is a folder, and credentials may be in a file: where they are is none. */
      if (equals != NULL && oh_secret_name_in_general (variable)
          && (equals[1] != '/' || !g_file_test (equals + 1, G_FILE_TEST_EXISTS)))
        oh_secrets_remember (secrets, equals + 1);
    }
  for (const char *const *word = argv; *word != NULL; word++)
    g_ptr_array_add (words, filter_argument (secrets, word > argv ? word[-1] : NULL, *word));
  for (guint i = 0; i < words->len; i++)
    words->pdata[i] = oh_secrets_replace_all (secrets, words->pdata[i]);
  g_ptr_array_add (words, NULL);
  return (char **) g_ptr_array_free (words, FALSE);
}
