/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-quote.h"

#include "oh-feed.h"
#include "oh-terminal-text.h"

#include <glib/gi18n.h>

/* Characters that stand before what was found, at most: where the line begins there, or else where a word does; and of all of
 * it. There is little room in a row. */
#define NEAR 16
#define LEAD 10
#define LENGTH 240
/* Bytes of both bodies; of more nothing is quoted. */
#define BODIES_MAX (8 << 20)
/* Blocks in blocks deeper than this are nobody's texts. */
#define DEPTH_MAX 8

typedef struct
{
  const OhSearchWords *words;
  OhSearchSide side;
} Seeker;

/* From the line's beginning if that is near, else from a word's. */
static const char *
find_start (const char *text, const char *at)
{
  const char *start = at, *lead = at;

  for (guint n = 0; n <= NEAR; n++)
    {
      if (start == text || start[-1] == '\n')
        return start;
      start = g_utf8_prev_char (start);
      if (n < LEAD)
        lead = start;
    }
  for (const char *p = lead; p < at; p = g_utf8_next_char (p))
    if (g_unichar_isspace (g_utf8_get_char (p)))
      return g_utf8_next_char (p);
  return lead;
}

/* @text: valid */
static char *
quote (const char *text, gsize at)
{
  const char *p = find_start (text, text + at);
  GString *out = g_string_new (p > text && p[-1] != '\n' ? "…" : NULL);
  gboolean space = FALSE;

  for (guint n = 0; n < LENGTH && *p != '\0'; n++, p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      const gboolean gap = g_unichar_isspace (c) || g_unichar_iscntrl (c);

      if (!gap || !space)
        g_string_append_unichar (out, gap ? ' ' : c);
      space = gap;
    }
  return g_string_free (out, FALSE);
}

/* @text: (nullable). Returns: (transfer full) (nullable) */
static char *
seek (const Seeker *self, const char *text)
{
  g_autofree char *valid = NULL;
  g_autoptr (GArray) matches = NULL;

  if (text == NULL || *text == '\0')
    return NULL;
  if (!g_utf8_validate (text, -1, NULL))
    text = valid = g_utf8_make_valid (text, -1);
  matches = oh_search_words_find (self->words, self->side, text, -1);
  return matches->len > 0 ? quote (text, g_array_index (matches, OhSearchMatch, 0).start) : NULL;
}

static char *
seek_in_block (const Seeker *self, const OhBlock *block, guint depth)
{
  const char *const texts[] = { block->text, block->input, block->source, block->name, block->id };
  char *found = NULL;

  for (gsize i = 0; found == NULL && i < G_N_ELEMENTS (texts); i++)
    found = seek (self, texts[i]);
  for (guint i = 0; found == NULL && depth < DEPTH_MAX && block->children != NULL && i < block->children->len; i++)
    found = seek_in_block (self, block->children->pdata[i], depth + 1);
  return found;
}

static char *
seek_in_blocks (const Seeker *self, const GPtrArray *blocks)
{
  char *found = NULL;

  for (guint i = 0; found == NULL && i < blocks->len; i++)
    found = seek_in_block (self, blocks->pdata[i], 0);
  return found;
}

static char *
seek_in_tools (const Seeker *self, const GPtrArray *tools)
{
  char *found = NULL;

  for (guint i = 0; found == NULL && i < tools->len; i++)
    {
      const OhTool *tool = tools->pdata[i];

      found = seek (self, tool->description);
      if (found == NULL)
        found = seek (self, tool->name);
    }
  return found;
}

static char *
seek_in_body (const Seeker *self, GBytes *body)
{
  g_autofree char *text = body == NULL ? NULL : g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));

  return seek (self, text);
}

static char *
seek_in_headers (const Seeker *self, const OhHeaders *headers)
{
  char *found = NULL;

  for (guint i = 0; found == NULL && headers != NULL && i < oh_headers_get_length (headers); i++)
    {
      g_autofree char *line = NULL;
      const char *name, *value;

      oh_headers_get_nth (headers, i, &name, &value);
      line = g_strdup_printf ("%s: %s", name, value);
      found = seek (self, line);
    }
  return found;
}

