/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON as a tree that folds, and the selected value in full below it. */
#pragma once
#include "oh-search-words.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_JSON_VIEW (oh_json_view_get_type ())
G_DECLARE_FINAL_TYPE (OhJsonView, oh_json_view, OH, JSON_VIEW, AdwBin)

/* @values: (nullable) (element-type OhJsonNode) of oh_json_tree_new() */
void oh_json_view_set_values (OhJsonView *self, GListModel *values);
/* Marks what is searched for. @words: (nullable) */
void oh_json_view_set_words (OhJsonView *self, OhSearchWords *words, OhSearchSide side);

G_END_DECLS
