/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the search language finds in a store: each field and operator against rows made by hand, words in every script,
 * hostile ones, and random words over random texts against a look at every text. */
#include "fixture.h"

#include "oh-clock.h"
#include "oh-store-programs.h"
#include "oh-store-zone-private.h"

#include <string.h>

#define DAY (86400 * OH_NS_PER_S)
/* 2026-01-01 00:00 UTC */
#define NEW_YEAR (G_GINT64_CONSTANT (1767225600) * OH_NS_PER_S)

/* Ids in order as text: "1 3", or the error. (transfer full) */
static char *
search (FixtureStore *f, const char *text, gint64 run_id, gint64 limit)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhSearch) parsed = oh_search_parse (text, NEW_YEAR + DAY, NULL, &error);
  const OhQuery query = { .search = parsed, .run_id = run_id, .limit = limit };
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GArray) ids = NULL;

  g_assert_no_error (error);
  ids = oh_store_reader_find (f->reader, &query, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < ids->len; i++)
    g_string_append_printf (out, "%s%" G_GINT64_FORMAT, i > 0 ? " " : "", g_array_index (ids, gint64, i));
  g_assert_cmpint (oh_store_reader_count (f->reader, &query), ==, ids->len);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* The three ways of asking agree with each other and with @expected. */
static void
assert_found (FixtureStore *f, const char *text, const char *expected)
{
  g_autofree char *found = search (f, text, 0, 0);
  g_auto (GStrv) ids = g_strsplit (expected, " ", -1);
  g_autoptr (OhSearch) parsed = oh_search_parse (text, NEW_YEAR + DAY, NULL, NULL);
  gint64 count = oh_store_reader_count (f->reader, NULL);

  g_test_message ("%.60s: %s", text, found);
  g_assert_cmpstr (found, ==, expected);
  for (gint64 id = 1; id <= count; id++)
    {
      const OhQuery query = { .search = parsed };
      g_autofree char *name = g_strdup_printf ("%" G_GINT64_FORMAT, id);

      g_assert_cmpint (oh_store_reader_matches (f->reader, &query, id), ==,
                       g_strv_contains ((const char *const *) ids, name));
    }
}

static void
put_texts (FixtureStore *f, gint64 id, const char *request, const char *response)
{
  OhSearchable *searchable = oh_searchable_new (id);

  oh_searchable_add (searchable, OH_SIDE_REQUEST, request);
  oh_searchable_add (searchable, OH_SIDE_RESPONSE, response);
  oh_store_put_searchable (f->store, searchable);
}

/* An exchange that has ended; returns before it is written. */
static void
put_row (FixtureStore *f, guint64 key, void (*adjust) (OhExchange *exchange))
{
  OhExchange *exchange = fixture_exchange ();

  exchange->started_ns = NEW_YEAR + (gint64) key * OH_NS_PER_S;
  exchange->status = 200;
  exchange->outcome = OH_OUTCOME_FINISHED;
  exchange->ended_by = OH_PARTY_UPSTREAM;
  if (adjust != NULL)
    adjust (exchange);
  fixture_push (f->store, OH_CAPTURE_BEGIN, key, oh_exchange_ref (exchange), NULL, 0, 0);
  if (exchange->outcome != OH_OUTCOME_PENDING)
    fixture_push (f->store, OH_CAPTURE_END, key, oh_exchange_ref (exchange), NULL, 0, 0);
  oh_exchange_unref (exchange);
  oh_store_flush (f->store);
}

static void
put_facts (FixtureStore *f, gint64 id, OhFacts *facts)
{
  oh_store_put_facts (f->store, id, facts);
  oh_facts_unref (facts);
}

static void
put_place (FixtureStore *f, gint64 id, gint64 call, guint attempt, gint64 trace, double cost, const char *session,
           const char *user, const char *name)
{
  g_autoptr (OhMeaning) meaning = oh_meaning_new (id);

  meaning->place->call_id = call;
  meaning->place->attempt = attempt;
  meaning->place->trace_id = trace;
  meaning->place->cost = cost;
  meaning->trace_key = g_strdup_printf ("run:%" G_GINT64_FORMAT, trace);
  meaning->trace = oh_trace_new ();
  meaning->trace->id = trace;
  meaning->trace->name = g_strdup (name);
  meaning->trace->session = g_strdup (session);
  meaning->trace->user = g_strdup (user);
  oh_store_put_meaning (f->store, meaning);
}

/* --- fields --- */

static OhProgram *
make_program (const char *name, gint64 pid)
{
  OhProgram *program = oh_program_new ();

  program->name = g_strdup (name);
  program->command = g_strdup ("code --x");
  program->pid = pid;
  return program;
}

