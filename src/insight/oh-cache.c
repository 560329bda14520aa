/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cache-print-private.h"

#include "oh-canon.h"
#include "oh-clock.h"
#include "oh-provider.h"
#include "oh-saying.h"

#include <inttypes.h>
#include <string.h>

#define MAX_PRINTS 256        /* calls remembered */
#define MAX_PARTS 1000000     /* parts remembered, in all calls together */
#define TAIL 16               /* parts at the end of a call that are looked for in one that may continue it */

typedef OhCachePrint Print;
typedef OhCachePart Part;

struct _OhCacheTracker
{
  GPtrArray *prints; /* (element-type Print), oldest first */
  gsize n_parts;
};

/* A call that is being judged. */
typedef struct
{
  const OhCacheTracker *tracker;
  const Print *now;
  gint64 parent_id;
  GHashTable *parts; /* hashes of its messages' parts but those of the last message */
} Case;

static gboolean
same_text (const char *a, const char *b)
{
  return a == NULL || b == NULL || strcmp (a, b) == 0;
}

/* Whose cache it is, but for the workspace. */
static gboolean
same_organization (const Print *a, const Print *b)
{
  if (a->organization != NULL && b->organization != NULL)
    return strcmp (a->organization, b->organization) == 0;
  return g_strcmp0 (a->key, b->key) == 0;
}

static gboolean
same_owner (const Print *a, const Print *b)
{
  return same_organization (a, b) && same_text (a->workspace, b->workspace);
}

static guint
count_messages (const Print *print)
{
  return print->parts->len - print->first_message;
}

/* How many parts at the start of their messages are the same, whatever stands before the messages. */
static guint
count_common_messages (const Print *a, const Print *b)
{
  guint n = 0, least = MIN (count_messages (a), count_messages (b));

  while (n < least && g_array_index (a->parts, Part, a->first_message + n).hash ==
                        g_array_index (b->parts, Part, b->first_message + n).hash)
    n++;
  return n;
}

static gboolean
has_hash (const Print *print, guint from, guint to, guint64 hash)
{
  for (guint i = from; i < to; i++)
    if (g_array_index (print->parts, Part, i).hash == hash)
      return TRUE;
  return FALSE;
}

/* Whether two agents that are told the same have nothing else in common: no tool, and no part of the system prompt. */
static gboolean
are_strangers (const Print *a, const Print *b)
{
  /* A system prompt may begin with the time of day. */
  if (a->first_system == 0 && b->first_system == 0 && g_strcmp0 (a->model, b->model) == 0)
    return FALSE;
  for (guint i = 0; i < a->first_message; i++)
    if (has_hash (b, 0, b->first_message, g_array_index (a->parts, Part, i).hash))
      return FALSE;
  return a->first_message > 0 || b->first_message > 0;
}

/* Whether what comes behind the first difference is there again and has been answered since. */
static gboolean
comes_again (const Case *c, const Print *before, guint common)
{
  guint n = 0, again = 0;

  for (guint i = before->parts->len; i > before->first_message + common + 1 && n < TAIL; i--, n++)
    {
      again += g_hash_table_contains (c->parts, &g_array_index (before->parts, Part, i - 1).hash);
      if (n == 0 && again > 0)
        return TRUE;
    }
  return n > 0 && 2 * again >= n;
}

/* Whether @now is the same conversation as @before, grown, edited or cut: its messages begin with those of @before, or
 * go on where those did. */
static gboolean
continues (const Case *c, const Print *before)
{
  guint common = count_common_messages (before, c->now);

  if (before->id == c->parent_id)
    return TRUE;
  return ((common > 0 && common == count_messages (before)) || comes_again (c, before, common)) &&
         !are_strangers (before, c->now);
}

/* Orders the calls of one conversation by how well they tell what could have been read: 0 for a call of another one. */
static gboolean
is_better (const Case *c, const Print *one, const Print *two)
{
  gboolean model = g_strcmp0 (one->model, c->now->model) == 0, other = g_strcmp0 (two->model, c->now->model) == 0;
  guint common, other_common;

  if (model != other)
    return model;
  model = oh_cache_print_compare_parameters (one, c->now) == 0;
  other = oh_cache_print_compare_parameters (two, c->now) == 0;
  if (model != other)
    return model;
  common = oh_cache_print_count_common (one, c->now);
  other_common = oh_cache_print_count_common (two, c->now);
  return common != other_common ? common > other_common : one->id == c->parent_id;
}

