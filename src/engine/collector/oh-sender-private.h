/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sends what ends to the collector (oh-collector.h), live, on a thread of its own: of all processes that have the data folder
 * open one does. What waits stands in the store. */
#pragma once
#include "oh-collector.h"
#include "oh-engine-private.h"

G_BEGIN_DECLS

/* @store: is kept; @proxy: refuses from now on what this store sends */
OhSender *oh_sender_new (OhStore *store, OhProxy *proxy);
/* The file was changed by this process, or something is due. */
void oh_sender_hurry (OhSender *self);
/* Something was stored, by whatever process: nothing else wakes one that has nothing to send. @self: (nullable) */
void oh_sender_notice (OhSender *self);
/* Sends what may go at once, for some seconds at most, and ends. Before the store is closed. */
void oh_sender_finish (OhSender *self);
/* The same first. @self: (nullable) */
void oh_sender_free (OhSender *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSender, oh_sender_free)

G_END_DECLS
