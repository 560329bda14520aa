/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-rate-limit.h"

#include "oh-clock.h"
#include "oh-provider.h"

#include <math.h>
#include <string.h>

typedef enum
{
  WHAT_LIMIT,
  WHAT_REMAINING,
  WHAT_RESET,
  WHAT_UTILIZATION,
  WHAT_STATUS,
  WHAT_THRESHOLD,
} What;

static const char *const endings[] = {
  [WHAT_LIMIT] = "limit",   [WHAT_REMAINING] = "remaining", [WHAT_RESET] = "reset", [WHAT_UTILIZATION] = "utilization",
  [WHAT_STATUS] = "status", [WHAT_THRESHOLD] = "surpassed-threshold",
};

void
oh_rate_limit_free (OhRateLimit *self)
{
  g_free (self->bucket);
  g_free (self->status);
  g_free (self);
}

/* Whether @text is @family's header of that ending. Returns: (transfer full): the bucket, or NULL. */
static char *
read_bucket (const OhProviderLimits *family, const char *text, const char *ending)
{
  const gsize length = strlen (text), tail = strlen (ending) + 1;

  if (length <= tail)
    return NULL;
  if (family->what_first)
    return g_str_has_prefix (text, ending) && text[tail - 1] == '-' ? g_strconcat (family->bucket, text + tail, NULL) : NULL;
  if (!g_str_has_suffix (text, ending) || text[length - tail] != '-')
    return NULL;
  return g_strdup_printf ("%s%.*s", family->bucket, (int) (length - tail), text);
}

/* "anthropic-ratelimit-unified-5h-reset" is the reset of "unified-5h".
 * Returns: (transfer full): the bucket, or NULL for a header that describes none. */
static char *
split_name (const char *header, What *what)
{
  g_autofree char *lower = g_ascii_strdown (header, -1);
  const OhProvider *provider;

  for (guint i = 0; (provider = oh_providers_get_nth (i)) != NULL; i++)
    for (const OhProviderLimits *family = provider->limits; family != NULL && family->prefix != NULL; family++)
      for (guint ending = 0; g_str_has_prefix (lower, family->prefix) && ending < G_N_ELEMENTS (endings); ending++)
        {
          char *bucket = read_bucket (family, lower + strlen (family->prefix), endings[ending]);

          *what = ending;
          if (bucket != NULL)
            return bucket;
        }
  return NULL;
}

static gint64
parse_count (const char *text)
{
  char *end = NULL;
  double number = g_ascii_strtod (text, &end);

  return end != text && *end == '\0' && number >= 0 && number < 1e18 ? (gint64) number : -1;
}

/* "6m0s", "1h2m3.5s", "20ms": how long from now, as Go writes it; -1 if it is none. */
static gint64
parse_span (const char *text)
{
  static const struct
  {
    const char *unit;
    gint64 ns;
  } units[] = { { "ms", OH_NS_PER_MS }, { "h", 3600 * OH_NS_PER_S }, { "m", 60 * OH_NS_PER_S }, { "s", OH_NS_PER_S } };
  double sum = 0;

  if (!g_ascii_isdigit (*text))
    return -1;
  while (*text != '\0')
    {
      char *end = NULL;
      const double number = g_ascii_strtod (text, &end);
      guint i = 0;

      while (i < G_N_ELEMENTS (units) && !g_str_has_prefix (end, units[i].unit))
        i++;
      if (end == text || i == G_N_ELEMENTS (units) || !isfinite (number) || number < 0)
        return -1;
      sum += number * (double) units[i].ns;
      text = end + strlen (units[i].unit);
    }
  return sum < 1e18 ? (gint64) sum : -1;
}

