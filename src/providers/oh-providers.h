/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the other rooms ask of all providers together, so that none of them knows one by name. What a list says of a
 * provider stands in its own file (oh-provider.h). */
#pragma once
#include "oh-headers.h"

G_BEGIN_DECLS

/* Plain words by which a provider is known. All compared without regard to case, but for paths. */
typedef enum
{
  /* Where it serves from, patterns for g_pattern_match_simple(): "bedrock-runtime.*.amazonaws.com". */
  OH_PROVIDER_HOSTS,
  /* Variables by which its SDKs are sent elsewhere; the first is none, the others may be patterns. */
  OH_PROVIDER_ADDRESSES,
  /* Variables whose lines its SDKs add to the head of each request. */
  OH_PROVIDER_HEADER_LINES,
  /* Members of bodies that are secrets, though their names do not say so everywhere. */
  OH_PROVIDER_SECRET_MEMBERS,
  /* Segments of paths whose bodies carry credentials: ".../create_api_key". */
  OH_PROVIDER_SECRET_PATHS,
  /* Beginnings of headers that nobody looks for. */
  OH_PROVIDER_BORING_HEADERS,
  /* Members of requests that hold what was said so far: "messages". */
  OH_PROVIDER_CONVERSATIONS,
  /* How the ids of its models begin, where their host says whose they are: "claude-". */
  OH_PROVIDER_MODELS,
  /* Parts of the ids of models that leave out the thinking of earlier turns once the user says more than results. */
  OH_PROVIDER_FORGETFUL_MODELS,
  OH_PROVIDER_N_LISTS
} OhProviderList;

/* A secret in the head of requests, and the variable in which programs have it. */
typedef struct
{
  const char *header;   /* in small letters; NULL ends a table */
  const char *prefix;   /* what stands before it there: "Bearer ", or "" */
  const char *variable;
} OhProviderKey;

/* Headers that tell of rate limits: "anthropic-ratelimit-tokens-limit". */
typedef struct
{
  const char *prefix;   /* in small letters; NULL ends a table */
  const char *bucket;   /* how the bucket's name begins: "priority-"; or "" */
  gboolean what_first;  /* "x-ratelimit-limit-tokens" */
} OhProviderLimits;

/* What a wire's word is for people. */
typedef struct
{
  const char *wire;     /* NULL ends a table */
  const char *words;    /* to be translated */
} OhProviderWord;

/* A program that speaks by itself: it tries again in its own way, and asks things that no one else has said. */
typedef struct
{
  const char *agent;              /* how its User-Agent begins */
  const char *const *session;     /* headers that say what a request belongs to; the first tells the program */
  const char *changing;           /* how a block of its prompt begins whose first line changes from call to call */
  const char *const *asides;      /* how the requests begin that it makes for itself */
  const char *const *summaries;   /* how a conversation begins that goes on behind a summary */
} OhProviderProgram;

/* What the form of a model's id says of who serves it. */
typedef enum
{
  OH_MODEL_REGIONAL = 1 << 0,   /* only one region's machines may */
  OH_MODEL_GOVERNMENT = 1 << 1, /* those for the government */
  OH_MODEL_PLATFORM = 1 << 2,   /* Amazon: it has a decoration of its own */
} OhModelSigns;

/* What all providers have in a list, in their order, NULL-terminated. (transfer none) */
const char *const *oh_providers_get_list (OhProviderList list);

static inline const char *const *
oh_providers_get_hosts (void)
{
  return oh_providers_get_list (OH_PROVIDER_HOSTS);
}

/* The entry of a list that @text begins with, or NULL. */
const char *oh_providers_find_start (OhProviderList list, const char *text);

/* The keys of a provider, or NULL for it: of all. @last: (nullable): the one before, to go on
 * Returns: (nullable): the first, or the next */
const OhProviderKey *oh_providers_next_key (const char *provider, const OhProviderKey *last);
/* What a block's type or the like is for people, translated; NULL if nobody knows. */
const char *oh_providers_get_words (const char *wire);
/* A model's id without what platforms put around it: "us.anthropic.claude-opus-4-6-v1:0" is "claude-opus-4-6",
 * "claude-haiku-4-5@20251001" is "claude-haiku-4-5-20251001"; and as the API writes it: "anthropic/claude-sonnet-4.6" is
 * "claude-sonnet-4-6". @signs: (out) (optional) (transfer full) */
char *oh_providers_read_model (const char *model, OhModelSigns *signs);
/* Whether a log record of this name tells what was said in the call whose span was current (oh_interpreter_add_record()).
 * @name: (nullable) */
gboolean oh_providers_is_record_of_call (const char *name);
/* The program that sent a request; NULL: none that is known. */
const OhProviderProgram *oh_providers_find_program (const OhHeaders *request);
/* The next of all programs that are known. @last: NULL for the first */
const OhProviderProgram *oh_providers_next_program (const OhProviderProgram *last);

G_END_DECLS