/* Of what was said: what is new first, from its end. */
static char *
seek_in_reading (const Seeker *request, const Seeker *response, const OhExchange *exchange, const OhReading *reading)
{
  const guint from = exchange->place != NULL && exchange->place->parent_id != 0 ? exchange->place->new_from : 0;
  char *found = NULL;

  for (guint i = reading->messages->len; found == NULL && i > from; i--)
    found = seek_in_blocks (request, ((OhMessage *) reading->messages->pdata[i - 1])->blocks);
  if (found == NULL && reading->answer != NULL)
    found = seek_in_blocks (response, reading->answer->blocks);
  if (found == NULL)
    found = seek (response, reading->facts->error_message);
  if (found == NULL)
    found = seek_in_blocks (request, reading->system);
  return found != NULL ? found : seek_in_tools (request, reading->tools);
}

static char *
seek_in_exchange (OhStoreReader *reader, const OhExchange *exchange, const OhSearchWords *words)
{
  const Seeker request = { words, OH_SEARCH_IN_REQUEST }, response = { words, OH_SEARCH_IN_RESPONSE };
  g_autoptr (OhInterpreter) interpreter = oh_interpreter_new (exchange);
  g_autoptr (OhReading) reading = NULL;
  g_autofree char *url = oh_exchange_get_url (exchange);
  char *found = NULL;

  if (exchange->request_length + exchange->response_length <= BODIES_MAX)
    oh_feed_all (reader, interpreter, exchange);
  reading = oh_interpreter_get_reading (interpreter);
  found = seek_in_reading (&request, &response, exchange, reading);
  if (found == NULL && reading->messages->len == 0)
    {
      g_autoptr (GBytes) sent = oh_interpreter_get_request_body (interpreter, NULL);
      g_autoptr (GBytes) received = oh_interpreter_get_response_body (interpreter, NULL);

      found = seek_in_body (&request, sent);
      if (found == NULL)
        found = seek_in_body (&response, received);
    }
  if (found == NULL)
    found = seek_in_headers (&request, exchange->request_headers);
  if (found == NULL)
    found = seek_in_headers (&response, exchange->response_headers);
  return found != NULL ? found : seek (&request, url);
}

static char *
seek_in_console (OhStoreReader *reader, gint64 run_id, const OhSearchWords *words)
{
  g_autoptr (GBytes) output = oh_store_reader_read_console (reader, run_id, 0);
  g_autoptr (GByteArray) plain = NULL;
  g_autofree char *found = NULL;
  const Seeker seeker = { words, OH_SEARCH_ANYWHERE };

  if (output == NULL || g_bytes_get_size (output) == 0)
    return NULL;
  plain = g_byte_array_new ();
  g_byte_array_append (plain, g_bytes_get_data (output, NULL), (guint) g_bytes_get_size (output));
  oh_terminal_text_strip (plain);
  g_byte_array_append (plain, (const guint8 *) "", 1);
  found = seek (&seeker, (const char *) plain->data);
  /* Translators: a line of what a run wrote. */
  return found == NULL ? NULL : g_strdup_printf (_ ("Console: %s"), found);
}

char *
oh_quote_find (OhStoreReader *reader, gint64 exchange_id, const OhSearchWords *words, const OhSearchWords *console)
{
  g_autoptr (OhExchange) exchange = NULL;
  char *found = NULL;

  g_return_val_if_fail (reader != NULL, NULL);

  exchange = oh_store_reader_get_exchange (reader, exchange_id);
  if (exchange == NULL)
    return NULL;
  if (words != NULL)
    found = seek_in_exchange (reader, exchange, words);
  if (found == NULL && console != NULL && exchange->run_id != 0)
    found = seek_in_console (reader, exchange->run_id, console);
  return found;
}
