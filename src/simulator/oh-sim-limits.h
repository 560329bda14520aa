/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rate limits of one key: buckets that refill evenly over a minute, and the headers that tell of them. */
#pragma once
#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _OhSimLimits OhSimLimits;

/* @requests: a minute; the token limits follow from it */
OhSimLimits *oh_sim_limits_new (gint64 requests);
void oh_sim_limits_free (OhSimLimits *self);

/* Takes so many requests and tokens out of the buckets of @key. Returns: FALSE where a bucket was empty before. */
gboolean
oh_sim_limits_take (OhSimLimits *self, const char *key, gint64 requests, gint64 input, gint64 output, gint64 now_us);
/* Appends anthropic-ratelimit-* as they stand now. */
void oh_sim_limits_append_headers (OhSimLimits *self, const char *key, SoupMessageHeaders *headers, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSimLimits, oh_sim_limits_free)

G_END_DECLS
