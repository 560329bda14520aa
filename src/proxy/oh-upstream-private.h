/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections to servers, pooled by scheme, host, port, hop and trust. One thread. */
#pragma once
#include "oh-chain-private.h"
#include "oh-trust-private.h"
#include "oh-socket-watch-private.h"

G_BEGIN_DECLS

typedef struct _OhUpstream OhUpstream;

/* Where a connection is to lead. */
typedef struct
{
  gboolean tls;
  const char *host;
  guint port;
  OhHops *hops;         /* the user's own proxies on the way, or NULL */
  const char *url;      /* of which a script is asked; with hops */
  OhTrust *trust;       /* whom to trust; only with tls */
  gboolean forwardable; /* a proxy that forwards gets the request whole, and no tunnel is asked for; never with tls */
  const char *login;    /* what the program says to a proxy on the way, for Proxy-Authorization; NULL: what that proxy's own URL has */
  const char *lane;     /* with it: whose connections by proxies these are, and nobody else's; NULL: everybody's */
  const char *agent;    /* for User-Agent where a proxy is asked for a tunnel, or NULL */
  gboolean inquiry;     /* only for a tunnel by a proxy, in which nothing is said, and that whoever comes there next gets: fails where there is none to ask */
  gint64 max_idle;      /* where a script had to be asked: how long a pooled one may have been idle; 0: only a new one */
} OhDestination;

/* One that owns what it points to. */
OhDestination oh_destination_copy (const OhDestination *from);
void oh_destination_clear (OhDestination *copy);

/* One connection. Times are of the monotonic clock in ns, 0 if unknown. */
typedef struct
{
  OhUpstream *pool;
  GIOStream *stream;
  GSocket *socket;
  char *key;
  OhHop *forwarding;        /* the proxy that gets requests whole, or NULL */
  OhSocketWatch *watch;     /* the owner's: the pool's while idle, the fetch's else */
  gint64 idle_since; /* oh_clock_boot_ns() */
  gboolean reused;
  gint64 resolved;
  gint64 connected;
  gint64 secured;
} OhLine;

/* @own_port: connections that would lead back to it on loopback are refused */
OhUpstream *oh_upstream_new (guint16 own_port);
void oh_upstream_free (OhUpstream *self);
/* How many connections are being made; the pool must outlive them. */
guint oh_upstream_get_connecting (OhUpstream *self);

/* A pooled connection that is still good, or NULL, also where a script has to be asked first. (transfer full)
 * @max_idle: ns that it may have been idle at most */
OhLine *oh_upstream_take_idle (OhUpstream *self, const OhDestination *destination, gint64 max_idle);
/* Where there are several proxies, the next one is tried if one cannot be reached, or reaches nobody; one that could not be
 * reached is tried last for some minutes, as browsers do. One that is ourselves is none. */
void oh_upstream_connect_async (OhUpstream *self, const OhDestination *destination, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer data);
OhLine *oh_upstream_connect_finish (OhUpstream *self, GAsyncResult *result, GError **error);
/* Where that failed because a proxy wants a login: what it said, whole, or NULL. (transfer none): with @result
 * @keep: (out): it goes on with the connection that it was asked by */
GBytes *oh_upstream_get_refusal (GAsyncResult *result, gboolean *keep);
/* Back into the pool. (transfer full) */
void oh_upstream_give_back (OhUpstream *self, OhLine *line);
/* Nobody comes for connections of that client any more. @lane: its name, no login */
void oh_upstream_close_lane (OhUpstream *self, const char *lane);
/* Without a goodbye. (transfer full) */
void oh_line_close (OhLine *line);

/* The stable name of a connection error ("upstream-refused", …), with what there is to say of @host in @saying
 * (transfer full): oh_saying_tell(). */
const char *oh_upstream_explain (const GError *error, const char *host, char **saying);

/* Turns Nagle's algorithm off and TCP keep-alive on. */
void oh_upstream_tune_socket (GSocket *socket);

G_END_DECLS
