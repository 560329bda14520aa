/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-anthropic-private.h"

#include <glib/gi18n.h>
#include <string.h>

#define SUMMARY_MAX 100

/* A block of the answer. While it streams, what its deltas brought stands beside what its start said; at its stop both
 * become one block, which is final. */
typedef struct
{
  gint64 index;
  OhBlock *start;    /* as content_block_start had it, and final if no delta follows */
  OhBlock *done;     /* NULL while it streams */
  GString *text;     /* text or thinking as it stood in the deltas, escapes and all; NULL without deltas of it */
  GString *input;    /* the pieces of the input's JSON; NULL without deltas of it */
  GString *citations; /* JSON values with commas between them, or NULL */
  char *signature;   /* JSON values of the last delta, or NULL */
  char *content;
  char *encrypted;
} Part;

struct _OhAnthropicStream
{
  GPtrArray *parts;    /* (element-type Part) in the order they began */
  GHashTable *by_index; /* gint64 → Part, the newest of that index; not owned */
  gint64 next_index;   /* of the block that should begin next */
  gboolean started;    /* message_start seen */
  gboolean headless;   /* something came before it, which has been said */
  gboolean stopped;    /* message_stop seen */
  gboolean failed;     /* error seen */
  gint64 quarters;     /* quarters of tokens, estimated */
  gboolean server_tool; /* the block that began last asks for a tool that the server runs */
};

static void
part_free (gpointer data)
{
  Part *part = data;

  oh_block_unref (part->start);
  g_clear_pointer (&part->done, oh_block_unref);
  if (part->text != NULL)
    g_string_free (part->text, TRUE);
  if (part->input != NULL)
    g_string_free (part->input, TRUE);
  if (part->citations != NULL)
    g_string_free (part->citations, TRUE);
  g_free (part->signature);
  g_free (part->content);
  g_free (part->encrypted);
  g_free (part);
}

static gboolean
is_thinking (const Part *part)
{
  return strcmp (part->start->type, "thinking") == 0;
}

/* Sets the problem of an input that is no JSON. Returns whether it is. */
static gboolean
check_input (OhBlock *block)
{
  g_autofree char *what = NULL;
  OhJson value;

  if (oh_json_parse (block->input, strlen (block->input), &value, &what))
    return TRUE;
  g_free (block->problem);
  block->problem = g_strdup_printf (_("The input is not valid JSON: %s"), what);
  return FALSE;
}

/* The whole block as the API would have sent it in one piece: what the start said, with what the deltas brought. */
static char *
join_json (const Part *part)
{
  struct
  {
    const char *name;
    char *value;
  } brought[] = {
    { is_thinking (part) ? "thinking" : "text", NULL }, { "input", NULL },   { "citations", NULL },
    { "signature", g_strdup (part->signature) },        { "content", g_strdup (part->content) },
    { "encrypted_content", g_strdup (part->encrypted) },
  };
  GString *out = g_string_new ("{");
  OhJsonIter iter;
  OhJson start, key, value;

  if (part->text != NULL)
    brought[0].value = g_strdup_printf ("\"%s\"", part->text->str);
  if (part->input != NULL)
    {
      OhJson input;

      if (part->input->len == 0)
        brought[1].value = part->start->input == NULL ? g_strdup ("{}") : NULL;
      else if (oh_json_parse (part->input->str, part->input->len, &input, NULL))
        brought[1].value = g_strdup (part->input->str);
      else
        {
          GString *quoted = g_string_new (NULL);

          oh_json_quote (quoted, part->input->str, (gssize) part->input->len);
          brought[1].value = g_string_free (quoted, FALSE);
        }
    }
  if (part->citations != NULL)
    brought[2].value = g_strdup_printf ("[%s]", part->citations->str);
  start = (OhJson) { part->start->json, strlen (part->start->json) };
  oh_json_iter_init (&iter, start);
  while (oh_json_iter_next (&iter, &key, &value))
    {
      if (out->len > 1)
        g_string_append_c (out, ',');
      g_string_append_len (out, key.text, (gssize) key.length);
      g_string_append_c (out, ':');
      for (guint i = 0; i < G_N_ELEMENTS (brought); i++)
        if (brought[i].value != NULL && oh_json_is (key, brought[i].name))
          {
            g_string_append (out, brought[i].value);
            g_clear_pointer (&brought[i].value, g_free);
            value.length = 0;
          }
      g_string_append_len (out, value.text, (gssize) value.length);
    }
  for (guint i = 0; i < G_N_ELEMENTS (brought); i++)
    if (brought[i].value != NULL)
      {
        g_string_append_printf (out, "%s\"%s\":%s", out->len > 1 ? "," : "", brought[i].name, brought[i].value);
        g_free (brought[i].value);
      }
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}

