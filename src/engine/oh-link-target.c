/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine.h"

gboolean
oh_engine_has_link (OhStoreReader *reader, OhLinkKind kind, gint64 id)
{
  g_autoptr (OhRun) run = NULL;
  g_autoptr (GPtrArray) found = NULL;

  g_return_val_if_fail (reader != NULL, FALSE);

  if (kind == OH_LINK_RUN)
    {
      run = oh_store_reader_get_run (reader, id);
      return run != NULL;
    }
  found = kind == OH_LINK_CALL ? oh_store_reader_get_rows (reader, &id, 1) : oh_store_reader_get_traces (reader, &id, 1);
  return found->pdata[0] != NULL;
}
