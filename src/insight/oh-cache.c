/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cache.h"

#include "oh-canon.h"
#include "oh-clock.h"
#include "oh-format.h"
#include "oh-json-scan.h"
#include "oh-rate-limit.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

#define TTL_5M_NS (300 * OH_NS_PER_S)
#define TTL_1H_NS (3600 * OH_NS_PER_S)
#define LOOK_BACK 20          /* blocks before a breakpoint that the API searches for a cached prefix */
#define HEAD 24               /* bytes of a part's canonical form that begin it */
#define MAX_PRINTS 256        /* calls remembered */
#define MAX_PARTS 1000000     /* parts remembered, in all calls together */

typedef struct
{
  guint64 hash;
  guint64 head; /* of its first words: the same for a text that was changed further on */
  OhCachePlace place;
} Part;

/* What is remembered of a call. */
typedef struct
{
  gint64 id;
  char *key;
  char *organization;
  char *model;
  GArray *parts;       /* (element-type Part) */
  GArray *breakpoints; /* (element-type OhCacheBreakpoint) */
  GArray *ends;        /* (element-type guint): for each breakpoint, how many parts its prefix has */
  guint first_message; /* index of the first part of a message */
  guint64 parameters;
  gint64 started_ns;
  gint64 used_ns;      /* when its answer began: its prefixes can be read from then on */
  gint64 read;
  gint64 written;
} Print;

struct _OhCacheTracker
{
  GPtrArray *prints; /* (element-type Print), oldest first */
  gsize n_parts;
};

static void
print_free (gpointer data)
{
  Print *print = data;

  g_free (print->key);
  g_free (print->organization);
  g_free (print->model);
  g_array_unref (print->parts);
  g_array_unref (print->breakpoints);
  g_array_unref (print->ends);
  g_free (print);
}

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

