/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first byte chooses the encoding, the second how the rest is cut; whole or cut, the same must come out. */
#include "config.h"
#include "oh-decoder.h"

#include <string.h>

#define LIMIT 100000

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static const char *const encodings[] = { "gzip", "deflate", "br", "zstd", "gzip, gzip", "br, zstd", "identity", "deflate,br",
                                         "utf-8, gzip" };

/* Returns the error's code, or -1. */
static int
decode (const char *encoding, const guint8 *data, gsize size, gsize step, GByteArray *out)
{
  g_autoptr (OhDecoder) decoder = oh_decoder_new (encoding, LIMIT, NULL);
  g_autoptr (GError) error = NULL;
  gboolean sound = TRUE;

  for (gsize at = 0; at < size && sound; at += step)
    sound = oh_decoder_feed (decoder, data + at, MIN (step, size - at), out, &error);
  if (sound)
    sound = oh_decoder_end (decoder, out, &error);
  g_assert_true (sound == (error == NULL));
  g_assert_cmpuint (out->len, <=, LIMIT);
  return error != NULL ? error->code : -1;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  g_autoptr (GByteArray) cut = g_byte_array_new ();
  const char *encoding;
  int whole_code, cut_code;

  if (size < 2)
    return 0;
  encoding = encodings[data[0] % G_N_ELEMENTS (encodings)];
  whole_code = decode (encoding, data + 2, size - 2, size, whole);
  cut_code = decode (encoding, data + 2, size - 2, data[1] % 16 + 1, cut);
  /* What is corrupt and cut off as well is told as either: zstd sees more of a block when it gets it whole. */
  g_assert_true ((whole_code < 0) == (cut_code < 0));
  if (whole_code < 0)
    g_assert_cmpmem (whole->data, whole->len, cut->data, cut->len);
  return 0;
}
