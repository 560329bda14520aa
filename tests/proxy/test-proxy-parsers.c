/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sans-I/O pieces of the proxy: heads, bodies, targets; and the authority. */
#include "config.h"
#include "oh-admission-private.h"
#include "oh-answer-private.h"
#include "oh-authority-private.h"
#include "oh-chain-private.h"
#include "oh-hosts.h"
#include "oh-http-body-private.h"
#include "oh-listener-private.h"
#include "oh-outbox-private.h"
#include "oh-refusals-private.h"
#include "oh-waiting-stream-private.h"
#include "oh-target-private.h"

#include <string.h>

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

/* Servers sign each chunk, pad its length or write it with zeros before: a long body of such is as sound as a short one. */
static void
test_body_signed_chunks (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GString) out = NULL;
  gsize used;
  gboolean done;
  gboolean trailers;

  for (guint i = 0; i < 1000; i++)
    g_string_append_printf (text, "%040x;chunk-signature=%064x\r\na\r\n1       \r\nb\r\n", 1, i);
  g_string_append (text, "0\r\n\r\n");
  out = decode (text->str, 4096, &used, &done, &trailers);
  g_assert_nonnull (out);
  g_assert_true (done && out->len == 2000 && used == text->len);
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
test_hosts (void)
{
  static const struct
  {
    const char *text;
    const char *host;
  } hosts[] = {
    { "API.example", "api.example" }, { "api.example.", "api.example" }, { "*.example", "*.example" }, { "::1", "::1" },
    { "[::1]", "::1" }, { "[2001:DB8::5]", "2001:db8::5" }, { "192.0.2.1", "192.0.2.1" }, { "x_y-1", "x_y-1" },
    { "", NULL }, { ".", NULL }, { "[]", NULL }, { "[x]", NULL }, { "[::1", NULL }, { "h:1", NULL }, { "a/b", NULL },
    { "a@b", NULL }, { "a b", NULL }, { "http://h", NULL }, { "h?", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_autofree char *host = oh_target_parse_host (hosts[i].text);

      g_assert_cmpstr (host, ==, hosts[i].host);
    }
}

/* What people type, and what is said to it. */
static void
test_typed_hosts (void)
{
  static const struct
  {
    const char *typed;
    const char *host; /* NULL: refused … */
    const char *said; /* … with this in it */
  } cases[] = {
    { " API.example. ", "api.example", NULL },
    { "*.Example", "*.example", NULL },
    { "*", "*", NULL },
    { "localhost", "localhost", NULL },
    { "b\303\274cher.example", "xn--bcher-kva.example", NULL },
    { "*.B\303\234CHER.example", "*.xn--bcher-kva.example", NULL },
    { "xn--bcher-kva.example", "xn--bcher-kva.example", NULL },
    { "[2001:DB8:0::5]", "2001:db8::5", NULL },
    { "::1", "::1", NULL },
    { "192.0.2.1", "192.0.2.1", NULL },
    { "x_y-1", "x_y-1", NULL },
    { "", NULL, "“”" },
    { "  ", NULL, "“”" },
    { "a b", NULL, "“a b”" },
    { "https://api.example.com/v1?x=y", NULL, "say “api.example.com”" },
    { "HTTPS://user:pw@API.example.com:8443", NULL, "“API.example.com:8443” is not" },
    { "api.example.com:443", NULL, "say “api.example.com”" },
    { "api.example.com/v1", NULL, "say “api.example.com”" },
    { "https://b\303\274cher.example/", NULL, "say “b\303\274cher.example”" },
    { "[::1]:443", NULL, "say “::1”" },
    { "http://[::1]:443/", NULL, "say “::1”" },
    { "::1]", NULL, "not a host" },
    { "[::1", NULL, "not a host" },
    { "[x]", NULL, "not a host" },
    { "fe80::1%eth0", NULL, "not a host" },
    { "a..b", NULL, "not a host" },
    { ".a", NULL, "not a host" },
    { "http://", NULL, "not a host" },
    { "999.1.1.1", NULL, "not a host" },
    { "127.1", NULL, "not a host" },
    { "\"; alert(1); \"", NULL, "not a host" },
    { "h?", NULL, "say “h”" },
    { "\377.example", NULL, "not a host" },
    { "--read", "--read", NULL },
  };
  g_autofree char *label = g_strnfill (63, 'a');
  g_autofree char *long_label = g_strconcat (label, "a.example", NULL);
  g_autofree char *fits = g_strconcat (label, ".", label, ".", label, ".example", NULL);
  g_autofree char *too_long = g_strconcat (label, ".", label, ".", label, ".", label, ".example", NULL);
  g_autofree char *shown = oh_hosts_show ((const char *const[]){ "*.xn--bcher-kva.example", "::1", NULL });

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *host = oh_host_parse (cases[i].typed, &error);

      g_test_message ("%u", i);
      g_assert_cmpstr (host, ==, cases[i].host);
      g_assert_true ((error == NULL) == (host != NULL));
      g_assert_true (host != NULL || (g_utf8_validate (error->message, -1, NULL) && strstr (error->message, cases[i].said) != NULL));
    }
  {
    const char *const names[] = { long_label, fits, too_long };

    for (guint i = 0; i < G_N_ELEMENTS (names); i++)
      {
        g_autoptr (GError) error = NULL;
        g_autofree char *host = oh_host_parse (names[i], &error);

        g_assert_cmpstr (host, ==, names[i] == fits ? fits : NULL);
        g_assert_true (host != NULL || strlen (error->message) < 200);
      }
  }
  g_assert_cmpstr (shown, ==, "*.b\303\274cher.example, ::1");
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
  check_authority ("api.example.", 443, "api.example", 443);
  check_authority ("api.example.:8443", 443, "api.example", 8443);
  check_authority (".", 443, NULL, 0);
  check_authority (".:443", 443, NULL, 0);
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
  g_assert_true (oh_admission_find_run (admission, "token", &run) && run == 5);
  g_assert_false (oh_admission_find_run (admission, "toke", &run));
  g_assert_false (oh_admission_find_run (admission, NULL, &run));
  oh_admission_disallow (admission, "token");
  g_assert_false (oh_admission_find_run (admission, "token", &run));
  oh_admission_set_open (admission, TRUE);
  g_assert_true (oh_admission_is_open (admission));
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
    { "http://me:p@ss@corp:1", "http://me:p%40ss@corp:1", "corp:1", "Basic bWU6cEBzcw==", TRUE },
    { "http://me:100%@corp:1", "http://me:100%25@corp:1", "corp:1", "Basic bWU6MTAwJQ==", TRUE },
    { "http://me:%zz/#?%e4@corp:1", "http://me:%25zz%2F%23%3F%E4@corp:1", "corp:1", "Basic bWU6JXp6LyM/5A==", TRUE },
    { "socks5h://corp", "socks5://corp:1080", "corp:1080", NULL, FALSE },
    { "gopher://me:secret@corp:70", NULL, "corp:70", NULL, FALSE },
    { "http://", NULL, "http://", NULL, FALSE },
    { "http://corp:99999", NULL, "http://corp:99999", NULL, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (OhChain) chain = oh_chain_new (NULL, cases[i].text, NULL);
      g_autoptr (OhHops) hops = oh_chain_find (chain, TRUE, "a.example", 443);
      const OhHop *hop;

      g_test_message ("%s", cases[i].text);
      g_assert_null (oh_chain_find (chain, FALSE, "a.example", 80));
      g_assert_nonnull (hops);
      g_assert_cmpuint (hops->list->len, ==, 1);
      hop = hops->list->pdata[0];
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
      g_autoptr (OhHops) hops = oh_chain_find (chain, cases[i].port == 443, cases[i].host, cases[i].port);

      g_test_message ("%s for %s", cases[i].no_proxy, cases[i].host);
      g_assert_cmpint (hops == NULL, ==, cases[i].direct);
    }
}

