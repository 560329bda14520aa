/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-notices.h"

#include <string.h>

void
oh_notices_put (OhMeaning *meaning, const GPtrArray *findings, gint64 trace_id, gint64 at_ns)
{
  g_return_if_fail (meaning != NULL);
  for (guint i = 0; findings != NULL && i < findings->len; i++)
    {
      const OhFinding *finding = findings->pdata[i];
      OhNotice *notice = oh_notice_new (finding->kind);

      notice->saying = g_strdup (finding->saying);
      notice->severity = finding->severity;
      notice->trace_id = finding->trace_id != 0 ? finding->trace_id : trace_id;
      notice->at_ns = at_ns;
      g_array_append_vals (notice->exchange_ids, finding->evidence->data, finding->evidence->len);
      g_ptr_array_add (meaning->notices, notice);
    }
}

void
oh_notices_withdraw (OhMeaning *meaning, const GPtrArray *findings, gint64 oldest)
{
  const char *const *passing = oh_finding_get_passing ();

  g_return_if_fail (meaning != NULL && findings != NULL);
  for (guint i = 0; passing[i] != NULL; i++)
    {
      gboolean found = FALSE;
      OhNotice *notice;

      for (guint j = 0; j < findings->len && !found; j++)
        found = strcmp (((const OhFinding *) findings->pdata[j])->kind, passing[i]) == 0;
      if (found)
        continue;
      notice = oh_notice_new (passing[i]);
      notice->trace_id = meaning->place->trace_id;
      g_array_append_val (notice->exchange_ids, oldest);
      g_ptr_array_add (meaning->notices, notice);
    }
}
