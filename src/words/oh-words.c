/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-words.h"

#include "oh-clock.h"
#include "oh-format.h"
#include "oh-oddity.h"
#include "oh-provider.h"
#include "oh-providers.h"
#include "oh-saying.h"
#include "oh-trace.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define FAILURE_MAX 160 /* characters */

char *
oh_words_status (const OhExchange *exchange, OhStatusKind *kind)
{
  const OhFacts *facts = exchange->facts;
  gboolean has_error = facts != NULL && (facts->error_type != NULL || facts->error_message != NULL);
  const gboolean around = g_strcmp0 (exchange->error_code, "around") == 0;

  /* What goes around us may well succeed. */
  if (exchange->outcome == OH_OUTCOME_FAILED && !around)
    {
      *kind = OH_STATUS_BAD;
      return g_strdup (C_ ("status", "err"));
    }
  if (exchange->outcome == OH_OUTCOME_CUT)
    {
      *kind = OH_STATUS_BAD;
      return g_strdup (C_ ("status", "cut"));
    }
  if (exchange->route == OH_ROUTE_BLIND || around)
    {
      *kind = OH_STATUS_NEUTRAL;
      return g_strdup (C_ ("status", "tls"));
    }
  if (exchange->route == OH_ROUTE_TOLD && exchange->status == 0)
    {
      *kind = OH_STATUS_NEUTRAL;
      return g_strdup (C_ ("status", "told"));
    }
  if (exchange->outcome == OH_OUTCOME_PENDING && exchange->status < 400)
    {
      *kind = OH_STATUS_BUSY;
      return g_strdup ("…");
    }
  if (exchange->status >= 500 || (has_error && exchange->status < 400))
    *kind = OH_STATUS_BAD;
  else if (exchange->status >= 400)
    *kind = OH_STATUS_WARNING;
  else if (exchange->status >= 300)
    *kind = OH_STATUS_NEUTRAL;
  else
    *kind = OH_STATUS_GOOD;
  return g_strdup_printf ("%u", exchange->status);
}

char *
oh_words_state (const OhExchange *exchange)
{
  const gboolean blind = exchange->route == OH_ROUTE_BLIND;

  switch (exchange->outcome)
    {
    case OH_OUTCOME_PENDING:
      if (blind)
        return g_strdup (_ ("open"));
      return g_strdup (exchange->status > 0 ? _ ("streaming") : _ ("waiting"));
    case OH_OUTCOME_FAILED:
      if (oh_exchange_is_refused (exchange))
        return g_strdup (_ ("refused"));
      return g_strdup (g_strcmp0 (exchange->error_code, "around") == 0 ? _ ("around") : _ ("failed"));
    case OH_OUTCOME_CUT:
      return exchange->status > 0 ? g_strdup_printf (_ ("%u cut"), exchange->status) : g_strdup (_ ("cut"));
    case OH_OUTCOME_FINISHED:
    default:
      if (exchange->route == OH_ROUTE_TOLD && exchange->status == 0)
        return g_strdup (_ ("told"));
      return blind ? g_strdup (_ ("not read")) : g_strdup_printf ("%u", exchange->status);
    }
}

static char *
get_authority (const OhExchange *exchange)
{
  guint usual = g_strcmp0 (exchange->scheme, "http") == 0 ? 80 : 443;

  if (exchange->port == 0 || exchange->port == usual)
    return g_strdup (exchange->host);
  return g_strdup_printf ("%s:%u", exchange->host, exchange->port);
}

