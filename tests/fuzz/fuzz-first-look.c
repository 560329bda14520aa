/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request of which only the beginning and the end have been read: the first byte says how the rest is divided. */
#include "config.h"
#include "oh-first-look-private.h"
#include "oh-json-scan.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) whole = NULL;
  g_autoptr (GBytes) head = NULL;
  g_autoptr (GBytes) tail = NULL;
  g_autoptr (GBytes) joined = NULL;
  g_autofree char *problem = NULL;
  const char *text;
  gsize length, split;
  OhJson value;

  if (size < 2)
    return 0;
  split = (size - 1) * data[0] / 255;
  whole = g_bytes_new (data + 1, size - 1);
  head = g_bytes_new (data + 1, split);
  tail = g_bytes_new (data + 1 + split, size - 1 - split);
  joined = oh_first_look_join (head, tail);
  text = g_bytes_get_data (whole, &length);
  if (joined == NULL || text == NULL || !oh_json_parse (text, length, &value, &problem))
    return 0;
  /* What is left of JSON is JSON. */
  text = g_bytes_get_data (joined, &length);
  g_assert_true (oh_json_parse (text, length, &value, &problem));
  g_assert_cmpint (oh_json_get_kind (oh_json_get (value, "messages")), ==, OH_JSON_ARRAY);
  return 0;
}
