/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sans-I/O pieces of the proxy: heads, bodies, targets, secrets, the redactor; and the authority. */
#include "config.h"
#include "oh-admission-private.h"
#include "oh-authority-private.h"
#include "oh-chain-private.h"
#include "oh-http-body-private.h"
#include "oh-listener-private.h"
#include "oh-redactor-private.h"
#include "oh-target-private.h"

#include <string.h>

static OhSecrets *
make_secrets (void)
{
  g_autoptr (GBytes) key = g_bytes_new_static ("a key of the tests", 18);

  return oh_secrets_new (key);
}

/* --- heads --- */

static void
test_head_request (void)
{
  static const char text[] = "POST /a%20b?c HTTP/1.1\r\nHost: x\r\nb: 1 \r\nA:2\r\nB:\t3\r\nContent-Length: 5\r\n\r\n";
  const char *problem = NULL;
  g_autoptr (OhHttpHead) head = oh_http_head_parse_request (text, strlen (text), &problem);
  OhFraming framing;
  guint64 length;

  g_assert_nonnull (head);
  g_assert_cmpstr (head->method, ==, "POST");
  g_assert_cmpstr (head->target, ==, "/a%20b?c");
  g_assert_cmpuint (head->fields->len, ==, 5);
  g_assert_cmpstr (oh_http_head_get (head, "B"), ==, "1");
  g_assert_cmpstr (g_array_index (head->fields, OhHttpField, 3).name, ==, "B");
  g_assert_cmpstr (g_array_index (head->fields, OhHttpField, 3).value, ==, "3");
  g_assert_cmpuint (oh_http_head_count (head, "b"), ==, 2);
  g_assert_true (oh_http_head_get_request_framing (head, &framing, &length, &problem));
  g_assert_cmpint (framing, ==, OH_FRAMING_LENGTH);
  g_assert_cmpuint (length, ==, 5);
  for (gsize n = 0; n < strlen (text); n++)
    g_assert_cmpuint (oh_http_head_find_end (text, n), ==, 0);
  g_assert_cmpuint (oh_http_head_find_end (text, strlen (text)), ==, strlen (text));
}

static void
test_head_malformed (void)
{
  static const char *const bad[] = {
    "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET / x HTTP/1.1\r\n\r\n",
    "G(T / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\na : b\r\n\r\n",
    "GET / HTTP/1.1\r\n: b\r\n\r\n", "GET / HTTP/1.1\r\na: b\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\na: b\rc\r\n\r\n",
  };
  static const char nul[] = "GET / HTTP/1.1\r\na: \0b\r\n\r\n";

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *problem = NULL;

      g_assert_null (oh_http_head_parse_request (bad[i], strlen (bad[i]), &problem));
      g_assert_nonnull (problem);
    }
  {
    const char *problem = NULL;

    g_assert_null (oh_http_head_parse_request (nul, sizeof nul - 1, &problem));
  }
}

static void
check_request_framing (const char *fields, gboolean good, OhFraming wanted)
{
  g_autofree char *text = g_strdup_printf ("POST / HTTP/1.1\r\n%s\r\n", fields);
  const char *problem = NULL;
  g_autoptr (OhHttpHead) head = oh_http_head_parse_request (text, strlen (text), &problem);
  OhFraming framing;
  guint64 length;

  g_assert_cmpint (oh_http_head_get_request_framing (head, &framing, &length, &problem), ==, good);
  if (good)
    g_assert_cmpint (framing, ==, wanted);
}

static void
test_framing (void)
{
  check_request_framing ("", TRUE, OH_FRAMING_NONE);
  check_request_framing ("Content-Length: 0\r\n", TRUE, OH_FRAMING_NONE);
  check_request_framing ("Content-Length: 7\r\nContent-Length: 7\r\n", TRUE, OH_FRAMING_LENGTH);
  check_request_framing ("transfer-encoding: Chunked\r\n", TRUE, OH_FRAMING_CHUNKED);
  check_request_framing ("Content-Length: 7\r\nContent-Length: 8\r\n", FALSE, OH_FRAMING_NONE);
  check_request_framing ("Content-Length: 7\r\nTransfer-Encoding: chunked\r\n", FALSE, OH_FRAMING_NONE);
  check_request_framing ("Content-Length: -1\r\n", FALSE, OH_FRAMING_NONE);
  check_request_framing ("Content-Length: 7, 7\r\n", FALSE, OH_FRAMING_NONE);
  check_request_framing ("Content-Length: 99999999999999999999\r\n", FALSE, OH_FRAMING_NONE);
  check_request_framing ("Transfer-Encoding: gzip, chunked\r\n", FALSE, OH_FRAMING_NONE);
  check_request_framing ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", FALSE, OH_FRAMING_NONE);
}

