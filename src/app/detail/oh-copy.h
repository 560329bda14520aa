/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the Copy menu puts on the clipboard, as pure text. */
#pragma once
#include "oh-engine.h"

G_BEGIN_DECLS

/* The request as one shell command that sends it again. Secrets stay variables: "$OPENAI_API_KEY".
 * @body: (nullable): content-encoding undone. (transfer full) */
char *oh_copy_curl (const OhExchange *exchange, GBytes *body);

/* Text as it was written, thinking as a quote, everything else as fenced JSON. (transfer full) */
char *oh_copy_markdown (const OhMessage *message);

/* @text as one word of a POSIX shell. (transfer full) */
char *oh_copy_quote (const char *text);

G_END_DECLS
