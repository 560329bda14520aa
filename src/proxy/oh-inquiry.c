/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-inquiry-private.h"
#include "oh-clock.h"
#include "oh-errand-private.h"

/* A proxy that wants a login says so at once; for what else takes long the program does not wait here. */
#define PATIENCE_MS 5000
/* A pooled connection that is so young needs no question. */
#define YOUNG_NS OH_NS_PER_S

typedef struct
{
  OhGate *gate; /* NULL: it is answered already, or gone */
  OhUpstream *upstream;
  char *host;
  guint port;
  char *agent;
  OhGateUnreadFunc unread;
  OhAlarm patience;
} OhInquiry;

static void
inquiry_free (OhInquiry *self)
{
  oh_alarm_clear (&self->patience);
  g_free (self->host);
  g_free (self->agent);
  g_free (self);
}

static void
stop (gpointer guest)
{
  OhInquiry *self = guest;

  oh_alarm_clear (&self->patience);
  self->gate = NULL;
}

static const OhGuestClass guest_class = { .stop = stop };

static void
grant (OhInquiry *self)
{
  OhGate *gate = self->gate;

  stop (self);
  oh_gate_dismiss (gate);
  oh_gate_grant (gate, self->host, self->port, self->agent, self->unread);
}

static void
wait_no_longer (gpointer data)
{
  grant (data);
}

/* @refusal: as the proxy said it */
static void
refuse (OhInquiry *self, GBytes *refusal, gboolean keep, const GError *error)
{
  OhGate *gate = self->gate;

  stop (self);
  oh_gate_dismiss (gate);
  /* What is said within a dialog is no failure yet. */
  if (gate->login == NULL || gate->lane == gate->login)
    {
      g_autofree char *saying = NULL;
      const char *code = oh_upstream_explain (error, self->host, &saying);
      OhRecorder *recorder = oh_gate_record (gate, OH_ROUTE_TUNNEL, "CONNECT", "https", self->host, self->port, "", NULL, NULL);
      g_autoptr (OhCapture) end = oh_recorder_end (recorder, OH_OUTCOME_FAILED, OH_PARTY_UPSTREAM, code, saying, NULL, NULL, NULL);

      oh_recorder_free (recorder);
    }
  oh_gate_pass_answer (gate, g_bytes_ref (refusal), keep && gate->pending->len == 0);
}

static void
connected (GObject *source, GAsyncResult *result, gpointer data)
{
  OhInquiry *self = data;
  g_autoptr (GError) error = NULL;
  OhLine *line = oh_upstream_connect_finish (self->upstream, result, &error);
  gboolean keep;
  GBytes *refusal = oh_upstream_get_refusal (result, &keep);

  if (line != NULL)
    oh_upstream_give_back (self->upstream, line);
  if (self->gate != NULL && refusal != NULL)
    refuse (self, refusal, keep, error);
  else if (self->gate != NULL)
    {
      /* That connection is as old as the program's own. */
      self->gate->used |= line != NULL;
      grant (self);
    }
  inquiry_free (self);
}

void
oh_inquiry_begin (OhGate *gate, const char *host, guint port, const char *agent, OhGateUnreadFunc unread)
{
  g_autoptr (OhDetour) detour = oh_gate_find_detour (gate, host);
  g_autoptr (OhErrand) errand
      = oh_errand_new (gate, detour, OH_ROUTE_TUNNEL, port == 80 ? "http" : "https", host, port, "/", TRUE);
  OhDestination *to = &errand->destination;
  OhLine *line = to->hops != NULL ? oh_upstream_take_idle (gate->core->upstream, to, YOUNG_NS) : NULL;
  OhInquiry *self;

  if (line != NULL)
    oh_upstream_give_back (gate->core->upstream, line);
  if (line != NULL || to->hops == NULL)
    {
      oh_gate_grant (gate, host, port, agent, unread);
      return;
    }
  self = g_new0 (OhInquiry, 1);
  *self = (OhInquiry) { .gate = gate, .upstream = gate->core->upstream, .host = g_strdup (host), .port = port,
                        .agent = g_strdup (agent), .unread = unread };
  oh_gate_admit (gate, OH_GATE_SNIFF, &guest_class, self);
  oh_alarm_set (&self->patience, gate->core->context, PATIENCE_MS, wait_no_longer, self);
  to->inquiry = TRUE;
  to->agent = agent;
  oh_upstream_connect_async (self->upstream, to, NULL, connected, self);
}
