/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-replay.h"

#include "oh-json-path.h"
#include "oh-providers.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

/* The kernel takes at most 128 KiB in one argument; printf is the shell's own and knows no such limit. */
#define ARGUMENT_LIMIT 100000

/* What belongs to one connection, or to us, or is made anew. */
static gboolean
is_left_out (const char *name)
{
  static const char *const names[] = { "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te",
                                       "trailer", "content-encoding", "upgrade", "expect", NULL };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  return g_strv_contains (names, lower) || g_str_has_prefix (lower, "proxy-") || g_str_has_prefix (lower, "overhear-");
}

/* The key that a header holds, or NULL. @sending: it is to be sent: of several variables one that is set is meant, and a
 * header that everybody has would take one's key to another where it is not known whose API this is */
static const OhProviderKey *
find_key (const OhReplay *self, const char *name, gboolean sending)
{
  const char *const providers[] = { self->facts != NULL ? self->facts->provider : NULL, NULL };
  const OhProviderKey *found = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (providers) && found == NULL; i++)
    for (const OhProviderKey *key = NULL; (key = oh_providers_next_key (providers[i], key)) != NULL;)
      {
        const gboolean anyone = providers[i] == NULL || g_str_equal (providers[i], OH_PROVIDER_ID_HTTP);
        const char *value = g_getenv (key->variable);

        if (g_ascii_strcasecmp (name, key->header) != 0 || (sending && anyone && *key->prefix != '\0'))
          continue;
        if (!sending || (value != NULL && *value != '\0'))
          return key;
        found = found != NULL ? found : key;
      }
  return found;
}

/* ---- for a shell ---- */

/* The variable for a field that holds a secret: a well-known one, else the field's name. (transfer full) (nullable) */
static char *
dup_variable (const OhReplay *self, const char *name, const char *value)
{
  const OhProviderKey *key = find_key (self, name, FALSE);
  char *variable;

  if (key != NULL)
    return g_strdup (key->variable);
  if (g_ascii_strcasecmp (name, "cookie") != 0 && !strstr (value, OH_REDACTED))
    return NULL;
  variable = g_ascii_strup (name, -1);
  for (char *p = variable; *p; p++)
    if (!g_ascii_isalnum (*p))
      *p = '_';
  return variable;
}

static void
append_curl_header (GString *out, const OhReplay *self, const char *name, const char *value)
{
  g_autofree char *variable = dup_variable (self, name, value);

  if (is_left_out (name) || g_ascii_strcasecmp (name, "accept-encoding") == 0)
    return;
  if (variable)
    {
      const char *space = strchr (value, ' ');
      gboolean scheme = g_ascii_strcasecmp (name, "authorization") == 0 && space != NULL;
      g_autofree char *word = scheme ? g_strndup (value, space - value + 1) : g_strdup ("");
      gboolean plain = TRUE;

      for (const char *p = word; *p; p++)
        plain = plain && (g_ascii_isalnum (*p) || strchr (" -_", *p));
      g_string_append_printf (out, " \\\n  -H \"%s: %s$%s\"", name, plain ? word : "", variable);
    }
  else
    {
      /* "Name;" is how curl is told to send a field without a value. */
      g_autofree char *field = *value ? g_strdup_printf ("%s: %s", name, value) : g_strdup_printf ("%s;", name);
      g_autofree char *quoted = g_shell_quote (field);

      g_string_append_printf (out, " \\\n  -H %s", quoted);
    }
}

