/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-decoder.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

static const char plain[] = "what the program said, what the program said, and what it was told in return";
/* The same by `brotli -q 11`: the program links the decoder only. */
static const guint8 brotli[] = {
  0x1f, 0x4b, 0x00, 0x30, 0x14, 0xa1, 0xd2, 0x3b, 0x8c, 0xcc, 0xed, 0x0e, 0x38, 0xe4, 0x80, 0xfd, 0x7b, 0x62,
  0x19, 0x34, 0x2f, 0xa9, 0xce, 0xd8, 0xda, 0xa3, 0xc4, 0xe6, 0x0c, 0x24, 0x46, 0x73, 0x50, 0x1c, 0x43, 0x49,
  0x9a, 0xa1, 0x4e, 0x5e, 0xb0, 0x0c,
};

static GBytes *
zip (const void *data, gsize length, int window_bits)
{
  z_stream stream = { 0 };
  guint8 *out = g_malloc (length + 1024);

  g_assert_cmpint (deflateInit2 (&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), ==, Z_OK);
  stream.next_in = (Bytef *) data;
  stream.avail_in = (uInt) length;
  stream.next_out = out;
  stream.avail_out = (uInt) length + 1024;
  g_assert_cmpint (deflate (&stream, Z_FINISH), ==, Z_STREAM_END);
  deflateEnd (&stream);
  return g_bytes_new_take (out, stream.total_out);
}

static GBytes *
squash (const void *data, gsize length)
{
  gsize room = ZSTD_compressBound (length);
  guint8 *out = g_malloc (room);

  return g_bytes_new_take (out, ZSTD_compress (out, room, data, length, 3));
}

static GBytes *
encode (const char *coding, const void *data, gsize length)
{
  if (strcmp (coding, "gzip") == 0 || strcmp (coding, "x-gzip") == 0)
    return zip (data, length, 15 + 16);
  if (strcmp (coding, "deflate") == 0)
    return zip (data, length, 15);
  if (strcmp (coding, "raw") == 0)
    return zip (data, length, -15);
  if (strcmp (coding, "zstd") == 0)
    return squash (data, length);
  if (strcmp (coding, "br") == 0)
    return g_bytes_new_static (brotli, sizeof brotli);
  return g_bytes_new (data, length);
}

/* What comes out, with the error's code or -1 in @code. */
static GByteArray *
decode (const char *encoding, guint64 limit, GBytes *bytes, gsize split, int *code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhDecoder) decoder = oh_decoder_new (encoding, limit, &error);
  GByteArray *out = g_byte_array_new ();
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);
  gboolean sound;

  g_assert_no_error (error);
  sound = oh_decoder_feed (decoder, data, split, out, &error) &&
          oh_decoder_feed (decoder, data + split, length - split, out, &error) && oh_decoder_end (decoder, out, &error);
  g_assert_true (sound == (error == NULL));
  if (error != NULL)
    g_assert_true (error->domain == OH_DECODER_ERROR);
  *code = error != NULL ? error->code : -1;
  return out;
}

static void
check_coding (gconstpointer data)
{
  const char *coding = data;
  g_autoptr (GBytes) bytes = encode (coding, plain, strlen (plain));
  const char *encoding = strcmp (coding, "raw") == 0 ? "deflate" : coding;
  int code;

  for (gsize split = 0; split <= g_bytes_get_size (bytes); split++)
    {
      g_autoptr (GByteArray) out = decode (encoding, 0, bytes, split, &code);

      g_assert_cmpint (code, ==, -1);
      g_assert_cmpmem (out->data, out->len, plain, strlen (plain));
    }
  if (strcmp (coding, "identity") == 0)
    return;
  /* Cut short anywhere but before the first byte: said so, and a prefix of the truth. */
  for (gsize length = 1; length < g_bytes_get_size (bytes); length++)
    {
      g_autoptr (GBytes) cut = g_bytes_new_from_bytes (bytes, 0, length);
      g_autoptr (GByteArray) out = decode (encoding, 0, cut, 0, &code);

      /* One letter alone may be a text. */
      if (length == 1 && code == -1)
        continue;
      g_assert_cmpint (code, ==, OH_DECODER_ERROR_TRUNCATED);
      g_assert_cmpuint (out->len, <=, strlen (plain));
      g_assert_cmpmem (out->data, out->len, plain, out->len);
    }
}

