/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is a secret, and the marker that stands in its place: "<redacted …LAST4 HASH>". HASH is the first 16 digits of a
 * keyed hash, so that the same secret is recognisable without being there. Immutable and for every thread; but one that
 * remembers belongs to one exchange, or one run, and its thread. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct _OhSecrets OhSecrets;

/* @key: of the hash */
OhSecrets *oh_secrets_new (GBytes *key);
/* With the same key: remembers what it marks, to mark it again wherever it comes back. */
OhSecrets *oh_secrets_new_remembering (OhSecrets *secrets);
OhSecrets *oh_secrets_ref (OhSecrets *self);
void oh_secrets_unref (OhSecrets *self);

/* A secret that is remembered. */
typedef struct
{
  char *value;
  gsize length;
  char *marker;
} OhKnown;

/* A secret that comes in pieces. */
typedef struct
{
  OhSecrets *secrets; /* borrowed */
  GString *value;     /* all of it, while that is not too long to be remembered */
  GHmac *hmac;        /* of a longer one */
  guint8 tail[4];
  gsize length;
} OhMark;

void oh_mark_begin (OhMark *mark, OhSecrets *secrets);
void oh_mark_feed (OhMark *mark, const char *data, gsize length);
/* Returns: what came so far, or NULL if that is very long. */
const char *oh_mark_get_value (const OhMark *mark);
/* Appends the marker; an empty secret leaves nothing. Ends the mark. */
void oh_mark_end (OhMark *mark, GString *out);
void oh_mark_clear (OhMark *mark);

/* Appends the marker of a secret. */
void oh_secrets_append_mark (OhSecrets *self, const char *value, gsize length, GString *out);
/* A value that is secret, to be marked where it is seen. */
void oh_secrets_remember (OhSecrets *self, const char *value);
gboolean oh_secrets_knows_any (OhSecrets *self);
/* How many of the last bytes are the beginning of a remembered secret.
 * @found: (out) (optional): that one; its strings live as long as @self */
gsize oh_secrets_match_start (OhSecrets *self, const char *data, gsize length, OhKnown *found);
/* Whether @data goes on with a secret of which @matched bytes have been seen. @known: (inout): one that begins so */
gboolean oh_secrets_match_further (OhSecrets *self, const char *data, gsize length, gsize matched, OhKnown *known);
/* Replaces what is remembered. @ended: nothing follows. @out: (inout): appended to; stays NULL if @data is as it was
 * Returns: how many bytes of @data are done with; the others may be the beginning of a secret. */
gsize oh_secrets_replace (OhSecrets *self, const char *data, gsize length, gboolean ended, GString **out);
/* Replaces what the user's own patterns match in @data, where it stands behind @from.
 * Returns: (transfer full) (nullable): NULL if that is nothing */
GString *oh_secrets_replace_own (OhSecrets *self, const char *data, gsize length, gsize from);
/* Both. @text: (transfer full) Returns: (transfer full) */
char *oh_secrets_replace_all (OhSecrets *self, char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSecrets, oh_secrets_unref)

G_END_DECLS
