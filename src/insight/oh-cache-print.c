/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cache-print-private.h"

#include "oh-canon.h"
#include "oh-clock.h"
#include "oh-json-scan.h"
#include "oh-rate-limit.h"

#include <string.h>

#define TTL_5M_NS (300 * OH_NS_PER_S)
#define TTL_1H_NS (3600 * OH_NS_PER_S)
#define LOOK_BACK 20 /* positions, its own the first, at which the API searches for a prefix cached before a breakpoint */
#define HEAD 24      /* bytes of a part's canonical form that begin it */

static gint64
parse_ttl (const char *ttl)
{
  return g_strcmp0 (ttl, "1h") == 0 ? TTL_1H_NS : TTL_5M_NS;
}

static void
add_breakpoint (GArray *breakpoints, OhCachePartKind kind, guint index, guint block, gint64 ttl_ns)
{
  OhCacheBreakpoint breakpoint = { { kind, index, block }, ttl_ns };

  g_array_append_val (breakpoints, breakpoint);
}

/* The time to live that a tool's JSON names in its cache_control. */
static gint64
read_ttl (const char *json, const char *member)
{
  OhJson value;
  g_autofree char *ttl = NULL;

  if (json == NULL || !oh_json_parse (json, strlen (json), &value, NULL))
    return TTL_5M_NS;
  if (member != NULL)
    value = oh_json_get (value, member);
  ttl = oh_json_dup_string (oh_json_get (value, "ttl"));
  return parse_ttl (ttl);
}

/* A block's own mark, or that of something inside it. */
static const OhBlock *
find_mark (const OhBlock *block)
{
  if (block->cached)
    return block;
  for (guint i = 0; block->children != NULL && i < block->children->len; i++)
    if (((OhBlock *) g_ptr_array_index (block->children, i))->cached)
      return g_ptr_array_index (block->children, i);
  return NULL;
}

/* Neither thinking nor empty text can be the end of what is cached. */
static gboolean
is_cacheable (const OhBlock *block)
{
  return !oh_canon_is_thinking (block) && (strcmp (block->type, "text") != 0 || (block->text != NULL && *block->text != '\0'));
}

static void
mark_last (const OhReading *reading, GArray *breakpoints, gint64 ttl_ns)
{
  for (guint i = reading->messages->len; i > 0; i--)
    {
      const OhMessage *message = g_ptr_array_index (reading->messages, i - 1);

      for (guint j = message->blocks->len; j > 0; j--)
        if (is_cacheable (g_ptr_array_index (message->blocks, j - 1)))
          {
            add_breakpoint (breakpoints, OH_CACHE_PART_MESSAGES, i - 1, j - 1, ttl_ns);
            return;
          }
    }
}

GArray *
oh_cache_find_breakpoints (const OhReading *reading)
{
  GArray *breakpoints = g_array_new (FALSE, FALSE, sizeof (OhCacheBreakpoint));
  const OhBlock *mark;

  g_return_val_if_fail (reading != NULL, breakpoints);
  for (guint i = 0; i < reading->tools->len; i++)
    {
      const OhTool *tool = g_ptr_array_index (reading->tools, i);

      if (tool->cached)
        add_breakpoint (breakpoints, OH_CACHE_PART_TOOLS, i, 0, read_ttl (tool->json, "cache_control"));
    }
  for (guint i = 0; i < reading->system->len; i++)
    {
      mark = find_mark (g_ptr_array_index (reading->system, i));
      if (mark != NULL)
        add_breakpoint (breakpoints, OH_CACHE_PART_SYSTEM, i, 0, parse_ttl (mark->cache_ttl));
    }
  for (guint i = 0; i < reading->messages->len; i++)
    {
      const OhMessage *message = g_ptr_array_index (reading->messages, i);

      for (guint j = 0; j < message->blocks->len; j++)
        {
          mark = find_mark (g_ptr_array_index (message->blocks, j));
          if (mark != NULL)
            add_breakpoint (breakpoints, OH_CACHE_PART_MESSAGES, i, j, parse_ttl (mark->cache_ttl));
        }
    }
  for (guint i = 0; i < reading->parameters->len; i++)
    {
      const OhParameter *parameter = g_ptr_array_index (reading->parameters, i);

      if (strcmp (parameter->name, "cache_control") == 0 && parameter->value[0] == '{')
        mark_last (reading, breakpoints, read_ttl (parameter->value, NULL));
    }
  return breakpoints;
}

