/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-block-view-body.h"

#include "oh-text-label.h"

#include <glib/gi18n.h>
#include <string.h>

/* Text or JSON longer than this, in bytes, has no place in a card. */
#define LONG 100000
/* What a card shows of one field, in characters. */
#define VALUE_MAX 1000

static gsize
size_of (const OhBlock *block)
{
  return block->data ? g_bytes_get_size (block->data) : block->text ? strlen (block->text) : 0;
}

/* What a field says: its text, the start of a long one, or how much it is. (transfer full) */
static char *
say_field (const OhBlock *field)
{
  g_autofree char *size = oh_format_bytes ((gint64) size_of (field));

  if (field->source)
    return g_strdup_printf (_ ("file “%s”, %s"), field->source, size);
  if (!field->text)
    return g_strdup (size);
  if (g_utf8_strlen (field->text, -1) <= VALUE_MAX)
    return g_strdup (field->text);
  return g_strdup_printf ("%.*s…", (int) (g_utf8_offset_to_pointer (field->text, VALUE_MAX) - field->text), field->text);
}

static GtkWidget *
new_form (const OhBlock *form)
{
  GtkWidget *grid = gtk_grid_new ();

  gtk_grid_set_row_spacing (GTK_GRID (grid), 4);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 12);
  for (guint i = 0; i < form->children->len; i++)
    {
      const OhBlock *field = form->children->pdata[i];
      g_autofree char *value = say_field (field);
      GtkWidget *name = oh_text_label_new (field->name, "pair-name");

      gtk_widget_set_valign (name, GTK_ALIGN_START);
      gtk_grid_attach (GTK_GRID (grid), name, 0, (int) i, 1, 1);
      gtk_grid_attach (GTK_GRID (grid), oh_text_label_new (value, "monospace"), 1, (int) i, 1, 1);
    }
  return grid;
}

/* "22.0 MB of application/json", and the way to it. */
static GtkWidget *
new_size (const OhBlock *block, const char *page)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *button = gtk_button_new_with_label (_ ("Show"));
  g_autofree char *size = oh_format_bytes ((gint64) size_of (block));
  g_autofree char *words =
      g_strdup_printf (_ ("%s of %s"), size, block->media_type ? block->media_type : _ ("an unknown type"));

  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "detail.page");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", page);
  gtk_widget_set_halign (button, GTK_ALIGN_START);
  gtk_widget_add_css_class (button, "small-button");
  gtk_box_append (GTK_BOX (box), oh_text_label_new (words, NULL));
  gtk_box_append (GTK_BOX (box), button);
  return box;
}

gboolean
oh_block_view_body_wants (const OhBlock *block)
{
  g_return_val_if_fail (block, FALSE);

  return strcmp (block->type, "bytes") == 0 || strcmp (block->type, "form") == 0 ||
         ((strcmp (block->type, "json") == 0 || strcmp (block->type, "text") == 0) && size_of (block) > LONG);
}

GtkWidget *
oh_block_view_body_new (const OhBlock *block, const char *page)
{
  g_return_val_if_fail (block && page, NULL);

  return block->children && block->children->len > 0 ? new_form (block) : new_size (block, page);
}
