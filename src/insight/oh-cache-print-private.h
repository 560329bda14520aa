/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of a call to tell later what it had cached: hashes of the parts of its prompt in the cache's order,
 * where its breakpoints are, and what else makes a prompt another one. */
#pragma once
#include "oh-cache.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 hash;
  guint64 head;     /* of its first words: the same for a text that was changed further on */
  guint64 thinking; /* of the thinking that stands before it; 0: none */
  guint position;   /* as the look back counts: a run of tools asked for is one, and so is a run of results */
  OhCachePlace place;
} OhCachePart;

typedef struct
{
  gint64 id;
  char *key;
  char *organization;
  char *workspace;
  char *model;
  GArray *parts;       /* (element-type OhCachePart) */
  GArray *breakpoints; /* (element-type OhCacheBreakpoint) */
  GArray *ends;        /* (element-type guint): for each breakpoint, how many parts its prefix has */
  guint first_system;  /* index of the first part of the system prompt, or where it would be */
  guint first_message; /* index of the first part of a message */
  guint last_message;  /* index of the first part of the last message */
  gboolean spoken;     /* the last message brings more than results */
  guint64 parameters[OH_CACHE_N_PARAMETERS]; /* 0: the default */
  gint64 started_ns;   /* the life of what it read and wrote is counted from here */
  gint64 ready_ns;     /* when its answer began: its prefixes can be read from then on */
  gint64 read;
  gint64 written;
} OhCachePrint;

OhCachePrint *oh_cache_print_new (const OhExchange *exchange, const OhReading *reading);
void oh_cache_print_free (OhCachePrint *self);

/* How many parts at the start are the same. */
guint oh_cache_print_count_common (const OhCachePrint *a, const OhCachePrint *b);

/* The longest prefix that @before cached and @now begins with, in parts; 0: none.
 * @ttl_ns: (out): its time to live */
guint oh_cache_print_find_cached (const OhCachePrint *before, const OhCachePrint *now, gint64 *ttl_ns);

/* How many parts the last breakpoint's prefix has; 0: no breakpoint. */
guint oh_cache_print_get_last_end (const OhCachePrint *self);

/* Whether one of its breakpoints looks back as far as a prefix of @end parts.
 * @ttl_ns: with this time to live; 0: with any */
gboolean oh_cache_print_reaches (const OhCachePrint *self, guint end, gint64 ttl_ns);

/* Which parameters differ: a bit for each OhCacheParameter. */
guint oh_cache_print_compare_parameters (const OhCachePrint *a, const OhCachePrint *b);

G_END_DECLS
