/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replaces the secrets of what did not come through the proxy, by the rules of the recorder for what did. */
#pragma once
#include "oh-exchange.h"

G_BEGIN_DECLS

/* Replaces secrets in bytes that come in pieces. */
typedef struct _OhRedactor OhRedactor;

void oh_redactor_free (OhRedactor *self);
/* Returns: (transfer full): @data itself where there was nothing to replace. May be empty. */
GBytes *oh_redactor_feed (OhRedactor *self, GBytes *data);
/* Nothing follows. Returns: what was held back, or NULL. */
GBytes *oh_redactor_finish (OhRedactor *self);

/* From now on, what these match is a secret, too, in all traffic and text of this process. To be called before there is any.
 * @path: a file of regular expressions (PCRE), one a line, with # before comments; of one with a group, that is the secret.
 *   It need not be there. Returns: FALSE with OH_PROXY_ERROR_PATTERN. */
gboolean oh_redact_load_patterns (const char *path, GError **error);

/* What some APIs call their secrets, beyond what any name says: members of bodies, and segments of paths whose bodies carry
 * credentials. NULL-terminated and kept; to be called before there is any traffic. */
void oh_redact_set_names (const char *const *members, const char *const *paths);

/* @key: as for oh_proxy_set_redaction_key()
 * @exchange: not shared yet; target and headers are replaced
 * @request, @response: (inout) (nullable): whole bodies, replaced */
void oh_redact_exchange (GBytes *key, OhExchange *exchange, GBytes **request, GBytes **response);

/* A text as it may be kept: secrets by the names before them, and by how they are written.
 * @text: (nullable) Returns: (transfer full) */
char *oh_redact_text (GBytes *key, const char *text);

/* A command line as it may be kept: secrets by the names before them, by how they are written, and those of @environment.
 * @environment: (nullable): of the program; @name: (inout) (nullable): the run's name, replaced
 * @console: (out) (transfer full): for what the program prints: marks the same secrets. (transfer full) */
char **oh_redact_argv (GBytes *key, const char *const *argv, const char *const *environment, char **name,
                       OhRedactor **console);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhRedactor, oh_redactor_free)

G_END_DECLS
