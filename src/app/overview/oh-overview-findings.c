/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-overview-findings.h"

#include "oh-status-pill.h"
#include "oh-words.h"

#include <glib/gi18n.h>

struct _OhOverviewFindings
{
  AdwBin parent_instance;

  GtkListBox *list_box;
  GtkLabel *nothing;
  GtkCheckButton *show_muted;

  GPtrArray *findings;     /* (element-type OhOverviewFinding) that are shown, in their order */
};

enum
{
  ACTIVATED,
  MUTED,
  SHOW_MUTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (OhOverviewFindings, oh_overview_findings, ADW_TYPE_BIN)

static OhStatusKind
get_kind (const OhNotice *notice)
{
  switch (notice->severity)
    {
    case 0:
      return OH_STATUS_NEUTRAL;
    case 1:
      return OH_STATUS_WARNING;
    default:
      return OH_STATUS_BAD;
    }
}

static const char *
say_severity (const OhNotice *notice)
{
  switch (notice->severity)
    {
    case 0:
      return _ ("Note");
    case 1:
      return _ ("Warning");
    default:
      return _ ("Problem");
    }
}

static void
on_mute_clicked (OhOverviewFindings *self, GtkWidget *button)
{
  guint index = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "index"));
  g_autoptr (GPtrArray) findings = g_ptr_array_ref (self->findings);
  const OhOverviewFinding *finding = g_ptr_array_index (findings, index);

  for (guint i = 0; i < finding->ids->len; i++)
    g_signal_emit (self, signals[MUTED], 0, g_array_index (finding->ids, gint64, i), !finding->muted);
}

