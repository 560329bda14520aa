/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hosts as people name them, and as they are used. Pure. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* "api.anthropic.com", "bücher.example", "::1", "[::1]", or with stars "*.example.org".
 * Returns: as the wire has it, in lower case, without brackets and the dot at its end, in Punycode; NULL with
 * OH_PROXY_ERROR_HOST, whose message says what would be right. (transfer full) */
char *oh_host_parse (const char *typed, GError **error);
/* For people, with commas between them, and names in Punycode as they are meant. (transfer full) */
char *oh_hosts_show (const char *const *hosts);

G_END_DECLS
