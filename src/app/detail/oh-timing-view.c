/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-timing-view.h"

#include "oh-detail-page.h"
#include "oh-track.h"

#include <glib/gi18n.h>

#define MAX_PHASES 6

struct _OhTimingView
{
  AdwBin parent_instance;

  GtkLabel *sentence;
  GtkGrid *phases;
  GtkGrid *numbers;
};

static void oh_timing_view_page_init (OhDetailPageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhTimingView, oh_timing_view, ADW_TYPE_BIN,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_DETAIL_PAGE, oh_timing_view_page_init))

static void
add_phase (OhTimingPhase *phases, guint *n, const char *name, const char *css_class, gint64 from, gint64 to)
{
  if (from < 0 || to < from)
    return;
  phases[*n] = (OhTimingPhase){ name, css_class, from, to };
  (*n)++;
}

guint
oh_timing_view_get_phases (const OhExchange *exchange, gint64 first_token_ns, gint64 now, OhTimingPhase *phases)
{
  const OhTimings *t = &exchange->timings;
  gint64 ended = t->ended >= 0 ? t->ended : exchange->outcome == OH_OUTCOME_PENDING ? now : -1;
  gint64 ready = 0; /* the upstream could take the request */
  gint64 waiting;   /* the upstream had all of it */
  gint64 answer = t->response_head >= 0 ? t->response_head : t->first_byte;
  guint n = 0;

  if (!t->reused)
    {
      add_phase (phases, &n, _ ("Name lookup"), "phase-connect", t->resolved >= 0 ? 0 : -1, t->resolved);
      ready = MAX (ready, t->resolved);
      add_phase (phases, &n, _ ("Connection (TCP)"), "phase-connect", t->connected >= 0 ? ready : -1, t->connected);
      ready = MAX (ready, t->connected);
      add_phase (phases, &n, _ ("Encryption (TLS)"), "phase-connect", t->secured >= 0 ? ready : -1, t->secured);
      ready = MAX (ready, t->secured);
    }
  if (exchange->route == OH_ROUTE_BLIND)
    {
      add_phase (phases, &n, _ ("Tunnel"), "phase-stream", ready, ended);
      return n;
    }
  if (t->request_sent > ready)
    add_phase (phases, &n, _ ("Request"), "phase-request", ready, t->request_sent);
  waiting = MAX (ready, t->request_sent);
  /* An answer may begin before the request has ended. */
  if (answer >= 0 && answer < waiting)
    waiting = answer;
  add_phase (phases, &n, first_token_ns >= 0 ? _ ("Wait for the first token") : _ ("Wait for the answer"), "phase-wait",
             waiting,
             first_token_ns >= 0 ? first_token_ns
             : answer >= 0       ? answer
                                 : ended);
  if (answer >= 0)
    add_phase (phases, &n, first_token_ns >= 0 ? _ ("Stream") : _ ("Answer"), "phase-stream",
               first_token_ns >= 0 ? first_token_ns : answer, ended);
  return n;
}

char *
oh_timing_view_describe (const OhExchange *exchange, const OhFacts *facts)
{
  /* The stream of a known API says itself when it is over. */
  gboolean says_end = facts && facts->streamed && oh_facts_is_understood (facts);

  switch (exchange->outcome)
    {
    case OH_OUTCOME_PENDING:
      if (exchange->status == 0)
        return g_strdup (_ ("The answer has not begun yet."));
      return g_strdup (_ ("The answer is still arriving."));
    case OH_OUTCOME_FINISHED:
      if (exchange->route == OH_ROUTE_BLIND)
        return g_strdup (_ ("The tunnel was closed in good order."));
      if (facts && facts->error_type && exchange->status < 400)
        return g_strdup_printf (_ ("The answer began well, then said %s inside the stream."), facts->error_type);
      if (says_end && !facts->complete)
        return g_strdup (_ ("The server closed the stream in good order, but before its last event."));
      if (exchange->status >= 400)
        return g_strdup_printf (_ ("The server answered with an error, %u."), exchange->status);
      return g_strdup (_ ("The whole answer was passed on."));
    case OH_OUTCOME_CUT:
      if (exchange->ended_by == OH_PARTY_CLIENT)
        return g_strdup (_ ("The program hung up before the answer was over."));
      if (exchange->ended_by == OH_PARTY_US)
        return g_strdup (_ ("Overhear was stopped before the answer was over."));
      return g_strdup (says_end ? _ ("The server closed the stream before its last event.")
                                : _ ("The server closed the connection before the answer was over."));
    case OH_OUTCOME_FAILED:
    default:
      if (exchange->error)
        return oh_saying_tell (exchange->error);
      if (exchange->ended_by == OH_PARTY_CLIENT)
        return g_strdup (_ ("The program hung up before there was an answer."));
      return g_strdup (_ ("There was no answer."));
    }
}

static void
clear_grid (GtkGrid *grid)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (grid))))
    gtk_grid_remove (grid, child);
}

