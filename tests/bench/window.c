/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens the program's own window, drives it, and tells from its frame clock how long things took, as JSON:
 *   bench-window start FOLDER SPAWNED         opening
 *   bench-window list FOLDER SPAWNED [FILL]   the same, scrolling, jumping, filters; with FILL (bench-fill) new rows
 *   bench-window thread FOLDER SPAWNED        opening the only exchange
 *   bench-window body FOLDER SPAWNED          opening the only exchange's answer, and finding in it
 *   bench-window trace FOLDER SPAWNED         opening the only trace, and reading it anew
 *   bench-window strings NUMBER SPAWNED       the peer: a plain GtkListView of strings in a plain window
 * SPAWNED: the monotonic clock at the start, in us. All times are in ms. */
#include "oh-application.h"
#include "oh-body-view.h"
#include "oh-conversation-card.h"
#include "oh-card-list.h"
#include "oh-exchange-row.h"
#include "oh-json-view.h"
#include "oh-pane.h"
#include "oh-selection.h"
#include "oh-timeline.h"
#include "oh-traces.h"
#include "oh-window.h"

#include <json-glib/json-glib.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SCROLL_FRAMES 240
#define SCROLL_STEP 150
#define JUMP_FRAMES 120
#define LATEST_US (60 * G_USEC_PER_SEC)

typedef struct
{
  gint64 started_us;
  gint64 wall_us; /* from before-paint to after-paint: ticks, layout, snapshot, drawing */
  gint64 cpu_us;  /* the main thread's share of it */
} Frame;

static GtkApplication *application;
static char **arguments;
static GtkWidget *window;
static GArray *frames;
static gint64 begun_us, begun_cpu_us, longest_turn_us;
static JsonBuilder *out;

/* ---- the clock ---- */

static gint64
get_cpu_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static void
on_before_paint (void)
{
  begun_us = g_get_monotonic_time ();
  begun_cpu_us = get_cpu_us ();
}

static void
on_after_paint (void)
{
  const Frame frame = { begun_us, g_get_monotonic_time () - begun_us, get_cpu_us () - begun_cpu_us };

  g_array_append_val (frames, frame);
}

static void
watch_frames (GtkWidget *widget)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (widget);

  g_signal_connect (clock, "before-paint", G_CALLBACK (on_before_paint), NULL);
  g_signal_connect_after (clock, "after-paint", G_CALLBACK (on_after_paint), NULL);
}

static gint64
get_last_painted_us (void)
{
  const Frame *last = frames->len == 0 ? NULL : &g_array_index (frames, Frame, frames->len - 1);

  return last == NULL ? -1 : last->started_us + last->wall_us;
}

/* One turn of the main loop. What it takes of the processor is what everything else waits for. */
static void
iterate (void)
{
  const gint64 since_cpu_us = get_cpu_us ();

  g_main_context_iteration (NULL, TRUE);
  longest_turn_us = MAX (longest_turn_us, get_cpu_us () - since_cpu_us);
}

/* Runs the main loop until a frame shows what @condition tells by the widgets: it does so if that is so once the frame
 * has been painted. Returns: when it was, us; or -1. */
static gint64
wait_for_frame (gboolean (*condition) (void))
{
  const gint64 since_us = g_get_monotonic_time ();

  while (g_get_monotonic_time () - since_us < LATEST_US)
    {
      const guint painted = frames->len;

      iterate ();
      if (frames->len > painted && condition ())
        return get_last_painted_us ();
    }
  return -1;
}

