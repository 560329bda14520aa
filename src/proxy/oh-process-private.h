/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a process is to a person, from what proc(5) says of it. Text in, words out: no file is opened. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* The id of the desktop file (without ".desktop") of the application that a process belongs to, by the names of control
 * groups that desktops and snapd give (systemd's DESKTOP_ENVIRONMENTS: app[-LAUNCHER]-ID[-RANDOM].scope,
 * app[-LAUNCHER]-ID[@RANDOM].service; dbus-:N-ID@N.service; snap.NAME.APP[.-]UUID.scope).
 * @cgroup: of /proc/PID/cgroup. (transfer full) (nullable) */
char *oh_process_parse_app (const char *cgroup);
/* @stat: of /proc/PID/stat; @parent, @started: (out): clock ticks since the boot. Returns: FALSE if it is none */
gboolean oh_process_parse_stat (const char *stat, gint64 *parent, guint64 *started);
/* What a process without an application is called: its script, if it interprets one, else its executable.
 * @executable: (nullable): path; @argv: (array zero-terminated=1); @cwd: (nullable): path
 * (transfer full): valid UTF-8, not empty, not long */
char *oh_process_make_name (const char *executable, const char *const *argv, const char *cwd);
/* A command line as one writes it in a shell, cut where it is long. (transfer full): valid UTF-8 */
char *oh_process_join (const char *const *argv);

G_END_DECLS
