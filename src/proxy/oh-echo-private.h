/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds secrets that the user's patterns match, and those that come back, at any split of the bytes; also one that a model says piece by piece, in the values of
 * successive events. Holds back what may be the beginning of one. Sans-I/O. */
#pragma once
#include "oh-secrets-private.h"

G_BEGIN_DECLS

/* Where in the bytes the model speaks. */
typedef struct
{
  gsize start;
  gsize length;
  gboolean open; /* the value goes on in what comes next */
} OhSaid;

typedef struct
{
  OhSecrets *secrets;  /* borrowed */
  GByteArray *held;    /* what may be the start of a secret; NULL: nothing */
  GByteArray *waiting; /* from where the model began to say one; NULL: it did not */
  GArray *pieces;      /* (element-type OhSaid) of it, in @waiting; NULL: as that */
  OhKnown known;       /* what it may become */
  gsize matched;       /* so much of that has been said */
  GByteArray *word;    /* the beginning of a word that the user's patterns may match; NULL: nothing */
  gboolean replaced;   /* something has been */
} OhEcho;

void oh_echo_init (OhEcho *self, OhSecrets *secrets);
void oh_echo_clear (OhEcho *self);
/* @data: (transfer full) @said: (nullable) (element-type OhSaid): in it, in order. Returns: (transfer full): may be empty */
GBytes *oh_echo_feed (OhEcho *self, GBytes *data, const GArray *said);
/* @data: (transfer full): the last. Returns: (transfer full) */
GBytes *oh_echo_finish (OhEcho *self, GBytes *data);
/* Whether something is held back. */
gboolean oh_echo_is_open (const OhEcho *self);

G_END_DECLS
