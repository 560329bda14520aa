/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which host the first bytes of a connection name. Sans-I/O. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

#define OH_SNIFF_MAX 16384

typedef enum
{
  OH_SNIFF_MORE,    /* the rest has to come */
  OH_SNIFF_NAMED,
  OH_SNIFF_UNKNOWN, /* neither TLS nor HTTP, or without a name */
} OhSniff;

/* Reads TLS's server name (RFC 6066) or HTTP's Host.
 * @length: at most OH_SNIFF_MAX; @host: (out) (transfer full): NAMED: in lower case, without a port */
OhSniff oh_sniff (const guint8 *data, gsize length, char **host);

G_END_DECLS
