/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-core-private.h"

OhAuthority *
oh_core_get_authority (OhCore *core, gint64 run_id)
{
  if (run_id != 0 || core->standing == NULL)
    return core->authority;
  return oh_standing_get (core->standing);
}

gboolean
oh_core_reads (OhCore *core, gint64 run_id, const char *host)
{
  OhAuthority *authority = oh_core_get_authority (core, run_id);
  /* For programs of the desktop the list is the user's alone. What the kept authority vouches for may be more, of earlier lists. */
  const gboolean listed = run_id == 0 && core->standing != NULL;
  g_autoptr (OhDetour) detour = NULL;
  gboolean wanted = FALSE;

  for (char **pattern = core->hosts; *pattern != NULL && !wanted && !listed; pattern++)
    wanted = g_pattern_match_simple (*pattern, host);
  /* A certificate for any other host would be refused. */
  if ((wanted || oh_admission_is_read (core->admission, run_id, host)) && authority != NULL
      && oh_authority_vouches (authority, host))
    return TRUE;
  /* Who sends a host elsewhere wants its requests read: the Host header must change. */
  detour = oh_admission_find_detour (core->admission, run_id, host);
  return detour != NULL;
}
