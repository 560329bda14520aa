/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The script that tells programs of the desktop which hosts they reach through us (proxy auto-configuration). */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* @hosts: patterns, as they are matched; @before: (nullable): the script that was in use before, which is asked for what
 * comes behind us and for all other hosts; without one that is “DIRECT”; @switched: the switch gives it, and nobody's hand. (transfer full) */
char *oh_pac_compose (guint16 port, const char *const *hosts, const char *before, gboolean switched);

/* What is asked for by name: whether it is one of a loopback address. A page in a browser has made up another one. */
gboolean oh_pac_is_our_name (const char *host);

G_END_DECLS