static void
test_chain_answers (void)
{
  static const struct
  {
    const char *answer;
    const char *uris; /* "-": none between */
  } cases[] = {
    { NULL, "-" },
    { "", "-" },
    { "DIRECT", "-" },
    { " direct ; ", "-" },
    { "PROXY a:1; PROXY b:2; SOCKS5 c:3; DIRECT", "http://a:1 http://b:2 socks5://c:3 -" },
    { "proxy a", "http://a:80" },
    { "HTTPS a; HTTP b:8", "https://a:443 http://b:8" },
    { "SOCKS a", "socks5://a:1080 socks4a://a:1080 socks4://a:1080" },
    { "SOCKS4 a:9;DIRECT;PROXY\tb:1", "socks4://a:9 - http://b:1" },
    { "PROXY [::1]:8080", "http://[::1]:8080" },
    { "QUIC a:1; PROXY; PROXY b:99999; PROXY c:1", "http://c:1" },
    { "nonsense", "-" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) hops = oh_hops_parse (cases[i].answer);
      g_autoptr (GString) uris = g_string_new (NULL);

      for (guint j = 0; j < hops->len; j++)
        g_string_append_printf (uris, "%s%s", j > 0 ? " " : "", hops->pdata[j] != NULL ? ((OhHop *) hops->pdata[j])->uri : "-");
      g_assert_cmpstr (uris->str, ==, cases[i].uris);
    }
}

