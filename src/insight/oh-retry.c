/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-retry.h"

#include "oh-canon.h"
#include "oh-clock.h"
#include "oh-providers.h"
#include "oh-rate-limit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORGET_NS (600 * OH_NS_PER_S)   /* a failed attempt nobody repeated */
#define FORGET_COUNTED_NS (86400 * OH_NS_PER_S) /* the same, where the next one is counted: the machine may sleep */
#define SLACK_NS (30 * OH_NS_PER_S)     /* busy machines, name lookups, connect timeouts */
#define FUZZ_NS (50 * OH_NS_PER_MS)     /* between two parties' idea of when something happened */
#define HINT_NS (250 * OH_NS_PER_MS)    /* waits as near as this are told apart by the connection */
#define MAX_FAILED 4096
#define MAX_COUNTED 256                 /* of those older than FORGET_NS: each request is compared with all */
#define MAX_PENDING 65536

typedef enum
{
  CLIENT_OTHER,
  CLIENT_JS,
  CLIENT_PYTHON,
  CLIENT_GO,
  CLIENT_JAVA,
  CLIENT_RUBY,
  CLIENT_PHP,
  CLIENT_CSHARP,
  CLIENT_PROGRAM,
} Client;

typedef struct
{
  gint64 id;
  gint64 call_id;
  guint number;
  gint64 run_id;
  gint64 connection;
  gint64 started_ns;
  char *place;      /* method, scheme, host, port, target */
  char *credential; /* its hash, or "" */
  gboolean bearer;
  char *who;        /* user agent and platform */
  char *traceparent;
  char *session;    /* what a program that is known says it belongs to */
  char *model;
  int count;        /* x-stainless-retry-count, -1: none */
  Client client;
  guint64 body_hash;
  guint64 loose_hash;
  /* once it ended */
  gint64 ended_ns;
  guint status;
  gboolean answered;  /* a status line came */
  gboolean whole;     /* the answer came to its end without an error in it */
  gboolean by_client; /* the client went away */
  int should_retry;   /* x-should-retry: 1, 0, -1 not said */
  gint64 asked_ns;
  gint64 asked_s_ns;  /* by retry-after in seconds alone: all that PHP reads */
  guint overloads;    /* how many 529 in a row up to this one */
} Attempt;

struct _OhRetryTracker
{
  GHashTable *pending; /* id -> Attempt */
  GPtrArray *failed;   /* (element-type Attempt) oldest first */
};

static void
attempt_free (gpointer data)
{
  Attempt *attempt = data;

  g_free (attempt->place);
  g_free (attempt->credential);
  g_free (attempt->who);
  g_free (attempt->traceparent);
  g_free (attempt->session);
  g_free (attempt->model);
  g_free (attempt);
}

static Client
read_client (const OhHeaders *headers)
{
  static const char *const names[] = { [CLIENT_JS] = "js",     [CLIENT_PYTHON] = "python", [CLIENT_GO] = "go",
                                       [CLIENT_JAVA] = "java", [CLIENT_RUBY] = "ruby",     [CLIENT_PHP] = "php",
                                       [CLIENT_CSHARP] = "csharp" };
  const char *lang = oh_headers_get_one (headers, "x-stainless-lang");

  if (oh_providers_find_program (headers) != NULL)
    return CLIENT_PROGRAM;
  for (guint i = CLIENT_JS; lang != NULL && i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (lang, names[i]) == 0)
      return i;
  return CLIENT_OTHER;
}

static char *
join_headers (const OhHeaders *headers, const char *const *names)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; names[i] != NULL; i++)
    {
      const char *value = oh_headers_get_one (headers, names[i]);

      g_string_append_printf (text, "%s\n", value != NULL ? value : "");
    }
  return g_string_free (text, FALSE);
}

