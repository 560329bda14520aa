/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-copy.h"

#include "oh-json-pretty.h"

#include <glib/gi18n.h>
#include <string.h>

/* The kernel takes at most 128 KiB in one argument; printf is the shell's own and knows no such limit. */
#define ARGUMENT_LIMIT 100000

/* Fields that belong to one connection, or that curl writes itself. */
static const char *const skipped[] = {
  "host",    "content-length",    "connection", "keep-alive", "proxy-connection", "proxy-authorization", "te",
  "trailer", "transfer-encoding", "upgrade",    "expect",     "accept-encoding",  "content-encoding",
};

/* How every marker that stands for a secret begins. */
#define MARKER "<redacted "

char *
oh_copy_quote (const char *text)
{
  GString *out = g_string_new ("'");

  for (const char *p = text; *p; p++)
    if (*p == '\'')
      g_string_append (out, "'\\''");
    else
      g_string_append_c (out, *p);
  g_string_append_c (out, '\'');
  return g_string_free (out, FALSE);
}

/* The variable for a field that holds a secret: a well-known one, else the field's name. (transfer full) (nullable) */
static char *
secret_variable (const OhExchange *exchange, const char *name, const char *value)
{
  const char *const providers[] = { exchange->facts != NULL ? exchange->facts->provider : NULL, NULL };
  char *variable;

  for (gsize i = providers[0] != NULL ? 0 : 1; i < G_N_ELEMENTS (providers); i++)
    for (const OhProviderKey *key = NULL; (key = oh_providers_next_key (providers[i], key)) != NULL;)
      if (g_ascii_strcasecmp (name, key->header) == 0)
        return g_strdup (key->variable);
  if (g_ascii_strcasecmp (name, "cookie") != 0 && !strstr (value, MARKER))
    return NULL;
  variable = g_ascii_strup (name, -1);
  for (char *p = variable; *p; p++)
    if (!g_ascii_isalnum (*p))
      *p = '_';
  return variable;
}

static gboolean
is_skipped (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (skipped); i++)
    if (g_ascii_strcasecmp (name, skipped[i]) == 0)
      return TRUE;
  return FALSE;
}

static void
append_header (GString *out, const OhExchange *exchange, const char *name, const char *value)
{
  g_autofree char *variable = secret_variable (exchange, name, value);

  if (is_skipped (name))
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
      g_autofree char *quoted = oh_copy_quote (field);

      g_string_append_printf (out, " \\\n  -H %s", quoted);
    }
}

char *
oh_copy_curl (const OhExchange *exchange, GBytes *body)
{
  GString *out = g_string_new (NULL);
  g_autofree char *url = NULL;
  g_autofree char *quoted_url = NULL;
  gsize length = 0;
  const char *data;
  gboolean text;
  guint n;

  g_return_val_if_fail (exchange, NULL);

  data = body ? g_bytes_get_data (body, &length) : NULL;
  text = length > 0 && memchr (data, 0, length) == NULL && g_utf8_validate_len (data, length, NULL);
  url = oh_exchange_get_url (exchange);
  quoted_url = oh_copy_quote (url);

  if (length > 0 && !text)
    g_string_append_printf (out, "# %s\n", _ ("The body is not text: save it as request-body.bin first."));
  if (text && length > ARGUMENT_LIMIT)
    {
      g_autofree char *copy = g_strndup (data, length);
      g_autofree char *quoted = oh_copy_quote (copy);

      g_string_append_printf (out, "printf %%s %s |\n", quoted);
    }
  g_string_append_printf (out, "curl %s", quoted_url);
  if (strpbrk (url, "[]{}"))
    g_string_append (out, " --globoff");
  if (g_strcmp0 (exchange->method, "HEAD") == 0)
    g_string_append (out, " --head");
  else if (exchange->method && strcmp (exchange->method, length > 0 ? "POST" : "GET") != 0)
    {
      g_autofree char *method = oh_copy_quote (exchange->method);

      g_string_append_printf (out, " -X %s", method);
    }
  if (oh_headers_get_one (exchange->request_headers, "accept-encoding"))
    g_string_append (out, " --compressed");
  if (exchange->facts && exchange->facts->streamed)
    g_string_append (out, " --no-buffer");
  n = exchange->request_headers ? oh_headers_get_length (exchange->request_headers) : 0;
  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;

      oh_headers_get_nth (exchange->request_headers, i, &name, &value);
      append_header (out, exchange, name, value);
    }
  if (length > 0 && !text)
    g_string_append (out, " \\\n  --data-binary @request-body.bin");
  else if (text && length > ARGUMENT_LIMIT)
    g_string_append (out, " \\\n  --data-binary @-");
  else if (text)
    {
      g_autofree char *copy = g_strndup (data, length);
      g_autofree char *quoted = oh_copy_quote (copy);

      /* After --data-binary, a leading @ would name a file. */
      g_string_append_printf (out, " \\\n  %s %s", *data == '@' ? "--data-raw" : "--data-binary", quoted);
    }
  g_string_append_c (out, '\n');
  return g_string_free (out, FALSE);
}

/* A fence longer than any run of backticks in @text. */
static void
append_fenced (GString *out, const char *language, const char *text)
{
  guint longest = 2, run = 0;
  g_autofree char *fence = NULL;

  for (const char *p = text; *p; p++)
    {
      run = *p == '`' ? run + 1 : 0;
      longest = MAX (longest, run);
    }
  fence = g_strnfill (longest + 1, '`');
  g_string_append_printf (out, "%s%s\n%s\n%s\n\n", fence, language, text, fence);
}

static void
append_quoted (GString *out, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i]; i++)
    g_string_append_printf (out, *lines[i] ? "> %s\n" : ">\n", lines[i]);
  g_string_append_c (out, '\n');
}

char *
oh_copy_markdown (const OhMessage *message)
{
  GString *out = g_string_new (NULL);

  g_return_val_if_fail (message, NULL);

  for (guint i = 0; i < message->blocks->len; i++)
    {
      const OhBlock *block = message->blocks->pdata[i];

      if (strcmp (block->type, "text") == 0 && block->text)
        g_string_append_printf (out, "%s\n\n", block->text);
      else if (strcmp (block->type, "thinking") == 0)
        append_quoted (out, block->text && *block->text ? block->text : _ ("Thinking that was not shown"));
      else if (block->input)
        {
          g_autofree char *pretty = oh_json_pretty (block->input, -1);

          g_string_append_printf (out, "**%s** `%s`\n\n", block->name ? block->name : block->type,
                                  block->id ? block->id : "");
          append_fenced (out, "json", pretty);
        }
      else if (block->json)
        {
          g_autofree char *pretty = oh_json_pretty (block->json, -1);

          append_fenced (out, "json", pretty);
        }
    }
  while (out->len > 0 && out->str[out->len - 1] == '\n')
    g_string_truncate (out, out->len - 1);
  if (out->len > 0)
    g_string_append_c (out, '\n');
  return g_string_free (out, FALSE);
}
