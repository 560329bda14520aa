/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fetches what streamed answers consisted of, off the main thread, for the rows that are looked at. */
#pragma once
#include "oh-span-item.h"

G_BEGIN_DECLS

/* Puts into @item, and into the attempts below it, the phases that are not there yet. The item says "changed" then. */
void oh_span_phases_fetch (OhEngine *engine, OhSpanItem *item);

G_END_DECLS