/* The block as far as it is known. @complete: its stop was seen */
static OhBlock *
finish_part (const Part *part, gboolean complete)
{
  g_autofree char *json = NULL;
  OhBlock *block;

  if (part->text == NULL && part->input == NULL && part->citations == NULL && part->signature == NULL &&
      part->content == NULL && part->encrypted == NULL && complete)
    return oh_block_ref (part->start);
  json = join_json (part);
  block = oh_anthropic_read_block ((OhJson) { json, strlen (json) });
  block->complete = complete;
  if (part->input != NULL && part->input->len > 0)
    {
      g_free (block->input);
      block->input = g_strdup (part->input->str);
      check_input (block);
    }
  return block;
}

/* What no text can hold is told: a person sees a sign in its place. @at_ns: -1: unknown */
static void
end_part (Part *part, OhProviderTask *task, gboolean complete, gint64 at_ns)
{
  OhJson json;
  const char *half, *nul;

  part->done = finish_part (part, complete);
  part->done->began_ns = part->start->began_ns;
  part->done->ended_ns = at_ns;
  json = (OhJson) { part->done->json, strlen (part->done->json) };
  half = oh_json_find_half (json, &nul);
  if (half != NULL)
    oh_provider_task_add_remark (task, g_strdup_printf (_("Block %lld of the answer holds half of a character, %.6s"),
                                                        (long long) part->index, half));
  if (nul != NULL)
    oh_provider_task_add_remark (
      task, g_strdup_printf (_("Block %lld of the answer holds a NUL, %.6s"), (long long) part->index, nul));
}

/* A copy of a block that still streams. */
static OhBlock *
snapshot_part (const Part *part)
{
  const OhBlock *start = part->start;
  OhBlock *block = oh_block_new (start->type);

  if (part->text != NULL)
    {
      g_autofree char *quoted = g_strdup_printf ("\"%s\"", part->text->str);

      block->text = oh_json_dup_string ((OhJson) { quoted, part->text->len + 2 });
    }
  else
    block->text = g_strdup (start->text);
  block->id = g_strdup (start->id);
  block->name = g_strdup (start->name);
  block->input = part->input != NULL ? g_strdup (part->input->str) : g_strdup (start->input);
  block->media_type = g_strdup (start->media_type);
  block->source = g_strdup (start->source);
  block->is_error = start->is_error;
  if (start->children != NULL)
    block->children = g_ptr_array_ref (start->children);
  return block;
}

static Part *
add_part (OhAnthropicStream *self, gint64 index, OhJson json)
{
  Part *part = g_new0 (Part, 1);

  part->index = index;
  part->start = oh_anthropic_read_block (json);
  g_ptr_array_add (self->parts, part);
  g_hash_table_replace (self->by_index, g_memdup2 (&index, sizeof index), part);
  return part;
}

static Part *
find_part (OhAnthropicStream *self, gint64 index)
{
  return g_hash_table_lookup (self->by_index, &index);
}

/* A quarter of a token for an ASCII character, three for any other: near enough for a number that counts up. */
static void
estimate (OhAnthropicStream *self, OhFacts *facts, OhJson text)
{
  for (gsize i = 0; i < text.length; i++)
    {
      guchar c = (guchar) text.text[i];

      if (c >= 0xc0)
        self->quarters += 3;
      else if (c < 0x80)
        self->quarters++;
    }
  if (text.length >= 2)
    self->quarters -= 2;
  facts->output_estimate = (self->quarters + 3) / 4;
}

