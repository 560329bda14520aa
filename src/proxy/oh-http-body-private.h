/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells where an HTTP/1 body ends and takes off the chunk frames. Sans-I/O: the same result at every split.
 *
 * state          | bytes                       | next
 * PAYLOAD        | counted down (LENGTH, CLOSE)| DONE at 0
 * SIZE           | hex digits                  | EXTENSION, SIZE_END
 * EXTENSION      | up to CR or LF              | SIZE_END
 * SIZE_END       | LF                          | CHUNK, or TRAILER after size 0
 * CHUNK          | counted down                | CHUNK_END at 0
 * CHUNK_END      | CR LF                       | SIZE
 * TRAILER        | field lines                 | DONE after an empty one */
#pragma once
#include "oh-http-head-private.h"

G_BEGIN_DECLS

typedef struct
{
  OhFraming framing;
  guint64 left;       /* of the body, or of the chunk */
  int state;
  guint digits;       /* of the chunk size read so far */
  guint line;         /* length of the trailer line read so far */
  guint overhead;     /* bytes of the extension or of the trailers, to bound them */
  gboolean done;
  GString *trailers;  /* their lines as sent, or NULL */
} OhHttpBody;

void oh_http_body_init (OhHttpBody *self, OhFraming framing, guint64 length);
void oh_http_body_clear (OhHttpBody *self);

/* Reads up to the end of the body.
 * @out: where the payload goes, at least @length bytes; may be @data itself, or NULL to only find the end
 * @out_length: (out): bytes of payload
 * @consumed: (out): bytes read of @data; less than @length only if the body is done
 * Returns: FALSE if the chunk frames are malformed. */
gboolean oh_http_body_feed (OhHttpBody *self, const guint8 *data, gsize length, guint8 *out, gsize *out_length,
                            gsize *consumed);

/* The connection ended here. Returns: whether the body may end here too. */
gboolean oh_http_body_finish (OhHttpBody *self);

G_END_DECLS
