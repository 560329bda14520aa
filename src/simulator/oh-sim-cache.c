/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sim-cache.h"

#include "oh-sim-json.h"

#include <string.h>

#define BYTES_PER_TOKEN 4
#define TOKENS_PER_MESSAGE 4
#define TOKENS_PER_IMAGE 1100
#define PROMPT_BASE_TOKENS 3
/* Shorter prefixes are not cached, and a breakpoint looks back over this many blocks, as the API documents. */
#define SHORTEST_PREFIX_TOKENS 1024
#define LOOK_BACK 20

typedef struct
{
  gint64 expires_us;
  gint64 lifetime_us;
} Entry;

typedef struct
{
  char *prefix;  /* hash of everything up to and with this block */
  gint64 tokens; /* of the same */
  gint64 ttl_us; /* 0: no breakpoint here */
} Block;

struct _OhSimCache
{
  GHashTable *entries; /* prefix hash -> Entry */
};

typedef struct
{
  GArray *blocks;
  GChecksum *checksum;
  gint64 tokens;
} Walk;

OhSimCache *
oh_sim_cache_new (void)
{
  OhSimCache *self = g_new0 (OhSimCache, 1);

  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
oh_sim_cache_free (OhSimCache *self)
{
  g_hash_table_unref (self->entries);
  g_free (self);
}

static gint64
count_text (const char *text)
{
  return text == NULL || *text == '\0' ? 0 : ((gint64) strlen (text) + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
}

gint64
oh_sim_cache_count_block (JsonObject *block)
{
  const char *type = oh_sim_json_string (block, "type");
  g_autofree char *text = NULL;

  if (g_strcmp0 (type, "text") == 0)
    return count_text (oh_sim_json_string (block, "text"));
  if (g_strcmp0 (type, "thinking") == 0)
    return count_text (oh_sim_json_string (block, "thinking"));
  if (g_strcmp0 (type, "image") == 0)
    return TOKENS_PER_IMAGE;
  text = oh_sim_json_object_text (block);
  return count_text (text);
}

static gint64
breakpoint_ttl (JsonObject *holder)
{
  JsonObject *control = oh_sim_json_object (holder, "cache_control");

  if (control == NULL)
    return 0;
  return G_GINT64_CONSTANT (60) * G_USEC_PER_SEC *
         (g_strcmp0 (oh_sim_json_string (control, "ttl"), "1h") == 0 ? 60 : 5);
}

static void
clear_block (gpointer data)
{
  g_free (((Block *) data)->prefix);
}

/* Takes one block of the prompt: what it costs, and what the prefix that ends with it is called. */
static void
walk_take (Walk *walk, const char *where, const char *text, gint64 tokens, gint64 ttl_us)
{
  g_autoptr (GChecksum) so_far = NULL;
  Block block;

  g_checksum_update (walk->checksum, (const guchar *) where, (gssize) strlen (where) + 1);
  g_checksum_update (walk->checksum, (const guchar *) text, (gssize) strlen (text) + 1);
  walk->tokens += tokens;
  so_far = g_checksum_copy (walk->checksum);
  block.prefix = g_strdup (g_checksum_get_string (so_far));
  block.tokens = walk->tokens;
  block.ttl_us = ttl_us;
  g_array_append_val (walk->blocks, block);
}

static void
walk_object (Walk *walk, const char *where, JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autoptr (JsonNode) copy = oh_sim_json_copy (node);
  g_autofree char *text = NULL;

  json_object_remove_member (json_node_get_object (copy), "cache_control");
  text = oh_sim_json_text (copy);
  walk_take (walk, where, text, oh_sim_cache_count_block (object), breakpoint_ttl (object));
}

static void
walk_content (Walk *walk, const char *where, JsonObject *holder, const char *name)
{
  JsonArray *array = oh_sim_json_array (holder, name);
  const char *text = oh_sim_json_string (holder, name);

  if (text != NULL)
    {
      g_autoptr (JsonObject) block = oh_sim_json_new ("type", "text", "text", text, NULL);

      walk_object (walk, where, block);
    }
  for (guint i = 0; i < oh_sim_json_length (array); i++)
    {
      JsonObject *block = oh_sim_json_element_object (array, i);

      if (block != NULL)
        walk_object (walk, where, block);
    }
}

static void
walk_prompt (Walk *walk, JsonObject *request)
{
  JsonArray *tools = oh_sim_json_array (request, "tools");
  JsonArray *messages = oh_sim_json_array (request, "messages");

  walk->blocks = g_array_new (FALSE, FALSE, sizeof (Block));
  g_array_set_clear_func (walk->blocks, clear_block);
  walk->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  walk->tokens = PROMPT_BASE_TOKENS;

  for (guint i = 0; i < oh_sim_json_length (tools); i++)
    {
      JsonObject *tool = oh_sim_json_element_object (tools, i);

      if (tool != NULL)
        walk_object (walk, "tool", tool);
    }
  walk_content (walk, "system", request, "system");
  for (guint i = 0; i < oh_sim_json_length (messages); i++)
    {
      JsonObject *message = oh_sim_json_element_object (messages, i);
      const char *role = oh_sim_json_string (message, "role");

      walk->tokens += TOKENS_PER_MESSAGE;
      walk_content (walk, role != NULL ? role : "", message, "content");
    }
  /* A cache_control of the request itself marks the last block. */
  if (walk->blocks->len > 0 && breakpoint_ttl (request) != 0)
    g_array_index (walk->blocks, Block, walk->blocks->len - 1).ttl_us = breakpoint_ttl (request);
}

static void
walk_clear (Walk *walk)
{
  g_array_unref (walk->blocks);
  g_checksum_free (walk->checksum);
}

static char *
entry_name (const char *key, JsonObject *request, const char *prefix)
{
  const char *model = oh_sim_json_string (request, "model");

  return g_strconcat (key, " ", model != NULL ? model : "", " ", prefix, NULL);
}

/* How many blocks from the front are in the cache already, seen from the breakpoint at @at; 0: none. */
static guint
find_cached (OhSimCache *self, const char *key, JsonObject *request, GArray *blocks, guint at, gint64 now_us)
{
  for (guint back = 0; back <= LOOK_BACK && back <= at; back++)
    {
      g_autofree char *name = entry_name (key, request, g_array_index (blocks, Block, at - back).prefix);
      Entry *entry = g_hash_table_lookup (self->entries, name);

      if (entry != NULL && entry->expires_us >= now_us)
        {
          entry->expires_us = now_us + entry->lifetime_us;
          return at - back + 1;
        }
    }
  return 0;
}

OhSimPrompt
oh_sim_cache_use (OhSimCache *self, const char *key, JsonObject *request, gint64 now_us)
{
  OhSimPrompt prompt = { 0 };
  Walk walk;
  guint cached = 0;
  gint64 covered;

  walk_prompt (&walk, request);
  for (guint i = 0; i < walk.blocks->len; i++)
    if (g_array_index (walk.blocks, Block, i).ttl_us != 0)
      cached = MAX (cached, find_cached (self, key, request, walk.blocks, i, now_us));
  if (cached > 0)
    prompt.read = g_array_index (walk.blocks, Block, cached - 1).tokens;
  covered = prompt.read;

  for (guint i = cached; i < walk.blocks->len; i++)
    {
      const Block *block = &g_array_index (walk.blocks, Block, i);
      Entry *entry;

      if (block->ttl_us == 0 || block->tokens < SHORTEST_PREFIX_TOKENS)
        continue;
      if (block->ttl_us > G_GINT64_CONSTANT (5) * 60 * G_USEC_PER_SEC)
        prompt.write_1h += block->tokens - covered;
      else
        prompt.write_5m += block->tokens - covered;
      covered = block->tokens;
      entry = g_new0 (Entry, 1);
      entry->lifetime_us = block->ttl_us;
      entry->expires_us = now_us + block->ttl_us;
      g_hash_table_replace (self->entries, entry_name (key, request, block->prefix), entry);
    }
  prompt.input = walk.tokens - covered;
  walk_clear (&walk);
  return prompt;
}

gint64
oh_sim_cache_count (JsonObject *request)
{
  Walk walk;
  gint64 tokens;

  walk_prompt (&walk, request);
  tokens = walk.tokens;
  walk_clear (&walk);
  return tokens;
}