/* Appends what stands between a string's quotes. Half a character at its end may be made whole by the next delta. */
static void
append_verbatim (Part *part, OhJson string)
{
  if (part->text == NULL)
    {
      const OhJson start = { part->start->json, strlen (part->start->json) };
      const OhJson begun = oh_json_get (start, is_thinking (part) ? "thinking" : "text");

      part->text = g_string_new (NULL);
      if (oh_json_get_kind (begun) == OH_JSON_STRING)
        append_verbatim (part, begun);
    }
  if (oh_json_get_kind (string) == OH_JSON_STRING)
    {
      g_autofree char *text = oh_json_dup (string);

      g_string_append_len (part->text, text + 1, (gssize) strlen (text) - 2);
    }
}

/* Behind those that the start had. */
static void
append_citation (Part *part, OhJson citation)
{
  OhJsonIter iter;
  OhJson begun;

  if (part->citations == NULL)
    {
      part->citations = g_string_new (NULL);
      oh_json_iter_init (&iter, oh_json_get ((OhJson) { part->start->json, strlen (part->start->json) }, "citations"));
      while (oh_json_iter_next (&iter, NULL, &begun))
        append_citation (part, begun);
    }
  if (citation.length == 0)
    return;
  g_string_append_printf (part->citations, "%s%.*s", part->citations->len > 0 ? "," : "", (int) citation.length,
                          citation.text);
}

static void
assign (char **to, OhJson value)
{
  g_free (*to);
  *to = oh_json_dup (value);
}

static const char *
guess_block (OhJson delta_type)
{
  if (oh_json_is (delta_type, "input_json_delta"))
    return "{\"type\":\"tool_use\"}";
  if (oh_json_is (delta_type, "thinking_delta") || oh_json_is (delta_type, "signature_delta"))
    return "{\"type\":\"thinking\"}";
  if (oh_json_is (delta_type, "compaction_delta"))
    return "{\"type\":\"compaction\"}";
  return "{\"type\":\"text\"}";
}

static void
read_delta (OhAnthropicStream *self, OhProviderTask *task, OhStreamEvent *event, OhJson json)
{
  OhJson delta = oh_json_get (json, "delta");
  OhJson type = oh_json_get (delta, "type");
  gint64 index = oh_json_get_int (oh_json_get (json, "index"), 0);
  OhJson shown = { NULL, 0 };
  Part *part;

  if (task->facts->first_token_ns < 0)
    task->facts->first_token_ns = event->at_ns;
  if (oh_json_is (type, "text_delta"))
    shown = oh_json_get (delta, "text");
  else if (oh_json_is (type, "thinking_delta"))
    shown = oh_json_get (delta, "thinking");
  else if (oh_json_is (type, "input_json_delta"))
    shown = oh_json_get (delta, "partial_json");
  estimate (self, task->facts, shown);
  if (task->facts_only)
    return;

  part = find_part (self, index);
  if (part == NULL || part->done != NULL)
    {
      const char *guess = guess_block (type);

      oh_provider_task_add_problem (
        task, g_strdup_printf (part == NULL ? _("The stream continues block %lld, which it did not begin")
                                            : _("The stream continues block %lld, which it had ended"),
                               (long long) index));
      part = add_part (self, index, (OhJson) { guess, strlen (guess) });
    }
  if (oh_json_is (type, "text_delta") || oh_json_is (type, "thinking_delta"))
    append_verbatim (part, shown);
  else if (oh_json_is (type, "input_json_delta"))
    {
      if (part->input == NULL)
        part->input = g_string_new (NULL);
      oh_json_append_string (shown, part->input);
    }
  else if (oh_json_is (type, "signature_delta"))
    assign (&part->signature, oh_json_get (delta, "signature"));
  else if (oh_json_is (type, "citations_delta"))
    append_citation (part, oh_json_get (delta, "citation"));
  else if (oh_json_is (type, "compaction_delta"))
    {
      assign (&part->content, oh_json_get (delta, "content"));
      assign (&part->encrypted, oh_json_get (delta, "encrypted_content"));
    }
  if (shown.length > 0)
    {
      g_autofree char *text = oh_json_dup_string (shown);

      event->summary = text != NULL ? oh_excerpt (text, SUMMARY_MAX) : NULL;
    }
  if (event->summary == NULL)
    event->summary = oh_json_dup_string (type);
}

