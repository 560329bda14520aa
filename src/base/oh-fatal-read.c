/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-fatal-read.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Where a parser has used up the stack, the handler needs one of its own. */
#define STACK_SIZE 16384

static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP };
static struct sigaction before[G_N_ELEMENTS (deadly)];
static char *path;
static GArray *fatal; /* (element-type gint64) never changed once it is there */
static _Thread_local volatile gint64 current;
static _Thread_local gboolean prepared;
static _Thread_local guint8 stack[STACK_SIZE];

/* Only what signal-safety(7) allows. */
static void
on_deadly (int signum)
{
  gint64 left = current;
  char line[24];
  gsize at = sizeof line;
  int fd;

  current = 0;
  if (left > 0 && (fd = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) >= 0)
    {
      line[--at] = '\n';
      for (; left > 0; left /= 10)
        line[--at] = (char) ('0' + left % 10);
      left = write (fd, line + at, sizeof line - at);
      close (fd);
    }
  for (guint i = 0; i < G_N_ELEMENTS (deadly); i++)
    if (deadly[i] == signum)
      sigaction (signum, &before[i], NULL);
  raise (signum);
}

static void
load (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return;
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      gint64 id;

      if (g_ascii_string_to_signed (*line, 10, 1, G_MAXINT64, &id, NULL))
        g_array_append_val (fatal, id);
    }
}

void
oh_fatal_read_open (const char *data_dir)
{
  struct sigaction action = { .sa_handler = on_deadly, .sa_flags = SA_ONSTACK };

  g_return_if_fail (data_dir != NULL);
  if (path != NULL)
    return;
  path = g_build_filename (data_dir, OH_FATAL_READ_FILE, NULL);
  fatal = g_array_new (FALSE, FALSE, sizeof (gint64));
  load ();
  for (guint i = 0; i < G_N_ELEMENTS (deadly); i++)
    sigaction (deadly[i], &action, &before[i]);
}

gboolean
oh_fatal_read_contains (gint64 exchange_id)
{
  for (guint i = 0; fatal != NULL && i < fatal->len; i++)
    if (g_array_index (fatal, gint64, i) == exchange_id)
      return TRUE;
  return FALSE;
}

gint64
oh_fatal_read_enter (gint64 exchange_id)
{
  const gint64 left = current;
  stack_t now;

  /* Sanitizers bring a stack of their own. */
  if (!prepared && sigaltstack (NULL, &now) == 0 && (now.ss_flags & SS_DISABLE))
    sigaltstack (&(stack_t){ .ss_sp = stack, .ss_size = STACK_SIZE }, NULL);
  prepared = TRUE;
  current = exchange_id;
  return left;
}
