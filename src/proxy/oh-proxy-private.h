/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For tests: other clocks than OH_CLOCKS_DEFAULT. */
#pragma once
#include "oh-core-private.h"
#include "oh-proxy.h"

G_BEGIN_DECLS

/* Before the first client. */
void oh_proxy_set_clocks (OhProxy *self, OhClocks clocks);

G_END_DECLS
