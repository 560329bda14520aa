/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches that were kept under a name, in the settings; in the order of the sidebar. A text is kept once. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* The key of oh_settings_get() that changes with them. */
#define OH_SAVED_SEARCHES_KEY "saved-searches"

typedef struct
{
  char *name;
  char *text;
} OhSavedSearch;

/* (transfer full) (element-type OhSavedSearch) */
GPtrArray *oh_saved_searches_get (void);
gboolean oh_saved_searches_has (const char *text);
/* @position: where it is put; -1: at the end. One that is there already is renamed. */
void oh_saved_searches_add (const char *name, const char *text, int position);
/* Returns: where it was; -1: nowhere. */
int oh_saved_searches_remove (const char *text);

G_END_DECLS
