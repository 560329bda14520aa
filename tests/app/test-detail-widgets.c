/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The detail as a widget, in a window nobody sees: what a user would see after each step. */
#include "fixture.h"
#include "oh-body-view.h"
#include "oh-conversation-card.h"
#include "oh-card-list.h"
#include "oh-detail.h"

#include <gtksourceview/gtksource.h>
#include <string.h>

#define WAIT_MS 10000

static GtkWidget *window;
static OhDetail *detail;

static gboolean
time_out (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Runs the main loop until @done says so; FALSE if it never does. */
static gboolean
wait_for (gboolean (*done) (gpointer), gpointer data)
{
  gboolean late = FALSE;
  guint id = g_timeout_add (WAIT_MS, time_out, &late);

  while (!done (data) && !late)
    g_main_context_iteration (NULL, TRUE);
  if (!late)
    g_source_remove (id);
  return !late;
}

/* The first mapped widget below @widget that @matches. */
static GtkWidget *
find (GtkWidget *widget, gboolean (*matches) (GtkWidget *, const char *), const char *text)
{
  if (!gtk_widget_get_mapped (widget))
    return NULL;
  if (matches (widget, text))
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child; child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find (child, matches, text);

      if (found)
        return found;
    }
  return NULL;
}

static gboolean
is_label (GtkWidget *widget, const char *text)
{
  return GTK_IS_LABEL (widget) && strstr (gtk_label_get_text (GTK_LABEL (widget)), text);
}

static gboolean
is_text (GtkWidget *widget, const char *text)
{
  GtkTextIter start, end;
  g_autofree char *all = NULL;

  if (!GTK_IS_TEXT_VIEW (widget))
    return FALSE;
  gtk_text_buffer_get_bounds (gtk_text_view_get_buffer (GTK_TEXT_VIEW (widget)), &start, &end);
  all = gtk_text_buffer_get_text (gtk_text_view_get_buffer (GTK_TEXT_VIEW (widget)), &start, &end, FALSE);
  return strstr (all, text) != NULL;
}

static gboolean
is_list (GtkWidget *widget, const char *text)
{
  return OH_IS_CARD_LIST (widget);
}

static GtkWidget *
find_label (const char *text)
{
  return find (GTK_WIDGET (detail), is_label, text);
}

static gboolean
label_is_shown (gpointer text)
{
  return find_label (text) != NULL;
}

static gboolean
text_is_shown (gpointer text)
{
  return find (GTK_WIDGET (detail), is_text, text) != NULL;
}

static char *
make_events (guint words)
{
  GString *out = g_string_new ("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\","
                               "\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":5,"
                               "\"cache_read_input_tokens\":15,\"output_tokens\":1}}}\n\n"
                               "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
                               "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");

  for (guint i = 0; i < words; i++)
    g_string_append_printf (out,
                            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
                            "\"delta\":{\"type\":\"text_delta\",\"text\":\"word%u%s\"}}\n\n",
                            i, i % 10 == 9 ? "\\n\\n" : " ");
  g_string_append (out, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
                        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
                        "\"usage\":{\"output_tokens\":77}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
  return g_string_free (out, FALSE);
}

static char *
make_request (guint messages)
{
  GString *out = g_string_new ("{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,\"messages\":[");

  for (guint i = 0; i < messages; i++)
    g_string_append_printf (out, "%s{\"role\":\"%s\",\"content\":\"message number %u\\n\\nof **many**\"}", i ? "," : "",
                            i % 2 ? "assistant" : "user", i);
  g_string_append (out, "]}");
  return g_string_free (out, FALSE);
}

static void
show (const char *request, const char *events, gssize received)
{
  g_autoptr (OhExchangeView) view = fixture_view (request, events, "text/event-stream", received);

  oh_detail_set_view (detail, view);
}

/* An answer that grows keeps the widgets of what was there, and its end in sight. */
static void
test_streaming (void)
{
  g_autofree char *request = make_request (1);
  g_autofree char *events = make_events (200);
  const char *half = strstr (events, "word100");
  GtkWidget *first;

  oh_detail_set_page (detail, "conversation");
  show (request, events, strstr (events, "word15") - events);
  g_assert_true (wait_for (label_is_shown, "word9"));
  first = find_label ("word0 ");
  g_assert_nonnull (first);
  g_object_add_weak_pointer (G_OBJECT (first), (gpointer *) &first);
  gtk_label_select_region (GTK_LABEL (first), 0, 5);

  show (request, events, strstr (events, "word25") - events);
  g_assert_true (wait_for (label_is_shown, "word24"));
  g_assert_nonnull (first);
  g_assert_true (gtk_label_get_selection_bounds (GTK_LABEL (first), NULL, NULL));

  show (request, events, half - events);
  g_assert_true (wait_for (label_is_shown, "streaming"));
  show (request, events, -1);
  g_assert_true (wait_for (label_is_shown, "word199"));
  g_assert_true (wait_for (label_is_shown, "end_turn"));
  g_assert_nonnull (find_label ("in 20"));
  g_assert_nonnull (find_label ("15 read"));
  g_assert_nonnull (find_label ("out 77"));
  if (first)
    g_object_remove_weak_pointer (G_OBJECT (first), (gpointer *) &first);
}

static guint
count_children (GtkWidget *widget)
{
  guint n = 0;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child; child = gtk_widget_get_next_sibling (child))
    n++;
  return n;
}

