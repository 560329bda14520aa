/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forms: application/x-www-form-urlencoded and multipart/form-data (RFC 7578), as pairs for people to read. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  char *name;
  char *value; /* valid UTF-8; of a file: what it is */
} OhFormField;

/* @content_type: of the body. (transfer full) (element-type OhFormField), freeing its elements
 * Returns: NULL if it is no form. */
GPtrArray *oh_form_parse (GBytes *body, const char *content_type);

G_END_DECLS