static Attempt *
attempt_new (const OhExchange *exchange, guint64 body_hash, guint64 loose_hash, const char *model)
{
  static const char *const who[] = { "user-agent", "x-stainless-lang", "x-stainless-package-version", "x-stainless-os",
                                     "x-stainless-arch", "x-stainless-runtime", "x-stainless-runtime-version", NULL };
  static const char *const none[] = { NULL };
  const OhHeaders *headers = exchange->request_headers;
  const OhProviderProgram *program = oh_providers_find_program (headers);
  const char *count = oh_headers_get_one (headers, "x-stainless-retry-count");
  Attempt *self = g_new0 (Attempt, 1);

  self->id = exchange->id;
  self->run_id = exchange->run_id;
  self->connection = exchange->connection;
  self->started_ns = exchange->started_ns;
  self->place = g_strdup_printf ("%s %s://%s:%u%s", exchange->method, exchange->scheme, exchange->host, exchange->port,
                                 exchange->target);
  self->credential = oh_rate_limit_get_key (headers);
  if (self->credential == NULL)
    self->credential = g_strdup ("");
  self->bearer = oh_headers_get_one (headers, "authorization") != NULL;
  self->who = join_headers (headers, who);
  self->traceparent = g_strdup (oh_headers_get_one (headers, "traceparent"));
  self->session = join_headers (headers, program != NULL ? program->session : none);
  self->model = g_strdup (model);
  self->count = count != NULL && g_ascii_isdigit (*count) ? (int) MIN (strtoul (count, NULL, 10), 1000) : -1;
  self->client = read_client (headers);
  self->body_hash = body_hash;
  self->loose_hash = loose_hash;
  self->asked_ns = self->asked_s_ns = -1;
  self->should_retry = -1;
  return self;
}

/* "Wed, 21 Oct 2026 07:28:00 GMT" (RFC 9110 §5.6.7), ns since 1970; -1 if it is none. */
static gint64
parse_http_date (const char *text)
{
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  char month[4] = "";
  int day, year, hour, minute, second;
  const char *found;
  g_autoptr (GDateTime) time = NULL;

  if (sscanf (text, "%*3s, %d %3s %d %d:%d:%d GMT", &day, month, &year, &hour, &minute, &second) != 6)
    return -1;
  found = strstr (months, month);
  if (strlen (month) != 3 || found == NULL || (found - months) % 3 != 0)
    return -1;
  time = g_date_time_new_utc (year, (int) (found - months) / 3 + 1, day, hour, minute, MIN (second, 59));
  return time != NULL ? oh_clock_from_date_time (time) : -1;
}

static gint64
parse_wait (const char *text, gint64 unit_ns)
{
  char *end = NULL;
  double number;

  if (text == NULL)
    return -1;
  number = g_ascii_strtod (text, &end);
  if (end == text || *end != '\0' || !isfinite (number) || number < 0 || number > 1e9)
    return -1;
  return (gint64) (number * (double) unit_ns);
}

gint64
oh_retry_get_asked (const OhHeaders *headers, gint64 now_ns)
{
  const char *text = oh_headers_get_one (headers, "retry-after");
  gint64 wait = parse_wait (oh_headers_get_one (headers, "retry-after-ms"), OH_NS_PER_MS);

  if (wait < 0)
    wait = parse_wait (text, OH_NS_PER_S);
  if (wait < 0 && text != NULL)
    {
      gint64 date = parse_http_date (text);

      if (date >= 0)
        wait = MAX (date - now_ns, 0);
    }
  return wait;
}

static void
append_blocks (GString *canon, GPtrArray *blocks)
{
  for (guint i = 0; i < blocks->len; i++)
    {
      const OhBlock *block = g_ptr_array_index (blocks, i);

      const char *rest = oh_canon_get_behind_billing (block);

      if (rest != NULL)
        g_string_append (canon, rest);
      else
        oh_canon_append_block (canon, block, OH_CANON_BLOCK);
    }
}

guint64
oh_retry_loose_hash (const OhReading *reading)
{
  static const char *const changing[] = { "max_tokens", "stream", "metadata", "model", NULL };
  g_autoptr (GString) canon = g_string_new (NULL);

  g_return_val_if_fail (reading != NULL, 0);
  for (guint i = 0; i < reading->parameters->len; i++)
    {
      const OhParameter *parameter = g_ptr_array_index (reading->parameters, i);

      if (g_strv_contains (changing, parameter->name))
        continue;
      g_string_append_printf (canon, "p%s\xff", parameter->name);
      oh_canon_append (canon, parameter->value, -1, OH_CANON_VALUE);
    }
  append_blocks (canon, reading->system);
  for (guint i = 0; i < reading->tools->len; i++)
    {
      const OhTool *tool = g_ptr_array_index (reading->tools, i);

      g_string_append_c (canon, 'T');
      oh_canon_append (canon, tool->json != NULL ? tool->json : "null", -1, OH_CANON_BLOCK);
    }
  for (guint i = 0; i < reading->messages->len; i++)
    {
      const OhMessage *message = g_ptr_array_index (reading->messages, i);

      g_string_append_printf (canon, "m%s\xff", message->role);
      append_blocks (canon, message->blocks);
    }
  return oh_canon_hash (canon->str, canon->len);
}

