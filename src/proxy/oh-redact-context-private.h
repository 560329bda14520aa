/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a redactor is in what it reads; its table is in oh-redactor-private.h. Names, and what is read byte by byte. */
#pragma once
#include "oh-redactor-private.h"
#include "oh-secret-name-private.h"

G_BEGIN_DECLS

#define NAME_MAX_LENGTH 40

typedef enum
{
  UNDECIDED,
  OUTSIDE,
  STRING,
  REST,
  NAMED,
  VALUE,
  URL,
  URL_NAME,
  FORM_NAME,
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
  SECRET,
} State;

/* What ends a secret. */
typedef enum
{
  BY_QUOTE,     /* or a line end; backslashes escape */
  BY_AMPERSAND,
  BY_URL,       /* the next parameter, or the end of the URL */
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
  SPEAKS_AFTER, /* what a model says begins after it */
} Step;

typedef struct
{
  State state;
  char name[NAME_MAX_LENGTH + 1]; /* the string, word or parameter so far, unescaped */
  guint name_length;              /* NAME_MAX_LENGTH + 1: too long to be a secret's */
  guint escape;                   /* 0 none; 1 after \ or %; 2…5: digits still to come are 6 - escape */
  guint code;                     /* of the escape so far */
  OhSecretSort sort;              /* of the value */
  Ends ends;
} Context;

void oh_context_begin_name (Context *context, State state);
void oh_context_append_name (Context *context, guint c);
OhSecretSort oh_context_sort_name (Context *context, OhRedactMode mode);
/* Returns: @step */
Step oh_context_begin_secret (Context *context, OhSecretSort sort, Ends ends, Step step);
/* One byte of text, of a multipart body. */
Step oh_context_feed_text (Context *context, OhRedactMode mode, char c);
Step oh_context_feed_part (Context *context, OhRedactMode mode, char c);

G_END_DECLS
