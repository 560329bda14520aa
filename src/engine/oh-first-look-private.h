/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A first look at a conversation that takes long to read: a request made from the beginning and the end of the one that
 * was sent. Pure. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* What stands before the messages, the last messages and what follows them, as one JSON text.
 * @head, @tail: the first and the last bytes of the request; the tail may begin anywhere
 * Returns: (transfer full), or NULL where nothing can be told from them: the tail is no end of messages, or no message
 * begins in it, or the messages end in the head. */
GBytes *oh_first_look_join (GBytes *head, GBytes *tail);

G_END_DECLS
