/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was captured may hold anything; a terminal obeys it. All that the commands print passes here, so nothing that a
 * terminal would obey, or that would reorder or hide what stands there, reaches one. A pipe gets the text as it is. */
#include "config.h"
#include "oh-cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
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

/* GLib would put question marks where a locale has no such letters, be it within a password or a file's name. */
static void
print_plainly (const char *text)
{
  fputs (text, stdout);
  fflush (stdout);
}

static void
complain_visibly (const char *text)
{
  write_visibly (stderr, text);
}

void
oh_cli_guard_terminal (void)
{
  g_set_print_handler (isatty (STDOUT_FILENO) ? print_visibly : print_plainly);
  if (isatty (STDERR_FILENO))
    g_set_printerr_handler (complain_visibly);
}

/* What is written to standard output: a piece may end within a character, which waits then. */
static ssize_t
write_piece (void *cookie, const char *data, size_t length)
{
  GString *text = cookie;
  const char *end;
  gsize whole;

  for (gsize i = 0; i < length; i++)
    g_string_append_c (text, data[i] != '\0' ? data[i] : '?');
  whole = text->len;
  if (!g_utf8_validate (text->str, (gssize) text->len, &end)
      && g_utf8_get_char_validated (end, text->str + text->len - end) == (gunichar) -2)
    whole = (gsize) (end - text->str);
  if (whole > 0)
    {
      g_autofree char *piece = g_strndup (text->str, whole);
      g_autofree char *visible = oh_format_visible (piece, FALSE);
      const char *at = visible;

      for (gsize left = strlen (visible); left > 0;)
        {
          const ssize_t n = write (STDOUT_FILENO, at, left);

          if (n < 0 && errno != EINTR)
            return 0;
          at += MAX (n, 0);
          left -= (gsize) MAX (n, 0);
        }
    }
  g_string_erase (text, 0, (gssize) whole);
  return (ssize_t) length;
}

void
oh_cli_guard_stdout (void)
{
  const cookie_io_functions_t functions = { .write = write_piece };

  if (isatty (STDOUT_FILENO))
    stdout = fopencookie (g_string_new (NULL), "w", functions);
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
