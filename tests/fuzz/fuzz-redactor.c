/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The redactor, also of frames, gives the same bytes at every split. The first byte chooses the mode, the second the split. */
#include "config.h"
#include "oh-framed-private.h"
#include "oh-redactor-private.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static GBytes *
redact (OhSecrets *secrets, OhRedactMode mode, const guint8 *data, gsize size, gsize step)
{
  g_autoptr (OhRedactor) redactor = oh_redactor_new (secrets, mode <= OH_REDACT_KNOWN ? mode : OH_REDACT_EVENTS);
  OhFramed *framed = mode > OH_REDACT_KNOWN ? oh_framed_new (redactor) : NULL;
  g_autoptr (GBytes) rest = NULL;
  GByteArray *out = g_byte_array_new ();

  for (gsize at = 0; at < size; at += step)
    {
      g_autoptr (GBytes) piece = g_bytes_new (data + at, MIN (step, size - at));
      g_autoptr (GBytes) passed = framed != NULL ? oh_framed_feed (framed, piece) : oh_redactor_feed (redactor, piece);

      g_byte_array_append (out, g_bytes_get_data (passed, NULL), g_bytes_get_size (passed));
    }
  rest = framed != NULL ? oh_framed_finish (framed) : oh_redactor_finish (redactor);
  g_clear_pointer (&framed, oh_framed_free);
  if (rest != NULL)
    g_byte_array_append (out, g_bytes_get_data (rest, NULL), g_bytes_get_size (rest));
  return g_byte_array_free_to_bytes (out);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) key = g_bytes_new_static ("0123456789abcdef", 16);
  g_autoptr (OhSecrets) secrets = oh_secrets_new (key);
  g_autoptr (OhSecrets) known = NULL;
  g_autoptr (GBytes) whole = NULL;
  g_autoptr (GBytes) split = NULL;
  OhRedactMode mode;

  if (size < 3)
    return 0;
  mode = data[0] % (OH_REDACT_KNOWN + 2);
  /* What is learnt on the way can be replaced only from there on, and so depends on the split: these are known before. */
  known = oh_secrets_new_remembering (secrets);
  if (mode == OH_REDACT_KNOWN)
    {
      oh_secrets_remember (known, "aaaaabaaaaab");
      oh_secrets_remember (known, "aaaaabaaaaabaaaaac");
      oh_secrets_remember (known, "baaaaabaaaaaba");
    }
  whole = redact (mode == OH_REDACT_KNOWN ? known : secrets, mode, data + 2, size - 2, size);
  split = redact (mode == OH_REDACT_KNOWN ? known : secrets, mode, data + 2, size - 2, 1 + data[1] % 16);
  g_assert_true (g_bytes_equal (whole, split));
  return 0;
}
