/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a body need not be looked at byte by byte: nearly all of it. Pure. */
#pragma once
#include "oh-redact-context-private.h"

G_BEGIN_DECLS

/* In a string of JSON that holds JSON, only these do something where the inner one is not looked at. */
const char *oh_redact_find_special (const char *p, const char *end);
/* The next byte that a name may not hold, or that tells a URL. */
const char *oh_redact_find_name_end (const char *p, const char *end);
/* The next byte of a URL that tells of more than a host and a path, or ends it. */
const char *oh_redact_find_url_special (const char *p, const char *end);
/* The end of a string that is no name, or of a line. @escape: (inout): of the context */
const char *oh_redact_find_string_end (guint *escape, const char *p, const char *end);
/* Whether a member of that name, in an event, is what a model says. */
gboolean oh_redact_is_said (const char *name, gsize length);
/* Passes over whole strings that are no secret's name, no label of one, no URL and no JSON. @embedded: in JSON in a string;
 * @events: what is said is looked for, too. Returns: the quote of one of which that cannot be told at once; or what ends the
 * outer string, or @end */
const char *oh_redact_skip_strings (const char *p, const char *end, gboolean embedded, gboolean events);

G_END_DECLS