/* RFC 3339 if it has a T, a time from now if it has units, else seconds since 1970. */
static gint64
parse_reset (const char *text, gint64 at_ns)
{
  g_autoptr (GDateTime) time = strchr (text, 'T') != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;
  gint64 seconds = parse_count (text);
  gint64 span = seconds < 0 ? parse_span (text) : -1;

  if (time != NULL)
    return MAX (oh_clock_from_date_time (time), -1);
  if (span >= 0 && at_ns > 0)
    return at_ns + span;
  return seconds >= 0 && seconds < G_MAXINT64 / OH_NS_PER_S ? seconds * OH_NS_PER_S : -1;
}

static OhRateLimit *
find_or_add (GPtrArray *limits, char *bucket)
{
  OhRateLimit *limit;

  for (guint i = 0; i < limits->len; i++)
    {
      limit = g_ptr_array_index (limits, i);
      if (strcmp (limit->bucket, bucket) == 0)
        return limit;
    }
  limit = g_new0 (OhRateLimit, 1);
  limit->bucket = g_strdup (bucket);
  limit->limit = limit->remaining = limit->reset_ns = -1;
  limit->utilization = NAN;
  g_ptr_array_add (limits, limit);
  return limit;
}

static void
set_value (OhRateLimit *limit, What what, const char *value, gint64 at_ns)
{
  char *end = NULL;
  double number;

  switch (what)
    {
    case WHAT_LIMIT:
      limit->limit = parse_count (value);
      break;
    case WHAT_REMAINING:
      limit->remaining = parse_count (value);
      break;
    case WHAT_RESET:
      limit->reset_ns = parse_reset (value, at_ns);
      break;
    case WHAT_UTILIZATION:
      number = g_ascii_strtod (value, &end);
      if (end != value && *end == '\0' && isfinite (number) && number >= 0)
        limit->utilization = number;
      break;
    case WHAT_STATUS:
      g_free (limit->status);
      limit->status = g_strdup (value);
      break;
    case WHAT_THRESHOLD:
      limit->warning = TRUE;
      break;
    }
}

GPtrArray *
oh_rate_limit_parse (const OhHeaders *response, gint64 at_ns)
{
  GPtrArray *limits = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_rate_limit_free);

  for (guint i = 0; response != NULL && i < oh_headers_get_length (response); i++)
    {
      const char *name, *value;
      g_autofree char *bucket = NULL;
      What what = WHAT_LIMIT;

      oh_headers_get_nth (response, i, &name, &value);
      bucket = split_name (name, &what);
      if (bucket != NULL)
        set_value (find_or_add (limits, bucket), what, value, at_ns);
    }
  for (guint i = 0; i < limits->len; i++)
    {
      OhRateLimit *limit = g_ptr_array_index (limits, i);

      if (isnan (limit->utilization) && limit->limit > 0 && limit->remaining >= 0)
        limit->utilization = CLAMP (1 - (double) limit->remaining / (double) limit->limit, 0, 1);
    }
  return limits;
}

/* The inside of the marker: "…LAST4 HASH". (transfer full) */
static char *
find_marker (const OhHeaders *request)
{
  const OhProviderKey *key = NULL;

  while ((key = oh_providers_next_key (NULL, key)) != NULL)
    {
      const char *value = oh_headers_get_one (request, key->header);
      const char *start = value != NULL ? strstr (value, OH_REDACTED) : NULL;
      const char *end = start != NULL ? strrchr (start, '>') : NULL;

      if (end != NULL)
        return g_strndup (start + strlen (OH_REDACTED), (gsize) (end - start) - strlen (OH_REDACTED));
    }
  return NULL;
}

char *
oh_rate_limit_get_key (const OhHeaders *request)
{
  g_autofree char *marker = find_marker (request);
  const char *hash = marker != NULL ? strrchr (marker, ' ') : NULL;

  hash = hash != NULL ? hash + 1 : marker;
  return hash != NULL && strlen (hash) == 16 && strspn (hash, "0123456789abcdef") == 16 ? g_strdup (hash) : NULL;
}

char *
oh_rate_limit_get_key_name (const OhHeaders *request)
{
  g_autofree char *marker = find_marker (request);
  const char *hash = marker != NULL ? strrchr (marker, ' ') : NULL;

  return hash != NULL && hash > marker ? g_strndup (marker, (gsize) (hash - marker)) : NULL;
}

