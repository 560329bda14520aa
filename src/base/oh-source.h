/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Ends a source of whatever context, and lets go of it. @source: (inout) (transfer full): becomes NULL; may be NULL */
void oh_source_drop (GSource **source);

G_END_DECLS
