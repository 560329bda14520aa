/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the API keeps: models, message batches and files. */
#pragma once
#include "oh-sim-messages.h"

G_BEGIN_DECLS

typedef struct _OhSimResources OhSimResources;

/* @messages: outlives it; answers the requests of batches */
OhSimResources *oh_sim_resources_new (OhSimWorld *world, OhSimMessages *messages);
void oh_sim_resources_free (OhSimResources *self);

/* Answers @path, split at its slashes without “/v1” (models, claude-haiku-5-5; messages, batches, …; files, …).
 * Returns: FALSE where there is no such thing. */
gboolean
oh_sim_resources_handle (OhSimResources *self, OhSimExchange *exchange, const OhSimCaller *caller, char **path);

G_END_DECLS