static gboolean
on_timeout (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
wait_ms (guint ms)
{
  gboolean over = FALSE;

  g_timeout_add (ms, on_timeout, &over);
  while (!over)
    iterate ();
}

/* ---- what is said ---- */

static void
say (const char *name, double value)
{
  json_builder_set_member_name (out, name);
  json_builder_add_double_value (out, value);
}

static int
compare_wall (gconstpointer a, gconstpointer b)
{
  return (((const Frame *) a)->wall_us > ((const Frame *) b)->wall_us)
         - (((const Frame *) a)->wall_us < ((const Frame *) b)->wall_us);
}

/* The frames from @from on. A frame is late if it began more than a frame and a half after the one before. */
static void
say_frames (const char *name, guint from)
{
  g_autoptr (GArray) some = g_array_new (FALSE, FALSE, sizeof (Frame));
  gint64 cpu_us = 0, worst_cpu_us = 0, gap_us = 0;
  guint late = 0;

  for (guint i = from; i < frames->len; i++)
    {
      const Frame *frame = &g_array_index (frames, Frame, i);

      g_array_append_val (some, *frame);
      cpu_us += frame->cpu_us;
      worst_cpu_us = MAX (worst_cpu_us, frame->cpu_us);
      if (i == from)
        continue;
      late += frame->started_us - frame[-1].started_us > 25000;
      gap_us = MAX (gap_us, frame->started_us - frame[-1].started_us);
    }
  g_array_sort (some, compare_wall);
  json_builder_set_member_name (out, name);
  json_builder_begin_object (out);
  say ("frames", some->len);
  if (some->len > 0)
    {
      say ("p50", g_array_index (some, Frame, some->len / 2).wall_us / 1000.0);
      say ("p99", g_array_index (some, Frame, some->len * 99 / 100).wall_us / 1000.0);
      say ("worst", g_array_index (some, Frame, some->len - 1).wall_us / 1000.0);
      say ("worst-cpu", worst_cpu_us / 1000.0);
      say ("mean-cpu", cpu_us / 1000.0 / some->len);
      say ("late", late);
      say ("longest-gap", gap_us / 1000.0);
    }
  json_builder_end_object (out);
}

/* ---- the window's parts ---- */

static GtkWidget *
find_widget (GtkWidget *root, GType type)
{
  if (g_type_is_a (G_OBJECT_TYPE (root), type) && gtk_widget_get_mapped (root))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_widget (child, type);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static GtkWidget *
get_list_view (void)
{
  GtkWidget *root = strcmp (arguments[1], "strings") == 0 ? window : find_widget (window, OH_TYPE_TIMELINE);

  return root == NULL ? NULL : find_widget (root, GTK_TYPE_LIST_VIEW);
}

static GtkAdjustment *
get_adjustment (void)
{
  return gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (get_list_view ()));
}

static double
get_bottom (void)
{
  return gtk_adjustment_get_upper (get_adjustment ()) - gtk_adjustment_get_page_size (get_adjustment ());
}

static gboolean
has_rows (void)
{
  GtkWidget *list = get_list_view ();
  GtkWidget *row = list == NULL ? NULL : gtk_widget_get_last_child (list);

  while (row != NULL && gtk_widget_get_height (row) == 0)
    row = gtk_widget_get_prev_sibling (row);
  return row != NULL;
}

/* ---- scrolling ---- */

typedef struct
{
  guint left;
  gboolean jump;
  double position;
} Scroll;

static gboolean
scroll_tick (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  Scroll *scroll = data;
  GtkAdjustment *adjustment = get_adjustment ();

  if (scroll->left == 0)
    return G_SOURCE_REMOVE;
  scroll->left--;
  /* The golden ratio goes everywhere, always in the same order. */
  scroll->position = scroll->position + 0.618033988749895;
  scroll->position -= (int) scroll->position;
  if (scroll->jump)
    gtk_adjustment_set_value (adjustment, scroll->position * get_bottom ());
  else
    gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) - SCROLL_STEP);
  return G_SOURCE_CONTINUE;
}

static void
scroll (const char *name, gboolean jump)
{
  Scroll state = { .left = jump ? JUMP_FRAMES : SCROLL_FRAMES, .jump = jump, .position = 0.3 };
  guint from;

  /* First to the end, which also brings in what was never used before. */
  gtk_adjustment_set_value (get_adjustment (), get_bottom ());
  wait_ms (300);
  from = frames->len;
  gtk_widget_add_tick_callback (window, scroll_tick, &state, NULL);
  while (state.left > 0)
    g_main_context_iteration (NULL, TRUE);
  wait_ms (50);
  say_frames (name, from);
}

/* ---- filters ---- */

static void
on_items_changed (gint64 *changed_us)
{
  if (*changed_us == 0)
    *changed_us = g_get_monotonic_time ();
}

