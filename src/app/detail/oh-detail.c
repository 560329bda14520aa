/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-detail.h"

#include "oh-told-lines.h"
#include "oh-announcer.h"
#include "oh-body-view.h"
#include "oh-changes-view.h"
#include "oh-conversation.h"
#include "oh-detail-page.h"
#include "oh-detail-usage.h"
#include "oh-drag-export.h"
#include "oh-export.h"
#include "oh-finding-banner.h"
#include "oh-headers-view.h"
#include "oh-matchable.h"
#include "oh-matches.h"
#include "oh-replay.h"
#include "oh-stream-view.h"
#include "oh-tab-strip.h"
#include "oh-timing-view.h"
#include "oh-words.h"

#include <glib/gi18n.h>
#include <string.h>

/* By OhMatchesPage. */
static const char *const page_names[OH_MATCHES_N_PAGES] = { "conversation", "changes", "request", "response",
                                                            "headers", "timing", "stream" };

struct _OhDetail
{
  AdwBin parent_instance;

  GtkStack *frame; /* "none", "loading", "exchange" */
  GtkStack *stack;
  GtkWidget *copy_button;
  GtkWidget *open_button;
  OhConversation *conversation;
  OhChangesView *changes;
  OhBodyView *response;
  OhDetailUsage *usage;
  OhToldLines *accounts;
  OhFindingBanner *finding;

  OhEngine *engine;
  gint64 exchange_id;
  OhWatch *watch;
  OhExchangeView *view;
  OhDetailPage *pages[OH_MATCHES_N_PAGES];
  gboolean stale[OH_MATCHES_N_PAGES]; /* the page does not show the view yet: it will when it is opened */
  gboolean plain;

  OhSearchWords *words; /* what is searched for; or NULL */
  OhMatches *matches;   /* where it is in the view; NULL: not counted yet */
  GCancellable *counting;
  gboolean recount;     /* the view grew since the counting began */
  int step;             /* where to go when it is counted: 1, -1 or 0 */
  int current;          /* the match that is looked at on the page that is open; -1: none */
};

static void oh_detail_matchable_init (OhMatchableInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhDetail, oh_detail, ADW_TYPE_BIN,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_MATCHABLE, oh_detail_matchable_init))

enum
{
  PROP_0,
  PROP_PLAIN,
  N_PROPERTIES,
};

static GParamSpec *properties[N_PROPERTIES];
static guint matches_changed_signal;

static OhMatchesPage
current_page (OhDetail *self)
{
  const char *name = gtk_stack_get_visible_child_name (self->stack);

  for (guint i = 0; name && i < OH_MATCHES_N_PAGES; i++)
    if (strcmp (name, page_names[i]) == 0)
      return i;
  return OH_MATCHES_CONVERSATION;
}

static void
update_page (OhDetail *self, OhMatchesPage page)
{
  if (!self->stale[page])
    return;
  self->stale[page] = FALSE;
  oh_detail_page_set_view (self->pages[page], self->engine, self->view);
}

static void
update_actions (OhDetail *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  gboolean whole = self->view && !self->view->partial;
  gboolean request = whole && self->view->request_body && g_bytes_get_size (self->view->request_body) > 0;
  gboolean response = whole && self->view->response_body && g_bytes_get_size (self->view->response_body) > 0;

  gtk_widget_action_set_enabled (widget, "detail.copy-curl",
                                 whole && self->view->exchange->route != OH_ROUTE_BLIND);
  gtk_widget_action_set_enabled (widget, "detail.copy-request", request);
  gtk_widget_action_set_enabled (widget, "detail.copy-response", response);
  gtk_widget_action_set_enabled (widget, "detail.copy-answer", whole && self->view->reading->answer);
  gtk_widget_action_set_enabled (widget, "detail.open-window", self->engine && self->exchange_id != 0);
  gtk_widget_action_set_enabled (widget, "detail.print", self->engine && self->exchange_id != 0);
}

/* Matches. */

static int
get_total (OhDetail *self)
{
  return self->matches ? (int) self->matches->total[current_page (self)] : 0;
}

