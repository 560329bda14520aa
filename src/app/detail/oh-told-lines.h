/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What instruments told of an exchange, a line each, with what was otherwise on the wire. Not there where nothing was told. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_TOLD_LINES (oh_told_lines_get_type ())
G_DECLARE_FINAL_TYPE (OhToldLines, oh_told_lines, OH, TOLD_LINES, AdwBin)

/* @engine: (nullable) only with @exchange_id 0
 * @exchange_id: 0: none */
void oh_told_lines_set_exchange (OhToldLines *self, OhEngine *engine, gint64 exchange_id);

G_END_DECLS
