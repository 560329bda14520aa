/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proxy as the desktop's: what it reads, what stands behind it, and the room desktop's switch. */
#pragma once
#include "oh-engine-private.h"

G_BEGIN_DECLS

typedef struct _OhDesk OhDesk;

/* What only the engine can do for it. */
typedef struct
{
  /* What a terminal needs to come to the port: proxies and trust. (transfer full) */
  char **(*make_environment) (GObject *owner, const char *token, const char *const *hosts, GError **error);
  /* Whoever uses the open port goes on as this process would. Any thread. */
  void (*go_as_without_us) (GObject *owner);
  /* Terminals, and runs from now on, trust this one beside that of their own. */
  void (*set_kept_authority) (GObject *owner, const char *pem);
  /* There is something new to say of the desktop. */
  void (*tell) (GObject *owner);
} OhDeskClass;

/* @owner: (transfer none): is the source of tasks, and outlives this */
OhDesk *oh_desk_new (const char *data_dir, OhProxy *proxy, const OhDeskClass *class, GObject *owner);
/* Gives the desktop back. The proxy goes on until it is stopped: what is under way comes to its end. */
void oh_desk_free (OhDesk *self);
/* Whether programs that were not launched may use the port, on or off. */
void oh_desk_set_open (OhDesk *self, gboolean open);

/* As the engine's functions of these names (oh-engine.h). */
void oh_desk_take_async (OhDesk *self, const OhDesktopOptions *options, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer data);
gboolean oh_desk_take_finish (OhDesk *self, GAsyncResult *result, GError **error);
gboolean oh_desk_release (OhDesk *self, char ***kept, GError **error);
gboolean oh_desk_is_on (const OhDesk *self);
const char *oh_desk_get_news (const OhDesk *self);
/* (transfer none) */
OhProxy *oh_desk_get_proxy (const OhDesk *self);
void oh_desk_listen (OhDesk *self, const guint16 *ports);
void oh_desk_stop_listening (OhDesk *self);
const OhDoor *oh_desk_get_doors (const OhDesk *self);

/* Of oh-desktop-programs.c: has the proxy leave out what the user has chosen so; from now on, too. Returns: (transfer full)
 * (nullable): for as long as that is followed */
void oh_desktop_programs_apply (OhProxy *proxy);
GFileMonitor *oh_desktop_programs_follow (OhProxy *proxy);

/* Of oh-engine.c. Returns: (nullable) */
OhDesk *oh_engine_get_desk (OhEngine *self);

G_END_DECLS