static void
show_match (OhDetail *self, int match)
{
  OhMatchesPage page = current_page (self);
  const OhMatchesSpot *spot;
  guint nth;

  self->current = match;
  spot = oh_matches_get_spot (self->matches, page, (guint) match, &nth);
  oh_detail_page_show_match (self->pages[page], spot->kind, spot->index, nth);
  g_signal_emit (self, matches_changed_signal, 0);
}

/* Opens the first page that has a match, if the open one has none. */
static void
choose_page (OhDetail *self)
{
  for (guint i = 0; get_total (self) == 0 && i < OH_MATCHES_N_PAGES; i++)
    if (self->matches->total[i] > 0)
      gtk_stack_set_visible_child_name (self->stack, page_names[i]);
}

static gboolean
oh_detail_step (OhMatchable *matchable, int direction)
{
  OhDetail *self = OH_DETAIL (matchable);
  int next;

  if (!self->words || self->exchange_id == 0)
    return FALSE;
  if (!self->matches)
    {
      self->step = direction;
      return TRUE;
    }
  if (self->current < 0)
    choose_page (self);
  next = self->current >= 0 ? self->current + direction : direction > 0 ? 0 : get_total (self) - 1;
  if (next < 0 || next >= get_total (self))
    return FALSE;
  show_match (self, next);
  return TRUE;
}

static void
oh_detail_leave (OhMatchable *matchable)
{
  OH_DETAIL (matchable)->current = -1;
}

static int
oh_detail_get_matches (OhMatchable *matchable, int *current)
{
  OhDetail *self = OH_DETAIL (matchable);

  *current = self->current;
  return self->matches && self->words ? get_total (self) : -1;
}

static void
oh_detail_matchable_init (OhMatchableInterface *iface)
{
  iface->get_matches = oh_detail_get_matches;
  iface->step = oh_detail_step;
  iface->leave = oh_detail_leave;
}

static void count_matches (OhDetail *self);

static void
matches_counted (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhDetail) self = data;
  OhMatches *matches = oh_matches_count_finish (result);
  int step = self->step;

  if (!matches)
    return;
  g_clear_object (&self->counting);
  g_clear_pointer (&self->matches, oh_matches_free);
  self->matches = matches;
  self->step = 0;
  if (self->current >= get_total (self))
    self->current = -1;
  if (step == 0 || !oh_detail_step (OH_MATCHABLE (self), step))
    g_signal_emit (self, matches_changed_signal, 0);
  if (self->recount)
    count_matches (self);
}

/* One count at a time: while an answer streams, there is a new view with every piece of it. */
static void
count_matches (OhDetail *self)
{
  self->recount = self->counting != NULL;
  if (self->counting || !self->words || !self->view || self->view->partial || self->view->exchange->id != self->exchange_id)
    return;
  self->counting = g_cancellable_new ();
  oh_matches_count_async (self->view, self->words, self->counting, matches_counted, g_object_ref (self));
}

static void
forget_matches (OhDetail *self)
{
  if (self->counting)
    g_cancellable_cancel (self->counting);
  g_clear_object (&self->counting);
  g_clear_pointer (&self->matches, oh_matches_free);
  self->recount = FALSE;
  self->current = -1;
}

static void
view_changed (OhDetail *self)
{
  for (guint i = 0; i < OH_MATCHES_N_PAGES; i++)
    self->stale[i] = TRUE;
  gtk_stack_set_visible_child_name (self->frame, self->view ? "exchange" : self->exchange_id != 0 ? "loading" : "none");
  oh_detail_usage_set_view (self->usage, self->view);
  update_actions (self);
  /* Pages let go of the exchange before; the open one shows the new one. That of the changes knows their number, which
   * stands on its tab, and does the rest when it is opened. */
  for (guint i = 0; i < OH_MATCHES_N_PAGES; i++)
    if (!self->view || i == current_page (self) || i == OH_MATCHES_CHANGES)
      update_page (self, i);
  count_matches (self);
}

/* Whether @view is the end of what was seen under way before. */
static gboolean
is_end (OhDetail *self, const OhExchangeView *view)
{
  return self->view && self->view->exchange->id == view->exchange->id &&
         self->view->exchange->outcome == OH_OUTCOME_PENDING && view->exchange->outcome != OH_OUTCOME_PENDING;
}

