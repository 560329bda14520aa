/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON read in place: a value is the range of bytes it was written in, so whatever is shown can be shown verbatim. Made
 * for hostile input: linear time, no recursion, any depth, duplicate names (the last one wins, as in every SDK), invalid
 * UTF-8 (repaired where a string is taken out). RFC 8259 grammar. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OH_JSON_NONE, /* no such value */
  OH_JSON_NULL,
  OH_JSON_BOOLEAN,
  OH_JSON_NUMBER,
  OH_JSON_STRING,
  OH_JSON_ARRAY,
  OH_JSON_OBJECT,
} OhJsonKind;

/* One value: its exact bytes without the white space around it. Borrows the text. All zero: no such value. */
typedef struct
{
  const char *text;
  gsize length;
} OhJson;

/* Walks the members of an object or the elements of an array. */
typedef struct
{
  const char *at;
  const char *end;
  gboolean object;
} OhJsonIter;

/* Checks a whole text.
 * @value: (out): its one value
 * @problem: (out) (optional) (transfer full): what is wrong and where, half a sentence: "“}” expected at byte 120" */
gboolean oh_json_parse (const char *text, gsize length, OhJson *value, char **problem);

/* What follows expects values that came out of oh_json_parse(); others are read as far as they make sense. */
OhJsonKind oh_json_get_kind (OhJson value);
/* Nothing is walked where @container is neither object nor array. */
void oh_json_iter_init (OhJsonIter *iter, OhJson container);
/* @key: (out) (optional): the member's name, a string value; none in an array */
gboolean oh_json_iter_next (OhJsonIter *iter, OhJson *key, OhJson *value);
/* The member of that name, or none. */
OhJson oh_json_get (OhJson object, const char *name);
/* The same for a path of names: oh_json_get_path (value, "error", "type", NULL). */
OhJson oh_json_get_path (OhJson object, ...) G_GNUC_NULL_TERMINATED;
/* Whether @value is a string that says @text. */
gboolean oh_json_is (OhJson value, const char *text);
/* A string's content as valid UTF-8 (U+FFFD for what cannot be), or NULL if it is no string. (transfer full) */
char *oh_json_dup_string (OhJson value);
/* Appends the same to @out; FALSE if it is no string. */
gboolean oh_json_append_string (OhJson value, GString *out);
/* A string's content as the bytes it says: a NUL is one. NULL if it is no string. (transfer full) */
GBytes *oh_json_dup_bytes (OhJson value);
/* The first escape in @value that says half of a character (a surrogate without its other half), or NULL: what stands for it
 * in a string that is taken out is U+FFFD. @nul: (out): the same for a NUL */
const char *oh_json_find_half (OhJson value, const char **nul);
/* The integer, rounded towards zero and saturated, or @fallback if it is no number. */
gint64 oh_json_get_int (OhJson value, gint64 fallback);
gboolean oh_json_get_boolean (OhJson value);
/* The value's text, exact as long as it is valid UTF-8; NULL for none. (transfer full) */
char *oh_json_dup (OhJson value);
/* Appends @text as a JSON string. A text that is not UTF-8 is taken as ISO 8859-1, as HTTP's fields are by old custom.
 * @length: -1 to the NUL */
void oh_json_quote (GString *out, const char *text, gssize length);

G_END_DECLS
