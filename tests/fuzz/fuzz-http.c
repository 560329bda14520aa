/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heads are parsed or refused, and bodies end at the same byte with the same payload at every split. The first byte
 * chooses the split. */
#include "config.h"
#include "oh-http-body-private.h"
#include "oh-target-private.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

typedef struct
{
  GByteArray *payload;
  gsize used;
  gboolean fine;
  gboolean done;
} Result;

static Result
decode (OhFraming framing, guint64 length, const guint8 *data, gsize size, gsize step)
{
  Result result = { g_byte_array_new (), 0, TRUE, FALSE };
  OhHttpBody body;

  oh_http_body_init (&body, framing, length);
  while (result.used < size && !body.done && result.fine)
    {
      gsize n = MIN (step, size - result.used);
      g_autofree guint8 *piece = g_memdup2 (data + result.used, n);
      gsize payload;
      gsize consumed;

      result.fine = oh_http_body_feed (&body, piece, n, piece, &payload, &consumed);
      g_assert_cmpuint (payload, <=, consumed);
      g_byte_array_append (result.payload, piece, payload);
      result.used += consumed;
    }
  result.done = body.done;
  oh_http_body_clear (&body);
  return result;
}

static void
check_body (OhFraming framing, guint64 length, const guint8 *data, gsize size, gsize step)
{
  Result whole = decode (framing, length, data, size, MAX (size, 1));
  Result split = decode (framing, length, data, size, step);

  g_assert_cmpint (whole.fine, ==, split.fine);
  g_assert_cmpint (whole.done, ==, split.done);
  g_assert_cmpuint (whole.used, ==, split.used);
  g_assert_cmpmem (whole.payload->data, whole.payload->len, split.payload->data, split.payload->len);
  g_byte_array_unref (whole.payload);
  g_byte_array_unref (split.payload);
}

static void
check_target (const char *target)
{
  const char *scheme;
  g_autofree char *host = NULL;
  g_autofree char *path = NULL;
  g_autofree char *token = NULL;
  guint port;

  if (oh_target_parse_absolute (target, &scheme, &host, &port, &path)
      || oh_target_parse_via (target, &token, &host, &port, &path))
    g_assert_true (*host != '\0' && *path == '/' && port > 0 && port < 65536);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const char *text = (const char *) data + 1;
  const char *problem = NULL;
  g_autoptr (OhHttpHead) request = NULL;
  g_autoptr (OhHttpHead) response = NULL;
  OhFraming framing;
  guint64 length = 0;
  gsize head;

  if (size < 2)
    return 0;
  head = oh_http_head_find_end (text, size - 1);
  if (head == 0)
    return 0;
  request = oh_http_head_parse_request (text, head, &problem);
  response = oh_http_head_parse_response (text, head, &problem);
  if (request != NULL)
    check_target (request->target);
  if ((request != NULL && oh_http_head_get_request_framing (request, &framing, &length, &problem))
      || (response != NULL && oh_http_head_get_response_framing (response, "GET", &framing, &length, &problem)))
    check_body (framing, length, data + 1 + head, size - 1 - head, 1 + data[0] % 16);
  return 0;
}
