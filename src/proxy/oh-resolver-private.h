/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GIO's resolver asks for addresses of those kinds only that a network interface has (AI_ADDRCONFIG), and loopback counts for
 * nothing there: without a network it does not find what /etc/hosts names, which programs find. This one asks again. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Makes it the one that this process uses. Once; any thread. */
void oh_resolver_install (void);

G_END_DECLS
