/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is a secret and what is none: names, values, fields, texts, and bodies at every split. */
#include "config.h"
#include "oh-decoder.h"
#include "oh-encoder.h"
#include "oh-json-scan.h"
#include "oh-body-redactor-private.h"
#include "oh-secret-filter-private.h"
#include "oh-secret-name-private.h"

#include <string.h>
#include <zlib.h>

static OhSecrets *
make_secrets (void)
{
  g_autoptr (GBytes) key = g_bytes_new_static ("a key of the tests", 18);

  return oh_secrets_new (key);
}

/* --- secrets --- */

static void
check_field (OhSecrets *secrets, const char *name, const char *value, const char *prefix)
{
  g_autofree char *storage = NULL;
  const char *safe = oh_secret_filter_field (secrets, name, value, &storage);

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
  check_field (secrets, "Proxy-Authorization", "Basic bWU6cEBzcy1vZi1taW5l", "Basic <redacted … ");
  check_field (secrets, "cookie", "12345678", "<redacted … ");
  check_field (secrets, "cookie", "123456789", "<redacted …6789 ");
  check_field (secrets, "Set-Cookie", "a=0123456789", "<redacted …6789 ");
  check_field (secrets, "x-goog-api-key", "0123456789", "<redacted …6789 ");
  check_field (secrets, "api-key", "0123456789", "<redacted …6789 ");
  check_field (secrets, "x-other", "0123456789", "0123456789");
  oh_secret_filter_field (secrets, "x-api-key", "the same key", &one);
  oh_secret_filter_field (secrets, "authorization", "Bearer the same key", &two);
  g_assert_cmpstr (one, ==, two + strlen ("Bearer "));
  g_clear_pointer (&one, g_free);
  oh_secret_filter_field (secrets, "x-api-key", "xhe same key", &one);
  g_assert_cmpstr (one, !=, two + strlen ("Bearer "));
}

static void
check_target (const char *target, const char *pattern)
{
  g_autoptr (OhSecrets) secrets = make_secrets ();
  g_autofree char *safe = oh_secret_filter_target (secrets, target);

  if (!g_pattern_match_simple (pattern, safe))
    g_error ("%s became %s, not %s", target, safe, pattern);
}

static void
test_secret_targets (void)
{
  static const char *const plain_paths[] = {
    "", "/", "*", "//a//", "/v1/messages/batches/msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d/results", "/v1/token/refresh-token-2024",
    "/v1/api_keys/apikey_01Rj2N8SVvo6BePZj99NhmiT", "/model/anthropic.claude-3-5-sonnet-20241022-v2:0/invoke", "/hf_model_2024_v2/x",
  };
  g_autoptr (OhSecrets) secrets = make_secrets ();
  g_autofree char *plain = oh_secret_filter_target (secrets, "/v1/messages?beta=true&monkey=0123456789&max_tokens=9#top");
  g_autofree char *key = oh_secret_filter_target (secrets, "/x?a=1&KEY=0123456789&b=2&%61pi_key=9876543210");

  g_assert_cmpstr (plain, ==, "/v1/messages?beta=true&monkey=0123456789&max_tokens=9#top");
  g_assert_true (g_str_has_prefix (key, "/x?a=1&KEY=<redacted …6789 "));
  g_assert_nonnull (strstr (key, ">&b=2&%61pi_key=<redacted …3210 "));
  check_target ("/v1/sk-ant-api03-0a1b2c3d4e/x?a=b", "/v1/<redacted …3d4e *>/x?a=b");
  check_target ("/api_key/seed-0a1b2c3d4e", "/api_key/<redacted …3d4e *>");
  check_target ("/bot123456:seed-0a1b2c3d4e/getMe#x", "/bot123456:<redacted …3d4e *>/getMe#x");
  for (guint i = 0; i < G_N_ELEMENTS (plain_paths); i++)
    check_target (plain_paths[i], plain_paths[i]);
  g_assert_true (oh_secret_name_is_token_path ("/v1/oauth/token?x=/y"));
  g_assert_true (oh_secret_name_is_token_path ("/oauth/token/"));
  g_assert_true (oh_secret_name_is_token_path ("/V1/OAuth%2FToken"));
  g_assert_true (oh_secret_name_is_token_path ("/oauth2/token"));
  g_assert_true (oh_secret_name_is_token_path ("/api/oauth/claude_cli/create_api_key"));
  g_assert_false (oh_secret_name_is_token_path ("/v1/messages/count_tokens"));
  g_assert_false (oh_secret_name_is_token_path ("/x?/oauth/token"));
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
  check_field (secrets, "Sec-WebSocket-Protocol", "openai-insecure-api-key.eyJ01.seed.0123456789",
               "openai-insecure-api-key.<redacted …6789 ");
  check_field (secrets, "X-Data", "eyJhbGciOiJIUzI1NiJ9.seed.0a1b2c3d4e", "<redacted …3d4e ");
  check_field (secrets, "X-Data", "eyJ are three letters of 0a1b2c3d4e", "eyJ are three letters of 0a1b2c3d4e");
  check_field (secrets, "Sec-WebSocket-Protocol", "realtime, v1, v12.stomp", "realtime, v1, v12.stomp");
}

static void
check_text (const char *text, const char *pattern)
{
  g_autoptr (OhSecrets) secrets = make_secrets ();
  g_autofree char *safe = oh_secret_filter_text (secrets, text);

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
  check_text ("curl --data=token=seed-0123456789 x", "curl --data=token=<redacted …6789 *> x");
  check_text ("run --env=A_TOKEN=seed-0123456789 x", "run --env=A_TOKEN=<redacted …6789 *> x");
  check_text ("curl -u me:seed-0123456789 x", "curl -u me:<redacted …6789 *> x");
  check_text ("it is AIzaSyA0123456789012345678901234567890", "it is <redacted …7890 *>");
  for (const char *const *text = kept; *text != NULL; text++)
    check_text (*text, *text);
}

