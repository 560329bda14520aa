/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an instrument sent us and its user wants elsewhere, sent on there: the same bytes and fields. Nobody waits for it, and it
 * is tried again for some seconds; what is too much at once is lost, and counted. On the proxy's thread, but for what says
 * otherwise. */
#pragma once
#include "oh-http-head-private.h"
#include "oh-proxy.h"

G_BEGIN_DECLS

typedef struct _OhTellingForward OhTellingForward;

OhTellingForward *oh_telling_forward_new (void);
/* Waits for what is under way, for some seconds at most. @context: of the proxy's thread */
void oh_telling_forward_finish (OhTellingForward *self, GMainContext *context);
void oh_telling_forward_free (OhTellingForward *self);
/* Any thread. As of oh_proxy_set_copy(). */
gboolean oh_telling_forward_set (OhTellingForward *self, gint64 run_id, const char *path, const char *url);
/* @path: where it came, behind the token; @head, @body: as they came. Returns: whether it is to be sent on */
gboolean oh_telling_forward_send (OhTellingForward *self, gint64 run_id, const char *path, const OhHttpHead *head, GBytes *body);
/* Any thread. */
OhForwardCount oh_telling_forward_count (OhTellingForward *self, gint64 run_id);

G_END_DECLS
