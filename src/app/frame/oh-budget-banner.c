/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-budget-banner.h"

#include "oh-items.h"

#include <glib/gi18n.h>
#include <inttypes.h>

struct _OhBudgetBanner
{
  AdwBin parent_instance;

  GtkLabel *label;
  GtkMenuButton *raise_button;
  GtkPopover *popover;
  GtkLabel *question;
  GtkEntry *amount;
  GtkLabel *problem;

  OhEngine *engine;
  gint64 run_id; /* 0: none waits */
};

G_DEFINE_FINAL_TYPE (OhBudgetBanner, oh_budget_banner, ADW_TYPE_BIN)

/* Returns: FALSE if no call waits. @kind: (out): the limit that holds it */
static gboolean
get_budget (OhBudgetBanner *self, OhBudget *budget, OhBudgetKind *kind)
{
  if (self->run_id == 0 || !oh_store_reader_get_budget (oh_engine_get_reader (self->engine), self->run_id, budget))
    return FALSE;
  oh_budget_get_share (budget, kind);
  return TRUE;
}

static void
update (OhBudgetBanner *self)
{
  OhStoreReader *reader = self->engine != NULL ? oh_engine_get_reader (self->engine) : NULL;
  g_autoptr (OhRun) run = NULL;
  g_autofree char *words = NULL;
  g_autofree char *count = NULL;
  g_autofree char *text = NULL;
  OhBudget budget = { 0 };
  OhBudgetKind kind = OH_BUDGET_CALLS;

  self->run_id = reader != NULL ? oh_store_reader_find_waiting_run (reader) : 0;
  run = self->run_id != 0 ? oh_store_reader_get_run (reader, self->run_id) : NULL;
  if (run == NULL || !get_budget (self, &budget, &kind))
    {
      self->run_id = 0;
      gtk_popover_popdown (self->popover);
      gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
      return;
    }
  words = oh_budget_describe (&budget, kind);
  count = oh_format_count (budget.waiting);
  text = g_strdup_printf (ngettext ("%s call of “%s” waits: its budget is used up, %s.",
                                    "%s calls of “%s” wait: its budget is used up, %s.", (gulong) budget.waiting),
                          count, run->name, words);
  if (gtk_widget_get_visible (GTK_WIDGET (self)) && g_str_equal (gtk_label_get_label (self->label), text))
    return;
  gtk_label_set_label (self->label, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
}

static void
set_over (OhBudgetBanner *self, OhOver over)
{
  OhBudget budget = { 0 };
  OhBudgetKind kind;

  if (!get_budget (self, &budget, &kind))
    return;
  budget.over = over;
  oh_engine_set_budget (self->engine, self->run_id, &budget);
}

static void
on_continue (OhBudgetBanner *self)
{
  set_over (self, OH_OVER_TELL);
}

static void
on_refuse (OhBudgetBanner *self)
{
  set_over (self, OH_OVER_REFUSE);
}

/* Offers as much again. */
static void
on_popover_shown (OhBudgetBanner *self)
{
  static const char *const questions[] = { N_ ("How many more calls?"), N_ ("How many more tokens?"),
                                           N_ ("How many more dollars?") };
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  OhBudget budget = { 0 };
  OhBudgetKind kind = OH_BUDGET_CALLS;

  if (!get_budget (self, &budget, &kind))
    return;
  g_ascii_formatd (number, sizeof number, kind == OH_BUDGET_COST ? "%.2f" : "%.0f", budget.limits[kind]);
  gtk_label_set_label (self->question, _ (questions[kind]));
  gtk_editable_set_text (GTK_EDITABLE (self->amount), number);
  gtk_widget_set_visible (GTK_WIDGET (self->problem), FALSE);
  gtk_widget_grab_focus (GTK_WIDGET (self->amount));
}

static void
on_raise (OhBudgetBanner *self)
{
  g_autoptr (GError) error = NULL;
  OhBudget budget = { 0 };
  OhBudgetKind kind = OH_BUDGET_CALLS;
  double more = 0;

  if (!get_budget (self, &budget, &kind))
    return;
  if (!oh_budget_parse_limit (kind, gtk_editable_get_text (GTK_EDITABLE (self->amount)), &more, &error))
    {
      gtk_label_set_label (self->problem, error->message);
      gtk_widget_set_visible (GTK_WIDGET (self->problem), TRUE);
      return;
    }
  budget.limits[kind] += more;
  oh_engine_set_budget (self->engine, self->run_id, &budget);
  gtk_popover_popdown (self->popover);
}

static void
oh_budget_banner_class_init (OhBudgetBannerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-budget-banner.ui");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_bind_template_child (widget_class, OhBudgetBanner, label);
  gtk_widget_class_bind_template_child (widget_class, OhBudgetBanner, raise_button);
  gtk_widget_class_bind_template_child (widget_class, OhBudgetBanner, popover);
  gtk_widget_class_bind_template_child (widget_class, OhBudgetBanner, question);
  gtk_widget_class_bind_template_child (widget_class, OhBudgetBanner, amount);
  gtk_widget_class_bind_template_child (widget_class, OhBudgetBanner, problem);
  gtk_widget_class_bind_template_callback (widget_class, on_continue);
  gtk_widget_class_bind_template_callback (widget_class, on_refuse);
  gtk_widget_class_bind_template_callback (widget_class, on_popover_shown);
  gtk_widget_class_bind_template_callback (widget_class, on_raise);
}

static void
oh_budget_banner_init (OhBudgetBanner *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
oh_budget_banner_set_engine (OhBudgetBanner *self, OhEngine *engine)
{
  g_return_if_fail (OH_IS_BUDGET_BANNER (self));

  oh_follow (&self->engine, engine, "changed", G_CALLBACK (update), self);
  update (self);
}