static void
check_lists (void)
{
  g_autoptr (GBytes) inner = encode ("gzip", plain, strlen (plain));
  g_autoptr (GBytes) outer = encode ("zstd", g_bytes_get_data (inner, NULL), g_bytes_get_size (inner));
  int code;

  for (gsize split = 0; split <= g_bytes_get_size (outer); split++)
    {
      g_autoptr (GByteArray) out = decode (" GZIP ,identity,, zstd", 0, outer, split, &code);

      g_assert_cmpint (code, ==, -1);
      g_assert_cmpmem (out->data, out->len, plain, strlen (plain));
    }
}

static void
check_members (void)
{
  g_autoptr (GBytes) one = encode ("gzip", "one ", 4);
  g_autoptr (GBytes) two = encode ("gzip", "two", 3);
  g_autoptr (GByteArray) both = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GByteArray) out = NULL;
  int code;

  g_byte_array_append (both, g_bytes_get_data (one, NULL), (guint) g_bytes_get_size (one));
  g_byte_array_append (both, g_bytes_get_data (two, NULL), (guint) g_bytes_get_size (two));
  bytes = g_bytes_new (both->data, both->len);
  out = decode ("gzip", 0, bytes, 7, &code);
  g_assert_cmpint (code, ==, -1);
  g_assert_cmpmem (out->data, out->len, "one two", 7);
}

/* Begun as they should and broken then: what came before is kept. */
static void
check_corrupt (void)
{
  static const char *const codings[] = { "gzip", "deflate", "raw", "zstd" };
  g_autoptr (GString) numbers = g_string_new (NULL);
  int code;

  for (guint i = 0; i < 100000; i++)
    g_string_append_printf (numbers, "%u ", i * i);
  for (guint i = 0; i < G_N_ELEMENTS (codings); i++)
    {
      g_autoptr (GBytes) sound = encode (codings[i], numbers->str, numbers->len);
      gsize length;
      const guint8 *data = g_bytes_get_data (sound, &length);
      g_autofree guint8 *broken = g_memdup2 (data, length);
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GByteArray) out = NULL;

      memset (broken + length / 2, 0xff, length / 4);
      bytes = g_bytes_new (broken, length);
      out = decode (strcmp (codings[i], "raw") == 0 ? "deflate" : codings[i], 0, bytes, 3, &code);
      g_assert_cmpint (code, ==, OH_DECODER_ERROR_CORRUPT);
      g_assert_cmpuint (out->len, >, 10000);
      g_assert_cmpmem (out->data, 10000, numbers->str, 10000);
    }
}

static void
assert_remark (const char *encoding, GBytes *bytes, gsize split, const char *expected, gsize expected_length,
               const char *expected_remark)
{
  g_autoptr (OhDecoder) decoder = oh_decoder_new (encoding, 0, NULL);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *remark = NULL;
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  oh_decoder_feed (decoder, data, split, out, &error);
  g_assert_no_error (error);
  oh_decoder_feed (decoder, data + split, length - split, out, &error);
  g_assert_no_error (error);
  oh_decoder_end (decoder, out, &error);
  g_assert_no_error (error);
  remark = oh_decoder_dup_remark (decoder);
  g_assert_cmpmem (out->data, out->len, expected, expected_length);
  g_assert_cmpstr (remark, ==, expected_remark);
}

/* Labels that are not true, however the bytes come. */
static void
check_labels (void)
{
  static const char *const bodies[] = {
    "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}",
    "event: message_start\ndata: {\"type\": \"message_start\"}\n\n",
    "[{\"fünf\": \"日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語\"}]",
    "<html>Bad gateway</html>",
    "{}",
    "\xff\xfe\xff\xfe\xff\xfe\xff\xfe not text at all \xff\xfe\xff\xfe",
    ";;", "((", "no",
  };
  static const char *const codings[] = { "gzip", "deflate", "br", "zstd" };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    for (guint j = 0; j < G_N_ELEMENTS (codings); j++)
      {
        g_autoptr (GBytes) bytes = g_bytes_new_static (bodies[i], strlen (bodies[i]));
        g_autofree char *remark = g_strdup_printf (
          "The content-encoding says “%s”, but the body is not; it is taken as it is", codings[j]);

        for (gsize split = 0; split <= strlen (bodies[i]); split++)
          assert_remark (codings[j], bytes, split, bodies[i], strlen (bodies[i]), remark);
      }
}