static void
add_part (GArray *parts, GString *canon, OhCachePlace place, guint64 thinking, gboolean in_run)
{
  const OhCachePart *before = parts->len > 0 ? &g_array_index (parts, OhCachePart, parts->len - 1) : NULL;
  const OhCachePart part = { .hash = oh_canon_hash (canon->str, canon->len),
                             .head = oh_canon_hash (canon->str, MIN (canon->len, HEAD)),
                             .thinking = thinking,
                             .position = before != NULL ? before->position + (in_run ? 0 : 1) : 0,
                             .place = place };

  g_array_append_val (parts, part);
}

static void
list_preamble (OhCachePrint *self, const OhReading *reading, GString *canon)
{
  for (guint i = 0; i < reading->tools->len; i++)
    {
      const OhTool *tool = g_ptr_array_index (reading->tools, i);

      g_string_truncate (canon, 0);
      oh_canon_append (canon, tool->json != NULL ? tool->json : "null", -1, OH_CANON_PROMPT);
      add_part (self->parts, canon, (OhCachePlace) { OH_CACHE_PART_TOOLS, i, 0 }, 0, FALSE);
    }
  self->first_system = self->parts->len;
  for (guint i = 0; i < reading->system->len; i++)
    {
      const OhBlock *block = g_ptr_array_index (reading->system, i);
      const char *rest = oh_canon_get_behind_billing (block);

      g_string_assign (canon, rest != NULL ? rest : "");
      if (rest == NULL)
        oh_canon_append_block (canon, block, OH_CANON_PROMPT);
      if (canon->len > 0)
        add_part (self->parts, canon, (OhCachePlace) { OH_CACHE_PART_SYSTEM, i, 0 }, 0, FALSE);
    }
}

/* Blocks of this type that follow each other are looked back at together. */
static gboolean
continues_run (const OhMessage *message, guint i)
{
  const char *type = ((const OhBlock *) g_ptr_array_index (message->blocks, i))->type;

  return i > 0 && (strcmp (type, "tool_use") == 0 || strcmp (type, "tool_result") == 0) &&
         strcmp (((const OhBlock *) g_ptr_array_index (message->blocks, i - 1))->type, type) == 0;
}

/* What is somewhere in the messages, or nowhere, makes all of them others. */
static void
note_presence (OhCachePrint *self, const OhBlock *block)
{
  OhJson document;

  if (strcmp (block->type, "image") == 0)
    self->parameters[OH_CACHE_PARAMETER_IMAGES] = 1;
  else if (strcmp (block->type, "document") == 0 && block->json != NULL &&
           oh_json_parse (block->json, strlen (block->json), &document, NULL) &&
           oh_json_get_boolean (oh_json_get (oh_json_get (document, "citations"), "enabled")))
    self->parameters[OH_CACHE_PARAMETER_CITATIONS] = 1;
  for (guint i = 0; block->children != NULL && i < block->children->len; i++)
    note_presence (self, g_ptr_array_index (block->children, i));
}

/* Whether the thinking of earlier answers is sent along is told apart: mostly it does not count. */
static void
list_messages (OhCachePrint *self, const OhReading *reading, GString *canon)
{
  guint64 thinking = 0;

  self->first_message = self->parts->len;
  for (guint i = 0; i < reading->messages->len; i++)
    {
      const OhMessage *message = g_ptr_array_index (reading->messages, i);

      self->last_message = self->parts->len;
      self->spoken = FALSE;
      for (guint j = 0; j < message->blocks->len; j++)
        {
          const OhBlock *block = g_ptr_array_index (message->blocks, j);

          note_presence (self, block);
          self->spoken |= strcmp (block->type, "tool_result") != 0;
          g_string_assign (canon, message->role);
          oh_canon_append_block (canon, block, OH_CANON_PROMPT);
          if (oh_canon_is_thinking (block))
            {
              thinking = 31 * thinking + oh_canon_hash (canon->str, canon->len);
              continue;
            }
          add_part (self->parts, canon, (OhCachePlace) { OH_CACHE_PART_MESSAGES, i, j }, thinking,
                    continues_run (message, j));
          thinking = 0;
        }
    }
}

static gint
compare_places (const OhCachePlace *a, const OhCachePlace *b)
{
  if (a->kind != b->kind)
    return a->kind < b->kind ? -1 : 1;
  if (a->index != b->index)
    return a->index < b->index ? -1 : 1;
  return a->block < b->block ? -1 : a->block > b->block;
}