static void
mark_last (const OhReading *reading, GArray *breakpoints, gint64 ttl_ns)
{
  for (guint i = reading->messages->len; i > 0; i--)
    {
      const OhMessage *message = g_ptr_array_index (reading->messages, i - 1);

      for (guint j = message->blocks->len; j > 0; j--)
        if (!oh_canon_is_thinking (g_ptr_array_index (message->blocks, j - 1)))
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
add_part (GArray *parts, GString *canon, OhCachePartKind kind, guint index, guint block)
{
  Part part = { oh_canon_hash (canon->str, canon->len), oh_canon_hash (canon->str, MIN (canon->len, HEAD)),
                { kind, index, block } };

  g_array_append_val (parts, part);
}

static GArray *
list_parts (const OhReading *reading, guint *first_message)
{
  GArray *parts = g_array_new (FALSE, FALSE, sizeof (Part));
  g_autoptr (GString) canon = g_string_new (NULL);

  for (guint i = 0; i < reading->tools->len; i++)
    {
      const OhTool *tool = g_ptr_array_index (reading->tools, i);

      g_string_truncate (canon, 0);
      oh_canon_append (canon, tool->json != NULL ? tool->json : "null", -1, OH_CANON_BLOCK);
      add_part (parts, canon, OH_CACHE_PART_TOOLS, i, 0);
    }
  for (guint i = 0; i < reading->system->len; i++)
    {
      g_string_truncate (canon, 0);
      oh_canon_append_block (canon, g_ptr_array_index (reading->system, i));
      add_part (parts, canon, OH_CACHE_PART_SYSTEM, i, 0);
    }
  *first_message = parts->len;
  for (guint i = 0; i < reading->messages->len; i++)
    {
      const OhMessage *message = g_ptr_array_index (reading->messages, i);

      for (guint j = 0; j < message->blocks->len; j++)
        {
          const OhBlock *block = g_ptr_array_index (message->blocks, j);

          if (oh_canon_is_thinking (block))
            continue;
          g_string_assign (canon, message->role);
          oh_canon_append_block (canon, block);
          add_part (parts, canon, OH_CACHE_PART_MESSAGES, i, j);
        }
    }
  return parts;
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

      while (at < parts->len && compare_places (&g_array_index (parts, Part, at).place, &breakpoint->place) <= 0)
        at++;
      g_array_append_val (ends, at);
    }
  return ends;
}

static guint64
hash_parameters (const OhReading *reading)
{
  static const char *const names[] = { "speed", "thinking", "tool_choice" };
  g_autoptr (GString) canon = g_string_new (NULL);

  for (guint name = 0; name < G_N_ELEMENTS (names); name++)
    for (guint i = 0; i < reading->parameters->len; i++)
      {
        const OhParameter *parameter = g_ptr_array_index (reading->parameters, i);

        if (strcmp (parameter->name, names[name]) != 0)
          continue;
        g_string_append (canon, names[name]);
        oh_canon_append (canon, parameter->value, -1, OH_CANON_VALUE);
      }
  return oh_canon_hash (canon->str, canon->len);
}

static Print *
print_new (const OhExchange *exchange, const OhReading *reading)
{
  const OhFacts *facts = reading->facts;
  Print *self = g_new0 (Print, 1);

  self->id = exchange->id;
  self->key = oh_rate_limit_get_key (exchange->request_headers);
  self->organization = g_strdup (oh_rate_limit_get_organization (exchange->response_headers));
  self->model = g_strdup (facts->requested_model != NULL ? facts->requested_model : facts->model);
  self->parts = list_parts (reading, &self->first_message);
  self->breakpoints = oh_cache_find_breakpoints (reading);
  self->ends = list_ends (self->parts, self->breakpoints);
  self->parameters = hash_parameters (reading);
  self->started_ns = exchange->started_ns;
  self->used_ns = exchange->started_ns + MAX (exchange->timings.response_head, 0);
  self->read = MAX (facts->usage.cache_read, 0);
  self->written = MAX (facts->usage.cache_write, 0);
  return self;
}

static guint
count_common (const Print *a, const Print *b)
{
  guint n = 0;

  while (n < MIN (a->parts->len, b->parts->len) &&
         g_array_index (a->parts, Part, n).hash == g_array_index (b->parts, Part, n).hash &&
         g_array_index (a->parts, Part, n).place.kind == g_array_index (b->parts, Part, n).place.kind)
    n++;
  return n;
}

/* The longest prefix that @before cached and @now begins with, in parts; 0: none.
 * @ttl_ns: (out): its time to live */
static guint
find_cached (const Print *before, const Print *now, gint64 *ttl_ns)
{
  guint common = count_common (before, now), longest = 0;

  *ttl_ns = TTL_5M_NS;
  if (g_strcmp0 (before->model, now->model) != 0)
    return 0;
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

static gboolean
same_opening (const Print *a, const Print *b)
{
  return a->first_message < a->parts->len && b->first_message < b->parts->len &&
         g_array_index (a->parts, Part, a->first_message).hash == g_array_index (b->parts, Part, b->first_message).hash;
}

static gboolean
same_owner (const Print *a, const Print *b)
{
  if (a->organization != NULL && b->organization != NULL)
    return strcmp (a->organization, b->organization) == 0;
  return g_strcmp0 (a->key, b->key) == 0;
}

/* Whether two prompts with no first message in common still have the same preamble but for a part of it. */
static gboolean
same_preamble (const Print *a, const Print *b)
{
  guint same = 0, n = MIN (a->first_message, b->first_message);

  for (guint i = 0; i < n; i++)
    {
      const Part *one = &g_array_index (a->parts, Part, i), *two = &g_array_index (b->parts, Part, i);

      /* Agents that share their tools have system prompts that do not even begin alike. */
      if (one->place.kind == OH_CACHE_PART_SYSTEM && two->place.kind == OH_CACHE_PART_SYSTEM && one->head != two->head)
        return FALSE;
      same += one->hash == two->hash || one->head == two->head;
    }
  return n > 0 && 2 * same >= MAX (a->first_message, b->first_message);
}

/* Whether @now is a conversation of its own after the same preamble: it parts from @before at the very first message
 * and never meets it again. */
static gboolean
is_new_conversation (const Print *before, const Print *now)
{
  guint a = before->first_message, b = now->first_message;

  if (a != b || count_common (before, now) != a)
    return FALSE;
  while (++a < before->parts->len && ++b < now->parts->len)
    if (g_array_index (before->parts, Part, a).hash == g_array_index (now->parts, Part, b).hash)
      return FALSE;
  return TRUE;
}

/* How good a call before explains what happened to @now: first what could have been read, then the same conversation,
 * then the same preamble; 0: it has nothing to do with it. */
static guint
rank_print (const Print *before, const Print *now)
{
  gint64 ttl_ns;
  guint cached;

  if (!same_owner (before, now) || before->read + before->written == 0)
    return 0;
  cached = find_cached (before, now, &ttl_ns);
  if (cached > 0 && now->started_ns - before->used_ns <= ttl_ns && before->used_ns <= now->started_ns)
    return 3 + cached;
  if (same_opening (before, now))
    return 2;
  return same_preamble (before, now) || cached > 0 ? 1 : 0;
}

static const Print *
find_before (const OhCacheTracker *self, const Print *now)
{
  const Print *best = NULL;
  guint best_rank = 0;

  for (guint i = self->prints->len; i > 0; i--)
    {
      const Print *before = g_ptr_array_index (self->prints, i - 1);
      guint rank = rank_print (before, now);

      if (rank > best_rank)
        {
          best = before;
          best_rank = rank;
        }
    }
  return best;
}

/* The first part that differs: of the kind that comes first, as when a tool is gone. */
static void
set_place (OhCacheVerdict *out, const Print *before, const Print *now, guint from)
{
  const Part *a = from < before->parts->len ? &g_array_index (before->parts, Part, from) : NULL;
  const Part *b = from < now->parts->len ? &g_array_index (now->parts, Part, from) : NULL;

  if (a == NULL && b == NULL)
    return;
  out->has_place = TRUE;
  out->place = b == NULL || (a != NULL && a->place.kind < b->place.kind) ? a->place : b->place;
}

static OhCacheReason
reason_of_kind (OhCachePartKind kind)
{
  return kind == OH_CACHE_PART_TOOLS    ? OH_CACHE_REASON_TOOLS
         : kind == OH_CACHE_PART_SYSTEM ? OH_CACHE_REASON_SYSTEM
                                        : OH_CACHE_REASON_MESSAGES;
}

/* Whether one of @now's breakpoints looks back as far as a prefix of @end parts. */
static gboolean
is_in_reach (const Print *now, guint end)
{
  for (guint i = 0; i < now->ends->len; i++)
    {
      guint mine = g_array_index (now->ends, guint, i);

      if (mine >= end && mine - end <= LOOK_BACK)
        return TRUE;
    }
  return FALSE;
}

static guint
get_last_end (const Print *print)
{
  return print->ends->len > 0 ? g_array_index (print->ends, guint, print->ends->len - 1) : 0;
}

/* Why @now did not read the prefix of @end parts of @before, or, where @end is 0, none of its prefixes. */
static void
explain (OhCacheVerdict *out, const Print *before, const Print *now, guint end, gint64 ttl_ns)
{
  if (g_strcmp0 (before->model, now->model) != 0)
    out->reason = OH_CACHE_REASON_MODEL;
  else if (end == 0)
    {
      set_place (out, before, now, count_common (before, now));
      out->reason = out->has_place ? reason_of_kind (out->place.kind) : OH_CACHE_REASON_UNEXPLAINED;
    }
  else if (before->parameters != now->parameters && end > now->first_message)
    out->reason = OH_CACHE_REASON_PARAMETERS;
  else if (before->used_ns > now->started_ns)
    out->reason = OH_CACHE_REASON_NOT_YET;
  else if (now->started_ns - before->used_ns > ttl_ns)
    out->reason = OH_CACHE_REASON_EXPIRED;
  else if (!is_in_reach (now, end))
    out->reason = OH_CACHE_REASON_MOVED;
  else if (end < get_last_end (before))
    /* This prefix may have been too short to be cached; what comes after it is what could have been read. */
    explain (out, before, now, 0, ttl_ns);
  else
    out->reason = OH_CACHE_REASON_UNEXPLAINED;
}

/* The API's own word, where it is one that says something. */
static void
take_reported (OhCacheVerdict *out, const OhFacts *facts, const Print *before, const Print *now)
{
  static const struct
  {
    const char *type;
    OhCacheReason reason;
  } words[] = { { "model_changed", OH_CACHE_REASON_MODEL },
                { "tools_changed", OH_CACHE_REASON_TOOLS },
                { "system_changed", OH_CACHE_REASON_SYSTEM },
                { "messages_changed", OH_CACHE_REASON_MESSAGES } };

  for (guint i = 0; facts->cache_miss_reason != NULL && i < G_N_ELEMENTS (words); i++)
    if (strcmp (words[i].type, facts->cache_miss_reason) == 0)
      {
        out->reported = TRUE;
        out->reason = words[i].reason;
        out->has_place = FALSE;
        if (facts->cache_missed_tokens >= 0)
          out->missed_tokens = facts->cache_missed_tokens;
        /* Our own comparison says where, unless it is of another opinion. */
        if (before != NULL && out->reason != OH_CACHE_REASON_MODEL)
          set_place (out, before, now, count_common (before, now));
        if (out->has_place && reason_of_kind (out->place.kind) != out->reason)
          out->has_place = FALSE;
        if (out->state == OH_CACHE_WRITE)
          out->state = OH_CACHE_MISS;
        else if (out->state == OH_CACHE_HIT)
          out->state = OH_CACHE_PARTIAL;
      }
}

/* Something was read: was it all that was there? The tokens tell, for what lies before our own last breakpoint. */
static void
judge_read (OhCacheVerdict *out, const Print *before, const Print *now)
{
  gint64 there = before != NULL ? before->read + before->written : 0, ttl_ns;
  guint last, end;

  out->state = OH_CACHE_HIT;
  if (before == NULL || now->read >= there - there / 50 || now->written == 0 || is_new_conversation (before, now))
    return;
  last = get_last_end (before);
  end = find_cached (before, now, &ttl_ns);
  if (last > get_last_end (now) && end < last && count_common (before, now) >= get_last_end (now))
    return;
  out->state = OH_CACHE_PARTIAL;
  out->missed_tokens = there - now->read;
  explain (out, before, now, end == last ? end : 0, ttl_ns);
}

static void
judge (OhCacheVerdict *out, const Print *before, const Print *now)
{
  gint64 ttl_ns;
  guint end;

  if (now->read > 0)
    {
      judge_read (out, before, now);
      return;
    }
  if (now->written == 0)
    {
      out->state = OH_CACHE_OFF;
      out->reason = now->breakpoints->len > 0 ? OH_CACHE_REASON_TOO_SHORT : OH_CACHE_REASON_NO_BREAKPOINT;
      return;
    }
  end = before != NULL ? find_cached (before, now, &ttl_ns) : 0;
  if (before == NULL || (end == 0 && g_strcmp0 (before->model, now->model) == 0 && is_new_conversation (before, now)))
    {
      out->state = OH_CACHE_WRITE;
      out->reason = OH_CACHE_REASON_FIRST;
      return;
    }
  out->state = OH_CACHE_MISS;
  out->missed_tokens = MIN (before->read + before->written, now->written);
  explain (out, before, now, end, ttl_ns);
}

OhCacheTracker *
oh_cache_tracker_new (void)
{
  OhCacheTracker *self = g_new0 (OhCacheTracker, 1);

  self->prints = g_ptr_array_new_with_free_func (print_free);
  return self;
}

void
oh_cache_tracker_free (OhCacheTracker *self)
{
  g_return_if_fail (self != NULL);
  g_ptr_array_unref (self->prints);
  g_free (self);
}

static void
remember (OhCacheTracker *self, Print *print)
{
  g_ptr_array_add (self->prints, print);
  self->n_parts += print->parts->len;
  while (self->prints->len > 1 && (self->prints->len > MAX_PRINTS || self->n_parts > MAX_PARTS))
    {
      self->n_parts -= ((Print *) g_ptr_array_index (self->prints, 0))->parts->len;
      g_ptr_array_remove_index (self->prints, 0);
    }
}

void
oh_cache_tracker_add (OhCacheTracker *self, const OhExchange *exchange, const OhReading *reading, OhCacheVerdict *out)
{
  const OhUsage *usage;
  const Print *before;
  Print *now;

  g_return_if_fail (self != NULL && exchange != NULL && reading != NULL && out != NULL);
  memset (out, 0, sizeof *out);
  out->age_ns = out->missed_tokens = -1;
  usage = &reading->facts->usage;
  if (g_strcmp0 (reading->facts->operation, "messages") != 0 ||
      (usage->input < 0 && usage->cache_read < 0 && usage->cache_write < 0))
    return;
  now = print_new (exchange, reading);
  before = find_before (self, now);
  judge (out, before, now);
  take_reported (out, reading->facts, before, now);
  if (before != NULL && out->state != OH_CACHE_OFF)
    {
      out->against = before->id;
      out->age_ns = MAX (now->started_ns - before->used_ns, 0);
    }
  if (now->read + now->written > 0)
    remember (self, now);
  else
    print_free (now);
}

static const char *
get_part_text (const OhReading *reading, const OhCachePlace *place)
{
  const OhBlock *block = NULL;

  if (place->kind == OH_CACHE_PART_TOOLS)
    return place->index < reading->tools->len
             ? ((OhTool *) g_ptr_array_index (reading->tools, place->index))->json
             : NULL;
  if (place->kind == OH_CACHE_PART_SYSTEM && place->index < reading->system->len)
    block = g_ptr_array_index (reading->system, place->index);
  if (place->kind == OH_CACHE_PART_MESSAGES && place->index < reading->messages->len)
    {
      const OhMessage *message = g_ptr_array_index (reading->messages, place->index);

      if (place->block < message->blocks->len)
        block = g_ptr_array_index (message->blocks, place->block);
    }
  if (block == NULL)
    return NULL;
  return block->text != NULL ? block->text : block->json;
}

gint64
oh_cache_find_character (const OhReading *before, const OhReading *after, const OhCachePlace *place)
{
  const char *a, *b;

  g_return_val_if_fail (before != NULL && after != NULL && place != NULL, -1);
  a = get_part_text (before, place);
  b = get_part_text (after, place);
  if (a == NULL || b == NULL)
    return -1;
  for (gint64 n = 0;; n++)
    {
      gunichar left = g_utf8_get_char (a), right = g_utf8_get_char (b);

      if (left != right)
        return n;
      if (left == 0)
        return -1;
      a = g_utf8_next_char (a);
      b = g_utf8_next_char (b);
    }
}

static char *
describe_place (const OhCacheVerdict *verdict, gint64 character)
{
  const OhCachePlace *place = &verdict->place;
  g_autofree char *where = NULL;

  if (place->kind == OH_CACHE_PART_TOOLS)
    where = g_strdup_printf (_("tool %u"), place->index + 1);
  else if (place->kind == OH_CACHE_PART_SYSTEM)
    where = g_strdup_printf (_("part %u of the system prompt"), place->index + 1);
  else
    where = g_strdup_printf (_("block %u of message %u"), place->block + 1, place->index + 1);
  if (character < 0)
    return g_strdup_printf (_("The first difference is in %s."), where);
  return g_strdup_printf (_("The first difference is in %s, at character %" PRId64 "."), where, character + 1);
}

char *
oh_cache_describe (const OhCacheVerdict *verdict, gint64 character)
{
  static const char *const sentences[] = {
    [OH_CACHE_REASON_NONE] = NULL,
    [OH_CACHE_REASON_NO_BREAKPOINT] = N_("Nothing in the request asks for caching."),
    [OH_CACHE_REASON_TOO_SHORT] = N_("The prompt is shorter than the smallest that this model caches."),
    [OH_CACHE_REASON_FIRST] = N_("No call before had cached such a prompt."),
    [OH_CACHE_REASON_MODEL] = N_("The model changed; each has a cache of its own."),
    [OH_CACHE_REASON_TOOLS] = N_("The tools changed."),
    [OH_CACHE_REASON_SYSTEM] = N_("The system prompt changed."),
    [OH_CACHE_REASON_MESSAGES] = N_("An earlier message changed."),
    [OH_CACHE_REASON_PARAMETERS] = N_("tool_choice, thinking or speed changed."),
    [OH_CACHE_REASON_EXPIRED] = N_("The cached prompt had expired."),
    [OH_CACHE_REASON_MOVED] = N_("No breakpoint is within 20 blocks after the cached one."),
    [OH_CACHE_REASON_NOT_YET] = N_("The call that cached this prompt had not begun to answer yet."),
    [OH_CACHE_REASON_UNEXPLAINED] = N_("The same prompt had been cached; the API does not say why it was not read."),
  };
  g_autofree char *place = NULL;
  g_autofree char *age = NULL;

  g_return_val_if_fail (verdict != NULL, NULL);
  if (sentences[verdict->reason] == NULL)
    return g_strdup (verdict->state == OH_CACHE_HIT ? _("Read from the cache.") : "");
  if (verdict->has_place)
    {
      place = describe_place (verdict, character);
      return g_strconcat (_(sentences[verdict->reason]), " ", place, NULL);
    }
  if (verdict->reason == OH_CACHE_REASON_EXPIRED)
    {
      age = oh_format_duration (verdict->age_ns);
      return g_strdup_printf (_("The cached prompt had expired: it was last used %s before."), age);
    }
  return g_strdup (_(sentences[verdict->reason]));
}

const char *
oh_cache_state_to_string (OhCacheState state)
{
  static const char *const names[] = { "unknown", "off", "write", "hit", "partial", "miss" };

  g_return_val_if_fail ((guint) state < G_N_ELEMENTS (names), names[0]);
  return names[state];
}

const char *
oh_cache_reason_to_string (OhCacheReason reason)
{
  static const char *const names[] = { "none",   "no-breakpoint", "too-short", "first",   "model",
                                       "tools",  "system",        "messages",  "parameters", "expired",
                                       "moved",  "not-yet",       "unexplained" };

  g_return_val_if_fail ((guint) reason < G_N_ELEMENTS (names), names[0]);
  return names[reason];
}
