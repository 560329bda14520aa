/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures, and what only looks like a small one. */
#include "oh-image.h"

#include <gio/gio.h>
#include <locale.h>
#include <string.h>
#include <sys/resource.h>

#define MOST_MEMORY (200 * 1024) /* KiB that a picture may need that is not shown */

static glong
peak (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

static void
append_be32 (GByteArray *bytes, guint32 value)
{
  guint32 swapped = GUINT32_TO_BE (value);

  g_byte_array_append (bytes, (const guint8 *) &swapped, 4);
}

static guint32
crc32_of (const guint8 *bytes, gsize n)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < n; i++)
    {
      crc ^= bytes[i];
      for (int bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
  return ~crc;
}

static void
append_chunk (GByteArray *png, const char *type, const guint8 *data, gsize n)
{
  guint start = png->len + 4;

  append_be32 (png, (guint32) n);
  g_byte_array_append (png, (const guint8 *) type, 4);
  g_byte_array_append (png, data, (guint) n);
  append_be32 (png, crc32_of (png->data + start, png->len - start));
}

/* Black, one bit a pixel. @rows: how many of them there are */
static GBytes *
new_png (guint32 width, guint32 height, guint32 rows)
{
  g_autoptr (GByteArray) png = g_byte_array_new ();
  g_autoptr (GByteArray) head = g_byte_array_new ();
  g_autoptr (GZlibCompressor) compressor = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9);
  g_autoptr (GOutputStream) packed = g_memory_output_stream_new_resizable ();
  g_autoptr (GOutputStream) out = g_converter_output_stream_new (packed, G_CONVERTER (compressor));
  gsize row_size = 1 + (width + 7) / 8;
  g_autofree guint8 *row = g_malloc0 (row_size);
  g_autoptr (GError) error = NULL;

  for (guint32 i = 0; i < rows; i++)
    g_output_stream_write_all (out, row, row_size, NULL, NULL, &error);
  g_output_stream_close (out, NULL, &error);
  g_assert_no_error (error);
  append_be32 (head, width);
  append_be32 (head, height);
  g_byte_array_append (head, (const guint8 *) "\1\0\0\0\0", 5);
  g_byte_array_append (png, (const guint8 *) "\211PNG\r\n\032\n", 8);
  append_chunk (png, "IHDR", head->data, head->len);
  append_chunk (png, "IDAT", g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (packed)),
                g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (packed)));
  append_chunk (png, "IEND", NULL, 0);
  return g_byte_array_free_to_bytes (g_steal_pointer (&png));
}

static GBytes *
new_saved (const char *type, int width, int height)
{
  g_autoptr (GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, width, height);
  g_autoptr (GError) error = NULL;
  gsize n;
  char *bytes;

  gdk_pixbuf_fill (pixbuf, 0x336699ff);
  gdk_pixbuf_save_to_buffer (pixbuf, &bytes, &n, type, &error, NULL);
  g_assert_no_error (error);
  return g_bytes_new_take (bytes, n);
}

static void
test_kinds (void)
{
  static const char *const types[] = { "png", "jpeg", "bmp", "tiff" };
  static const guint8 gif[] = "GIF89a\50\0\36\0\200\0\0\0\0\0\377\377\377,\0\0\0\0\50\0\36\0\0\2\2\114\1\0;";

  for (gsize i = 0; i <= G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GBytes) bytes
          = i < G_N_ELEMENTS (types) ? new_saved (types[i], 40, 30) : g_bytes_new_static (gif, sizeof gif - 1);
      g_autoptr (GError) error = NULL;
      g_autoptr (OhImage) image = oh_image_decode (bytes, 600, 480, &error);

      g_assert_no_error (error);
      g_assert_cmpint (image->width, ==, 40);
      g_assert_cmpint (image->height, ==, 30);
      g_assert_cmpint (gdk_texture_get_width (image->texture), ==, 40);
      g_assert_cmpint (gdk_texture_get_height (image->texture), ==, 30);
    }
}

static void
test_fit (void)
{
  static const struct
  {
    const char *type;
    int width, height, shown_width, shown_height;
  } cases[] = {
    { "png", 2000, 1000, 600, 300 },
    { "jpeg", 1000, 2000, 240, 480 },
    { "png", 4000, 2, 600, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) bytes = new_saved (cases[i].type, cases[i].width, cases[i].height);
      g_autoptr (GError) error = NULL;
      g_autoptr (OhImage) image = oh_image_decode (bytes, 600, 480, &error);

      g_assert_no_error (error);
      g_assert_cmpint (image->width, ==, cases[i].width);
      g_assert_cmpint (image->height, ==, cases[i].height);
      g_assert_cmpint (gdk_texture_get_width (image->texture), ==, cases[i].shown_width);
      g_assert_cmpint (gdk_texture_get_height (image->texture), ==, cases[i].shown_height);
    }
}

