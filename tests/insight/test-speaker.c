/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-speaker.h"
#include "readings.h"

#define SAYS(system, tools) "{\"model\":\"m\",\"max_tokens\":9,\"system\":" system ",\"tools\":[" tools "],\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define TOOL "{\"name\":\"t\",\"input_schema\":{}}"

static guint64
hash (const char *request, const char *key)
{
  g_autoptr (OhReading) reading = read_exchange (request, NULL);

  return oh_speaker_hash_voice (reading, key, NULL, NULL);
}

/* The system prompt and the key make a voice; neither a billing line nor the tools do, nor where it is marked. */
static void
test_voice (void)
{
  guint64 voice = hash (SAYS ("\"Be kind.\"", ""), "k");

  g_assert_cmphex (hash (SAYS ("[{\"type\":\"text\",\"text\":\"Be kind.\",\"cache_control\":{\"type\":\"ephemeral\"}}]", TOOL), "k"), ==, voice);
  g_assert_cmphex (hash (SAYS ("\"Be brief.\"", ""), "k"), !=, voice);
  g_assert_cmphex (hash (SAYS ("\"Be kind.\"", ""), "l"), !=, voice);
  g_assert_cmphex (hash (SAYS ("[{\"type\":\"text\",\"text\":\"x-anthropic-billing-header: 1\"}]", ""), "k"), ==,
                   hash (SAYS ("[{\"type\":\"text\",\"text\":\"x-anthropic-billing-header: 2\"}]", ""), "k"));
}

static void
test_last (void)
{
  g_autoptr (OhSpeakerIndex) index = oh_speaker_index_new ();
  g_autoptr (OhReading) program = read_exchange (SAYS ("\"Be kind.\"", TOOL), NULL);
  g_autoptr (OhReading) other = read_exchange (SAYS ("\"Name it.\"", ""), NULL);

  program->facts->session = g_strdup ("s");
  other->facts->session = g_strdup ("s");
  oh_speaker_index_add (index, 1, 7, program, 11, FALSE);
  /* What only names the conversation does not speak in it. */
  oh_speaker_index_add (index, 2, 7, other, 12, FALSE);
  g_assert_cmpint (oh_speaker_index_find_last (index, 7, "s", NULL), ==, 1);
  g_assert_cmpint (oh_speaker_index_find_last (index, 7, "s", "a"), ==, 0);
  g_assert_cmpint (oh_speaker_index_find_last (index, 8, "s", NULL), ==, 0);
  g_assert_cmpint (oh_speaker_index_find_last (index, 7, NULL, NULL), ==, 0);
  oh_speaker_index_add (index, 3, 7, other, 12, TRUE);
  g_assert_cmpint (oh_speaker_index_find_last (index, 7, "s", NULL), ==, 3);
  g_assert_cmpint (oh_speaker_index_get_voice (index, 2), ==, 12);
  g_assert_cmpint (oh_speaker_index_get_voice (index, 4), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/speaker/voice", test_voice);
  g_test_add_func ("/speaker/last", test_last);
  return g_test_run ();
}
