/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-terminal-text.h"

void
oh_terminal_text_strip (GByteArray *bytes)
{
  guint to = 0;

  g_return_if_fail (bytes != NULL);

  for (guint i = 0; i < bytes->len; i++)
    {
      guint8 c = bytes->data[i];

      if (c == 0x1b && i + 1 < bytes->len && bytes->data[i + 1] == '[')
        {
          for (i += 2; i < bytes->len && bytes->data[i] >= 0x20 && bytes->data[i] <= 0x3f;)
            i++;
          continue;
        }
      if (c == 0x1b && i + 1 < bytes->len && bytes->data[i + 1] == ']')
        {
          for (i += 2; i < bytes->len && bytes->data[i] != 0x07 && bytes->data[i] != 0x1b && bytes->data[i] != '\n';)
            i++;
          if (i + 1 < bytes->len && bytes->data[i] == 0x1b)
            i++;
          continue;
        }
      if (c != 0)
        bytes->data[to++] = c;
    }
  g_byte_array_set_size (bytes, to);
}
