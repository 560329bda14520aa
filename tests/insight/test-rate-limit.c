/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-clock.h"
#include "oh-rate-limit.h"

#include <math.h>

static const OhRateLimit *
find (GPtrArray *limits, const char *bucket)
{
  for (guint i = 0; i < limits->len; i++)
    if (g_strcmp0 (((OhRateLimit *) g_ptr_array_index (limits, i))->bucket, bucket) == 0)
      return g_ptr_array_index (limits, i);
  g_test_message ("no bucket %s", bucket);
  g_assert_not_reached ();
}

static void
test_api (void)
{
  g_autoptr (OhHeaders) headers = oh_headers_new_from_string (
    "Anthropic-RateLimit-Requests-Limit: 50\r\nanthropic-ratelimit-requests-remaining: 49\r\n"
    "anthropic-ratelimit-requests-reset: 2026-11-21T20:00:01Z\r\n"
    "anthropic-ratelimit-input-tokens-limit: 100000\r\nanthropic-ratelimit-input-tokens-remaining: 25000\r\n"
    "anthropic-ratelimit-input-tokens-reset: 2026-11-21T20:00:45.500Z\r\n"
    "anthropic-priority-output-tokens-limit: 10\r\nanthropic-priority-output-tokens-remaining: 10\r\n"
    "anthropic-fast-input-tokens-limit: 5\r\nanthropic-fast-input-tokens-remaining: 0\r\n"
    "anthropic-organization-id: 0123-uuid\r\nrequest-id: req_1\r\nanthropic-ratelimit-new-kind-of-thing-limit: 3\r\n");
  g_autoptr (GPtrArray) limits = oh_rate_limit_parse (headers, 0);
  const OhRateLimit *limit;

  g_assert_cmpuint (limits->len, ==, 5);
  limit = find (limits, "requests");
  g_assert_cmpint (limit->limit, ==, 50);
  g_assert_cmpint (limit->remaining, ==, 49);
  g_assert_cmpfloat_with_epsilon (limit->utilization, 0.02, 1e-9);
  g_assert_cmpint (limit->reset_ns, ==, G_GINT64_CONSTANT (1795291201) * OH_NS_PER_S);
  limit = find (limits, "input-tokens");
  g_assert_cmpfloat_with_epsilon (limit->utilization, 0.75, 1e-9);
  g_assert_cmpint (limit->reset_ns % OH_NS_PER_S, ==, 500 * OH_NS_PER_MS);
  g_assert_cmpfloat (find (limits, "priority-output-tokens")->utilization, ==, 0);
  g_assert_cmpfloat (find (limits, "fast-input-tokens")->utilization, ==, 1);
  limit = find (limits, "new-kind-of-thing");
  g_assert_cmpint (limit->limit, ==, 3);
  g_assert_true (isnan (limit->utilization));
  g_assert_cmpint (limit->remaining, ==, -1);
  g_assert_cmpint (limit->reset_ns, ==, -1);
  g_assert_cmpstr (oh_rate_limit_get_organization (headers), ==, "0123-uuid");
}

/* The same of an API that names them the other way round, and says how long it is until a reset. */
static void
test_spans (void)
{
  g_autoptr (OhHeaders) headers = oh_headers_new_from_string (
    "x-ratelimit-limit-requests: 500\r\nx-ratelimit-remaining-requests: 499\r\nx-ratelimit-reset-requests: 120ms\r\n"
    "x-ratelimit-limit-tokens: 30000\r\nx-ratelimit-remaining-tokens: 15000\r\nx-ratelimit-reset-tokens: 1h6m0.5s\r\n"
    "x-ratelimit-limit: 9\r\nx-ratelimit-reset-odd: 6x\r\nopenai-organization: org-1\r\n");
  const gint64 now = G_GINT64_CONSTANT (1795291201) * OH_NS_PER_S;
  g_autoptr (GPtrArray) limits = oh_rate_limit_parse (headers, now);
  g_autoptr (GPtrArray) undated = oh_rate_limit_parse (headers, 0);

  g_assert_cmpuint (limits->len, ==, 3);
  g_assert_cmpint (find (limits, "requests")->limit, ==, 500);
  g_assert_cmpint (find (limits, "requests")->reset_ns, ==, now + 120 * OH_NS_PER_MS);
  g_assert_cmpfloat_with_epsilon (find (limits, "tokens")->utilization, 0.5, 1e-9);
  g_assert_cmpint (find (limits, "tokens")->reset_ns, ==, now + 3960 * OH_NS_PER_S + 500 * OH_NS_PER_MS);
  g_assert_cmpint (find (limits, "odd")->reset_ns, ==, -1);
  g_assert_cmpint (find (undated, "tokens")->reset_ns, ==, -1);
  g_assert_cmpstr (oh_rate_limit_get_organization (headers), ==, "org-1");
}

