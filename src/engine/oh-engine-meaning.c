/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine.h"

#include "oh-price.h"
#include "oh-rate-limit.h"

#include <math.h>

gint64
oh_engine_estimate_limit (GPtrArray *samples)
{
  g_autoptr (GArray) known = g_array_new (FALSE, FALSE, sizeof (OhRateSample));

  g_return_val_if_fail (samples != NULL, -1);

  for (guint i = 0; i < samples->len; i++)
    {
      const OhLimit *limit = g_ptr_array_index (samples, i);
      OhRateSample sample = { limit->at_ns, limit->utilization, limit->reset_ns > 0 ? limit->reset_ns : -1 };

      if (!isnan (limit->utilization))
        g_array_append_val (known, sample);
    }
  return known->len == 0 ? -1 : oh_rate_limit_estimate ((const OhRateSample *) known->data, known->len);
}

char *
oh_engine_get_own_prices_path (const char *data_dir)
{
  g_return_val_if_fail (data_dir != NULL, NULL);

  return g_build_filename (data_dir, "prices.json", NULL);
}

gboolean
oh_engine_check_prices (const char *data_dir, char **as_of, GError **error)
{
  g_autofree char *path = oh_paths_find_data ("prices.json");
  g_autofree char *own_path = oh_engine_get_own_prices_path (data_dir);
  g_autofree char *text = NULL;
  g_autofree char *own = NULL;
  g_autoptr (GError) own_error = NULL;
  OhPriceTable *table;

  g_return_val_if_fail (data_dir != NULL && as_of != NULL, FALSE);

  *as_of = NULL;
  if (!g_file_get_contents (path, &text, NULL, error))
    return FALSE;
  if (!g_file_get_contents (own_path, &own, NULL, &own_error)
      && g_error_matches (own_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    g_clear_error (&own_error);
  table = own_error != NULL ? NULL : oh_price_table_new ((const char *const[]) { text, own, NULL }, &own_error);
  if (table == NULL)
    table = oh_price_table_new ((const char *const[]) { text, NULL }, NULL);
  if (table != NULL)
    {
      *as_of = g_strdup (oh_price_table_get_as_of (table));
      oh_price_table_free (table);
    }
  if (own_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&own_error));
  return FALSE;
}
