/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A strip over a run of which nothing was captured, or of which something went around us: why, and a button that does
 * something about it, by the action "win.run-with" (command, folder, hosts, environment) of a window around it. */
#pragma once
#include "oh-engine.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_SILENCE_BANNER (oh_silence_banner_get_type ())
G_DECLARE_FINAL_TYPE (OhSilenceBanner, oh_silence_banner, OH, SILENCE_BANNER, AdwBin)

/* @engine: (nullable) only with @run_id 0
 * @run_id: 0: none */
void oh_silence_banner_set_run (OhSilenceBanner *self, OhEngine *engine, gint64 run_id);
/* The store changed. */
void oh_silence_banner_update (OhSilenceBanner *self);

G_END_DECLS