static void
begin_phase (OhAnthropicStream *self, OhFacts *facts, OhJson type, gint64 at_ns)
{
  g_autofree char *name = oh_json_dup_string (type);

  self->server_tool = FALSE;
  if (name == NULL || strcmp (name, "text") == 0)
    oh_facts_begin_phase (facts, OH_PHASE_TEXT, at_ns);
  else if (g_str_has_suffix (name, "thinking"))
    oh_facts_begin_phase (facts, OH_PHASE_THINKING, at_ns);
  else if (g_str_has_suffix (name, "tool_use"))
    {
      self->server_tool = strcmp (name, "tool_use") != 0;
      oh_facts_begin_phase (facts, OH_PHASE_TOOL_INPUT, at_ns);
    }
  else if (g_str_has_suffix (name, "_result"))
    oh_facts_begin_phase (facts, OH_PHASE_SERVER_TOOL, at_ns);
  else
    oh_facts_begin_phase (facts, OH_PHASE_TEXT, at_ns);
}

static void
read_block_start (OhAnthropicStream *self, OhProviderTask *task, OhStreamEvent *event, OhJson json)
{
  OhJson block = oh_json_get (json, "content_block");
  gint64 index = oh_json_get_int (oh_json_get (json, "index"), 0);
  Part *part;

  begin_phase (self, task->facts, oh_json_get (block, "type"), event->at_ns);
  if (oh_json_is (oh_json_get (block, "type"), "tool_use"))
    task->facts->tool_use_count++;
  if (oh_json_is (oh_json_get (block, "type"), "fallback"))
    oh_facts_take (&task->facts->model, oh_json_dup_string (oh_json_get_path (block, "to", "model", NULL)));
  if (task->facts_only)
    return;
  part = find_part (self, index);
  if (part != NULL && part->done == NULL)
    {
      oh_provider_task_add_problem (
        task, g_strdup_printf (_("The stream begins block %lld again before it ended"), (long long) index));
      end_part (part, task, FALSE, -1);
    }
  else if (part != NULL)
    oh_provider_task_add_problem (
      task, g_strdup_printf (_("The stream begins block %lld a second time"), (long long) index));
  else if (index != self->next_index)
    oh_provider_task_add_problem (task, g_strdup_printf (_("The stream begins block %lld where block %lld is due"),
                                                         (long long) index, (long long) self->next_index));
  self->next_index = index < G_MAXINT64 ? index + 1 : index;
  part = add_part (self, index, oh_json_get_kind (block) == OH_JSON_OBJECT ? block : (OhJson) { "{}", 2 });
  part->start->began_ns = event->at_ns;
  event->summary = part->start->name != NULL ? g_strdup_printf ("%s %s", part->start->type, part->start->name)
                                             : g_strdup (part->start->type);
}

static void
read_block_stop (OhAnthropicStream *self, OhProviderTask *task, OhStreamEvent *event, OhJson json)
{
  gint64 index = oh_json_get_int (oh_json_get (json, "index"), 0);
  Part *part;

  if (self->server_tool)
    oh_facts_begin_phase (task->facts, OH_PHASE_SERVER_TOOL, event->at_ns);
  if (task->facts_only)
    return;
  part = find_part (self, index);
  if (part == NULL)
    oh_provider_task_add_problem (
      task, g_strdup_printf (_("The stream ends block %lld, which it did not begin"), (long long) index));
  else if (part->done == NULL)
    end_part (part, task, TRUE, event->at_ns);
  event->summary = part != NULL ? g_strdup (part->start->type) : g_strdup ("");
}

