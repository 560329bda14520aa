/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-starter.h"
#include "readings.h"

#define REQUEST(content) "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":" content "}]}"
#define USE(id, input) "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"Task\",\"input\":" input "}"
#define ANSWER(blocks) "{\"type\":\"message\",\"role\":\"assistant\",\"id\":\"m1\",\"content\":[" blocks "]}"

static OhStarterIndex *
make_index (const char *answer)
{
  OhStarterIndex *index = oh_starter_index_new ();
  g_autoptr (OhReading) asked = read_exchange (REQUEST ("\"do it\""), answer);

  oh_starter_index_ask (index, 7, 1, asked);
  return index;
}

/* Which tool's id is claimed for a conversation that begins with @content; "" for none. */
static void
claim (OhStarterIndex *index, gint64 run_id, const char *request, const char *right)
{
  g_autoptr (OhReading) reading = read_exchange (request, NULL);
  g_autofree char *id = NULL;
  gint64 exchange_id = oh_starter_index_claim (index, 9, run_id, reading, &id);

  g_assert_cmpstr (id != NULL ? id : "", ==, right);
  g_assert_cmpint (exchange_id, ==, *right != '\0' ? 7 : 0);
}

static void
test_claim (void)
{
  g_autoptr (OhStarterIndex) index =
    make_index (ANSWER (USE ("t1", "{\"description\":\"d\",\"prompt\":\"find all files\\n\"}") "," USE ("t2", "{\"prompts\":[\"count the files\"]}") ","
                        USE ("t3", "{\"q\":\"ls\"}")));

  claim (index, 1, REQUEST ("\"find all the files\""), "");
  claim (index, 1, REQUEST ("\"ls\""), "");
  claim (index, 2, REQUEST ("\"find all files\""), "");
  claim (index, 1, REQUEST ("[{\"type\":\"text\",\"text\":\"<system-reminder>x</system-reminder>\"},{\"type\":\"text\",\"text\":\" find all files\"}]"), "t1");
  claim (index, 1, REQUEST ("\"find all files\""), "");
  claim (index, 1, REQUEST ("\"count the files\""), "t2");
  claim (index, 1, REQUEST ("\"do it\""), "");
}

/* Three with the same prompt: one each, in their order. */
static void
test_order (void)
{
  g_autoptr (OhStarterIndex) index = make_index (ANSWER (USE ("t1", "{\"p\":\"find all files\"}") "," USE ("t2", "{\"p\":\"find all files\"}") "," USE ("t3", "{\"p\":\"find all files\"}")));

  claim (index, 1, REQUEST ("\"find all files\""), "t1");
  claim (index, 1, REQUEST ("\"find all files\""), "t2");
  claim (index, 1, REQUEST ("\"find all files\""), "t3");
  claim (index, 1, REQUEST ("\"find all files\""), "");
}

/* What has its result starts nothing any more; the result of another call under the same id is none of ours. */
static void
test_end (void)
{
  g_autoptr (OhStarterIndex) index = make_index (ANSWER (USE ("t1", "{\"p\":\"find all files\"}")));

  oh_starter_index_end (index, 7, "t1");
  claim (index, 1, REQUEST ("\"find all files\""), "");
}

/* What got no answer is sent again. */
static void
test_release (void)
{
  g_autoptr (OhStarterIndex) index = make_index (ANSWER (USE ("t1", "{\"p\":\"find all files\"}")));

  claim (index, 1, REQUEST ("\"find all files\""), "t1");
  oh_starter_index_release (index, 8);
  claim (index, 1, REQUEST ("\"find all files\""), "");
  oh_starter_index_release (index, 9);
  claim (index, 1, REQUEST ("\"find all files\""), "t1");
}

static void
test_end_of_other (void)
{
  g_autoptr (OhStarterIndex) index = make_index (ANSWER (USE ("t1", "{\"p\":\"find all files\"}")));

  oh_starter_index_end (index, 8, "t1");
  oh_starter_index_end (index, 7, "t2");
  claim (index, 1, REQUEST ("\"find all files\""), "t1");
}

static void
test_bounds (void)
{
  g_autoptr (OhStarterIndex) index = make_index (ANSWER (USE ("first", "{\"p\":\"find all files\"}")));
  g_autoptr (OhReading) other = read_exchange (REQUEST ("\"x\""), ANSWER (USE ("t", "{\"p\":\"something else\"}")));

  for (gint64 i = 0; i < 1024; i++)
    oh_starter_index_ask (index, i, 1, other);
  claim (index, 1, REQUEST ("\"find all files\""), "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/starter/claim", test_claim);
  g_test_add_func ("/starter/order", test_order);
  g_test_add_func ("/starter/end", test_end);
  g_test_add_func ("/starter/end-of-other", test_end_of_other);
  g_test_add_func ("/starter/release", test_release);
  g_test_add_func ("/starter/bounds", test_bounds);
  return g_test_run ();
}
