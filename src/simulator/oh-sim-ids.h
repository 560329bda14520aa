/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Identifiers as the API makes them; with a seed the same ones in every session. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct _OhSimIds OhSimIds;

/* @seed: (nullable): NULL for ones that differ in every session */
OhSimIds *oh_sim_ids_new (const char *seed);
void oh_sim_ids_free (OhSimIds *self);

/* @prefix and 24 letters and digits: oh_sim_ids_next (ids, "msg_01"). (transfer full) */
char *oh_sim_ids_next (OhSimIds *self, const char *prefix);
/* A UUID that is the same for the same @name. (transfer full) */
char *oh_sim_ids_uuid (OhSimIds *self, const char *name);
/* The opaque base64 text that signs a thinking block; depends on @text only. (transfer full) */
char *oh_sim_ids_signature (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSimIds, oh_sim_ids_free)

G_END_DECLS
