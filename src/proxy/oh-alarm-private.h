/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A clock that strikes once, and can be set again. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef void (*OhAlarmFunc) (gpointer data);

/* All zeroes: it is not set. */
typedef struct
{
  GSource *source;
  OhAlarmFunc func;
  gpointer data;
} OhAlarm;

/* @ms: 0: in the next turn of the loop. Its strike may free it. */
void oh_alarm_set (OhAlarm *self, GMainContext *context, guint ms, OhAlarmFunc func, gpointer data);
void oh_alarm_clear (OhAlarm *self);
gboolean oh_alarm_is_set (const OhAlarm *self);

G_END_DECLS
