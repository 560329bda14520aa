/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-redact.h"
#include "oh-body-redactor-private.h"
#include "oh-secret-filter-private.h"
#include "oh-secret-name-private.h"

#include <string.h>

static void
filter_body (OhSecrets *secrets, const OhHeaders *headers, gboolean token_path, GBytes **body)
{
  g_autofree char *encoding = oh_headers_dup_list (headers, "content-encoding");
  g_autoptr (OhBodyRedactor) redactor = NULL;
  g_autoptr (GBytes) start = NULL;
  g_autoptr (GBytes) rest = NULL;
  GByteArray *joined;
  gboolean withheld;

  if (*body == NULL)
    return;
  redactor = oh_body_redactor_new (secrets, token_path, oh_headers_get_one (headers, "content-type"), encoding, &withheld);
  if (withheld)
    {
      static const char notice[] = "<withheld: a body that carries credentials and cannot be read>";

      g_bytes_unref (*body);
      *body = g_bytes_new_static (notice, sizeof notice - 1);
      return;
    }
  if (redactor == NULL)
    return;
  start = oh_body_redactor_feed (redactor, *body);
  rest = oh_body_redactor_finish (redactor);
  if (rest == NULL && start == *body)
    return;
  joined = g_byte_array_new ();
  g_byte_array_append (joined, g_bytes_get_data (start, NULL), (guint) g_bytes_get_size (start));
  if (rest != NULL)
    g_byte_array_append (joined, g_bytes_get_data (rest, NULL), (guint) g_bytes_get_size (rest));
  g_bytes_unref (*body);
  *body = g_byte_array_free_to_bytes (joined);
}

/* An imported field may have swallowed another one that stood on its next line. (transfer full) (nullable) */
static OhHeaders *
filter_headers (OhSecrets *secrets, const OhHeaders *headers)
{
  static const char *const words[] = { "authorization", "cookie", "token", "secret", "key", "password", NULL };
  g_autoptr (OhHeaders) named = NULL;
  OhHeaders *filtered;

  if (headers == NULL)
    return NULL;
  named = oh_secret_filter_headers (secrets, headers);
  filtered = oh_headers_new ();
  for (guint i = 0; i < oh_headers_get_length (named); i++)
    {
      const char *name, *value;
      g_autofree char *safe = NULL;

      oh_headers_get_nth (named, i, &name, &value);
      for (const char *const *word = words; *word != NULL && safe == NULL; word++)
        if (strcasestr (value, *word) != NULL)
          safe = oh_secret_filter_text (secrets, value);
      oh_headers_append (filtered, name, safe != NULL ? safe : value);
    }
  return filtered;
}

void
oh_redact_exchange (GBytes *key, OhExchange *exchange, GBytes **request, GBytes **response)
{
  g_autoptr (OhSecrets) keyed = oh_secrets_new (key);
  g_autoptr (OhSecrets) secrets = oh_secrets_new_remembering (keyed);

  oh_redact_exchange_with (secrets, exchange, request, response);
}

void
oh_redact_exchange_with (OhSecrets *secrets, OhExchange *exchange, GBytes **request, GBytes **response)
{
  g_autofree char *target = exchange->target;
  g_autoptr (OhHeaders) request_headers = exchange->request_headers;
  g_autoptr (OhHeaders) response_headers = exchange->response_headers;
  const gboolean token_path = target != NULL && oh_secret_name_is_token_path (target);

  exchange->target = target != NULL ? oh_secret_filter_target (secrets, target) : g_strdup ("");
  exchange->request_headers = filter_headers (secrets, request_headers);
  exchange->target = oh_secrets_replace_all (secrets, exchange->target);
  exchange->response_headers = filter_headers (secrets, response_headers);
  filter_body (secrets, request_headers, token_path, request);
  filter_body (secrets, response_headers, token_path, response);
}

char *
oh_redact_text (GBytes *key, const char *text)
{
  g_autoptr (OhSecrets) secrets = oh_secrets_new (key);

  return text != NULL ? oh_secret_filter_text (secrets, text) : NULL;
}

char **
oh_redact_argv (GBytes *key, const char *const *argv, const char *const *environment, char **name,
                OhRedactor **console)
{
  g_autoptr (OhSecrets) keyed = oh_secrets_new (key);
  g_autoptr (OhSecrets) secrets = oh_secrets_new_remembering (keyed);
  char **words = oh_secret_filter_argv (secrets, argv, environment);

  if (*name != NULL)
    {
      g_autofree char *given = *name;

      *name = oh_secret_filter_text (secrets, given);
    }
  *console = oh_redactor_new (secrets, OH_REDACT_KNOWN);
  return words;
}
