/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-saved-searches.h"

#include "oh-settings.h"

static void
saved_search_free (gpointer data)
{
  OhSavedSearch *search = data;

  g_free (search->name);
  g_free (search->text);
  g_free (search);
}

static OhSavedSearch *
saved_search_new (const char *name, const char *text)
{
  OhSavedSearch *search = g_new (OhSavedSearch, 1);

  *search = (OhSavedSearch) { g_strdup (name), g_strdup (text) };
  return search;
}

static void
save (GPtrArray *searches)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ss)"));
  for (guint i = 0; i < searches->len; i++)
    {
      const OhSavedSearch *search = searches->pdata[i];

      g_variant_builder_add (&builder, "(ss)", search->name, search->text);
    }
  g_settings_set_value (oh_settings_get (), OH_SAVED_SEARCHES_KEY, g_variant_builder_end (&builder));
}

static int
find (GPtrArray *searches, const char *text)
{
  for (guint i = 0; i < searches->len; i++)
    if (g_str_equal (((OhSavedSearch *) searches->pdata[i])->text, text))
      return (int) i;
  return -1;
}

GPtrArray *
oh_saved_searches_get (void)
{
  GPtrArray *searches = g_ptr_array_new_with_free_func (saved_search_free);
  g_autoptr (GVariant) value = g_settings_get_value (oh_settings_get (), OH_SAVED_SEARCHES_KEY);
  GVariantIter iter;
  const char *name, *text;

  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "(&s&s)", &name, &text))
    g_ptr_array_add (searches, saved_search_new (name, text));
  return searches;
}

gboolean
oh_saved_searches_has (const char *text)
{
  g_autoptr (GPtrArray) searches = oh_saved_searches_get ();

  g_return_val_if_fail (text != NULL, FALSE);

  return find (searches, text) >= 0;
}

void
oh_saved_searches_add (const char *name, const char *text, int position)
{
  g_autoptr (GPtrArray) searches = oh_saved_searches_get ();
  int there;

  g_return_if_fail (name != NULL && text != NULL);

  there = find (searches, text);
  if (there >= 0)
    {
      g_free (((OhSavedSearch *) searches->pdata[there])->name);
      ((OhSavedSearch *) searches->pdata[there])->name = g_strdup (name);
    }
  else
    g_ptr_array_insert (searches, position < 0 ? -1 : MIN (position, (int) searches->len),
                        saved_search_new (name, text));
  save (searches);
}

int
oh_saved_searches_remove (const char *text)
{
  g_autoptr (GPtrArray) searches = oh_saved_searches_get ();
  int there;

  g_return_val_if_fail (text != NULL, -1);

  there = find (searches, text);
  if (there >= 0)
    {
      g_ptr_array_remove_index (searches, (guint) there);
      save (searches);
    }
  return there;
}
