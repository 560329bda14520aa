/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-program.h"

#include "oh-value.h"

static gboolean
is_same (const char *text, const char *folded)
{
  g_autofree char *other = text != NULL ? g_utf8_casefold (text, -1) : NULL;

  return other != NULL && g_str_equal (other, folded);
}

OhProgram *
oh_program_new (void)
{
  return g_atomic_rc_box_new0 (OhProgram);
}

static void
program_clear (gpointer data)
{
  OhProgram *self = data;

  g_free (self->name);
  g_free (self->desktop);
  g_free (self->executable);
  g_free (self->command);
  g_free (self->identity);
}

OH_DEFINE_VALUE (OhProgram, oh_program, program_clear)

gboolean
oh_program_is_called (const OhProgram *self, const char *name)
{
  g_autofree char *folded = NULL;
  g_autofree char *file = NULL;

  g_return_val_if_fail (self != NULL && name != NULL, FALSE);

  folded = g_utf8_casefold (name, -1);
  file = self->executable != NULL ? g_path_get_basename (self->executable) : NULL;
  return is_same (self->name, folded) || is_same (self->desktop, folded) || is_same (file, folded);
}
