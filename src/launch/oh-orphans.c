/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch.h"

#include <sys/prctl.h>
#include <sys/wait.h>

void
oh_launch_adopt_orphans (void)
{
  prctl (PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
}

gboolean
oh_launch_reap_orphans (GPid program)
{
  for (;;)
    {
      siginfo_t info = { 0 };

      if (waitid (P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        return FALSE;
      if (info.si_pid == 0 || info.si_pid == program)
        return TRUE;
      waitpid (info.si_pid, NULL, WNOHANG);
    }
}