char *
oh_words_request (const OhExchange *exchange, gboolean brief)
{
  g_autofree char *authority = get_authority (exchange);
  const char *target = exchange->target != NULL ? exchange->target : "";

  if (exchange->route == OH_ROUTE_BLIND)
    return g_strdup_printf ("CONNECT %s", authority);
  /* A log record, an exception: its text stands where others have a path. */
  if (exchange->route == OH_ROUTE_TOLD && g_strcmp0 (exchange->scheme, "event") == 0 && *target == '/')
    return g_strdup_printf ("%s %s", exchange->method, target + 1);
  if (exchange->route == OH_ROUTE_TOLD && g_strcmp0 (exchange->scheme, "incoming") == 0)
    return g_strdup_printf ("← %s %s", exchange->method, target);
  if (brief && strlen (target) > 1 && exchange->facts != NULL && oh_facts_is_understood (exchange->facts))
    return g_strdup_printf ("%s %s", exchange->method, target);
  return g_strdup_printf ("%s %s%s", exchange->method, authority, target);
}

static char *
get_failure (const OhExchange *exchange)
{
  const OhFacts *facts = exchange->facts;

  if (facts != NULL && facts->error_message != NULL && *facts->error_message != '\0')
    return oh_excerpt (facts->error_message, FAILURE_MAX);
  return exchange->outcome == OH_OUTCOME_FAILED && exchange->error != NULL ? oh_saying_tell (exchange->error) : NULL;
}

char *
oh_words_news (const OhExchange *exchange, gboolean brief)
{
  const OhFacts *facts = exchange->facts;
  const gboolean turn = facts != NULL && (oh_facts_is_turn (facts) || oh_facts_get_operation (facts) == OH_OPERATION_COMPLETION);
  g_autofree char *failure = get_failure (exchange);
  g_autofree char *request = NULL;

  if (turn && failure != NULL)
    return g_steal_pointer (&failure);
  if (turn && facts->tool_result != NULL)
    return g_strdup_printf ("↩ %s", facts->tool_result);
  if (turn && facts->title != NULL)
    return g_strdup (facts->title);
  request = oh_words_request (exchange, brief);
  if (failure != NULL)
    return g_strdup_printf ("%s · %s", request, failure);
  if (facts != NULL && facts->title != NULL && exchange->route != OH_ROUTE_TOLD)
    return g_strdup_printf ("%s · %s", request, facts->title);
  return g_steal_pointer (&request);
}

char *
oh_words_operation (const OhExchange *exchange)
{
  switch (exchange->facts != NULL ? oh_facts_get_operation (exchange->facts) : OH_OPERATION_OTHER)
    {
    case OH_OPERATION_TURN:
      return g_strdup (_ ("Messages"));
    case OH_OPERATION_COUNT:
      return g_strdup (_ ("Count tokens"));
    default:
      return oh_words_request (exchange, TRUE);
    }
}

/* "claude-sonnet-4-5-20250929": the maker is in the host's name, and the date only tells apart what is called the same. */
char *
oh_words_model_name (const char *model)
{
  const char *start = model != NULL ? oh_providers_find_start (OH_PROVIDER_MODELS, model) : NULL;
  const char *dash;

  if (model == NULL)
    return g_strdup ("");
  if (start != NULL && model[strlen (start)] != '\0')
    model += strlen (start);
  dash = strrchr (model, '-');
  if (dash != NULL && strlen (dash) == 9 && strspn (dash + 1, "0123456789") == 8)
    return g_strndup (model, (gsize) (dash - model));
  return g_strdup (model);
}

char *
oh_words_model (const OhExchange *exchange)
{
  return oh_words_model_name (exchange->facts == NULL ? NULL : exchange->facts->model);
}

char *
oh_words_tokens (const OhExchange *exchange)
{
  g_autofree char *in = NULL;
  g_autofree char *out = NULL;
  gboolean estimated;
  gint64 n_in, n_out;

  if (exchange->facts == NULL)
    return g_strdup ("");
  n_in = oh_facts_get_prompt (exchange->facts);
  n_out = oh_facts_get_output (exchange->facts, &estimated);
  if (n_in < 0 && n_out < 0)
    return g_strdup ("");
  in = oh_format_count (n_in);
  out = oh_format_tokens (n_out, estimated);
  /* Translators: tokens of the prompt, and of the answer. Where one reads from right to left the arrow is ←. */
  return n_out < 0 ? g_steal_pointer (&in) : g_strdup_printf (_ ("%s → %s"), in, out);
}