static void
make_first (OhExchange *exchange)
{
  exchange->run_id = 1;
  exchange->program = make_program ("Visual Studio Code", 7);
  exchange->timings.ended = 1500 * OH_NS_PER_MS;
}

static void
make_second (OhExchange *exchange)
{
  exchange->run_id = 2;
  exchange->status = 429;
  exchange->timings.ended = 20 * OH_NS_PER_MS;
}

static void
make_third (OhExchange *exchange)
{
  g_free (exchange->method);
  exchange->method = g_strdup ("GET");
  g_free (exchange->host);
  exchange->host = g_strdup ("Example.org");
  g_free (exchange->target);
  exchange->target = g_strdup ("/Grüße?q=100%_a'\"\\");
  exchange->status = 0;
  exchange->outcome = OH_OUTCOME_FAILED;
  exchange->error_code = g_strdup ("upstream-refused");
}

static void
make_fourth (OhExchange *exchange)
{
  exchange->status = 200;
  exchange->program = make_program ("agent.py", 8);
  exchange->outcome = OH_OUTCOME_CUT;
  exchange->gaps = OH_GAP_RESPONSE;
}

static void
make_fifth (OhExchange *exchange)
{
  exchange->status = 0;
  exchange->program = make_program ("agent.py", 9);
  exchange->outcome = OH_OUTCOME_PENDING;
}

static void
put_console (FixtureStore *f, gint64 run_id, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  oh_store_append_console (f->store, run_id, bytes);
}

static void
seed (FixtureStore *f)
{
  g_autoptr (OhRun) run = oh_run_new ();
  OhSearchable *searchable;
  OhFacts *facts;

  run->name = g_strdup ("Wetter-Agent");
  g_assert_cmpint (oh_store_add_run (f->store, run), ==, 1);
  g_free (run->name);
  run->name = g_strdup ("night job");
  g_assert_cmpint (oh_store_add_run (f->store, run), ==, 2);

  put_console (f, 1, "Sonne\n");
  put_console (f, 2, "\033]0;title\007Regen und \033[1mSch");
  put_console (f, 2, "nee\033[0m\n");

  put_row (f, 1, make_first);
  facts = oh_facts_new ("anthropic");
  facts->model = g_strdup ("claude-sonnet-5-5");
  facts->requested_model = g_strdup ("claude-latest");
  facts->stop_reason = g_strdup ("tool_use");
  facts->streamed = TRUE;
  facts->usage.input = 100;
  facts->usage.cache_read = 2000;
  facts->usage.output = 30;
  facts->first_token_ns = 600 * OH_NS_PER_MS;
  put_facts (f, 1, facts);
  put_place (f, 1, 1, 1, 1, 0.05, "support-42", "Ünal", "weather today");
  searchable = oh_searchable_new (1);
  oh_searchable_add (searchable, OH_SIDE_REQUEST, "How is the weather?");
  oh_searchable_add (searchable, OH_SIDE_RESPONSE, "toolu_01AbCd get_weather");
  oh_searchable_add_tool (searchable, "get_weather");
  oh_searchable_add_tool (searchable, "get_time");
  oh_store_put_searchable (f->store, searchable);

  put_row (f, 2, make_second);
  facts = oh_facts_new ("anthropic");
  facts->requested_model = g_strdup ("claude-opus-4-1");
  facts->error_type = g_strdup ("rate_limit_error");
  put_facts (f, 2, facts);
  put_place (f, 2, 2, 1, 2, 0, "support-7", "eve", "night");
  put_texts (f, 2, "weather report", "too many");

  put_row (f, 3, make_third);
  put_facts (f, 3, oh_facts_new ("http"));
  put_texts (f, 3, "example", NULL);

  put_row (f, 4, make_fourth);
  facts = oh_facts_new ("anthropic");
  facts->model = g_strdup ("claude-opus-4-1");
  facts->usage.input = 5;
  facts->usage.output = 6;
  put_facts (f, 4, facts);
  put_place (f, 4, 2, 2, 2, 1.25, NULL, NULL, NULL);
  oh_store_set_pinned (f->store, 4, TRUE);
  put_texts (f, 4, "retry", "the weather is");

  put_row (f, 5, make_fifth);
  oh_store_flush (f->store);
}