/* How long until the first frame that shows what was found. */
static void
filter (OhPane *timeline, GtkSelectionModel *model, const char *text)
{
  const OhScope scope = { .text = text };
  const gint64 since_us = g_get_monotonic_time ();
  const clock_t since_cpu = clock ();
  const gint64 since_main_us = get_cpu_us ();
  gint64 changed_us = 0, found_us = 0;
  guint seen = frames->len;
  gulong handler;

  handler = g_signal_connect_swapped (model, "items-changed", G_CALLBACK (on_items_changed), &changed_us);
  oh_pane_set_scope (timeline, &scope);
  while (found_us == 0 && g_get_monotonic_time () - since_us < LATEST_US)
    {
      if (changed_us == 0)
        seen = frames->len;
      else if (frames->len > seen)
        found_us = get_last_painted_us ();
      g_main_context_iteration (NULL, TRUE);
    }
  json_builder_set_member_name (out, text != NULL ? text : "everything");
  json_builder_begin_object (out);
  say ("wall", (found_us - since_us) / 1000.0);
  say ("cpu", (double) (clock () - since_cpu) * 1000 / CLOCKS_PER_SEC);
  say ("main-cpu", (get_cpu_us () - since_main_us) / 1000.0);
  say ("found", (changed_us - since_us) / 1000.0);
  json_builder_end_object (out);
  g_signal_handler_disconnect (model, handler);
  wait_ms (700);
}

static void
filter_all (OhPane *timeline)
{
  static const char *const texts[] = { "status:429", "needle", "seldom", "model:opus", "tare model:haiku", "not tare",
                                       NULL };

  GtkSelectionModel *model = gtk_list_view_get_model (GTK_LIST_VIEW (get_list_view ()));

  json_builder_set_member_name (out, "filters");
  json_builder_begin_object (out);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    filter (timeline, model, texts[i]);
  json_builder_end_object (out);
}

/* ---- new rows ---- */

typedef struct
{
  gint64 selected;
  double value;   /* where the list has to stay; -1: anywhere */
  guint moved;    /* frames in which something was not where it has to be */
  gboolean done;  /* all rows have come */
} Live;

static gint64 selected_id;

static void
on_selected (OhPane *pane, gint64 exchange_id)
{
  selected_id = exchange_id;
}

static gboolean
live_tick (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  Live *live = data;
  double value = gtk_adjustment_get_value (get_adjustment ());

  live->moved += selected_id != live->selected || (live->value >= 0 && value != live->value);
  return G_SOURCE_CONTINUE;
}

static void
on_exited (GPid pid, int status, gpointer data)
{
  ((Live *) data)->done = TRUE;
  g_spawn_close_pid (pid);
}

static guint
count_rows (void)
{
  return g_list_model_get_n_items (G_LIST_MODEL (gtk_list_view_get_model (GTK_LIST_VIEW (get_list_view ()))));
}

static void
add_rows (const char *name, OhPane *timeline, const char *filler, const char *folder, gboolean follow)
{
  const char *const argv[] = { filler, folder, "live", NULL };
  GtkSelectionModel *model = gtk_list_view_get_model (GTK_LIST_VIEW (get_list_view ()));
  Live live = { .value = -1 };
  guint before, from, tick;
  GPid pid;

  if (follow)
    oh_pane_go_to_newest (timeline);
  else
    {
      gtk_adjustment_set_value (get_adjustment (), get_bottom () - 10000);
      oh_selection_set_cursor (OH_SELECTION (model), count_rows () - 200);
    }
  wait_ms (500);
  live.selected = selected_id;
  if (!follow)
    live.value = gtk_adjustment_get_value (get_adjustment ());
  before = count_rows ();
  from = frames->len;
  tick = gtk_widget_add_tick_callback (window, live_tick, &live, NULL);
  if (!g_spawn_async (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL))
    g_error ("%s does not start", filler);
  g_child_watch_add (pid, on_exited, &live);
  while (!live.done)
    g_main_context_iteration (NULL, TRUE);
  wait_ms (1000);
  gtk_widget_remove_tick_callback (window, tick);
  json_builder_set_member_name (out, name);
  json_builder_begin_object (out);
  say ("rows", count_rows () - before);
  say ("moved", live.moved);
  say ("from-bottom", get_bottom () - gtk_adjustment_get_value (get_adjustment ()));
  say_frames ("frames", from);
  json_builder_end_object (out);
}

/* ---- the list ---- */

static void
run_list (gint64 spawned_us)
{
  gint64 shown_us = wait_for_frame (has_rows);
  OhPane *timeline = OH_PANE (find_widget (window, OH_TYPE_TIMELINE));

  say ("first-rows", (shown_us - spawned_us) / 1000.0);
  say ("first-rows-cpu", (double) clock () * 1000 / CLOCKS_PER_SEC);
  say ("first-rows-main-cpu", get_cpu_us () / 1000.0);
  if (arguments[1][0] == 's')
    return;
  g_signal_connect (timeline, "selected", G_CALLBACK (on_selected), NULL);
  wait_ms (2500);
  say ("rows", count_rows ());
  scroll ("scrolling", FALSE);
  scroll ("jumping", TRUE);
  if (arguments[4] != NULL)
    {
      add_rows ("new-rows", timeline, arguments[4], arguments[2], FALSE);
      add_rows ("new-rows-followed", timeline, arguments[4], arguments[2], TRUE);
    }
  filter_all (timeline);
}

