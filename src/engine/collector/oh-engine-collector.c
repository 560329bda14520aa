/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-collector.h"
#include "oh-sender-private.h"

gboolean
oh_engine_set_collector (OhEngine *self, const OhCollector *collector, GError **error)
{
  g_return_val_if_fail (OH_IS_ENGINE (self) && collector != NULL, FALSE);

  if (!oh_collector_write (oh_engine_get_data_dir (self), collector, error))
    return FALSE;
  oh_store_set_sending (oh_engine_get_store (self), collector->on);
  oh_store_put_sending_problem (oh_engine_get_store (self), NULL, FALSE);
  if (oh_engine_get_sender (self) != NULL)
    oh_sender_hurry (oh_engine_get_sender (self));
  return TRUE;
}

void
oh_engine_finish_sending (OhEngine *self)
{
  g_return_if_fail (OH_IS_ENGINE (self));

  if (oh_engine_get_sender (self) != NULL)
    oh_sender_finish (oh_engine_get_sender (self));
}