/* Packed once, said to be packed twice. */
static void
check_half_true (void)
{
  g_autoptr (GBytes) bytes = encode ("gzip", plain, strlen (plain));

  for (gsize split = 0; split <= g_bytes_get_size (bytes); split++)
    assert_remark ("gzip, gzip", bytes, split, plain, strlen (plain),
                   "The content-encoding says “gzip”, but the body is not; it is taken as it is");
}

static void
check_behind (void)
{
  static const char *const codings[] = { "gzip", "deflate", "raw", "br", "zstd" };
  static const char *const rests[] = { "\n", "\xff\xff\xff\xff trailing bytes", "junk" };

  for (guint i = 0; i < G_N_ELEMENTS (codings); i++)
    for (guint j = 0; j < G_N_ELEMENTS (rests); j++)
      {
        const char *name = strcmp (codings[i], "raw") == 0 ? "deflate" : codings[i];
        g_autofree char *remark =
          g_strdup_printf ("Bytes follow the end of the body’s %s data; they are left out", name);
        g_autoptr (GBytes) sound = encode (codings[i], plain, strlen (plain));
        g_autoptr (GByteArray) longer = g_byte_array_new ();
        g_autoptr (GBytes) bytes = NULL;

        g_byte_array_append (longer, g_bytes_get_data (sound, NULL), (guint) g_bytes_get_size (sound));
        g_byte_array_append (longer, (const guint8 *) rests[j], (guint) strlen (rests[j]));
        bytes = g_bytes_new (longer->data, longer->len);
        for (gsize split = 0; split <= longer->len; split++)
          assert_remark (name, bytes, split, plain, strlen (plain), remark);
      }
}

static void
check_unknown (void)
{
  static const char *const encodings[] = { "utf-8", "none", "UTF-8, binary" };
  g_autoptr (GBytes) bytes = g_bytes_new_static (plain, strlen (plain));
  g_autoptr (GBytes) zipped = encode ("gzip", plain, strlen (plain));

  for (guint i = 0; i < G_N_ELEMENTS (encodings); i++)
    {
      g_autofree char *remark =
        g_strdup_printf ("There is no content-encoding “%s”; the body is taken as it is", encodings[i]);

      assert_remark (encodings[i], bytes, 5, plain, strlen (plain), remark);
    }
  assert_remark ("utf-8, gzip", zipped, 5, plain, strlen (plain),
                 "There is no content-encoding “utf-8”; the body is taken as it is");
  assert_remark ("identity", bytes, 5, plain, strlen (plain), NULL);
}

static void
check_limit (void)
{
  g_autofree guint8 *zeros = g_malloc0 (8 << 20);
  g_autoptr (GBytes) bomb = encode ("gzip", zeros, 8 << 20);
  g_autoptr (GBytes) twice = encode ("gzip", g_bytes_get_data (bomb, NULL), g_bytes_get_size (bomb));
  int code;

  for (guint64 limit = 999; limit < 1001; limit++)
    {
      g_autoptr (GByteArray) out = decode ("gzip, gzip", limit, twice, 1, &code);

      g_assert_cmpint (code, ==, OH_DECODER_ERROR_TOO_LARGE);
      g_assert_cmpuint (out->len, ==, limit);
    }
  {
    g_autoptr (GByteArray) out = decode ("gzip", 8 << 20, bomb, 1, &code);

    g_assert_cmpint (code, ==, -1);
    g_assert_cmpuint (out->len, ==, 8 << 20);
  }
}

