/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AWS event stream framing (application/vnd.amazon.eventstream), sans-I/O. A frame, all big-endian: u32 total length,
 * u32 length of the headers, u32 CRC-32 of these eight bytes, headers, payload, u32 CRC-32 of all before. */
#pragma once
#include "oh-reading.h"

G_BEGIN_DECLS

/* @event: (transfer full): an event's name is its ":event-type", or its ":exception-type" if it is an exception; its data
 *   is the payload, or what the payload's member "bytes" holds (base64), as Bedrock sends it; then the name is NULL */
typedef void (*OhAwsFunc) (OhStreamEvent *event, gpointer data);

typedef struct _OhAwsFrames OhAwsFrames;

OhAwsFrames *oh_aws_frames_new (OhAwsFunc func, gpointer data);
void oh_aws_frames_free (OhAwsFrames *self);
void oh_aws_frames_feed (OhAwsFrames *self, const guint8 *bytes, gsize length, gint64 at_ns);
/* Returns: what was wrong with the frames, a sentence, or NULL. Once broken, nothing more is read. (transfer full) */
char *oh_aws_frames_end (OhAwsFrames *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhAwsFrames, oh_aws_frames_free)

G_END_DECLS
