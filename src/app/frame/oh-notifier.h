/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells the desktop what happens to runs while no window of ours is in front: they ended, failed, went over their budgets, run
 * in circles, or will use up a rate limit. Each can be turned off (GSettings). */
#pragma once
#include "oh-engine.h"

G_BEGIN_DECLS

#define OH_TYPE_NOTIFIER (oh_notifier_get_type ())
G_DECLARE_FINAL_TYPE (OhNotifier, oh_notifier, OH, NOTIFIER, GObject)

/* @application: not kept; a notification activates its actions "show-run" (x) and "show-limits" */
OhNotifier *oh_notifier_new (GApplication *application, OhEngine *engine);

G_END_DECLS