/* How many parts each breakpoint's prefix has. */
static GArray *
list_ends (GArray *parts, GArray *breakpoints)
{
  GArray *ends = g_array_new (FALSE, FALSE, sizeof (guint));
  guint at = 0;

  for (guint i = 0; i < breakpoints->len; i++)
    {
      const OhCacheBreakpoint *breakpoint = &g_array_index (breakpoints, OhCacheBreakpoint, i);

      while (at < parts->len && compare_places (&g_array_index (parts, OhCachePart, at).place, &breakpoint->place) <= 0)
        at++;
      g_array_append_val (ends, at);
    }
  return ends;
}

/* The servers' addresses and what is allowed of them; a token that was made anew changes no prompt. */
static void
append_mcp_servers (GString *canon, const char *json)
{
  OhJson servers, server, key, value;
  OhJsonIter each, members;

  if (!oh_json_parse (json, strlen (json), &servers, NULL))
    return;
  oh_json_iter_init (&each, servers);
  while (oh_json_iter_next (&each, NULL, &server))
    {
      oh_json_iter_init (&members, server);
      while (oh_json_iter_next (&members, &key, &value))
        if (!oh_json_is (key, "authorization_token"))
          {
            oh_canon_append (canon, key.text, (gssize) key.length, OH_CANON_VALUE);
            oh_canon_append (canon, value.text, (gssize) value.length, OH_CANON_VALUE);
          }
    }
}

static guint64
hash_parameter (OhCacheParameter parameter, const char *json, gsize length)
{
  /* What the API does where nothing is said. */
  static const char *const defaults[OH_CACHE_N_PARAMETERS] = {
    [OH_CACHE_PARAMETER_TOOL_CHOICE] = "{\"type\":\"auto\"}",
    [OH_CACHE_PARAMETER_THINKING] = "{\"type\":\"disabled\"}",
    [OH_CACHE_PARAMETER_EFFORT] = "\"high\"",
    [OH_CACHE_PARAMETER_SPEED] = "\"standard\"",
    [OH_CACHE_PARAMETER_SKILLS] = "[]",
    [OH_CACHE_PARAMETER_FORMAT] = "null",
    [OH_CACHE_PARAMETER_MCP_SERVERS] = "[]",
  };
  g_autoptr (GString) canon = g_string_new (NULL);
  g_autofree char *text = g_strndup (json, length);
  guint64 hash;

  if (parameter == OH_CACHE_PARAMETER_MCP_SERVERS)
    append_mcp_servers (canon, text);
  else
    oh_canon_append (canon, text, -1, parameter == OH_CACHE_PARAMETER_FORMAT ? OH_CANON_EXACT : OH_CANON_VALUE);
  if (canon->len == 0 || strcmp (text, "null") == 0)
    return 0;
  hash = oh_canon_hash (canon->str, canon->len);
  return defaults[parameter] != NULL && hash == oh_canon_hash_json (defaults[parameter], OH_CANON_VALUE) ? 0 : hash;
}

static void
read_parameters (OhCachePrint *self, const OhReading *reading)
{
  static const struct
  {
    const char *name;
    const char *member; /* of the parameter, or NULL: all of it */
    OhCacheParameter parameter;
  } known[] = { { "tool_choice", NULL, OH_CACHE_PARAMETER_TOOL_CHOICE },
                { "thinking", NULL, OH_CACHE_PARAMETER_THINKING },
                { "output_config", "effort", OH_CACHE_PARAMETER_EFFORT },
                { "output_config", "format", OH_CACHE_PARAMETER_FORMAT },
                { "output_format", NULL, OH_CACHE_PARAMETER_FORMAT },
                { "speed", NULL, OH_CACHE_PARAMETER_SPEED },
                { "container", "skills", OH_CACHE_PARAMETER_SKILLS },
                { "mcp_servers", NULL, OH_CACHE_PARAMETER_MCP_SERVERS },
                { "context_management", NULL, OH_CACHE_PARAMETER_CONTEXT_MANAGEMENT },
                { "inference_geo", NULL, OH_CACHE_PARAMETER_INFERENCE_GEO } };

  for (guint i = 0; i < reading->parameters->len; i++)
    {
      const OhParameter *parameter = g_ptr_array_index (reading->parameters, i);

      for (guint j = 0; j < G_N_ELEMENTS (known); j++)
        {
          OhJson value = { parameter->value, strlen (parameter->value) };

          if (strcmp (parameter->name, known[j].name) != 0)
            continue;
          if (known[j].member != NULL)
            value = oh_json_get (value, known[j].member);
          if (value.text != NULL)
            self->parameters[known[j].parameter] = hash_parameter (known[j].parameter, value.text, value.length);
        }
    }
}

