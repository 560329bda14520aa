/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Brings a widget what a slow query finds: on a worker with a reader of its own, at most once in an interval (less
 * often where it takes long), and only while the widget is on screen. */
#pragma once
#include "oh-engine.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef struct
{
  gpointer (*ask) (GtkWidget *widget);                        /* main thread: what to look for. (transfer full) */
  gpointer (*load) (OhStoreReader *reader, gpointer question); /* worker. (transfer full) */
  void (*show) (GtkWidget *widget, gpointer answer);          /* main thread. (transfer full) */
  GDestroyNotify free_question;
  GDestroyNotify free_answer;
} OhOverviewLoad;

#define OH_TYPE_SLOW_LOADER (oh_slow_loader_get_type ())
G_DECLARE_FINAL_TYPE (OhSlowLoader, oh_slow_loader, OH, SLOW_LOADER, GObject)

/* @widget: owns the loader
 * @load: lives as long as the program */
OhSlowLoader *oh_slow_loader_new (GtkWidget *widget, const OhOverviewLoad *load, guint interval_ms);
/* @data_dir: (nullable): none: nothing is loaded, and what is under way is dropped */
void oh_slow_loader_set_data_dir (OhSlowLoader *self, const char *data_dir);
/* What was shown is out of date. */
void oh_slow_loader_request (OhSlowLoader *self);
/* Something else is asked for now: at once, and what is under way is dropped. */
void oh_slow_loader_restart (OhSlowLoader *self);

G_END_DECLS
