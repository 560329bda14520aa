/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who holds the other end of a connection on this machine. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* Asks the kernel (sock_diag(7)) for the socket at the other end of a TCP connection within this network namespace, or
 * that of @diag; a system call or two, no search; without that, its tables in /proc.
 * @diag: a socket of sock_diag; -1: one is made
 * @remote: the other end's address, as our socket names it; @local: ours
 * @uid: (out) (optional): the user who made that socket
 * @inode: (out) (optional): its inode, 0 once no process holds it any more
 * Returns: FALSE if there is no such socket, or the kernel does not say. */
gboolean oh_peer_look_up (int diag, GSocketAddress *remote, GSocketAddress *local, guint *uid, guint64 *inode);

/* The sockets that listen on a port of this computer, of any user. (transfer full) (element-type guint64): their inodes */
GArray *oh_peer_find_listeners (guint16 port);

G_END_DECLS