static void
test_chain_urls (void)
{
  g_autofree char *secret = oh_chain_make_url (TRUE, "a.example", 443, "/path?key");
  g_autofree char *port = oh_chain_make_url (TRUE, "::1", 8443, "/");
  g_autofree char *plain = oh_chain_make_url (FALSE, "a.example", 80, "/path?key");
  g_autofree char *other = oh_chain_make_url (FALSE, "a.example", 8080, "*");

  g_assert_cmpstr (secret, ==, "https://a.example/");
  g_assert_cmpstr (port, ==, "https://[::1]:8443/");
  g_assert_cmpstr (plain, ==, "http://a.example/path?key");
  g_assert_cmpstr (other, ==, "http://a.example:8080/");
}

/* --- retelling --- */

static void
test_retelling_asked_for (void)
{
  static const struct
  {
    const char *body;
    gboolean streams;
  } cases[] = {
    { "{\"stream\": true}", TRUE },  { "{\"a\":{\"stream\":true},\"stream\":false}", FALSE },
    { "{\"stream\":\"true\"}", FALSE }, { "{\"a\":{\"stream\":true}}", FALSE },
    { "[true]", FALSE },             { "{\"stream\":true", FALSE },
    { "", FALSE },                   { "{}", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (oh_waiting_stream_is_asked_for ((const guint8 *) cases[i].body, strlen (cases[i].body)), ==,
                     cases[i].streams);
}

/* What the program gets of an answer that comes in pieces of @step bytes. (transfer full) */
static char *
retell (const char *head_text, const guint8 *body, gsize length, gsize step)
{
  const char *problem = NULL;
  g_autoptr (OhHttpHead) head = oh_http_head_parse_response (head_text, strlen (head_text), &problem);
  g_autoptr (OhWaitingStream) retelling = oh_waiting_stream_new ();
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GBytes) rest = NULL;

  oh_waiting_stream_set_head (retelling, head);
  for (gsize at = 0; at < length; at += step)
    {
      g_autoptr (GBytes) piece = g_bytes_new (body + at, MIN (step, length - at));
      g_autoptr (GBytes) told = oh_waiting_stream_feed (retelling, piece, FALSE);

      g_string_append_len (out, g_bytes_get_data (told, NULL), g_bytes_get_size (told));
    }
  rest = oh_waiting_stream_feed (retelling, NULL, TRUE);
  g_string_append_len (out, g_bytes_get_data (rest, NULL), g_bytes_get_size (rest));
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
test_retelling (void)
{
  static const char stream[] = "event: message_start\ndata: {}\n\nevent: message_stop\ndata: {}\n\n";
  static const char error[] = "{\"type\":\"error\",\n \"error\":{\"type\":\"overloaded_error\",\"message\":\"O\"}}\r\n";
  static const struct
  {
    const char *head;
    const char *body;
    const char *told;
  } cases[] = {
    { "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n", stream, stream },
    { "HTTP/1.1 529 Busy\r\nContent-Type: application/json\r\n\r\n", error,
      "event: error\ndata: {\"type\":\"error\",  \"error\":{\"type\":\"overloaded_error\",\"message\":\"O\"}}\n\n" },
    { "HTTP/1.1 502 No\r\nContent-Type: text/html\r\n\r\n", "<p>\n\xff",
      "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"The server answered with status "
      "502: <p>\\n\xef\xbf\xbd\"}}\n\n" },
    { "HTTP/1.1 500 No\r\n\r\n", "",
      "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"The server answered with status "
      "500: \"}}\n\n" },
    { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", "{}",
      "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"The server answered with status "
      "200: {}\"}}\n\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize step = 1; step <= strlen (cases[i].body) + 1; step++)
      {
        g_autofree char *told = retell (cases[i].head, (const guint8 *) cases[i].body, strlen (cases[i].body), step);

        g_assert_cmpstr (told, ==, cases[i].told);
      }
}

/* The program was told of no content-encoding. */
static void
test_retelling_decodes (void)
{
  static const char text[] = "event: message_start\ndata: {\"type\": \"message_start\"}\n\n";
  g_autoptr (GConverter) zip = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1));
  guint8 packed[256];
  gsize read = 0, written = 0;

  g_assert_cmpint (g_converter_convert (zip, text, strlen (text), packed, sizeof packed, G_CONVERTER_INPUT_AT_END, &read,
                                        &written, NULL), ==, G_CONVERTER_FINISHED);
  for (gsize step = 1; step <= written; step++)
    {
      g_autofree char *told = retell ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n",
                                      packed, written, step);

      g_assert_cmpstr (told, ==, text);
    }
}

/* --- answers --- */

/* What a client of HTTP/1.@minor gets of a server's answer with the body "abc". */
static char *
answer (guint minor, gboolean keep, const char *head, OhFraming framing, gboolean *kept)
{
  const char *problem = NULL;
  g_autoptr (OhHttpHead) parsed = oh_http_head_parse_response (head, strlen (head), &problem);
  g_autoptr (OhHttpHead) trailers = oh_http_head_parse_trailers ("Sum: 3\r\n", strlen ("Sum: 3\r\n"));
  g_autoptr (GBytes) payload = g_bytes_new_static ("abc", 3);
  g_autoptr (GString) out = g_string_new (NULL);
  OhAnswer self = { .minor = minor, .keep = keep };

  g_assert_nonnull (parsed);
  oh_answer_begin (&self, parsed, framing);
  oh_answer_set_trailers (&self, trailers);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GBytes) piece = oh_answer_frame (&self, i == 0 ? payload : NULL, i == 1);

      g_string_append_len (out, g_bytes_get_data (piece, NULL), (gssize) g_bytes_get_size (piece));
    }
  *kept = self.keep;
  oh_answer_clear (&self);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
