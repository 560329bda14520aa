/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

#define OH_PROXY_ERROR (oh_proxy_error_quark ())
GQuark oh_proxy_error_quark (void);

typedef enum
{
  OH_PROXY_ERROR_PORT_TAKEN,
  OH_PROXY_ERROR_LISTEN,    /* any other reason why the port cannot be had */
  OH_PROXY_ERROR_AUTHORITY, /* the certificate authority could not be made */
  OH_PROXY_ERROR_UPSTREAM,  /* "HOST=URL" that is neither */
  OH_PROXY_ERROR_HOST,      /* what was named is no host */
  OH_PROXY_ERROR_PATTERN,   /* a file of patterns that cannot be read or understood */
} OhProxyError;

G_END_DECLS
