/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The formats of import: whatever a file holds, each gives whole exchanges or none, and ends. */
#include "oh-import-private.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

static gboolean
take (OhTransfer *transfer, gboolean trusted, gsize at, gpointer length)
{
  g_assert (at <= *(gsize *) length);
  if (transfer == NULL)
    return TRUE;
  g_assert (transfer->exchange->host != NULL && transfer->exchange->status < 1000);
  g_assert (transfer->bodies[OH_SIDE_REQUEST] != NULL && transfer->bodies[OH_SIDE_RESPONSE] != NULL);
  oh_transfer_free (transfer);
  return TRUE;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  /* A copy of exactly that size, so that reading beyond its end is seen. */
  g_autofree char *bytes = g_memdup2 (data, size);
  gsize length = size;

  if (size == 0)
    return 0;
  oh_import_flows (bytes, size, take, &length);
  oh_import_lines (bytes, size, take, &length);
  oh_import_har (bytes, size, take, &length);
  return 0;
}
