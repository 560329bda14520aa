/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversations whose history is not sent as it was. The last call of each has the label: the call (from 1) that gave the
 * last answer in its history, and the message that is this answer; 0: it continues nothing that is known. */
#include "config.h"
#include "oh-reply.h"
#include "readings.h"

#define U(text) "{\"role\":\"user\",\"content\":\"" text "\"}"
#define A(text) "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"" text "\"}]}"
#define T(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define USE(id, input) "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"get\",\"input\":" input "}"
#define CALLS(blocks) "{\"role\":\"assistant\",\"content\":[" blocks "]}"
#define RESULT(id, text) "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\",\"content\":\"" text "\"}]}"
#define REQUEST(messages) "{\"model\":\"claude-opus-5\",\"max_tokens\":9,\"messages\":[" messages "]}"
#define ANSWER(blocks) "{\"type\":\"message\",\"role\":\"assistant\",\"id\":\"m\",\"content\":[" blocks "]}"
#define LONG "It is the third of the seven files that nobody has opened since the spring of that year; see its first line."

typedef struct
{
  gint64 run;
  const char *request;
  const char *answer;
} Call;

typedef struct
{
  const char *name;
  Call calls[5];
  gint64 parent;
  guint index;
} Sequence;

static const Sequence sequences[] = {
  { "an old result was cleared",
    { { 1, REQUEST (U ("go")), ANSWER (USE ("t1", "{}")) },
      { 1, REQUEST (U ("go") "," CALLS (USE ("t1", "{}")) "," RESULT ("t1", "all of it")), ANSWER (USE ("t2", "{\"n\":1}")) },
      { 1, REQUEST (U ("go") "," CALLS (USE ("t1", "{}")) "," RESULT ("t1", "[cleared]") "," CALLS (USE ("t2", "{\"n\":1}")) "," RESULT ("t2", "x")) } },
    2, 3 },
  { "the time of day in the first message, and tools",
    { { 1, REQUEST (U ("Time: 12:00:01\\nFix it")), ANSWER (USE ("t1", "{}")) },
      { 1, REQUEST (U ("Time: 12:00:09\\nFix it") "," CALLS (USE ("t1", "{}")) "," RESULT ("t1", "ok")) } },
    1, 1 },
  { "the time of day, and a short answer",
    { { 1, REQUEST (U ("Time: 9:59:58\\nFix it")), ANSWER (T ("Done.")) },
      { 1, REQUEST (U ("Time: 10:00:07\\nFix it") "," A ("Done.") "," U ("Really?")) } },
    1, 1 },
  { "a picture gave way to a word",
    { { 1, REQUEST ("{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\","
                    "\"data\":\"aGVsbG8=\"}}," T ("what?") "]}"), ANSWER (T ("a cat")) },
      { 1, REQUEST ("{\"role\":\"user\",\"content\":[" T ("[image]") "," T ("what?") "]}," A ("a cat") "," U ("sure?")) } },
    1, 1 },
  { "a sliding window",
    { { 1, REQUEST (U ("q1") "," A ("a1") "," U ("And the second one?")), ANSWER (T ("No.")) },
      { 1, REQUEST (U ("And the second one?") "," A ("No.") "," U ("q3")) } },
    1, 1 },
  { "a short answer among examples is nobody's",
    { { 1, REQUEST (U ("I like it")), ANSWER (T ("positive")) },
      { 1, REQUEST (U ("Lovely") "," A ("positive") "," U ("Bad") "," A ("negative") "," U ("I hate it")) } },
    0, 0 },
  { "reminders are nothing in common",
    { { 1, REQUEST ("{\"role\":\"user\",\"content\":[" T ("<system-reminder>be kind</system-reminder>") "," T ("one?") "]}"), ANSWER (T ("yes")) },
      { 1, REQUEST ("{\"role\":\"user\",\"content\":[" T ("<system-reminder>be kind</system-reminder>") "," T ("two?") "]}," A ("yes") "," U ("why?")) } },
    0, 0 },
  { "all before it was put together anew, but a long answer stayed",
    { { 1, REQUEST (U ("q1") "," A ("a1") "," U ("q2")), ANSWER (T (LONG)) },
      { 1, REQUEST (U ("What happened so far: much.") "," A (LONG) "," U ("q3")) } },
    1, 1 },
  { "another run",
    { { 1, REQUEST (U ("q")), ANSWER (T (LONG)) }, { 2, REQUEST (U ("other") "," A (LONG) "," U ("q3")) } }, 0, 0 },
  { "an id that nobody gives twice, its input edited",
    { { 1, REQUEST (U ("q")), ANSWER (USE ("toolu_01A09q90qw90lq917835lq9", "{\"n\":1}")) },
      { 1, REQUEST (U ("Q") "," CALLS (USE ("toolu_01A09q90qw90lq917835lq9", "{}")) "," RESULT ("toolu_01A09q90qw90lq917835lq9", "x")) } },
    1, 1 },
  { "an id that may be given twice, asked for something else",
    { { 1, REQUEST (U ("q")), ANSWER (USE ("call_0", "{\"n\":1}")) },
      { 1, REQUEST (U ("Q") "," CALLS (USE ("call_0", "{\"n\":2}")) "," RESULT ("call_0", "x")) } },
    0, 0 },
  { "texts joined to one",
    { { 1, REQUEST (U ("q")), ANSWER (T ("Part one. ") "," T ("Part two.")) },
      { 1, REQUEST (U ("q") "," A ("Part one. Part two.") "," U ("q2")) } },
    1, 1 },
  { "a tool call that was taken back, its text kept",
    { { 1, REQUEST (U ("q")), ANSWER (T (LONG) "," USE ("t1", "{}")) }, { 1, REQUEST (U ("Q") "," A (LONG) "," U ("stop that")) } },
    1, 1 },
  { "the last of two",
    { { 1, REQUEST (U ("q")), ANSWER (USE ("t1", "{}")) },
      { 1, REQUEST (U ("q") "," CALLS (USE ("t1", "{}")) "," RESULT ("t1", "x")), ANSWER (T (LONG)) },
      { 1, REQUEST (U ("Q") "," CALLS (USE ("t1", "{}")) "," RESULT ("t1", "x") "," A (LONG) "," U ("more")) } },
    2, 3 },
  { "what the client says in the model's name is no answer",
    { { 1, REQUEST (U ("q")), ANSWER (USE ("t1", "{}")) },
      { 1, REQUEST (U ("Q") "," CALLS (USE ("t1", "{}")) "," RESULT ("t1", "x") "," A ("I was interrupted.") "," U ("go on")) } },
    1, 1 },
  { "several tool calls, one of them dropped",
    { { 1, REQUEST (U ("q")), ANSWER (USE ("t1", "{}") "," USE ("t2", "{\"n\":2}")) },
      { 1, REQUEST (U ("Q") "," CALLS (USE ("t2", "{\"n\":2}")) "," RESULT ("t2", "x")) } },
    1, 1 },
  { "thinking is no part of it",
    { { 1, REQUEST (U ("q?")), ANSWER ("{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"}," T ("yes")) },
      { 1, REQUEST (U ("old") "," A ("a") "," U ("q?") "," A ("yes") "," U ("why?")) } },
    1, 3 },
  { "nothing", { { 1, REQUEST (U ("q")), ANSWER (T ("")) }, { 1, REQUEST (U ("q") "," A ("") "," U ("q")) } }, 0, 0 },
};

static void
test_sequence (gconstpointer data)
{
  const Sequence *sequence = data;
  g_autoptr (OhReplyIndex) index = oh_reply_index_new ();

  for (guint i = 0; i < G_N_ELEMENTS (sequence->calls); i++)
    {
      const Call *call = &sequence->calls[i];
      g_autoptr (OhReading) reading = read_exchange (call->request, call->answer);
      guint at = 0;

      if (call->answer != NULL)
        {
          oh_reply_index_add (index, i + 1, call->run, 0, reading);
          continue;
        }
      g_assert_cmpint (oh_reply_index_find (index, reading, call->run, 0, 0, &at), ==, sequence->parent);
      g_assert_cmpuint (at, ==, sequence->index);
      /* What lies before is not looked at. */
      g_assert_cmpint (oh_reply_index_find (index, reading, call->run, 0, at + 1, &at), ==, 0);
      return;
    }
  g_assert_not_reached ();
}

/* Two agents got the same answer to the same question; one goes on with an edited history. */
static void
test_voices (void)
{
  g_autoptr (OhReplyIndex) index = oh_reply_index_new ();
  g_autoptr (OhReading) first = read_exchange (REQUEST (U ("q")), ANSWER (T ("ok")));
  g_autoptr (OhReading) later = read_exchange (REQUEST (U ("q") "," A ("ok") "," U ("q2")), NULL);
  guint at = 0;

  oh_reply_index_add (index, 1, 1, 11, first);
  oh_reply_index_add (index, 2, 1, 22, first);
  g_assert_cmpint (oh_reply_index_find (index, later, 1, 11, 0, &at), ==, 1);
  g_assert_cmpint (oh_reply_index_find (index, later, 1, 22, 0, &at), ==, 2);
  g_assert_cmpint (oh_reply_index_find (index, later, 1, 33, 0, &at), ==, 0);
  g_assert_cmpint (oh_reply_index_find (index, later, 1, 0, 0, &at), ==, 2);
  g_assert_cmpuint (at, ==, 1);
}

static void
test_bounds (void)
{
  g_autoptr (OhReplyIndex) index = oh_reply_index_new ();
  g_autoptr (OhReading) first = read_exchange (REQUEST (U ("q")), ANSWER (T (LONG)));
  g_autoptr (OhReading) later = read_exchange (REQUEST (U ("Q") "," A (LONG) "," U ("q2")), NULL);
  guint at = 0;

  /* The run is a part of what an answer is known by, so that one reading makes many. */
  for (gint64 run = 1; run <= 40000; run++)
    oh_reply_index_add (index, run, run, 0, first);
  g_assert_cmpint (oh_reply_index_find (index, later, 40000, 0, 0, &at), ==, 40000);
  g_assert_cmpint (oh_reply_index_find (index, later, 24000, 0, 0, &at), ==, 24000);
  g_assert_cmpint (oh_reply_index_find (index, later, 1, 0, 0, &at), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (sequences); i++)
    {
      g_autofree char *name = g_strdup_printf ("/reply/%s", sequences[i].name);

      g_test_add_data_func (name, &sequences[i], test_sequence);
    }
  g_test_add_func ("/reply/voices", test_voices);
  g_test_add_func ("/reply/bounds", test_bounds);
  return g_test_run ();
}