static void
watch_changed (OhDetail *self)
{
  OhExchangeView *view = oh_watch_get_view (self->watch);
  gboolean ended;

  if (!view)
    return;
  ended = is_end (self, view);
  oh_exchange_view_ref (view);
  g_clear_pointer (&self->view, oh_exchange_view_unref);
  self->view = view;
  view_changed (self);
  if (ended)
    {
      g_autofree char *end = view->reading->facts->stop_reason ? oh_facts_describe_stop (view->reading->facts)
                                                               : oh_words_ended (view->exchange);
      g_autofree char *words = g_strdup_printf (_ ("The answer has ended: %s"), end);

      oh_announce (GTK_WIDGET (self), words);
    }
}

static void
stop_watching (OhDetail *self)
{
  if (self->watch)
    g_signal_handlers_disconnect_by_data (self->watch, self);
  g_clear_object (&self->watch);
}

static void
page_changed (OhDetail *self)
{
  /* Also while the pages are taken down. */
  if (!self->view)
    return;
  update_page (self, current_page (self));
  self->current = -1;
  g_signal_emit (self, matches_changed_signal, 0);
}

static void
count_changed (OhDetail *self)
{
  GtkStackPage *page = gtk_stack_get_page (self->stack, GTK_WIDGET (self->changes));
  int count = oh_changes_view_get_count (self->changes);
  g_autofree char *digits = oh_format_count (count);
  g_autofree char *title = count < 0 ? g_strdup (_ ("Changes")) : g_strdup_printf (_ ("Changes +%s"), digits);

  gtk_stack_page_set_title (page, title);
}

static void
show_stream (OhDetail *self)
{
  oh_detail_set_page (self, "stream");
}

/* Actions. */

static void
copy_text (GtkWidget *widget, const char *text)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), text);
  oh_say (widget, _ ("Copied"));
}

static void
copy_body (GtkWidget *widget, GBytes *body)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  g_autofree char *text = g_utf8_make_valid (length ? data : "", (gssize) length);

  copy_text (widget, text);
}

static void
copy_curl (GtkWidget *widget, const char *action, GVariant *parameter)
{
  const OhExchangeView *view = OH_DETAIL (widget)->view;
  g_autofree char *text =
    oh_replay_to_curl (&(OhReplay){ view->exchange, view->exchange->facts, view->request_body });

  copy_text (widget, text);
}

static void
copy_request (GtkWidget *widget, const char *action, GVariant *parameter)
{
  copy_body (widget, OH_DETAIL (widget)->view->request_body);
}

static void
copy_response (GtkWidget *widget, const char *action, GVariant *parameter)
{
  copy_body (widget, OH_DETAIL (widget)->view->response_body);
}

static void
copy_answer (GtkWidget *widget, const char *action, GVariant *parameter)
{
  g_autofree char *text = oh_export_answer_to_markdown (OH_DETAIL (widget)->view->reading->answer);

  copy_text (widget, text);
}

static void
open_window (GtkWidget *widget, const char *action, GVariant *parameter)
{
  gtk_widget_activate_action (widget, "exchange.open", "x", OH_DETAIL (widget)->exchange_id);
}

/* The button with what can be copied can be dragged to where the conversation is to be. */
static OhDragFile *
make_drag (GtkWidget *button, double x, double y, gpointer data)
{
  OhDetail *self = data;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (self->engine == NULL || self->exchange_id == 0)
    return NULL;
  g_array_append_val (ids, self->exchange_id);
  return oh_drag_export_new (self->engine, ids, "markdown", TRUE);
}

static void
print (GtkWidget *widget, const char *action, GVariant *parameter)
{
  gtk_widget_activate_action (widget, "app.print", "x", OH_DETAIL (widget)->exchange_id);
}

static void
open_page (GtkWidget *widget, const char *action, GVariant *parameter)
{
  oh_detail_set_page (OH_DETAIL (widget), g_variant_get_string (parameter, NULL));
}

static gboolean
find_key (GtkWidget *widget, GVariant *args, gpointer data)
{
  OhDetail *self = OH_DETAIL (widget);

  return oh_detail_page_find (self->pages[current_page (self)]);
}

