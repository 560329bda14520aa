/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes request targets apart without changing a byte of path or query. Sans-I/O. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* "host", "host:port", "[::1]:port"; user information before an @ is dropped.
 * @default_port: 0: there must be one
 * @host: (out) (transfer full): without brackets, in lower case, without a dot at its end. Returns: FALSE if it is none. */
gboolean oh_target_parse_authority (const char *text, gsize length, guint default_port, char **host, guint *port);

/* A host as people write it: "api.anthropic.com", "::1", "[::1]", or a pattern, "*.example.org". Returns: as it is named
 * above (transfer full), or NULL if it is none. */
char *oh_target_parse_host (const char *text);

/* "http://host:port/path?query". @scheme: (out): static; @path: (out) (transfer full): "/path?query" as sent. */
gboolean oh_target_parse_absolute (const char *target, const char **scheme, char **host, guint *port, char **path);

/* "/via/TOKEN/HOST/path?query", for base-URL mode. All (out) (transfer full).
 * Returns: FALSE if it does not begin with /via/ or names no host. */
gboolean oh_target_parse_via (const char *target, char **token, char **host, guint *port, char **path);

/* "host", "host:port" or "[::1]:port", the port only if it is not @own_port. (transfer full) */
char *oh_target_format_authority (const char *host, guint port, guint own_port);

G_END_DECLS
