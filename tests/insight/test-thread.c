/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-compare.h"
#include "oh-thread.h"
#include "readings.h"

#define U(text) "{\"role\":\"user\",\"content\":\"" text "\"}"
#define A(text) "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"" text "\"}]}"
#define REQUEST(messages) "{\"model\":\"claude-opus-5\",\"max_tokens\":9,\"messages\":[" messages "]}"
#define ANSWER(id, text) \
  "{\"type\":\"message\",\"role\":\"assistant\",\"id\":\"" id "\",\"content\":[{\"type\":\"text\",\"text\":\"" text "\"}]}"

typedef struct
{
  gint64 run;
  const char *request;
  const char *answer;
  gint64 parent; /* the label: number of the call it continues, from 1; 0: none */
  guint shared;
  gboolean follows;
} Call;

typedef struct
{
  const char *name;
  Call calls[6];
} Corpus;

static const Corpus corpus[] = {
  { "a chat of three turns",
    { { 1, REQUEST (U ("hi")), ANSWER ("m1", "hello"), 0, 0, FALSE },
      { 1, REQUEST (U ("hi") "," A ("hello") "," U ("more")), ANSWER ("m2", "ok"), 1, 1, TRUE },
      { 1, REQUEST (U ("hi") "," A ("hello") "," U ("more") "," A ("ok") "," U ("end")), ANSWER ("m3", "bye"), 2, 3, TRUE } } },
  { "lone calls",
    { { 1, REQUEST (U ("hi")), ANSWER ("m1", "hello"), 0, 0, FALSE },
      { 1, REQUEST (U ("ho")), ANSWER ("m2", "hello"), 0, 0, FALSE },
      { 1, REQUEST (U ("hi")), ANSWER ("m3", "hello"), 0, 0, FALSE } } },
  { "best of two: the one whose answer was kept is continued",
    { { 1, REQUEST (U ("hi")), ANSWER ("m1", "hello"), 0, 0, FALSE },
      { 1, REQUEST (U ("hi")), ANSWER ("m2", "good day"), 0, 0, FALSE },
      { 1, REQUEST (U ("hi") "," A ("hello") "," U ("more")), ANSWER ("m3", "ok"), 1, 1, TRUE },
      { 1, REQUEST (U ("hi") "," A ("good day") "," U ("more")), ANSWER ("m4", "ok"), 2, 1, TRUE } } },
  { "an edited turn branches",
    { { 1, REQUEST (U ("hi")), ANSWER ("m1", "hello"), 0, 0, FALSE },
      { 1, REQUEST (U ("hi") "," A ("hello") "," U ("more")), ANSWER ("m2", "ok"), 1, 1, TRUE },
      { 1, REQUEST (U ("hi") "," A ("hello") "," U ("less")), ANSWER ("m3", "ok"), 1, 1, TRUE } } },
  { "an edited answer",
    { { 1, REQUEST (U ("hi")), ANSWER ("m1", "hello"), 0, 0, FALSE },
      { 1, REQUEST (U ("hi") "," A ("HELLO") "," U ("more")), ANSWER ("m2", "ok"), 1, 1, FALSE } } },
  { "the same run goes before another that also fits",
    { { 1, REQUEST (U ("hi")), ANSWER ("m1", "hello"), 0, 0, FALSE },
      { 2, REQUEST (U ("hi")), ANSWER ("m2", "hello"), 0, 0, FALSE },
      { 1, REQUEST (U ("hi") "," A ("hello") "," U ("more")), NULL, 1, 1, TRUE } } },
  { "across runs, when nothing in the run fits",
    { { 1, REQUEST (U ("hi")), ANSWER ("m1", "hello"), 0, 0, FALSE },
      { 2, REQUEST (U ("hi") "," A ("hello") "," U ("more")), NULL, 1, 1, TRUE } } },
  { "the latest of equals",
    { { 1, REQUEST (U ("hi")), ANSWER ("m1", "hello"), 0, 0, FALSE },
      { 1, REQUEST (U ("hi")), ANSWER ("m2", "hello"), 0, 0, FALSE },
      { 1, REQUEST (U ("hi") "," A ("hello") "," U ("more")), NULL, 2, 1, TRUE } } },
  { "strings, blocks, cache marks, key order and escapes are all the same",
    { { 1, REQUEST (U ("caf\\u00e9")), ANSWER ("m1", "hello"), 0, 0, FALSE },
      { 1, REQUEST ("{\"content\":[{\"cache_control\":{\"type\":\"ephemeral\"},\"text\":\"caf\xc3\xa9\",\"type\":\"text\"}],"
                    "\"role\":\"user\"}," A ("hello") "," U ("more")), ANSWER ("m2", "ok"), 1, 1, TRUE },
      { 1, REQUEST (U ("caf\xc3\xa9") ",{\"role\":\"assistant\",\"content\":\"hello\"}, " U ("more") "," A ("ok") "," U ("x")),
        NULL, 2, 3, TRUE } } },
  { "thinking left out of the history",
    { { 1, REQUEST (U ("hi")),
        "{\"type\":\"message\",\"id\":\"m1\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"},"
        "{\"type\":\"text\",\"text\":\"hello\"}]}", 0, 0, FALSE },
      { 1, REQUEST (U ("hi") ",{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"},"
                    "{\"type\":\"text\",\"text\":\"hello\"}]}," U ("more")), ANSWER ("m2", "ok"), 1, 1, TRUE },
      { 1, REQUEST (U ("hi") "," A ("hello") "," U ("more") "," A ("ok") "," U ("x")), NULL, 2, 3, TRUE } } },
  { "a tool loop; the SDK's echo of tool_use has null members",
    { { 1, REQUEST (U ("weather?")),
        "{\"type\":\"message\",\"id\":\"m1\",\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"w\",\"input\":{\"a\":1,\"b\":2}}]}",
        0, 0, FALSE },
      { 1, REQUEST (U ("weather?") ",{\"role\":\"assistant\",\"content\":[{\"id\":\"toolu_1\",\"input\":{\"b\":2,\"a\":1},"
                    "\"name\":\"w\",\"type\":\"tool_use\",\"caller\":null}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
                    "\"tool_use_id\":\"toolu_1\",\"content\":\"sun\"}]}"), NULL, 1, 1, TRUE } } },
  { "a streamed answer is recognised in the history",
    { { 1, REQUEST (U ("hi")),
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"role\":\"assistant\",\"content\":[]}}\n\n"
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\","
        "\"id\":\"toolu_1\",\"name\":\"w\",\"input\":{}}}\n\n"
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\","
        "\"partial_json\":\"{\\\"b\\\": 2, \\\"a\\\": 1}\"}}\n\n"
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", 0, 0, FALSE },
      { 1, REQUEST (U ("hi") ",{\"role\":\"assistant\",\"content\":[{\"id\":\"toolu_1\",\"input\":{\"a\":1,\"b\":2},\"name\":\"w\","
                    "\"type\":\"tool_use\"}]}," U ("x")), NULL, 1, 1, TRUE } } },
  { "a prefill: two at once are no parents of each other, and the grown answer continues one",
    { { 1, REQUEST (U ("hi") "," A ("I")), ANSWER ("m1", " am"), 0, 0, FALSE },
      { 1, REQUEST (U ("hi") "," A ("I")), ANSWER ("m2", " was"), 0, 0, FALSE },
      { 1, REQUEST (U ("hi") "," A ("I was") "," U ("more")), NULL, 2, 1, FALSE } } },
  { "a paused turn is sent again with its answer",
    { { 1, REQUEST (U ("search")), ANSWER ("m1", "searching"), 0, 0, FALSE },
      { 1, REQUEST (U ("search") "," A ("searching")), ANSWER ("m2", "found"), 1, 1, TRUE } } },
  { "history on the server",
    { { 1, "{\"model\":\"m\",\"thread\":{\"type\":\"create\"},\"messages\":[" U ("hi") "]}", ANSWER ("m1", "hello"), 0, 0, FALSE },
      { 1, "{\"model\":\"m\",\"thread\":{\"type\":\"continue\",\"previous_message_id\":\"m1\"},\"messages\":[" U ("more") "]}",
        ANSWER ("m2", "ok"), 1, 0, TRUE },
      { 1, "{\"model\":\"m\",\"thread\":{\"type\":\"continue\",\"previous_message_id\":\"m2\"},\"messages\":[" U ("more") "]}",
        ANSWER ("m3", "ok"), 2, 0, TRUE },
      { 1, "{\"model\":\"m\",\"thread\":{\"type\":\"continue\",\"previous_message_id\":\"m1\"},\"messages\":[" U ("other") "]}",
        ANSWER ("m4", "ok"), 1, 0, TRUE },
      { 1, REQUEST (U ("more") "," A ("ok") "," U ("x")), NULL, 0, 0, FALSE },
      { 1, "{\"model\":\"m\",\"thread\":{\"type\":\"continue\",\"previous_message_id\":\"gone\"},\"messages\":[" U ("x") "]}",
        NULL, 0, 0, FALSE } } },
  { "two conversations at once",
    { { 1, REQUEST (U ("a")), ANSWER ("m1", "x"), 0, 0, FALSE },
      { 1, REQUEST (U ("b")), ANSWER ("m2", "x"), 0, 0, FALSE },
      { 1, REQUEST (U ("a") "," A ("x") "," U ("c")), ANSWER ("m3", "y"), 1, 1, TRUE },
      { 1, REQUEST (U ("b") "," A ("x") "," U ("c")), ANSWER ("m4", "y"), 2, 1, TRUE },
      { 1, REQUEST (U ("a") "," A ("x") "," U ("c") "," A ("y") "," U ("d")), NULL, 3, 3, TRUE } } },
};

