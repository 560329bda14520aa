/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a redactor is in one layer of what it reads; its table is in oh-redactor-private.h. Names, containers, and what is
 * read byte by byte. */
#pragma once
#include "oh-redactor-private.h"
#include "oh-secret-name-private.h"

G_BEGIN_DECLS

#define NAME_MAX_LENGTH 40
#define AWS_FRAMES "vnd.amazon.eventstream"

/* How a layer is written. */
typedef enum
{
  AS_JSON,
  AS_FORM, /* also the parameters of a URL; what they say is percent-encoded */
  AS_TEXT,
  AS_PARTS,
} Kind;

typedef enum
{
  UNDECIDED,
  STRING,
  REST,
  OUTSIDE,
  NAMED,
  VALUE,
  NEIGHBOUR,       /* of a secret's name in an array: ["Authorization", "Bearer …"] */
  NEIGHBOUR_ENDED, /* what follows tells whether it is a member's name */
  INNER,
  PATH,
  FORM_NAME,
  FORM_VALUE,
  FORM_PLAIN,
  TEXT,
  WORD,
  WORD_ENDED,
  WORD_VALUE,
  PART_LINE,
  PART_REST,
  PART_WORD,
  PART_QUOTE,
  PART_NAME,
  PART_BODY,
  PART_INNER,
  SECRET,
} State;

/* What ends a secret. */
typedef enum
{
  BY_QUOTE,     /* or a line end; backslashes escape */
  BY_DELIMITER, /* of parameters */
  BY_AUTHORITY, /* @, or it was a host */
  BY_SPACE,     /* or a quote, or what separates words */
  BY_LINE,      /* the end of a line */
} Ends;

/* What a byte does. */
typedef enum
{
  PASSES,
  BEGINS_AFTER, /* a secret begins after it */
  BEGINS_AT,    /* or with it */
} Step;

/* What a string or a parameter may turn out to be. */
typedef enum
{
  ANYTHING, /* nothing but white space came */
  QUOTED,   /* a quote came first */
  NOTHING,
} Guess;

/* What a member's value is for. */
typedef enum
{
  NO_ROLE,
  IS_SECRET,
  IS_SAID,  /* by a model */
  IS_LABEL, /* the name of what stands beside it: {"name": …, "value": …} */
} Role;

typedef struct
{
  Kind kind;
  State state;
  char name[NAME_MAX_LENGTH + 1]; /* the string, word or parameter so far, unescaped */
  guint name_length;              /* NAME_MAX_LENGTH + 1: too long to be a secret's */
  guint escape;                   /* 0 none; 1 after \; 2…5: digits still to come are 6 - escape */
  guint code;                     /* of the escape so far */
  gsize begun;                    /* where the escape began */
  Guess guess;
  Role role;                      /* of the value to come */
  gboolean labels;                /* this string is one */
  gboolean neighbour;             /* and this one a neighbour */
  OhSecretSort sort;              /* of the value */
  gboolean url;                   /* AS_FORM: more ends a parameter than & */
  /* AS_JSON: containers under a secret's name, or of a label and its value */
  guint nest;      /* so many are open; 0: none is looked at */
  guint64 objects; /* which of them are objects, by bits */
  gboolean colon;  /* in an object: the value comes next */
  guint off;       /* what is in that many, or more, holds no secret by its place; 0: all may */
  gboolean pair;   /* it has a secret's label: only its value is one */
  OhSecretSort inside;
} Context;

void oh_context_init (Context *context, Kind kind, State state);
void oh_context_begin_name (Context *context, State state);
void oh_context_append_name (Context *context, guint c);
OhSecretSort oh_context_sort_name (Context *context, OhRedactMode mode);

/* @type: (nullable): of a body. Whether it has that in it; how the body is read. */
gboolean oh_context_type_has (const char *type, const char *part);
OhRedactMode oh_context_choose_mode (gboolean token_path, const char *type);
/* What there is to be told by the first byte that is no white space; there may be none yet. */
void oh_context_decide (Context *context, OhRedactMode *mode, const char *p, const char *end);

/* Whether what came is a URL up to its host; whether it may be a parameter's name. */
gboolean oh_context_is_url (const Context *context);
gboolean oh_context_is_word (const Context *context);
/* Undo the escapes of JSON, and percent-encoding. Return: whether @c ends a character, which is in @code then. */
gboolean oh_context_unescape (Context *context, char c);
gboolean oh_context_decode (Context *context, char c);

/* A bracket, comma or colon outside of strings. */
void oh_context_track (Context *context, char c);
/* A string begins outside of others. Returns: whether it is a secret by the containers it stands in. */
gboolean oh_context_holds_secret (const Context *context);
/* A string has ended that may have been a member's name: what its value is, into @role and @sort. */
void oh_context_take_name (Context *context, OhRedactMode mode, gboolean said);
/* The value of that member is a container. */
void oh_context_open_value (Context *context, char c);
/* A string that labels what stands beside it has ended. */
void oh_context_take_label (Context *context);

/* One byte of text, of a multipart body. */
Step oh_context_feed_text (Context *context, OhRedactMode mode, char c);
Step oh_context_feed_part (Context *context, OhRedactMode mode, char c);

G_END_DECLS
