/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures from outside, decoded in bounds: a few bytes can claim any number of pixels. */
#pragma once
#include <gdk/gdk.h>

G_BEGIN_DECLS

/* What the Messages API takes at most: 8000 × 8000. As much as 256 MB once decoded. */
#define OH_IMAGE_MAX_PIXELS 64000000

typedef struct
{
  int width, height; /* as the data say, in pixels */
  GdkTexture *texture;
} OhImage;

void oh_image_free (OhImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhImage, oh_image_free)

/* A PNG, JPEG, WebP, BMP, TIFF or the first picture of a GIF, whatever is said of its type. Blocks.
 * @max_width, @max_height: pixels; a larger picture is made smaller to fit
 * Returns: (transfer full): NULL with a GdkPixbufError, also if it has more than OH_IMAGE_MAX_PIXELS. */
OhImage *oh_image_decode (GBytes *data, int max_width, int max_height, GError **error);

/* The same on another thread: one picture after the other, so that many need no more memory than one.
 * @source: (type GObject): held until @callback has run */
void oh_image_decode_async (GBytes *data, int max_width, int max_height, gpointer source, GAsyncReadyCallback callback,
                            gpointer user_data);
OhImage *oh_image_decode_finish (GAsyncResult *result, GError **error);

G_END_DECLS