static void
run_strings (gint64 spawned_us)
{
  say ("first-rows", (wait_for_frame (has_rows) - spawned_us) / 1000.0);
  scroll ("scrolling", FALSE);
  scroll ("jumping", TRUE);
}

/* ---- one exchange ---- */

static gboolean
shows_card (void)
{
  GtkWidget *widget = find_widget (window, OH_TYPE_CONVERSATION_CARD);

  return widget != NULL && gtk_widget_get_height (widget) > 0;
}

static void
select_first (void)
{
  oh_pane_select (OH_PANE (find_widget (window, OH_TYPE_TIMELINE)), 1);
}

static GtkStack *
find_stack_with (GtkWidget *root, const char *page)
{
  if (GTK_IS_STACK (root) && gtk_stack_get_child_by_name (GTK_STACK (root), page) != NULL)
    return GTK_STACK (root);
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      GtkStack *found = find_stack_with (child, page);

      if (found != NULL)
        return found;
    }
  return NULL;
}

/* Every message has its place, if only an estimated one, once all have been read. */
static gboolean
has_all_messages (void)
{
  GtkWidget *list = find_widget (window, OH_TYPE_CARD_LIST);
  GtkAdjustment *adjustment = list == NULL ? NULL : gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (list));

  return adjustment != NULL && gtk_adjustment_get_upper (adjustment) > 1000000;
}

/* What never came is not said. */
static void
say_wait (const char *name, gint64 since_us, gint64 until_us)
{
  if (until_us >= 0)
    say (name, (until_us - since_us) / 1000.0);
}

static void
run_thread (gint64 spawned_us)
{
  gint64 since_us;
  guint from;

  wait_for_frame (has_rows);
  wait_ms (1500);
  from = frames->len;
  since_us = g_get_monotonic_time ();
  select_first ();
  longest_turn_us = 0;
  say_wait ("open", since_us, wait_for_frame (shows_card));
  say_wait ("whole", since_us, wait_for_frame (has_all_messages));
  wait_ms (1000);
  say ("longest-turn", longest_turn_us / 1000.0);
  say_frames ("frames", from);
}

static gboolean
shows_tree (void)
{
  GtkWidget *tree = find_widget (window, OH_TYPE_JSON_VIEW);
  GtkWidget *list = tree == NULL ? NULL : find_widget (tree, GTK_TYPE_LIST_VIEW);

  return list != NULL && gtk_widget_get_first_child (list) != NULL;
}

static gboolean
has_found (void)
{
  GtkWidget *entry = find_widget (window, GTK_TYPE_SEARCH_ENTRY);
  GtkWidget *count = entry == NULL ? NULL : gtk_widget_get_next_sibling (entry);

  return count != NULL && GTK_IS_LABEL (count) && strpbrk (gtk_label_get_text (GTK_LABEL (count)), "0123456789") != NULL;
}

static void
run_body (gint64 spawned_us)
{
  gint64 since_us;
  guint from;

  wait_for_frame (has_rows);
  gtk_stack_set_visible_child_name (find_stack_with (window, "response"), "response");
  wait_ms (1500);
  from = frames->len;
  since_us = g_get_monotonic_time ();
  select_first ();
  longest_turn_us = 0;
  say_wait ("open", since_us, wait_for_frame (shows_tree));
  wait_ms (3000);
  say_frames ("frames", from);
  since_us = g_get_monotonic_time ();
  oh_body_view_find (OH_BODY_VIEW (find_widget (window, OH_TYPE_BODY_VIEW)));
  wait_ms (500);
  since_us = g_get_monotonic_time ();
  gtk_editable_set_text (GTK_EDITABLE (find_widget (window, GTK_TYPE_SEARCH_ENTRY)), "needle");
  say_wait ("find", since_us, wait_for_frame (has_found));
  say ("longest-turn", longest_turn_us / 1000.0);
}

static gboolean
shows_trace (void)
{
  GtkWidget *pane = find_widget (window, OH_TYPE_TRACES);

  return pane != NULL && oh_list_pane_get_n_rows (OH_LIST_PANE (pane)) > 10000;
}