static void
oh_detail_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  if (prop_id == PROP_PLAIN)
    g_value_set_boolean (value, OH_DETAIL (object)->plain);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
oh_detail_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  OhDetail *self = OH_DETAIL (object);

  if (prop_id == PROP_PLAIN)
    {
      self->plain = g_value_get_boolean (value);
      oh_conversation_set_plain (self->conversation, self->plain);
    }
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
oh_detail_dispose (GObject *object)
{
  OhDetail *self = OH_DETAIL (object);

  stop_watching (self);
  forget_matches (self);
  g_clear_pointer (&self->words, oh_search_words_unref);
  g_clear_pointer (&self->view, oh_exchange_view_unref);
  G_OBJECT_CLASS (oh_detail_parent_class)->dispose (object);
}

static void
oh_detail_class_init (OhDetailClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = oh_detail_get_property;
  object_class->set_property = oh_detail_set_property;
  object_class->dispose = oh_detail_dispose;
  properties[PROP_PLAIN] =
      g_param_spec_boolean ("plain", NULL, NULL, FALSE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  matches_changed_signal =
      g_signal_new ("matches-changed", OH_TYPE_DETAIL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (OH_TYPE_CONVERSATION);
  g_type_ensure (OH_TYPE_TOLD_LINES);
  g_type_ensure (OH_TYPE_BODY_VIEW);
  g_type_ensure (OH_TYPE_CHANGES_VIEW);
  g_type_ensure (OH_TYPE_FINDING_BANNER);
  g_type_ensure (OH_TYPE_HEADERS_VIEW);
  g_type_ensure (OH_TYPE_TIMING_VIEW);
  g_type_ensure (OH_TYPE_STREAM_VIEW);
  g_type_ensure (OH_TYPE_DETAIL_USAGE);
  g_type_ensure (OH_TYPE_TAB_STRIP);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-detail.ui");
  gtk_widget_class_bind_template_child (widget_class, OhDetail, frame);
  gtk_widget_class_bind_template_child (widget_class, OhDetail, stack);
  gtk_widget_class_bind_template_child (widget_class, OhDetail, copy_button);
  gtk_widget_class_bind_template_child (widget_class, OhDetail, open_button);
  gtk_widget_class_bind_template_child (widget_class, OhDetail, conversation);
  gtk_widget_class_bind_template_child (widget_class, OhDetail, changes);
  gtk_widget_class_bind_template_child (widget_class, OhDetail, accounts);
  gtk_widget_class_bind_template_child (widget_class, OhDetail, finding);
  gtk_widget_class_bind_template_child (widget_class, OhDetail, response);
  gtk_widget_class_bind_template_child (widget_class, OhDetail, usage);
  gtk_widget_class_bind_template_callback (widget_class, page_changed);
  gtk_widget_class_bind_template_callback (widget_class, count_changed);
  gtk_widget_class_bind_template_callback (widget_class, show_stream);

  gtk_widget_class_install_action (widget_class, "detail.copy-curl", NULL, copy_curl);
  gtk_widget_class_install_action (widget_class, "detail.copy-request", NULL, copy_request);
  gtk_widget_class_install_action (widget_class, "detail.copy-response", NULL, copy_response);
  gtk_widget_class_install_action (widget_class, "detail.copy-answer", NULL, copy_answer);
  gtk_widget_class_install_action (widget_class, "detail.open-window", NULL, open_window);
  gtk_widget_class_install_action (widget_class, "detail.print", NULL, print);
  gtk_widget_class_install_action (widget_class, "detail.page", "s", open_page);
  gtk_widget_class_install_property_action (widget_class, "detail.plain", "plain");
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_CONTROL_MASK, "detail.open-window", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_KP_Enter, GDK_CONTROL_MASK, "detail.open-window", NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, find_key, NULL);
}

/* Alt+1 … 7, wherever in the window the focus is. */
static void
add_page_keys (OhDetail *self)
{
  GtkEventController *keys = gtk_shortcut_controller_new ();

  gtk_shortcut_controller_set_scope (GTK_SHORTCUT_CONTROLLER (keys), GTK_SHORTCUT_SCOPE_GLOBAL);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  for (guint i = 0; i < OH_MATCHES_N_PAGES; i++)
    gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (keys),
                                          gtk_shortcut_new_with_arguments (gtk_keyval_trigger_new (GDK_KEY_1 + i, GDK_ALT_MASK),
                                                                           gtk_named_action_new ("detail.page"), "s",
                                                                           page_names[i]));
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
}

