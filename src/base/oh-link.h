/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What names a thing in here for other programs: overhear://call/42, overhear://run/7, overhear://trace/42. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OH_LINK_CALL,
  OH_LINK_RUN,
  OH_LINK_TRACE,
} OhLinkKind;

#define OH_LINK_SCHEME "overhear"

/* @text: from anyone. Returns: FALSE if it is none. */
gboolean oh_link_parse (const char *text, OhLinkKind *kind, gint64 *id);
/* @kind: "call", "run" or "trace". (transfer full) */
char *oh_link_make (const char *kind, gint64 id);

G_END_DECLS