static void
run_trace (gint64 spawned_us)
{
  gint64 since_us;
  guint from;

  wait_for_frame (has_rows);
  wait_ms (1500);
  from = frames->len;
  since_us = g_get_monotonic_time ();
  longest_turn_us = 0;
  gtk_widget_activate_action (find_widget (window, OH_TYPE_TIMELINE), "browser.show", "(sx)", "traces", (gint64) 9000);
  say_wait ("open", since_us, wait_for_frame (shows_trace));
  wait_ms (1500);
  say ("longest-turn", longest_turn_us / 1000.0);
  longest_turn_us = 0;
  oh_pane_reload (OH_PANE (find_widget (window, OH_TYPE_TRACES)));
  wait_ms (2000);
  say ("longest-turn-again", longest_turn_us / 1000.0);
  say_frames ("frames", from);
}

/* ---- */

static gboolean
run (gpointer data)
{
  const gint64 spawned_us = g_ascii_strtoll (arguments[3], NULL, 10);
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (out);
  if (strcmp (arguments[1], "list") == 0 || strcmp (arguments[1], "start") == 0)
    run_list (spawned_us);
  else if (strcmp (arguments[1], "thread") == 0)
    run_thread (spawned_us);
  else if (strcmp (arguments[1], "body") == 0)
    run_body (spawned_us);
  else if (strcmp (arguments[1], "trace") == 0)
    run_trace (spawned_us);
  else
    run_strings (spawned_us);
  json_builder_end_object (out);
  root = json_builder_get_root (out);
  text = json_to_string (root, FALSE);
  g_print ("%s\n", text);
  g_application_quit (G_APPLICATION (application));
  return G_SOURCE_REMOVE;
}

static void
on_realized (GtkWidget *widget)
{
  watch_frames (widget);
  g_idle_add_full (G_PRIORITY_HIGH, run, NULL, NULL);
}

static void
on_window_added (GtkApplication *app, GtkWindow *added)
{
  if (window != NULL)
    return;
  window = GTK_WIDGET (added);
  g_signal_connect (window, "realize", G_CALLBACK (on_realized), NULL);
}

static void
set_up_label (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_list_item_set_child (item, label);
}

static void
bind_label (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  gtk_label_set_text (GTK_LABEL (gtk_list_item_get_child (item)),
                      gtk_string_object_get_string (gtk_list_item_get_item (item)));
}

static void
open_strings (GtkApplication *app)
{
  GtkWidget *plain = gtk_application_window_new (app);
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkStringList *strings = gtk_string_list_new (NULL);
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  guint n = (guint) atoi (arguments[2]);

  for (guint i = 0; i < n; i++)
    gtk_string_list_take (strings, g_strdup_printf ("14:05:%02u.%03u  200  POST /v1/messages  claude  12 in 5 out", i % 60,
                                                    i % 1000));
  g_signal_connect (factory, "setup", G_CALLBACK (set_up_label), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_label), NULL);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled),
                                 gtk_list_view_new (GTK_SELECTION_MODEL (gtk_single_selection_new (G_LIST_MODEL (strings))),
                                                    factory));
  gtk_window_set_child (GTK_WINDOW (plain), scrolled);
  gtk_window_set_default_size (GTK_WINDOW (plain), 1280, 800);
  gtk_window_present (GTK_WINDOW (plain));
}

int
main (int argc, char **argv)
{
  char *app_argv[] = { argv[0], (char *) "--port", (char *) "0", (char *) "--data-dir", NULL, NULL };
  int status;

  if (argc < 4)
    {
      g_printerr ("usage: bench-window list|thread|body|trace|strings FOLDER|NUMBER SPAWNED [FILL]\n");
      return 2;
    }
  arguments = argv;
  frames = g_array_new (FALSE, FALSE, sizeof (Frame));
  out = json_builder_new ();
  if (strcmp (argv[1], "strings") == 0)
    {
      application = gtk_application_new ("org.overhear.Bench", G_APPLICATION_NON_UNIQUE);
      g_signal_connect (application, "activate", G_CALLBACK (open_strings), NULL);
    }
  else
    {
      application = GTK_APPLICATION (oh_application_new ());
      app_argv[4] = argv[2];
    }
  g_signal_connect (application, "window-added", G_CALLBACK (on_window_added), NULL);
  status = g_application_run (G_APPLICATION (application), app_argv[4] != NULL ? 5 : 1, app_argv);
  g_object_unref (application);
  return status;
}