/* Of many messages only those around the screen exist; the last are shown first, and any can be reached. */
static void
test_many_messages (void)
{
  g_autofree char *request = make_request (20000);
  g_autofree char *events = make_events (3);
  OhCardList *list;

  oh_detail_set_page (detail, "conversation");
  show (request, events, -1);
  g_assert_true (wait_for (label_is_shown, "message number 19999"));
  g_assert_true (wait_for (label_is_shown, "word2"));
  list = OH_CARD_LIST (find (GTK_WIDGET (detail), is_list, NULL));
  g_assert_cmpuint (count_children (GTK_WIDGET (list)), <, 60);
  oh_card_list_scroll_to (list, 0);
  g_assert_true (wait_for (label_is_shown, "message number 0"));
  oh_card_list_scroll_to (list, 10000);
  g_assert_true (wait_for (label_is_shown, "message number 9999"));
  g_assert_null (find_label ("message number 12345"));
  oh_card_list_scroll_to_end (list);
  g_assert_true (wait_for (label_is_shown, "word2"));
  g_assert_cmpuint (count_children (GTK_WIDGET (list)), <, 60);
}

/* What stands on screen stays where it is while something above it grows. */
static void
test_anchor (void)
{
  g_autofree char *request = make_request (400);
  g_autofree char *events = make_events (3);
  OhCardList *list;
  GtkWidget *card, *above;
  graphene_rect_t before, after;

  oh_detail_set_page (detail, "conversation");
  show (request, events, -1);
  g_assert_true (wait_for (label_is_shown, "word2"));
  list = OH_CARD_LIST (find (GTK_WIDGET (detail), is_list, NULL));
  oh_card_list_scroll_to (list, 200);
  g_assert_true (wait_for (label_is_shown, "message number 199"));
  for (int i = 0; i < 20; i++)
    g_main_context_iteration (NULL, FALSE);
  card = oh_card_list_get_child (list, 200);
  above = oh_card_list_get_child (list, 199);
  g_assert_nonnull (card);
  g_assert_nonnull (above);
  g_assert_true (gtk_widget_compute_bounds (card, GTK_WIDGET (list), &before));
  gtk_widget_set_size_request (above, -1, 900);
  while (gtk_widget_get_height (above) < 900)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (gtk_widget_compute_bounds (card, GTK_WIDGET (list), &after));
  g_assert_cmpfloat (before.origin.y, ==, after.origin.y);
}

static void
test_plain (void)
{
  g_autofree char *request = make_request (1);
  g_autofree char *events = make_events (3);

  oh_detail_set_page (detail, "conversation");
  show (request, events, -1);
  g_assert_true (wait_for (label_is_shown, "of many"));
  g_object_set (detail, "plain", TRUE, NULL);
  g_assert_true (wait_for (label_is_shown, "of **many**"));
  g_object_set (detail, "plain", FALSE, NULL);
  g_assert_true (wait_for (label_is_shown, "of many"));
}

