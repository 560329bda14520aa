/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of engine/ share. */
#pragma once
#include "oh-engine.h"
#include "oh-launch.h"
#include "oh-proxy.h"
#include "oh-redact.h"
#include "oh-store.h"

G_BEGIN_DECLS

/* @run: (transfer full): with its id; @child: (transfer full); @redactor: (transfer full): for what it prints */
OhLiveRun *oh_live_run_new (OhStore *store, OhRun *run, OhChild *child, OhRedactor *redactor);
/* Tells @proxy of what goes around it. @places: as of oh_lookout_new() */
void oh_live_run_look_out (OhLiveRun *self, OhProxy *proxy, const char *const *places);
/* No longer: before the proxy stops. */
void oh_live_run_stop_looking (OhLiveRun *self);

typedef struct _OhWatchThread OhWatchThread;

typedef struct _OhSender OhSender;
/* (nullable): while it shuts down there is none */
OhSender *oh_engine_get_sender (OhEngine *self);
OhWatchThread *oh_engine_get_watch_thread (OhEngine *self);
/* (transfer none) */
OhStore *oh_engine_get_store (OhEngine *self);
/* The key of the markers that stand for secrets, made when it is first asked for. (transfer full) */
GBytes *oh_engine_read_redaction_key (const char *data_dir);
/* What APIs call secrets, and the user's own patterns of them: once a process, before there is anything to look for them in. */
gboolean oh_engine_load_patterns (GError **error);

/* The port of the simulated API, started when first needed; 0 with @error. */
guint16 oh_engine_ensure_simulator (OhEngine *self, GError **error);
/* Starts the simulated API. @port: (out) Returns: the process, which ends when its standard input closes. */
GSubprocess *oh_simulator_start (guint16 *port, GError **error);

/* The hosts of the APIs we know, the gateways that stand in for them in @environment, and @more (nullable).
 * (transfer full): NULL-terminated */
GPtrArray *oh_engine_collect_hosts (const char *const *environment, const char *const *more);

/* A public folder of our own; those that killed processes left behind are removed. @lock: (out): for
 * oh_runtime_close(). (transfer full) */
char *oh_runtime_open (const char *data_dir, int *lock, GError **error);
/* Removes it. */
void oh_runtime_close (const char *folder, int lock);

/* What a run is called when nobody named it. (transfer full) */
char *oh_run_make_name (const char *const *argv);

/* "HOST=URL" → its two parts. Returns: FALSE with OH_PROXY_ERROR_UPSTREAM. */
gboolean oh_upstream_split (const char *line, char **host, char **url, GError **error);

G_END_DECLS
