/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the stores that a program uses trust the authority that is kept: asked of each program that no run started, so that one
 * that cannot trust us is not offered our certificate. */
#pragma once
#include "oh-proxy.h"

G_BEGIN_DECLS

/* Has the proxy ask, from now on and until it is freed. It offers our certificate again to all, once a store says otherwise. */
void oh_desktop_stores_attach (OhProxy *proxy, const char *data_dir);
/* Stores were changed: whoever asks looks again at once, in any process. */
void oh_desktop_stores_touch (const char *data_dir);

G_END_DECLS
