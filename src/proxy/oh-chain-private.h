/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's own proxies: through which of them a host is reached, by what proxy variables or a script say. Immutable values. */
#pragma once
#include "oh-script-private.h"

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

/* What is tried before a host, one after the other; of a script, what that has to be asked first. */
typedef struct
{
  gatomicrefcount refs;
  GPtrArray *list;  /* (element-type OhHop): NULL: none between. With a script: empty */
  OhScript *script; /* or NULL */
} OhHops;

OhHops *oh_hops_ref (OhHops *self);
void oh_hops_unref (OhHops *self);
/* What a script has answered: "PROXY a:1; SOCKS5 b:2; DIRECT". What is not understood is left out; nothing at all is DIRECT.
 * @answer: (nullable). Returns: (transfer full) (element-type OhHop): never empty */
GPtrArray *oh_hops_parse (const char *answer);

typedef struct _OhChain OhChain;

/* @http, @https: (nullable): "http://user:password@host:port", "host:port", also https://, socks5://, socks4://
 * @no_proxy: (nullable): hosts, ".domains", addresses, networks, each with or without a port; "*" */
OhChain *oh_chain_new (const char *http, const char *https, const char *no_proxy);
/* Hosts go as a script says. @text: its text */
OhChain *oh_chain_new_script (const char *text);
void oh_chain_free (OhChain *self);
/* What oh_chain_new() does with these, as a script for those that do not come to us: of IPv6 single addresses only. A script
 * has no credentials: where there are some, it leads by @own_port, where they are known. (transfer full) */
char *oh_chain_write_script (const char *http, const char *https, const char *no_proxy, guint own_port);
/* Returns: (transfer full) (nullable): NULL where there is none between: the host is named in @no_proxy, or is this
 * computer. */
OhHops *oh_chain_find (const OhChain *self, gboolean tls, const char *host, guint port);

/* What a script is asked of, as browsers do: of TLS they tell no more than the host. @target: raw path and query
 * (transfer full) */
char *oh_chain_make_url (gboolean tls, const char *host, guint port, const char *target);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhHop, oh_hop_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhHops, oh_hops_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhChain, oh_chain_free)

G_END_DECLS
