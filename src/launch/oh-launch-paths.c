/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the files of a run stand in its runtime directory. */
#include "config.h"
#include "oh-launch-private.h"

static char *
get_name (const char *sources)
{
  g_autofree char *hash = NULL;

  if (*sources == '\0')
    return g_strdup ("authority.pem");
  if (g_str_equal (sources, OH_TRUST_SYSTEM))
    return g_strdup ("trust.pem");
  hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, sources, -1);
  return g_strdup_printf ("trust-%.16s.pem", hash);
}

char *
oh_trust_get_path (const char *runtime_dir, const char *sources)
{
  g_autofree char *name = get_name (sources);

  return g_build_filename (runtime_dir, name, NULL);
}

char *
oh_trust_get_keystore_path (const char *runtime_dir)
{
  return g_build_filename (runtime_dir, OH_TRUST_KEYSTORE, NULL);
}

char *
oh_trust_get_php_path (const char *runtime_dir)
{
  return g_build_filename (runtime_dir, OH_TRUST_PHP, NULL);
}

char *
oh_preload_get_path (const char *runtime_dir)
{
  return g_build_filename (runtime_dir, OH_PRELOAD, NULL);
}