char *
oh_words_cost (const OhExchange *exchange)
{
  gboolean counted = exchange->facts != NULL
                     && (oh_facts_get_prompt (exchange->facts) >= 0 || exchange->facts->usage.output >= 0);

  if (exchange->place == NULL || !counted || exchange->outcome == OH_OUTCOME_PENDING)
    return g_strdup ("");
  return oh_format_cost (exchange->place->cost, exchange->place->cost_approximate);
}

char *
oh_words_cost_of (const OhSums *sums, gboolean running)
{
  g_autofree char *cost = oh_format_cost (sums->cost, sums->approximate > 0);
  g_autofree char *unknown = oh_format_count (sums->unpriced);

  if (sums->unpriced > 0 && sums->unpriced == sums->calls)
    return g_strdup (_ ("unknown"));
  if (sums->unpriced > 0)
    return g_strdup_printf (_ ("%s + %s unknown"), cost, unknown);
  if (running && sums->cost <= 0)
    return g_strdup ("");
  return g_steal_pointer (&cost);
}

char *
oh_words_short_cost_of (const OhSums *sums, gboolean running)
{
  g_autofree char *cost = oh_format_cost (sums->cost, sums->approximate > 0);

  if (sums->unpriced > 0 && sums->unpriced < sums->calls)
    return g_strdup_printf (C_ ("cost and what is not known of it", "%s+?"), cost);
  return oh_words_cost_of (sums, running);
}

char *
oh_words_tokens_of (const OhSums *sums)
{
  gint64 tokens = sums->input_tokens + sums->output_tokens;

  return tokens > 0 ? oh_format_tokens (tokens, sums->estimated > 0) : g_strdup ("");
}

/* What was told, and beside it what was on the wire where that says otherwise. @told, @seen: (transfer full) */
static void
add_told (GString *words, char *told, char *seen)
{
  g_autofree char *first = told, *second = seen;

  if (seen == NULL)
    oh_words_add (words, g_steal_pointer (&first));
  else
    oh_words_add (words, g_strdup_printf (_ ("%s, %s on the wire"), told, seen));
}

char *
oh_words_account (const OhExchange *account, const OhExchange *call)
{
  const OhFacts *told = account->facts, *seen = call->facts;
  g_autoptr (GString) words = g_string_new (NULL);
  g_autofree char *name = NULL;
  const char *service;

  if (told != NULL && seen != NULL)
    {
      const gint64 in = oh_facts_get_prompt (told), out = told->usage.output;
      const gint64 seen_in = oh_facts_get_prompt (seen), seen_out = seen->usage.output;
      g_autofree char *in_count = oh_format_count (in), *out_count = oh_format_count (out);

      if (in >= 0)
        add_told (words, g_strdup_printf (_ ("%s tokens in"), in_count),
                  seen_in >= 0 && seen_in != in ? oh_format_count (seen_in) : NULL);
      if (out >= 0)
        add_told (words, g_strdup_printf (_ ("%s out"), out_count),
                  seen_out >= 0 && seen_out != out ? oh_format_count (seen_out) : NULL);
      if (told->model != NULL && seen->model != NULL && strcmp (told->model, seen->model) != 0)
        add_told (words, g_strdup (told->model), g_strdup (seen->model));
    }
  if (account->outcome == OH_OUTCOME_FAILED && call->status > 0 && call->status < 400)
    oh_words_add (words, g_strdup_printf (_ ("failed, %u on the wire"), call->status));
  /* Smello's client gives the whole exchange, not a name for it. */
  service = oh_exchange_is_told_whole (account) ? "Smello" : account->host;
  name = service != account->host ? oh_words_request (account, TRUE) : g_strdup (account->target + 1);
  if (words->len == 0)
    return g_strdup_printf (_ ("Told by %s as “%s”"), service, name);
  return g_strdup_printf (_ ("Told by %s as “%s”: %s"), service, name, words->str);
}