static void
test_secret_arguments (void)
{
  static const char *const argv[] = {
    "tool", "--data=token=seed-0123456789", "--env=A_TOKEN=seed-0123456789", "--key=seed-0123456789", "--pass", "seed-0123456789",
    "--user=me:seed-0123456789", "-Hx-api-key: seed-0123456789", "--key=server.pem", "--user=me", "--max-tokens=4096",
    "--output=a=b", "-Hosts", "go seed-9876543210 in /usr/lib/os-release", NULL
  };
  static const char *const environment[] = { "PWD=/usr/lib/os-release", "A_TOKEN=seed-9876543210", NULL };
  static const char *const expected[] = {
    "tool", "--data=token=<redacted …6789 *>", "--env=A_TOKEN=<redacted …6789 *>", "--key=<redacted …6789 *>", "--pass",
    "<redacted …6789 *>", "--user=me:<redacted …6789 *>", "-Hx-api-key: <redacted …6789 *>", "--key=server.pem", "--user=me",
    "--max-tokens=4096", "--output=a=b", "-Hosts", "go <redacted …3210 *> in /usr/lib/os-release"
  };
  g_autoptr (GBytes) key = g_bytes_new_static ("0123456789abcdef0123456789abcdef", 32);
  g_autoptr (OhRedactor) console = NULL;
  char *name = NULL;
  g_auto (GStrv) safe = oh_redact_argv (key, argv, environment, &name, &console);

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    if (!g_pattern_match_simple (expected[i], safe[i]))
      g_error ("“%s” became “%s”", argv[i], safe[i]);
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

      oh_secret_filter_field (secrets, "x-api-key", "seed-0123/456789x", &storage);
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

/* What comes out of @redactor for @text, in pieces of @step. */
static GBytes *
feed_in_steps (OhRedactor *redactor, GBytes *text, gsize step)
{
  g_autoptr (GBytes) rest = NULL;
  GByteArray *out = g_byte_array_new ();
  gsize length;
  const guint8 *bytes = g_bytes_get_data (text, &length);

  for (gsize at = 0; at < length; at += step)
    {
      g_autoptr (GBytes) piece = g_bytes_new (bytes + at, MIN (step, length - at));
      g_autoptr (GBytes) safe = oh_redactor_feed (redactor, piece);

      g_byte_array_append (out, g_bytes_get_data (safe, NULL), (guint) g_bytes_get_size (safe));
    }
  rest = oh_redactor_finish (redactor);
  if (rest != NULL)
    g_byte_array_append (out, g_bytes_get_data (rest, NULL), (guint) g_bytes_get_size (rest));
  return g_byte_array_free_to_bytes (out);
}

/* The same for a body, in pieces of @step. */
static GBytes *
feed_body_in_steps (OhBodyRedactor *redactor, GBytes *text, gsize step)
{
  g_autoptr (GBytes) rest = NULL;
  GByteArray *out = g_byte_array_new ();
  gsize length;
  const guint8 *bytes = g_bytes_get_data (text, &length);

  for (gsize at = 0; at < length; at += step)
    {
      g_autoptr (GBytes) piece = g_bytes_new (bytes + at, MIN (step, length - at));
      g_autoptr (GBytes) safe = oh_body_redactor_feed (redactor, piece);

      g_byte_array_append (out, g_bytes_get_data (safe, NULL), (guint) g_bytes_get_size (safe));
    }
  rest = oh_body_redactor_finish (redactor);
  if (rest != NULL)
    g_byte_array_append (out, g_bytes_get_data (rest, NULL), (guint) g_bytes_get_size (rest));
  return g_byte_array_free_to_bytes (out);
}

/* A model says a secret piece by piece, and something that begins like it. */
static void
check_said (const char *said, gsize delta, gsize step, const char *pattern)
{
  g_autoptr (OhSecrets) keyed = make_secrets ();
  g_autoptr (OhSecrets) secrets = oh_secrets_new_remembering (keyed);
  g_autoptr (OhRedactor) redactor = oh_redactor_new (secrets, OH_REDACT_EVENTS);
  g_autoptr (GString) events = g_string_new (NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GBytes) whole = NULL;
  g_autoptr (GBytes) safe = NULL;
  g_autofree char *line = NULL;

  oh_secrets_remember (secrets, "seed-0123/456789x");
  for (const char *p = said; *p != '\0'; p += strnlen (p, delta))
    g_string_append_printf (events, "event: x\ndata: {\"delta\":{\"type\":\"text_delta\",\"text\":\"%.*s\"}}\n\n", (int) delta, p);
  whole = g_bytes_new (events->str, events->len);
  safe = feed_in_steps (redactor, whole, step);
  line = g_strndup (g_bytes_get_data (safe, NULL), g_bytes_get_size (safe));
  for (const char *p = line; (p = strstr (p, "\"text\":\"")) != NULL;)
    {
      p += strlen ("\"text\":\"");
      g_string_append_len (text, p, (gssize) strcspn (p, "\""));
    }
  if (!g_pattern_match_simple (pattern, text->str))
    g_error ("%s, %u at a time, became %s", said, (guint) delta, text->str);
}

static void
test_secret_is_said (void)
{
  for (gsize delta = 1; delta < 24; delta++)
    for (gsize step = 1; step < 120; step += 7)
      {
        check_said ("my seed-0123/456789x is", delta, step, "my *<redacted …789x *> is");
        check_said ("my seed-0123/456 is seeds", delta, step, "my seed-0123/456 is seeds");
        check_said ("seed-seed-0123/456789xx", delta, step, "seed-*<redacted …789x *>x");
        check_said ("it is seed-0123/4567", delta, step, "it is *");
      }
  check_said ("my seed-0123/456789x is", 3, 1000, "my seed-0<redacted …789x *> is");
  check_said ("it is seed-0123/4567", 2, 1000, "it is seed-0<redacted …789x *>");
}

static GBytes *
unpack (const char *encoding, GBytes *packed)
{
  g_autoptr (OhDecoder) decoder = oh_decoder_new (encoding, 0, NULL);
  GByteArray *out = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  oh_decoder_feed (decoder, g_bytes_get_data (packed, NULL), g_bytes_get_size (packed), out, &error);
  g_assert_no_error (error);
  oh_decoder_end (decoder, out, &error);
  g_assert_no_error (error);
  return g_byte_array_free_to_bytes (out);
}

/* A body with a content-encoding stays as it is, or has markers in that encoding. */
static void
test_redactor_packed (void)
{
  static const char *const encodings[] = { "gzip", "deflate", "br", "zstd", "x-gzip", NULL };
  static const char harmless[] = "{\"text\":\"say it\",\"max_tokens\":5}";
  static const char secret[] = "{\"text\":\"say it\",\"api_key\":\"seed-0123456789\"}";

  for (const char *const *encoding = encodings; *encoding != NULL; encoding++)
    for (guint kind = 0; kind < 4; kind++)
      for (gsize step = 1; step < 80; step += 3)
        {
          const gboolean events = kind >= 2;
          g_autoptr (OhSecrets) secrets = make_secrets ();
          g_autoptr (GBytes) text = g_bytes_new_static (kind % 2 == 0 ? harmless : secret,
                                                        strlen (kind % 2 == 0 ? harmless : secret));
          g_autoptr (GBytes) packed = oh_encoder_pack (*encoding, text);
          gboolean withheld;
          g_autoptr (OhBodyRedactor) redactor =
            oh_body_redactor_new (secrets, FALSE, events ? "text/event-stream" : "application/json", *encoding, &withheld);
          g_autoptr (GBytes) out = feed_body_in_steps (redactor, packed, step);

          g_autoptr (GBytes) safe = NULL;
          g_autofree char *line = NULL;

          if (kind % 2 == 0)
            g_assert_true (g_bytes_equal (out, packed));
          /* Where a sender has flushed cannot be seen of this one. */
          if (kind == 3 && g_str_equal (*encoding, "br") && oh_body_redactor_withholds (redactor))
            continue;
          g_assert_false (oh_body_redactor_withholds (redactor));
          safe = unpack (*encoding, out);
          line = g_strndup (g_bytes_get_data (safe, NULL), g_bytes_get_size (safe));
          if (kind % 2 == 0)
            g_assert_cmpstr (line, ==, harmless);
          else
            g_assert_true (g_pattern_match_simple ("{\"text\":\"say it\",\"api_key\":\"<redacted …6789 *>\"}", line));
        }
}

/* Events are there as soon as they came, also those behind a secret; one that was cut stays cut, and what is packed by its label
 * only stays as it is. */
static void
test_redactor_packed_events (void)
{
  static const char *const encodings[] = { "gzip", "deflate", "br", "zstd", NULL };
  static const char *const events[] = { "data: {\"a\":1}\n\n", "data: {\"token\":\"seed-0123456789\"}\n\n", "data: {\"b\":2}\n\n",
                                        "data: {\"token\":\"seed-9876543210\"}\n\n", "data: {\"c\":3}\n\n" };

  for (const char *const *encoding = encodings; *encoding != NULL; encoding++)
    for (guint cut = 0; cut < 2; cut++)
      {
        g_autoptr (OhSecrets) secrets = make_secrets ();
        g_autoptr (OhEncoder) encoder = oh_encoder_new (*encoding);
        g_autoptr (OhDecoder) decoder = oh_decoder_new (*encoding, 0, NULL);
        g_autoptr (GByteArray) shown = g_byte_array_new ();
        gboolean withheld;
        g_autoptr (OhBodyRedactor) redactor = oh_body_redactor_new (secrets, FALSE, "text/event-stream", *encoding, &withheld);
        g_autoptr (GBytes) rest = NULL;

        for (guint i = 0; i < G_N_ELEMENTS (events); i++)
          {
            GByteArray *packed = g_byte_array_new ();
            g_autoptr (GBytes) piece = NULL;
            g_autoptr (GBytes) safe = NULL;

            oh_encoder_feed (encoder, events[i], strlen (events[i]), !cut && i + 1 == G_N_ELEMENTS (events), packed);
            piece = g_byte_array_free_to_bytes (packed);
            safe = oh_body_redactor_feed (redactor, piece);
            g_assert_true (oh_decoder_feed (decoder, g_bytes_get_data (safe, NULL), g_bytes_get_size (safe), shown, NULL));
            g_assert_true (i < 3 || shown->len > 0);
            g_assert_true (shown->len == 0 || memcmp (shown->data + shown->len - 2, "\n\n", 2) == 0);
          }
        rest = oh_body_redactor_finish (redactor);
        if (rest != NULL)
          oh_decoder_feed (decoder, g_bytes_get_data (rest, NULL), g_bytes_get_size (rest), shown, NULL);
        g_assert_cmpint (oh_decoder_end (decoder, shown, NULL), ==, !cut);
        g_byte_array_append (shown, (const guint8 *) "", 1);
        g_assert_true (g_pattern_match_simple ("data: {\"a\":1}\n\ndata: {\"token\":\"<redacted …6789 *>\"}\n\ndata: {\"b\":2}\n\n"
                                               "data: {\"token\":\"<redacted …3210 *>\"}\n\ndata: {\"c\":3}\n\n", (char *) shown->data));
      }
  for (gsize step = 1; step < 60; step += 7)
    {
      g_autoptr (OhSecrets) secrets = make_secrets ();
      gboolean withheld;
      g_autoptr (OhBodyRedactor) redactor = oh_body_redactor_new (secrets, FALSE, "text/event-stream", "gzip", &withheld);
      g_autoptr (GBytes) text = g_bytes_new_static (events[0], strlen (events[0]));
      g_autoptr (GBytes) out = feed_body_in_steps (redactor, text, step);

      g_assert_true (g_bytes_equal (out, text));
    }
}

static void
append_word (GByteArray *out, guint32 value)
{
  const guint8 bytes[4] = { (guint8) (value >> 24), (guint8) (value >> 16), (guint8) (value >> 8), (guint8) value };

  g_byte_array_append (out, bytes, 4);
}

/* A frame as Bedrock sends it, without headers. */
static void
append_frame (GByteArray *out, const char *text)
{
  g_autofree char *base64 = g_base64_encode ((const guchar *) text, strlen (text));
  g_autofree char *payload = *text == '!' ? g_strdup (text + 1) : g_strdup_printf ("{\"bytes\":\"%s\",\"p\":\"abc\"}", base64);
  const guint start = out->len;

  append_word (out, (guint32) strlen (payload) + 16);
  append_word (out, 0);
  append_word (out, (guint32) crc32 (0, out->data + start, 8));
  g_byte_array_append (out, (const guint8 *) payload, (guint) strlen (payload));
  append_word (out, (guint32) crc32 (0, out->data + start, out->len - start));
}

/* Frames without a secret stay as they are, others are whole frames with a marker; also where a model says the secret piece by
 * piece, and behind what is no frame. */
static void
test_redactor_frames (void)
{
  static const char *const said[] = { "{\"a\":\"kept\"}", "{\"token\":\"seed-0123456789\"}", "{\"b\":\"kept\"}",
                                      "!{\"message\":{\"password\":[\"seed-0123456789\"]}}", "{\"delta\":{\"text\":\"is seed-9876\"}}",
                                      "{\"delta\":{\"text\":\"543210 so\"}}" };
  static const char *const safe[] = { "{\"a\":\"kept\"}", "{\"token\":\"MARK\"}", "{\"b\":\"kept\"}",
                                      "!{\"message\":{\"password\":[\"MARK\"]}}",
                                      "{\"delta\":{\"text\":\"is MARK\"}}", "{\"delta\":{\"text\":\" so\"}}" };

  for (gsize step = 1; step < 400; step += 9)
    {
      g_autoptr (OhSecrets) keyed = make_secrets ();
      g_autoptr (OhSecrets) secrets = oh_secrets_new_remembering (keyed);
      GByteArray *sent = g_byte_array_new ();
      g_autoptr (GByteArray) expected = g_byte_array_new ();
      g_autoptr (GBytes) text = NULL;
      g_autoptr (GBytes) out = NULL;
      char *markers[2];
      gboolean withheld;
      g_autoptr (OhBodyRedactor) redactor = oh_body_redactor_new (secrets, FALSE, "application/vnd.amazon.eventstream", NULL, &withheld);

      oh_secret_filter_field (keyed, "api-key", "seed-0123456789", &markers[0]);
      oh_secret_filter_field (keyed, "api-key", "seed-9876543210", &markers[1]);
      oh_secrets_remember (secrets, "seed-9876543210");
      for (guint i = 0; i < G_N_ELEMENTS (said); i++)
        {
          g_auto (GStrv) around = g_strsplit (safe[i], "MARK", 2);
          g_autofree char *line = g_strjoinv (markers[i / 4], around);

          append_frame (sent, said[i]);
          append_frame (expected, line);
        }
      g_free (markers[0]);
      g_free (markers[1]);
      g_byte_array_append (sent, (const guint8 *) "no frame, and more", 18);
      g_byte_array_append (expected, (const guint8 *) "no frame, and more", 18);
      text = g_byte_array_free_to_bytes (sent);
      out = feed_body_in_steps (redactor, text, step);
      g_assert_cmpmem (g_bytes_get_data (out, NULL), g_bytes_get_size (out), expected->data, expected->len);
    }
}

/* What is too long to be held until its end passes until a secret turns up. */
static void
test_redactor_packed_long (void)
{
  g_autoptr (OhSecrets) secrets = make_secrets ();
  g_autoptr (GRand) chance = g_rand_new_with_seed (7);
  g_autoptr (GString) long_text = g_string_new ("[");
  g_autoptr (GBytes) text = NULL;
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (GBytes) out = NULL;
  g_autoptr (OhBodyRedactor) redactor = NULL;
  gboolean withheld;

  while (long_text->len < 1024 * 1024)
    g_string_append_printf (long_text, "%u,", g_rand_int (chance));
  g_string_append (long_text, "{\"api_key\":\"seed-0123456789\"}]");
  text = g_bytes_new (long_text->str, long_text->len);
  packed = oh_encoder_pack ("gzip", text);
  redactor = oh_body_redactor_new (secrets, FALSE, "application/json", "gzip", &withheld);
  out = feed_body_in_steps (redactor, packed, 16384);
  g_assert_true (oh_body_redactor_withholds (redactor));
  g_assert_cmpuint (g_bytes_get_size (out), >, g_bytes_get_size (packed) / 2);
  g_assert_cmpuint (g_bytes_get_size (out), <, g_bytes_get_size (packed));
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

/* What is plain is left alone within JSON, whatever stands before it and behind it. */
static void
check_plain (const char *text, gboolean is_plain)
{
  static const char *const around[][2] = { { "", "" }, { " \n", " " }, { "[", "]" }, { "{\"a\":", "}" }, { "[{\"b\":[1,", "]}]" } };

  for (guint i = 0; i < G_N_ELEMENTS (around); i++)
    {
      g_autofree char *whole = g_strconcat (around[i][0], text, around[i][1], NULL);
      g_autoptr (OhSecrets) keyed = make_secrets ();
      g_autoptr (OhSecrets) secrets = oh_secrets_new_remembering (keyed);
      g_autoptr (GString) json = g_string_new ("{\"attributes\":{\"app.text\":");
      g_autofree char *safe = NULL;

      oh_json_quote (json, whole, -1);
      g_string_append (json, "}}");
      safe = redact (OH_REDACT_JSON, json->str, 0, json->len);
      if (oh_secret_filter_is_plain (secrets, whole, strlen (whole), FALSE))
        g_assert_cmpstr (safe, ==, json->str);
      else if (is_plain)
        g_assert_cmpstr (safe, !=, json->str);
    }
}

/* Names and texts that are no JSON. */
static void
test_plain (void)
{
  static const char *const names[] = { "api_key", "http.request.header.authorization", "db.password", "X-Api-Key", "client_secret",
                                       "authorization_token", NULL };
  static const char *const plain[] = { "gen_ai.usage.input_tokens", "gen_ai.request.max_tokens", "service.name", "chat", "",
                                       "What is a token?", "https://api.anthropic.com/v1/messages", "[1,2]", "{}", NULL };
  g_autoptr (OhSecrets) keyed = make_secrets ();
  g_autoptr (OhSecrets) secrets = oh_secrets_new_remembering (keyed);

  for (const char *const *name = names; *name != NULL; name++)
    g_assert_false (oh_secret_filter_is_plain (secrets, *name, strlen (*name), FALSE));
  for (const char *const *text = plain; *text != NULL; text++)
    g_assert_true (oh_secret_filter_is_plain (secrets, *text, strlen (*text), FALSE));
  g_assert_false (oh_secret_filter_is_plain (secrets, "a\0b", 3, FALSE));
  g_assert_false (oh_secret_filter_is_plain (secrets, "https://h/?key=seed-0123456789", 30, FALSE));
  /* What a list shows is looked at as a text is. */
  g_assert_true (oh_secret_filter_is_plain (secrets, "call sk-ant-api03-0123456789abcdef", 34, FALSE));
  g_assert_false (oh_secret_filter_is_plain (secrets, "call sk-ant-api03-0123456789abcdef", 34, TRUE));
}

static void
check_redaction (OhRedactMode mode, const char *text, const char *pattern, const char *secret)
{
  g_autofree char *whole = redact (mode, text, 0, strlen (text));

  if (!g_pattern_match_simple (pattern, whole))
    g_error ("%s became %s, not %s", text, whole, pattern);
  if (secret != NULL)
    g_assert_null (strstr (whole, secret));
  check_plain (text, mode == OH_REDACT_JSON && secret == NULL);
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

/* A name that may be a secret's, and what tells whether it is one. */
static void
test_redactor_maybe (void)
{
  check_redaction (OH_REDACT_JSON, "{\"input\":{\"access_token\":\"ya29.a0AfH6SMBx\",\"b\":\"c\"}}",
                   "{\"input\":{\"access_token\":\"<redacted …SMBx *>\",\"b\":\"c\"}}", "ya29");
  check_redaction (OH_REDACT_JSON, "{\"headers\":{\"Authorization\":\"Bearer tok-0123456789\"}}",
                   "{\"headers\":{\"Authorization\":\"Bearer <redacted …6789 *>\"}}", "tok-01");
  check_redaction (OH_REDACT_JSON, "{\"password\":\"a/b\\/c\\\"d0123456789\"}", "{\"password\":\"<redacted …6789 *>\"}", "0123");
  check_redaction (OH_REDACT_JSON, "{\"password\":\"0123456789ab\\ncd\",\"secret\":\"0123456789abcd\"}",
                   "{\"password\":\"0123456789ab\\ncd\",\"secret\":\"<redacted …abcd *>\"}", NULL);
  check_redaction (OH_REDACT_JSON, "{\"password\":\"0123456789ab\\u00e9\",\"secret\":\"0123456789abcd\"}",
                   "{\"password\":\"0123456789ab\\u00e9\",\"secret\":\"<redacted …abcd *>\"}", NULL);
  check_redaction (OH_REDACT_JSON, "{\"password\":\"seed\\u002B123\\u0026456789\",\"b\":\"\\u002B\"}",
                   "{\"password\":\"<redacted …6789 *>\",\"b\":\"\\u002B\"}", "seed");
  check_redaction (OH_REDACT_JSON, "{\"headers\":{\"Authorization\":\"Bearer seed\\u002b0123456789\"}}",
                   "{\"headers\":{\"Authorization\":\"Bearer <redacted …6789 *>\"}}", "seed");
  check_redaction (OH_REDACT_JSON, "{\"password\":\"0123456789ab\\u00\",\"b\":1}", "*\"b\":1}", NULL);
  check_redaction (OH_REDACT_JSON, "{\"secret\":\"0123456789ab", "{\"secret\":\"<redacted …89ab *>", "0123");
  check_redaction (OH_REDACT_JSON, "{\"secret\":\"0123456789 ab", "{\"secret\":\"0123456789 ab", NULL);
  check_redaction (OH_REDACT_JSON, "{\"private_key\":\"-----BEGIN PRIVATE KEY-----\\nMIGHAgEA\\n-----END PRIVATE KEY-----\\n\"}",
                   "{\"private_key\":\"<redacted …*>\"}", "MIGH");
}

/* A key is known again whatever a library escapes of it, and learnt from what it escaped. */
static void
test_redactor_hex (void)
{
  static const char *const sent[] = {
    "{\"m\":\"seed\\u002B0123/456789x\"}", "{\"m\":\"seed\\u002b0123/456789x\"}", "{\"m\":\"seed+0123\\/456789x\"}",
    "{\"api_key\":\"seed\\u002B0123/456789x\",\"m\":\"seed+0123/456789x\"}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (sent); i++)
    for (gsize step = 1; step < 60; step++)
      {
        g_autoptr (OhSecrets) keyed = make_secrets ();
        g_autoptr (OhSecrets) secrets = oh_secrets_new_remembering (keyed);
        g_autoptr (OhRedactor) redactor = oh_redactor_new (secrets, OH_REDACT_JSON);
        g_autoptr (GBytes) text = g_bytes_new_static (sent[i], strlen (sent[i]));
        g_autoptr (GBytes) out = NULL;
        g_autofree char *storage = NULL;

        if (i < 3)
          oh_secret_filter_field (secrets, "x-api-key", "seed+0123/456789x", &storage);
        out = feed_in_steps (redactor, text, step);
        if (memmem (g_bytes_get_data (out, NULL), g_bytes_get_size (out), "seed", 4) != NULL)
          g_error ("%s in steps of %u: %.*s", sent[i], (guint) step, (int) g_bytes_get_size (out),
                   (const char *) g_bytes_get_data (out, NULL));
      }
}

static void
test_redactor_urls (void)
{
  check_redaction (OH_REDACT_JSON, "{\"url\":\"https://mcp.example/sse?token=seed-0123456789&v=2\"}",
                   "{\"url\":\"https://mcp.example/sse?token=<redacted …6789 *>&v=2\"}", "seed");
  check_redaction (OH_REDACT_JSON, "{\"url\":\"https:\\/\\/mcp.example\\/sse?a=b\\u0026token=seed-0123456789\\u0026v=2\"}",
                   "{\"url\":\"https:\\/\\/mcp.example\\/sse?a=b\\u0026token=<redacted …6789 *>\\u0026v=2\"}", "seed");
  check_redaction (OH_REDACT_JSON, "[\"http://me:pass@h.example:80/\",\"http://h.example:80/a:b@c\",\"http://seed-0123456789@h\"]",
                   "[\"http://me:<redacted … *>@h.example:80/\",\"http://h.example:80/a:b@c\",\"http://<redacted …6789 *>@h\"]",
                   "pass");
  check_redaction (OH_REDACT_JSON, "{\"token\":\"http://h/?key=seed-0123456789\"}", "*\"token\":\"<redacted …6789 *>\"}",
                   "seed");
}

/* Arguments and results of tools are often JSON in a string. */
static void
test_redactor_json_in_a_string (void)
{
  check_redaction (OH_REDACT_JSON,
                   "{\"content\":\"{\\n  \\\"api_key\\\" : \\\"seed-0123456789\\\", \\\"b\\\": \\\"c\\\"}\",\"secret\":\"seed-9876543210\"}",
                   "{\"content\":\"{\\n  \\\"api_key\\\" : \\\"<redacted …6789 *>\\\", \\\"b\\\": \\\"c\\\"}\",\"secret\":\"<redacted …3210 *>\"}",
                   "seed");
  check_redaction (OH_REDACT_JSON, "[\"[{\\\"raw_key\\\":\\\"a\\\\\\\"b\\\\\\\\\\\"},1]\",\"kept\"]",
                   "[\"[{\\\"raw_key\\\":\\\"<redacted …*>\\\"},1]\",\"kept\"]", NULL);
  check_redaction (OH_REDACT_JSON, "[\"{\\\"url\\\":\\\"http://h/?token=seed-0123456789\\\"}\",\"kept\"]",
                   "[\"{\\\"url\\\":\\\"http://h/?token=<redacted …6789 *>\\\"}\",\"kept\"]", "seed");
  check_redaction (OH_REDACT_JSON, "[\"{\\\"secret\\\":\\\"seed-0123456789\",\"kept\"]",
                   "[\"{\\\"secret\\\":\\\"<redacted …6789 *>\",\"kept\"]", "seed");
  check_redaction (OH_REDACT_JSON, "[\"{\\\"secret\\\":\\\"seed 0123456789\\\"}\",\"kept\"]", "*seed 0123456789*", NULL);
}

/* What stands in a container under a secret's name, or beside it; and what only tells about it. */
static void
test_redactor_containers (void)
{
  check_redaction (OH_REDACT_JSON, "{\"api_keys\":[\"seed-0123456789\", \"seed-9876543210\"],\"b\":[\"kept-0123456789\"]}",
                   "{\"api_keys\":[\"<redacted …6789 *>\", \"<redacted …3210 *>\"],\"b\":[\"kept-0123456789\"]}", "seed");
  check_redaction (OH_REDACT_JSON, "{\"token\" : {\"type\":\"kept-0123456789\",\"value\":\"seed-0123456789\",\"of\":{\"x\":\"kept-0123456789\"}},"
                   "\"value\":\"kept-0123456789\"}",
                   "{\"token\" : {\"type\":\"kept-0123456789\",\"value\":\"<redacted …6789 *>\",\"of\":{\"x\":\"kept-0123456789\"}},"
                   "\"value\":\"kept-0123456789\"}", "seed");
  check_redaction (OH_REDACT_JSON, "[{\"name\":\"Authorization\",\"x\":[1,{\"value\":\"kept-0123456789\"}],\"value\":\"Bearer seed-0123456789\"},"
                   "{\"name\":\"other\",\"value\":\"kept-0123456789\"}]",
                   "[{\"name\":\"Authorization\",\"x\":[1,{\"value\":\"kept-0123456789\"}],\"value\":\"Bearer <redacted …6789 *>\"},"
                   "{\"name\":\"other\",\"value\":\"kept-0123456789\"}]", "seed");
  check_redaction (OH_REDACT_JSON, "{\"secrets\":[{\"id\":\"kept-0123456789\",\"data\":[\"seed-0123456789\",[\"https://h/kept-0123\",\"https://h/?key=seed-0123456789\"]]}]}",
                   "{\"secrets\":[{\"id\":\"kept-0123456789\",\"data\":[\"<redacted …6789 *>\",[\"https://h/kept-0123\",\"https://h/?key=<redacted …6789 *>\"]]}]}", "seed");
  check_redaction (OH_REDACT_JSON, "{\"Cookie\":\"a=b; sid=seed-0123456789\",\"secret\":\"no; secret-0123456789\"}",
                   "{\"Cookie\":\"<redacted …6789 *>\",\"secret\":\"no; secret-0123456789\"}", "seed");
}

/* Fields and arguments also stand as names and values one after the other; so do members, whose names stay. */
static void
test_redactor_neighbours (void)
{
  check_redaction (OH_REDACT_JSON, "{\"headers\":[[\"Authorization\", \"Bearer seed-0a1b2c3d4e\"],[\"Accept\",\"kept-0a1b2c3d4e\"]]}",
                   "{\"headers\":[[\"Authorization\", \"Bearer <redacted …3d4e *>\"],[\"Accept\",\"kept-0a1b2c3d4e\"]]}", "seed");
  check_redaction (OH_REDACT_JSON, "[\"Host\",\"h\",\"x-api-key\",\"seed-0a1b2c3d4e\" ,\"kept-0a1b2c3d4e\"]",
                   "[\"Host\",\"h\",\"x-api-key\",\"<redacted …3d4e *>\" ,\"kept-0a1b2c3d4e\"]", "seed");
  check_redaction (OH_REDACT_JSON, "{\"a\":\"[\\\"--token\\\",\\\"seed-0a1b2c3d4e\\\"]\",\"b\":\"[\\\"--token\\\",\\\"seed-0a1b2c3d4e\\\"\"}",
                   "{\"a\":\"[\\\"--token\\\",\\\"<redacted …3d4e *>\\\"]\",\"b\":\"[\\\"--token\\\",\\\"<redacted …3d4e *>\\\"\"}", "seed");
  check_redaction (OH_REDACT_JSON, "{\"type\":\"token\",\"kept-0a1b2c3d4e\" : \"x\",\"of\":\"secret\",\"api_key\":\"seed-0a1b2c3d4e\"}",
                   "{\"type\":\"token\",\"kept-0a1b2c3d4e\" : \"x\",\"of\":\"secret\",\"api_key\":\"<redacted …3d4e *>\"}", "seed");
  check_redaction (OH_REDACT_JSON, "[\"password\",\"token\",\"seed-0a1b2c3d4e\"]", "[\"password\",\"token\",\"<redacted …3d4e *>\"]", "seed");
  check_redaction (OH_REDACT_JSON, "[\"token\",\"https://h/?key=seed-0123456789\",{\"secret\":\"seed-0123456789\"}]",
                   "[\"token\",\"https://h/?key=<redacted …6789 *>\",{\"secret\":\"<redacted …6789 *>\"}]", "seed");
  check_redaction (OH_REDACT_JSON, "[\"token\",{\"x\":\"kept-0a1b2c3d4e\"},[\"token\",7,\"kept-0a1b2c3d4e\"]]",
                   "[\"token\",{\"x\":\"kept-0a1b2c3d4e\"},[\"token\",7,\"kept-0a1b2c3d4e\"]]", NULL);
  check_redaction (OH_REDACT_ANY, " [{\"api_key\":\"seed-0123456789\"}]", " [{\"api_key\":\"<redacted …6789 *>\"}]", "seed");
  check_redaction (OH_REDACT_ANY, "<p>{\"api_key\":\"kept-0123456789\"}", "<p>{\"api_key\":\"kept-0123456789\"}", NULL);
}

/* Each layer undoes its own escapes; whatever they are, and however many layers there are. */
static void
test_redactor_layers (void)
{
  check_redaction (OH_REDACT_JSON, "{\"a\":\"{\\u0022\\u0061pi_key\\u0022:\\u0022seed-0123456789\\u0022}\",\"b\":1}",
                   "{\"a\":\"{\\u0022\\u0061pi_key\\u0022:\\u0022<redacted …6789 *>\\u0022}\",\"b\":1}", "seed");
  check_redaction (OH_REDACT_JSON, "[\"{\\\"a\\\":\\\"{\\\\\\\"token\\\\\\\":[\\\\\\\"seed-0123456789\\\\\\\"]}\\\"}\",1]",
                   "[\"{\\\"a\\\":\\\"{\\\\\\\"token\\\\\\\":[\\\\\\\"<redacted …6789 *>\\\\\\\"]}\\\"}\",1]", "seed");
  check_redaction (OH_REDACT_JSON, "\"\\\"[{\\\\\\\"token\\\\\\\":\\\\\\\"seed-0123456789\\\\\\\"}]\\\"\"",
                   "\"\\\"[{\\\\\\\"token\\\\\\\":\\\\\\\"<redacted …6789 *>\\\\\\\"}]\\\"\"", "seed");
  check_redaction (OH_REDACT_JSON, "{\"url\":\"https://h/?a=b&next=https%3A%2F%2Fi%3Fa%3Db%26token%3Dseed-0123456789%26v%3D2&c=d\"}",
                   "{\"url\":\"https://h/?a=b&next=https%3A%2F%2Fi%3Fa%3Db%26token%3D<redacted …6789 *>%26v%3D2&c=d\"}", "seed");
  check_redaction (OH_REDACT_QUERY, "a=b&next=https%253A%252F%252Fi%253Ftoken%253Dseed-0123456789%2526v%253D2&c=d",
                   "a=b&next=https%253A%252F%252Fi%253Ftoken%253D<redacted …6789 *>%2526v%253D2&c=d", "seed");
  check_redaction (OH_REDACT_QUERY, "a=%7B%22api_key%22:+%22seed-01%2B23456789%22,%22b%22:%22c%22%7D&token=x%26y",
                   "a=%7B%22api_key%22:+%22<redacted …6789 *>%22,%22b%22:%22c%22%7D&token=<redacted … *>", "seed");
  check_redaction (OH_REDACT_QUERY, "state=a%3Db%26token%3Dseed-0123456789", "state=a%3Db%26token%3D<redacted …6789 *>", "seed");
  check_redaction (OH_REDACT_TEXT, " {\"tokens\":[\"seed-0123456789\"]}", " {\"tokens\":[\"<redacted …6789 *>\"]}", "seed");
}

static void
test_redactor_multipart (void)
{
  check_redaction (OH_REDACT_MULTIPART,
                   "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n{\"a\":\n-1,\n\"tokens\":[\"seed-0123456789\"]}\r\n"
                   "--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nseed-0123456789\r\n--b--",
                   "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n{\"a\":\n-1,\n\"tokens\":[\"<redacted …6789 *>\"]}\r\n"
                   "--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n<redacted …6789 *>\r\n--b--", "seed");
  check_redaction (OH_REDACT_MULTIPART,
                   "--b\r\nContent-Disposition: form-data; name=\"api_key\"\r\nX: y\r\n\r\nseed-0123456789\r\n"
                   "--b\r\ncontent-disposition: form-data; filename=\"token\"; name=\"file\"\r\n\r\nkept words\n\nkept\r\n--b--",
                   "--b\r\nContent-Disposition: form-data; name=\"api_key\"\r\nX: y\r\n\r\n<redacted …6789 *>\r\n"
                   "--b\r\ncontent-disposition: form-data; filename=\"token\"; name=\"file\"\r\n\r\nkept words\n\nkept\r\n--b--",
                   "seed");
}

static void
test_redactor_text (void)
{
  check_redaction (OH_REDACT_TEXT, "x-api-key: seed-0123456789\nAuthorization: Bearer seed-9876543210\nend",
                   "x-api-key: <redacted …6789 *>\nAuthorization: Bearer <redacted …3210 *>\nend", "seed");
  check_redaction (OH_REDACT_TEXT, "API_KEY='seed-0123456789'; go", "API_KEY='<redacted …6789 *>'; go", "seed");
  check_redaction (OH_REDACT_TEXT, "say {\"client_secret\": \"seed-0123456789\"} &token=seed-9876543210&b=c",
                   "say {\"client_secret\": \"<redacted …6789 *>\"} &token=<redacted …3210 *>&b=c", "seed");
  check_redaction (OH_REDACT_TEXT, "password=seed-0123456789", "password=<redacted …6789 *>", "seed");
}

/* Prompts, schemas, code, counts: nothing of them is a secret. */
static void
check_harmless (const char *name, OhRedactMode mode)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "harmless", name, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), >, 10);
  for (char **line = lines; *line != NULL; line++)
    for (gsize step = 1; step < 64; step += 21)
      {
        g_autofree char *safe = redact (mode, *line, 0, step);

        g_assert_cmpstr (safe, ==, *line);
        check_plain (*line, mode == OH_REDACT_JSON);
      }
}

static void
test_harmless (void)
{
  check_harmless ("bodies.jsonl", OH_REDACT_JSON);
  check_harmless ("texts.txt", OH_REDACT_TEXT);
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  oh_redact_set_names ((const char *const[]) { "authorization_token", "raw_key", NULL }, (const char *const[]) { "create_api_key", NULL });
  g_test_add_func ("/secrets/fields", test_secret_fields);
  g_test_add_func ("/secrets/targets", test_secret_targets);
  g_test_add_func ("/secrets/names", test_secret_names);
  g_test_add_func ("/secrets/texts", test_secret_texts);
  g_test_add_func ("/secrets/arguments", test_secret_arguments);
  g_test_add_func ("/secrets/come-back", test_secret_comes_back);
  g_test_add_func ("/redactor/json", test_redactor_json);
  g_test_add_func ("/redactor/token", test_redactor_token);
  g_test_add_func ("/redactor/maybe", test_redactor_maybe);
  g_test_add_func ("/redactor/hex", test_redactor_hex);
  g_test_add_func ("/redactor/urls", test_redactor_urls);
  g_test_add_func ("/redactor/json-in-a-string", test_redactor_json_in_a_string);
  g_test_add_func ("/redactor/containers", test_redactor_containers);
  g_test_add_func ("/redactor/neighbours", test_redactor_neighbours);
  g_test_add_func ("/redactor/layers", test_redactor_layers);
  g_test_add_func ("/redactor/text", test_redactor_text);
  g_test_add_func ("/redactor/multipart", test_redactor_multipart);
  g_test_add_func ("/redactor/packed", test_redactor_packed);
  g_test_add_func ("/redactor/packed-events", test_redactor_packed_events);
  g_test_add_func ("/redactor/frames", test_redactor_frames);
  g_test_add_func ("/redactor/packed-long", test_redactor_packed_long);
  g_test_add_func ("/secrets/said", test_secret_is_said);
  g_test_add_func ("/redactor/harmless", test_harmless);
  g_test_add_func ("/secrets/plain", test_plain);
  g_test_add_func ("/redactor/by-reference", test_redactor_by_reference);
  return g_test_run ();
}
