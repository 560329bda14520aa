/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-search-chips.h"

#include "oh-context-menu.h"
#include "oh-engine.h"
#include "oh-search-terms.h"

#include <glib/gi18n.h>

#define N_CHIPS 5
#define VALUES_MAX 12
#define VALUE_CHARS 24

static const struct
{
  const char *name;       /* of its action */
  const char *title;
  OhSearchFieldId field;  /* whose values are offered */
  const char *fields[3];  /* what it stands for in a search */
} kinds[N_CHIPS] = {
  { "status", N_ ("Status"), OH_SEARCH_STATUS, { "status", "is" } },
  { "model", N_ ("Model"), OH_SEARCH_MODEL, { "model" } },
  { "run", N_ ("Run"), OH_SEARCH_RUN, { "run" } },
  { "provider", N_ ("Provider"), OH_SEARCH_PROVIDER, { "provider" } },
  { "kind", N_ ("Kind"), OH_SEARCH_KIND, { "kind" } },
};

/* Of the status, which is no text. */
static const struct
{
  const char *title;
  const char *term;
} states[] = {
  { N_ ("Errors"), "is:error" },     { N_ ("Running"), "is:running" },       { N_ ("Retried"), "is:retried" },
  { N_ ("Cut Off"), "is:cut" },      { N_ ("Rate Limited"), "status:429" }, { N_ ("Server Errors"), "status>=500" },
  { N_ ("Pinned"), "is:pinned" },
};

typedef struct
{
  OhSearchChips *owner;
  guint kind;
  GtkMenuButton *button;
  GtkLabel *label;
  GMenu *values;
  GSimpleAction *action; /* its state: the term that the search has, or "" */
} Chip;

struct _OhSearchChips
{
  GtkWidget parent_instance;

  GtkEditable *entry;
  char *data_dir;
  Chip chips[N_CHIPS];
  GCancellable *reading;
};

G_DEFINE_FINAL_TYPE (OhSearchChips, oh_search_chips, GTK_TYPE_WIDGET)

typedef struct
{
  char *data_dir;
  OhSearchFieldId field;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->data_dir);
  g_free (question);
}

/* ---- values ---- */

static void
add_value (Chip *chip, const char *label, const char *term)
{
  g_autofree char *action = g_strconcat ("chips.", kinds[chip->kind].name, NULL);
  g_autoptr (GString) shown = g_string_new (label);

  /* An underline of a value is none of a menu. */
  g_string_replace (shown, "_", "__", 0);
  oh_context_menu_add (chip->values, shown->str, action, g_variant_new_string (term));
}

static void
read_values (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Question *question = data;
  g_autoptr (OhStoreReader) reader = oh_store_reader_new (question->data_dir, NULL);

  g_task_return_pointer (task,
                         reader != NULL ? oh_store_reader_get_values (reader, question->field, VALUES_MAX)
                                        : g_ptr_array_new_with_free_func (g_free),
                         (GDestroyNotify) g_ptr_array_unref);
}

static void
on_values (GObject *source, GAsyncResult *result, gpointer data)
{
  Chip *chip = data;
  g_autoptr (GPtrArray) values = g_task_propagate_pointer (G_TASK (result), NULL);

  if (values == NULL)
    return;
  g_menu_remove_all (chip->values);
  for (guint i = 0; i < values->len; i++)
    {
      g_autofree char *term = oh_search_format_term (kinds[chip->kind].field, values->pdata[i]);

      add_value (chip, values->pdata[i], term);
    }
}

static void
on_opened (Chip *chip)
{
  OhSearchChips *self = chip->owner;
  g_autoptr (GTask) task = NULL;
  Question *question;

  if (!gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (gtk_widget_get_first_child (GTK_WIDGET (chip->button)))) ||
      self->data_dir == NULL || kinds[chip->kind].field == OH_SEARCH_STATUS)
    return;
  if (self->reading != NULL)
    g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  self->reading = g_cancellable_new ();
  question = g_new (Question, 1);
  *question = (Question) { g_strdup (self->data_dir), kinds[chip->kind].field };
  task = g_task_new (self, self->reading, on_values, chip);
  g_task_set_source_tag (task, on_opened);
  g_task_set_task_data (task, question, question_free);
  g_task_run_in_thread (task, read_values);
}

/* ---- the text ---- */