static void
test_unified (void)
{
  g_autoptr (OhHeaders) headers = oh_headers_new_from_string (
    "anthropic-ratelimit-unified-status: allowed_warning\r\nanthropic-ratelimit-unified-reset: 1795291201\r\n"
    "anthropic-ratelimit-unified-5h-utilization: 0.91\r\nanthropic-ratelimit-unified-5h-reset: 1795291201\r\n"
    "anthropic-ratelimit-unified-5h-surpassed-threshold: 0.9\r\n"
    "anthropic-ratelimit-unified-7d-utilization: 0.1\r\nanthropic-ratelimit-unified-overage-status: rejected\r\n"
    "anthropic-ratelimit-unified-overage-disabled-reason: org_level_disabled\r\n"
    "anthropic-ratelimit-unified-upgrade-paths: a,b\r\nanthropic-ratelimit-unified-fallback: available\r\n"
    "anthropic-ratelimit-unified-representative-claim: five_hour\r\n");
  g_autoptr (GPtrArray) limits = oh_rate_limit_parse (headers, 0);

  g_assert_cmpuint (limits->len, ==, 4);
  g_assert_cmpstr (find (limits, "unified")->status, ==, "allowed_warning");
  g_assert_cmpint (find (limits, "unified")->reset_ns, ==, G_GINT64_CONSTANT (1795291201) * OH_NS_PER_S);
  g_assert_cmpfloat_with_epsilon (find (limits, "unified-5h")->utilization, 0.91, 1e-9);
  g_assert_true (find (limits, "unified-5h")->warning);
  g_assert_false (find (limits, "unified-7d")->warning);
  g_assert_cmpstr (find (limits, "unified-overage")->status, ==, "rejected");
}

static void
test_nonsense (void)
{
  g_autoptr (OhHeaders) headers = oh_headers_new_from_string (
    "anthropic-ratelimit-limit: 3\r\nanthropic-ratelimit-x-limit: many\r\nanthropic-ratelimit-x-remaining: -3\r\n"
    "anthropic-ratelimit-x-reset: soonTh\r\nanthropic-ratelimit-x-utilization: nan\r\nanthropic-ratelimit--limit: 2\r\n"
    "anthropic-fast-: 2\r\nanthropic-ratelimit-y-reset: 99999999999999999999\r\n");
  g_autoptr (GPtrArray) limits = oh_rate_limit_parse (headers, 0);
  g_autoptr (GPtrArray) none = oh_rate_limit_parse (NULL, 0);
  const OhRateLimit *limit = find (limits, "x");

  g_assert_cmpint (limit->limit, ==, -1);
  g_assert_cmpint (limit->remaining, ==, -1);
  g_assert_cmpint (limit->reset_ns, ==, -1);
  g_assert_true (isnan (limit->utilization));
  g_assert_cmpint (find (limits, "y")->reset_ns, ==, -1);
  g_assert_cmpuint (none->len, ==, 0);
}

