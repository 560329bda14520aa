/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-matches.h"

#include "oh-conversation-model.h"

#include <string.h>

/* Blocks in blocks deeper than this are not shown. */
#define DEPTH_MAX 16

typedef struct
{
  OhExchangeView *view;
  OhSearchWords *words;
} Job;

static guint
count_text (const OhSearchWords *words, OhSearchSide side, const char *text)
{
  return oh_search_words_count (words, side, text, -1);
}

static guint
count_block (const OhSearchWords *words, OhSearchSide side, const OhBlock *block, guint depth)
{
  gboolean result = g_str_has_suffix (block->type, "tool_result");
  guint n = count_text (words, side, block->name) + count_text (words, side, block->text) +
            count_text (words, side, block->input) + count_text (words, side, block->source);

  /* A result's id stands in its card's heading, which tells whose it is. */
  if (!result)
    n += count_text (words, side, block->id);
  for (guint i = 0; depth < DEPTH_MAX && block->children != NULL && i < block->children->len; i++)
    n += count_block (words, side, block->children->pdata[i], depth + 1);
  return n;
}

static guint
count_blocks (const OhSearchWords *words, OhSearchSide side, GPtrArray *blocks)
{
  guint n = 0;

  for (guint i = 0; i < blocks->len; i++)
    n += count_block (words, side, blocks->pdata[i], 0);
  return n;
}

static void
add_spot (OhMatches *self, OhMatchesPage page, guint kind, guint index, guint count)
{
  OhMatchesSpot spot = { kind, index, count };

  if (count == 0)
    return;
  g_array_append_val (self->spots[page], spot);
  self->total[page] += count;
}

static guint
count_tools (const OhSearchWords *words, GPtrArray *tools)
{
  guint n = 0;

  for (guint i = 0; i < tools->len; i++)
    {
      const OhTool *tool = tools->pdata[i];

      n += count_text (words, OH_SEARCH_IN_REQUEST, tool->name) +
           count_text (words, OH_SEARCH_IN_REQUEST, tool->description);
    }
  return n;
}

static guint
count_parameters (const OhSearchWords *words, GPtrArray *parameters)
{
  guint n = 0;

  for (guint i = 0; i < parameters->len; i++)
    {
      const OhParameter *parameter = parameters->pdata[i];

      n += count_text (words, OH_SEARCH_IN_REQUEST, parameter->name) +
           count_text (words, OH_SEARCH_IN_REQUEST, parameter->value);
    }
  return n;
}

static void
count_conversation (OhMatches *self, const OhExchangeView *view, const OhSearchWords *words, GCancellable *cancellable)
{
  const OhReading *reading = view->reading;
  const OhFacts *facts = reading->facts;

  add_spot (self, OH_MATCHES_CONVERSATION, OH_CARD_PARAMETERS, 0, count_parameters (words, reading->parameters));
  add_spot (self, OH_MATCHES_CONVERSATION, OH_CARD_SYSTEM, 0,
            count_blocks (words, OH_SEARCH_IN_REQUEST, reading->system));
  add_spot (self, OH_MATCHES_CONVERSATION, OH_CARD_TOOLS, 0, count_tools (words, reading->tools));
  for (guint i = 0; i < reading->messages->len && !g_cancellable_is_cancelled (cancellable); i++)
    add_spot (self, OH_MATCHES_CONVERSATION, OH_CARD_MESSAGE, i,
              count_blocks (words, OH_SEARCH_IN_REQUEST, ((OhMessage *) reading->messages->pdata[i])->blocks));
  if (reading->answer != NULL)
    add_spot (self, OH_MATCHES_CONVERSATION, OH_CARD_ANSWER, 0,
              count_blocks (words, OH_SEARCH_IN_RESPONSE, reading->answer->blocks));
  if (oh_conversation_model_has_error (view))
    {
      g_autofree char *said = oh_saying_tell (view->exchange->error);

      add_spot (self, OH_MATCHES_CONVERSATION, OH_CARD_ERROR, 0,
                count_text (words, OH_SEARCH_IN_RESPONSE, facts->error_message) +
                    count_text (words, OH_SEARCH_IN_RESPONSE, said) +
                    count_text (words, OH_SEARCH_IN_RESPONSE, facts->request_id));
    }
}

