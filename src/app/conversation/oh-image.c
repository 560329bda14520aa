/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-image.h"

#include <glib/gi18n.h>
#include <string.h>

#define PIECE 4096 /* bytes given to a decoder before its head is looked at again */

typedef struct
{
  GBytes *data;
  int max_width, max_height;
} Job;

typedef struct
{
  int max_width, max_height; /* in */
  int width, height;         /* out */
} Size;

/* Decoders that tell a picture's size before they make room for it, and end when they are asked for nothing. */
static const char *const types[] = { "image/png",  "image/jpeg", "image/gif", "image/webp",
                                     "image/bmp",  "image/tiff", NULL };

static gboolean
is_too_large (int width, int height)
{
  return (gint64) width * height > OH_IMAGE_MAX_PIXELS;
}

static guint
little_endian (const guint8 *bytes, gsize n)
{
  guint value = 0;

  for (gsize i = n; i > 0; i--)
    value = value << 8 | bytes[i - 1];
  return value;
}

/* WebP's decoder goes on when it is asked for nothing: its head is read here (RFC 9649, section 2). */
static void
read_webp_size (const guint8 *bytes, gsize n, int *width, int *height)
{
  if (n < 30 || memcmp (bytes, "RIFF", 4) != 0 || memcmp (bytes + 8, "WEBPVP8", 7) != 0)
    return;
  switch (bytes[15])
    {
    case ' ':
      *width = (int) little_endian (bytes + 26, 2) & 0x3fff;
      *height = (int) little_endian (bytes + 28, 2) & 0x3fff;
      break;
    case 'L':
      *width = (int) (little_endian (bytes + 21, 4) & 0x3fff) + 1;
      *height = (int) (little_endian (bytes + 21, 4) >> 14 & 0x3fff) + 1;
      break;
    case 'X':
      *width = (int) little_endian (bytes + 24, 3) + 1;
      *height = (int) little_endian (bytes + 27, 3) + 1;
      break;
    default:
      break;
    }
}

static void
size_prepared (GdkPixbufLoader *loader, int width, int height, gpointer data)
{
  Size *size = data;
  double scale = MIN (1, MIN ((double) size->max_width / width, (double) size->max_height / height));

  size->width = width;
  size->height = height;
  if (is_too_large (width, height))
    gdk_pixbuf_loader_set_size (loader, 0, 0);
  else if (scale < 1)
    gdk_pixbuf_loader_set_size (loader, MAX (1, (int) (width * scale)), MAX (1, (int) (height * scale)));
}

/* Returns: (transfer full): NULL with an error, or because it is too large. */
static GdkPixbuf *
load (GBytes *data, const char *type, Size *size, GError **error)
{
  g_autoptr (GdkPixbufLoader) loader = NULL;
  GdkPixbuf *pixbuf;
  gsize n;
  const guint8 *bytes = g_bytes_get_data (data, &n);

  read_webp_size (bytes, n, &size->width, &size->height);
  if (is_too_large (size->width, size->height))
    return NULL;
  loader = gdk_pixbuf_loader_new_with_mime_type (type, error);
  if (!loader)
    return NULL;
  g_signal_connect (loader, "size-prepared", G_CALLBACK (size_prepared), size);
  for (gsize at = 0; at < n && !is_too_large (size->width, size->height); at += PIECE)
    if (!gdk_pixbuf_loader_write (loader, bytes + at, MIN (PIECE, n - at), error))
      {
        gdk_pixbuf_loader_close (loader, NULL);
        return NULL;
      }
  if (!gdk_pixbuf_loader_close (loader, error))
    return NULL;
  pixbuf = gdk_pixbuf_loader_get_pixbuf (loader);
  if (!pixbuf)
    g_set_error_literal (error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_CORRUPT_IMAGE, _ ("the picture is not whole"));
  return pixbuf ? g_object_ref (pixbuf) : NULL;
}

OhImage *
oh_image_decode (GBytes *data, int max_width, int max_height, GError **error)
{
  g_autoptr (GdkPixbuf) pixbuf = NULL;
  g_autoptr (GError) problem = NULL;
  g_autofree char *content_type = NULL;
  g_autofree char *type = NULL;
  Size size = { .max_width = max_width, .max_height = max_height };
  OhImage *image;

  g_return_val_if_fail (data != NULL, NULL);
  g_return_val_if_fail (max_width > 0 && max_height > 0, NULL);
  content_type = g_content_type_guess (NULL, g_bytes_get_data (data, NULL), g_bytes_get_size (data), NULL);
  type = g_content_type_get_mime_type (content_type);
  if (!type || !g_strv_contains (types, type))
    {
      g_set_error_literal (error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_UNKNOWN_TYPE,
                           _ ("these bytes are no picture of a known kind"));
      return NULL;
    }
  pixbuf = load (data, type, &size, &problem);
  /* Some decoders call it an error that they are asked for nothing, and some do not. */
  if (is_too_large (size.width, size.height))
    {
      g_set_error (error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY,
                   _ ("%d × %d pixels are more than the %d million that are decoded here"), size.width, size.height,
                   OH_IMAGE_MAX_PIXELS / 1000000);
      return NULL;
    }
  if (!pixbuf)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return NULL;
    }
  image = g_new (OhImage, 1);
  image->width = size.width;
  image->height = size.height;
  image->texture = gdk_texture_new_for_pixbuf (pixbuf);
  return image;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_bytes_unref (job->data);
  g_free (job);
}

static void
decode (gpointer data, gpointer user_data)
{
  g_autoptr (GTask) task = data;
  Job *job = g_task_get_task_data (task);
  GError *error = NULL;
  OhImage *image = oh_image_decode (job->data, job->max_width, job->max_height, &error);

  if (image)
    g_task_return_pointer (task, image, (GDestroyNotify) oh_image_free);
  else
    g_task_return_error (task, error);
}

void
oh_image_decode_async (GBytes *data, int max_width, int max_height, gpointer source, GAsyncReadyCallback callback,
                       gpointer user_data)
{
  static GThreadPool *decoder;
  GTask *task;
  Job *job;

  g_return_if_fail (data != NULL);
  if (g_once_init_enter (&decoder))
    g_once_init_leave (&decoder, g_thread_pool_new (decode, NULL, 1, FALSE, NULL));
  job = g_new (Job, 1);
  job->data = g_bytes_ref (data);
  job->max_width = max_width;
  job->max_height = max_height;
  task = g_task_new (source, NULL, callback, user_data);
  g_task_set_source_tag (task, oh_image_decode_async);
  g_task_set_task_data (task, job, job_free);
  g_thread_pool_push (decoder, task, NULL);
}

OhImage *
oh_image_decode_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (G_IS_TASK (result), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
oh_image_free (OhImage *image)
{
  if (!image)
    return;
  g_clear_object (&image->texture);
  g_free (image);
}
