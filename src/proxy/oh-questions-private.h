/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers what an isolated network asks any nameserver. A name that there is gets an address that stands for it
 * (oh-names-private.h); all other questions go on to this computer's own nameserver as they are. */
#pragma once
#include "oh-core-private.h"
#include "oh-names-private.h"

G_BEGIN_DECLS

typedef struct _OhQuestions OhQuestions;

/* Sends a packet into the network. */
typedef void (*OhQuestionsSendFunc) (const guint8 *data, gsize length, gpointer data_of_ours);

/* @names: (transfer none)
 * @udp, @tcp: sockets of the network, bound to port 53 of loopback (transfer full) */
OhQuestions *oh_questions_new (
    OhCore *core, gint64 run_id, OhNames *names, int udp, int tcp, OhQuestionsSendFunc send, gpointer data);
void oh_questions_unref (OhQuestions *self);
/* Nothing is answered any more. */
void oh_questions_stop (OhQuestions *self);

/* A packet of UDP to port 53. Any thread. */
void oh_questions_take_packet (OhQuestions *self, const OhPacket *packet);
/* A connection to port 53. */
void oh_questions_take_connection (OhQuestions *self, GSocketConnection *connection);

G_END_DECLS
