/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-alarm-private.h"

static gboolean
strike (gpointer data)
{
  OhAlarm *self = data;

  g_clear_pointer (&self->source, g_source_unref);
  self->func (self->data);
  return G_SOURCE_REMOVE;
}

void
oh_alarm_set (OhAlarm *self, GMainContext *context, guint ms, OhAlarmFunc func, gpointer data)
{
  oh_alarm_clear (self);
  self->func = func;
  self->data = data;
  self->source = g_timeout_source_new (ms);
  g_source_set_callback (self->source, strike, self, NULL);
  g_source_attach (self->source, context);
}

void
oh_alarm_clear (OhAlarm *self)
{
  if (self->source == NULL)
    return;
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

gboolean
oh_alarm_is_set (const OhAlarm *self)
{
  return self->source != NULL;
}
