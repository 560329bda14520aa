/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-boundary.h"

#include <glib/gi18n.h>
#include <inttypes.h>

static const char *const names[] = { "compacted", "model-changed", "rewound", "reply-edited", "aside" };

const char *
oh_boundary_get_name (OhBoundary kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (kind == (OhBoundary) (1u << i))
      return names[i];
  g_return_val_if_reached (NULL);
}

/* (transfer full) */
static char *
describe_rewind (const OhPlace *place)
{
  const gboolean whole = place->parent_id == place->dropped_id;

  if (whole)
    return g_strdup_printf (ngettext ("rewound here to the beginning: %u call dropped",
                                      "rewound here to the beginning: %u calls dropped", place->dropped),
                            place->dropped);
  return g_strdup_printf (ngettext ("rewound here to call %" PRId64 ": %u call dropped",
                                    "rewound here to call %" PRId64 ": %u calls dropped", place->dropped),
                          place->parent_id, place->dropped);
}

/* (transfer full) (element-type utf8) */
static GPtrArray *
describe (const OhPlace *place)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);

  if (place->boundaries & OH_BOUNDARY_COMPACTED)
    g_ptr_array_add (words, g_strdup_printf (ngettext ("compacted here: %u message to %u",
                                                       "compacted here: %u messages to %u", place->messages_before),
                                             place->messages_before, place->messages_after));
  if (place->boundaries & OH_BOUNDARY_MODEL)
    g_ptr_array_add (words, g_strdup_printf (_ ("model changed here from %s"), place->model_before));
  if (place->boundaries & OH_BOUNDARY_REWOUND)
    g_ptr_array_add (words, describe_rewind (place));
  if (place->boundaries & OH_BOUNDARY_EDITED)
    g_ptr_array_add (words, g_strdup (_ ("a reply was edited by the client")));
  if (place->boundaries & OH_BOUNDARY_ASIDE)
    g_ptr_array_add (words, g_strdup (_ ("said aside")));
  return words;
}

char *
oh_boundary_say (const OhPlace *place)
{
  g_autoptr (GPtrArray) words = NULL;

  if (place == NULL)
    return NULL;
  words = describe (place);
  if (place->superseded_by != 0)
    g_ptr_array_add (words, g_strdup_printf (_ ("superseded by call %" PRId64), place->superseded_by));
  if (words->len == 0)
    return NULL;
  g_ptr_array_add (words, NULL);
  return g_strjoinv (" · ", (char **) words->pdata);
}

char *
oh_boundary_sum_up (const OhGroup *group)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);

  g_return_val_if_fail (group != NULL, NULL);
  if (group->compacted > 0)
    g_ptr_array_add (words, g_strdup_printf (ngettext ("compacted", "compacted %" PRId64 " times", (gulong) group->compacted),
                                             group->compacted));
  if (group->model_changes > 0)
    g_ptr_array_add (words, g_strdup_printf (ngettext ("model changed", "model changed %" PRId64 " times",
                                                       (gulong) group->model_changes),
                                             group->model_changes));
  if (group->rewinds > 0)
    g_ptr_array_add (words, g_strdup_printf (ngettext ("rewound", "rewound %" PRId64 " times", (gulong) group->rewinds),
                                             group->rewinds));
  if (group->edits > 0)
    g_ptr_array_add (words, g_strdup_printf (ngettext ("reply edited", "reply edited %" PRId64 " times", (gulong) group->edits),
                                             group->edits));
  g_ptr_array_add (words, NULL);
  return g_strjoinv (", ", (char **) words->pdata);
}
