/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-budget.h"

#include <locale.h>
#include <math.h>

static void
test_limits (void)
{
  static const struct
  {
    OhBudgetKind kind;
    const char *text;
    double value; /* 0: it is refused */
  } cases[] = {
    { OH_BUDGET_COST, "2.00", 2 },          { OH_BUDGET_COST, "$0.5", 0.5 },        { OH_BUDGET_COST, "3", 3 },
    { OH_BUDGET_COST, ".25", 0.25 },        { OH_BUDGET_COST, "", 0 },              { OH_BUDGET_COST, "0", 0 },
    { OH_BUDGET_COST, "0.00", 0 },          { OH_BUDGET_COST, "-1", 0 },            { OH_BUDGET_COST, "+1", 0 },
    { OH_BUDGET_COST, "2,00", 0 },          { OH_BUDGET_COST, "1e999", 0 },         { OH_BUDGET_COST, "1e3", 0 },
    { OH_BUDGET_COST, "nan", 0 },           { OH_BUDGET_COST, "NaN", 0 },           { OH_BUDGET_COST, "inf", 0 },
    { OH_BUDGET_COST, "0x10", 0 },          { OH_BUDGET_COST, "2.0.0", 0 },         { OH_BUDGET_COST, "2 ", 0 },
    { OH_BUDGET_COST, "2$", 0 },            { OH_BUDGET_COST, "$", 0 },             { OH_BUDGET_COST, ".", 0 },
    { OH_BUDGET_COST, "2k", 0 },            { OH_BUDGET_CALLS, "50", 50 },          { OH_BUDGET_CALLS, "2k", 2000 },
    { OH_BUDGET_CALLS, "1.5", 0 },          { OH_BUDGET_CALLS, "0", 0 },            { OH_BUDGET_CALLS, "-5", 0 },
    { OH_BUDGET_CALLS, "$5", 0 },           { OH_BUDGET_CALLS, "many", 0 },         { OH_BUDGET_CALLS, "5kk", 0 },
    { OH_BUDGET_TOKENS, "200k", 200000 },   { OH_BUDGET_TOKENS, "1.5M", 1500000 },  { OH_BUDGET_TOKENS, "0.5", 0 },
    { OH_BUDGET_TOKENS, "99999999999999999999", 0 }, { OH_BUDGET_TOKENS, "1e6", 0 }, { OH_BUDGET_TOKENS, "k", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      double value = 0;
      const gboolean read = oh_budget_parse_limit (cases[i].kind, cases[i].text, &value, &error);

      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (read, ==, cases[i].value > 0);
      g_assert_cmpfloat (value, ==, cases[i].value);
      if (read)
        g_assert_no_error (error);
      else
        g_assert_error (error, OH_BUDGET_ERROR, OH_BUDGET_ERROR_VALUE);
    }
}

static void
test_choices (void)
{
  OhOver over = OH_OVER_PAUSE;
  g_autoptr (GError) error = NULL;

  for (OhOver one = OH_OVER_TELL; one <= OH_OVER_REFUSE; one++)
    {
      g_assert_true (oh_over_parse (oh_over_to_string (one), &over, NULL));
      g_assert_cmpint (over, ==, one);
    }
  g_assert_false (oh_over_parse ("Refuse", &over, &error));
  g_assert_error (error, OH_BUDGET_ERROR, OH_BUDGET_ERROR_VALUE);
}

static void
test_shares (void)
{
  OhBudget budget = { 0 };
  OhBudgetKind kind = OH_BUDGET_CALLS;
  g_autofree char *words = NULL;
  g_autofree char *all = NULL;

  g_assert_false (oh_budget_has_limits (&budget));
  g_assert_true (oh_budget_may_go (&budget));
  budget.limits[OH_BUDGET_CALLS] = 50;
  budget.limits[OH_BUDGET_COST] = 2;
  budget.spent[OH_BUDGET_CALLS] = 10;
  budget.spent[OH_BUDGET_TOKENS] = 1e9; /* without a limit */
  budget.spent[OH_BUDGET_COST] = 1.62;
  budget.estimated = TRUE;
  g_assert_true (oh_budget_has_limits (&budget));
  g_assert_cmpfloat_with_epsilon (oh_budget_get_share (&budget, &kind), 0.81, 1e-9);
  g_assert_cmpint (kind, ==, OH_BUDGET_COST);
  g_assert_true (oh_budget_may_go (&budget));
  g_assert_false (oh_budget_is_exceeded (&budget));
  words = oh_budget_describe (&budget, kind);
  g_assert_cmpstr (words, ==, "≈$1.62 of $2.00");
  all = oh_budget_describe_all (&budget);
  g_assert_cmpstr (all, ==, "10 of 50 calls, ≈$1.62 of $2.00");
  /* All of it is no more than all of it. */
  budget.spent[OH_BUDGET_CALLS] = 50;
  g_assert_false (oh_budget_may_go (&budget));
  g_assert_false (oh_budget_is_exceeded (&budget));
  budget.refused = 1;
  g_assert_true (oh_budget_is_exceeded (&budget));
  budget.refused = 0;
  budget.spent[OH_BUDGET_CALLS] = 51;
  g_assert_true (oh_budget_is_exceeded (&budget));
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/budget/limits", test_limits);
  g_test_add_func ("/budget/choices", test_choices);
  g_test_add_func ("/budget/shares", test_shares);
  return g_test_run ();
}
