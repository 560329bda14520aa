/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks at a database without changing it, for who asks whether all is well. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  OH_STORE_STATE_NONE,    /* nothing was captured yet */
  OH_STORE_STATE_SOUND,
  OH_STORE_STATE_UNSURE,  /* it opens, and no fault was found in the time that there was */
  OH_STORE_STATE_FOREIGN, /* SQLite's, and none of ours */
  OH_STORE_STATE_NEWER,   /* made by a newer Overhear */
  OH_STORE_STATE_DAMAGED,
  OH_STORE_STATE_FAILED,  /* it does not open */
} OhStoreState;

typedef struct
{
  OhStoreState state;
  char *words;     /* SQLite's, of what is wrong; NULL: nothing is */
  gint64 bytes;    /* of the file */
  GArray *writers; /* (element-type int): process ids of those that write to it now */
} OhStoreInspection;

/* Blocks, for about @patience_ms at most. (transfer full) */
OhStoreInspection *oh_store_inspect (const char *dir, guint patience_ms);
void oh_store_inspection_free (OhStoreInspection *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhStoreInspection, oh_store_inspection_free)

G_END_DECLS