static void
test_pages (void)
{
  static const struct
  {
    const char *page;
    const char *label;
  } pages[] = {
    { "request", "max_tokens" },  { "response", "text/event-stream" },    { "headers", "anthropic-version" },
    { "timing", "Encryption" }, { "stream", "content_block_delta" },
  };
  g_autofree char *request = make_request (2);
  g_autofree char *events = make_events (3);

  for (gsize i = 0; i < G_N_ELEMENTS (pages); i++)
    {
      oh_detail_set_page (detail, pages[i].page);
      g_assert_cmpstr (oh_detail_get_page (detail), ==, pages[i].page);
      show (request, events, -1);
      g_assert_true (wait_for (label_is_shown, (gpointer) pages[i].label));
    }
}

/* A body that says it is JSON and is not: the sentence, and the text as it was sent. */
static void
test_not_json (void)
{
  g_autofree char *events = make_events (1);

  oh_detail_set_page (detail, "request");
  show ("{\"model\": oops", events, -1);
  g_assert_true (wait_for (label_is_shown, "not valid JSON"));
  g_assert_true (wait_for (text_is_shown, "{\"model\": oops"));
}

static gboolean
is_button (GtkWidget *widget, const char *tooltip)
{
  return GTK_IS_BUTTON (widget) && g_strcmp0 (gtk_widget_get_tooltip_text (widget), tooltip) == 0;
}

static gboolean
is_entry (GtkWidget *widget, const char *text)
{
  return GTK_IS_SEARCH_ENTRY (widget);
}

static gboolean
is_body (GtkWidget *widget, const char *text)
{
  return OH_IS_BODY_VIEW (widget);
}

static gboolean
entry_is_shown (gpointer data)
{
  return find (GTK_WIDGET (detail), is_entry, NULL) != NULL;
}

static void
press (const char *tooltip)
{
  g_signal_emit_by_name (find (GTK_WIDGET (detail), is_button, tooltip), "clicked");
}

/* A body that is longer than one text view takes is shown in parts, and what is found may stand in any of them. */
static void
test_parts (void)
{
  g_autofree char *events = make_events (1);
  g_autoptr (GString) request = g_string_new ("{\"model\":\"m\",\"rows\":[\"needle one\"");
  OhBodyView *body;
  GtkWidget *entry;
  GtkTextIter from, to;
  g_autofree char *selected = NULL;
  GtkTextBuffer *buffer;

  for (guint i = 0; request->len < 1500000; i++)
    g_string_append_printf (request, ",\"row number %u\"", i);
  g_string_append (request, ",\"Needle two\"]}");
  oh_detail_set_page (detail, "request");
  show (request->str, events, -1);
  g_assert_true (wait_for (label_is_shown, "rows"));
  body = OH_BODY_VIEW (find (GTK_WIDGET (detail), is_body, NULL));
  g_assert_true (oh_body_view_find (body));
  g_assert_true (wait_for (text_is_shown, "\"needle one\",\n"));
  g_assert_false (text_is_shown ("Needle two"));
  press ("Later Part of the Text");
  g_assert_false (text_is_shown ("needle one"));
  press ("Earlier Part of the Text");
  g_assert_true (text_is_shown ("needle one"));

  g_assert_true (wait_for (entry_is_shown, NULL));
  entry = find (GTK_WIDGET (detail), is_entry, NULL);
  gtk_editable_set_text (GTK_EDITABLE (entry), "needle");
  g_assert_true (wait_for (label_is_shown, "1 of 2"));
  press ("Next Match");
  g_assert_true (wait_for (label_is_shown, "2 of 2"));
  g_assert_true (text_is_shown ("    \"Needle two\"\n  ]\n}"));
  buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (find (GTK_WIDGET (detail), is_text, "Needle two")));
  g_assert_true (gtk_text_buffer_get_selection_bounds (buffer, &from, &to));
  selected = gtk_text_buffer_get_text (buffer, &from, &to, FALSE);
  g_assert_cmpstr (selected, ==, "Needle");
  press ("Next Match");
  g_assert_true (wait_for (label_is_shown, "1 of 2"));
  g_assert_true (text_is_shown ("needle one"));
}