OhRetryTracker *
oh_retry_tracker_new (void)
{
  OhRetryTracker *self = g_new0 (OhRetryTracker, 1);

  self->pending = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, attempt_free);
  self->failed = g_ptr_array_new_with_free_func (attempt_free);
  return self;
}

void
oh_retry_tracker_free (OhRetryTracker *self)
{
  g_return_if_fail (self != NULL);
  g_hash_table_unref (self->pending);
  g_ptr_array_unref (self->failed);
  g_free (self);
}

guint
oh_retry_tracker_get_size (const OhRetryTracker *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return g_hash_table_size (self->pending) + self->failed->len;
}

/* Whether the client of @before would try again by itself after what it got. */
static gboolean
is_retried (const Attempt *before)
{
  if (before->client == CLIENT_PROGRAM)
    return !before->whole || before->status >= 400;
  if (before->should_retry == 0 && before->client != CLIENT_PHP)
    return FALSE;
  if (before->should_retry == 1)
    return TRUE;
  if (!before->answered)
    return TRUE;
  return before->status == 408 || before->status == 409 || before->status == 429 || before->status >= 500 ||
         (before->status == 401 && before->bearer);
}

/* How long the client of @before will wait before its next attempt, at most, by what is known of it (see each SDK's
 * retry policy). @retries: how many it has made so far */
static gint64
expect_wait (const Attempt *before, guint retries)
{
  gint64 asked = before->asked_ns;
  double backoff = MIN (0.5 * pow (2, retries), 8);

  switch (before->client)
    {
    case CLIENT_PYTHON:
    case CLIENT_CSHARP:
      if (asked > 60 * OH_NS_PER_S)
        asked = -1;
      break;
    case CLIENT_JS:
      if (asked > G_MAXINT32 * OH_NS_PER_MS)
        asked = -1;
      break;
    case CLIENT_PHP:
      asked = before->asked_s_ns;
      backoff = MIN (0.5 * retries * retries, 8);
      break;
    case CLIENT_RUBY:
      backoff = MIN (0.5 * retries * retries, 8);
      break;
    case CLIENT_PROGRAM:
      backoff = MIN (0.5 * pow (2, retries), 32) * 1.25;
      return MAX (asked, (gint64) (backoff * (double) OH_NS_PER_S));
    default:
      break;
    }
  return asked > 0 ? asked : (gint64) (backoff * (double) OH_NS_PER_S);
}

/* The prompt that Claude Code sends again is the same but for what it changes itself: fewer max_tokens after a 400,
 * another model after three times 529. */
static gboolean
is_same_prompt (const Attempt *before, const Attempt *now)
{
  if (before->loose_hash != now->loose_hash || now->loose_hash == 0)
    return FALSE;
  if (g_strcmp0 (before->model, now->model) != 0 && before->overloads < 3)
    return FALSE;
  return before->status != 400 || before->body_hash != now->body_hash;
}

static gboolean
is_in_time (const Attempt *before, const Attempt *now, guint retries)
{
  return now->started_ns - before->ended_ns <= expect_wait (before, retries) * 5 / 4 + SLACK_NS;
}

