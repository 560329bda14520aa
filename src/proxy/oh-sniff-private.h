/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the first bytes of a connection tell: which host they name, and which software sends them. Sans-I/O. */
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
/* Reads what a TLS hello offers, which is the same for the same software with the same settings, whoever it speaks to.
 * @shape: (out): NAMED: a number for that; else 0 */
OhSniff oh_sniff_shape (const guint8 *data, gsize length, guint32 *shape);

G_END_DECLS
