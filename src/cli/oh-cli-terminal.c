/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was captured may hold anything; a terminal obeys it. All that the commands print passes here, so nothing that a
 * terminal would obey, or that would reorder or hide what stands there, reaches one. A pipe gets the text as it is. */
#include "config.h"
#include "oh-cli.h"

#include <stdio.h>
#include <unistd.h>

static void
write_visibly (FILE *file, const char *text)
{
  g_autofree char *visible = oh_format_visible (text, FALSE);
  g_autofree char *local = NULL;

  if (!g_get_charset (NULL))
    local = g_locale_from_utf8 (visible, -1, NULL, NULL, NULL);
  fputs (local != NULL ? local : visible, file);
  fflush (file);
}

static void
print_visibly (const char *text)
{
  write_visibly (stdout, text);
}

static void
complain_visibly (const char *text)
{
  write_visibly (stderr, text);
}

void
oh_cli_guard_terminal (void)
{
  if (isatty (STDOUT_FILENO))
    g_set_print_handler (print_visibly);
  if (isatty (STDERR_FILENO))
    g_set_printerr_handler (complain_visibly);
}

char *
oh_cli_one_line (const char *text)
{
  g_autoptr (GString) line = NULL;

  if (isatty (STDOUT_FILENO))
    return oh_format_visible (text, TRUE);
  line = g_string_new (text);
  g_string_replace (line, "\r", "\\r", 0);
  g_string_replace (line, "\n", "\\n", 0);
  g_string_replace (line, "\t", "\\t", 0);
  return g_string_free (g_steal_pointer (&line), FALSE);
}

void
oh_cli_rewind_line (void)
{
  fputc ('\r', stderr);
}