/* "attempt 2 of 3", or NULL where there was only one. */
static char *
dup_attempt (const OhExchange *exchange)
{
  const OhPlace *place = exchange->place;

  if (place == NULL || place->attempts < 2)
    return NULL;
  return g_strdup_printf (_ ("attempt %u of %u"), place->attempt, place->attempts);
}

char *
oh_words_remark (const OhExchange *exchange)
{
  g_autofree char *cost = oh_words_cost (exchange);
  g_autofree char *attempt = dup_attempt (exchange);
  g_autofree char *request = oh_words_request (exchange, FALSE);
  g_autofree char *started = oh_format_date_time (exchange->started_ns);
  g_autofree char *unknown = NULL;
  GString *remark = g_string_new (request);

  g_string_append_printf (remark, "\n%s", started);
  if (exchange->program != NULL)
    g_string_append_printf (remark, _ ("\nMade by %s (process %" PRId64 ")"), exchange->program->name, exchange->program->pid);
  if (attempt != NULL)
    g_string_append_printf (remark, "\n%s", attempt);
  if (*cost != '\0' && isnan (exchange->place->cost))
    unknown = g_strdup_printf (_ ("The price of %s is not known"),
                               exchange->facts->model != NULL ? exchange->facts->model : _ ("the model"));
  if (unknown != NULL)
    g_string_append_printf (remark, "\n%s", unknown);
  return g_string_free (remark, FALSE);
}

static gint64
get_duration (const OhExchange *exchange)
{
  if (exchange->outcome == OH_OUTCOME_PENDING)
    return MAX (oh_clock_wall_ns () - exchange->started_ns, 0);
  return exchange->timings.ended;
}

char *
oh_words_took (const OhExchange *exchange)
{
  gint64 duration = get_duration (exchange);

  /* Finer steps would only flicker. */
  if (exchange->outcome == OH_OUTCOME_PENDING)
    return g_strdup_printf (_ ("%.1f s"), (double) duration / OH_NS_PER_S);
  return oh_format_duration (duration);
}

/* "overloaded_error" and "upstream-refused" without the grammar. */
static char *
humanize (const char *code)
{
  char *words = g_strdup (code);

  if (g_str_has_suffix (words, "_error"))
    words[strlen (words) - strlen ("_error")] = '\0';
  g_strdelimit (words, "_-", ' ');
  return words;
}

static const char *
get_failure_words (const char *code)
{
  static const struct
  {
    const char *code;
    const char *words;
  } known[] = {
    { "upstream-refused", N_ ("refused") },
    { "upstream-unresolved", N_ ("host not found") },
    { "upstream-timeout", N_ ("timed out") },
    { "proxy-failed", N_ ("your own proxy failed") },
    { "tls-verify", N_ ("certificate not trusted") },
    { "client-gone", N_ ("client left") },
    { "client-tls", N_ ("our certificate refused") },
    { "around", N_ ("went around") },
    { "budget", N_ ("refused by the budget") },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_strcmp0 (code, known[i].code) == 0)
      return _ (known[i].words);
  return NULL;
}