static void
test_fields (FixtureStore *f, gconstpointer data)
{
  static const struct
  {
    const char *text;
    const char *expected;
  } cases[] = {
    { "", "1 2 3 4 5" },
    { "model:SONNET", "1" },
    { "model:latest", "1" },
    { "model:opus", "2 4" },
    { "model=claude-opus-4-1", "2 4" },
    { "model=opus", "" },
    { "host:example", "3" },
    { "host:anthropic.com", "1 2 4 5" },
    { "path:grüsse", "3" },
    { "path:100%_A", "3" },
    { "path:100%A", "" },
    { "path:v1/messages", "1 2 4 5" },
    { "method:get", "3" },
    { "method=post", "1 2 4 5" },
    { "tool:weather", "1" },
    { "tool=get_time", "1" },
    { "tool=get", "" },
    { "run:wetter", "1" },
    { "run:2", "2" },
    { "run=\"night job\"", "2" },
    { "run=night", "" },
    { "program:code", "1" },
    { "program=agent.py", "4 5" },
    { "program=agent", "" },
    { "not program:code", "2 3 4 5" },
    { "program:code or program:agent status:200", "1 4" },
    { "session:support", "1 2 4" },
    { "session=support-42", "1" },
    { "user:üNAL", "1" },
    { "trace:night", "2 4" },
    { "stop:tool", "1" },
    { "error:rate_limit", "2" },
    { "error:refused", "3" },
    { "provider:anthropic", "1 2 4" },
    { "provider=http", "3" },
    { "is:error", "2 3 4" },
    { "is:retried", "2 4" },
    { "is:streaming", "1" },
    { "is:running", "5" },
    { "is:cut", "4" },
    { "is:failed", "3" },
    { "is:pinned", "4" },
    { "pinned", "4" },
    { "is:cached", "1" },
    { "is:incomplete", "4" },
    { "id:3", "3" },
    { "id>3", "4 5" },
    { "status:429", "2" },
    { "status>=400", "2" },
    { "status>200", "2" },
    { "status<=200", "1 4" },
    { "status<200", "" },
    { "tokens>2k", "1" },
    { "tokens=11", "4" },
    { "tokens<100", "4" },
    { "cost>0.05", "4" },
    { "cost>=$0.05", "1 4" },
    { "cost=0", "2" },
    { "duration>1s", "1" },
    { "duration<=20ms", "2" },
    { "ttft>500ms", "1" },
    { "ttft>=0.6s", "1" },
    { "ttft>601ms", "" },
    { "not is:error", "1 5" },
    { "not cost>1", "1 2 3 5" },
    { "not model:opus", "1 3 5" },
    { "model:sonnet or status:429", "1 2" },
    { "(model:sonnet or status:429) run:2", "2" },
    { "weather", "1 2 4" },
    { "weather is:error", "2 4" },
    { "weather not is:error", "1" },
    { "not weather", "3 5" },
    { "weather or is:failed", "1 2 3 4" },
    { "in:request weather", "1 2" },
    { "in:response weather", "1 4" },
    { "in:response \"is the\"", "" },
    { "\"is the weather\"", "1" },
    { "weather report", "2" },
    { "\"report weather\"", "" },
    { "toolu_01abc", "1" },
    { "olu_01", "1" },
    { "to", "1 2" },
    { "too m", "2" },
    { "in:console schnee", "2" },
    { "in:console \"REGEN UND schnee\"", "2" },
    { "in:console \"[1mschnee\"", "" },
    { "in:console schnee status:200", "" },
    { "not (in:console schnee)", "1 3 4 5" },
    { "(in:console schnee) or toolu_01abc", "1 2" },
    { "in:console sonne", "1" },
    { "schnee", "" },
    /* The one that goes on has only its row. */
    { "anthropic", "5" },
    { "anthropic.com/v1", "5" },
    { "weather or anthropic", "1 2 4 5" },
    { "after:2026-01-01", "1 2 3 4 5" },
    { "before:2026-01-01", "" },
  };

  seed (f);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
      assert_found (f, cases[i].text, cases[i].expected);
}

static void
assert_programs (FixtureStore *f, const char *expected)
{
  g_autoptr (GPtrArray) counts = oh_store_reader_get_programs (f->reader);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < counts->len; i++)
    {
      const OhProgramCount *count = counts->pdata[i];

      g_assert_cmpstr (count->program->command, ==, "code --x");
      g_string_append_printf (text, "%s of %d %d\n", count->program->name, (int) count->program->pid, (int) count->exchanges);
    }
  g_assert_cmpstr (text->str, ==, expected);
}

static int
count_program_rows (FixtureStore *f)
{
  sqlite3 *raw = fixture_raw_open (f->dir);
  sqlite3_stmt *row;
  int n;

  sqlite3_prepare_v2 (raw, "SELECT count (*) FROM program", -1, &row, NULL);
  sqlite3_step (row);
  n = sqlite3_column_int (row, 0);
  sqlite3_finalize (row);
  sqlite3_close (raw);
  return n;
}

