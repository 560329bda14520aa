/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is a secret, and the marker that stands in its place: "<redacted …LAST4 HASH>". HASH is the first 16 digits of a
 * keyed hash, so that the same secret is recognisable without being there. Immutable; crosses threads. */
#pragma once
#include "oh-http-head-private.h"

G_BEGIN_DECLS

typedef struct _OhSecrets OhSecrets;

/* @key: of the hash */
OhSecrets *oh_secrets_new (GBytes *key);
OhSecrets *oh_secrets_ref (OhSecrets *self);
void oh_secrets_unref (OhSecrets *self);

/* A secret that comes in pieces. */
typedef struct
{
  GHmac *hmac;
  guint8 tail[4];
  gsize length;
} OhMark;

void oh_mark_begin (OhMark *mark, OhSecrets *secrets);
void oh_mark_feed (OhMark *mark, const char *data, gsize length);
/* Appends the marker; an empty secret leaves nothing. Ends the mark. */
void oh_mark_end (OhMark *mark, GString *out);
void oh_mark_clear (OhMark *mark);

/* The field's value as it may be recorded: itself, or (transfer full) another in @storage. */
const char *oh_secrets_filter_field (OhSecrets *self, const char *name, const char *value, char **storage);
/* A request's target with the values of query parameters named like keys replaced. (transfer full) */
char *oh_secrets_filter_target (OhSecrets *self, const char *target);
/* All fields, in order. (transfer full) */
OhHeaders *oh_secrets_filter_fields (OhSecrets *self, const OhHttpHead *head);

/* Whether a query parameter of that name carries a secret. */
gboolean oh_secrets_is_query_name (const char *name);
/* Whether bodies to and from that path carry credentials: ".../oauth/token". */
gboolean oh_secrets_is_token_path (const char *target);
/* Whether a member of a JSON body, or of a form, of that name carries a secret.
 * @token_path: oh_secrets_is_token_path() */
gboolean oh_secrets_is_member_name (const char *name, gboolean token_path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSecrets, oh_secrets_unref)

G_END_DECLS
