/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window: header bar, what there is to say, and the browser under it. */
#pragma once
#include "oh-application.h"
#include "oh-browser.h"

G_BEGIN_DECLS

#define OH_TYPE_WINDOW (oh_window_get_type ())
G_DECLARE_FINAL_TYPE (OhWindow, oh_window, OH, WINDOW, AdwApplicationWindow)

OhWindow *oh_window_new (OhApplication *application);

/* @engine: (nullable): NULL: there is none, because of @error
 * @error: (nullable) */
void oh_window_set_engine (OhWindow *self, OhEngine *engine, const GError *error);

/* Launches, and shows the run; what goes wrong is shown. */
void oh_window_launch (OhWindow *self, const OhRunSpec *spec);
/* Goes to a run, or to the rate limits. */
void oh_window_show_run (OhWindow *self, gint64 run_id);
void oh_window_show_limits (OhWindow *self);
void oh_window_launch_demonstration (OhWindow *self);
/* Imports captures of other programs; of any other file asks whether and how to run it. */
void oh_window_open_file (OhWindow *self, GFile *file);

/* Goes to a call, a run or a trace (oh-link.h). @link: from anyone. What is wrong with it is shown, and FALSE returned. */
gboolean oh_window_open_link (OhWindow *self, const char *link, GError **error);

/* Whether no run of this window goes on. */
gboolean oh_window_is_idle (OhWindow *self);
/* When the store last changed, on the monotonic clock of GLib (us). */
gint64 oh_window_get_last_change (OhWindow *self);
OhBrowser *oh_window_get_browser (OhWindow *self);

G_END_DECLS