static void
test_programs (FixtureStore *f, gconstpointer data)
{
  g_autoptr (OhExchange) exchange = NULL;

  seed (f);
  assert_programs (f, "agent.py of 9 2\nVisual Studio Code of 7 1\n");
  exchange = oh_store_reader_get_exchange (f->reader, 1);
  g_assert_cmpstr (exchange->program->name, ==, "Visual Studio Code");
  g_assert_true (oh_program_is_called (exchange->program, "visual studio CODE"));
  g_assert_false (oh_program_is_called (exchange->program, "code"));
  /* The same process once more is no other row. */
  put_row (f, 6, make_first);
  oh_store_flush (f->store);
  assert_programs (f, "agent.py of 9 2\nVisual Studio Code of 7 2\n");
  g_assert_cmpint (count_program_rows (f), ==, 3);
  /* What nothing is left of goes. */
  oh_store_clear (f->store, 1);
  oh_store_flush (f->store);
  assert_programs (f, "agent.py of 9 2\n");
  g_assert_cmpint (count_program_rows (f), ==, 2);
}

/* What a reading could not make sense of is an error, too. */
static void
test_problems (FixtureStore *f, gconstpointer data)
{
  OhFacts *facts = oh_facts_new ("anthropic");

  seed (f);
  facts->problems = 2;
  put_facts (f, 1, facts);
  oh_store_flush (f->store);
  assert_found (f, "is:error", "1 2 3 4");
  assert_found (f, "not is:error", "5");
  assert_found (f, "status>=200", "1 2 4");
  assert_found (f, "status>=400", "2");
}

/* What comes later is found by the same reader, also where a word comes in two pieces, far behind the beginning. */
static void
test_console (FixtureStore *f, gconstpointer data)
{
  g_autofree char *much = g_strnfill (600000, '.');

  seed (f);
  assert_found (f, "in:console lightning", "");
  put_console (f, 1, "light");
  oh_store_flush (f->store);
  assert_found (f, "in:console lightning", "");
  put_console (f, 1, "ning");
  put_console (f, 2, much);
  put_console (f, 2, "THUNDER");
  put_console (f, 2, much);
  oh_store_flush (f->store);
  assert_found (f, "in:console lightning", "1");
  assert_found (f, "in:console thunder", "2");
  assert_found (f, "in:console thunder not (in:console .thunders)", "2");
}