static char *
say_pending (const OhExchange *exchange)
{
  g_autofree char *count = NULL;
  gboolean estimated;
  gint64 output;

  if (exchange->route == OH_ROUTE_BLIND)
    {
      g_autofree char *bytes = oh_format_bytes (exchange->request_length + exchange->response_length);

      return g_strdup_printf (_ ("open, not read, %s"), bytes);
    }
  if (exchange->status == 0)
    return g_strdup (exchange->timings.request_sent < 0 ? _ ("sending…") : _ ("waiting…"));
  if (exchange->facts == NULL || !exchange->facts->streamed)
    {
      g_autofree char *bytes = oh_format_bytes (exchange->response_length);

      return g_strdup_printf (_ ("receiving… %s"), bytes);
    }
  output = oh_facts_get_output (exchange->facts, &estimated);
  if (output <= 0)
    return g_strdup (_ ("streaming…"));
  count = oh_format_tokens (output, estimated);
  return g_strdup_printf (ngettext ("streaming… %s token", "streaming… %s tokens", (gulong) output), count);
}

char *
oh_words_unread (const OhExchange *exchange, const char **code)
{
  const guint reasons = exchange->oddities & (OH_ODDITY_CERTIFICATE_REFUSED | OH_ODDITY_NOBODY_TRUSTS);
  g_autoptr (GPtrArray) names = oh_oddities_get_names (reasons);
  g_autoptr (GPtrArray) sentences = oh_oddities_get_sentences (reasons);
  const gboolean host = names->len == 0;

  if (exchange->route != OH_ROUTE_BLIND)
    return NULL;
  if (code != NULL)
    *code = host ? "host" : names->pdata[0];
  return g_strdup (host ? _ ("It passed through unread because its host is not one that Overhear was told to read.") : sentences->pdata[0]);
}

/* What became of a connection that is not read: how much went through, or why although its host is read. */
static char *
say_unread (const OhExchange *exchange)
{
  g_autofree char *bytes = oh_format_bytes (exchange->request_length + exchange->response_length);

  if (exchange->oddities & OH_ODDITY_CERTIFICATE_REFUSED)
    return g_strdup_printf (_ ("our certificate refused, %s"), bytes);
  if (exchange->oddities & OH_ODDITY_NOBODY_TRUSTS)
    return g_strdup_printf (_ ("does not trust us, %s"), bytes);
  return g_strdup_printf (_ ("not read, %s"), bytes);
}

char *
oh_words_ended (const OhExchange *exchange)
{
  const OhFacts *facts = exchange->facts;

  switch (exchange->outcome)
    {
    case OH_OUTCOME_PENDING:
      return say_pending (exchange);

    case OH_OUTCOME_FAILED:
      {
        const char *words = get_failure_words (exchange->error_code);

        if (words != NULL)
          return g_strdup (words);
        return exchange->error_code == NULL ? g_strdup (_ ("failed")) : humanize (exchange->error_code);
      }

    case OH_OUTCOME_CUT:
      switch (exchange->ended_by)
        {
        case OH_PARTY_CLIENT:
          return g_strdup (_ ("cut by client"));
        case OH_PARTY_UPSTREAM:
          return g_strdup (_ ("cut by upstream"));
        case OH_PARTY_NONE:
          return g_strdup (exchange->status > 0 ? _ ("not finished") : _ ("no answer yet"));
        case OH_PARTY_US:
        default:
          return g_strdup (_ ("cut by Overhear"));
        }

    case OH_OUTCOME_FINISHED:
    default:
      break;
    }
  if (exchange->route == OH_ROUTE_BLIND)
    return say_unread (exchange);
  if (facts != NULL && facts->error_type != NULL)
    return humanize (facts->error_type);
  if (facts != NULL && facts->stop_reason != NULL)
    return g_strdup (facts->stop_reason);
  if (exchange->status >= 400 && exchange->reason != NULL && *exchange->reason != '\0')
    return g_utf8_strdown (exchange->reason, -1);
  if (oh_exchange_is_span (exchange))
    return g_strdup (_ ("told"));
  return oh_format_bytes (exchange->response_length);
}

