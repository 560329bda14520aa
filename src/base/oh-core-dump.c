/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-core-dump.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILTER "/proc/self/coredump_filter"
/* Only the heads of ELF files: no memory of ours. */
#define HEADS_ONLY "0x10"

/* As it was; empty where nothing was changed. */
static char before[32];

static void
put (const char *text)
{
  int fd = open (FILTER, O_WRONLY | O_CLOEXEC);

  if (fd < 0)
    return;
  if (write (fd, text, strlen (text)) < 0)
    before[0] = '\0';
  close (fd);
}

void
oh_core_dump_leave_out_memory (void)
{
  g_autofree char *text = NULL;

  if (before[0] != '\0' || !g_file_get_contents (FILTER, &text, NULL, NULL))
    return;
  /* It is read without 0x, and written with it. */
  g_snprintf (before, sizeof before, "0x%lx", strtoul (text, NULL, 16));
  put (HEADS_ONLY);
}

void
oh_core_dump_restore (void)
{
  if (before[0] != '\0')
    put (before);
}