static OhRetryRule
find_rule (const Attempt *before, const Attempt *now)
{
  gboolean same_body = before->body_hash == now->body_hash;
  gboolean counted = before->count >= 0 && now->count == before->count + 1;
  gboolean refreshed = before->status == 401 && before->bearer && now->bearer;
  gboolean program = before->client == CLIENT_PROGRAM && now->client == CLIENT_PROGRAM;
  gint64 waited = now->started_ns - before->ended_ns;

  /* What is told at once goes first: each request is compared with all that failed. */
  if (!same_body && (before->loose_hash != now->loose_hash || now->loose_hash == 0))
    return OH_RETRY_RULE_FIRST;
  if (strcmp (before->place, now->place) != 0 || before->run_id != now->run_id || !is_retried (before) ||
      waited < -FUZZ_NS || (strcmp (before->credential, now->credential) != 0 && !refreshed))
    return OH_RETRY_RULE_FIRST;
  /* A client that gave up waiting closed its connection. */
  if (!before->answered && before->by_client && before->connection == now->connection && now->connection != 0)
    return OH_RETRY_RULE_FIRST;
  if (program && strcmp (before->who, now->who) == 0 && strcmp (before->session, now->session) == 0 &&
      is_same_prompt (before, now))
    {
      if (before->traceparent != NULL && g_strcmp0 (before->traceparent, now->traceparent) == 0 && same_body)
        return OH_RETRY_RULE_TRACEPARENT;
      return is_in_time (before, now, before->number - 1) ? OH_RETRY_RULE_SESSION : OH_RETRY_RULE_FIRST;
    }
  /* Some write one traceparent by hand on all calls: it joins only what repeats the same bytes, and never against the
   * SDK's own count. */
  if (!same_body || (now->count >= 0 && !counted))
    return OH_RETRY_RULE_FIRST;
  if (before->traceparent != NULL && g_strcmp0 (before->traceparent, now->traceparent) == 0)
    return OH_RETRY_RULE_TRACEPARENT;
  if (strcmp (before->who, now->who) != 0)
    return OH_RETRY_RULE_FIRST;
  if (counted)
    return OH_RETRY_RULE_COUNT;
  /* A loop of the program's own: nobody waits as long as he was asked to and sends the same by chance. */
  if (before->count < 0 && now->count < 0 && !program && before->asked_ns > 0 && waited + FUZZ_NS >= before->asked_ns &&
      waited <= before->asked_ns * 5 / 4 + SLACK_NS / 6)
    return OH_RETRY_RULE_ASKED;
  return OH_RETRY_RULE_FIRST;
}

/* How much a rule is worth: what was counted holds also after a long sleep, but only where nothing is in time. */
static guint
weigh_rule (OhRetryRule rule, const Attempt *before, const Attempt *now)
{
  if (rule == OH_RETRY_RULE_FIRST)
    return 0;
  if (rule == OH_RETRY_RULE_TRACEPARENT)
    return 3;
  if (rule == OH_RETRY_RULE_ASKED)
    return 1;
  return rule == OH_RETRY_RULE_COUNT && !is_in_time (before, now, (guint) before->count) ? 1 : 2;
}

/* How far the wait is from what was to be expected, ns; the connection decides between near ones. */
static gint64
find_distance (const Attempt *before, const Attempt *now)
{
  gint64 waited = now->started_ns - before->ended_ns;
  gint64 distance = ABS (waited - expect_wait (before, before->number - 1));

  if (before->answered && before->connection == now->connection)
    distance = MAX (distance - HINT_NS, 0);
  return distance;
}

static void
forget_old (OhRetryTracker *self, gint64 now_ns)
{
  guint old = 0;

  for (guint i = self->failed->len; i > 0; i--)
    {
      const Attempt *attempt = g_ptr_array_index (self->failed, i - 1);
      gint64 age_ns = now_ns - attempt->ended_ns;

      if (age_ns <= MAX (FORGET_NS, attempt->asked_ns * 5 / 4 + SLACK_NS))
        continue;
      if (attempt->count < 0 || age_ns > FORGET_COUNTED_NS || old++ >= MAX_COUNTED)
        g_ptr_array_remove_index (self->failed, i - 1);
    }
  if (self->failed->len > MAX_FAILED)
    g_ptr_array_remove_range (self->failed, 0, self->failed->len - MAX_FAILED);
}

/* Exchanges whose end never came to be told (a crash) must not pile up. */
static void
forget_pending (OhRetryTracker *self)
{
  GHashTableIter iter;
  gpointer value;
  gint64 oldest = G_MAXINT64;
  gint64 id = 0;

  if (g_hash_table_size (self->pending) < MAX_PENDING)
    return;
  g_hash_table_iter_init (&iter, self->pending);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((Attempt *) value)->started_ns < oldest)
      {
        oldest = ((Attempt *) value)->started_ns;
        id = ((Attempt *) value)->id;
      }
  g_hash_table_remove (self->pending, &id);
}

/* The index of the failed attempt that @now most probably repeats, or G_MAXUINT.
 * @rule, @certain: (out): why, and whether nothing else would fit */