char *
oh_words_exchange (const OhExchange *exchange)
{
  OhStatusKind kind;
  g_autofree char *request = oh_words_request (exchange, FALSE);
  g_autofree char *news = oh_words_news (exchange, FALSE);
  g_autofree char *status = oh_words_status (exchange, &kind);
  g_autofree char *model = oh_words_model (exchange);
  g_autofree char *tokens = oh_words_tokens (exchange);
  g_autofree char *took = oh_words_took (exchange);
  g_autofree char *ended = oh_words_ended (exchange);
  g_autofree char *time = oh_format_time (exchange->started_ns);
  g_autofree char *cost = oh_words_cost (exchange);
  g_autofree char *attempt = dup_attempt (exchange);
  GString *sentence = g_string_new (request);

  if (exchange->status > 0)
    g_string_append_printf (sentence, _ (", status %u"), exchange->status);
  else if (exchange->outcome == OH_OUTCOME_FAILED && g_strcmp0 (exchange->error_code, "around") != 0)
    g_string_append (sentence, _ (", no answer"));
  g_string_append_printf (sentence, ", %s", ended);
  if (strcmp (news, request) != 0)
    g_string_append_printf (sentence, ", %s", news);
  if (exchange->program != NULL)
    g_string_append_printf (sentence, _ (", by %s"), exchange->program->name);
  if (*model != '\0')
    g_string_append_printf (sentence, _ (", model %s"), model);
  if (*tokens != '\0')
    g_string_append_printf (sentence, _ (", tokens %s"), tokens);
  if (*cost != '\0')
    g_string_append_printf (sentence, _ (", cost %s"), isnan (exchange->place->cost) ? _ ("unknown") : cost);
  if (attempt != NULL)
    g_string_append_printf (sentence, ", %s", attempt);
  g_string_append_printf (sentence, _ (", took %s, started at %s"), took, time);
  if (exchange->pinned)
    g_string_append (sentence, _ (", pinned"));
  return g_string_free (sentence, FALSE);
}

void
oh_words_add (GString *words, char *more)
{
  g_autofree char *own = more;

  g_return_if_fail (words != NULL);
  if (own == NULL || *own == '\0')
    return;
  if (words->len > 0)
    g_string_append (words, " · ");
  g_string_append (words, own);
}

char *
oh_words_calls (gint64 n)
{
  g_autofree char *count = oh_format_count (n);

  return g_strdup_printf (ngettext ("%s call", "%s calls", (gulong) n), count);
}

gboolean
oh_words_run_started (const OhRun *run)
{
  return run->error == NULL || run->pid != 0 || run->exchanges > 0;
}

char *
oh_words_run_state (const OhRun *run, OhStatusKind *kind)
{
  if (run->error != NULL)
    {
      *kind = OH_STATUS_BAD;
      return g_strdup (oh_words_run_started (run) ? _ ("interrupted") : _ ("not started"));
    }
  if (run->ended_ns == 0)
    {
      *kind = OH_STATUS_BUSY;
      return g_strdup (_ ("running"));
    }
  if (run->term_signal != 0)
    {
      *kind = OH_STATUS_WARNING;
      return g_strdup (_ ("stopped"));
    }
  if (run->exit_status > 0)
    {
      *kind = OH_STATUS_BAD;
      return g_strdup_printf (_ ("exit %d"), run->exit_status);
    }
  *kind = OH_STATUS_GOOD;
  return oh_words_calls (run->exchanges);
}

char *
oh_words_run_end (const OhRun *run)
{
  g_autofree char *took = oh_format_duration (run->ended_ns - run->started_ns);

  if (run->error != NULL)
    return oh_saying_tell (run->error);
  if (run->ended_ns == 0)
    return g_strdup (_ ("Running"));
  if (run->term_signal != 0)
    return g_strdup_printf (_ ("Ended by signal %d (%s) after %s"), run->term_signal, g_strsignal (run->term_signal),
                            took);
  if (run->exit_status < 0)
    return g_strdup_printf (_ ("Ended after %s; its exit status is not known"), took);
  return g_strdup_printf (_ ("Exited with status %d after %s"), run->exit_status, took);
}