const char *
oh_rate_limit_get_organization (const OhHeaders *response)
{
  const OhProvider *provider;
  const char *told = NULL;

  for (guint i = 0; told == NULL && (provider = oh_providers_get_nth (i)) != NULL; i++)
    told = provider->organization != NULL ? oh_headers_get_one (response, provider->organization) : NULL;
  return told;
}

const char *
oh_rate_limit_get_workspace (const OhHeaders *request, const OhHeaders *response)
{
  const OhProvider *provider;
  const char *told = NULL;

  for (guint i = 0; told == NULL && (provider = oh_providers_get_nth (i)) != NULL; i++)
    {
      told = provider->workspace != NULL ? oh_headers_get_one (response, provider->workspace) : NULL;
      if (told == NULL && provider->workspace != NULL)
        told = oh_headers_get_one (request, provider->workspace);
    }
  return told;
}

const char *
oh_rate_limit_get_scope (const OhFacts *facts, const char *bucket)
{
  const char *scope = NULL;
  const OhProvider *provider;

  g_return_val_if_fail (facts != NULL && bucket != NULL, "");
  for (guint i = 0; (provider = oh_providers_get_nth (i)) != NULL; i++)
    if (provider->shared_limits != NULL && g_str_has_prefix (bucket, provider->shared_limits))
      return "";
  if (oh_facts_is_billed (facts))
    scope = facts->requested_model != NULL ? facts->requested_model : facts->model;
  else
    scope = facts->operation;
  return scope != NULL ? scope : "";
}

/* The first sample after the last refill: where the use fell by more than the rounding of `remaining` explains, or the
 * reset passed. */
static guint
find_refill (const OhRateSample *samples, guint n_samples)
{
  guint first = 0;

  for (guint i = 1; i < n_samples; i++)
    {
      gboolean passed = samples[i - 1].reset_ns > 0 && samples[i - 1].reset_ns <= samples[i].at_ns;

      if (samples[i].utilization < samples[i - 1].utilization - 0.02 ||
          (passed && samples[i].utilization < samples[i - 1].utilization))
        first = i;
    }
  return first;
}

gint64
oh_rate_limit_estimate (const OhRateSample *samples, guint n_samples)
{
  const OhRateSample *last;
  guint first;
  double mean_t = 0, mean_u = 0, tt = 0, tu = 0, slope, left_s;
  guint n;
  gboolean fixed;
  gint64 when;

  g_return_val_if_fail (samples != NULL || n_samples == 0, -1);
  if (n_samples == 0)
    return -1;
  last = &samples[n_samples - 1];
  if (last->utilization >= 1)
    return last->at_ns;
  first = find_refill (samples, n_samples);
  n = n_samples - first;
  if (n < 2 || last->at_ns - samples[first].at_ns < OH_NS_PER_S)
    return -1;
  for (guint i = first; i < n_samples; i++)
    {
      mean_t += (double) (samples[i].at_ns - samples[first].at_ns) / 1e9 / n;
      mean_u += samples[i].utilization / n;
    }
  for (guint i = first; i < n_samples; i++)
    {
      double t = (double) (samples[i].at_ns - samples[first].at_ns) / 1e9 - mean_t;

      tt += t * t;
      tu += t * (samples[i].utilization - mean_u);
    }
  if (tt <= 0)
    return -1;
  slope = tu / tt;
  if (slope <= 1e-9)
    return -1;
  left_s = (1 - last->utilization) / slope;
  if (left_s > 366.0 * 24 * 3600)
    return -1;
  when = last->at_ns + (gint64) (left_s * 1e9);
  /* A window that stands still ends at its reset. One that moves on with every answer is refilled all the time, and
   * that is in the slope already. */
  fixed = last->reset_ns > 0 && ABS (last->reset_ns - samples[first].reset_ns) <= 2 * OH_NS_PER_S;
  return fixed && when >= last->reset_ns ? -1 : when;
}
