/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-table.h"

#include "oh-cli.h"

#include <glib/gi18n.h>

struct _OhCliTable
{
  GPtrArray *rows; /* (element-type GPtrArray of utf8) the head first */
  guint64 right;   /* bit n: column n is numbers */
};

OhCliTable *
oh_cli_table_new (guint64 right, const char *const *head)
{
  OhCliTable *table = g_new0 (OhCliTable, 1);
  GPtrArray *cells = g_ptr_array_new_with_free_func (g_free);

  table->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  table->right = right;
  for (guint i = 0; head[i] != NULL; i++)
    g_ptr_array_add (cells, g_strdup (gettext (head[i])));
  g_ptr_array_add (table->rows, cells);
  return table;
}

void
oh_cli_table_add (OhCliTable *table, char *first, ...)
{
  GPtrArray *cells = g_ptr_array_new_with_free_func (g_free);
  va_list arguments;

  va_start (arguments, first);
  for (char *cell = first; cell != NULL; cell = va_arg (arguments, char *))
    {
      g_ptr_array_add (cells, oh_cli_one_line (cell));
      g_free (cell);
    }
  va_end (arguments);
  g_ptr_array_add (table->rows, cells);
}

static void
print (OhCliTable *table)
{
  guint columns = ((GPtrArray *) table->rows->pdata[0])->len;
  g_autofree glong *widths = g_new0 (glong, columns);

  for (guint r = 0; r < table->rows->len; r++)
    for (guint c = 0; c < columns; c++)
      widths[c] = MAX (widths[c], g_utf8_strlen (((GPtrArray *) table->rows->pdata[r])->pdata[c], -1));
  for (guint r = 0; r < table->rows->len; r++)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      for (guint c = 0; c < columns; c++)
        {
          const char *cell = ((GPtrArray *) table->rows->pdata[r])->pdata[c];
          int space = (int) (widths[c] - g_utf8_strlen (cell, -1));
          gboolean right = (table->right & (G_GUINT64_CONSTANT (1) << c)) != 0;

          g_string_append_printf (line, "%*s%s%*s  ", right ? space : 0, "", cell, right ? 0 : space, "");
        }
      g_print ("%s\n", g_strchomp (line->str));
    }
}

void
oh_cli_table_end (OhCliTable *table, gboolean silent, const char *nothing)
{
  if (!silent && table->rows->len > 1)
    print (table);
  else if (!silent)
    g_print ("%s\n", nothing);
  g_ptr_array_unref (table->rows);
  g_free (table);
}
