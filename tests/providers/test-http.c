/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exchanges of no API that we know. */
#include "config.h"
#include "fixture.h"

typedef struct
{
  const char *name;
  const char *type;
  const char *body;
  gssize length;
  const char *dump;
} Body;

static const Body bodies[] = {
  { "json", "application/json; charset=utf-8", "{\"a\": 1}", -1, "json text={\"a\": 1} media=application/json\n" },
  { "json-suffix", "application/problem+json", "[]", -1, "json text=[] media=application/problem+json\n" },
  { "json-untyped", NULL, "{\"a\":1}", -1, "json text={\"a\":1}\n" },
  { "not-json", "application/json", "{\"a\":", -1, "text text={\"a\": media=application/json\n" },
  { "text", "text/plain", "héllo", -1, "text text=héllo media=text/plain\n" },
  { "html", "text/html", "<html>", -1, "text text=<html> media=text/html\n" },
  { "svg", "image/svg+xml", "<svg/>", -1, "text text=<svg/> media=image/svg+xml\n" },
  { "png", "image/png", "\x89PNG\0", 5, "image media=image/png data=5\n" },
  { "pdf", "application/pdf", "%PDF", -1, "document media=application/pdf data=4\n" },
  { "bytes", "application/octet-stream", "\xff\0\x01", 3, "bytes media=application/octet-stream data=3\n" },
  { "latin-1", "text/plain; charset=latin-1", "caf\xe9", -1, "bytes media=text/plain data=4\n" },
  { "form", "application/x-www-form-urlencoded", "a=1+2&b=%C3%A9&c&=d&", -1,
    "form media=application/x-www-form-urlencoded\n  field name=a text=1 2\n  field name=b text=é\n  field name=c text=\n"
    "  field name= text=d\n" },
  { "multipart", "multipart/form-data; boundary=\"xx\"",
    "--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--xx\r\nContent-Disposition: form-data; name=\"f\"; "
    "filename=\"p.png\"\r\nContent-Type: image/png\r\n\r\n\x89\xff\r\n--xx--\r\n",
    -1, "form media=multipart/form-data\n  field name=a text=one\n  field name=f source=p.png data=2\n" },
  { "multipart-without-boundary", "multipart/form-data", "--xx", -1, "form text=--xx media=multipart/form-data\n" },
  { "nothing", "text/plain", "", -1, "" },
};

/* The same body sent and received. */
static void
check_body (gconstpointer data)
{
  const Body *body = data;
  gsize length = body->length < 0 ? strlen (body->body) : (gsize) body->length;
  const char *const *fields = body->type != NULL ? FIELDS ("Content-Type", body->type) : NULL;
  g_autoptr (OhExchange) exchange = make_exchange ("POST", "example.com", "/things", fields);
  g_autoptr (OhInterpreter) interpreter = oh_interpreter_new (exchange);
  g_autoptr (OhReading) reading = NULL;
  g_autoptr (GString) sent = g_string_new (NULL);
  g_autoptr (GBytes) kept = NULL;
  gboolean complete;

  answer (exchange, 200, fields);
  oh_interpreter_feed_request (interpreter, body->body, length);
  oh_interpreter_end_request (interpreter);
  oh_interpreter_set_response (interpreter, exchange);
  oh_interpreter_feed_response (interpreter, body->body, length, 5);
  oh_interpreter_end (interpreter, OH_OUTCOME_FINISHED);
  reading = oh_interpreter_get_reading (interpreter);
  g_assert_cmpstr (reading->facts->provider, ==, "http");
  g_assert_true (reading->facts->complete);
  assert_answer (reading, body->dump);
  if (reading->messages->len > 0)
    dump_blocks (sent, ((OhMessage *) reading->messages->pdata[0])->blocks, 0);
  g_assert_cmpstr (sent->str, ==, body->dump);
  kept = oh_interpreter_get_response_body (interpreter, &complete);
  g_assert_true (complete);
  g_assert_cmpmem (g_bytes_get_data (kept, NULL), g_bytes_get_size (kept), body->body, length);
}

static void
check_query (void)
{
  g_autoptr (OhExchange) exchange = make_exchange ("GET", "example.com", "/s?q=a%20b&n=1&flag", NULL);
  g_autoptr (OhReading) reading = NULL;

  answer (exchange, 204, NULL);
  reading = read_all (exchange, NULL, "");
  g_assert_cmpuint (reading->parameters->len, ==, 3);
  g_assert_cmpstr (((OhParameter *) reading->parameters->pdata[0])->name, ==, "q");
  g_assert_cmpstr (((OhParameter *) reading->parameters->pdata[0])->value, ==, "\"a b\"");
  g_assert_null (reading->answer);
}

static void
check_events (void)
{
  g_autoptr (OhExchange) exchange = make_exchange ("GET", "example.com", "/ticks", NULL);
  g_autoptr (OhReading) reading = NULL;
  g_autoptr (GString) events = g_string_new (NULL);

  answer (exchange, 200, FIELDS ("content-type", "text/event-stream"));
  reading = read_all (exchange, NULL, "data: one\n\nevent: tick\ndata: two\n");
  dump_events (events, reading->events);
  g_assert_cmpstr (events->str, ==, "message|one|one|0+11\ntick|two|two|11+22 unterminated\n");
  g_assert_true (reading->facts->streamed);
}

static void
check_cut (void)
{
  g_autoptr (OhExchange) exchange = make_exchange ("GET", "example.com", "/", NULL);
  g_autoptr (OhInterpreter) interpreter = NULL;
  g_autoptr (OhFacts) facts = NULL;
  g_autoptr (GBytes) kept = NULL;
  gboolean complete;

  answer (exchange, 200, FIELDS ("content-type", "text/plain"));
  interpreter = interpret (exchange, NULL, "half", -1, 2, OH_OUTCOME_CUT);
  facts = oh_interpreter_get_facts (interpreter);
  kept = oh_interpreter_get_response_body (interpreter, &complete);
  g_assert_false (facts->complete);
  g_assert_false (complete);
  g_assert_cmpuint (g_bytes_get_size (kept), ==, 4);
}

/* No answer at all. */
static void
check_failed (void)
{
  g_autoptr (OhExchange) exchange = make_exchange ("GET", "example.com", "/", NULL);
  g_autoptr (OhInterpreter) interpreter = oh_interpreter_new (exchange);
  g_autoptr (OhReading) reading = NULL;
  g_autoptr (GBytes) kept = NULL;

  oh_interpreter_end (interpreter, OH_OUTCOME_FAILED);
  reading = oh_interpreter_get_reading (interpreter);
  kept = oh_interpreter_get_response_body (interpreter, NULL);
  g_assert_false (reading->facts->complete);
  g_assert_null (reading->answer);
  g_assert_cmpuint (g_bytes_get_size (kept), ==, 0);
  g_assert_cmpuint (reading->problems->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autofree char *name = g_strconcat ("/http/body/", bodies[i].name, NULL);

      g_test_add_data_func (name, &bodies[i], check_body);
    }
  g_test_add_func ("/http/query", check_query);
  g_test_add_func ("/http/events", check_events);
  g_test_add_func ("/http/cut", check_cut);
  g_test_add_func ("/http/failed", check_failed);
  return g_test_run ();
}
