/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which names say that a secret follows, and which values look like one. Pure. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OH_SECRET_NO,
  OH_SECRET_MAYBE, /* if the value looks like one */
  OH_SECRET_YES,
} OhSecretSort;

/* Nearly no name ends as those of secrets do: FALSE, in a moment, for those that the next three have no secret for. Not at
 * token paths, and not for the names of parameters. */
gboolean oh_secret_name_may_be (const char *name, gsize length);
/* Whether the last words of a field's, a variable's or an option's name say so: "cf-aig-authorization", "apiToken". */
gboolean oh_secret_name_in_general (const char *name);
/* Of a parameter in a URL or a form. */
gboolean oh_secret_name_in_query (const char *name);
/* Of a member of a JSON body. @token_path: oh_secret_name_is_token_path() */
OhSecretSort oh_secret_name_in_body (const char *name, gboolean token_path);
/* Of a member beside which the value stands: {"name": "Authorization", "value": …}; in a moment, too. */
gboolean oh_secret_name_is_label (const char *name, gsize length);
/* Whether what such a member says is a secret's name. */
gboolean oh_secret_name_labels (const char *label);
/* Of the member with the value. */
gboolean oh_secret_name_is_value (const char *name);
/* Of a member of an object under a secret's name, that only tells about the secret: "type", "expires_at". */
gboolean oh_secret_name_tells_about (const char *name);
/* Whether bodies to and from that path carry credentials: ".../oauth/token", ".../create_api_key". */
gboolean oh_secret_name_is_token_path (const char *target);

/* Whether a value under a name that may be a secret's is one: no word, no placeholder ("YOUR_API_KEY", "$TOKEN").
 * @value: of bytes that such a value may hold */
gboolean oh_secret_value_is_likely (const char *value, gsize length);
/* Whether it is words with something between them, such as the names of members have, or a number. */
gboolean oh_secret_value_is_words (const char *value);
/* Whether such a value may hold that byte. */
gboolean oh_secret_value_may_hold (char c);
/* Whether it is the word before credentials: "Bearer". */
gboolean oh_secret_value_is_scheme (const char *value, gsize length);

/* Undoes JSON's escapes of ASCII, and those of JSON in a string. (transfer full) */
char *oh_secret_value_unescape (const char *value);

G_END_DECLS