test_answers (void)
{
  static const struct
  {
    guint minor;
    gboolean keep;
    OhFraming framing;
    const char *fields, *told, *body;
    gboolean kept;
  } cases[] = {
    { 1, TRUE, OH_FRAMING_LENGTH, "content-LENGTH: 3\r\n", "content-LENGTH: 3\r\n", "abc", TRUE },
    { 0, TRUE, OH_FRAMING_LENGTH, "Content-Length: 3\r\n", "Content-Length: 3\r\nConnection: keep-alive\r\n", "abc", TRUE },
    { 1, FALSE, OH_FRAMING_LENGTH, "Content-Length: 3\r\n", "Content-Length: 3\r\nConnection: close\r\n", "abc", FALSE },
    { 1, TRUE, OH_FRAMING_CHUNKED, "Transfer-Encoding: chunked\r\nContent-Length: 9\r\n", "Transfer-Encoding: chunked\r\n",
      "3\r\nabc\r\n0\r\nSum: 3\r\n\r\n", TRUE },
    { 1, TRUE, OH_FRAMING_CLOSE, "A: 1\r\nConnection: close\r\n", "A: 1\r\nTransfer-Encoding: chunked\r\n",
      "3\r\nabc\r\n0\r\nSum: 3\r\n\r\n", TRUE },
    { 0, TRUE, OH_FRAMING_CLOSE, "A: 1\r\n", "A: 1\r\nConnection: close\r\n", "abc", FALSE },
    { 0, TRUE, OH_FRAMING_CHUNKED, "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "abc", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *head = g_strconcat ("HTTP/1.1 200 Fine\r\n", cases[i].fields, "\r\n", NULL);
      g_autofree char *right = g_strconcat ("HTTP/1.1 200 Fine\r\n", cases[i].told, "\r\n", cases[i].body, NULL);
      gboolean kept;
      g_autofree char *told = answer (cases[i].minor, cases[i].keep, head, cases[i].framing, &kept);

      g_assert_cmpstr (told, ==, right);
      g_assert_cmpint (kept, ==, cases[i].kept);
    }
}

/* Small and large pieces come out as they went in. */
static void
test_outbox (void)
{
  g_autoptr (GInputStream) in = g_memory_input_stream_new ();
  g_autoptr (GOutputStream) out = g_memory_output_stream_new_resizable ();
  g_autoptr (GIOStream) stream = g_simple_io_stream_new (in, out);
  g_autoptr (GByteArray) all = g_byte_array_new ();
  char room[5];
  g_autoptr (GOutputStream) little = g_memory_output_stream_new (room, sizeof room, NULL, NULL);
  g_autoptr (GIOStream) narrow = g_simple_io_stream_new (in, little);
  OhOutbox outbox = { 0 };

  g_assert_cmpint (oh_outbox_flush (&outbox, stream), ==, OH_OUTBOX_EMPTY);
  for (guint i = 0; i < 60; i++)
    {
      const gsize size = i % 7 == 6 ? 20000 : i * 37 % 5000;
      g_autofree guint8 *data = g_malloc (size + 1);

      memset (data, 'a' + i % 26, size);
      g_byte_array_append (all, data, size);
      oh_outbox_push (&outbox, g_bytes_new (data, size));
      if (i % 20 == 19)
        g_assert_cmpint (oh_outbox_flush (&outbox, stream), ==, OH_OUTBOX_EMPTY);
    }
  g_assert_cmpuint (outbox.pending, ==, 0);
  g_assert_cmpmem (g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (out)),
                   g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (out)), all->data, all->len);
  oh_outbox_push (&outbox, g_bytes_new_static ("abcdefgh", 8));
  g_assert_cmpint (oh_outbox_flush (&outbox, narrow), ==, OH_OUTBOX_BROKEN);
  g_assert_cmpuint (outbox.pending, ==, 3);
  g_assert_cmpmem (room, sizeof room, "abcde", 5);
  oh_outbox_clear (&outbox);
  g_assert_cmpuint (outbox.pending, ==, 0);
}