static void
test_times (FixtureStore *f, gconstpointer data)
{
  g_autoptr (GDateTime) third = g_date_time_new_from_unix_local ((NEW_YEAR + 3 * OH_NS_PER_S) / OH_NS_PER_S);
  g_autofree char *when = g_date_time_format (third, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *after = g_strconcat ("after:", when, NULL);
  g_autofree char *before = g_strconcat ("before:", when, NULL);

  seed (f);
  assert_found (f, after, "3 4 5");
  assert_found (f, before, "1 2");
}

static void
test_run_and_limit (FixtureStore *f, gconstpointer data)
{
  g_autofree char *in_run = NULL;
  g_autofree char *newest = NULL;
  g_autofree char *newest_text = NULL;
  g_autofree char *none = NULL;

  seed (f);
  in_run = search (f, "weather", 2, 0);
  g_assert_cmpstr (in_run, ==, "2");
  none = search (f, "model:sonnet", 2, 0);
  g_assert_cmpstr (none, ==, "");
  newest = search (f, "is:error", 0, 2);
  g_assert_cmpstr (newest, ==, "3 4");
  newest_text = search (f, "weather", 0, 2);
  g_assert_cmpstr (newest_text, ==, "2 4");
}

/* --- words --- */

static void
test_words (FixtureStore *f, gconstpointer data)
{
  static const char *const texts[] = {
    "明日の天気予報は晴れです",            "ما هو الطقس اليوم؟",       "מה מזג האוויר היום?",
    "Größe STRASSE Straße",                "caf\xc3\xa9 e\xcc\x81t\xc3\xa9", "a\"b'c%d_e\\f*g(h)i NEAR AND OR NOT",
    "😀 emoji 👩‍👩‍👧 family",            "İstanbul ΣΊΣΥΦΟΣ",         "req_011CSHoEeqs5C35K2UUqR7Fy",
  };
  static const struct
  {
    const char *text;
    const char *expected;
  } cases[] = {
    { "天気予報", "1" },
    { "天気", "1" },
    { "晴", "1" },
    { "雨", "" },
    { "الطقس", "2" },
    { "האוויר", "3" },
    { "היום?", "3" },
    { "strasse", "4" },
    { "GRÖSSE", "4" },
    { "été", "5" },
    { "CAFÉ", "5" },
    { "\"a\\\"b'c%d_e\\\\f*g(h)i\"", "6" },
    { "\"b'c\"", "6" },
    { "c%d_e", "6" },
    { "c_d", "" },
    { "\"near and\"", "6" },
    { "\"AND OR NOT\"", "6" },
    { "😀", "7" },
    { "👩‍👩‍👧", "7" },
    { "σίσυφος", "8" },
    { "5C35K2", "9" },
    { "req_", "9" },
    { "\"'; DROP TABLE exchange; --\"", "" },
    { "\"*\"", "6" },
    { "\"\"", "1 2 3 4 5 6 7 8 9" },
    { "\"   \"", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      put_row (f, i + 1, NULL);
      put_texts (f, (gint64) i + 1, i % 2 == 0 ? texts[i] : NULL, i % 2 == 0 ? NULL : texts[i]);
    }
  oh_store_flush (f->store);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_found (f, cases[i].text, cases[i].expected);
}

/* A search as long as somebody can paste, and texts that the index gives up. */
static void
test_long (FixtureStore *f, gconstpointer data)
{
  g_autoptr (GString) many = g_string_new (NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *word = NULL;

  for (guint i = 0; i < 3000; i++)
    {
      g_string_append_printf (many, "word%u ", i);
      g_string_append_printf (text, "word%u-", i);
    }
  put_row (f, 1, NULL);
  put_row (f, 2, NULL);
  put_texts (f, 1, text->str, NULL);
  while (text->len < 2 * OH_SEARCHABLE_MAX)
    g_string_append (text, "filling ü ");
  g_string_append (text, "beyond");
  put_texts (f, 2, text->str, "answer");
  oh_store_flush (f->store);
  assert_found (f, many->str, "1 2");
  assert_found (f, "filling", "2");
  assert_found (f, "in:response answer", "2");
  assert_found (f, "beyond", "");
  word = g_strndup (text->str, 20000);
  assert_found (f, word, "1 2");
}

/* However a text is cut to be folded, it becomes what it would have become in one piece. */
static void
test_fold (void)
{
  static const gunichar letters[] = { 'a', 'Z', ' ', 0xdf, 0xc9, 0x301, 0x327, 0x308, 0x1100, 0x1161, 0x11a8, 0xac00, 0xac01,
                                      0x304b, 0x3099, 0x30ab, 0x5929, 0x130, 0x3a3, 0x9c7, 0x9be, 0x1f600, 0x212b, 0xfb01 };
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (guint i = 0; i < 60; i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autofree char *folded = NULL;
      g_autofree char *cased = NULL;
      g_autofree char *whole = NULL;

      for (guint n = (guint) g_rand_int_range (random, 0, 1500); n > 0; n--)
        g_string_append_unichar (text, letters[g_rand_int_range (random, 0, G_N_ELEMENTS (letters))]);
      folded = oh_searchable_fold (text->str);
      cased = g_utf8_casefold (text->str, -1);
      whole = g_utf8_normalize (cased, -1, G_NORMALIZE_DEFAULT_COMPOSE);
      g_assert_cmpstr (folded, ==, whole);
    }
}

/* The index finds what a look at every text finds. */
static void
test_same_as_scan (FixtureStore *f, gconstpointer data)
{
  static const char *const letters[] = { "a", "B", "c", "ß", "É", "é", "я", "Я", "天", "気", "א", "\"", "%", "_", " ", "😀" };
  enum { TEXTS = 150, WORDS = 400 };
  g_autoptr (GRand) random = g_rand_new_with_seed (42);
  g_autoptr (GPtrArray) folded = g_ptr_array_new_with_free_func (g_free);
  guint hits = 0;

  for (guint i = 0; i < TEXTS; i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);

      for (guint n = (guint) g_rand_int_range (random, 0, 60); n > 0; n--)
        g_string_append (text, letters[g_rand_int_range (random, 0, G_N_ELEMENTS (letters))]);
      put_row (f, i + 1, NULL);
      put_texts (f, (gint64) i + 1, text->str, NULL);
      g_ptr_array_add (folded, oh_searchable_fold (text->str));
    }
  oh_store_flush (f->store);
  for (guint i = 0; i < WORDS; i++)
    {
      g_autoptr (GString) word = g_string_new (NULL);
      g_autoptr (GString) quoted = g_string_new ("\"");
      g_autoptr (GString) expected = g_string_new (NULL);
      g_autofree char *needle = NULL;
      g_autofree char *found = NULL;

      for (guint n = (guint) g_rand_int_range (random, 1, 6); n > 0; n--)
        g_string_append (word, letters[g_rand_int_range (random, 0, G_N_ELEMENTS (letters))]);
      for (const char *c = word->str; *c != '\0'; c++)
        g_string_append_printf (quoted, *c == '"' ? "\\%c" : "%c", *c);
      g_string_append_c (quoted, '"');
      needle = oh_searchable_fold (word->str);
      for (guint t = 0; t < TEXTS; t++)
        if (strstr (folded->pdata[t], needle) != NULL)
          {
            g_string_append_printf (expected, "%s%u", expected->len > 0 ? " " : "", t + 1);
            hits++;
          }
      found = search (f, quoted->str, 0, 0);
      if (strcmp (found, expected->str) != 0)
        g_error ("%s: found %s, expected %s", quoted->str, found, expected->str);
    }
  g_assert_cmpuint (hits, >, WORDS);
}

/* --- the index over time --- */

static gint64
count_rows (FixtureStore *f, const char *sql)
{
  sqlite3 *db = fixture_raw_open (f->dir);
  sqlite3_stmt *statement;
  gint64 count;

  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  count = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return count;
}

static gboolean
is_swept (gpointer data)
{
  return count_rows (data, "SELECT count (*) FROM searchable") == 1 &&
         count_rows (data, "SELECT count (*) FROM search WHERE search MATCH '\"sec\" AND \"ret\"'") == 1;
}

static void
test_deleted (FixtureStore *f, gconstpointer data)
{
  OhSearchable *searchable;

  put_row (f, 1, NULL);
  put_row (f, 2, NULL);
  searchable = oh_searchable_new (1);
  oh_searchable_add (searchable, OH_SIDE_REQUEST, "secret one");
  oh_searchable_add_tool (searchable, "gone");
  oh_store_put_searchable (f->store, searchable);
  put_texts (f, 2, "secret two", NULL);
  oh_store_set_pinned (f->store, 2, TRUE);
  oh_store_flush (f->store);
  assert_found (f, "secret", "1 2");
  oh_store_clear (f->store, 0);
  oh_store_flush (f->store);
  assert_found (f, "secret", "2");
  g_assert_true (fixture_wait (is_swept, f, 10000));
  assert_found (f, "secret", "2");
  g_assert_cmpint (count_rows (f, "SELECT count (*) FROM tool"), ==, 0);
  /* Nothing is left: everything goes at once. */
  oh_store_set_pinned (f->store, 2, FALSE);
  oh_store_flush (f->store);
  oh_store_clear (f->store, 0);
  oh_store_flush (f->store);
  g_assert_cmpint (count_rows (f, "SELECT count (*) FROM searchable"), ==, 0);
  g_assert_cmpint (count_rows (f, "SELECT count (*) FROM search WHERE search MATCH '\"sec\"'"), ==, 0);
}

/* What is read again takes the place of what was there; texts of an exchange that does not exist go nowhere. */
static void
test_again (FixtureStore *f, gconstpointer data)
{
  gint64 before, after;
  g_autoptr (GArray) changed = NULL;

  put_row (f, 1, NULL);
  before = oh_store_reader_get_change (f->reader);
  put_texts (f, 1, "first", NULL);
  put_texts (f, 99, "third", NULL);
  oh_store_flush (f->store);
  changed = oh_store_reader_get_changed (f->reader, before, &after);
  g_assert_cmpuint (changed->len, ==, 1);
  g_assert_cmpint (after, >, before);
  assert_found (f, "first", "1");
  assert_found (f, "third", "");
  put_texts (f, 1, "first", NULL);
  oh_store_flush (f->store);
  g_assert_cmpint (oh_store_reader_get_change (f->reader), ==, after);
  put_texts (f, 1, "second", "answer");
  oh_store_flush (f->store);
  g_assert_cmpint (oh_store_reader_get_change (f->reader), >, after);
  assert_found (f, "first", "");
  assert_found (f, "second in:request", "1");
  assert_found (f, "answer", "1");
  g_assert_cmpint (count_rows (f, "SELECT count (*) FROM searchable"), ==, 1);
  g_assert_cmpint (count_rows (f, "SELECT count (*) FROM search WHERE search MATCH '\"fir\"'"), ==, 0);
}

/* Nobody has to wait for the index, and yet it comes. */
static gboolean
is_indexed (gpointer data)
{
  return count_rows (data, "SELECT count (*) FROM searchable") == 500;
}

static void
test_by_itself (FixtureStore *f, gconstpointer data)
{
  for (guint i = 1; i <= 500; i++)
    put_row (f, i, NULL);
  for (guint i = 1; i <= 500; i++)
    put_texts (f, i, "some text of nobody's", NULL);
  g_assert_true (fixture_wait (is_indexed, f, 10000));
}

/* --- zones --- */

#define MANY 400

static gboolean
has_no_labels (gpointer data)
{
  return count_rows (data, "SELECT (SELECT count (*) FROM label) + (SELECT count (*) FROM zone)") == 0;
}

/* The @n-th, from 1 on. */
static void
make_varied (OhExchange *exchange, guint n)
{
  exchange->status = n % 50 == 7 ? 529 : n % 9 == 0 ? 404 : 200;
  exchange->timings.ended = (gint64) (n % 100) * OH_NS_PER_MS;
  if (n % 90 == 3)
    {
      g_free (exchange->host);
      exchange->host = g_strdup ("Rare.example.org");
    }
  if (n % 70 == 1)
    {
      g_free (exchange->target);
      exchange->target = g_strdup ("/v1/models/12345");
    }
}

static void
put_varied (FixtureStore *f, guint i)
{
  OhFacts *facts = oh_facts_new (i % 40 == 5 ? "http" : "anthropic");
  g_autofree char *text = g_strdup_printf ("https://%s%s text %u %s", i % 90 == 3 ? "rare.example.org" : "api.anthropic.com",
                                           i % 70 == 1 ? "/v1/models/12345" : "/v1/messages", i,
                                           i % 130 == 9 ? "雨 zq" : "plain");

  facts->model = i % 100 == 11 ? g_strdup ("claude-rare") : g_strdup (i % 2 == 0 ? "claude-opus" : "claude-haiku");
  facts->usage.input = i % 80 == 2 ? 100000 : i % 500;
  facts->usage.output = 1;
  facts->streamed = i % 3 == 0;
  facts->problems = i % 110 == 13;
  put_facts (f, i, facts);
  put_place (f, i, i, 1, i, i % 60 == 4 ? 3 : 0.001, NULL, NULL, NULL);
  put_texts (f, i, text, "https");
}

/* Makes all zones there are to make. Returns: how many there are. */
static gint64
make_zones (FixtureStore *f)
{
  g_autofree char *path = g_build_filename (f->dir, "overhear.db", NULL);
  g_autoptr (OhDb) db = oh_db_open (path);
  OhPacker *packer = oh_packer_new ();

  sqlite3_busy_timeout (db->handle, 10000);
  while (oh_zone_make_next (db, packer))
    ;
  g_assert_cmpint (db->error, ==, SQLITE_OK);
  oh_packer_free (packer);
  return oh_db_get_int (db, "SELECT count (*) FROM zone WHERE state = 1", 0, "");
}

/* What is skipped has nothing: each search finds the same with zones and without. */
static void
test_zones (FixtureStore *f, gconstpointer data)
{
  static const char *const texts[] = {
    "model:rare", "model:nothing", "not model:opus", "not model:claude", "host:rare", "not host:anthropic",
    "host:rare or model:rare", "status:529", "status>=500", "status:418", "not status:200", "is:error", "not is:error",
    "is:streaming", "is:cached", "is:retried", "is:pinned", "is:running", "tokens>50000", "tokens>1000000", "tokens<3",
    "not tokens>50000", "tokens=7", "cost>1", "cost<0.01", "not cost>1", "duration>98ms", "duration<2ms", "ttft>1s",
    "id:7", "id>390", "id<3", "before:2020-01-01", "after:2026-01-01", "path:models", "not path:models", "tool:none",
    "zq", "雨", "雪", "z", "q", "not zq", "not te", "te", "zq status:200", "zq or status:529", "in:response zq",
    "in:request zq", "not (model:opus or zq)", "not (status:200 or tokens>50000)", "provider:http 雨",
    "(model:rare or host:rare) not status:404", "not anthropic", "not v1", "not com", "1", "user:nobody", "run:nothing",
    "program:rare", "not program:rare", "program:rare status:529", "program:nobody",
  };
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  OhFacts *facts;
  sqlite3 *raw;

  for (guint i = 1; i <= MANY; i++)
    {
      OhExchange *exchange = fixture_exchange ();

      if (i % 90 == 4)
        exchange->program = make_program (i % 180 == 4 ? "rare" : "common", 7);
      exchange->started_ns = NEW_YEAR + (gint64) i * OH_NS_PER_S;
      exchange->outcome = OH_OUTCOME_FINISHED;
      exchange->ended_by = OH_PARTY_UPSTREAM;
      make_varied (exchange, i);
      fixture_push (f->store, OH_CAPTURE_BEGIN, i, oh_exchange_ref (exchange), NULL, 0, 0);
      fixture_push (f->store, OH_CAPTURE_END, i, exchange, NULL, 0, 0);
    }
  oh_store_flush (f->store);
  for (guint i = 1; i <= MANY; i++)
    put_varied (f, i);
  oh_store_flush (f->store);
  g_assert_cmpint (make_zones (f), ==, MANY / 64 - 1);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_ptr_array_add (found, search (f, texts[i], 0, 0));
  raw = fixture_raw_open (f->dir);
  fixture_raw_run (raw, "UPDATE zone SET state = 2");
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *scanned = search (f, texts[i], 0, 0);

      g_test_message ("%s: %s", texts[i], scanned);
      g_assert_cmpstr (found->pdata[i], ==, scanned);
    }
  /* Zones skip: in one that is said to have nothing, nothing is found. */
  fixture_raw_run (raw, "UPDATE zone SET state = 1, labels = NULL WHERE id = 1");
  {
    g_autofree char *fewer = search (f, "model:claude", 0, 0);

    g_assert_cmpuint (strlen (fewer), <, 400 * 4 - 64);
  }
  fixture_raw_run (raw, "UPDATE zone SET state = 0");
  sqlite3_close (raw);
  make_zones (f);
  /* What changes in one is found, before it is made again and after. */
  facts = oh_facts_new ("anthropic");
  facts->model = g_strdup ("quite-new");
  put_facts (f, 20, facts);
  oh_store_flush (f->store);
  for (guint again = 0; again < 2; again++)
    {
      g_autofree char *changed = search (f, "model:quite", 0, 0);

      g_assert_cmpstr (changed, ==, "20");
      make_zones (f);
    }
  /* Nothing of what was deleted is left in them. */
  oh_store_clear (f->store, 0);
  oh_store_flush (f->store);
  g_assert_true (fixture_wait (has_no_labels, f, 20000));
}

/* --- piece by piece --- */

typedef struct
{
  guint pieces;
  GArray *ids;
  GCancellable *cancel;
} Pieces;

static void
on_found (const gint64 *ids, guint n, gpointer data)
{
  Pieces *pieces = data;

  pieces->pieces++;
  g_array_append_vals (pieces->ids, ids, n);
  if (pieces->cancel != NULL)
    g_cancellable_cancel (pieces->cancel);
}

static void
test_pieces (FixtureStore *f, gconstpointer data)
{
  g_autoptr (OhSearch) parsed = oh_search_parse ("needle", 0, NULL, NULL);
  g_autoptr (OhSearch) slow = oh_search_parse ("not zz", 0, NULL, NULL);
  g_autoptr (GCancellable) cancel = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  Pieces pieces = { .ids = ids };

  for (guint i = 1; i <= 300; i++)
    {
      put_row (f, i, NULL);
      put_texts (f, i, "a needle", NULL);
    }
  oh_store_flush (f->store);
  g_assert_true (oh_store_reader_find_each (f->reader, &(OhQuery){ .search = parsed }, NULL, on_found, &pieces, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (pieces.pieces, >=, 2);
  g_assert_cmpuint (ids->len, ==, 300);
  for (guint i = 0; i < 300; i++)
    g_assert_cmpint (g_array_index (ids, gint64, i), ==, 300 - i);
  /* Cancelled after its first piece, it ends soon, and the reader is as good as before. */
  g_array_set_size (ids, 0);
  pieces.cancel = cancel;
  g_assert_false (oh_store_reader_find_each (f->reader, &(OhQuery){ .search = slow }, cancel, on_found, &pieces, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (ids->len, <, 300);
  g_assert_cmpint (oh_store_reader_count (f->reader, &(OhQuery){ .search = slow }), ==, 300);
}

#define ADD(name, func) g_test_add (name, FixtureStore, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/search/fields", test_fields);
  ADD ("/search/times", test_times);
  ADD ("/search/run-and-limit", test_run_and_limit);
  ADD ("/search/words", test_words);
  ADD ("/search/long", test_long);
  ADD ("/search/problems", test_problems);
  ADD ("/search/programs", test_programs);
  ADD ("/search/console", test_console);
  g_test_add_func ("/search/fold", test_fold);
  ADD ("/search/same-as-scan", test_same_as_scan);
  ADD ("/search/deleted", test_deleted);
  ADD ("/search/once", test_again);
  ADD ("/search/by-itself", test_by_itself);
  ADD ("/search/zones", test_zones);
  ADD ("/search/pieces", test_pieces);
  return g_test_run ();
}