static void
add_count (GString *summary, const char *format, gint64 count)
{
  g_autofree char *digits = NULL;

  if (count < 0)
    return;
  digits = g_strdup_printf ("%lld", (long long) count);
  if (summary->len > 0)
    g_string_append (summary, " · ");
  g_string_append_printf (summary, "%s %s", format, digits);
}

static void
read_message_start (OhAnthropicStream *self, OhProviderTask *task, OhStreamEvent *event, OhJson json)
{
  GString *summary;

  if (self->started)
    {
      oh_provider_task_add_problem (task, g_strdup (_("The stream holds a second message_start; it is left out")));
      return;
    }
  self->started = TRUE;
  oh_anthropic_read_message (oh_json_get (json, "message"), task->facts);
  task->facts->output_estimate = 0;
  if (task->facts_only)
    return;
  summary = g_string_new (task->facts->model);
  add_count (summary, _("input"), oh_facts_get_prompt (task->facts));
  add_count (summary, _("cache read"), task->facts->usage.cache_read);
  add_count (summary, _("cache write"), task->facts->usage.cache_write);
  event->summary = g_string_free (summary, FALSE);
}

static void
read_message_delta (OhAnthropicStream *self, OhProviderTask *task, OhStreamEvent *event, OhJson json)
{
  OhFacts *facts = task->facts;
  GString *summary;

  oh_anthropic_read_stop (oh_json_get (json, "delta"), facts);
  oh_anthropic_read_usage (oh_json_get (json, "usage"), facts);
  if (oh_json_get_kind (oh_json_get_path (json, "usage", "output_tokens", NULL)) == OH_JSON_NUMBER &&
      facts->output_estimate >= 0)
    facts->output_estimate = facts->usage.output;
  if (task->facts_only)
    return;
  summary = g_string_new (facts->stop_reason);
  add_count (summary, _("output"), facts->usage.output);
  event->summary = g_string_free (summary, FALSE);
}

static void
read_error (OhAnthropicStream *self, OhProviderTask *task, OhStreamEvent *event, OhJson json)
{
  OhFacts *facts = task->facts;

  self->failed = TRUE;
  oh_facts_take (&facts->request_id, oh_json_dup_string (oh_json_get (json, "request_id")));
  if (!oh_anthropic_read_error (json, facts))
    facts->error_message = facts->error_message != NULL ? facts->error_message : oh_excerpt (event->data, 500);
  if (facts->error_type == NULL)
    facts->error_type = g_strdup (event->name != NULL ? event->name : "error");
  event->summary = g_strdup_printf ("%s: %s", facts->error_type, facts->error_message != NULL ? facts->error_message : "");
}

/* Text Completions: each event brings a piece of the text, the last one the stop reason. */
static void
read_completion (OhAnthropicStream *self, OhProviderTask *task, OhStreamEvent *event, OhJson json)
{
  static const char block[] = "{\"type\":\"text\",\"text\":\"\"}";
  OhJson text = oh_json_get (json, "completion");

  if (task->facts->first_token_ns < 0)
    task->facts->first_token_ns = event->at_ns;
  oh_facts_begin_phase (task->facts, OH_PHASE_TEXT, event->at_ns);
  oh_anthropic_read_message (json, task->facts);
  estimate (self, task->facts, text);
  if (task->facts->stop_reason != NULL)
    self->stopped = TRUE;
  if (!task->facts_only)
    {
      Part *part = find_part (self, 0);

      if (part == NULL)
        part = add_part (self, 0, (OhJson) { block, sizeof block - 1 });
      append_verbatim (part, text);
      if (self->stopped && part->done == NULL)
        end_part (part, task, TRUE, event->at_ns);
    }
}

/* What kind of event it is: its data's type, or the name that repeats it. */
static gboolean
is_kind (const OhStreamEvent *event, OhJson type, const char *kind)
{
  return oh_json_get_kind (type) == OH_JSON_STRING ? oh_json_is (type, kind) : g_strcmp0 (event->name, kind) == 0;
}

