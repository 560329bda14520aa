/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A widget in which the matches of a search are counted and stepped through. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define OH_TYPE_MATCHABLE (oh_matchable_get_type ())
G_DECLARE_INTERFACE (OhMatchable, oh_matchable, OH, MATCHABLE, GtkWidget)

struct _OhMatchableInterface
{
  GTypeInterface parent;

  /* @current: (out): the one that is looked at, from 0; -1: none
   * Returns: how many there are; -1: that is being counted, or nothing is searched for. */
  int (*get_matches) (OhMatchable *self, int *current);
  /* Goes to the next match, or, before they are counted, as soon as they are.
   * @direction: 1, or -1: to the one before
   * Returns: FALSE after the last one, or the first: nothing was done. */
  gboolean (*step) (OhMatchable *self, int direction);
  /* Looks at no match: the next step begins anew. */
  void (*leave) (OhMatchable *self);
};

int oh_matchable_get_matches (OhMatchable *self, int *current);
gboolean oh_matchable_step (OhMatchable *self, int direction);
void oh_matchable_leave (OhMatchable *self);

G_END_DECLS