static void
test_keys (void)
{
  static const struct
  {
    const char *headers;
    const char *key;
    const char *name;
  } cases[] = {
    { "x-api-key: <redacted …wxyz 0123456789abcdef>\r\n", "0123456789abcdef", "…wxyz" },
    { "authorization: Bearer <redacted …wxyz 00000000000000ff>\r\n", "00000000000000ff", "…wxyz" },
    { "Authorization: <redacted …wxyz 00000000000000ff>\r\n", "00000000000000ff", "…wxyz" },
    { "api-key: <redacted …1 00000000000000fe>\r\n", "00000000000000fe", "…1" },
    { "x-api-key: <redacted 00000000000000fe>\r\n", "00000000000000fe", NULL },
    { "x-api-key: <redacted …wxyz short>\r\n", NULL, "…wxyz" },
    { "x-api-key: sk-ant-secret\r\n", NULL, NULL },
    { "accept: */*\r\n", NULL, NULL },
    { "", NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (OhHeaders) headers = oh_headers_new_from_string (cases[i].headers);
      g_autofree char *key = oh_rate_limit_get_key (headers);
      g_autofree char *name = oh_rate_limit_get_key_name (headers);

      g_assert_cmpstr (key, ==, cases[i].key);
      g_assert_cmpstr (name, ==, cases[i].name);
    }
}

static void
assert_estimate (const OhRateSample *seconds, guint n, double expected_s)
{
  g_autofree OhRateSample *samples = g_memdup2 (seconds, n * sizeof *seconds);
  gint64 when;

  for (guint i = 0; i < n; i++)
    {
      samples[i].at_ns *= OH_NS_PER_S;
      samples[i].reset_ns = samples[i].reset_ns < 0 ? -1 : samples[i].reset_ns * OH_NS_PER_S;
    }
  when = oh_rate_limit_estimate (samples, n);
  if (expected_s < 0)
    g_assert_cmpint (when, ==, -1);
  else
    g_assert_cmpfloat_with_epsilon ((double) when / 1e9, expected_s, 0.5);
}

static void
test_pace (void)
{
  /* 10 % in 10 s: the other 70 % take 70 s more. */
  assert_estimate ((OhRateSample[]){ { 1000, 0.2, -1 }, { 1005, 0.25, -1 }, { 1010, 0.3, -1 } }, 3, 1080);
  /* It stands still, falls, or there is one sample, or none. */
  assert_estimate ((OhRateSample[]){ { 1000, 0.3, -1 }, { 1010, 0.3, -1 } }, 2, -1);
  assert_estimate ((OhRateSample[]){ { 1000, 0.31, -1 }, { 1010, 0.30, -1 } }, 2, -1);
  assert_estimate ((OhRateSample[]){ { 1000, 0.3, -1 } }, 1, -1);
  assert_estimate (NULL, 0, -1);
  /* Used up already. */
  assert_estimate ((OhRateSample[]){ { 1000, 1, -1 } }, 1, 1000);
  /* After a refill only what came since counts: 5 % in 10 s, 85 % left. */
  assert_estimate (
    (OhRateSample[]){ { 900, 0.1, -1 }, { 950, 0.9, -1 }, { 1000, 0.1, -1 }, { 1010, 0.15, -1 } }, 4, 1180);
  /* A fixed window that resets at 1050 is in time, one that resets at 1100 is not. */
  assert_estimate ((OhRateSample[]){ { 1000, 0.2, 1050 }, { 1010, 0.3, 1050 } }, 2, -1);
  assert_estimate ((OhRateSample[]){ { 1000, 0.2, 1100 }, { 1010, 0.3, 1100 } }, 2, 1080);
  /* A reset that moves on is no such window. */
  assert_estimate ((OhRateSample[]){ { 1000, 0.2, 1010 }, { 1010, 0.3, 1040 } }, 2, 1080);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rate-limit/api", test_api);
  g_test_add_func ("/rate-limit/unified", test_unified);
  g_test_add_func ("/rate-limit/spans", test_spans);
  g_test_add_func ("/rate-limit/nonsense", test_nonsense);
  g_test_add_func ("/rate-limit/keys", test_keys);
  g_test_add_func ("/rate-limit/pace", test_pace);
  return g_test_run ();
}