/* A table in memory: the rows, the newest last. */
static void
add_row (GPtrArray *rows, OhThreadRow *row)
{
  for (guint i = 0; i < rows->len; i++)
    if (((OhThreadRow *) rows->pdata[i])->exchange_id == row->exchange_id)
      g_ptr_array_remove_index (rows, i--);
  g_ptr_array_add (rows, row);
}

static void
look_up (guint64 hash, OhThreadFound found, gpointer found_data, gpointer rows)
{
  for (guint i = 0; i < ((GPtrArray *) rows)->len; i++)
    {
      const OhThreadRow *row = ((GPtrArray *) rows)->pdata[i];

      if (hash != 0 && (row->hash == hash || row->short_hash == hash))
        found (row, found_data);
    }
}

static void
look_up_message (const char *message_id, OhThreadFound found, gpointer found_data, gpointer rows)
{
  for (guint i = 0; i < ((GPtrArray *) rows)->len; i++)
    if (g_strcmp0 (((OhThreadRow *) ((GPtrArray *) rows)->pdata[i])->message_id, message_id) == 0)
      found (((GPtrArray *) rows)->pdata[i], found_data);
}

static void
test_corpus (gconstpointer data)
{
  const Corpus *one = data;
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_thread_row_free);

  for (guint i = 0; i < G_N_ELEMENTS (one->calls) && one->calls[i].request != NULL; i++)
    {
      const Call *call = &one->calls[i];
      g_autoptr (OhReading) early = read_exchange (call->request, NULL);
      g_autoptr (OhReading) reading = read_exchange (call->request, call->answer);
      OhThreadRow *row = oh_thread_row_new (early, i + 1, call->run, (gint64) i * 1000);
      OhThreadMatch match;

      oh_thread_find (early, row, look_up, look_up_message, rows, &match);
      g_test_message ("call %u: parent %d shared %u", i + 1, (int) match.parent_id, match.shared);
      g_assert_cmpint (match.parent_id, ==, call->parent);
      g_assert_cmpuint (match.shared, ==, call->shared);
      g_assert_cmpint (match.follows, ==, call->follows);
      g_assert_cmpint (match.link == OH_THREAD_ROOT, ==, call->parent == 0);
      /* First without its answer, as a live call is, then with it. */
      add_row (rows, row);
      add_row (rows, oh_thread_row_new (reading, i + 1, call->run, (gint64) i * 1000));
    }
}