static void
oh_detail_init (OhDetail *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  add_page_keys (self);
  for (guint i = 0; i < OH_MATCHES_N_PAGES; i++)
    self->pages[i] = OH_DETAIL_PAGE (gtk_stack_get_child_by_name (self->stack, page_names[i]));
  oh_body_view_set_side (self->response, OH_SIDE_RESPONSE);
  oh_drag_file_attach (self->copy_button, make_drag, self);
  self->current = -1;
  view_changed (self);
}

GtkWidget *
oh_detail_new (void)
{
  return g_object_new (OH_TYPE_DETAIL, NULL);
}

void
oh_detail_set_exchange (OhDetail *self, OhEngine *engine, gint64 exchange_id)
{
  g_return_if_fail (OH_IS_DETAIL (self));
  g_return_if_fail (engine || exchange_id == 0);

  if (self->exchange_id == exchange_id && self->engine == engine)
    return;
  stop_watching (self);
  forget_matches (self);
  self->step = 0;
  self->engine = engine;
  self->exchange_id = exchange_id;
  oh_told_lines_set_exchange (self->accounts, engine, exchange_id);
  oh_finding_banner_set_exchange (self->finding, engine, exchange_id);
  if (exchange_id == 0)
    {
      oh_detail_set_view (self, NULL);
      return;
    }
  /* The exchange before stays on screen until there is something of this one: nothing flickers. */
  self->watch = oh_watch_new_with_first_look (engine, exchange_id);
  g_signal_connect_swapped (self->watch, "notify::view", G_CALLBACK (watch_changed), self);
  if (oh_watch_get_view (self->watch))
    watch_changed (self);
  else if (!self->view)
    view_changed (self);
}

void
oh_detail_set_detached (OhDetail *self)
{
  g_return_if_fail (OH_IS_DETAIL (self));

  gtk_widget_set_visible (self->open_button, FALSE);
}

void
oh_detail_set_view (OhDetail *self, OhExchangeView *view)
{
  g_return_if_fail (OH_IS_DETAIL (self));

  if (view)
    oh_exchange_view_ref (view);
  g_clear_pointer (&self->view, oh_exchange_view_unref);
  self->view = view;
  view_changed (self);
}

const char *
oh_detail_get_page (OhDetail *self)
{
  g_return_val_if_fail (OH_IS_DETAIL (self), NULL);

  return page_names[current_page (self)];
}

void
oh_detail_set_page (OhDetail *self, const char *page)
{
  g_return_if_fail (OH_IS_DETAIL (self));
  g_return_if_fail (page);

  for (guint i = 0; i < OH_MATCHES_N_PAGES; i++)
    if (strcmp (page, page_names[i]) == 0)
      gtk_stack_set_visible_child_name (self->stack, page);
}

void
oh_detail_compare (OhDetail *self, gint64 before_id)
{
  g_return_if_fail (OH_IS_DETAIL (self));

  oh_changes_view_set_before (self->changes, self->exchange_id, before_id);
  oh_detail_set_page (self, "changes");
}

void
oh_detail_set_words (OhDetail *self, OhSearchWords *words)
{
  g_return_if_fail (OH_IS_DETAIL (self));

  if (oh_search_words_equal (self->words, words))
    return;
  forget_matches (self);
  self->step = 0;
  oh_search_words_set (&self->words, words);
  for (guint i = 0; i < OH_MATCHES_N_PAGES; i++)
    oh_detail_page_set_words (self->pages[i], words);
  count_matches (self);
  g_signal_emit (self, matches_changed_signal, 0);
}

gboolean
oh_detail_enter (OhDetail *self)
{
  g_return_val_if_fail (OH_IS_DETAIL (self), FALSE);

  return gtk_widget_child_focus (GTK_WIDGET (self->pages[current_page (self)]), GTK_DIR_TAB_FORWARD) ||
         gtk_widget_child_focus (GTK_WIDGET (self), GTK_DIR_TAB_FORWARD);
}
