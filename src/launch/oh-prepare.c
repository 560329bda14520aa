/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch-private.h"

#include "oh-paths.h"

/* What is copied from data/preload. A copy, so that a program that outlives an upgrade of Overhear finds what it was
 * started with, and so that only one name is added to each language's search path. */
static const struct
{
  const char *from;
  const char *to; /* in the runtime directory */
} preloads[] = {
  { OH_PRELOAD, OH_PRELOAD },
  { "overhear.py", "python/overhear.py" },
  { "start/sitecustomize.py", "start/sitecustomize.py" },
  { "start/overhear_clients.py", "start/overhear_clients.py" },
  { "overhear.cjs", "node_modules/overhear/index.js" },
};

G_DEFINE_QUARK (oh-launch-error-quark, oh_launch_error)

static gboolean
copy_preload (const char *runtime_dir, guint i, GError **error)
{
  g_autofree char *name = g_build_filename ("preload", preloads[i].from, NULL);
  g_autofree char *from = oh_paths_find_data (name);
  g_autofree char *contents = NULL;
  gsize length;

  return g_file_get_contents (from, &contents, &length, error)
         && oh_paths_publish (runtime_dir, preloads[i].to, contents, length, error);
}

gboolean
oh_launch_prepare (const OhLaunchProxy *proxy, GError **error)
{
  g_return_val_if_fail (proxy != NULL && proxy->runtime_dir != NULL && proxy->authority_pem != NULL, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (preloads); i++)
    if (!copy_preload (proxy->runtime_dir, i, error))
      return FALSE;
  return oh_trust_ensure (proxy->runtime_dir, proxy->authority_pem, "", error)
         && oh_trust_ensure (proxy->runtime_dir, proxy->authority_pem, OH_TRUST_SYSTEM, error)
         && oh_trust_write_php (proxy->runtime_dir, error)
         && oh_trust_write_keystore (proxy->runtime_dir, proxy->authority_pem, error);
}

gboolean
oh_launch_ensure_trust (const OhLaunchProxy *proxy, char **environment, GError **error)
{
  g_return_val_if_fail (proxy != NULL && environment != NULL, FALSE);

  for (const char *const *name = oh_launch_get_trust_variables (); *name != NULL; name++)
    {
      g_autofree char *sources = oh_environment_trust_sources (environment, *name);

      if (sources != NULL && !oh_trust_ensure (proxy->runtime_dir, proxy->authority_pem, sources, error))
        return FALSE;
    }
  return TRUE;
}