static void
assert_refused (GBytes *bytes, const char *size)
{
  glong before = peak ();
  g_autoptr (GError) error = NULL;
  OhImage *image = oh_image_decode (bytes, 600, 480, &error);

  g_assert_null (image);
  g_assert_error (error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY);
  g_assert_true (strstr (error->message, size));
  g_assert_cmpint (peak () - before, <, MOST_MEMORY);
}

static void
test_bombs (void)
{
  static const guint8 gif[] = "GIF89a\377\377\377\377\200\0\0\0\0\0\377\377\377,\0\0\0\0\377\377\377\377\0\2\2\114\1\0;";
  static const guint8 webp[][38] = {
    "RIFF\36\0\0\0WEBPVP8 \22\0\0\0\0\0\0\235\1\52\377\77\377\77",
    "RIFF\36\0\0\0WEBPVP8L\22\0\0\0\57\376\277\377\17\210\210\210\10",
    "RIFF\36\0\0\0WEBPVP8X\12\0\0\0\0\0\0\0\376\77\0\376\77\0",
  };
  static const guint8 bmp[64] = "BM\0\0\0\0\0\0\0\0\66\0\0\0\50\0\0\0\140\352\0\0\140\352\0\0\1\0\30";
  static const guint8 jpeg[] = "\377\330\377\340\0\20JFIF\0\1\1\0\0\1\0\1\0\0\377\302\0\21\10\377\334\377\334\3\1\21\0"
                               "\2\21\0\3\21\0\377\332\0\14\3\1\0\2\0\3\0\0\0\0";
  g_autoptr (GBytes) bmp_bytes = g_bytes_new_static (bmp, sizeof bmp);
  g_autoptr (GBytes) gif_bytes = g_bytes_new_static (gif, sizeof gif - 1);
  g_autoptr (GBytes) jpeg_bytes = g_bytes_new_static (jpeg, sizeof jpeg - 1);
  g_autoptr (GBytes) whole = new_png (16000, 16000, 16000);
  g_autoptr (GBytes) begun = new_png (60000, 60000, 100);
  g_autoptr (GBytes) wide = new_png (0x7fffffff, 1, 0);

  assert_refused (whole, "16000 × 16000");
  assert_refused (begun, "60000 × 60000");
  assert_refused (gif_bytes, "65535 × 65535");
  assert_refused (bmp_bytes, "60000 × 60000");
  assert_refused (jpeg_bytes, "65500 × 65500");
  for (gsize i = 0; i < G_N_ELEMENTS (webp); i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new_static (webp[i], sizeof webp[i]);

      assert_refused (bytes, "16383 × 16383");
    }
  {
    glong before = peak ();
    g_autoptr (GError) error = NULL;

    /* The decoder has a bound of its own for the length of a row. */
    g_assert_null (oh_image_decode (wide, 600, 480, &error));
    g_assert_nonnull (error);
    g_assert_cmpint (peak () - before, <, MOST_MEMORY);
  }
}

static void
test_damaged (void)
{
  g_autoptr (GBytes) whole = new_png (40, 30, 30);
  g_autoptr (GBytes) svg = g_bytes_new_static ("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", 41);
  g_autoptr (GError) error = NULL;

  for (gsize n = 0; n < g_bytes_get_size (whole); n++)
    {
      g_autoptr (GBytes) cut = g_bytes_new_from_bytes (whole, 0, n);
      g_autoptr (GError) problem = NULL;
      g_autoptr (OhImage) image = oh_image_decode (cut, 600, 480, &problem);

      g_assert_true ((image != NULL) != (problem != NULL));
    }
  g_assert_null (oh_image_decode (svg, 600, 480, &error));
  g_assert_error (error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_UNKNOWN_TYPE);
}

static void
decoded (GObject *source, GAsyncResult *result, gpointer data)
{
  guint *left = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhImage) image = oh_image_decode_finish (result, &error);

  g_assert_no_error (error);
  g_assert_cmpint (image->width, ==, 8000);
  (*left)--;
}

/* All of them together would need 1.1 GB. */
static void
test_many (void)
{
  g_autoptr (GBytes) bytes = new_png (8000, 8000, 8000);
  glong before = peak ();
  guint left = 6;

  for (guint i = 0; i < 6; i++)
    oh_image_decode_async (bytes, 600, 480, NULL, decoded, &left);
  while (left > 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (peak () - before, <, 3 * MOST_MEMORY);
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/image/kinds", test_kinds);
  g_test_add_func ("/image/fit", test_fit);
  g_test_add_func ("/image/bombs", test_bombs);
  g_test_add_func ("/image/damaged", test_damaged);
  g_test_add_func ("/image/many", test_many);
  return g_test_run ();
}
