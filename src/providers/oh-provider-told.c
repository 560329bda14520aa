/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What instruments tell of a program: a span, kept as the body of a request that never was (OH_ROUTE_TOLD). One that is a
 * call to a model is read by the rules of who made it (oh-emitter-private.h); the others are no more than spans. */
#include "config.h"
#include "oh-emitter-private.h"
#include "oh-provider.h"
#include "oh-told-event-private.h"

#include <glib/gi18n.h>
#include <string.h>

typedef struct
{
  OhReading *reading; /* what the span says, for describe_request() and get_answer(); or NULL */
} State;

static guint
told_claims (const OhExchange *head)
{
  /* More than any other: the host is a service's name. A request and its answer are read by who knows the API. */
  return head->route == OH_ROUTE_TOLD && !oh_exchange_is_told_whole (head) ? G_MAXUINT : 0;
}

static void
told_begin (OhProviderTask *task)
{
  task->state = g_new0 (State, 1);
  task->facts->operation = g_strdup ("span");
}

static void
told_finish (OhProviderTask *task)
{
  State *state = task->state;

  g_clear_pointer (&state->reading, oh_reading_unref);
  g_free (state);
}

static gboolean
told_wants_request (const OhProviderTask *task)
{
  return TRUE;
}

/* The first words of the last message of a person's. */
static void
find_title (const OhReading *reading, OhFacts *facts)
{
  for (guint i = reading->messages->len; i > 0; i--)
    {
      const OhMessage *message = reading->messages->pdata[i - 1];

      for (guint j = 0; j < message->blocks->len && strcmp (message->role, "user") == 0; j++)
        {
          const OhBlock *block = message->blocks->pdata[j];

          if (strcmp (block->type, "text") != 0 || block->text == NULL || *block->text == '\0')
            continue;
          oh_facts_take (&facts->title, oh_excerpt (block->text, 80));
          return;
        }
    }
}

/* (transfer full) (nullable): borrows from @records */
static GArray *
parse_records (GPtrArray *records)
{
  GArray *parsed = records != NULL ? g_array_new (FALSE, FALSE, sizeof (OhJson)) : NULL;

  for (guint i = 0; parsed != NULL && i < records->len; i++)
    {
      gsize length;
      const char *text = g_bytes_get_data (records->pdata[i], &length);
      OhJson record;

      if (length > 0 && oh_json_parse (text, length, &record, NULL))
        g_array_append_val (parsed, record);
    }
  return parsed;
}

static void
told_read_request (OhProviderTask *task, const char *body, gsize length)
{
  State *state = task->state;
  OhFacts *facts = task->facts;
  const OhEmitter *emitter;
  OhEmitted span = { 0 };

  facts->complete = TRUE;
  if (!oh_emitted_parse (body, length, &span))
    {
      if (span.all.length > 0 && oh_told_event_read (span.all, facts))
        {
          state->reading = task->facts_only ? NULL : oh_reading_new (oh_facts_new ("told"));
          if (state->reading != NULL)
            oh_told_event_describe (span.all, state->reading->messages);
          return;
        }
      oh_provider_task_add_problem (task, g_strdup (_ ("This span cannot be read")));
      return;
    }
  oh_emitted_read_common (&span, facts);
  emitter = oh_emitter_choose (&span);
  if (emitter != NULL && emitter->read_span != NULL)
    emitter->read_span (&span, facts);
  if (emitter == NULL || (emitter->is_call != NULL && !emitter->is_call (&span)))
    return;
  oh_facts_take (&facts->operation, g_strdup ("messages"));
  emitter->read_facts (&span, facts);
  oh_emitted_read_failure (&span, facts);
  state->reading = oh_reading_new (oh_facts_new ("told"));
  emitter->describe (&span, state->reading);
  span.records = parse_records (task->records);
  oh_emitted_describe_events (&span, state->reading);
  g_clear_pointer (&span.records, g_array_unref);
  find_title (state->reading, facts);
  facts->message_count = state->reading->messages->len;
  for (guint i = 0; state->reading->answer != NULL && i < state->reading->answer->blocks->len; i++)
    facts->tool_use_count +=
      strcmp (((OhBlock *) state->reading->answer->blocks->pdata[i])->type, "tool_use") == 0;
  if (task->facts_only)
    g_clear_pointer (&state->reading, oh_reading_unref);
}

/* @out: takes the elements of @from */
static void
move (GPtrArray *from, GPtrArray *out)
{
  g_ptr_array_extend_and_steal (out, g_ptr_array_ref (from));
}

static void
told_describe_request (OhProviderTask *task, const char *body, gsize length, OhReading *reading)
{
  State *state = task->state;

  if (state->reading == NULL)
    return;
  move (state->reading->parameters, reading->parameters);
  move (state->reading->system, reading->system);
  move (state->reading->tools, reading->tools);
  move (state->reading->messages, reading->messages);
}

static OhMessage *
told_get_answer (OhProviderTask *task)
{
  const State *state = task->state;

  return state->reading != NULL && state->reading->answer != NULL ? oh_message_ref (state->reading->answer) : NULL;
}

static void
told_end (OhProviderTask *task, OhOutcome outcome)
{
  task->facts->complete = TRUE;
}

const OhProvider oh_provider_told = {
  .id = "told",
  .claims = told_claims,
  .begin = told_begin,
  .finish = told_finish,
  .wants_request = told_wants_request,
  .read_request = told_read_request,
  .describe_request = told_describe_request,
  .end = told_end,
  .get_answer = told_get_answer,
};
