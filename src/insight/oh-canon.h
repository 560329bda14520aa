/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One form for all ways to write the same JSON, so that "the same message" can be told by a hash: key order,
 * whitespace, escapes and the spelling of numbers do not count, nor do members that are null. Pure. */
#pragma once
#include "oh-reading.h"

G_BEGIN_DECLS

typedef enum
{
  OH_CANON_VALUE, /* any JSON */
  OH_CANON_BLOCK, /* a content block, tool or message: cache_control does not count, and a content that is a string is
                   * the same as one text block */
  OH_CANON_PROMPT, /* the same as the prompt cache knows it: in a tool's input and its schema the order of keys counts */
  OH_CANON_EXACT,  /* any JSON; the order of keys counts, and members that are null */
} OhCanonKind;

/* Appends the canonical form of a JSON text: for hashing and comparing only; it is neither JSON nor text.
 * @length: in bytes, or -1
 * Returns: FALSE if it is not JSON (or nested deeper than 256): then the bytes themselves are appended, marked. */
gboolean oh_canon_append (GString *out, const char *json, gssize length, OhCanonKind kind);

/* The same of a block, whether it was read whole or put together from a stream. */
void oh_canon_append_block (GString *out, const OhBlock *block, OhCanonKind kind);

/* What of a block survives a client's echo: text without its spaces, tool_use by id, name and input; thinking and empty
 * text leave no trace, and texts that follow each other are one. An answer and the message that repeats it have the same
 * gist. */
void oh_canon_append_gist (GString *out, const OhBlock *block);

/* 64 bits of the SHA-256; never 0. */
guint64 oh_canon_hash (const void *data, gsize length);

/* The hash of one JSON text's canonical form. */
guint64 oh_canon_hash_json (const char *json, OhCanonKind kind);

/* thinking or redacted_thinking. */
gboolean oh_canon_is_thinking (const OhBlock *block);

/* What a block of a system prompt says behind the billing line of a program, which changes from call to call and which
 * the API does not count; NULL: it has no such line. */
const char *oh_canon_get_behind_billing (const OhBlock *block);

G_END_DECLS
