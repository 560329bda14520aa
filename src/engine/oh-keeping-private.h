/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps what is stored within the limits that the user set: looks from time to time for exchanges that are older or too
 * many, and deletes them little by little. The limits stand in a file beside the database, so that they hold whoever has
 * it open. A window is asked before anything goes; while one is open nobody else deletes. Main thread only. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _OhKeeping OhKeeping;

typedef struct
{
  /* @n exchanges are beyond the limits: oh_keeping_settle() says what becomes of them. NULL: they go. */
  void (*ask) (guint n, gpointer data);
  void (*delete) (const gint64 *ids, guint n, gpointer data);
} OhKeepingHands;

OhKeeping *oh_keeping_new (const char *data_dir, const OhKeepingHands *hands, gpointer data);
void oh_keeping_free (OhKeeping *self);
/* 0: no limit. The limits of before stay where they are the same, and what the user wanted kept stays kept for them. */
void oh_keeping_set_limits (OhKeeping *self, gint64 max_bytes, gint64 max_age_ns);
/* @keep: nothing more goes until the limits change or a window is opened anew */
void oh_keeping_settle (OhKeeping *self, gboolean keep);

G_END_DECLS