static gboolean
is_part_of_message (const OhStreamEvent *event, OhJson type)
{
  static const char *const kinds[] = { "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
                                       "message_stop" };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (is_kind (event, type, kinds[i]))
      return TRUE;
  return FALSE;
}

OhAnthropicStream *
oh_anthropic_stream_new (void)
{
  OhAnthropicStream *self = g_new0 (OhAnthropicStream, 1);

  self->parts = g_ptr_array_new_with_free_func (part_free);
  self->by_index = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return self;
}

void
oh_anthropic_stream_free (OhAnthropicStream *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->by_index);
  g_ptr_array_unref (self->parts);
  g_free (self);
}

void
oh_anthropic_stream_read (OhAnthropicStream *self, OhProviderTask *task, OhStreamEvent *event)
{
  g_autofree char *problem = NULL;
  OhJson json, type;
  gboolean sound = oh_json_parse (event->data, strlen (event->data), &json, &problem);

  type = oh_json_get (json, "type");
  if (!self->started && !self->headless && is_part_of_message (event, type))
    {
      self->headless = TRUE;
      oh_provider_task_add_problem (task, g_strdup (_("The stream does not begin with message_start")));
    }
  if (is_kind (event, type, "error") || g_strcmp0 (event->name, "error") == 0 ||
      (event->name != NULL && g_str_has_suffix (event->name, "Exception")) ||
      (type.length == 0 && oh_json_get_kind (oh_json_get (json, "error")) == OH_JSON_OBJECT))
    read_error (self, task, event, json);
  else if (!sound)
    {
      /* That an event was cut is said with the stream's end. */
      if (!event->unterminated && *event->data != '\0' && strcmp (event->data, "[DONE]") != 0)
        oh_provider_task_add_problem (task, g_strdup_printf (_("The data of an event is not valid JSON: %s"), problem));
    }
  else if (is_kind (event, type, "content_block_delta"))
    read_delta (self, task, event, json);
  else if (is_kind (event, type, "content_block_start"))
    read_block_start (self, task, event, json);
  else if (is_kind (event, type, "content_block_stop"))
    read_block_stop (self, task, event, json);
  else if (is_kind (event, type, "message_start"))
    read_message_start (self, task, event, json);
  else if (is_kind (event, type, "message_delta"))
    read_message_delta (self, task, event, json);
  else if (is_kind (event, type, "message_stop"))
    self->stopped = TRUE;
  else if (is_kind (event, type, "completion"))
    read_completion (self, task, event, json);
  if (event->name == NULL)
    event->name = oh_json_dup_string (type);
}

void
oh_anthropic_stream_end (OhAnthropicStream *self, OhProviderTask *task, OhOutcome outcome)
{
  /* An estimate stays where the API did not come to count: with message_start it only counts what it has begun with. */
  if (task->facts->output_estimate <= task->facts->usage.output)
    task->facts->output_estimate = -1;
  task->facts->complete = self->stopped && !self->failed;
  for (guint i = 0; i < self->parts->len; i++)
    {
      Part *part = self->parts->pdata[i];

      if (part->done == NULL)
        end_part (part, task, FALSE, -1);
    }
  /* Where the exchange was cut or failed, or its capture lacks something, it says so itself. */
  if (!self->stopped && !self->failed && outcome == OH_OUTCOME_FINISHED && !(task->exchange->gaps & OH_GAP_RESPONSE))
    oh_provider_task_add_problem (
      task, g_strdup (_("The stream ended before the message did; what came of it is shown")));
}

OhMessage *
oh_anthropic_stream_get_answer (OhAnthropicStream *self)
{
  OhMessage *message;

  if (self->parts->len == 0 && !self->started)
    return NULL;
  message = oh_message_new ("assistant");
  for (guint i = 0; i < self->parts->len; i++)
    {
      const Part *part = self->parts->pdata[i];

      g_ptr_array_add (message->blocks, part->done != NULL ? oh_block_ref (part->done) : snapshot_part (part));
    }
  return message;
}