static void
test_response_framing (void)
{
  static const struct
  {
    const char *method;
    const char *text;
    OhFraming framing;
  } cases[] = {
    { "GET", "HTTP/1.1 200 OK\r\n\r\n", OH_FRAMING_CLOSE },
    { "GET", "HTTP/1.1 200\r\nContent-Length: 3\r\n\r\n", OH_FRAMING_LENGTH },
    { "GET", "HTTP/1.1 200\r\nContent-Length : 3, 3\r\n\r\n", OH_FRAMING_LENGTH },
    { "GET", "HTTP/1.1 200\r\nA: b\r\n\tc\r\nContent-Length:\r\n  3\r\n\r\n", OH_FRAMING_LENGTH },
    { "GET", "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", OH_FRAMING_CHUNKED },
    { "GET", "HTTP/1.1 200\r\nTransfer-Encoding: identity\r\nContent-Length: 3\r\n\r\n", OH_FRAMING_LENGTH },
    { "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", OH_FRAMING_NONE },
    { "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", OH_FRAMING_NONE },
    { "GET", "HTTP/1.1 204 No Content\r\n\r\n", OH_FRAMING_NONE },
    { "GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", OH_FRAMING_CHUNKED },
    { "GET", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", OH_FRAMING_NONE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *problem = NULL;
      g_autoptr (OhHttpHead) head = oh_http_head_parse_response (cases[i].text, strlen (cases[i].text), &problem);
      OhFraming framing;
      guint64 length;

      g_assert_nonnull (head);
      g_assert_true (oh_http_head_get_response_framing (head, cases[i].method, &framing, &length, &problem));
      g_assert_cmpint (framing, ==, cases[i].framing);
    }
}

static void
test_hop_by_hop (void)
{
  static const char text[] = "GET / HTTP/1.1\r\nConnection: close, X-Mine , Host\r\nX-Mine: 1\r\nX-Other: 2\r\n\r\n";
  const char *problem = NULL;
  g_autoptr (OhHttpHead) head = oh_http_head_parse_request (text, strlen (text), &problem);

  g_assert_true (oh_http_head_is_hop_by_hop (head, "x-mine"));
  g_assert_true (oh_http_head_is_hop_by_hop (head, "proxy-authorization"));
  g_assert_true (oh_http_head_is_hop_by_hop (head, "Upgrade"));
  g_assert_false (oh_http_head_is_hop_by_hop (head, "X-Other"));
  g_assert_false (oh_http_head_is_hop_by_hop (head, "Host"));
  g_assert_false (oh_http_head_keeps_alive (head));
}

/* --- bodies --- */

/* Feeds @text in pieces of @step. Returns: the payload, or NULL if it is malformed. */
static GString *
decode (const char *text, gsize step, gsize *used, gboolean *done, gboolean *trailers)
{
  OhHttpBody body;
  GString *out = g_string_new (NULL);
  gsize length = strlen (text);

  oh_http_body_init (&body, OH_FRAMING_CHUNKED, 0);
  *used = 0;
  while (*used < length && !body.done)
    {
      g_autofree guint8 *piece = g_memdup2 (text + *used, MIN (step, length - *used));
      gsize payload;
      gsize consumed;

      if (!oh_http_body_feed (&body, piece, MIN (step, length - *used), piece, &payload, &consumed))
        {
          oh_http_body_clear (&body);
          g_string_free (out, TRUE);
          return NULL;
        }
      g_string_append_len (out, (char *) piece, payload);
      *used += consumed;
    }
  *done = body.done;
  *trailers = body.trailers != NULL;
  oh_http_body_clear (&body);
  return out;
}

static void
test_body_every_split (void)
{
  static const char text[] = "5\r\nhello\r\n1;x=\"y\"\r\n \r\n000A\r\n0123456789\r\n0\r\nT: 1\r\n\r\nGET /next";

  for (gsize step = 1; step <= strlen (text); step++)
    {
      gsize used;
      gboolean done;
      gboolean trailers;
      g_autoptr (GString) out = decode (text, step, &used, &done, &trailers);

      g_assert_nonnull (out);
      g_assert_cmpstr (out->str, ==, "hello 0123456789");
      g_assert_true (done && trailers);
      g_assert_cmpstr (text + used, ==, "GET /next");
    }
}

static void
test_body_malformed (void)
{
  static const char *const bad[] = { "zz\r\n", "\r\n", "5\r\nhelloX", "5\r\nhello\r\r", "1 2\rx", "fffffffffffffffff\r\n",
                                     "-5\r\nhello", "5\rhello" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    for (gsize step = 1; step <= strlen (bad[i]); step++)
      {
        gsize used;
        gboolean done;
        gboolean trailers;

        g_assert_null (decode (bad[i], step, &used, &done, &trailers));
      }
}

static void
test_body_ends (void)
{
  OhHttpBody body;
  gsize payload;
  gsize consumed;

  oh_http_body_init (&body, OH_FRAMING_LENGTH, 3);
  g_assert_true (oh_http_body_feed (&body, (const guint8 *) "abcdef", 6, NULL, &payload, &consumed));
  g_assert_true (body.done && payload == 3 && consumed == 3);
  oh_http_body_init (&body, OH_FRAMING_LENGTH, 3);
  g_assert_true (oh_http_body_feed (&body, (const guint8 *) "ab", 2, NULL, &payload, &consumed));
  g_assert_false (oh_http_body_finish (&body));
  oh_http_body_init (&body, OH_FRAMING_CLOSE, 0);
  g_assert_true (oh_http_body_feed (&body, (const guint8 *) "ab", 2, NULL, &payload, &consumed));
  g_assert_false (body.done);
  g_assert_true (oh_http_body_finish (&body));
  oh_http_body_init (&body, OH_FRAMING_CHUNKED, 0);
  g_assert_true (oh_http_body_feed (&body, (const guint8 *) "1\r\na\r\n", 6, NULL, &payload, &consumed));
  g_assert_false (oh_http_body_finish (&body));
  oh_http_body_init (&body, OH_FRAMING_NONE, 0);
  g_assert_true (body.done);
}

/* --- targets --- */

static void
check_authority (const char *text, guint default_port, const char *host, guint port)
{
  g_autofree char *got = NULL;
  guint got_port;
  gboolean fine = oh_target_parse_authority (text, strlen (text), default_port, &got, &got_port);

  g_assert_cmpint (fine, ==, host != NULL);
  if (!fine)
    return;
  g_assert_cmpstr (got, ==, host);
  g_assert_cmpuint (got_port, ==, port);
}

static void
test_targets (void)
{
  g_autofree char *token = NULL;
  g_autofree char *host = NULL;
  g_autofree char *path = NULL;
  g_autofree char *bracketed = oh_target_format_authority ("::1", 8443, 443);
  guint port;

  check_authority ("API.example:8443", 443, "api.example", 8443);
  check_authority ("api.example", 443, "api.example", 443);
  check_authority ("user:pass@h:1", 0, "h", 1);
  check_authority ("[::1]:80", 0, "::1", 80);
  check_authority ("[::1]", 443, "::1", 443);
  check_authority ("h", 0, NULL, 0);
  check_authority ("h:", 443, NULL, 0);
  check_authority ("h:0", 443, NULL, 0);
  check_authority ("h:65536", 443, NULL, 0);
  check_authority ("h:1x", 443, NULL, 0);
  check_authority ("", 443, NULL, 0);
  check_authority ("[::1", 443, NULL, 0);
  check_authority ("[::1]x", 443, NULL, 0);
  check_authority ("a b", 443, NULL, 0);
  check_authority ("a/b", 443, NULL, 0);
  g_assert_cmpstr (bracketed, ==, "[::1]:8443");
  g_assert_true (oh_target_parse_via ("/via/tok/h:8443/a//b/../?c=/", &token, &host, &port, &path));
  g_assert_cmpstr (token, ==, "tok");
  g_assert_cmpstr (host, ==, "h");
  g_assert_cmpuint (port, ==, 8443);
  g_assert_cmpstr (path, ==, "/a//b/../?c=/");
  g_assert_false (oh_target_parse_via ("/via/tok", &token, &host, &port, &path));
  g_assert_false (oh_target_parse_via ("/via/tok/", &token, &host, &port, &path));
  g_assert_false (oh_target_parse_via ("/other/tok/h/", &token, &host, &port, &path));
}

/* --- secrets --- */

static void
check_field (OhSecrets *secrets, const char *name, const char *value, const char *prefix)
{
  g_autofree char *storage = NULL;
  const char *safe = oh_secrets_filter_field (secrets, name, value, &storage);

  if (!g_str_has_prefix (safe, prefix) || (strchr (prefix, '<') != NULL && strlen (safe) != strlen (prefix) + 17))
    g_error ("%s: %s became %s, not %s…", name, value, safe, prefix);
}

static void
test_secret_fields (void)
{
  g_autoptr (OhSecrets) secrets = make_secrets ();
  g_autofree char *one = NULL;
  g_autofree char *two = NULL;

  check_field (secrets, "X-Api-Key", "sk-ant-123456789", "<redacted …6789 ");
  check_field (secrets, "authorization", "Bearer sk-ant-123456789", "Bearer <redacted …6789 ");
  check_field (secrets, "Authorization", "sk-ant-123456789", "<redacted …6789 ");
  check_field (secrets, "Proxy-Authorization", "Basic b3Zlcmhlcg", "Basic <redacted …hlcg ");
  check_field (secrets, "cookie", "12345678", "<redacted … ");
  check_field (secrets, "cookie", "123456789", "<redacted …6789 ");
  check_field (secrets, "Set-Cookie", "a=0123456789", "<redacted …6789 ");
  check_field (secrets, "x-goog-api-key", "0123456789", "<redacted …6789 ");
  check_field (secrets, "api-key", "0123456789", "<redacted …6789 ");
  check_field (secrets, "x-other", "0123456789", "0123456789");
  oh_secrets_filter_field (secrets, "x-api-key", "the same key", &one);
  oh_secrets_filter_field (secrets, "authorization", "Bearer the same key", &two);
  g_assert_cmpstr (one, ==, two + strlen ("Bearer "));
  g_clear_pointer (&one, g_free);
  oh_secrets_filter_field (secrets, "x-api-key", "xhe same key", &one);
  g_assert_cmpstr (one, !=, two + strlen ("Bearer "));
}

static void
test_secret_targets (void)
{
  g_autoptr (OhSecrets) secrets = make_secrets ();
  g_autofree char *plain = oh_secrets_filter_target (secrets, "/v1/messages?beta=true&monkey=0123456789&max_tokens=9#top");
  g_autofree char *key = oh_secrets_filter_target (secrets, "/x?a=1&KEY=0123456789&b=2&%61pi_key=9876543210");

  g_assert_cmpstr (plain, ==, "/v1/messages?beta=true&monkey=0123456789&max_tokens=9#top");
  g_assert_true (g_str_has_prefix (key, "/x?a=1&KEY=<redacted …6789 "));
  g_assert_nonnull (strstr (key, ">&b=2&%61pi_key=<redacted …3210 "));
  g_assert_true (oh_secrets_is_token_path ("/v1/oauth/token?x=/y"));
  g_assert_true (oh_secrets_is_token_path ("/oauth/token/"));
  g_assert_true (oh_secrets_is_token_path ("/V1/OAuth%2FToken"));
  g_assert_true (oh_secrets_is_token_path ("/oauth2/token"));
  g_assert_true (oh_secrets_is_token_path ("/api/oauth/claude_cli/create_api_key"));
  g_assert_false (oh_secrets_is_token_path ("/v1/messages/count_tokens"));
  g_assert_false (oh_secrets_is_token_path ("/x?/oauth/token"));
}

/* What a secret's name and a harmless one have in common. */
static void
test_secret_names (void)
{
  static const char *const secret[] = { "Ocp-Apim-Subscription-Key", "cf-aig-authorization", "Helicone-Auth",
                                        "x-portkey-api-key", "x-litellm-api-key", "X-Auth-Token", "X-Vault-Token",
                                        "CF-Access-Client-Secret", "X-Amz-Security-Token", "x-goog-iap-jwt-assertion",
                                        "x-gateway-apikey", NULL };
  static const char *const harmless[] = { "Idempotency-Key", "anthropic-ratelimit-input-tokens-limit", "x-request-id",
                                          "anthropic-ratelimit-tokens-remaining", "Sec-WebSocket-Key", "Surrogate-Key",
                                          "keep-alive", "www-authenticate", "anthropic-version", NULL };
  g_autoptr (OhSecrets) secrets = make_secrets ();

  for (const char *const *name = secret; *name != NULL; name++)
    check_field (secrets, *name, "seed-0123456789", "<redacted …6789 ");
  for (const char *const *name = harmless; *name != NULL; name++)
    check_field (secrets, *name, "seed-0123456789", "seed-0123456789");
  check_field (secrets, "Location", "https://x.example/cb?a=b&code=seed-0123456789", "https://x.example/cb?a=b&code=<redacted …6789 ");
  check_field (secrets, "Referer", "https://x.example/?token=seed-0123456789", "https://x.example/?token=<redacted …6789 ");
  check_field (secrets, "Refresh", "0; url=/x#access_token=seed-0123456789", "0; url=/x#access_token=<redacted …6789 ");
  check_field (secrets, "Sec-WebSocket-Protocol", "openai-insecure-api-key.seed-0123456789",
               "openai-insecure-api-key.<redacted …6789 ");
  check_field (secrets, "Sec-WebSocket-Protocol", "realtime, v1", "realtime, v1");
}

static void
check_text (const char *text, const char *pattern)
{
  g_autoptr (OhSecrets) secrets = make_secrets ();
  g_autofree char *safe = oh_secrets_filter_text (secrets, text);

  if (!g_pattern_match_simple (pattern, safe))
    g_error ("%s became %s, not %s", text, safe, pattern);
}

static void
test_secret_texts (void)
{
  static const char *const kept[] = { "Explain what a token: is", "--max-tokens 4096", "max_tokens=4096", "-p 8080",
                                      "print the key: value pairs", "https://x.example/a?b=c&monkey=1", "--model=opus",
                                      "{\"max_tokens\": 5, \"type\":\"string\"}", "Explain authorization: how does it work", "Write a sonnet about keys", NULL };

  check_text ("authorization: Bearer seed-0123456789", "authorization: Bearer <redacted …6789 *>");
  check_text ("x-api-key:seed-0123456789", "x-api-key:<redacted …6789 *>");
  check_text ("curl -H 'Cookie: a=seed-0123456789; b=c' x", "curl -H 'Cookie: <redacted …*>' x");
  check_text ("run --api-key seed-0123456789 now", "run --api-key <redacted …6789 *> now");
  check_text ("AWS_SECRET_ACCESS_KEY=seed-0123456789 go", "AWS_SECRET_ACCESS_KEY=<redacted …6789 *> go");
  check_text ("{\"client_secret\": \"seed-0123456789\"}", "{\"client_secret\": \"<redacted …6789 *>\"}");
  check_text ("http://me:seed-0123456789@127.0.0.1:1/", "http://me:<redacted …6789 *>@127.0.0.1:1/");
  check_text ("go https://x.example/?jwt=seed-0123456789&a=b", "go https://x.example/?jwt=<redacted …6789 *>&a=b");
  check_text ("it is AIzaSyA0123456789012345678901234567890", "it is <redacted …7890 *>");
  for (const char *const *text = kept; *text != NULL; text++)
    check_text (*text, *text);
}

/* A secret that comes back is marked again, however the bytes are split. */
static void
test_secret_comes_back (void)
{
  static const char body[] = "{\"error\":{\"message\":\"bad key seed-0123/456789x, seed-0123\\/456789x, seed-0123%2F456789x, "
                             "seed-0123/4567\"}}";

  for (gsize step = 1; step < sizeof body; step++)
    {
      g_autoptr (OhSecrets) keyed = make_secrets ();
      g_autoptr (OhSecrets) secrets = oh_secrets_new_remembering (keyed);
      g_autoptr (OhRedactor) redactor = oh_redactor_new (secrets, OH_REDACT_JSON);
      g_autoptr (GString) out = g_string_new (NULL);
      g_autoptr (GBytes) rest = NULL;
      g_autofree char *storage = NULL;

      oh_secrets_filter_field (secrets, "x-api-key", "seed-0123/456789x", &storage);
      for (gsize at = 0; at < sizeof body - 1; at += step)
        {
          g_autoptr (GBytes) piece = g_bytes_new_static (body + at, MIN (step, sizeof body - 1 - at));
          g_autoptr (GBytes) safe = oh_redactor_feed (redactor, piece);

          g_string_append_len (out, g_bytes_get_data (safe, NULL), (gssize) g_bytes_get_size (safe));
        }
      rest = oh_redactor_finish (redactor);
      if (rest != NULL)
        g_string_append_len (out, g_bytes_get_data (rest, NULL), (gssize) g_bytes_get_size (rest));
      if (!g_pattern_match_simple ("{\"error\":{\"message\":\"bad key <redacted …789x *>, <redacted …789x *>, "
                                   "<redacted …789x *>, seed-0123/4567\"}}", out->str))
        g_error ("in steps of %u: %s", (guint) step, out->str);
    }
}

/* --- the redactor --- */

static char *
redact (OhRedactMode mode, const char *text, gsize first, gsize step)
{
  g_autoptr (OhSecrets) secrets = make_secrets ();
  g_autoptr (OhRedactor) redactor = oh_redactor_new (secrets, mode);
  g_autoptr (GBytes) rest = NULL;
  GString *out = g_string_new (NULL);
  gsize length = strlen (text);

  for (gsize at = 0; at < length;)
    {
      gsize n = MIN (at == 0 && first > 0 ? first : step, length - at);
      g_autoptr (GBytes) piece = g_bytes_new (text + at, n);
      g_autoptr (GBytes) safe = oh_redactor_feed (redactor, piece);

      g_string_append_len (out, g_bytes_get_data (safe, NULL), g_bytes_get_size (safe));
      at += n;
    }
  rest = oh_redactor_finish (redactor);
  if (rest != NULL)
    g_string_append_len (out, g_bytes_get_data (rest, NULL), g_bytes_get_size (rest));
  return g_string_free (out, FALSE);
}

static void
check_redaction (OhRedactMode mode, const char *text, const char *pattern, const char *secret)
{
  g_autofree char *whole = redact (mode, text, 0, strlen (text));

  if (!g_pattern_match_simple (pattern, whole))
    g_error ("%s became %s, not %s", text, whole, pattern);
  if (secret != NULL)
    g_assert_null (strstr (whole, secret));
  for (gsize first = 1; first < strlen (text); first++)
    {
      g_autofree char *split = redact (mode, text, first, strlen (text));
      g_autofree char *stepped = redact (mode, text, 0, first);

      g_assert_cmpstr (split, ==, whole);
      g_assert_cmpstr (stepped, ==, whole);
    }
}

static void
test_redactor_json (void)
{
  check_redaction (OH_REDACT_JSON, "{\"mcp_servers\":[{\"authorization_token\":\"tok-0123456789\",\"name\":\"x\"}]}",
                   "{\"mcp_servers\":[{\"authorization_token\":\"<redacted …6789 *>\",\"name\":\"x\"}]}",
                   "tok-01");
  check_redaction (OH_REDACT_JSON, "{ \"authorization_token\" :\n\t\"a\\\"b\\\\\" , \"b\" : \"c\" }",
                   "{ \"authorization_token\" :\n\t\"<redacted … *>\" , \"b\" : \"c\" }", "a\\");
  check_redaction (OH_REDACT_JSON, "{\"authorization\\u005ftoken\":\"tok-0123456789\"}", "*<redacted …6789 *", "tok-01");
  check_redaction (OH_REDACT_JSON, "{\"authorization_token\":\"tok-0123456789", "*\"<redacted …6789 *>", "tok-01");
  check_redaction (OH_REDACT_JSON, "{\"authorization_token\":\"\"}", "{\"authorization_token\":\"\"}", NULL);
  check_redaction (OH_REDACT_JSON, "{\"authorization_token\":null,\"x\":\"y\"}", "{\"authorization_token\":null,\"x\":\"y\"}",
                   NULL);
  check_redaction (OH_REDACT_JSON, "{\"text\":\"say \\\"authorization_token\\\": \\\"kept words\\\"\"}", "*kept words*",
                   NULL);
  check_redaction (OH_REDACT_JSON, "[\"authorization_token\",\"kept\"]", "[\"authorization_token\",\"kept\"]", NULL);
  check_redaction (OH_REDACT_JSON, "{\"max_tokens\":\"kept\",\"an authorization_token\":\"kept\"}", "*kept*kept*", NULL);
  check_redaction (OH_REDACT_JSON, "data: {\"cut\":\"in\ndata: {\"authorization_token\":\"tok-0123456789\"}\n",
                   "data: {\"cut\":\"in\ndata: {\"authorization_token\":\"<redacted …6789 *>\"}\n", "tok-01");
}

static void
test_redactor_token (void)
{
  check_redaction (OH_REDACT_TOKEN_JSON, "{\"access_token\":\"aaaa-bbbb-cccc\",\"expires_in\":3600,\"refresh_token\":"
                   "\"rrrr-ssss-tttt\",\"code\":\"short\",\"scope\":\"kept\"}",
                   "{\"access_token\":\"<redacted …cccc *>\",\"expires_in\":3600,\"refresh_token\":\"<redacted …tttt *>\","
                   "\"code\":\"<redacted … *>\",\"scope\":\"kept\"}", "bbbb");
  check_redaction (OH_REDACT_TOKEN_FORM, "grant_type=authorization_code&code=abcdefghijkl&%63ode_verifier=zzzzzzzzzzzz&x=1",
                   "grant_type=authorization_code&code=<redacted …ijkl *>&%63ode_verifier=<redacted …zzzz *>&x=1",
                   "abcdef");
  check_redaction (OH_REDACT_TOKEN_FORM, "client_secret=", "client_secret=", NULL);
  check_redaction (OH_REDACT_TOKEN_GUESS, "client_secret=0123456789ab", "client_secret=<redacted …89ab *>", "0123");
  check_redaction (OH_REDACT_TOKEN_GUESS, " {\"client_secret\":\"0123456789ab\"}", " {\"client_secret\":\"<redacted …89ab *",
                   "0123");
}

static void
test_redactor_by_reference (void)
{
  g_autoptr (OhSecrets) secrets = make_secrets ();
  g_autoptr (OhRedactor) redactor = oh_redactor_new (secrets, OH_REDACT_JSON);
  g_autoptr (GBytes) piece = g_bytes_new_static ("{\"a\":\"b\"}", 9);
  g_autoptr (GBytes) safe = oh_redactor_feed (redactor, piece);

  g_assert_true (safe == piece);
}

/* --- who may come in --- */

static void
test_admission (void)
{
  OhAdmission *admission = oh_admission_new ();
  g_autofree char *password = oh_admission_parse_credentials ("basic dXNlcjpwYTpzcw==");
  gint64 run;

  g_assert_cmpstr (password, ==, "pa:ss");
  g_assert_null (oh_admission_parse_credentials ("Bearer x"));
  g_assert_null (oh_admission_parse_credentials ("Basic dXNlcg=="));
  oh_admission_allow (admission, "token", 5);
  g_assert_true (oh_admission_admit (admission, "token", &run) && run == 5);
  g_assert_false (oh_admission_admit (admission, "toke", &run));
  g_assert_false (oh_admission_admit (admission, NULL, &run));
  oh_admission_disallow (admission, "token");
  g_assert_false (oh_admission_admit (admission, "token", &run));
  oh_admission_set_open (admission, TRUE);
  g_assert_true (oh_admission_admit (admission, NULL, &run) && run == 0);
  oh_admission_free (admission);
}

static void
test_detours (void)
{
  OhAdmission *admission = oh_admission_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (OhDetour) of_all = NULL;
  g_autoptr (OhDetour) of_run = NULL;

  g_assert_true (oh_admission_set_detour (admission, 0, "A.example", "http://127.0.0.1:8080", &error));
  g_assert_true (oh_admission_set_detour (admission, 3, "a.example", "https://gate.example/p/q/", &error));
  of_all = oh_admission_find_detour (admission, 2, "a.example");
  of_run = oh_admission_find_detour (admission, 3, "a.EXAMPLE");
  g_assert_cmpuint (of_all->port, ==, 8080);
  g_assert_false (of_all->tls);
  g_assert_cmpstr (of_all->prefix, ==, "");
  g_assert_cmpuint (of_run->port, ==, 443);
  g_assert_cmpstr (of_run->prefix, ==, "/p/q");
  g_assert_true (oh_admission_set_detour (admission, 0, "a.example", NULL, &error));
  g_assert_null (oh_admission_find_detour (admission, 2, "a.example"));
  for (const char *const *url = (const char *const[]) { "x", "ftp://h", "http://", "http://h/?q", "", NULL };
       *url != NULL; url++)
    {
      g_assert_false (oh_admission_set_detour (admission, 0, "a.example", *url, &error));
      g_assert_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_UPSTREAM);
      g_clear_error (&error);
    }
  g_assert_false (oh_admission_set_detour (admission, 0, "a b", "http://h", &error));
  oh_admission_free (admission);
}

static void
test_authority (void)
{
  g_autoptr (GError) error = NULL;
  OhAuthority *authority = oh_authority_new (&error);
  g_autoptr (GTlsCertificate) root = g_tls_certificate_new_from_pem (oh_authority_get_pem (authority), -1, &error);
  g_autoptr (GSocketConnectable) name = g_network_address_new ("api.example", 443);
  g_autoptr (GSocketConnectable) other = g_network_address_new ("other.example", 443);
  g_autoptr (GSocketConnectable) address = g_network_address_new ("::1", 443);
  GTlsCertificate *leaf = oh_authority_get_leaf (authority, "api.example", &error);
  GTlsCertificate *numeric = oh_authority_get_leaf (authority, "::1", &error);

  g_assert_no_error (error);
  g_assert_null (strstr (oh_authority_get_pem (authority), "PRIVATE"));
  g_assert_cmpuint (g_tls_certificate_verify (leaf, name, root), ==, 0);
  g_assert_cmpuint (g_tls_certificate_verify (leaf, other, root), ==, G_TLS_CERTIFICATE_BAD_IDENTITY);
  g_assert_cmpuint (g_tls_certificate_verify (numeric, address, root), ==, 0);
  g_assert_true (oh_authority_get_leaf (authority, "API.example", &error) == leaf);
  oh_authority_free (authority);
}

static void
test_port_taken (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) got = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_socket_listener_add_address (listener, wanted, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                                &got, &error));
  g_assert_null (oh_listener_new (g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (got)), &error));
  g_assert_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_PORT_TAKEN);
}