static void
test_long (void)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_thread_row_free);
  g_autoptr (GString) messages = g_string_new (NULL);

  for (guint turn = 0; turn < 200; turn++)
    {
      g_autofree char *request = NULL;
      g_autofree char *answer = g_strdup_printf (ANSWER ("m%u", "answer %u"), turn, turn);
      g_autoptr (OhReading) reading = NULL;
      OhThreadRow *row;
      OhThreadMatch match;

      g_string_append_printf (messages, turn > 0 ? "," U ("turn %u") : U ("turn %u"), turn);
      request = g_strdup_printf (REQUEST ("%s"), messages->str);
      reading = read_exchange (request, answer);
      row = oh_thread_row_new (reading, turn + 1, 1, turn);
      oh_thread_find (reading, row, look_up, look_up_message, rows, &match);
      g_assert_cmpint (match.parent_id, ==, turn);
      add_row (rows, row);
      g_string_append_printf (messages, "," A ("answer %u"), turn);
    }
}

static char *
join (OhTextDiff *diff, OhDiffKind left_out)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < diff->pieces->len; i++)
    {
      const OhDiffPiece *piece = g_ptr_array_index (diff->pieces, i);

      g_assert_cmpuint (strlen (piece->text), >, 0);
      if (piece->kind != left_out)
        g_string_append (text, piece->text);
    }
  return g_string_free (text, FALSE);
}

