/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head of an HTTP/1 message as it was on the wire: raw target, order, case and duplicates are kept. Sans-I/O.
 * Framing rules are those of RFC 9112 §6. */
#pragma once
#include "oh-headers.h"
#include "oh-oddity.h"

G_BEGIN_DECLS

/* Longest head taken from a client; heads pass by libsoup, whose limit is 64 KiB. */
#define OH_HTTP_HEAD_MAX (512 * 1024)

typedef struct
{
  const char *name;
  const char *value;
} OhHttpField;

typedef struct
{
  char *method;     /* requests */
  char *target;     /* requests: as sent */
  guint status;     /* answers */
  char *reason;     /* answers: never NULL */
  guint minor;      /* of HTTP/1.x */
  GArray *fields;   /* of OhHttpField, which point into text */
  char *text;
  guint oddities;   /* OhOddity: what was read leniently of an answer */
} OhHttpHead;

typedef enum
{
  OH_FRAMING_NONE,
  OH_FRAMING_LENGTH,
  OH_FRAMING_CHUNKED,
  OH_FRAMING_CLOSE, /* until the end of the connection; answers only */
} OhFraming;

/* Returns: the length of the head at the start of @data with its empty line, or 0 if it is not whole yet. */
gsize oh_http_head_find_end (const char *data, gsize length);

/* @data: exactly one head. Returns: NULL if it is malformed, with what is wrong in @problem (static): oh_saying_tell(). */
OhHttpHead *oh_http_head_parse_request (const char *data, gsize length, const char **problem);
OhHttpHead *oh_http_head_parse_response (const char *data, gsize length, const char **problem);
/* The fields behind a chunked body, those that may not stand there (RFC 9110, section 6.5.1) left out.
 * @data: their lines. Returns: NULL if they are malformed */
OhHttpHead *oh_http_head_parse_trailers (const char *data, gsize length);
void oh_http_head_free (OhHttpHead *self);

/* The first value of that name, or NULL. */
const char *oh_http_head_get (const OhHttpHead *self, const char *name);
guint oh_http_head_count (const OhHttpHead *self, const char *name);
/* Whether a comma-separated list field holds @token, case-insensitively. */
gboolean oh_http_head_has_token (const OhHttpHead *self, const char *name, const char *token);
/* Whether a field concerns this connection only (RFC 9110 §7.6.1), Connection's own list included. */
gboolean oh_http_head_is_hop_by_hop (const OhHttpHead *self, const char *name);
/* Whether the sender keeps the connection open after this message. */
gboolean oh_http_head_keeps_alive (const OhHttpHead *self);

/* How the body is delimited. @length: (out): for OH_FRAMING_LENGTH. Returns: FALSE with @problem if the head
 * contradicts itself. */
gboolean oh_http_head_get_request_framing (const OhHttpHead *self, OhFraming *framing, guint64 *length,
                                           const char **problem);
gboolean oh_http_head_get_response_framing (const OhHttpHead *self, const char *method, OhFraming *framing,
                                            guint64 *length, const char **problem);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhHttpHead, oh_http_head_free)

G_END_DECLS
