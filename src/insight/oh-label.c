/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-label.h"

#include <string.h>

/* Percent-decoded if it is that and valid UTF-8, else as it stands. NULL for what is empty. (transfer full) */
static char *
decode (const char *text)
{
  g_autofree char *stripped = text != NULL ? g_strstrip (g_strdup (text)) : NULL;
  char *decoded;

  if (stripped == NULL || *stripped == '\0')
    return NULL;
  decoded = g_uri_unescape_string (stripped, NULL);
  if (decoded != NULL && g_utf8_validate (decoded, -1, NULL))
    return decoded;
  g_free (decoded);
  return g_utf8_make_valid (stripped, -1);
}

/* One member of the W3C baggage header: "session.id=abc;property,user.id=1". (transfer full) (nullable) */
static char *
get_baggage (const char *baggage, const char *name)
{
  g_auto (GStrv) members = baggage != NULL ? g_strsplit (baggage, ",", 64) : NULL;

  for (guint i = 0; members != NULL && members[i] != NULL; i++)
    {
      char *member = g_strstrip (members[i]);
      char *equals = strchr (member, '=');

      if (equals == NULL)
        continue;
      *equals = '\0';
      if (strcmp (g_strchomp (member), name) != 0)
        continue;
      equals[1 + strcspn (equals + 1, ";")] = '\0';
      return decode (equals + 1);
    }
  return NULL;
}

/* The trace id of a W3C traceparent: 00-<32 hex>-<16 hex>-<2 hex>. (transfer full) (nullable) */
static char *
get_trace_id (const char *traceparent)
{
  if (traceparent == NULL || strlen (traceparent) < 55 || traceparent[2] != '-' || traceparent[35] != '-' ||
      strspn (traceparent + 3, "0123456789abcdef") < 32 || strspn (traceparent + 3, "0") >= 32)
    return NULL;
  return g_strndup (traceparent + 3, 32);
}

/* The span id of one that has a trace id: who sent the request. (transfer full) (nullable) */
static char *
get_span_id (const char *traceparent)
{
  const char *span = traceparent + strlen ("00-") + 32 + 1;

  return strspn (span, "0123456789abcdef") == 16 ? g_strndup (span, 16) : NULL;
}

char *
oh_label_read_traceparent (const char *traceparent, char **span)
{
  char *trace = get_trace_id (traceparent);

  *span = trace != NULL ? get_span_id (traceparent) : NULL;
  return trace;
}

/* "id;start;name, id;start;name": the scopes of overhear.trace(), the outermost first; that one is the trace. */
static void
read_scopes (OhLabel *self, const char *header)
{
  g_auto (GStrv) scopes = g_strsplit (header, ",", 64);
  const char *parent = NULL;

  for (guint i = 0; scopes[i] != NULL; i++)
    {
      g_auto (GStrv) fields = g_strsplit (g_strstrip (scopes[i]), ";", 3);
      OhSpan *span;

      if (g_strv_length (fields) != 3 || *fields[0] == '\0')
        continue;
      if (self->trace_key == NULL)
        {
          self->trace_key = g_strdup_printf ("span:%s", fields[0]);
          self->trace_name = decode (fields[2]);
          continue;
        }
      span = oh_span_new (OH_SPAN_CUSTOM);
      span->id = g_strdup (fields[0]);
      span->parent_id = g_strdup (parent);
      span->started_ns = g_ascii_strtoll (fields[1], NULL, 10);
      span->name = decode (fields[2]);
      g_ptr_array_add (self->spans, span);
      parent = span->id;
    }
  self->span_id = g_strdup (parent);
}

/* A sub-agent's calls stand below a span of its own, inside whatever the program has opened. */
static void
add_agent (OhLabel *self, const OhExchange *exchange, const OhFacts *facts)
{
  OhSpan *span = oh_span_new (OH_SPAN_CUSTOM);

  span->id = g_strdup_printf ("agent:%s", facts->agent);
  span->parent_id = facts->parent_agent != NULL ? g_strdup_printf ("agent:%s", facts->parent_agent)
                                                : g_strdup (self->span_id);
  span->started_ns = exchange->started_ns;
  span->name = g_strdup (facts->agent_kind != NULL ? facts->agent_kind : facts->agent);
  g_ptr_array_add (self->spans, span);
  g_free (self->span_id);
  self->span_id = g_strdup (span->id);
}