static guint
find_previous (OhRetryTracker *self, const Attempt *now, OhRetryRule *rule, gboolean *certain)
{
  guint best = G_MAXUINT, best_weight = 0, rivals = 0;
  gint64 best_distance = G_MAXINT64;

  *rule = OH_RETRY_RULE_FIRST;
  for (guint i = 0; i < self->failed->len; i++)
    {
      const Attempt *before = g_ptr_array_index (self->failed, i);
      OhRetryRule found = find_rule (before, now);
      guint weight = weigh_rule (found, before, now);
      gint64 distance;

      if (weight == 0 || weight < best_weight)
        continue;
      if (weight > best_weight)
        {
          best_distance = G_MAXINT64;
          rivals = 0;
        }
      best_weight = weight;
      distance = find_distance (before, now);
      rivals++;
      if (distance < best_distance)
        {
          best = i;
          best_distance = distance;
          *rule = found;
        }
    }
  *certain = rivals == 1 && best_weight > 1;
  return best;
}

void
oh_retry_tracker_request (OhRetryTracker *self, const OhExchange *exchange, guint64 body_hash, guint64 loose_hash,
                          const char *model, OhAttempt *out)
{
  Attempt *now;
  guint previous;
  gboolean certain;

  g_return_if_fail (self != NULL && exchange != NULL && exchange->id != 0 && out != NULL);
  now = attempt_new (exchange, body_hash, loose_hash, model);
  forget_old (self, now->started_ns);
  forget_pending (self);
  memset (out, 0, sizeof *out);
  out->asked_ns = out->waited_ns = -1;
  previous = find_previous (self, now, &out->rule, &certain);
  if (previous == G_MAXUINT)
    {
      out->call_id = now->id;
      out->number = now->count > 0 ? (guint) now->count + 1 : 1;
      out->certainty = now->count > 0 ? OH_CERTAINTY_NONE : OH_CERTAINTY_CERTAIN;
    }
  else
    {
      const Attempt *before = g_ptr_array_index (self->failed, previous);

      out->call_id = before->call_id;
      out->number = before->number + 1;
      out->previous_id = before->id;
      out->asked_ns = before->asked_ns;
      out->waited_ns = MAX (now->started_ns - before->ended_ns, 0);
      out->too_early = out->asked_ns > 0 && out->waited_ns + FUZZ_NS < out->asked_ns;
      out->unwanted = before->should_retry == 0;
      out->certainty = !certain || (out->rule == OH_RETRY_RULE_SESSION && before->body_hash != body_hash)
                         ? OH_CERTAINTY_LIKELY
                         : OH_CERTAINTY_CERTAIN;
      now->overloads = before->overloads;
      g_ptr_array_remove_index (self->failed, previous);
    }
  now->call_id = out->call_id;
  now->number = out->number;
  g_hash_table_replace (self->pending, &now->id, now);
}

void
oh_retry_tracker_answer (OhRetryTracker *self, const OhExchange *exchange)
{
  Attempt *attempt = NULL;
  const char *should;

  g_return_if_fail (self != NULL && exchange != NULL);
  if (!g_hash_table_steal_extended (self->pending, &exchange->id, NULL, (gpointer *) &attempt))
    return;
  attempt->ended_ns = attempt->started_ns + MAX (exchange->timings.ended, 0);
  attempt->status = exchange->status;
  attempt->answered = exchange->status != 0;
  attempt->by_client = exchange->ended_by == OH_PARTY_CLIENT;
  attempt->whole = exchange->outcome == OH_OUTCOME_FINISHED && exchange->status < 400 && exchange->status != 0 &&
                   (exchange->facts == NULL || exchange->facts->error_type == NULL);
  should = oh_headers_get_one (exchange->response_headers, "x-should-retry");
  attempt->should_retry = g_strcmp0 (should, "true") == 0 ? 1 : g_strcmp0 (should, "false") == 0 ? 0 : -1;
  attempt->asked_ns = oh_retry_get_asked (exchange->response_headers, attempt->ended_ns);
  attempt->asked_s_ns = parse_wait (oh_headers_get_one (exchange->response_headers, "retry-after"), OH_NS_PER_S);
  attempt->overloads = exchange->status == 529 ? attempt->overloads + 1 : 0;
  if (is_retried (attempt))
    g_ptr_array_add (self->failed, attempt);
  else
    attempt_free (attempt);
}