/* 64 MiB of zeros, squashed once and up to four times: nobody asks for a limit, and no layer makes much. */
static void
check_bombs (void)
{
  static const char *const codings[] = { "gzip", "deflate", "raw", "zstd" };
  gsize size = 64 << 20;
  g_autofree guint8 *zeros = g_malloc0 (size);

  for (guint i = 0; i < G_N_ELEMENTS (codings); i++)
    {
      const char *name = strcmp (codings[i], "raw") == 0 ? "deflate" : codings[i];
      g_autoptr (GBytes) bomb = encode (codings[i], zeros, size);
      g_autoptr (GString) encoding = g_string_new (name);

      for (guint layers = 1; layers <= 4; layers++)
        {
          g_autoptr (GBytes) inner = g_steal_pointer (&bomb);
          int code;
          g_autoptr (GByteArray) out = decode (encoding->str, 0, inner, 1, &code);

          g_assert_cmpint (code, ==, OH_DECODER_ERROR_TOO_LARGE);
          g_assert_cmpuint (out->len, <=, 16 << 20);
          bomb = encode (codings[i], g_bytes_get_data (inner, NULL), g_bytes_get_size (inner));
          g_string_append_printf (encoding, ", %s", name);
        }
    }
}

/* Nothing comes out of members without content, but a layer above can make them without end. */
static void
check_bomb_between (void)
{
  g_autoptr (GBytes) member = encode ("gzip", "", 0);
  g_autoptr (GByteArray) members = g_byte_array_new ();
  g_autoptr (GBytes) bomb = NULL;
  g_autoptr (GByteArray) out = NULL;
  int code;

  while (members->len < 32 << 20)
    g_byte_array_append (members, g_bytes_get_data (member, NULL), (guint) g_bytes_get_size (member));
  bomb = encode ("gzip", members->data, members->len);
  out = decode ("gzip, gzip", 0, bomb, 1, &code);
  g_assert_cmpint (code, ==, OH_DECODER_ERROR_TOO_LARGE);
  g_assert_cmpuint (out->len, ==, 0);
}

static void
check_unsupported (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (oh_decoder_new ("gzip,gzip,gzip,gzip,gzip", 0, &error));
  g_assert_error (error, OH_DECODER_ERROR, OH_DECODER_ERROR_UNSUPPORTED);
}

/* HEAD, 204 and 304 carry the field without a body. */
static void
check_no_body (void)
{
  static const char *const encodings[] = { NULL, "", "gzip", "deflate", "br", "zstd", "identity" };

  for (guint i = 0; i < G_N_ELEMENTS (encodings); i++)
    {
      g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
      int code;
      g_autoptr (GByteArray) out = decode (encodings[i], 0, nothing, 0, &code);

      g_assert_cmpint (code, ==, -1);
      g_assert_cmpuint (out->len, ==, 0);
    }
}

static void
check_error_stays (void)
{
  g_autoptr (OhDecoder) decoder = oh_decoder_new ("gzip", 0, NULL);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GError) first = NULL;
  g_autoptr (GError) second = NULL;

  g_assert_false (oh_decoder_feed (decoder, "\x1f\x8bgarbage", 9, out, &first));
  g_assert_false (oh_decoder_feed (decoder, "more", 4, out, &second));
  g_assert_cmpstr (first->message, ==, second->message);
  g_assert_false (oh_decoder_end (decoder, out, NULL));
}

int
main (int argc, char **argv)
{
  static const char *const codings[] = { "identity", "gzip", "x-gzip", "deflate", "raw", "br", "zstd" };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (codings); i++)
    {
      g_autofree char *name = g_strconcat ("/decoder/split-and-cut/", codings[i], NULL);

      g_test_add_data_func (name, codings[i], check_coding);
    }
  g_test_add_func ("/decoder/lists", check_lists);
  g_test_add_func ("/decoder/gzip-members", check_members);
  g_test_add_func ("/decoder/corrupt", check_corrupt);
  g_test_add_func ("/decoder/labels", check_labels);
  g_test_add_func ("/decoder/half-true", check_half_true);
  g_test_add_func ("/decoder/behind", check_behind);
  g_test_add_func ("/decoder/unknown", check_unknown);
  g_test_add_func ("/decoder/limit", check_limit);
  g_test_add_func ("/decoder/bombs", check_bombs);
  g_test_add_func ("/decoder/bomb-between", check_bomb_between);
  g_test_add_func ("/decoder/unsupported", check_unsupported);
  g_test_add_func ("/decoder/no-body", check_no_body);
  g_test_add_func ("/decoder/error-stays", check_error_stays);
  return g_test_run ();
}
