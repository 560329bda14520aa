/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Typed netstrings, as mitmproxy writes them: LENGTH ":" BYTES TYPE, where TYPE is one of
 *   , bytes   ; text   # integer   ^ real   ! boolean   ~ null   ] list   } dictionary (key, value, key, value, …)
 * Sans-I/O, nothing is copied: a value is a view of the bytes it was read from. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  char type; /* 0: no such value */
  const char *data;
  gsize length;
} OhTnet;

/* Reads one value from the front of [*@at, @end) and moves *@at behind it. Returns: FALSE where there is none. */
gboolean oh_tnet_read (const char **at, const char *end, OhTnet *value);
/* The next element of a list or dictionary. @at: NULL at first. Returns: FALSE at the end. */
gboolean oh_tnet_next (OhTnet container, const char **at, OhTnet *value);
/* A dictionary's member; type 0 where there is none. */
OhTnet oh_tnet_get (OhTnet dictionary, const char *name);
/* Bytes or text as valid UTF-8 without NUL, or NULL for any other type. (transfer full) */
char *oh_tnet_dup_string (OhTnet value);
gint64 oh_tnet_get_int (OhTnet value, gint64 fallback);
gboolean oh_tnet_is_true (OhTnet value);
/* An integer or real number. */
double oh_tnet_get_real (OhTnet value, double fallback);

G_END_DECLS
