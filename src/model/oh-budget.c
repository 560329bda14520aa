/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-budget.h"

#include "oh-format.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* Beyond it a count is no longer exact in a double. */
#define COUNT_MAX 9007199254740992.0

static const char *const overs[] = { "tell", "pause", "refuse" };

G_DEFINE_QUARK (oh-budget-error-quark, oh_budget_error)

static gboolean
parse_number (const char *text, double *value, const char **end)
{
  const char *at = text;

  /* g_ascii_strtod() also takes signs, exponents, hexadecimal numbers, "nan" and "inf". */
  while (g_ascii_isdigit (*at) || *at == '.')
    at++;
  *end = at;
  if (at == text || strspn (text, "0123456789.") > 30)
    return FALSE;
  *value = g_ascii_strtod (text, (char **) &text);
  return text == at && isfinite (*value);
}

gboolean
oh_budget_parse_limit (OhBudgetKind kind, const char *text, double *limit, GError **error)
{
  const char *end;
  double value = 0;
  double factor = 1;

  g_return_val_if_fail (text != NULL && limit != NULL && kind < OH_BUDGET_KINDS, FALSE);

  if (kind == OH_BUDGET_COST && *text == '$')
    text++;
  if (!parse_number (text, &value, &end))
    value = NAN;
  else if (kind != OH_BUDGET_COST && (*end == 'k' || *end == 'M'))
    factor = *end++ == 'k' ? 1e3 : 1e6;
  value *= factor;
  if (isnan (value) || *end != '\0' || value <= 0
      || (kind != OH_BUDGET_COST && (value > COUNT_MAX || value != floor (value))))
    {
      g_autofree char *word = oh_format_visible (text, TRUE);

      g_set_error (error, OH_BUDGET_ERROR, OH_BUDGET_ERROR_VALUE,
                   kind == OH_BUDGET_COST
                     ? _ ("“%s” is no budget. It is a number of US dollars above 0, with a point, such as 2.00.")
                   : kind == OH_BUDGET_CALLS
                     ? _ ("“%s” is no number of calls. It is a whole number above 0, such as 50.")
                     : _ ("“%s” is no number of tokens. It is a whole number above 0, such as 200000, 200k or 1.5M."),
                   word);
      return FALSE;
    }
  *limit = value;
  return TRUE;
}

gboolean
oh_over_parse (const char *text, OhOver *over, GError **error)
{
  g_autofree char *word = NULL;

  g_return_val_if_fail (text != NULL && over != NULL, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (overs); i++)
    if (g_str_equal (text, overs[i]))
      {
        *over = i;
        return TRUE;
      }
  word = oh_format_visible (text, TRUE);
  g_set_error (error, OH_BUDGET_ERROR, OH_BUDGET_ERROR_VALUE,
               _ ("“%s” is nothing that can be done about a budget. It is “tell”, “pause” or “refuse”."), word);
  return FALSE;
}

const char *
oh_over_to_string (OhOver over)
{
  g_return_val_if_fail (over < G_N_ELEMENTS (overs), NULL);

  return overs[over];
}

gboolean
oh_budget_has_limits (const OhBudget *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  for (guint i = 0; i < OH_BUDGET_KINDS; i++)
    if (self->limits[i] > 0)
      return TRUE;
  return FALSE;
}

double
oh_budget_get_share (const OhBudget *self, OhBudgetKind *kind)
{
  double most = 0;

  g_return_val_if_fail (self != NULL, 0);

  for (guint i = 0; i < OH_BUDGET_KINDS; i++)
    {
      const double share = self->limits[i] > 0 ? self->spent[i] / self->limits[i] : 0;

      if (share <= most)
        continue;
      most = share;
      if (kind != NULL)
        *kind = i;
    }
  return most;
}

gboolean
oh_budget_may_go (const OhBudget *self)
{
  return oh_budget_get_share (self, NULL) < 1;
}

gboolean
oh_budget_is_exceeded (const OhBudget *self)
{
  return self->refused > 0 || oh_budget_get_share (self, NULL) > 1;
}

char *
oh_budget_describe (const OhBudget *self, OhBudgetKind kind)
{
  g_autofree char *spent = NULL;
  g_autofree char *limit = NULL;

  g_return_val_if_fail (self != NULL && kind < OH_BUDGET_KINDS, NULL);

  if (kind == OH_BUDGET_COST)
    {
      spent = oh_format_cost (self->spent[kind], self->estimated);
      limit = oh_format_cost (self->limits[kind], FALSE);
      return g_strdup_printf (_ ("%s of %s"), spent, limit);
    }
  spent = oh_format_tokens ((gint64) self->spent[kind], self->estimated && kind == OH_BUDGET_TOKENS);
  limit = oh_format_count ((gint64) self->limits[kind]);
  return g_strdup_printf (kind == OH_BUDGET_CALLS ? _ ("%s of %s calls") : _ ("%s of %s tokens"), spent, limit);
}

char *
oh_budget_describe_all (const OhBudget *self)
{
  g_autoptr (GString) out = g_string_new (NULL);

  g_return_val_if_fail (self != NULL, NULL);

  for (guint i = 0; i < OH_BUDGET_KINDS; i++)
    {
      g_autofree char *one = self->limits[i] > 0 ? oh_budget_describe (self, i) : NULL;

      if (one != NULL)
        g_string_append_printf (out, "%s%s", out->len > 0 ? ", " : "", one);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}
