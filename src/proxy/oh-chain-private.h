/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's own proxies: through which of them a host is reached, by what proxy variables say. Pure; immutable values. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* One proxy. */
typedef struct
{
  gatomicrefcount refs;
  char *uri;         /* as GIO takes it: scheme, perhaps credentials, host and port; NULL: the variable's value is no address */
  char *name;        /* "cache.example:3128", or the variable's value, for people: no credentials */
  char *host;
  guint port;
  char *credentials; /* for Proxy-Authorization, or NULL */
  gboolean forwards; /* takes plain http:// requests whole; all others are asked for a tunnel */
} OhHop;

OhHop *oh_hop_ref (OhHop *self);
void oh_hop_unref (OhHop *self);

typedef struct _OhChain OhChain;

/* @http, @https: (nullable): "http://user:password@host:port", "host:port", also https://, socks5://, socks4://
 * @no_proxy: (nullable): hosts, ".domains", addresses, networks, each with or without a port; "*" */
OhChain *oh_chain_new (const char *http, const char *https, const char *no_proxy);
void oh_chain_free (OhChain *self);
/* Hosts that fit @pattern go by @proxy (NULL: by none) instead; the first that fits counts. Before it is used. */
void oh_chain_add (OhChain *self, const char *pattern, const char *proxy);
/* Returns: (transfer full) (nullable): NULL where there is none between: the host is named in @no_proxy, or is this
 * computer. */
OhHop *oh_chain_find (const OhChain *self, gboolean tls, const char *host, guint port);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhHop, oh_hop_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhChain, oh_chain_free)

G_END_DECLS
