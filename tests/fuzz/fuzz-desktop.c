/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the switch of the whole desktop reads that others may have written: settings files (what is changed and changed back
 * says what it said), the journal, values of settings as text, proxies that a script names. */
#include "config.h"
#include "oh-chain-private.h"
#include "oh-change-private.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
check_ini (const char *text)
{
  g_autofree char *was = oh_ini_get (text, "G", "K");
  g_autofree char *set = oh_ini_set (text, "G", "K", "K=new");
  g_autofree char *now = oh_ini_get (set, "G", "K");
  g_autofree char *back = oh_ini_set (set, "G", "K", was);
  g_autofree char *is = oh_ini_get (back, "G", "K");

  g_assert_cmpstr (now, ==, "K=new");
  g_assert_cmpstr (is, ==, was);
}

static void
check_json (const char *text)
{
  g_autofree char *was = oh_json_env_get (text, "K");
  g_autofree char *set = oh_json_env_set (text, "K", "\"new\"");
  g_autofree char *now = NULL;
  g_autofree char *back = NULL;
  g_autofree char *is = NULL;

  if (set == NULL)
    return;
  now = oh_json_env_get (set, "K");
  g_assert_cmpstr (now, ==, "\"new\"");
  back = oh_json_env_set (set, "K", was);
  is = oh_json_env_get (back, "K");
  g_assert_cmpstr (is, ==, was);
}

static void
check_changes (const char *text)
{
  /* GLib 2.74 complains aloud of half a pair of surrogates that is escaped, and goes on without. */
  const gboolean escaped = strstr (text, "\\u") != NULL || strstr (text, "\\U") != NULL;
  g_autoptr (GVariant) any = oh_change_parse (NULL, escaped ? "" : text, NULL);
  g_autoptr (GVariant) changes = oh_change_parse (G_VARIANT_TYPE ("a(sssmaymay)"), escaped ? "" : text, NULL);
  g_autofree char *printed = any != NULL ? g_variant_print (any, TRUE) : NULL;
  g_autoptr (GVariant) again = printed != NULL ? oh_change_parse (NULL, printed, NULL) : NULL;

  g_assert_true ((any == NULL) == (again == NULL));
  if (changes != NULL)
    {
      g_autoptr (GPtrArray) read = oh_changes_from_variant (changes);
      g_autoptr (GVariant) written = g_variant_ref_sink (oh_changes_to_variant (read));
      g_autoptr (GPtrArray) read_again = oh_changes_from_variant (written);
      g_autoptr (GVariant) written_again = g_variant_ref_sink (oh_changes_to_variant (read_again));

      g_assert_true (g_variant_equal (written, written_again));
    }
}

static void
check_proxy (const char *text)
{
  g_autoptr (OhChain) chain = oh_chain_new (text, text, text);
  g_autoptr (OhHops) hops = oh_chain_find (chain, TRUE, "api.example", 443);
  g_autoptr (GPtrArray) said = oh_hops_parse (text);
  g_autofree char *url = oh_chain_make_url (FALSE, "api.example", 80, text);

  g_assert_true (hops == NULL || (hops->list->len == 1 && ((OhHop *) hops->list->pdata[0])->name != NULL));
  g_assert_cmpuint (said->len, >, 0);
  for (guint i = 0; i < said->len; i++)
    g_assert_true (said->pdata[i] == NULL || ((OhHop *) said->pdata[i])->uri != NULL);
  g_assert_null (strpbrk (url, " \r\n"));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);

  check_ini (text);
  check_json (text);
  check_changes (text);
  check_proxy (text);
  return 0;
}