static GtkWidget *
new_label (const char *text, float xalign, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), xalign);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  if (css_class)
    gtk_widget_add_css_class (label, css_class);
  return label;
}

static void
show_phases (OhTimingView *self, const OhTimingPhase *phases, guint n, gint64 total)
{
  for (guint i = 0; i < n; i++)
    {
      GtkWidget *track = oh_timing_track_new ();
      g_autofree char *duration = oh_format_duration (phases[i].to - phases[i].from);
      g_autofree char *words = g_strdup_printf ("%s: %s", phases[i].name, duration);

      oh_timing_track_add (OH_TIMING_TRACK (track), (double) phases[i].from / (double) total,
                           (double) phases[i].to / (double) total, phases[i].css_class);
      gtk_widget_set_hexpand (track, TRUE);
      gtk_widget_set_valign (track, GTK_ALIGN_CENTER);
      gtk_accessible_update_property (GTK_ACCESSIBLE (track), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
      gtk_grid_attach (self->phases, new_label (phases[i].name, 0, NULL), 0, (int) i, 1, 1);
      gtk_grid_attach (self->phases, track, 1, (int) i, 1, 1);
      gtk_grid_attach (self->phases, new_label (duration, 1, "numeric"), 2, (int) i, 1, 1);
    }
}

static void
add_number (OhTimingView *self, int *row, const char *name, const char *value)
{
  GtkWidget *label = new_label (value, 0, "numeric");

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_grid_attach (self->numbers, new_label (name, 0, "dim-label"), 0, *row, 1, 1);
  gtk_grid_attach (self->numbers, label, 1, *row, 1, 1);
  (*row)++;
}

static void
show_numbers (OhTimingView *self, const OhExchangeView *view, gint64 total)
{
  const OhExchange *exchange = view->exchange;
  const OhFacts *facts = view->reading->facts;
  g_autofree char *started = oh_format_date_time (exchange->started_ns);
  g_autofree char *took = oh_format_duration (total);
  g_autofree char *sent = oh_format_bytes (exchange->request_length);
  g_autofree char *received = oh_format_bytes (exchange->response_length);
  g_autoptr (GPtrArray) oddities = oh_oddities_get_sentences (exchange->oddities);
  int row = 0;

  add_number (self, &row, _ ("Started"), started);
  add_number (self, &row, exchange->outcome == OH_OUTCOME_PENDING ? _ ("So far") : _ ("In all"), took);
  if (exchange->timings.first_byte >= 0)
    {
      g_autofree char *text = oh_format_duration (exchange->timings.first_byte);

      add_number (self, &row, _ ("First byte after"), text);
    }
  if (facts->first_token_ns >= 0)
    {
      g_autofree char *text = oh_format_duration (facts->first_token_ns);

      add_number (self, &row, _ ("First token after"), text);
    }
  add_number (self, &row, _ ("Sent"), sent);
  add_number (self, &row, _ ("Received"), received);
  if (exchange->route != OH_ROUTE_BLIND)
    add_number (self, &row, _ ("Connection"),
                exchange->timings.reused ? _ ("reused, so there was no time to connect") : _ ("new"));
  if (exchange->gaps & OH_GAP_LATE)
    add_number (self, &row, _ ("Kept"), _ ("after the program had the last byte: the disk was slow"));
  for (guint i = 0; i < oddities->len; i++)
    add_number (self, &row, _ ("Unusual"), oddities->pdata[i]);
}

/* ---- the page ---- */

static void
oh_timing_view_set_view (OhDetailPage *page, OhEngine *engine, OhExchangeView *view)
{
  OhTimingView *self = OH_TIMING_VIEW (page);
  OhTimingPhase phases[MAX_PHASES];
  g_autofree char *sentence = NULL;
  gint64 total;
  guint n;

  clear_grid (self->phases);
  clear_grid (self->numbers);
  gtk_label_set_text (self->sentence, "");
  if (!view)
    return;
  total = view->exchange->timings.ended;
  if (total < 0 && view->exchange->outcome == OH_OUTCOME_PENDING)
    total = oh_clock_wall_ns () - view->exchange->started_ns;
  n = oh_timing_view_get_phases (view->exchange, view->reading->facts->first_token_ns, total, phases);
  sentence = oh_timing_view_describe (view->exchange, view->reading->facts);
  gtk_label_set_text (self->sentence, sentence);
  show_phases (self, phases, n, MAX (total, 1));
  show_numbers (self, view, total);
}

static void
oh_timing_view_page_init (OhDetailPageInterface *iface)
{
  iface->set_view = oh_timing_view_set_view;
}

/* ---- */

static void
oh_timing_view_class_init (OhTimingViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-timing-view.ui");
  gtk_widget_class_bind_template_child (widget_class, OhTimingView, sentence);
  gtk_widget_class_bind_template_child (widget_class, OhTimingView, phases);
  gtk_widget_class_bind_template_child (widget_class, OhTimingView, numbers);
}

static void
oh_timing_view_init (OhTimingView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