static void
assert_diff (const char *before, const char *after, gint64 first, const char *expected)
{
  g_autoptr (OhTextDiff) diff = oh_compare_texts (before, after);
  g_autofree char *old = join (diff, OH_DIFF_ADDED);
  g_autofree char *new = join (diff, OH_DIFF_REMOVED);
  g_autoptr (GString) shown = g_string_new (NULL);

  g_assert_cmpstr (old, ==, before);
  g_assert_cmpstr (new, ==, after);
  g_assert_cmpint (diff->first_character, ==, first);
  for (guint i = 0; i < diff->pieces->len; i++)
    {
      const OhDiffPiece *piece = g_ptr_array_index (diff->pieces, i);

      if (piece->kind == OH_DIFF_SAME)
        g_string_append (shown, piece->text);
      else
        g_string_append_printf (shown, piece->kind == OH_DIFF_ADDED ? "{%s}" : "[%s]", piece->text);
    }
  if (expected != NULL)
    g_assert_cmpstr (shown->str, ==, expected);
}

static void
test_diff (void)
{
  assert_diff ("", "", -1, "");
  assert_diff ("same words", "same words", -1, "same words");
  assert_diff ("", "new", 0, "{new}");
  assert_diff ("old", "", 0, "[old]");
  assert_diff ("You are kind.", "You are very kind.", 8, "You are {very }kind.");
  assert_diff ("a b c d", "a c d", 2, "a [b ]c d");
  assert_diff ("It is 10:01 now", "It is 10:02 now", 10, "It is 10:[01]{02} now");
  assert_diff ("na\xc3\xafve caf\xc3\xa9", "na\xc3\xafve th\xc3\xa9", 6, "na\xc3\xafve [caf\xc3\xa9]{th\xc3\xa9}");
  assert_diff ("abc", "abcd", 3, "[abc]{abcd}");
}

static void
test_diff_random (void)
{
  for (guint round = 0; round < 400; round++)
    {
      g_autoptr (GString) a = g_string_new (NULL);
      g_autoptr (GString) b = g_string_new (NULL);
      guint n = (guint) g_test_rand_int_range (0, 60);

      for (guint i = 0; i < n; i++)
        {
          char word[3] = { (char) ('a' + g_test_rand_int_range (0, 4)), ' ', '\0' };

          if (g_test_rand_int_range (0, 4) > 0)
            g_string_append (a, word);
          if (g_test_rand_int_range (0, 4) > 0)
            g_string_append (b, word);
        }
      {
        g_autoptr (OhTextDiff) diff = oh_compare_texts (a->str, b->str);
        g_autofree char *old = join (diff, OH_DIFF_ADDED);
        g_autofree char *new = join (diff, OH_DIFF_REMOVED);

        g_assert_cmpstr (old, ==, a->str);
        g_assert_cmpstr (new, ==, b->str);
      }
    }
}

