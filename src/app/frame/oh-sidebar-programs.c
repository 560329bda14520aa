/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sidebar-programs.h"

#include "oh-sidebar-row.h"

#include <glib/gi18n.h>

/* Of one more than these, only the number is told. */
#define NAMES_MAX 2

struct _OhSidebarProgramsNews
{
  GPtrArray *counts; /* (element-type OhProgramCount), and of the rules for others */
  OhDesktopPrograms *rules;
};

struct _OhSidebarPrograms
{
  GtkListBox *list_box;
  GHashTable *rows; /* name -> OhSidebarRow, not owned */
};

/* Of a rule for a program that none of those that are known is. (transfer full) */
static OhProgramCount *
count_new (const char *name)
{
  OhProgramCount *count = g_new0 (OhProgramCount, 1);

  count->program = oh_program_new ();
  count->program->name = g_strdup (name);
  return count;
}

static void
add_unknown (GPtrArray *counts, char **names)
{
  for (; *names != NULL; names++)
    {
      gboolean known = FALSE;

      for (guint i = 0; i < counts->len && !known; i++)
        known = oh_program_is_called (((OhProgramCount *) counts->pdata[i])->program, *names);
      if (!known)
        g_ptr_array_add (counts, count_new (*names));
    }
}

static void
remove_gone (OhSidebarPrograms *self, GPtrArray *counts)
{
  g_autoptr (GHashTable) present = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer name, row;

  for (guint i = 0; i < counts->len; i++)
    g_hash_table_add (present, ((OhProgramCount *) counts->pdata[i])->program->name);
  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, &name, &row))
    if (!g_hash_table_contains (present, name))
      {
        g_hash_table_iter_remove (&iter);
        gtk_list_box_remove (self->list_box, row);
      }
}

OhSidebarPrograms *
oh_sidebar_programs_new (GtkListBox *list_box)
{
  OhSidebarPrograms *self = g_new0 (OhSidebarPrograms, 1);

  self->list_box = list_box;
  self->rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
oh_sidebar_programs_free (OhSidebarPrograms *self)
{
  g_hash_table_unref (self->rows);
  g_free (self);
}

OhSidebarProgramsNews *
oh_sidebar_programs_read (OhStoreReader *reader)
{
  OhSidebarProgramsNews *news = g_new (OhSidebarProgramsNews, 1);

  *news = (OhSidebarProgramsNews) { oh_store_reader_get_programs (reader), oh_desktop_programs_read () };
  add_unknown (news->counts, news->rules->only);
  add_unknown (news->counts, news->rules->excluded);
  return news;
}

void
oh_sidebar_programs_news_free (OhSidebarProgramsNews *news)
{
  g_ptr_array_unref (news->counts);
  oh_desktop_programs_free (news->rules);
  g_free (news);
}

char *
oh_sidebar_programs_describe (const OhSidebarProgramsNews *news)
{
  const guint n_only = g_strv_length (news->rules->only), n_excluded = g_strv_length (news->rules->excluded);
  g_autofree char *names = g_strjoinv (", ", n_only > 0 ? news->rules->only : news->rules->excluded);

  if (n_only > NAMES_MAX)
    return g_strdup_printf (ngettext ("Listening to %u program only", "Listening to %u programs only", n_only), n_only);
  if (n_only > 0)
    return g_strdup_printf (_ ("Listening to %s only"), names);
  if (n_excluded > NAMES_MAX)
    return g_strdup_printf (ngettext ("Listening to the whole desktop but %u program",
                                      "Listening to the whole desktop but %u programs", n_excluded),
                            n_excluded);
  if (n_excluded > 0)
    return g_strdup_printf (_ ("Listening to the whole desktop but %s"), names);
  return g_strdup (_ ("Listening to the whole desktop"));
}

guint
oh_sidebar_programs_show (OhSidebarPrograms *self, const OhSidebarProgramsNews *news, int position)
{
  GPtrArray *counts = news->counts;

  remove_gone (self, counts);
  for (guint i = 0; i < counts->len; i++)
    {
      const OhProgramCount *count = counts->pdata[i];
      GtkWidget *row = g_hash_table_lookup (self->rows, count->program->name);
      const char *called;
      const OhProgramRule rule = oh_desktop_programs_find_rule (news->rules, count->program, &called);

      if (row == NULL)
        {
          row = oh_sidebar_row_new_for_program (count->program->name);
          gtk_list_box_insert (self->list_box, row, position + (int) i);
          g_hash_table_insert (self->rows, g_strdup (count->program->name), row);
          oh_sidebar_row_set_desktop (OH_SIDEBAR_ROW (row), count->program->desktop);
        }
      oh_sidebar_row_set_program (OH_SIDEBAR_ROW (row), count->exchanges, rule, called);
    }
  return counts->len;
}
