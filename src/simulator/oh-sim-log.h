/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was received and sent, for byte-for-byte comparison. In the folder, numbered by arrival:
 *   0001.request, 0001.response   the bodies as they were on the wire (content-encoding on, transfer-encoding off)
 *   log.jsonl                     one line an exchange, written before its last byte is sent:
 *                                 n, method, path, request_headers, status, response_headers, request_size,
 *                                 response_size, end ("finished", "cut", "client") */
#pragma once
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _OhSimLog OhSimLog;

/* @folder: created where it is missing */
OhSimLog *oh_sim_log_new (const char *folder, GError **error);
void oh_sim_log_free (OhSimLog *self);

void oh_sim_log_request (OhSimLog *self, guint number, GBytes *body);
void oh_sim_log_response (OhSimLog *self, guint number, GBytes *piece);
void oh_sim_log_end (
    OhSimLog *self, guint number, SoupServerMessage *message, gsize request_size, gsize response_size, const char *end);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSimLog, oh_sim_log_free)

G_END_DECLS