/* A first look at what is large is shown as what it is, and gives way to all of it. */
static void
test_begun (void)
{
  g_autofree char *request = make_request (400);
  g_autofree char *events = make_events (3);
  g_autoptr (OhExchangeView) begun = fixture_view (request, events, "text/event-stream", -1);
  GtkWidget *list;

  begun->partial = TRUE;
  begun->request_whole = FALSE;
  begun->skipped = 300;
  g_ptr_array_remove_range (begun->reading->messages, 0, 300);
  g_bytes_unref (begun->request_body);
  begun->request_body = g_bytes_new (request, 1000);
  oh_detail_set_view (detail, NULL);
  oh_detail_set_page (detail, "request");
  oh_detail_set_view (detail, begun);
  g_assert_true (wait_for (label_is_shown, "The rest is being read."));
  g_assert_true (wait_for (label_is_shown, "[ …"));
  oh_detail_set_page (detail, "conversation");
  g_assert_true (wait_for (label_is_shown, "message number 399"));
  list = find (GTK_WIDGET (detail), is_list, NULL);
  oh_card_list_scroll_to (OH_CARD_LIST (list), 0);
  g_assert_true (wait_for (label_is_shown, "are being read"));
  g_assert_true (wait_for (label_is_shown, "message number 300"));
  show (request, events, -1);
  oh_card_list_scroll_to (OH_CARD_LIST (list), 0);
  g_assert_true (wait_for (label_is_shown, "message number 0"));
  oh_detail_set_page (detail, "request");
  g_assert_true (wait_for (label_is_shown, "max_tokens"));
  g_assert_null (find_label ("The rest is being read."));
}

/* Of a text that is too long to be shown as a whole, what is found in it is. */
static void
test_found_far (void)
{
  static const char *const marks[] = { "needle one", "needle two", "needle three" };
  g_autoptr (GString) request = g_string_new ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"needle one ");
  g_autofree char *events = make_events (1);
  g_autoptr (OhConversationModel) model = oh_conversation_model_new ();
  g_autoptr (OhSearchWords) words = oh_search_words_new_phrase ("needle");
  g_autoptr (OhConversationItem) item = NULL;
  g_autoptr (OhExchangeView) view = NULL;
  g_autoptr (GtkWidget) card = NULL;

  while (request->len < 150000)
    g_string_append (request, "hay stack\\n\\n");
  g_string_append (request, "needle two ");
  while (request->len < 300000)
    g_string_append (request, "straw and hay ");
  g_string_append (request, "needle three\"}]}");
  view = fixture_view (request->str, events, "text/event-stream", -1);
  oh_conversation_model_set_words (model, words);
  oh_conversation_model_set_view (model, view);
  item = g_list_model_get_item (G_LIST_MODEL (model), oh_conversation_model_find (model, OH_CARD_MESSAGE, 0));
  card = g_object_ref_sink (oh_conversation_card_new (item));
  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      GtkWidget *found;

      oh_conversation_model_set_current (model, OH_CARD_MESSAGE, 0, (int) i);
      found = oh_conversation_card_get_current (OH_CONVERSATION_CARD (card));
      g_assert_true (GTK_IS_LABEL (found));
      g_assert_nonnull (strstr (gtk_label_get_text (GTK_LABEL (found)), marks[i]));
    }
}

static void
test_gone (void)
{
  oh_detail_set_view (detail, NULL);
  g_assert_true (wait_for (label_is_shown, "Nothing Selected"));
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  adw_init ();
  gtk_source_init ();
  window = adw_window_new ();
  detail = OH_DETAIL (oh_detail_new ());
  gtk_window_set_default_size (GTK_WINDOW (window), 600, 700);
  adw_window_set_content (ADW_WINDOW (window), GTK_WIDGET (detail));
  gtk_window_present (GTK_WINDOW (window));
  g_test_add_func ("/detail/streaming", test_streaming);
  g_test_add_func ("/detail/many-messages", test_many_messages);
  g_test_add_func ("/detail/anchor", test_anchor);
  g_test_add_func ("/detail/plain", test_plain);
  g_test_add_func ("/detail/pages", test_pages);
  g_test_add_func ("/detail/not-json", test_not_json);
  g_test_add_func ("/detail/begun", test_begun);
  g_test_add_func ("/detail/parts", test_parts);
  g_test_add_func ("/detail/found-far", test_found_far);
  g_test_add_func ("/detail/gone", test_gone);
  status = g_test_run ();
  gtk_window_destroy (GTK_WINDOW (window));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  return status;
}
