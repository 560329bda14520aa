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
 * What comes out is then searched for secrets that are remembered, and held back where it may be the start of one. */
#pragma once
#include "oh-redact.h"
#include "oh-secrets-private.h"

G_BEGIN_DECLS

typedef enum
{
  OH_REDACT_JSON,        /* members that are secret in any body, or may be */
  OH_REDACT_TOKEN_JSON,  /* and those of an OAuth token endpoint */
  OH_REDACT_TOKEN_FORM,
  OH_REDACT_TOKEN_GUESS, /* form or JSON, as the first byte says */
  OH_REDACT_QUERY,       /* forms in general */
  OH_REDACT_TEXT,
  OH_REDACT_KNOWN,       /* only what the secrets remember, as every mode does besides */
} OhRedactMode;

OhRedactor *oh_redactor_new (OhSecrets *secrets, OhRedactMode mode);
/* The one plan for bodies. @type, @encoding: (nullable): of its head; @withheld: (out): it may carry secrets that cannot
 * be seen, so nothing of it may be kept. Returns: (nullable): NULL: as it is, or withheld. */
OhRedactor *oh_redactor_new_for_body (OhSecrets *secrets, gboolean token_path, const char *type, const char *encoding,
                                      gboolean *withheld);

G_END_DECLS
