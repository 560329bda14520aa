/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replaces secrets in a text while it passes, at any split, holding back nothing but what may be a secret. Sans-I/O.
 *
 * It reads in layers: JSON may stand in a string of JSON, in a parameter of a URL, in a part; a layer gives what its strings and
 * parameters say, their escapes undone, to the next one. At most one secret is open, in the innermost layer, and its bytes are
 * held as they were written.
 *
 * JSON (also JSON lines and events, for a line ends every string):
 * state   | on                        | next
 * OUTSIDE | "                         | STRING; SECRET in a container under a secret's name
 * STRING  | " after a member's name   | NAMED if it is a secret's, or in such a container; else OUTSIDE. A line end: OUTSIDE
 *         | { or [ at its beginning   | INNER: JSON; also within one more pair of quotes
 *         | http://, https://         | INNER: a URL; SECRET up to @, if there is one, else it was a host
 *         | too long for a name       | REST
 * REST, INNER | " or a line end       | OUTSIDE
 * NAMED   | :                         | VALUE; white space: stays; a comma: NEIGHBOUR; else OUTSIDE
 * NEIGHBOUR | "                       | SECRET, and at its end NEIGHBOUR_ENDED; white space: stays; else as OUTSIDE
 * NEIGHBOUR_ENDED | anything but space | as behind a member's name if it is one or no secret; else OUTSIDE, with the marker
 * VALUE   | "                         | SECRET, or STRING; { or [: OUTSIDE, in a container; white space: stays; else OUTSIDE
 * SECRET  | " or a line end           | OUTSIDE, with the marker
 *         | what no secret holds      | STRING, from its beginning, if only its name might be a secret's
 *
 * URLs, forms and queries (of a URL, & may also be ? # ;):
 * PATH    | &                         | NAME
 * NAME    | = after a secret's name   | SECRET; after another: VALUE
 * VALUE   | as in STRING, or NAME=    | INNER: JSON, a URL, or parameters; else PLAIN
 * SECRET, VALUE, INNER, PLAIN | &     | NAME, with the marker
 *
 * Text (JSON, if it begins with {):
 * TEXT    | NAME, quotes, : or =, quotes | SECRET after a secret's name, up to a space or quote: TEXT
 *
 * Multipart:
 * LINE    | Content-Disposition:        | WORD; an empty line, after a secret's name: SECRET up to the next: REST; else BODY
 * BODY    | { or [ at its beginning     | INNER: JSON, up to a line that begins with --; else LINE
 * REST    | a line end                  | LINE
 * WORD    | name=                       | QUOTE; a quote: NAME; a quote: REST
 *
 * What comes out is then searched for secrets that are remembered (oh-echo-private.h). */
#pragma once
#include "oh-redact.h"
#include "oh-secrets-private.h"

G_BEGIN_DECLS

/* As oh_redact_exchange(), with secrets that are known already. */
void oh_redact_exchange_with (OhSecrets *secrets, OhExchange *exchange, GBytes **request, GBytes **response);

typedef enum
{
  OH_REDACT_JSON,        /* members that are secret in any body, or may be */
  OH_REDACT_EVENTS,      /* the same, and secrets that a model says piece by piece */
  OH_REDACT_TOKEN_JSON,  /* and those of an OAuth token endpoint */
  OH_REDACT_TOKEN_FORM,
  OH_REDACT_TOKEN_GUESS, /* form or JSON, as the first byte says */
  OH_REDACT_QUERY,       /* forms in general */
  OH_REDACT_VALUE,       /* what a parameter says */
  OH_REDACT_TEXT,
  OH_REDACT_MULTIPART,
  OH_REDACT_ANY,         /* JSON, as the first byte says, whatever it is called; else what is known */
  OH_REDACT_KNOWN,       /* only what the secrets remember, as every mode does besides */
} OhRedactMode;

OhRedactor *oh_redactor_new (OhSecrets *secrets, OhRedactMode mode);
/* What a whole text becomes. (transfer full) */
char *oh_redactor_apply (OhSecrets *secrets, OhRedactMode mode, const char *text);
/* From now on: only what the secrets remember. */
void oh_redactor_look_for_known (OhRedactor *self);
/* Whether something is held back, that may be a secret. */
gboolean oh_redactor_is_open (const OhRedactor *self);
gboolean oh_redactor_has_replaced (const OhRedactor *self);

G_END_DECLS
