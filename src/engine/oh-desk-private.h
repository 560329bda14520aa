/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proxy as the desktop's: what it reads, what stands behind it, and the room desktop's switch. */
#pragma once
#include "oh-engine-private.h"

G_BEGIN_DECLS

typedef struct _OhDesk OhDesk;

OhDesk *oh_desk_new (OhEngine *engine, OhProxy *proxy);
/* Gives the desktop back. The proxy goes on until it is stopped: what is under way comes to its end. */
void oh_desk_free (OhDesk *self);
/* Whether programs that were not launched may use the port, on or off. */
void oh_desk_set_open (OhDesk *self, gboolean open);

/* Of oh-desktop-programs.c: has the proxy leave out what the user has chosen so; from now on, too. Returns: (transfer full)
 * (nullable): for as long as that is followed */
void oh_desktop_programs_apply (OhProxy *proxy);
GFileMonitor *oh_desktop_programs_follow (OhProxy *proxy);

/* Of oh-engine.c. */
OhDesk *oh_engine_get_desk (OhEngine *self);
/* What a terminal needs to come to the port: proxies and trust. (transfer full) */
char **oh_engine_make_environment (OhEngine *self, const char *token, const char *const *hosts, GError **error);
/* Terminals, and runs from now on, trust this one beside that of their own. */
void oh_engine_set_kept_authority (OhEngine *self, const char *pem);
/* There is something new to say of the desktop. */
void oh_engine_tell_desktop (OhEngine *self);

G_END_DECLS
