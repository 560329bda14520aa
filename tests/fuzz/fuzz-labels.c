/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Headers that insight reads: where a request belongs (overhear-*, traceparent, baggage), rate limits, how long to wait. */
#include "config.h"
#include "oh-label.h"
#include "oh-rate-limit.h"
#include "oh-retry.h"

#include <math.h>
#include <string.h>

#define NOW_NS (G_GINT64_CONSTANT (1780000000) * 1000000000)

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* What can be shown, and written as JSON. */
static void
check_text (const char *text)
{
  g_assert_true (text == NULL || g_utf8_validate (text, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_utf8_make_valid ((const char *) data, (gssize) strnlen ((const char *) data, size));
  g_autoptr (OhHeaders) headers = oh_headers_new_from_string (text);
  g_autoptr (OhExchange) exchange = oh_exchange_new ();
  g_autoptr (OhFacts) facts = oh_facts_new ("http");
  g_autoptr (GPtrArray) limits = oh_rate_limit_parse (headers, 1);
  g_autoptr (OhLabel) label = NULL;
  g_autofree char *key = oh_rate_limit_get_key (headers);
  g_autofree char *name = oh_rate_limit_get_key_name (headers);

  for (guint i = 0; i < limits->len; i++)
    {
      const OhRateLimit *limit = g_ptr_array_index (limits, i);

      g_assert_true (*limit->bucket != '\0' && limit->limit >= -1 && limit->remaining >= -1 && limit->reset_ns >= -1);
      g_assert_true (isnan (limit->utilization) || limit->utilization >= 0);
    }
  g_assert_cmpint (oh_retry_get_asked (headers, NOW_NS), >=, -1);
  exchange->request_headers = oh_headers_ref (headers);
  label = oh_label_new (exchange, facts, NULL);
  check_text (label->trace_key);
  check_text (label->trace_name);
  check_text (label->session);
  check_text (label->user);
  check_text (label->span_id);
  for (guint i = 0; i < label->spans->len; i++)
    {
      const OhSpan *span = g_ptr_array_index (label->spans, i);

      g_assert_nonnull (span->id);
      check_text (span->id);
      check_text (span->name);
    }
  return 0;
}
