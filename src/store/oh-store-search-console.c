/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-search-console-private.h"
#include "oh-searchable.h"
#include "oh-terminal-text.h"

#include <string.h>

/* Output is folded in pieces of at least so many bytes; what stands across a border stands in the overlap. */
#define PIECE 262144
#define OVERLAP 8192
/* Words whose answers are kept. */
#define WORDS_MAX 16

typedef struct
{
  gboolean found;
  gint64 looked_to; /* bytes of the run's output */
  guint turn;       /* when the output was last asked for its length */
} Answer;

struct _OhConsoleSearch
{
  OhDb *db;
  OhPacker *packer;
  GHashTable *words; /* folded word → GHashTable of gint64* run → Answer */
  guint turn;
};

/* @output: as it is: its end may be half a sequence, the rest of which is still to come */
static gboolean
has (const GByteArray *output, const char *word)
{
  g_autoptr (GByteArray) plain = g_byte_array_sized_new (output->len + 1);
  g_autofree char *valid = NULL;
  g_autofree char *folded = NULL;

  g_byte_array_append (plain, output->data, output->len);
  oh_terminal_text_strip (plain);
  valid = g_utf8_make_valid ((const char *) plain->data, plain->len);
  folded = oh_searchable_fold (valid);
  return strstr (folded, word) != NULL;
}

static void
look (OhConsoleSearch *self, gint64 run_id, const char *word, Answer *answer)
{
  const gint64 end = oh_db_get_int (
    self->db, "SELECT offset + length FROM console WHERE run_id = ? ORDER BY offset DESC LIMIT 1", 0, "i", run_id);
  g_autoptr (GByteArray) output = NULL;
  sqlite3_stmt *rows;

  if (end <= answer->looked_to)
    return;
  output = g_byte_array_new ();
  rows = oh_db_query (self->db, "SELECT data FROM console WHERE run_id = ? AND offset + length > ? ORDER BY offset", "ii",
                      run_id, answer->looked_to - OVERLAP);
  while (!answer->found && oh_db_step (self->db, rows))
    {
      oh_packer_unpack (self->packer, sqlite3_column_blob (rows, 0), (gsize) sqlite3_column_bytes (rows, 0),
                        G_MAXUINT / 2, output);
      if (output->len < PIECE)
        continue;
      answer->found = has (output, word);
      if (output->len > OVERLAP)
        g_byte_array_remove_range (output, 0, output->len - OVERLAP);
    }
  oh_db_done (self->db, rows);
  answer->found = answer->found || has (output, word);
  answer->looked_to = end;
}

/* overhear_said (run, folded) */
static void
said_function (sqlite3_context *context, int n, sqlite3_value **values)
{
  OhConsoleSearch *self = sqlite3_user_data (context);
  const gint64 run_id = sqlite3_value_int64 (values[0]);
  const char *word = (const char *) sqlite3_value_text (values[1]);
  GHashTable *runs;
  Answer *answer;

  if (word == NULL || *word == '\0')
    {
      sqlite3_result_int (context, 1);
      return;
    }
  runs = g_hash_table_lookup (self->words, word);
  if (runs == NULL)
    {
      if (g_hash_table_size (self->words) >= WORDS_MAX)
        g_hash_table_remove_all (self->words);
      runs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
      g_hash_table_insert (self->words, g_strdup (word), runs);
    }
  answer = g_hash_table_lookup (runs, &run_id);
  if (answer == NULL)
    {
      answer = g_new0 (Answer, 1);
      g_hash_table_insert (runs, g_memdup2 (&run_id, sizeof run_id), answer);
    }
  if (!answer->found && answer->turn != self->turn)
    {
      look (self, run_id, word, answer);
      answer->turn = self->turn;
    }
  sqlite3_result_int (context, answer->found);
}

OhConsoleSearch *
oh_console_search_new (OhDb *db, OhPacker *packer)
{
  OhConsoleSearch *self = g_new0 (OhConsoleSearch, 1);

  self->db = db;
  self->packer = packer;
  self->words = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);
  sqlite3_create_function_v2 (db->handle, "overhear_said", 2, SQLITE_UTF8, self, said_function, NULL, NULL, NULL);
  return self;
}

void
oh_console_search_free (OhConsoleSearch *self)
{
  g_hash_table_unref (self->words);
  g_free (self);
}

void
oh_console_search_begin (OhConsoleSearch *self)
{
  self->turn++;
}
