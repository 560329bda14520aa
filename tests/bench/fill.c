/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fills a data directory.
 *   bench-fill FOLDER NUMBER   exchanges of one run, a second apart, the last one now, understood and indexed as after a
 *                              real run; the same number makes the same ones, and what is rare among them is one of
 *                              1,000 or of 100,000, for searches to look for
 *   bench-fill FOLDER thread   one exchange: 100,000 messages, 200 MB
 *   bench-fill FOLDER body     one exchange: an answer of 20 MB of JSON
 *   bench-fill FOLDER trace    10,000 calls of one trace
 *   bench-fill FOLDER live     5,000 exchanges more, 1,000 a second */
#include "fixture.h"
#include "oh-facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VOCABULARY 4000
#define FLUSH_EVERY 500
#define PIECE ((gsize) 65536)
#define MESSAGES 100000
#define MESSAGE_SIZE 1990
#define BODY_SIZE (20 * 1000 * 1000)
#define TRACE_CALLS 10000
#define LIVE 5000
#define LIVE_PER_SECOND 1000

static const char *const models[] = { "claude-sonnet-4-5-20250929", "claude-opus-4-1-20250805",
                                      "claude-haiku-4-5-20251001" };

/* SplitMix64: each exchange's texts depend on its number only. */
static guint64
next (guint64 *state)
{
  guint64 z = (*state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static gboolean
is_one_of (guint64 key, guint every)
{
  return key % every == every / 2 + 1;
}

/* Words of one to four syllables; those with low numbers are frequent, as in a language. None has a z, an x or a q. */
static void
append_word (GString *out, guint64 *state)
{
  static const char consonants[] = "bcdfghjklmnprstvwy", vowels[] = "aeiou";
  static const char *const ends[] = { "", "", "n", "r", "s", "t", "l", "nd" };
  double u = (double) (next (state) >> 11) / 9007199254740992.0;
  guint64 word = (guint64) (VOCABULARY * u * u * u) + 1;
  guint64 sound = next (&word);

  for (guint n = 1 + (guint) (sound % 4); n > 0; n--)
    {
      sound /= 7;
      g_string_append_c (out, consonants[sound % 18]);
      sound /= 18;
      g_string_append_c (out, vowels[sound % 5]);
    }
  g_string_append (out, ends[sound / 5 % 8]);
}

static void
append_words (GString *out, guint64 *state, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append_c (out, ' ');
      append_word (out, state);
    }
}

static char *
make_id (const char *prefix, guint64 *state)
{
  static const char letters[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYabcdefghijkmnopqrstuvwxy";
  GString *id = g_string_new (prefix);

  for (guint i = 0; i < 22; i++)
    g_string_append_c (id, letters[next (state) % (sizeof letters - 1)]);
  return g_string_free (id, FALSE);
}

static char *
make_prompt (guint64 key, guint64 *state)
{
  GString *text = g_string_new (NULL);

  append_words (text, state, 24);
  if (key % 20 == 0)
    g_string_append (text, " 明日の天気予報は晴れです");
  if (is_one_of (key, 100000))
    g_string_append (text, " zq 雨 the needle in the haystack");
  if (is_one_of (key, 1000))
    g_string_append (text, " zx seldom");
  return g_string_free (text, FALSE);
}

static void
add (OhStore *store, guint64 key, gint64 run_id, gint64 started_ns, const char *prompt, const char *answer,
     const char *message_id)
{
  g_autofree char *request = g_strdup_printf ("{\"model\":\"%s\",\"max_tokens\":64,\"messages\":[{\"role\":\"user\","
                                              "\"content\":\"%s\"}]}",
                                              models[key % G_N_ELEMENTS (models)], prompt);
  g_autofree char *response =
    g_strdup_printf ("{\"id\":\"%s\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"%s\","
                     "\"content\":[{\"type\":\"text\",\"text\":\"%s\"}],\"stop_reason\":\"end_turn\","
                     "\"usage\":{\"input_tokens\":12,\"output_tokens\":5}}",
                     message_id, models[key % G_N_ELEMENTS (models)], answer);
  OhExchange *begin = fixture_exchange ();
  OhExchange *end;

  begin->run_id = run_id;
  begin->started_ns = started_ns;
  if (is_one_of (key, 100000))
    {
      g_free (begin->host);
      begin->host = g_strdup ("rare.example.org");
    }
  end = oh_exchange_copy (begin);
  end->status = is_one_of (key, 100000) ? 529 : key % 50 == 0 ? 429 : 200;
  end->outcome = OH_OUTCOME_FINISHED;
  end->ended_by = OH_PARTY_UPSTREAM;
  end->request_length = (gint64) strlen (request);
  end->response_length = (gint64) strlen (response);
  end->timings.request_sent = OH_NS_PER_MS;
  end->timings.response_head = 300 * OH_NS_PER_MS;
  end->timings.ended = (is_one_of (key, 100000) ? 90000 : 400 + (gint64) (key % 700)) * OH_NS_PER_MS;
  end->response_headers = oh_headers_new ();
  oh_headers_append (end->response_headers, "Content-Type", "application/json");
  fixture_push (store, OH_CAPTURE_BEGIN, key, begin, NULL, 0, 0);
  fixture_push (store, OH_CAPTURE_REQUEST_DATA, key, NULL, request, -1, OH_NS_PER_MS);
  fixture_push (store, OH_CAPTURE_REQUEST_END, key, NULL, NULL, 0, OH_NS_PER_MS);
  fixture_push (store, OH_CAPTURE_RESPONSE_DATA, key, NULL, response, -1, 300 * OH_NS_PER_MS);
  oh_sink_push (OH_SINK (store), oh_capture_new (OH_CAPTURE_END, key, end, NULL, end->timings.ended));
}

/* What insight would say of it, so that rows are as they are after a real run. */
static void
add_facts (OhStore *store, gint64 id, guint64 key, const char *model, const char *message_id)
{
  g_autoptr (OhFacts) facts = oh_facts_new ("anthropic");

  facts->operation = g_strdup ("messages");
  facts->model = g_strdup (model);
  facts->message_id = g_strdup (message_id);
  facts->stop_reason = g_strdup ("end_turn");
  facts->complete = TRUE;
  facts->usage.input = is_one_of (key, 100000) ? 500000 : 12 + (gint64) (key % 5000);
  facts->usage.output = 5;
  facts->first_token_ns = (is_one_of (key, 100000) ? 30000 : 310) * OH_NS_PER_MS;
  oh_store_put_facts (store, id, facts);
}

/* @trace_id: the trace that it is in, or its own id, for a call alone */
static void
add_place (OhStore *store, gint64 id, guint64 key, gint64 trace_id)
{
  g_autoptr (OhMeaning) meaning = oh_meaning_new (id);

  meaning->place->call_id = id;
  meaning->place->attempt = 1;
  meaning->place->trace_id = trace_id;
  meaning->place->cost = is_one_of (key, 100000) ? 7.5 : 0.0001 * (double) (key % 300);
  meaning->trace_key = g_strdup_printf ("call:%" G_GINT64_FORMAT, trace_id);
  meaning->trace = oh_trace_new ();
  meaning->trace->id = trace_id;
  meaning->trace->name = g_strdup (trace_id == id ? "a lone call" : "a trace");
  oh_store_put_meaning (store, meaning);
}

static OhSearchable *
make_texts (gint64 id, guint64 key, const char *model, const char *prompt, const char *answer, const char *message_id,
            const char *request_id)
{
  OhSearchable *texts = oh_searchable_new (id);

  oh_searchable_add (texts, OH_SIDE_REQUEST,
                     is_one_of (key, 100000) ? "https://rare.example.org/v1/messages"
                                             : "https://api.anthropic.com/v1/messages");
  oh_searchable_add (texts, OH_SIDE_REQUEST, model);
  oh_searchable_add (texts, OH_SIDE_REQUEST, prompt);
  oh_searchable_add (texts, OH_SIDE_RESPONSE, message_id);
  oh_searchable_add (texts, OH_SIDE_RESPONSE, request_id);
  oh_searchable_add (texts, OH_SIDE_RESPONSE, answer);
  if (key % 10 == 0)
    oh_searchable_add_tool (texts, is_one_of (key, 1000) ? "get_seldom" : "get_weather");
  return texts;
}

/* Returns: its texts, for when it is in the store: of others nothing is indexed. */
static OhSearchable *
add_all (OhStore *store, guint64 key, gint64 run_id, gint64 started_ns)
{
  const char *model = is_one_of (key, 100000) ? "claude-rare-1" : models[key % G_N_ELEMENTS (models)];
  guint64 state = key;
  g_autofree char *prompt = make_prompt (key, &state);
  g_autofree char *message_id = make_id ("msg_01", &state);
  g_autofree char *request_id = make_id ("req_01", &state);
  g_autoptr (GString) answer = g_string_new (NULL);
  const gint64 id = (gint64) key; /* a new store counts from 1 */

  append_words (answer, &state, 16);
  add (store, key, run_id, started_ns, prompt, answer->str, message_id);
  add_facts (store, id, key, model, message_id);
  add_place (store, id, key, id);
  return make_texts (id, key, model, prompt, answer->str, message_id, request_id);
}

/* However long a disk takes: what comes faster than it can be written is given up. */
static void
flush (OhStore *store)
{
  do
    oh_store_flush (store);
  while (oh_store_is_behind (store));
}

static void
fill (OhStore *store, guint n)
{
  const gint64 now = oh_clock_wall_ns ();
  g_autoptr (OhRun) run = oh_run_new ();
  OhSearchable *texts[FLUSH_EVERY];
  gint64 run_id;
  guint waiting = 0;

  run->name = g_strdup ("bench-fill");
  run->started_ns = now - n * OH_NS_PER_S;
  run->ended_ns = now;
  run->exit_status = 0;
  run_id = oh_store_add_run (store, run);
  for (guint i = 0; i < n; i++)
    {
      texts[waiting++] = add_all (store, i + 1, run_id, now - (gint64) (n - i) * OH_NS_PER_S);
      if (waiting < FLUSH_EVERY && i + 1 < n)
        continue;
      flush (store);
      for (guint j = 0; j < waiting; j++)
        oh_store_put_searchable (store, texts[j]);
      waiting = 0;
    }
}

/* What searches skip by is made once there is nothing else to do. */
static void
wait_for_zones (const char *dir, guint n)
{
  sqlite3 *db = fixture_raw_open (dir);
  sqlite3_stmt *last;
  gint64 zone = -1;

  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT max (id) FROM zone", -1, &last, NULL), ==, SQLITE_OK);
  while (zone < (gint64) (n >> 6) - 2)
    {
      g_usleep (100000);
      if (sqlite3_step (last) == SQLITE_ROW)
        zone = sqlite3_column_int64 (last, 0);
      sqlite3_reset (last);
    }
  sqlite3_finalize (last);
  sqlite3_close (db);
}

static void
push_large (OhStore *store, OhCaptureKind kind, const GString *body)
{
  for (gsize at = 0; at < body->len; at += PIECE)
    {
      if (oh_store_is_behind (store))
        flush (store);
      fixture_push (store, kind, 1, NULL, body->str + at, (gssize) MIN (PIECE, body->len - at), 0);
    }
}

/* One large exchange: a conversation, or an answer that is a list. */
static void
add_large (OhStore *store, const GString *request, const GString *response)
{
  OhExchange *begin = fixture_exchange ();
  OhExchange *end = oh_exchange_copy (begin);

  end->status = 200;
  end->outcome = OH_OUTCOME_FINISHED;
  end->ended_by = OH_PARTY_UPSTREAM;
  end->request_length = (gint64) request->len;
  end->response_length = (gint64) response->len;
  end->timings.request_sent = OH_NS_PER_MS;
  end->timings.response_head = 300 * OH_NS_PER_MS;
  end->timings.ended = 400 * OH_NS_PER_MS;
  end->response_headers = oh_headers_new ();
  oh_headers_append (end->response_headers, "Content-Type", "application/json");
  fixture_push (store, OH_CAPTURE_BEGIN, 1, begin, NULL, 0, 0);
  push_large (store, OH_CAPTURE_REQUEST_DATA, request);
  fixture_push (store, OH_CAPTURE_REQUEST_END, 1, NULL, NULL, 0, OH_NS_PER_MS);
  push_large (store, OH_CAPTURE_RESPONSE_DATA, response);
  oh_sink_push (OH_SINK (store), oh_capture_new (OH_CAPTURE_END, 1, end, NULL, end->timings.ended));
  add_facts (store, 1, 1, models[0], "msg_01");
  add_place (store, 1, 1, 1);
  oh_store_flush (store);
  oh_store_put_searchable (store, make_texts (1, 1, models[0], "large", "large", "msg_01", "req_01"));
}

static void
add_thread (OhStore *store)
{
  g_autoptr (GString) request = g_string_new ("{\"model\":\"claude-sonnet-4-5-20250929\",\"max_tokens\":64,"
                                              "\"messages\":[");
  g_autoptr (GString) response = g_string_new ("{\"id\":\"msg_01\",\"type\":\"message\",\"role\":\"assistant\",\"model\":"
                                               "\"claude-sonnet-4-5-20250929\",\"content\":[{\"type\":\"text\","
                                               "\"text\":\"That was long.\"}],\"stop_reason\":\"end_turn\",\"usage\":"
                                               "{\"input_tokens\":12,\"output_tokens\":5}}");
  guint64 state = 1;

  for (guint i = 0; i < MESSAGES; i++)
    {
      gsize until = request->len + MESSAGE_SIZE;

      g_string_append_printf (request, "%s{\"role\":\"%s\",\"content\":\"Message %u. ", i > 0 ? "," : "",
                              i % 2 == 0 ? "user" : "assistant", i + 1);
      while (request->len < until)
        {
          append_word (request, &state);
          g_string_append_c (request, ' ');
        }
      g_string_append (request, "\"}");
    }
  g_string_append (request, "]}");
  add_large (store, request, response);
}

static void
add_body (OhStore *store)
{
  g_autoptr (GString) request = g_string_new ("{}");
  g_autoptr (GString) response = g_string_new ("{\"data\":[");
  guint64 state = 1;

  for (guint i = 0; response->len < BODY_SIZE; i++)
    {
      g_string_append_printf (response, "%s{\"index\":%u,\"score\":%u.5,\"text\":\"", i > 0 ? "," : "", i, i % 97);
      append_words (response, &state, 12);
      g_string_append (response, "\",\"tags\":[\"one\",\"two\",null,true]}");
    }
  g_string_append (response, "],\"last\":\"the needle\"}");
  add_large (store, request, response);
}

static void
add_trace (OhStore *store)
{
  const gint64 now = oh_clock_wall_ns ();

  for (guint i = 0; i < TRACE_CALLS; i++)
    {
      const gint64 id = i + 1;

      add (store, i + 1, 0, now + i * OH_NS_PER_MS, "a step", "done", "msg_01");
      add_facts (store, id, i + 1, models[0], "msg_01");
      add_place (store, id, i + 1, 1);
      if (id % FLUSH_EVERY == 0)
        oh_store_flush (store);
    }
}

static void
add_live (OhStore *store)
{
  const gint64 begun_ns = oh_clock_monotonic_ns ();

  for (guint i = 0; i < LIVE; i++)
    {
      gint64 wait_ns = begun_ns + i * (OH_NS_PER_S / LIVE_PER_SECOND) - oh_clock_monotonic_ns ();

      if (wait_ns > 0)
        g_usleep ((gulong) (wait_ns / 1000));
      add (store, i + 1, 0, oh_clock_wall_ns (), "something new", "indeed", "msg_01live");
    }
}

int
main (int argc, char **argv)
{
  const guint n = argc == 3 ? (guint) atoi (argv[2]) : 0;
  g_autoptr (OhStore) store = NULL;

  if (argc != 3)
    {
      fprintf (stderr, "usage: bench-fill FOLDER NUMBER|thread|body|trace|live\n");
      return 2;
    }
  store = fixture_open (argv[1]);
  if (strcmp (argv[2], "thread") == 0)
    add_thread (store);
  else if (strcmp (argv[2], "body") == 0)
    add_body (store);
  else if (strcmp (argv[2], "trace") == 0)
    add_trace (store);
  else if (strcmp (argv[2], "live") == 0)
    add_live (store);
  else
    {
      fill (store, n);
      oh_store_flush (store);
      wait_for_zones (argv[1], n);
    }
  oh_store_close (store);
  return 0;
}
