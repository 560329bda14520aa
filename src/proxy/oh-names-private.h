/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses that stand for names inside an isolated network (oh-ns.h), so that a connection there says what it is for. Any
 * thread. */
#pragma once
#include "oh-packet-private.h"

G_BEGIN_DECLS

typedef struct _OhNames OhNames;

OhNames *oh_names_new (void);
void oh_names_free (OhNames *self);
/* The address that stands for @name from now on. The oldest name loses its own where there are too many.
 * @version: 4 or 6 */
OhEnd oh_names_get_address (OhNames *self, const char *name, guint8 version);
/* Whether an address is one that stands for a name. @name: (out) (transfer full): NULL: of none any more */
gboolean oh_names_find (OhNames *self, const OhEnd *end, char **name);

G_END_DECLS
