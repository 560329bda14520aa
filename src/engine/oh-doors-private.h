/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ports at which instruments send by themselves: opened for them, or left to who has them. */
#pragma once
#include "oh-engine-private.h"

G_BEGIN_DECLS

/* As of oh_engine_listen(). (transfer full) (array fixed-size=OH_N_DOORS) */
OhDoor *oh_doors_open (OhProxy *proxy, const guint16 *ports);
/* Those that were taken. Returns: whether one is open now, or taken by another than before. */
gboolean oh_doors_try_again (OhProxy *proxy, OhDoor *doors);
/* @doors: (nullable) (transfer full) */
void oh_doors_close (OhProxy *proxy, OhDoor *doors);
/* What the run's instruments tell goes where the user wants it, too. */
void oh_doors_set_copies (OhProxy *proxy, gint64 run_id, const OhLaunchSpec *launch);
/* As of oh_engine_describe_copies(). */
char *oh_doors_describe_copies (OhProxy *proxy, gint64 run_id, gboolean wait);
/* Whether a program that is not an Overhear listens where such an instrument sends: what goes there is not ours to take.
 * @smello: Smello's client; FALSE: OpenTelemetry's and SideSeat's SDKs */
gboolean oh_door_is_anothers (OhProxy *proxy, gboolean smello);

G_END_DECLS