static void
test_diff_large (void)
{
  g_autoptr (GString) a = g_string_new ("shared ");
  g_autoptr (GString) b = g_string_new ("shared ");

  for (guint i = 0; i < 20000; i++)
    {
      g_string_append_printf (a, "a%u ", i);
      g_string_append_printf (b, "b%u ", i);
    }
  g_string_append (a, "end");
  g_string_append (b, "end");
  {
    g_autoptr (OhTextDiff) diff = oh_compare_texts (a->str, b->str);

    g_assert_cmpuint (diff->pieces->len, ==, 4);
    g_assert_cmpint (diff->first_character, ==, 7);
  }
}

static void
test_changes (void)
{
  g_autoptr (OhReading) before = read_exchange (
    "{\"model\":\"claude-opus-5\",\"max_tokens\":100,\"temperature\":1,\"system\":\"Be kind.\",\"tools\":["
    "{\"name\":\"add\",\"description\":\"Adds\",\"input_schema\":{\"type\":\"object\"}},"
    "{\"name\":\"mul\",\"input_schema\":{\"type\":\"object\"}},{\"name\":\"old\",\"input_schema\":{}}],"
    "\"messages\":[" U ("hi") "]}", ANSWER ("m1", "hello"));
  g_autoptr (OhReading) after = read_exchange (
    "{\"max_tokens\":200,\"model\":\"claude-opus-5\",\"top_p\":0.5,\"system\":[{\"type\":\"text\",\"text\":\"Be very kind.\"}],"
    "\"tools\":[{\"description\":\"Adds two\",\"name\":\"add\",\"input_schema\":{\"type\":\"object\"}},"
    "{\"input_schema\":{\"type\":\"object\"},\"name\":\"mul\",\"cache_control\":{\"type\":\"ephemeral\"}},"
    "{\"name\":\"new\",\"input_schema\":{}}],"
    "\"messages\":[" U ("hi") "," A ("hello") "," U ("more") "]}", NULL);
  g_autoptr (OhChanges) changes = oh_compare_readings (before, after);
  g_autoptr (OhChanges) none = oh_compare_readings (before, before);
  g_autoptr (OhChanges) edited = oh_compare_readings (after, before);
  const OhNamedChange *change;

  g_assert_cmpuint (changes->shared, ==, 1);
  g_assert_cmpuint (changes->dropped, ==, 0);
  g_assert_cmpuint (changes->first_new, ==, 2);
  g_assert_cmpint (changes->system->first_character, ==, 3);
  g_assert_cmpuint (changes->tools->len, ==, 3);
  change = g_ptr_array_index (changes->tools, 0);
  g_assert_cmpstr (change->name, ==, "add");
  g_assert_nonnull (change->diff);
  change = g_ptr_array_index (changes->tools, 1);
  g_assert_cmpstr (change->name, ==, "old");
  g_assert_null (change->after);
  change = g_ptr_array_index (changes->tools, 2);
  g_assert_cmpstr (change->name, ==, "new");
  g_assert_null (change->before);
  g_assert_false (changes->tools_moved);
  g_assert_cmpuint (changes->parameters->len, ==, 3);
  change = g_ptr_array_index (changes->parameters, 0);
  g_assert_cmpstr (change->name, ==, "max_tokens");
  g_assert_cmpstr (change->before, ==, "100");
  g_assert_cmpstr (change->after, ==, "200");

  g_assert_cmpuint (none->shared, ==, 1);
  g_assert_cmpuint (none->first_new, ==, 1);
  g_assert_null (none->system);
  g_assert_cmpuint (none->tools->len + none->parameters->len, ==, 0);
  g_assert_cmpuint (edited->shared, ==, 1);
  g_assert_cmpuint (edited->dropped, ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (corpus); i++)
    {
      g_autofree char *path = g_strdup_printf ("/thread/%02u %s", i + 1, corpus[i].name);

      g_test_add_data_func (path, &corpus[i], test_corpus);
    }
  g_test_add_func ("/thread/long", test_long);
  g_test_add_func ("/changes/diff", test_diff);
  g_test_add_func ("/changes/diff-random", test_diff_random);
  g_test_add_func ("/changes/diff-large", test_diff_large);
  g_test_add_func ("/changes/all", test_changes);
  return g_test_run ();
}
