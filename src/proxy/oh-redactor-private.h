/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replaces secrets in a body while it passes, at any split, holding back nothing but what may be a secret. Sans-I/O.
 *
 * JSON (also JSON lines and events, for a line ends every string):
 * state   | on                        | next
 * OUTSIDE | "                         | STRING
 * STRING  | " after a secret's name   | NAMED; after another: OUTSIDE. A line end: OUTSIDE
 *         | http://, https://         | SECRET up to @; if there is none it was a host: URL
 *         | { or [ at its beginning   | JSON in the string, which is read in the same way, one level deep
 *         | too long for a name       | REST
 * REST    | " or a line end           | OUTSIDE
 * NAMED   | :                         | VALUE; white space: stays; else OUTSIDE
 * VALUE   | "                         | SECRET; white space: stays; else OUTSIDE
 * SECRET  | " or a line end           | OUTSIDE, with the marker
 *         | what no secret holds      | REST, if only its name might be a secret's
 * URL     | ? # & ; NAME =            | SECRET after a secret's name, up to the next of them; white space: REST
 *
 * Forms and queries:
 * NAME    | = after a secret's name   | SECRET; after another: PLAIN
 * PLAIN   | &                         | NAME
 * SECRET  | &                         | PLAIN, with the marker
 *
 * Text:
 * TEXT    | NAME, quotes, : or =, quotes | SECRET after a secret's name, up to a space or quote: TEXT
 *
 * Multipart:
 * LINE    | Content-Disposition:        | WORD; a line end, after a secret's name: SECRET up to the next: REST; else REST
 * REST    | a line end                  | LINE
 * WORD    | name=                       | QUOTE; a quote: NAME; a quote: REST
 *
 * What comes out is then searched for secrets that are remembered (oh-echo-private.h). A body with a content-encoding is
 * unpacked before (oh-packed-private.h). */
#pragma once
#include "oh-redact.h"
#include "oh-secrets-private.h"

G_BEGIN_DECLS

typedef enum
{
  OH_REDACT_JSON,        /* members that are secret in any body, or may be */
  OH_REDACT_EVENTS,      /* the same, and secrets that a model says piece by piece */
  OH_REDACT_TOKEN_JSON,  /* and those of an OAuth token endpoint */
  OH_REDACT_TOKEN_FORM,
  OH_REDACT_TOKEN_GUESS, /* form or JSON, as the first byte says */
  OH_REDACT_QUERY,       /* forms in general */
  OH_REDACT_TEXT,
  OH_REDACT_MULTIPART,
  OH_REDACT_KNOWN,       /* only what the secrets remember, as every mode does besides */
} OhRedactMode;

OhRedactor *oh_redactor_new (OhSecrets *secrets, OhRedactMode mode);
/* The one plan for bodies. @type, @encoding: (nullable): of its head; @withheld: (out): it may carry secrets that cannot
 * be seen, so nothing of it may be kept. Returns: (nullable): NULL: as it is, or withheld. */
OhRedactor *oh_redactor_new_for_body (OhSecrets *secrets, gboolean token_path, const char *type, const char *encoding,
                                      gboolean *withheld);

/* Whether something that was to be kept cannot be: the rest of the body is missing in what comes out. */
gboolean oh_redactor_withholds (const OhRedactor *self);

/* For a body that has been unpacked. */
GBytes *oh_redactor_feed_plain (OhRedactor *self, GBytes *data);
GBytes *oh_redactor_finish_plain (OhRedactor *self);
/* Whether something is held back, that may be a secret. */
gboolean oh_redactor_is_open (const OhRedactor *self);
gboolean oh_redactor_has_replaced (const OhRedactor *self);

G_END_DECLS