static void
show_text (OhSearchChips *self)
{
  const char *text = gtk_editable_get_text (self->entry);

  for (guint i = 0; i < N_CHIPS; i++)
    {
      Chip *chip = &self->chips[i];
      g_autofree char *term = oh_search_find_term (text, kinds[i].fields);
      const char *value = term != NULL ? term + strspn (term, "abcdefghijklmnopqrstuvwxyz") : NULL;
      g_autofree char *words = value == NULL ? g_strdup (_ (kinds[i].title))
                                             : g_strdup_printf ("%s%s%s", _ (kinds[i].title), *value == ':' ? ": " : " ",
                                                                *value == ':' ? value + 1 : value);

      gtk_label_set_label (chip->label, words);
      gtk_accessible_update_property (GTK_ACCESSIBLE (chip->button), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
      g_simple_action_set_state (chip->action, g_variant_new_string (term != NULL ? term : ""));
      if (term != NULL)
        gtk_widget_add_css_class (GTK_WIDGET (chip->button), "chosen");
      else
        gtk_widget_remove_css_class (GTK_WIDGET (chip->button), "chosen");
    }
}

/* What is chosen already is taken back. */
static void
on_chosen (Chip *chip, GVariant *parameter)
{
  OhSearchChips *self = chip->owner;
  const char *term = g_variant_get_string (parameter, NULL);
  g_autoptr (GVariant) state = g_action_get_state (G_ACTION (chip->action));
  gboolean again = g_str_equal (term, g_variant_get_string (state, NULL));
  g_autofree char *text = oh_search_replace_term (gtk_editable_get_text (self->entry), kinds[chip->kind].fields,
                                                  again ? NULL : term);

  gtk_editable_set_text (self->entry, text);
  gtk_editable_set_position (self->entry, -1);
}

/* ---- */

static void
make_chip (OhSearchChips *self, guint kind, GActionMap *actions, GtkBox *box)
{
  Chip *chip = &self->chips[kind];
  GtkWidget *button = gtk_menu_button_new ();
  GtkWidget *label = gtk_label_new (NULL);

  chip->owner = self;
  chip->kind = kind;
  chip->button = GTK_MENU_BUTTON (button);
  chip->label = GTK_LABEL (label);
  chip->values = g_menu_new ();
  chip->action = g_simple_action_new_stateful (kinds[kind].name, G_VARIANT_TYPE_STRING, g_variant_new_string (""));
  g_signal_connect_swapped (chip->action, "activate", G_CALLBACK (on_chosen), chip);
  g_action_map_add_action (actions, G_ACTION (chip->action));
  for (gsize i = 0; kinds[kind].field == OH_SEARCH_STATUS && i < G_N_ELEMENTS (states); i++)
    add_value (chip, _ (states[i].title), states[i].term);
  gtk_label_set_ellipsize (chip->label, PANGO_ELLIPSIZE_END);
  gtk_label_set_max_width_chars (chip->label, VALUE_CHARS);
  gtk_menu_button_set_child (chip->button, label);
  gtk_menu_button_set_always_show_arrow (chip->button, TRUE);
  gtk_menu_button_set_menu_model (chip->button, G_MENU_MODEL (chip->values));
  gtk_widget_add_css_class (button, "chip");
  g_signal_connect_swapped (gtk_widget_get_first_child (button), "notify::active", G_CALLBACK (on_opened), chip);
  gtk_box_append (box, button);
}

static void
oh_search_chips_dispose (GObject *object)
{
  OhSearchChips *self = OH_SEARCH_CHIPS (object);

  if (self->reading != NULL)
    g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  g_clear_pointer (&self->data_dir, g_free);
  for (guint i = 0; i < N_CHIPS; i++)
    {
      g_clear_object (&self->chips[i].values);
      g_clear_object (&self->chips[i].action);
    }
  while (gtk_widget_get_first_child (GTK_WIDGET (self)) != NULL)
    gtk_widget_unparent (gtk_widget_get_first_child (GTK_WIDGET (self)));
  G_OBJECT_CLASS (oh_search_chips_parent_class)->dispose (object);
}

static void
oh_search_chips_class_init (OhSearchChipsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_search_chips_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
oh_search_chips_init (OhSearchChips *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  g_autoptr (GSimpleActionGroup) actions = g_simple_action_group_new ();

  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_EXTERNAL, GTK_POLICY_NEVER);
  for (guint i = 0; i < N_CHIPS; i++)
    make_chip (self, i, G_ACTION_MAP (actions), GTK_BOX (box));
  gtk_widget_insert_action_group (GTK_WIDGET (self), "chips", G_ACTION_GROUP (actions));
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), box);
  /* What does not fit is scrolled to, rather than cut. */
  gtk_scrollable_set_hscroll_policy (GTK_SCROLLABLE (gtk_widget_get_parent (box)), GTK_SCROLL_NATURAL);
  gtk_widget_set_parent (scrolled, GTK_WIDGET (self));
}

void
oh_search_chips_attach (OhSearchChips *self, GtkEditable *entry)
{
  g_return_if_fail (OH_IS_SEARCH_CHIPS (self) && GTK_IS_EDITABLE (entry));

  self->entry = entry;
  g_signal_connect_object (entry, "changed", G_CALLBACK (show_text), self, G_CONNECT_SWAPPED);
  show_text (self);
}

void
oh_search_chips_set_data_dir (OhSearchChips *self, const char *data_dir)
{
  g_return_if_fail (OH_IS_SEARCH_CHIPS (self));

  g_free (self->data_dir);
  self->data_dir = g_strdup (data_dir);
}
