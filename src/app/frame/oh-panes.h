/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which panes there are. A new pane is a widget that implements OhPane, and one line in oh-panes.c. */
#pragma once
#include <glib-object.h>

G_BEGIN_DECLS

typedef struct
{
  const char *name;   /* stable */
  const char *title;  /* untranslated */
  const char *icon;
  GType (*get_type) (void);
} OhPaneInfo;

/* The one that lists exchanges: shown first, and where runs and searches are looked at. */
#define OH_PANE_FIRST "timeline"

/* All panes in the order of the sidebar. */
const OhPaneInfo *oh_panes_get_infos (guint *n);

G_END_DECLS