/* --- the user's own proxies --- */

static void
test_chain_addresses (void)
{
  static const struct
  {
    const char *text;
    const char *uri;
    const char *name;
    const char *credentials;
    gboolean forwards;
  } cases[] = {
    { "http://corp:3128", "http://corp:3128", "corp:3128", NULL, TRUE },
    { "http://corp:3128/", "http://corp:3128", "corp:3128", NULL, TRUE },
    { "corp:3128", "http://corp:3128", "corp:3128", NULL, TRUE },
    { "corp", "http://corp:80", "corp:80", NULL, TRUE },
    { "HTTPS://corp", "https://corp:443", "corp:443", NULL, FALSE },
    { "http://[::1]:8080", "http://[::1]:8080", "[::1]:8080", NULL, TRUE },
    { "http://me:p%40ss@corp:1", "http://me:p%40ss@corp:1", "corp:1", "Basic bWU6cEBzcw==", TRUE },
    { "me:x@corp:1", "http://me:x@corp:1", "corp:1", "Basic bWU6eA==", TRUE },
    { "http://me@corp:1", "http://me@corp:1", "corp:1", "Basic bWU6", TRUE },
    { "socks5h://corp", "socks5://corp:1080", "corp:1080", NULL, FALSE },
    { "gopher://me:secret@corp:70", NULL, "corp:70", NULL, FALSE },
    { "http://", NULL, "http://", NULL, FALSE },
    { "http://corp:99999", NULL, "http://corp:99999", NULL, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (OhChain) chain = oh_chain_new (NULL, cases[i].text, NULL);
      g_autoptr (OhHop) hop = oh_chain_find (chain, TRUE, "a.example", 443);

      g_test_message ("%s", cases[i].text);
      g_assert_null (oh_chain_find (chain, FALSE, "a.example", 80));
      g_assert_nonnull (hop);
      g_assert_cmpstr (hop->uri, ==, cases[i].uri);
      g_assert_cmpstr (hop->name, ==, cases[i].name);
      g_assert_cmpstr (hop->credentials, ==, cases[i].credentials);
      g_assert_cmpint (hop->forwards, ==, cases[i].forwards);
    }
}

static void
test_chain_exceptions (void)
{
  static const struct
  {
    const char *no_proxy;
    const char *host;
    guint port;
    gboolean direct;
  } cases[] = {
    { "", "a.example", 443, FALSE },
    { "*", "a.example", 443, TRUE },
    { "b.example, a.example", "a.example", 443, TRUE },
    { "A.Example", "a.eXample", 443, TRUE },
    { "a.example", "x.a.example", 443, TRUE },
    { ".a.example *.b.example", "x.b.example", 443, TRUE },
    { ".a.example", "a.example", 443, TRUE },
    { "a.example", "ba.example", 443, FALSE },
    { "x.a.example", "a.example", 443, FALSE },
    { "a.example:443", "a.example", 443, TRUE },
    { "a.example:80", "a.example", 443, FALSE },
    { "10.0.0.0/8", "10.1.2.3", 443, TRUE },
    { "10.0.0.0/8", "11.1.2.3", 443, FALSE },
    { "192.0.2.1:8080", "192.0.2.1", 8080, TRUE },
    { "2001:db8::/32", "2001:db8::7", 443, TRUE },
    { "[2001:db8::7]", "2001:db8::7", 443, TRUE },
    { ".", "a.example", 443, FALSE },
    { "", "localhost", 80, TRUE },
    { "", "x.localhost", 80, TRUE },
    { "", "127.9.9.9", 80, TRUE },
    { "", "::1", 80, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (OhChain) chain = oh_chain_new ("corp:1", "corp:2", cases[i].no_proxy);
      g_autoptr (OhHop) hop = oh_chain_find (chain, cases[i].port == 443, cases[i].host, cases[i].port);

      g_test_message ("%s for %s", cases[i].no_proxy, cases[i].host);
      g_assert_cmpint (hop == NULL, ==, cases[i].direct);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/head/request", test_head_request);
  g_test_add_func ("/head/malformed", test_head_malformed);
  g_test_add_func ("/head/framing", test_framing);
  g_test_add_func ("/head/response-framing", test_response_framing);
  g_test_add_func ("/head/hop-by-hop", test_hop_by_hop);
  g_test_add_func ("/body/every-split", test_body_every_split);
  g_test_add_func ("/body/malformed", test_body_malformed);
  g_test_add_func ("/body/ends", test_body_ends);
  g_test_add_func ("/targets", test_targets);
  g_test_add_func ("/secrets/fields", test_secret_fields);
  g_test_add_func ("/secrets/targets", test_secret_targets);
  g_test_add_func ("/secrets/names", test_secret_names);
  g_test_add_func ("/secrets/texts", test_secret_texts);
  g_test_add_func ("/secrets/come-back", test_secret_comes_back);
  g_test_add_func ("/redactor/json", test_redactor_json);
  g_test_add_func ("/redactor/token", test_redactor_token);
  g_test_add_func ("/redactor/by-reference", test_redactor_by_reference);
  g_test_add_func ("/admission/tokens", test_admission);
  g_test_add_func ("/admission/detours", test_detours);
  g_test_add_func ("/authority", test_authority);
  g_test_add_func ("/listener/port-taken", test_port_taken);
  g_test_add_func ("/chain/addresses", test_chain_addresses);
  g_test_add_func ("/chain/exceptions", test_chain_exceptions);
  return g_test_run ();
}