/* --- refusals --- */

static void
test_refusals (void)
{
  g_autoptr (OhRefusals) known = oh_refusals_new ();

  /* Of no run: passed from the first time on, in any case of the host, until it is forgotten. */
  g_assert_cmpint (oh_refusals_take (known, 0, "a.example", "one"), ==, OH_OFFER_TRIAL);
  g_assert_cmpint (oh_refusals_note_refused (known, 0, "a.example", "one", OH_REFUSAL_SAID), ==, OH_FALLBACK_ALWAYS);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (oh_refusals_take (known, 0, "A.example", "one"), ==, OH_OFFER_UNREAD);
  g_assert_cmpint (oh_refusals_take (known, 0, "b.example", "one"), ==, OH_OFFER_TRIAL);
  g_assert_cmpint (oh_refusals_take (known, 0, "a.example", "two"), ==, OH_OFFER_TRIAL);
  g_assert_cmpint (oh_refusals_take (known, 1, "a.example", "one"), ==, OH_OFFER_TRIAL);
  oh_refusals_note_accepted (known, 1, "a.example", "one");
  oh_refusals_forget (known, 0);
  g_assert_cmpint (oh_refusals_take (known, 0, "a.example", "one"), ==, OH_OFFER_TRIAL);
  g_assert_cmpint (oh_refusals_take (known, 1, "a.example", "one"), ==, OH_OFFER_READ);
  /* One that was read before. */
  oh_refusals_note_accepted (known, 0, "a.example", "one");
  g_assert_true (oh_refusals_has_accepted (known, 0, "a.example", "one"));
  g_assert_false (oh_refusals_has_accepted (known, 0, "a.example", "two"));
  g_assert_cmpint (oh_refusals_note_refused (known, 0, "a.example", "one", OH_REFUSAL_LEFT), ==, OH_FALLBACK_UNUSED);
  g_assert_cmpint (oh_refusals_note_refused (known, 0, "a.example", "one", OH_REFUSAL_SAID), ==, OH_FALLBACK_ALWAYS);
  /* Of a run, where two that look alike are not to cost more than two connections: the other is read until then. */
  g_assert_cmpint (oh_refusals_note_refused (known, 1, "a.example", "one", OH_REFUSAL_SAID), ==, OH_FALLBACK_ONCE);
  g_assert_cmpint (oh_refusals_take (known, 1, "a.example", "one"), ==, OH_OFFER_UNREAD);
  g_assert_cmpint (oh_refusals_take (known, 1, "a.example", "one"), ==, OH_OFFER_READ);
  oh_refusals_note_accepted (known, 1, "a.example", "one");
  g_assert_cmpint (oh_refusals_note_refused (known, 1, "a.example", "one", OH_REFUSAL_SAID), ==, OH_FALLBACK_ALWAYS);
  g_assert_cmpint (oh_refusals_take (known, 1, "a.example", "one"), ==, OH_OFFER_UNREAD);
  g_assert_cmpint (oh_refusals_take (known, 1, "a.example", "one"), ==, OH_OFFER_UNREAD);
  /* Who leaves without a word does so once for nothing. */
  g_assert_cmpint (oh_refusals_note_refused (known, 2, "a.example", "one", OH_REFUSAL_LEFT), ==, OH_FALLBACK_ONCE);
  g_assert_cmpint (oh_refusals_take (known, 2, "a.example", "one"), ==, OH_OFFER_UNREAD);
  g_assert_cmpint (oh_refusals_take (known, 2, "a.example", "one"), ==, OH_OFFER_TRIAL);
  g_assert_cmpint (oh_refusals_note_refused (known, 2, "a.example", "one", OH_REFUSAL_LEFT), ==, OH_FALLBACK_ALWAYS);
  /* One that is read leaves a connection at once that it does not need; two in turn are no chance, and it is tried again. */
  oh_refusals_note_accepted (known, 0, "c.example", "one");
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpint (oh_refusals_note_refused (known, 0, "c.example", "one", OH_REFUSAL_AT_ONCE), ==, OH_FALLBACK_UNUSED);
      oh_refusals_note_accepted (known, 0, "c.example", "one");
    }
  g_assert_cmpint (oh_refusals_note_refused (known, 0, "c.example", "one", OH_REFUSAL_AT_ONCE), ==, OH_FALLBACK_UNUSED);
  g_assert_cmpint (oh_refusals_note_refused (known, 0, "c.example", "one", OH_REFUSAL_AT_ONCE), ==, OH_FALLBACK_ONCE);
  g_assert_cmpint (oh_refusals_take (known, 0, "c.example", "one"), ==, OH_OFFER_UNREAD);
  g_assert_cmpint (oh_refusals_take (known, 0, "c.example", "one"), ==, OH_OFFER_READ);
  /* One that never was does not accept us; in a run it may have had no use for the connection. */
  g_assert_cmpint (oh_refusals_note_refused (known, 0, "d.example", "one", OH_REFUSAL_AT_ONCE), ==, OH_FALLBACK_ALWAYS);
  g_assert_cmpint (oh_refusals_note_refused (known, 1, "d.example", "one", OH_REFUSAL_AT_ONCE), ==, OH_FALLBACK_ONCE);
  /* It has bounds. */
  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *who = g_strdup_printf ("%u", i);

      oh_refusals_note_refused (known, 0, "a.example", who, OH_REFUSAL_SAID);
    }
  g_assert_cmpint (oh_refusals_take (known, 2, "a.example", "one"), ==, OH_OFFER_TRIAL);
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
  g_test_add_func ("/body/signed-chunks", test_body_signed_chunks);
  g_test_add_func ("/body/ends", test_body_ends);
  g_test_add_func ("/targets", test_targets);
  g_test_add_func ("/hosts", test_hosts);
  g_test_add_func ("/admission/tokens", test_admission);
  g_test_add_func ("/admission/detours", test_detours);
  g_test_add_func ("/authority", test_authority);
  g_test_add_func ("/listener/port-taken", test_port_taken);
  g_test_add_func ("/chain/addresses", test_chain_addresses);
  g_test_add_func ("/chain/exceptions", test_chain_exceptions);
  g_test_add_func ("/chain/answers", test_chain_answers);
  g_test_add_func ("/chain/urls", test_chain_urls);
  g_test_add_func ("/retelling/asked-for", test_retelling_asked_for);
  g_test_add_func ("/retelling/every-split", test_retelling);
  g_test_add_func ("/retelling/decodes", test_retelling_decodes);
  g_test_add_func ("/answer/framings", test_answers);
  g_test_add_func ("/outbox", test_outbox);
  g_test_add_func ("/hosts/typed", test_typed_hosts);
  g_test_add_func ("/refusals", test_refusals);
  return g_test_run ();
}