/* The call of the same conversation that had cached most of it. NULL: there is none. */
static const Print *
find_own (const Case *c)
{
  const Print *best = NULL;

  for (guint i = c->tracker->prints->len; i > 0; i--)
    {
      const Print *before = g_ptr_array_index (c->tracker->prints, i - 1);

      if (same_owner (before, c->now) && continues (c, before) && (best == NULL || is_better (c, before, best)))
        best = before;
    }
  return best;
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

/* How good a call of another conversation explains what happened to @now: first what could have been read, then what
 * can no longer, then the same preamble; 0: it has nothing to do with it. */
static guint
rank_other (const Print *before, const Print *now)
{
  gint64 ttl_ns;
  guint cached = oh_cache_print_find_cached (before, now, &ttl_ns), rank = 0;

  if (cached > 0 && now->started_ns - before->started_ns <= ttl_ns && before->ready_ns <= now->started_ns)
    rank = 2 + cached;
  else if (cached > 0 || same_preamble (before, now))
    rank = 1;
  return rank > 0 ? 2 * rank + (g_strcmp0 (before->model, now->model) == 0) : 0;
}

static const Print *
find_other (const Case *c)
{
  const Print *best = NULL;
  guint best_rank = 0;

  for (guint i = c->tracker->prints->len; i > 0; i--)
    {
      const Print *before = g_ptr_array_index (c->tracker->prints, i - 1);
      guint rank = same_owner (before, c->now) ? rank_other (before, c->now) : 0;

      if (rank > best_rank)
        {
          best = before;
          best_rank = rank;
        }
    }
  return best;
}

/* A call that cached a prefix of this prompt in another workspace. NULL: there is none. */
static const Print *
find_foreign (const Case *c)
{
  gint64 ttl_ns;

  for (guint i = c->tracker->prints->len; i > 0; i--)
    {
      const Print *before = g_ptr_array_index (c->tracker->prints, i - 1);

      if (same_organization (before, c->now) && !same_owner (before, c->now) &&
          oh_cache_print_find_cached (before, c->now, &ttl_ns) > 0)
        return before;
    }
  return NULL;
}

/* When the prefix of @end parts of @before was used last: others that have it too keep it alive. */
static gint64
get_used_ns (const Case *c, const Print *before, guint end)
{
  gint64 used_ns = before->started_ns;
  gint64 tokens = end == oh_cache_print_get_last_end (before) ? before->read + before->written : 1;

  for (guint i = 0; i < c->tracker->prints->len; i++)
    {
      const Print *other = g_ptr_array_index (c->tracker->prints, i);

      if (other->started_ns > used_ns && other->started_ns <= c->now->started_ns && same_owner (other, before) &&
          g_strcmp0 (other->model, before->model) == 0 && oh_cache_print_compare_parameters (other, before) == 0 &&
          other->read >= tokens - tokens / 50 && oh_cache_print_reaches (other, end, 0) &&
          oh_cache_print_count_common (other, c->now) >= end)
        used_ns = other->started_ns;
    }
  return used_ns;
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

/* What of the changed parameters unmakes the cache of a prefix of @end parts for certain. */
static guint
get_unmaking (const Print *now, guint changed, guint end)
{
  guint unmaking = 1u << OH_CACHE_PARAMETER_FORMAT | 1u << OH_CACHE_PARAMETER_MCP_SERVERS |
                   1u << OH_CACHE_PARAMETER_INFERENCE_GEO;

  if (end > now->first_system)
    unmaking |= 1u << OH_CACHE_PARAMETER_SPEED | 1u << OH_CACHE_PARAMETER_SKILLS;
  if (end > now->first_message)
    unmaking |= 1u << OH_CACHE_PARAMETER_TOOL_CHOICE | 1u << OH_CACHE_PARAMETER_THINKING |
                1u << OH_CACHE_PARAMETER_EFFORT;
  return changed & unmaking;
}

/* Whether it leaves out the thinking of earlier turns once the user says more than results. */
static gboolean
drops_thinking (const char *model)
{
  for (const char *const *name = oh_providers_get_list (OH_PROVIDER_FORGETFUL_MODELS); model != NULL && *name != NULL; name++)
    if (strstr (model, *name) != NULL)
      return TRUE;
  return FALSE;
}

/* Whether other thinking, or none, stands between the parts of the common prefix, or is left out by the model. */
static gboolean
has_other_thinking (const Print *before, const Print *now, guint end)
{
  gboolean dropped = now->spoken && drops_thinking (now->model);

  for (guint i = 0; i < MIN (end, MIN (before->parts->len, now->parts->len)); i++)
    {
      guint64 thinking = g_array_index (before->parts, Part, i).thinking;

      if (thinking != g_array_index (now->parts, Part, i).thinking || (dropped && thinking != 0))
        return TRUE;
    }
  return FALSE;
}

/* All that is left where the same prompt had been cached and was in reach. */
static void
explain_rest (OhCacheVerdict *out, const Print *before, const Print *now, guint end)
{
  out->parameters = oh_cache_print_compare_parameters (before, now);
  if (out->parameters != 0)
    out->reason = OH_CACHE_REASON_PARAMETERS;
  else if (has_other_thinking (before, now, end))
    out->reason = OH_CACHE_REASON_THINKING;
  else
    out->reason = OH_CACHE_REASON_UNEXPLAINED;
}

/* Why the call did not read the prefix of @end parts of @before, or, where @end is 0, none of its prefixes. */
static void
explain (OhCacheVerdict *out, const Case *c, const Print *before, guint end, gint64 ttl_ns)
{
  const Print *now = c->now;
  gint64 age_ns = now->started_ns - (end > 0 ? get_used_ns (c, before, end) : before->started_ns);

  out->parameters = get_unmaking (now, oh_cache_print_compare_parameters (before, now), end);
  if (g_strcmp0 (before->model, now->model) != 0)
    out->reason = OH_CACHE_REASON_MODEL;
  else if (end == 0)
    {
      set_place (out, before, now, oh_cache_print_count_common (before, now));
      if (out->has_place)
        out->reason = reason_of_kind (out->place.kind);
      else
        explain_rest (out, before, now, now->parts->len);
    }
  else if (out->parameters != 0)
    out->reason = OH_CACHE_REASON_PARAMETERS;
  else if (before->ready_ns > now->started_ns)
    out->reason = OH_CACHE_REASON_NOT_YET;
  else if (age_ns > ttl_ns)
    {
      out->reason = OH_CACHE_REASON_EXPIRED;
      out->age_ns = age_ns;
    }
  else if (!oh_cache_print_reaches (now, end, 0))
    out->reason = OH_CACHE_REASON_MOVED;
  else if (!oh_cache_print_reaches (now, end, ttl_ns))
    {
      out->reason = OH_CACHE_REASON_TTL;
      out->ttl_ns = ttl_ns;
    }
  else if (end < oh_cache_print_get_last_end (before))
    /* This prefix may have been too short to be cached; what comes after it is what could have been read. */
    explain (out, c, before, 0, ttl_ns);
  else
    explain_rest (out, before, now, end);
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
          set_place (out, before, now, oh_cache_print_count_common (before, now));
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
judge_read (OhCacheVerdict *out, const Case *c, const Print *before, gboolean own)
{
  const Print *now = c->now;
  gint64 there = before != NULL ? before->read + before->written : 0, ttl_ns;
  guint last, end, common;

  out->state = OH_CACHE_HIT;
  if (before == NULL || now->read >= there - there / 50 || now->written == 0)
    return;
  last = oh_cache_print_get_last_end (before);
  end = oh_cache_print_find_cached (before, now, &ttl_ns);
  common = oh_cache_print_count_common (before, now);
  /* Another conversation shares no more than the preamble; what comes after the last breakpoint was not asked for. */
  if (end < last && ((!own && (common >= now->first_message || !same_preamble (before, now))) ||
                     (last > oh_cache_print_get_last_end (now) && common >= oh_cache_print_get_last_end (now))))
    return;
  out->state = OH_CACHE_PARTIAL;
  out->missed_tokens = MIN (there - now->read, now->written);
  explain (out, c, before, end == last ? end : 0, ttl_ns);
}

static void
judge_nothing_read (OhCacheVerdict *out, const Case *c, const Print *before, gboolean own)
{
  const Print *now = c->now;
  gint64 ttl_ns;
  guint end = before != NULL ? oh_cache_print_find_cached (before, now, &ttl_ns) : 0;

  out->state = OH_CACHE_WRITE;
  out->reason = OH_CACHE_REASON_FIRST;
  if (before == NULL || (!own && end == 0 && g_strcmp0 (before->model, now->model) == 0 &&
                         oh_cache_print_count_common (before, now) == now->first_message &&
                         before->first_message == now->first_message))
    return;
  out->state = OH_CACHE_MISS;
  out->missed_tokens = MIN (before->read + before->written, now->written);
  if (same_owner (before, now))
    explain (out, c, before, end, ttl_ns);
  else
    out->reason = OH_CACHE_REASON_WORKSPACE;
}

/* Judges by what the call's own conversation had cached, else by others with the same beginning.
 * Returns: what it was compared with (nullable) */
static const Print *
judge (OhCacheVerdict *out, const Case *c)
{
  const Print *own = find_own (c);
  const Print *before = own != NULL ? own : find_other (c);

  if (c->now->read == 0 && c->now->written == 0)
    {
      out->state = OH_CACHE_OFF;
      out->reason = c->now->breakpoints->len > 0 ? OH_CACHE_REASON_TOO_SHORT : OH_CACHE_REASON_NO_BREAKPOINT;
      return before;
    }
  if (before == NULL && c->now->read == 0)
    before = find_foreign (c);
  if (c->now->read > 0)
    judge_read (out, c, before, own != NULL);
  else
    judge_nothing_read (out, c, before, own != NULL);
  return before;
}

static GHashTable *
list_answered_parts (const Print *now)
{
  GHashTable *parts = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = now->first_message; i < now->last_message; i++)
    g_hash_table_add (parts, &g_array_index (now->parts, Part, i).hash);
  return parts;
}

OhCacheTracker *
oh_cache_tracker_new (void)
{
  OhCacheTracker *self = g_new0 (OhCacheTracker, 1);

  self->prints = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_cache_print_free);
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
oh_cache_tracker_add (OhCacheTracker *self, const OhExchange *exchange, const OhReading *reading, gint64 parent_id,
                      OhCacheVerdict *out)
{
  g_autoptr (GHashTable) parts = NULL;
  const OhProvider *provider;
  const OhUsage *usage;
  const Print *before;
  Print *now;

  g_return_if_fail (self != NULL && exchange != NULL && reading != NULL && out != NULL);
  memset (out, 0, sizeof *out);
  out->age_ns = out->missed_tokens = -1;
  usage = &reading->facts->usage;
  provider = oh_providers_find (reading->facts->provider);
  if (provider == NULL || !provider->marks_cache || !oh_facts_is_turn (reading->facts) ||
      (usage->input < 0 && usage->cache_read < 0 && usage->cache_write < 0))
    return;
  now = oh_cache_print_new (exchange, reading);
  parts = list_answered_parts (now);
  before = judge (out, &(Case) { self, now, parent_id, parts });
  take_reported (out, reading->facts, before, now);
  if (before != NULL && out->state != OH_CACHE_OFF)
    {
      out->against = before->id;
      if (out->age_ns < 0)
        out->age_ns = MAX (now->started_ns - before->started_ns, 0);
    }
  if (now->read + now->written > 0)
    remember (self, now);
  else
    oh_cache_print_free (now);
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

/* Whether the part at @place is the same but for the order of the keys in its JSON. */
static gboolean
is_reordered (const OhReading *before, const OhReading *after, const OhCachePlace *place)
{
  const char *a, *b;

  a = get_part_text (before, place);
  b = get_part_text (after, place);
  return a != NULL && b != NULL && *a == '{' && *b == '{' && strcmp (a, b) != 0 &&
         oh_canon_hash_json (a, OH_CANON_BLOCK) == oh_canon_hash_json (b, OH_CANON_BLOCK);
}

static char *
describe_place (const OhCachePlace *place, const OhReading *before, const OhReading *after)
{
  static const struct
  {
    const char *codes[3]; /* where only that is known; with the first character; of JSON that differs in its keys' order */
    const char *arguments;
  } places[] = {
    [OH_CACHE_PART_TOOLS] = { { "differs-tool", "differs-tool-at", "differs-tool-order" }, "tool# character#" },
    [OH_CACHE_PART_SYSTEM] = { { "differs-system", "differs-system-at", "differs-system-order" }, "part# character#" },
    [OH_CACHE_PART_MESSAGES] = { { "differs-message", "differs-message-at", "differs-message-order" }, "message# character# block#" },
  };
  const gint64 character = before != NULL && after != NULL ? oh_cache_find_character (before, after, place) : -1;
  const guint known = character < 0 ? 0 : is_reordered (before, after, place) ? 2 : 1;

  return oh_saying_new (places[place->kind].codes[known], places[place->kind].arguments, (gint64) place->index + 1, character + 1,
                        (gint64) place->block + 1);
}

static char *
describe_parameters (guint changed)
{
  static const char *const names[OH_CACHE_N_PARAMETERS] = {
    "tool_choice",          "thinking",             "output_config.effort", "speed",
    "container.skills",     "output_config.format", "mcp_servers",          "inference_geo",
    "context_management",   "images",               "citations",
  };
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < OH_CACHE_N_PARAMETERS; i++)
    if ((changed & 1u << i) != 0)
      g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", names[i]);
  return oh_saying_new ("changed", "names", list->str);
}

char *
oh_cache_describe (const OhCacheVerdict *verdict, const OhReading *before, const OhReading *after)
{
  g_autofree char *code = NULL;
  char *saying;

  g_return_val_if_fail (verdict != NULL, NULL);
  if (verdict->reason == OH_CACHE_REASON_NONE)
    return verdict->state == OH_CACHE_HIT ? oh_saying_new ("cache-hit", "") : NULL;
  code = g_strconcat ("cache-", oh_cache_reason_to_string (verdict->reason), NULL);
  if (verdict->reason == OH_CACHE_REASON_EXPIRED)
    return oh_saying_new (code, "age#", verdict->age_ns);
  saying = oh_saying_new (code, "");
  if (verdict->has_place)
    oh_saying_add (&saying, describe_place (&verdict->place, before, after));
  else if (verdict->reason == OH_CACHE_REASON_PARAMETERS)
    oh_saying_add (&saying, describe_parameters (verdict->parameters));
  else if (verdict->reason == OH_CACHE_REASON_TTL)
    oh_saying_add (&saying, oh_saying_new (verdict->ttl_ns > 300 * OH_NS_PER_S ? "ttl-shorter" : "ttl-longer", ""));
  return saying;
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
                                       "moved",  "not-yet",       "ttl",       "workspace", "thinking", "unexplained" };

  g_return_val_if_fail ((guint) reason < G_N_ELEMENTS (names), names[0]);
  return names[reason];
}

OhFacts *
oh_cache_split_write (const OhReading *reading)
{
  OhFacts *facts = oh_facts_copy (reading->facts);
  OhUsage *usage = &facts->usage;
  g_autoptr (GArray) marks = NULL;
  gboolean long_lived = FALSE, short_lived = FALSE;

  if (usage->cache_write <= 0)
    return facts;
  marks = oh_cache_find_breakpoints (reading);
  for (guint i = 0; i < marks->len; i++)
    if (g_array_index (marks, OhCacheBreakpoint, i).ttl_ns > 300 * OH_NS_PER_S)
      long_lived = TRUE;
    else
      short_lived = TRUE;
  /* What was split in part and against the marks stays as it was told. */
  if (long_lived != short_lived && (long_lived ? usage->cache_write_5m : usage->cache_write_1h) <= 0)
    *(long_lived ? &usage->cache_write_1h : &usage->cache_write_5m) = usage->cache_write;
  return facts;
}
