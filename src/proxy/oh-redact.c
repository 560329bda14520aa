/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-redact.h"
#include "oh-redactor-private.h"

#include <string.h>

static gboolean
contains (const char *haystack, const char *needle)
{
  return haystack != NULL && strcasestr (haystack, needle) != NULL;
}

/* (transfer full) (nullable) */
static OhHeaders *
filter_headers (OhSecrets *secrets, const OhHeaders *headers)
{
  OhHeaders *filtered;

  if (headers == NULL)
    return NULL;
  filtered = oh_headers_new ();
  for (guint i = 0; i < oh_headers_get_length (headers); i++)
    {
      g_autofree char *storage = NULL;
      const char *name, *value;

      oh_headers_get_nth (headers, i, &name, &value);
      oh_headers_append (filtered, name, oh_secrets_filter_field (secrets, name, value, &storage));
    }
  return filtered;
}

static void
filter_body (OhSecrets *secrets, const OhHeaders *headers, gboolean token_path, GBytes **body)
{
  const char *type = headers != NULL ? oh_headers_get_one (headers, "content-type") : NULL;
  const char *encoding = headers != NULL ? oh_headers_get_one (headers, "content-encoding") : NULL;
  const gboolean encoded = encoding != NULL && *encoding != '\0' && g_ascii_strcasecmp (encoding, "identity") != 0;
  g_autoptr (OhRedactor) redactor = NULL;
  g_autoptr (GBytes) start = NULL;
  g_autoptr (GBytes) rest = NULL;
  GByteArray *joined;

  if (*body == NULL)
    return;
  if (token_path && (encoded || contains (type, "multipart/")))
    {
      static const char notice[] = "<withheld: a body that carries credentials and cannot be read>";

      g_bytes_unref (*body);
      *body = g_bytes_new_static (notice, sizeof notice - 1);
      return;
    }
  if (token_path)
    redactor = oh_redactor_new (secrets, contains (type, "json") ? OH_REDACT_TOKEN_JSON
                                         : contains (type, "x-www-form-urlencoded") ? OH_REDACT_TOKEN_FORM
                                                                                    : OH_REDACT_TOKEN_GUESS);
  else if (!encoded && (type == NULL || contains (type, "json") || contains (type, "event-stream")))
    redactor = oh_redactor_new (secrets, OH_REDACT_JSON);
  if (redactor == NULL)
    return;
  start = oh_redactor_feed (redactor, *body);
  rest = oh_redactor_finish (redactor);
  if (rest == NULL && start == *body)
    return;
  joined = g_byte_array_new ();
  g_byte_array_append (joined, g_bytes_get_data (start, NULL), (guint) g_bytes_get_size (start));
  if (rest != NULL)
    g_byte_array_append (joined, g_bytes_get_data (rest, NULL), (guint) g_bytes_get_size (rest));
  g_bytes_unref (*body);
  *body = g_byte_array_free_to_bytes (joined);
}

void
oh_redact_exchange (GBytes *key, OhExchange *exchange, GBytes **request, GBytes **response)
{
  g_autoptr (OhSecrets) secrets = oh_secrets_new (key);
  g_autofree char *target = exchange->target;
  g_autoptr (OhHeaders) request_headers = exchange->request_headers;
  g_autoptr (OhHeaders) response_headers = exchange->response_headers;
  const gboolean token_path = target != NULL && oh_secrets_is_token_path (target);

  exchange->target = target != NULL ? oh_secrets_filter_target (secrets, target) : g_strdup ("");
  exchange->request_headers = filter_headers (secrets, request_headers);
  exchange->response_headers = filter_headers (secrets, response_headers);
  filter_body (secrets, request_headers, token_path, request);
  filter_body (secrets, response_headers, token_path, response);
}