char *
oh_replay_to_curl (const OhReplay *self)
{
  const OhExchange *exchange = self->exchange;
  GString *out = g_string_new (NULL);
  g_autofree char *url = NULL;
  g_autofree char *quoted_url = NULL;
  gsize length = 0;
  const char *data;
  gboolean text;
  guint n;

  g_return_val_if_fail (exchange != NULL, NULL);

  data = self->body ? g_bytes_get_data (self->body, &length) : NULL;
  text = length > 0 && memchr (data, 0, length) == NULL && g_utf8_validate_len (data, length, NULL);
  url = oh_exchange_get_url (exchange);
  quoted_url = g_shell_quote (url);

  if (length > 0 && !text)
    g_string_append_printf (out, "# %s\n", _ ("The body is not text: save it as request-body.bin first."));
  if (text && length > ARGUMENT_LIMIT)
    {
      g_autofree char *copy = g_strndup (data, length);
      g_autofree char *quoted = g_shell_quote (copy);

      g_string_append_printf (out, "printf %%s %s |\n", quoted);
    }
  g_string_append_printf (out, "curl %s", quoted_url);
  if (strpbrk (url, "[]{}"))
    g_string_append (out, " --globoff");
  if (g_strcmp0 (exchange->method, "HEAD") == 0)
    g_string_append (out, " --head");
  else if (exchange->method && strcmp (exchange->method, length > 0 ? "POST" : "GET") != 0)
    {
      g_autofree char *method = g_shell_quote (exchange->method);

      g_string_append_printf (out, " -X %s", method);
    }
  if (oh_headers_get_one (exchange->request_headers, "accept-encoding"))
    g_string_append (out, " --compressed");
  if (self->facts && self->facts->streamed)
    g_string_append (out, " --no-buffer");
  n = exchange->request_headers ? oh_headers_get_length (exchange->request_headers) : 0;
  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;

      oh_headers_get_nth (exchange->request_headers, i, &name, &value);
      append_curl_header (out, self, name, value);
    }
  if (length > 0 && !text)
    g_string_append (out, " \\\n  --data-binary @request-body.bin");
  else if (text && length > ARGUMENT_LIMIT)
    g_string_append (out, " \\\n  --data-binary @-");
  else if (text)
    {
      g_autofree char *copy = g_strndup (data, length);
      g_autofree char *quoted = g_shell_quote (copy);

      /* After --data-binary, a leading @ would name a file. */
      g_string_append_printf (out, " \\\n  %s %s", *data == '@' ? "--data-raw" : "--data-binary", quoted);
    }
  g_string_append_c (out, '\n');
  return g_string_free (out, FALSE);
}

/* ---- to be sent ---- */

/* What stood where there is a mark now. Returns: NULL with a problem. (transfer full) */
static char *
find_secret (const OhReplay *self, const char *name, char **problem)
{
  const OhProviderKey *key = find_key (self, name, TRUE);
  const char *value = key != NULL ? g_getenv (key->variable) : NULL;

  if (value != NULL && *value != '\0')
    return g_strconcat (key->prefix, value, NULL);
  *problem = key != NULL
               ? g_strdup_printf (_ ("The secret in the header “%s” was never stored. Set %s in the environment."), name,
                                  key->variable)
               : g_strdup_printf (_ ("The secret in the header “%s” was never stored, so this call cannot be sent again."), name);
  return NULL;
}

static gboolean
add_headers (GString *out, const OhReplay *self, char **problem)
{
  const OhHeaders *headers = self->exchange->request_headers;

  for (guint i = 0; i < oh_headers_get_length (headers); i++)
    {
      const char *name, *value;
      g_autofree char *secret = NULL;

      oh_headers_get_nth (headers, i, &name, &value);
      if (is_left_out (name) || g_ascii_strcasecmp (name, "cookie") == 0)
        continue;
      if (strstr (value, OH_REDACTED) != NULL)
        {
          secret = find_secret (self, name, problem);
          if (secret == NULL)
            return FALSE;
        }
      g_string_append_printf (out, "%s: %s\r\n", name, secret != NULL ? secret : value);
    }
  g_string_append_printf (out, "overhear-resend: %" PRId64 "\r\n", self->exchange->id);
  return TRUE;
}

/* Puts @value in the place of what stands at @path; all else stays byte for byte. A new member of the whole can be added.
 * Returns: FALSE with a problem. */
static gboolean
edit (GString *body, const char *path, const char *value, char **problem)
{
  g_autoptr (GPtrArray) buffers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_free);
  g_autofree char *missing = NULL;
  const gsize name = strspn (path, "abcdefghijklmnopqrstuvwxyz0123456789_");
  OhJson root, found, checked;

  if (!oh_json_parse (body->str, body->len, &root, NULL) || oh_json_get_kind (root) != OH_JSON_OBJECT)
    *problem = g_strdup (_ ("The body of this request is no JSON object, so nothing in it can be replaced."));
  else if (!oh_json_parse (value, strlen (value), &checked, NULL))
    *problem = g_strdup_printf (_ ("“%.80s” is no JSON. A text stands in quotation marks: --set 'system=\"Be brief.\"'"), value);
  if (*problem != NULL)
    return FALSE;
  found = oh_json_path_find (root, path, buffers, &missing);
  if (missing == NULL && *path != '\0' && buffers->len == 0)
    {
      const gssize at = found.text - body->str;

      g_string_erase (body, at, (gssize) found.length);
      g_string_insert (body, at, value);
    }
  else if (missing != NULL && name > 0 && path[name] == '\0' && oh_json_get_kind (oh_json_get (root, path)) == OH_JSON_NONE)
    {
      const gssize at = root.text + root.length - 1 - body->str;
      g_autofree char *member = g_strdup_printf ("%s\"%s\": %s", root.length > 2 ? ", " : "", path, value);

      g_string_insert (body, at, member);
    }
  else
    *problem = missing != NULL ? g_steal_pointer (&missing) : g_strdup (_ ("That place cannot be replaced."));
  return *problem == NULL;
}

