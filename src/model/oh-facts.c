/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-facts.h"

#include "oh-value.h"

#include <string.h>

/* More tokens than any call can have. */
#define TOKENS_MAX G_GINT64_CONSTANT (1000000000000)

OhFacts *
oh_facts_new (const char *provider)
{
  OhFacts *self = g_atomic_rc_box_new0 (OhFacts);

  g_return_val_if_fail (provider != NULL, NULL);
  self->provider = g_strdup (provider);
  self->usage = OH_USAGE_UNKNOWN;
  self->output_estimate = -1;
  self->first_token_ns = -1;
  self->cache_missed_tokens = -1;
  return self;
}

void
oh_usage_doubt (OhUsage *self)
{
  gint64 *const counts[] = { &self->input,          &self->output,         &self->cache_read,
                             &self->cache_write,    &self->cache_write_5m, &self->cache_write_1h,
                             &self->thinking,       &self->web_search,     &self->web_fetch };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    if (*counts[i] < 0 || *counts[i] > TOKENS_MAX)
      *counts[i] = -1;
}

static void
facts_clear (gpointer data)
{
  OhFacts *self = data;

  g_free (self->provider);
  g_free (self->operation);
  g_free (self->model);
  g_free (self->requested_model);
  g_free (self->stop_reason);
  g_free (self->stop_category);
  g_free (self->stop_explanation);
  g_free (self->message_id);
  g_free (self->request_id);
  g_free (self->error_type);
  g_free (self->error_message);
  g_free (self->title);
  g_free (self->tool_result);
  g_free (self->service_tier);
  g_free (self->speed);
  g_free (self->inference_geo);
  g_free (self->region);
  g_free (self->previous_message_id);
  g_free (self->cache_miss_reason);
  g_free (self->session);
  g_free (self->user);
  g_free (self->task);
  g_free (self->agent);
  g_free (self->agent_kind);
  g_free (self->parent_agent);
  g_clear_pointer (&self->phases, g_array_unref);
  g_clear_pointer (&self->iterations, g_array_unref);
}

OH_DEFINE_VALUE (OhFacts, oh_facts, facts_clear)

OhFacts *
oh_facts_copy (const OhFacts *self)
{
  OhFacts *copy = g_atomic_rc_box_new0 (OhFacts);

  g_return_val_if_fail (self != NULL, NULL);
  *copy = *self;
  copy->provider = g_strdup (self->provider);
  copy->operation = g_strdup (self->operation);
  copy->model = g_strdup (self->model);
  copy->requested_model = g_strdup (self->requested_model);
  copy->stop_reason = g_strdup (self->stop_reason);
  copy->stop_category = g_strdup (self->stop_category);
  copy->stop_explanation = g_strdup (self->stop_explanation);
  copy->message_id = g_strdup (self->message_id);
  copy->request_id = g_strdup (self->request_id);
  copy->error_type = g_strdup (self->error_type);
  copy->error_message = g_strdup (self->error_message);
  copy->title = g_strdup (self->title);
  copy->tool_result = g_strdup (self->tool_result);
  copy->service_tier = g_strdup (self->service_tier);
  copy->speed = g_strdup (self->speed);
  copy->inference_geo = g_strdup (self->inference_geo);
  copy->region = g_strdup (self->region);
  copy->previous_message_id = g_strdup (self->previous_message_id);
  copy->cache_miss_reason = g_strdup (self->cache_miss_reason);
  copy->session = g_strdup (self->session);
  copy->user = g_strdup (self->user);
  copy->task = g_strdup (self->task);
  copy->agent = g_strdup (self->agent);
  copy->agent_kind = g_strdup (self->agent_kind);
  copy->parent_agent = g_strdup (self->parent_agent);
  copy->phases = self->phases != NULL ? g_array_copy (self->phases) : NULL;
  copy->iterations = self->iterations != NULL ? g_array_ref (self->iterations) : NULL;
  return copy;
}

char *
oh_facts_describe_stop (const OhFacts *self)
{
  const char *parts[3] = { NULL };
  g_autofree char *details = NULL;
  guint n = 0;

  g_return_val_if_fail (self != NULL, NULL);
  if (self->stop_category != NULL)
    parts[n++] = self->stop_category;
  if (self->stop_explanation != NULL)
    parts[n++] = self->stop_explanation;
  if (self->stop_reason == NULL || n == 0)
    return g_strdup (self->stop_reason);
  details = g_strjoinv (": ", (char **) parts);
  return g_strdup_printf ("%s · %s", self->stop_reason, details);
}

gboolean
oh_facts_is_over (const OhFacts *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return self->streamed && (self->complete || self->error_type != NULL);
}

gint64
oh_facts_get_prompt (const OhFacts *self)
{
  const OhUsage *usage = &self->usage;

  g_return_val_if_fail (self != NULL, -1);
  if (usage->input < 0 && usage->cache_read < 0 && usage->cache_write < 0)
    return -1;
  return MAX (usage->input, 0) + MAX (usage->cache_read, 0) + MAX (usage->cache_write, 0);
}

gint64
oh_facts_get_output (const OhFacts *self, gboolean *estimated)
{
  g_return_val_if_fail (self != NULL, -1);
  if (estimated != NULL)
    *estimated = self->output_estimate > self->usage.output;
  return MAX (self->usage.output, self->output_estimate);
}

void
oh_facts_begin_phase (OhFacts *self, OhPhaseKind kind, gint64 from_ns)
{
  OhPhase phase = { kind, from_ns };

  g_return_if_fail (self != NULL);

  if (from_ns < 0)
    return;
  if (self->phases == NULL)
    self->phases = g_array_new (FALSE, FALSE, sizeof (OhPhase));
  if (self->phases->len == 0 || g_array_index (self->phases, OhPhase, self->phases->len - 1).kind != kind)
    g_array_append_val (self->phases, phase);
}

gboolean
oh_facts_is_understood (const OhFacts *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return strcmp (self->provider, OH_PROVIDER_ID_HTTP) != 0;
}

OhOperation
oh_facts_get_operation (const OhFacts *self)
{
  static const char *const names[] = { [OH_OPERATION_TURN] = OH_OPERATION_NAME_TURN,
                                       [OH_OPERATION_COMPLETION] = OH_OPERATION_NAME_COMPLETION,
                                       [OH_OPERATION_COUNT] = OH_OPERATION_NAME_COUNT,
                                       [OH_OPERATION_BATCH] = OH_OPERATION_NAME_BATCH };

  g_return_val_if_fail (self != NULL, OH_OPERATION_OTHER);
  for (guint i = OH_OPERATION_TURN; self->operation != NULL && i < G_N_ELEMENTS (names); i++)
    if (strcmp (self->operation, names[i]) == 0)
      return i;
  return OH_OPERATION_OTHER;
}

gboolean
oh_facts_is_turn (const OhFacts *self)
{
  return oh_facts_get_operation (self) == OH_OPERATION_TURN;
}

gboolean
oh_facts_is_billed (const OhFacts *self)
{
  const OhOperation operation = oh_facts_get_operation (self);

  return operation == OH_OPERATION_TURN || operation == OH_OPERATION_COMPLETION;
}