static void
count_body (OhMatches *self, OhMatchesPage page, GBytes *body, const OhSearchWords *words, OhSearchSide side)
{
  gsize length;
  const char *data = body != NULL ? g_bytes_get_data (body, &length) : NULL;

  /* Bytes that are no text are shown as such. */
  if (data == NULL || memchr (data, '\0', MIN (length, 4096)) != NULL)
    return;
  add_spot (self, page, 0, 0, oh_search_words_count (words, side, data, (gssize) length));
}

static guint
count_fields (const OhSearchWords *words, OhSearchSide side, const OhHeaders *headers)
{
  guint n = 0;

  for (guint i = 0; headers != NULL && i < oh_headers_get_length (headers); i++)
    {
      const char *name, *value;

      oh_headers_get_nth (headers, i, &name, &value);
      n += count_text (words, side, name) + count_text (words, side, value);
    }
  return n;
}

static void
count_headers (OhMatches *self, const OhExchange *exchange, const OhSearchWords *words)
{
  g_autofree char *url = oh_exchange_get_url (exchange);
  g_autofree char *line = g_strdup_printf ("%s %s", exchange->method, url);

  add_spot (self, OH_MATCHES_HEADERS, 0, 0,
            count_text (words, OH_SEARCH_IN_REQUEST, line) +
                count_fields (words, OH_SEARCH_IN_REQUEST, exchange->request_headers) +
                count_fields (words, OH_SEARCH_IN_RESPONSE, exchange->response_headers));
}

static void
count_events (OhMatches *self, const OhReading *reading, const OhSearchWords *words)
{
  for (guint i = 0; i < reading->events->len; i++)
    {
      const OhStreamEvent *event = reading->events->pdata[i];

      add_spot (self, OH_MATCHES_STREAM, 0, i, count_text (words, OH_SEARCH_IN_RESPONSE, event->data));
    }
}

OhMatches *
oh_matches_count (OhExchangeView *view, OhSearchWords *words, GCancellable *cancellable)
{
  OhMatches *self;

  g_return_val_if_fail (view != NULL && words != NULL, NULL);

  self = g_new0 (OhMatches, 1);
  for (guint i = 0; i < OH_MATCHES_N_PAGES; i++)
    self->spots[i] = g_array_new (FALSE, FALSE, sizeof (OhMatchesSpot));
  count_conversation (self, view, words, cancellable);
  if (!g_cancellable_is_cancelled (cancellable))
    count_body (self, OH_MATCHES_REQUEST, view->request_body, words, OH_SEARCH_IN_REQUEST);
  if (!g_cancellable_is_cancelled (cancellable))
    count_body (self, OH_MATCHES_RESPONSE, view->response_body, words, OH_SEARCH_IN_RESPONSE);
  if (!g_cancellable_is_cancelled (cancellable))
    {
      count_headers (self, view->exchange, words);
      count_events (self, view->reading, words);
    }
  return self;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  oh_exchange_view_unref (job->view);
  oh_search_words_unref (job->words);
  g_free (job);
}

static void
count_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Job *job = data;

  g_task_return_pointer (task, oh_matches_count (job->view, job->words, cancellable), (GDestroyNotify) oh_matches_free);
}

void
oh_matches_count_async (OhExchangeView *view, OhSearchWords *words, GCancellable *cancellable,
                        GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, data);
  Job *job = g_new0 (Job, 1);

  g_return_if_fail (view != NULL && words != NULL);

  job->view = oh_exchange_view_ref (view);
  job->words = oh_search_words_ref (words);
  g_task_set_source_tag (task, oh_matches_count_async);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, count_in_thread);
}

OhMatches *
oh_matches_count_finish (GAsyncResult *result)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), NULL);
}

void
oh_matches_free (OhMatches *self)
{
  for (guint i = 0; i < OH_MATCHES_N_PAGES; i++)
    g_array_unref (self->spots[i]);
  g_free (self);
}

const OhMatchesSpot *
oh_matches_get_spot (const OhMatches *self, OhMatchesPage page, guint match, guint *nth)
{
  g_return_val_if_fail (self != NULL && page < OH_MATCHES_N_PAGES && match < self->total[page], NULL);

  for (guint i = 0; i < self->spots[page]->len; i++)
    {
      const OhMatchesSpot *spot = &g_array_index (self->spots[page], OhMatchesSpot, i);

      if (match < spot->count)
        {
          *nth = match;
          return spot;
        }
      match -= spot->count;
    }
  g_assert_not_reached ();
}
