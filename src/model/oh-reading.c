/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-reading.h"

#include "oh-value.h"

OhReading *
oh_reading_new (OhFacts *facts)
{
  OhReading *self = g_atomic_rc_box_new0 (OhReading);

  g_return_val_if_fail (facts != NULL, NULL);
  self->facts = facts;
  self->parameters = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_parameter_free);
  self->system = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_block_unref);
  self->tools = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_tool_free);
  self->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_message_unref);
  self->events = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_stream_event_free);
  self->problems = g_ptr_array_new_with_free_func (g_free);
  return self;
}

static void
reading_clear (gpointer data)
{
  OhReading *self = data;

  oh_facts_unref (self->facts);
  g_ptr_array_unref (self->parameters);
  g_ptr_array_unref (self->system);
  g_ptr_array_unref (self->tools);
  g_ptr_array_unref (self->messages);
  g_ptr_array_unref (self->events);
  g_clear_pointer (&self->events_owner, g_ptr_array_unref);
  g_ptr_array_unref (self->problems);
  g_clear_pointer (&self->answer, oh_message_unref);
}

OH_DEFINE_VALUE (OhReading, oh_reading, reading_clear)

OhStreamEvent *
oh_stream_event_new (void)
{
  OhStreamEvent *self = g_new0 (OhStreamEvent, 1);

  self->at_ns = -1;
  return self;
}

void
oh_stream_event_free (OhStreamEvent *self)
{
  g_free (self->name);
  g_free (self->data);
  g_free (self->summary);
  g_free (self);
}

OhTool *
oh_tool_new (void)
{
  return g_new0 (OhTool, 1);
}

void
oh_tool_free (OhTool *self)
{
  g_free (self->name);
  g_free (self->description);
  g_free (self->json);
  g_free (self);
}

OhParameter *
oh_parameter_new (const char *name, const char *value)
{
  OhParameter *self = g_new0 (OhParameter, 1);

  self->name = g_strdup (name);
  self->value = g_strdup (value);
  return self;
}

void
oh_parameter_free (OhParameter *self)
{
  g_free (self->name);
  g_free (self->value);
  g_free (self);
}
