/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Token counts and the prompt cache. A token is four bytes of text; a cached prefix is known by the hash of every block
 * up to its cache_control, and forgotten after five minutes or an hour without use. */
#pragma once
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _OhSimCache OhSimCache;

typedef struct
{
  gint64 input; /* not cached */
  gint64 read;
  gint64 write_5m;
  gint64 write_1h;
} OhSimPrompt;

OhSimCache *oh_sim_cache_new (void);
void oh_sim_cache_free (OhSimCache *self);

/* Counts the prompt of @request and updates the cache of @key.
 * @now_us: monotonic time in microseconds */
OhSimPrompt oh_sim_cache_use (OhSimCache *self, const char *key, JsonObject *request, gint64 now_us);

/* The whole prompt's tokens. */
gint64 oh_sim_cache_count (JsonObject *request);
/* Tokens of an answer's block. */
gint64 oh_sim_cache_count_block (JsonObject *block);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSimCache, oh_sim_cache_free)

G_END_DECLS