OhCachePrint *
oh_cache_print_new (const OhExchange *exchange, const OhReading *reading)
{
  const OhFacts *facts;
  OhCachePrint *self;
  g_autoptr (GString) canon = g_string_new (NULL);

  g_return_val_if_fail (exchange != NULL && reading != NULL, NULL);
  facts = reading->facts;
  self = g_new0 (OhCachePrint, 1);
  self->id = exchange->id;
  self->key = oh_rate_limit_get_key (exchange->request_headers);
  self->organization = g_strdup (oh_rate_limit_get_organization (exchange->response_headers));
  self->workspace = g_strdup (oh_rate_limit_get_workspace (exchange->request_headers, exchange->response_headers));
  self->model = g_strdup (facts->requested_model != NULL ? facts->requested_model : facts->model);
  self->parts = g_array_new (FALSE, FALSE, sizeof (OhCachePart));
  list_preamble (self, reading, canon);
  list_messages (self, reading, canon);
  self->breakpoints = oh_cache_find_breakpoints (reading);
  self->ends = list_ends (self->parts, self->breakpoints);
  read_parameters (self, reading);
  self->started_ns = exchange->started_ns;
  self->ready_ns = exchange->started_ns + MAX (exchange->timings.response_head, 0);
  self->read = MAX (facts->usage.cache_read, 0);
  self->written = MAX (facts->usage.cache_write, 0);
  return self;
}

void
oh_cache_print_free (OhCachePrint *self)
{
  g_return_if_fail (self != NULL);
  g_free (self->key);
  g_free (self->organization);
  g_free (self->workspace);
  g_free (self->model);
  g_array_unref (self->parts);
  g_array_unref (self->breakpoints);
  g_array_unref (self->ends);
  g_free (self);
}

guint
oh_cache_print_count_common (const OhCachePrint *a, const OhCachePrint *b)
{
  guint n = 0;

  g_return_val_if_fail (a != NULL && b != NULL, 0);
  while (n < MIN (a->parts->len, b->parts->len) &&
         g_array_index (a->parts, OhCachePart, n).hash == g_array_index (b->parts, OhCachePart, n).hash &&
         g_array_index (a->parts, OhCachePart, n).place.kind == g_array_index (b->parts, OhCachePart, n).place.kind)
    n++;
  return n;
}

guint
oh_cache_print_find_cached (const OhCachePrint *before, const OhCachePrint *now, gint64 *ttl_ns)
{
  guint common, longest = 0;

  g_return_val_if_fail (before != NULL && now != NULL && ttl_ns != NULL, 0);
  common = oh_cache_print_count_common (before, now);
  *ttl_ns = TTL_5M_NS;
  for (guint i = 0; i < before->ends->len; i++)
    {
      guint end = g_array_index (before->ends, guint, i);

      if (end <= common && end >= longest)
        {
          longest = end;
          *ttl_ns = g_array_index (before->breakpoints, OhCacheBreakpoint, i).ttl_ns;
        }
    }
  return longest;
}

guint
oh_cache_print_get_last_end (const OhCachePrint *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->ends->len > 0 ? g_array_index (self->ends, guint, self->ends->len - 1) : 0;
}

/* Of the last of the first @end parts. */
static guint
get_position (const OhCachePrint *self, guint end)
{
  return g_array_index (self->parts, OhCachePart, end - 1).position;
}

gboolean
oh_cache_print_reaches (const OhCachePrint *self, guint end, gint64 ttl_ns)
{
  g_return_val_if_fail (self != NULL, FALSE);
  for (guint i = 0; i < self->ends->len; i++)
    {
      guint mine = g_array_index (self->ends, guint, i);

      if (mine >= end && end > 0 && get_position (self, mine) - get_position (self, end) < LOOK_BACK &&
          (ttl_ns == 0 || g_array_index (self->breakpoints, OhCacheBreakpoint, i).ttl_ns == ttl_ns))
        return TRUE;
    }
  return FALSE;
}

guint
oh_cache_print_compare_parameters (const OhCachePrint *a, const OhCachePrint *b)
{
  guint changed = 0;

  g_return_val_if_fail (a != NULL && b != NULL, 0);
  for (guint i = 0; i < OH_CACHE_N_PARAMETERS; i++)
    if (a->parameters[i] != b->parameters[i])
      changed |= 1u << i;
  return changed;
}
