/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-trace.h"

#include "oh-value.h"

#include <math.h>

static void
oh_span_clear (gpointer data)
{
  OhSpan *self = data;

  g_free (self->id);
  g_free (self->parent_id);
  g_free (self->name);
  g_free (self->detail);
  g_free (self->result);
  g_clear_pointer (&self->exchange, oh_exchange_unref);
}

static void
oh_trace_clear (gpointer data)
{
  OhTrace *self = data;

  g_free (self->name);
  g_free (self->session);
  g_free (self->user);
}

static void
oh_group_clear (gpointer data)
{
  OhGroup *self = data;

  g_free (self->name);
  g_free (self->users);
}

static void
oh_limit_clear (gpointer data)
{
  OhLimit *self = data;

  g_free (self->key_hash);
  g_free (self->key_tail);
  g_free (self->organization);
  g_free (self->scope);
  g_free (self->bucket);
  g_free (self->status);
}

static void
oh_notice_clear (gpointer data)
{
  OhNotice *self = data;

  g_free (self->kind);
  g_free (self->saying);
  g_clear_pointer (&self->exchange_ids, g_array_unref);
}

static void
oh_meaning_clear (gpointer data)
{
  OhMeaning *self = data;

  oh_place_unref (self->place);
  g_free (self->trace_key);
  g_free (self->client_request);
  g_free (self->told_trace);
  g_clear_pointer (&self->trace, oh_trace_unref);
  g_ptr_array_unref (self->spans);
  g_ptr_array_unref (self->limits);
  g_ptr_array_unref (self->notices);
}

OH_DEFINE_VALUE (OhMeaning, oh_meaning, oh_meaning_clear)
OH_DEFINE_VALUE (OhSpan, oh_span, oh_span_clear)
OH_DEFINE_VALUE (OhTrace, oh_trace, oh_trace_clear)
OH_DEFINE_VALUE (OhGroup, oh_group, oh_group_clear)
OH_DEFINE_VALUE (OhLimit, oh_limit, oh_limit_clear)
G_DEFINE_BOXED_TYPE (OhNotice, oh_notice, oh_notice_ref, oh_notice_unref)
OH_DEFINE_VALUE (OhNotice, oh_notice, oh_notice_clear)

OhSpan *
oh_span_new (OhSpanKind kind)
{
  OhSpan *self = g_atomic_rc_box_new0 (OhSpan);

  self->kind = kind;
  return self;
}

OhTrace *
oh_trace_new (void)
{
  return g_atomic_rc_box_new0 (OhTrace);
}

OhGroup *
oh_group_new (void)
{
  return g_atomic_rc_box_new0 (OhGroup);
}

OhLimit *
oh_limit_new (void)
{
  OhLimit *self = g_atomic_rc_box_new0 (OhLimit);

  self->limit = self->remaining = self->utilization = NAN;
  self->retry_after_ns = -1;
  return self;
}

OhNotice *
oh_notice_new (const char *kind)
{
  OhNotice *self = g_atomic_rc_box_new0 (OhNotice);

  g_return_val_if_fail (kind != NULL, NULL);
  self->kind = g_strdup (kind);
  self->exchange_ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  return self;
}

OhMeaning *
oh_meaning_new (gint64 exchange_id)
{
  OhMeaning *self = g_atomic_rc_box_new0 (OhMeaning);

  self->exchange_id = exchange_id;
  self->place = oh_place_new ();
  self->spans = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_span_unref);
  self->limits = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_limit_unref);
  self->notices = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_notice_unref);
  return self;
}

void
oh_slice_clear (OhSlice *self)
{
  g_clear_pointer (&self->model, g_free);
}

OhOverview *
oh_overview_new (void)
{
  OhOverview *self = g_new0 (OhOverview, 1);

  self->ttft_p50_ns = self->ttft_p95_ns = self->duration_p50_ns = self->duration_p95_ns = -1;
  self->slices = g_array_new (FALSE, TRUE, sizeof (OhSlice));
  g_array_set_clear_func (self->slices, (GDestroyNotify) oh_slice_clear);
  return self;
}

void
oh_overview_free (OhOverview *self)
{
  g_array_unref (self->slices);
  g_free (self);
}

static gboolean
is_error (const OhExchange *exchange)
{
  return exchange->outcome == OH_OUTCOME_FAILED || exchange->outcome == OH_OUTCOME_CUT || exchange->status >= 400 ||
         (exchange->facts != NULL && exchange->facts->error_type != NULL);
}

OhSpan *
oh_span_new_for_exchange (OhSpanKind kind, OhExchange *exchange)
{
  const OhFacts *facts = exchange->facts;
  OhSpan *span = oh_span_new (kind);

  span->exchange_id = exchange->id;
  span->name = g_strdup (facts != NULL && facts->model != NULL ? facts->model : exchange->target);
  span->started_ns = exchange->started_ns;
  span->ended_ns = exchange->timings.ended >= 0 ? exchange->started_ns + exchange->timings.ended : 0;
  span->is_error = is_error (exchange);
  span->exchange = oh_exchange_ref (exchange);
  return span;
}

gint64
oh_trace_count_failed (const OhTrace *self)
{
  const gint64 calls = self->sums.failed + self->sums.cut;

  return calls > 0 ? calls : self->failed_spans;
}
