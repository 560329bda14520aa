/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-told-lines.h"

#include "oh-items.h"
#include "oh-words.h"

struct _OhToldLines
{
  AdwBin parent_instance;

  GtkLabel *label;
  OhEngine *engine;
  gint64 exchange_id;
};

G_DEFINE_FINAL_TYPE (OhToldLines, oh_told_lines, ADW_TYPE_BIN)

static void
update (OhToldLines *self)
{
  OhStoreReader *reader = self->engine != NULL ? oh_engine_get_reader (self->engine) : NULL;
  g_autoptr (GString) words = g_string_new (NULL);
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GPtrArray) rows = NULL;

  if (self->exchange_id != 0)
    {
      ids = oh_store_reader_get_accounts (reader, self->exchange_id);
      if (ids->len > 0)
        g_array_append_val (ids, self->exchange_id);
      rows = oh_store_reader_get_rows (reader, (const gint64 *) (gpointer) ids->data, ids->len);
      for (guint i = 0; i + 1 < rows->len; i++)
        {
          const OhExchange *account = rows->pdata[i], *call = rows->pdata[rows->len - 1];
          g_autofree char *line = account != NULL && call != NULL ? oh_words_account (account, call) : NULL;

          if (line == NULL)
            continue;
          g_string_append_printf (words, "%s%s", words->len > 0 ? "\n" : "", line);
        }
    }
  gtk_widget_set_visible (GTK_WIDGET (self), words->len > 0);
  if (g_strcmp0 (words->str, gtk_label_get_text (self->label)) != 0)
    gtk_label_set_text (self->label, words->str);
}

static void
oh_told_lines_dispose (GObject *object)
{
  OhToldLines *self = OH_TOLD_LINES (object);

  oh_told_lines_set_exchange (self, NULL, 0);
  G_OBJECT_CLASS (oh_told_lines_parent_class)->dispose (object);
}

static void
oh_told_lines_class_init (OhToldLinesClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_told_lines_dispose;
}

static void
oh_told_lines_init (OhToldLines *self)
{
  self->label = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_xalign (self->label, 0);
  gtk_label_set_wrap (self->label, TRUE);
  gtk_label_set_wrap_mode (self->label, PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable (self->label, TRUE);
  gtk_widget_add_css_class (GTK_WIDGET (self->label), "dim-label");
  gtk_widget_add_css_class (GTK_WIDGET (self), "usage-bar");
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->label));
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

void
oh_told_lines_set_exchange (OhToldLines *self, OhEngine *engine, gint64 exchange_id)
{
  g_return_if_fail (OH_IS_TOLD_LINES (self));
  g_return_if_fail (engine != NULL || exchange_id == 0);

  oh_follow (&self->engine, engine, "changed", G_CALLBACK (update), self);
  self->exchange_id = exchange_id;
  update (self);
}
