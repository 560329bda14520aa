/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terminals that came to the desktop's Overhear by `overhear env`. What a terminal had (proxies, trust) is left in a file of this
 * user alone, named by the token that the terminal gets; it is read once the first of its programs comes. */
#pragma once
#include "oh-engine.h"
#include "oh-launch.h"
#include "oh-proxy.h"

G_BEGIN_DECLS

/* What of an environment a terminal gets: nothing in it stops a program from starting once we are gone. (transfer full) */
char **oh_terminal_choose (char **environment);

typedef struct _OhTerminals OhTerminals;

/* @environment: as the journal has it */
OhTerminals *oh_terminals_new (OhProxy *proxy, const char *const *environment);
/* Those that are known stay so. */
void oh_terminals_free (OhTerminals *self);

G_END_DECLS
