/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch-private.h"

#include "oh-paths.h"

#define PRELOAD "overhear-node.cjs"

G_DEFINE_QUARK (oh-launch-error, oh_launch_error)

char *
oh_preload_get_path (const char *runtime_dir)
{
  return g_build_filename (runtime_dir, PRELOAD, NULL);
}

/* The preload is copied, so that a program that outlives an upgrade of Overhear finds what it was started with. */
static gboolean
copy_preload (const char *runtime_dir, GError **error)
{
  g_autofree char *from = oh_paths_find_data ("preload/" PRELOAD);
  g_autofree char *to = oh_preload_get_path (runtime_dir);
  g_autofree char *contents = NULL;
  gsize length;

  return g_file_get_contents (from, &contents, &length, error)
         && g_file_set_contents_full (to, contents, length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

gboolean
oh_launch_prepare (const OhLaunchProxy *proxy, GError **error)
{
  g_return_val_if_fail (proxy != NULL && proxy->runtime_dir != NULL && proxy->authority_pem != NULL, FALSE);

  return oh_trust_ensure (proxy->runtime_dir, proxy->authority_pem, "", error)
         && oh_trust_ensure (proxy->runtime_dir, proxy->authority_pem, OH_TRUST_SYSTEM, error)
         && oh_trust_write_keystore (proxy->runtime_dir, proxy->authority_pem, error)
         && copy_preload (proxy->runtime_dir, error);
}