/* Returns: NULL with a problem. (transfer full) */
static GString *
make_body (const OhReplay *self, const OhReplayChanges *changes, char **problem)
{
  gsize length = 0;
  const char *data = self->body != NULL ? g_bytes_get_data (self->body, &length) : NULL;
  g_autoptr (GString) body = g_string_new_len (data, (gssize) length);
  g_autofree char *max_tokens = g_strdup_printf ("%" PRId64, changes->max_tokens);
  gboolean good = TRUE;

  if (changes->model != NULL)
    {
      g_autoptr (GString) model = g_string_new (NULL);

      oh_json_quote (model, changes->model, -1);
      good = edit (body, "model", model->str, problem);
    }
  if (good && changes->max_tokens != 0)
    good = edit (body, "max_tokens", max_tokens, problem);
  for (char **line = changes->edits; good && line != NULL && *line != NULL; line++)
    {
      const char *equals = strchr (*line, '=');
      g_autofree char *path = equals != NULL ? g_strndup (*line, (gsize) (equals - *line)) : NULL;

      if (path == NULL)
        *problem = g_strdup (_ ("What to replace is said as PATH=JSON, such as temperature=0.5 or messages[0].content=\"Hi\"."));
      good = path != NULL && edit (body, path, equals + 1, problem);
    }
  if (good && g_strstr_len (body->str, (gssize) body->len, OH_REDACTED) != NULL)
    {
      *problem = g_strdup (_ ("There was a secret in the body of this request, which was never stored. Replace it with --set."));
      good = FALSE;
    }
  return good ? g_steal_pointer (&body) : NULL;
}

GString *
oh_replay_write (const OhReplay *self, const OhReplayChanges *changes, const char *via, char **problem)
{
  const OhExchange *exchange = self->exchange;
  g_autoptr (GString) request = g_string_new (NULL);
  g_autoptr (GString) body = NULL;
  const char *path = via != NULL ? strstr (via, "/via/") : "/via/?";
  const gboolean bracketed = strchr (exchange->host, ':') != NULL;

  if (exchange->route == OH_ROUTE_BLIND || exchange->method == NULL)
    *problem = g_strdup (_ ("This connection passed through unread: there is no request to be sent again."));
  else if (g_strcmp0 (exchange->scheme, "https") != 0)
    *problem = g_strdup (_ ("Only requests by HTTPS can be sent again."));
  else if ((exchange->gaps & OH_GAP_REQUEST) != 0 || exchange->timings.request_sent < 0)
    *problem = g_strdup (_ ("Not all of this request was captured, so it cannot be sent again."));
  else if (strstr (exchange->target, OH_REDACTED) != NULL || strstr (exchange->target, "%3Credacted") != NULL)
    *problem = g_strdup (_ ("There was a secret in the address of this request, which was never stored."));
  body = *problem == NULL ? make_body (self, changes, problem) : NULL;
  if (body == NULL)
    return NULL;
  g_string_append_printf (request, bracketed ? "%s %s/[%s]:%u%s HTTP/1.1\r\n" : "%s %s/%s:%u%s HTTP/1.1\r\n", exchange->method,
                          path, exchange->host, exchange->port, exchange->target);
  g_string_append_printf (request, "Host: %s\r\n", exchange->host);
  if (!add_headers (request, self, problem))
    return NULL;
  if (body->len > 0 || !g_str_equal (exchange->method, "GET"))
    g_string_append_printf (request, "Content-Length: %" G_GSIZE_FORMAT "\r\n", body->len);
  g_string_append (request, "Connection: close\r\n\r\n");
  g_string_append_len (request, body->str, (gssize) body->len);
  return g_steal_pointer (&request);
}