static GtkWidget *
make_mute_button (OhOverviewFindings *self, guint index)
{
  const OhOverviewFinding *finding = g_ptr_array_index (self->findings, index);
  GtkWidget *button = gtk_button_new_from_icon_name (finding->muted ? "oh-muted-symbolic" : "oh-mute-symbolic");
  const char *label = finding->muted ? _ ("Show again") : _ ("Mute");

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, finding->muted ? label : _ ("Mute: show this no more"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  g_object_set_data (G_OBJECT (button), "index", GUINT_TO_POINTER (index));
  g_signal_connect_object (button, "clicked", G_CALLBACK (on_mute_clicked), self, G_CONNECT_SWAPPED);
  return button;
}

static GtkWidget *
make_row (OhOverviewFindings *self, guint index)
{
  const OhOverviewFinding *finding = g_ptr_array_index (self->findings, index);
  const OhNotice *notice = finding->notice;
  g_autofree char *said = oh_saying_tell (notice->saying);
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *pill = oh_status_pill_new ();
  GtkWidget *text = gtk_label_new (said);
  guint n = finding->n_calls;
  g_autofree char *number = oh_format_count (n);
  g_autofree char *times = g_strdup_printf ("×%s", number);
  g_autofree char *calls = oh_words_calls (n);
  g_autofree char *sentence = g_strdup_printf ("%s: %s, %s%s%s", say_severity (notice), said, calls,
                                               finding->muted ? ", " : "", finding->muted ? _ ("muted") : "");

  oh_status_pill_set (OH_STATUS_PILL (pill), get_kind (notice), NULL);
  gtk_widget_add_css_class (pill, "bare");
  gtk_widget_set_tooltip_text (pill, say_severity (notice));
  gtk_label_set_wrap (GTK_LABEL (text), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (text), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (text), 0);
  gtk_label_set_max_width_chars (GTK_LABEL (text), 32);
  gtk_label_set_lines (GTK_LABEL (text), 4);
  gtk_label_set_ellipsize (GTK_LABEL (text), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (text, TRUE);
  gtk_box_append (GTK_BOX (box), pill);
  gtk_box_append (GTK_BOX (box), text);
  if (n > 1)
    {
      GtkWidget *count = gtk_label_new (times);

      gtk_widget_add_css_class (count, "dim-label");
      gtk_widget_add_css_class (count, "numeric");
      gtk_widget_set_tooltip_text (count, calls);
      gtk_box_append (GTK_BOX (box), count);
    }
  gtk_box_append (GTK_BOX (box), make_mute_button (self, index));
  if (finding->muted)
    gtk_widget_add_css_class (text, "dim-label");
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence, -1);
  return row;
}

static void
on_row_activated (OhOverviewFindings *self, GtkListBoxRow *row)
{
  const OhOverviewFinding *finding = g_ptr_array_index (self->findings, gtk_list_box_row_get_index (row));

  g_signal_emit (self, signals[ACTIVATED], 0, finding->notice);
}

static void
on_show_muted (OhOverviewFindings *self)
{
  g_signal_emit (self, signals[SHOW_MUTED], 0, gtk_check_button_get_active (self->show_muted));
}

static gboolean
is_same (GPtrArray *a, GPtrArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    {
      const OhOverviewFinding *x = g_ptr_array_index (a, i);
      const OhOverviewFinding *y = g_ptr_array_index (b, i);

      if (x->notice->id != y->notice->id || x->muted != y->muted || x->n_calls != y->n_calls
          || x->ids->len != y->ids->len || g_strcmp0 (x->notice->saying, y->notice->saying) != 0)
        return FALSE;
    }
  return TRUE;
}

static void
oh_overview_findings_finalize (GObject *object)
{
  g_ptr_array_unref (OH_OVERVIEW_FINDINGS (object)->findings);
  G_OBJECT_CLASS (oh_overview_findings_parent_class)->finalize (object);
}

static void
oh_overview_findings_class_init (OhOverviewFindingsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_overview_findings_finalize;
  signals[ACTIVATED] = g_signal_new ("activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                     G_TYPE_NONE, 1, OH_TYPE_NOTICE);
  signals[MUTED] = g_signal_new ("muted", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 2, G_TYPE_INT64, G_TYPE_BOOLEAN);
  signals[SHOW_MUTED] = g_signal_new ("show-muted", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                      G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
}

static void
oh_overview_findings_init (OhOverviewFindings *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *top = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *title = gtk_label_new (_ ("Findings"));

  self->findings = g_ptr_array_new ();
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_widget_set_hexpand (title, TRUE);
  gtk_widget_add_css_class (title, "heading");
  gtk_box_append (GTK_BOX (top), title);
  self->show_muted = GTK_CHECK_BUTTON (gtk_check_button_new_with_label (_ ("Show muted")));
  g_signal_connect_object (self->show_muted, "toggled", G_CALLBACK (on_show_muted), self, G_CONNECT_SWAPPED);
  gtk_box_append (GTK_BOX (top), GTK_WIDGET (self->show_muted));
  gtk_box_append (GTK_BOX (box), top);
  self->list_box = GTK_LIST_BOX (gtk_list_box_new ());
  gtk_list_box_set_selection_mode (self->list_box, GTK_SELECTION_NONE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list_box), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Findings"), -1);
  g_signal_connect_object (self->list_box, "row-activated", G_CALLBACK (on_row_activated), self, G_CONNECT_SWAPPED);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->list_box));
  self->nothing = GTK_LABEL (gtk_label_new (_ ("Nothing stands out.")));
  gtk_label_set_xalign (self->nothing, 0);
  gtk_widget_add_css_class (GTK_WIDGET (self->nothing), "dim-label");
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->nothing));
  gtk_widget_add_css_class (GTK_WIDGET (self), "findings");
  adw_bin_set_child (ADW_BIN (self), box);
  oh_overview_findings_set (self, self->findings, 0);
}

void
oh_overview_findings_set (OhOverviewFindings *self, GPtrArray *findings, guint n_muted)
{
  GtkListBoxRow *row;

  g_return_if_fail (OH_IS_OVERVIEW_FINDINGS (self));
  g_return_if_fail (findings != NULL);

  gtk_widget_set_visible (GTK_WIDGET (self->show_muted), n_muted > 0 || gtk_check_button_get_active (self->show_muted));
  gtk_widget_set_visible (GTK_WIDGET (self->nothing), findings->len == 0);
  gtk_widget_set_visible (GTK_WIDGET (self->list_box), findings->len > 0);
  /* Rows under the pointer or the keyboard stay as long as they say the same. */
  if (is_same (findings, self->findings))
    return;
  while ((row = gtk_list_box_get_row_at_index (self->list_box, 0)) != NULL)
    gtk_list_box_remove (self->list_box, GTK_WIDGET (row));
  g_ptr_array_ref (findings);
  g_ptr_array_unref (self->findings);
  self->findings = findings;
  for (guint i = 0; i < findings->len; i++)
    gtk_list_box_append (self->list_box, make_row (self, i));
}
