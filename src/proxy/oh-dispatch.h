/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Posts what is ours to somebody else's server: not through the proxy that we are, nor any that the desktop names, but directly or
 * through the one that is given. Blocks: for a thread that may wait. One thread at a time. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _OhDispatch OhDispatch;

typedef struct
{
  guint status;
  char *reason;        /* what the status is called, or NULL */
  gint64 retry_after_s; /* -1: not told */
  GBytes *body;        /* its first 64 KiB */
} OhDispatchReply;

/* @fields: "NAME: VALUE", … of each request; NULL at the end
 * @proxy, @no_proxy: (nullable): the user's own, as environments name them: an address, a list of hosts */
OhDispatch *oh_dispatch_new (const char *const *fields, const char *proxy, const char *no_proxy);
void oh_dispatch_free (OhDispatch *self);
/* @type: its media type; @packed: compress it by gzip. Returns: FALSE where there is no answer, with an error of GIO's or
 * G_IO_ERROR_INVALID_ARGUMENT for what is no address. @reply: (out): to be cleared */
gboolean oh_dispatch_post (OhDispatch *self, const char *url, const char *type, GBytes *body, gboolean packed,
                           OhDispatchReply *reply, GCancellable *cancellable, GError **error);
void oh_dispatch_reply_clear (OhDispatchReply *reply);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDispatch, oh_dispatch_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhDispatchReply, oh_dispatch_reply_clear)

G_END_DECLS