OhLabel *
oh_label_new (const OhExchange *exchange, const OhFacts *facts, const OhRun *run)
{
  OhLabel *self = g_new0 (OhLabel, 1);
  const OhHeaders *headers = exchange->request_headers;
  const char *scopes = oh_headers_get_one (headers, "overhear-spans");
  const char *baggage = oh_headers_get_one (headers, "baggage");
  g_autofree char *name = decode (oh_headers_get_one (headers, "overhear-trace"));
  g_autofree char *parent = NULL;
  g_autofree char *trace_id = facts->scattered ? NULL : oh_label_read_traceparent (oh_headers_get_one (headers, "traceparent"),
                                                                                   &parent);

  self->spans = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_span_unref);
  self->session = decode (oh_headers_get_one (headers, "overhear-session"));
  if (self->session == NULL)
    self->session = get_baggage (baggage, "session.id");
  self->user = decode (oh_headers_get_one (headers, "overhear-user"));
  if (self->user == NULL)
    self->user = get_baggage (baggage, "user.id");
  if (run != NULL && self->session == NULL)
    self->session = g_strdup (run->session);
  if (run != NULL && self->user == NULL)
    self->user = g_strdup (run->user);
  if (self->session == NULL)
    self->session = g_strdup (facts->session);
  if (self->user == NULL)
    self->user = g_strdup (facts->user);

  if (scopes != NULL)
    read_scopes (self, scopes);
  /* 00-TRACE-SPAN-FLAGS */
  if (trace_id != NULL && self->trace_key == NULL)
    self->span_id = g_steal_pointer (&parent);
  if (facts->agent != NULL)
    add_agent (self, exchange, facts);
  if (self->trace_key != NULL)
    return self;
  if (trace_id != NULL)
    {
      self->trace_key = g_strdup_printf ("w3c:%s", trace_id);
      self->trace_name = g_steal_pointer (&name);
    }
  else if (name != NULL)
    {
      self->trace_key = g_strdup_printf ("name:%" G_GINT64_FORMAT ":%s:%s", exchange->run_id,
                                         self->session != NULL ? self->session : "", name);
      self->trace_name = g_steal_pointer (&name);
    }
  else if (run != NULL && run->trace != NULL)
    {
      self->trace_key = g_strdup_printf ("run:%" G_GINT64_FORMAT, run->id);
      self->trace_name = g_strdup (run->trace);
    }
  return self;
}

OhLabel *
oh_label_new_told (const OhFacts *facts, const OhRun *run, const char *trace, const char *parent)
{
  OhLabel *self = g_new0 (OhLabel, 1);

  self->spans = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_span_unref);
  self->session = g_strdup (facts->session != NULL || run == NULL ? facts->session : run->session);
  self->user = g_strdup (facts->user != NULL || run == NULL ? facts->user : run->user);
  self->trace_key = g_strdup_printf (facts->scattered ? OH_TRACE_PIECE "%s" : "w3c:%s", trace);
  self->trace_name = parent == NULL ? g_strdup (facts->title) : NULL;
  self->span_id = g_strdup (parent);
  return self;
}

void
oh_label_name_trace (OhMeaning *meaning, const OhExchange *exchange, gint64 trace_id, const char *key, const char *name,
                     const OhLabel *label)
{
  meaning->place->trace_id = trace_id;
  meaning->trace_key = g_strdup (key);
  meaning->trace = oh_trace_new ();
  meaning->trace->id = trace_id;
  meaning->trace->name = g_strdup (name);
  meaning->trace->session = g_strdup (label->session);
  meaning->trace->user = g_strdup (label->user);
  meaning->trace->run_id = exchange->run_id;
  meaning->trace->started_ns = exchange->started_ns;
}

void
oh_label_free (OhLabel *self)
{
  g_free (self->trace_key);
  g_free (self->trace_name);
  g_free (self->session);
  g_free (self->user);
  g_free (self->span_id);
  g_ptr_array_unref (self->spans);
  g_free (self);
}

OhSpan *
oh_label_end_span (const OhSpan *span, gint64 ended_ns)
{
  OhSpan *copy = oh_span_new (span->kind);

  copy->id = g_strdup (span->id);
  copy->parent_id = g_strdup (span->parent_id);
  copy->name = g_strdup (span->name);
  copy->started_ns = span->started_ns;
  copy->ended_ns = ended_ns;
  return copy;
}
