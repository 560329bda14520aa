/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine as front ends use it: launching, watching, two engines on one data directory. The programs it launches are
 * curl and sh; a Python one-liner stands in for the API. */
#include "oh-engine.h"

#include "oh-first-look-private.h"
#include "oh-json-scan.h"
#include "oh-launch.h"
#include "oh-proxy.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STREAM_PAUSE "0.4"

/* Answers any request with a stream of events in two halves, STREAM_PAUSE apart. */
static const char upstream_script[] =
  "import http.server, sys, threading, time\n"
  "class H(http.server.BaseHTTPRequestHandler):\n"
  "    protocol_version = 'HTTP/1.1'\n"
  "    def do_POST(self):\n"
  "        self.rfile.read(int(self.headers['content-length']))\n"
  "        self.send_response(200)\n"
  "        self.send_header('content-type', 'text/event-stream')\n"
  "        self.send_header('transfer-encoding', 'chunked')\n"
  "        self.end_headers()\n"
  "        def send(name, data):\n"
  "            text = ('event: %s\\ndata: %s\\n\\n' % (name, data)).encode()\n"
  "            self.wfile.write(b'%x\\r\\n%s\\r\\n' % (len(text), text)); self.wfile.flush()\n"
  "        send('message_start', '{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}')\n"
  "        send('content_block_start', '{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}')\n"
  "        send('content_block_delta', '{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"first\"}}')\n"
  "        time.sleep(" STREAM_PAUSE ")\n"
  "        send('content_block_delta', '{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" second\"}}')\n"
  "        send('content_block_stop', '{\"type\":\"content_block_stop\",\"index\":0}')\n"
  "        send('message_delta', '{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}')\n"
  "        send('message_stop', '{\"type\":\"message_stop\"}')\n"
  "        self.wfile.write(b'0\\r\\n\\r\\n')\n"
  "    def log_message(self, *_): pass\n"
  "s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), H)\n"
  "print(s.server_port, flush=True)\n"
  "threading.Thread(target=s.serve_forever, daemon=True).start()\n"
  "sys.stdin.read()\n";

typedef struct
{
  char *dir;
  GSubprocess *upstream;
  char *detour;
  OhEngine *engine;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *port = NULL;

  fixture->dir = g_dir_make_tmp ("overhear-test-XXXXXX", NULL);
  fixture->upstream = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                                        "/usr/bin/python3", "-c", upstream_script, NULL);
  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (fixture->upstream));
  port = g_data_input_stream_read_line (output, NULL, NULL, &error);
  g_assert_no_error (error);
  fixture->detour = g_strdup_printf ("api.anthropic.com=http://127.0.0.1:%s", port);
  fixture->engine = oh_engine_new (fixture->dir, "window", 0, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  oh_engine_shutdown (fixture->engine, TRUE);
  g_assert_finalize_object (fixture->engine);
  g_output_stream_close (g_subprocess_get_stdin_pipe (fixture->upstream), NULL, NULL);
  g_subprocess_wait (fixture->upstream, NULL, NULL);
  g_object_unref (fixture->upstream);
  oh_paths_remove_dir (fixture->dir);
  g_free (fixture->detour);
  g_free (fixture->dir);
}

static OhLiveRun *
launch (Fixture *fixture, const char *script)
{
  const char *const argv[] = { "sh", "-c", script, NULL };
  const char *const upstreams[] = { fixture->detour, NULL };
  const OhRunSpec spec = { .argv = argv, .upstreams = upstreams, .terminal = TRUE };
  g_autoptr (GError) error = NULL;
  OhLiveRun *run = oh_engine_launch (fixture->engine, &spec, &error);

  g_assert_no_error (error);
  return run;
}

static void
await_exit (OhLiveRun *run)
{
  while (oh_live_run_is_running (run))
    g_main_context_iteration (NULL, TRUE);
}

static void
append (OhLiveRun *run, GBytes *data, GString *output)
{
  g_string_append_len (output, g_bytes_get_data (data, NULL), g_bytes_get_size (data));
}

static void
test_run (Fixture *fixture, gconstpointer data)
{
  g_autoptr (OhLiveRun) live = launch (fixture, "echo $OVERHEAR_RUN; exit 5");
  g_autoptr (GString) output = g_string_new (NULL);
  g_autoptr (OhRun) run = NULL;
  g_autoptr (GBytes) console = NULL;
  g_autofree char *expected = g_strdup_printf ("%" G_GINT64_FORMAT "\r\n", oh_live_run_get_id (live));

  g_signal_connect (live, "output", G_CALLBACK (append), output);
  g_assert_true (oh_engine_get_live_run (fixture->engine, oh_live_run_get_id (live)) == live);
  await_exit (live);
  oh_engine_flush (fixture->engine);
  g_assert_cmpstr (output->str, ==, expected);
  console = oh_store_reader_read_console (oh_engine_get_reader (fixture->engine), oh_live_run_get_id (live), 0);
  g_assert_cmpmem (g_bytes_get_data (console, NULL), g_bytes_get_size (console), expected, strlen (expected));
  run = oh_store_reader_get_run (oh_engine_get_reader (fixture->engine), oh_live_run_get_id (live));
  g_assert_cmpint (run->exit_status, ==, 5);
  g_assert_cmpint (run->pid, ==, oh_live_run_get_pid (live));
  g_assert_cmpint (run->ended_ns, >=, run->started_ns);
  g_assert_cmpstr (run->origin, ==, "window");
  g_assert_cmpstr (run->argv[0], ==, "sh");
}

static void
on_view (OhWatch *watch, GParamSpec *pspec, GPtrArray *texts)
{
  OhExchangeView *view = oh_watch_get_view (watch);
  const OhMessage *answer = view->reading->answer;
  const OhBlock *block = answer != NULL && answer->blocks->len > 0 ? answer->blocks->pdata[0] : NULL;

  g_ptr_array_add (texts, g_strdup (block != NULL && block->text != NULL ? block->text : ""));
}

static gint64
await_exchange (OhEngine *engine)
{
  const OhQuery all = { 0 };

  for (;;)
    {
      g_autoptr (GArray) ids = oh_store_reader_find (oh_engine_get_reader (engine), &all, NULL);

      if (ids->len > 0)
        return g_array_index (ids, gint64, 0);
      g_main_context_iteration (NULL, TRUE);
    }
}

/* The answer is seen growing while it streams, and whole at the end. */
static void
test_watch (Fixture *fixture, gconstpointer data)
{
  g_autoptr (OhLiveRun) live = launch (fixture, "curl -sSN -d '{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
                                                "\"stream\":true}' https://api.anthropic.com/v1/messages");
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (OhWatch) watch = oh_watch_new (fixture->engine, await_exchange (fixture->engine));
  gpointer gone = watch;
  OhExchangeView *view;
  gsize length;

  g_signal_connect (watch, "notify::view", G_CALLBACK (on_view), texts);
  while (oh_watch_get_view (watch) == NULL || oh_watch_get_view (watch)->exchange->outcome == OH_OUTCOME_PENDING)
    g_main_context_iteration (NULL, TRUE);
  view = oh_watch_get_view (watch);
  g_assert_cmpint (view->exchange->outcome, ==, OH_OUTCOME_FINISHED);
  g_assert_cmpint (view->exchange->run_id, ==, oh_live_run_get_id (live));
  g_assert_cmpstr (texts->pdata[texts->len - 1], ==, "first second");
  g_assert_true (g_ptr_array_find_with_equal_func (texts, "first", g_str_equal, NULL));
  g_assert_cmpstr (view->reading->facts->stop_reason, ==, "end_turn");
  g_assert_cmpint (view->reading->facts->usage.output, ==, 2);
  g_assert_cmpuint (view->reading->events->len, ==, 7);
  for (guint i = 1; i < view->reading->events->len; i++)
    {
      const OhStreamEvent *before = view->reading->events->pdata[i - 1];
      const OhStreamEvent *event = view->reading->events->pdata[i];

      g_assert_cmpint (event->at_ns, >=, before->at_ns);
      if (i == 3)
        g_assert_cmpint (event->at_ns - before->at_ns, >, 300 * OH_NS_PER_MS);
    }
  g_assert_true (view->request_whole && view->response_whole);
  g_assert_true (g_str_has_prefix (g_bytes_get_data (view->request_body, &length), "{\"model\""));
  g_object_add_weak_pointer (G_OBJECT (watch), &gone);
  g_clear_object (&watch);
  g_assert_null (gone);
  await_exit (live);
}

/* A watch of an exchange that ended long ago gives one view; a watch that is freed at once, none; one of nothing, none. */
static void
test_watch_late (Fixture *fixture, gconstpointer data)
{
  g_autoptr (OhLiveRun) live = launch (fixture, "curl -sS -d '{\"messages\":[]}' https://api.anthropic.com/v1/messages");
  g_autoptr (OhWatch) watch = NULL;
  g_autoptr (OhWatch) nothing = oh_watch_new (fixture->engine, 4711);
  OhWatch *short_lived;

  await_exit (live);
  oh_engine_flush (fixture->engine);
  short_lived = oh_watch_new (fixture->engine, 1);
  g_object_unref (short_lived);
  watch = oh_watch_new (fixture->engine, 1);
  while (oh_watch_get_view (watch) == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (oh_watch_get_view (watch)->reading->facts->stop_reason, ==, "end_turn");
  g_assert_null (oh_watch_get_view (nothing));
}

/* However little of the end is there, what it is made into is the last messages, or nothing. */
static void
test_first_look_join (void)
{
  static const char messages[] =
      "{\"role\":\"user\",\"content\":\"a\"}, {\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":"
      "\"\\\"},{\\\"role\\\":1\\\\\"},{\"type\":\"tool_use\",\"input\":{\"b\":[{\"role\":\"user\"},[]]}}]},"
      "{\"content\":\"]}\",\"role\":\"user\"}";
  g_autofree char *whole = g_strdup_printf (" {\"model\":\"m\",\"system\":[{\"text\":\"}\"}],\"messages\":[%s ],"
                                            "\"stop\":[\"]\"],\"stream\":true}\n", messages);
  const gsize length = strlen (whole);
  const char *list = strstr (whole, messages);
  g_autoptr (GBytes) head = g_bytes_new (whole, (gsize) (list - whole) + 5);
  guint counts[4] = { 0 };

  for (const char *from = whole; from <= whole + length; from++)
    {
      g_autoptr (GBytes) tail = g_bytes_new (from, (gsize) (whole + length - from));
      g_autoptr (GBytes) joined = oh_first_look_join (head, tail);
      g_autofree char *problem = NULL;
      OhJson value, element;
      OhJsonIter iter;
      gsize size;
      const char *text = joined != NULL ? g_bytes_get_data (joined, &size) : NULL;
      const char *last = NULL;
      guint n = 0;

      if (joined == NULL)
        {
          counts[0]++;
          continue;
        }
      g_assert_true (oh_json_parse (text, size, &value, &problem));
      g_assert_true (oh_json_is (oh_json_get (value, "model"), "m"));
      g_assert_true (oh_json_get_boolean (oh_json_get (value, "stream")));
      g_assert_cmpint (oh_json_get_kind (oh_json_get (value, "system")), ==, OH_JSON_ARRAY);
      oh_json_iter_init (&iter, oh_json_get (value, "messages"));
      for (; oh_json_iter_next (&iter, NULL, &element); n++)
        last = last != NULL ? last : element.text;
      g_assert_cmpuint (n, >=, 1);
      g_assert_cmpuint (n, <=, 3);
      g_assert_cmpmem (last, (gsize) (text + size - last), whole + length - (text + size - last),
                       (gsize) (text + size - last));
      counts[n]++;
    }
  g_assert_cmpuint (counts[1], >, 10);
  g_assert_cmpuint (counts[2], >, 10);
  g_assert_cmpuint (counts[0], >, 10);
}

static void
take_view (OhWatch *watch, GParamSpec *pspec, GPtrArray *views)
{
  g_ptr_array_add (views, oh_exchange_view_ref (oh_watch_get_view (watch)));
}

/* The end of a long conversation is there before all of it is; a short one has no first look. */
static void
test_first_look (Fixture *fixture, gconstpointer data)
{
  g_autoptr (OhLiveRun) live = NULL;
  g_autoptr (OhWatch) watch = NULL;
  g_autoptr (GPtrArray) views = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_exchange_view_unref);
  g_autoptr (GString) body = g_string_new ("{\"model\":\"m\",\"messages\":[");
  g_autofree char *path = g_build_filename (fixture->dir, "body.json", NULL);
  g_autofree char *script = g_strdup_printf ("curl -sS -H Expect: -H content-type:application/json -d @%s https://api.anthropic.com/v1/messages", path);
  const OhExchangeView *first, *second;
  const OhMessage *last[2];

  for (guint i = 0; body->len < 3000000; i++)
    g_string_append_printf (body, "%s{\"role\":\"%s\",\"content\":\"%02000u\"}", i > 0 ? "," : "",
                            i % 2 == 0 ? "user" : "assistant", i);
  g_string_append (body, "]}");
  g_assert_true (g_file_set_contents (path, body->str, (gssize) body->len, NULL));
  live = launch (fixture, script);
  await_exit (live);
  oh_engine_flush (fixture->engine);
  watch = oh_watch_new_with_first_look (fixture->engine, 1);
  g_signal_connect (watch, "notify::view", G_CALLBACK (take_view), views);
  while (views->len < 2)
    g_main_context_iteration (NULL, TRUE);
  first = views->pdata[0];
  second = views->pdata[1];
  g_assert_true (first->partial);
  g_assert_false (first->request_whole);
  g_assert_true (first->response_whole);
  g_assert_false (second->partial);
  g_assert_cmpuint (second->skipped, ==, 0);
  g_assert_cmpuint (g_bytes_get_size (second->request_body), ==, body->len);
  g_assert_cmpuint (first->reading->messages->len, >, 50);
  g_assert_cmpuint (first->reading->messages->len, <, second->reading->messages->len);
  for (guint i = 0; i < 2; i++)
    {
      const GPtrArray *messages = ((OhExchangeView *) views->pdata[i])->reading->messages;

      last[i] = messages->pdata[messages->len - 1];
    }
  g_assert_cmpstr (((OhBlock *) last[0]->blocks->pdata[0])->text, ==, ((OhBlock *) last[1]->blocks->pdata[0])->text);
  g_assert_cmpstr (first->reading->facts->stop_reason, ==, "end_turn");
}

static void
count (OhEngine *engine, guint *n)
{
  (*n)++;
}

/* What another process captures is told within the poll's time. */
static void
test_other_engine (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhEngine) other = oh_engine_new (fixture->dir, "cli", 0, &error);
  g_autoptr (OhLiveRun) live = NULL;
  guint changes = 0;
  gint64 began;

  g_assert_no_error (error);
  g_assert_cmpuint (oh_engine_get_port (other), !=, oh_engine_get_port (fixture->engine));
  g_signal_connect (other, "changed", G_CALLBACK (count), &changes);
  live = launch (fixture, "curl -sS -d '{\"messages\":[]}' https://api.anthropic.com/v1/messages");
  await_exit (live);
  oh_engine_flush (fixture->engine);
  began = g_get_monotonic_time ();
  changes = 0;
  oh_engine_set_pinned (fixture->engine, 1, TRUE);
  oh_engine_flush (fixture->engine);
  while (changes == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_get_monotonic_time () - began, <, 2000000);
  g_assert_cmpint (oh_store_reader_count (oh_engine_get_reader (other), &(OhQuery) { 0 }), ==, 1);
  oh_engine_shutdown (other, TRUE);
}

static void
on_expired (OhEngine *engine, guint n, guint *expired)
{
  *expired += n;
}

static OhEngine *
reopen (Fixture *fixture, const char *origin)
{
  g_autoptr (GError) error = NULL;

  oh_engine_shutdown (fixture->engine, TRUE);
  g_assert_finalize_object (fixture->engine);
  fixture->engine = oh_engine_new (fixture->dir, origin, 0, &error);
  g_assert_no_error (error);
  return fixture->engine;
}

/* A window asks before it deletes what is beyond the limits; a command holds the limits that a window left, but not
 * against what the user wanted kept. */
static void
test_keeping (Fixture *fixture, gconstpointer data)
{
  g_autoptr (OhLiveRun) live = launch (fixture, "curl -sS -d '{\"messages\":[]}' https://api.anthropic.com/v1/messages");
  g_autofree char *path = g_build_filename (fixture->dir, "limits", NULL);
  g_autofree char *kept = NULL;
  g_autofree char *forgotten = NULL;
  guint expired = 0;

  await_exit (live);
  g_clear_object (&live);
  oh_engine_flush (fixture->engine);
  g_signal_connect (fixture->engine, "expired", G_CALLBACK (on_expired), &expired);
  oh_engine_set_limits (fixture->engine, 0, 1);
  while (expired == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (expired, ==, 1);
  oh_engine_settle_expired (fixture->engine, TRUE);
  g_assert_true (g_file_get_contents (path, &kept, NULL, NULL));
  g_assert_nonnull (strstr (kept, "kept=true"));

  reopen (fixture, "window");
  oh_engine_set_limits (fixture->engine, 0, 1);
  g_assert_true (g_file_get_contents (path, &forgotten, NULL, NULL));
  g_assert_nonnull (strstr (forgotten, "kept=false"));
  reopen (fixture, "cli");
  while (oh_store_reader_count (oh_engine_get_reader (fixture->engine), &(OhQuery) { 0 }) > 0)
    g_main_context_iteration (NULL, TRUE);
}

/* Many changes make few signals. */
static void
test_coalesced (Fixture *fixture, gconstpointer data)
{
  g_autoptr (OhLiveRun) live = NULL;
  guint changes = 0;
  gint64 began;

  g_signal_connect (fixture->engine, "changed", G_CALLBACK (count), &changes);
  began = g_get_monotonic_time ();
  live = launch (fixture, "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo $i; sleep 0.005; done");
  await_exit (live);
  oh_engine_flush (fixture->engine);
  g_assert_cmpuint (changes, >, 0);
  g_assert_cmpuint (changes, <=, (g_get_monotonic_time () - began) / 16000 + 2);
}

/* Run by test_read_only() in a process of its own. */
static void
look_at_read_only (void)
{
  const char *dir = g_getenv ("READ_ONLY_DIR");
  g_autoptr (GError) error = NULL;
  g_autoptr (OhEngine) engine = NULL;
  g_autofree char *trouble = NULL;

  /* Root may write everywhere. */
  if (geteuid () == 0)
    g_assert_cmpint (setresuid (65534, 65534, 65534), ==, 0);
  g_assert_null (oh_engine_new (dir, "cli", 0, &error));
  g_assert_nonnull (error);
  engine = oh_engine_new (dir, "window", 0, NULL);
  g_assert_nonnull (engine);
  trouble = oh_engine_dup_trouble (engine);
  g_assert_nonnull (strstr (trouble, "what is there can be read"));
  g_assert_nonnull (strstr (trouble, dir));
  g_assert_cmpint (oh_store_reader_count (oh_engine_get_reader (engine), NULL), ==, 0);
  oh_engine_flush (engine);
  oh_engine_shutdown (engine, FALSE);
}

/* A folder that can only be read: the window opens it and says so; the command line runs nothing that it cannot record. */
static void
test_read_only (void)
{
  g_autofree char *dir = g_dir_make_tmp ("overhear-engine-XXXXXX", NULL);
  g_autofree char *runtime = g_dir_make_tmp ("overhear-engine-XXXXXX", NULL);
  g_autofree char *database = g_build_filename (dir, "overhear.db", NULL);
  g_autofree char *old = g_strdup (g_getenv ("XDG_RUNTIME_DIR"));
  g_autofree char *command = g_strdup_printf ("rm -r '%s' '%s'", dir, runtime);
  g_autoptr (OhEngine) engine = oh_engine_new (dir, "window", 0, NULL);

  g_assert_nonnull (engine);
  oh_engine_shutdown (engine, FALSE);
  g_assert_cmpint (g_chmod (database, 0444), ==, 0);
  g_assert_cmpint (g_chmod (dir, 0555), ==, 0);
  g_assert_cmpint (g_chmod (runtime, 0777), ==, 0);
  g_setenv ("READ_ONLY_DIR", dir, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", runtime, TRUE);
  g_test_trap_subprocess ("/engine/read-only/subprocess/look", 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
  if (old != NULL)
    g_setenv ("XDG_RUNTIME_DIR", old, TRUE);
  else
    g_unsetenv ("XDG_RUNTIME_DIR");
  g_assert_cmpint (g_chmod (dir, 0700), ==, 0);
  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
}

static void
test_failures (Fixture *fixture, gconstpointer data)
{
  const char *const nothing[] = { "no-such-program", NULL };
  const char *const shell[] = { "sh", NULL };
  const char *const nonsense[] = { "nonsense", NULL };
  const OhRunSpec missing = { .argv = nothing, .terminal = TRUE };
  const OhRunSpec lost = { .argv = shell, .upstreams = nonsense, .terminal = TRUE };
  const OhRunSpec nowhere = { .argv = shell, .cwd = "/no/such/folder", .terminal = TRUE };
  g_autoptr (GPtrArray) runs = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (oh_engine_launch (fixture->engine, &missing, &error));
  g_assert_true (oh_engine_error_is_not_found (error));
  g_assert_false (oh_engine_error_is_not_executable (error));
  g_clear_error (&error);
  g_assert_null (oh_engine_launch (fixture->engine, &lost, &error));
  g_assert_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_UPSTREAM);
  g_clear_error (&error);
  g_assert_null (oh_engine_launch (fixture->engine, &nowhere, &error));
  g_assert_error (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_BAD_DIRECTORY);

  oh_engine_flush (fixture->engine);
  runs = oh_store_reader_get_runs (oh_engine_get_reader (fixture->engine), 0);
  g_assert_cmpuint (runs->len, ==, 3);
  for (guint i = 0; i < runs->len; i++)
    {
      const OhRun *run = runs->pdata[i];

      g_assert_nonnull (run->error);
      g_assert_cmpint (run->ended_ns, >, 0);
    }
}

static void
test_name (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *argv[4];
    const char *name;
  } cases[] = {
    { { "/usr/bin/true", "a", NULL }, "true a" },
    { { "sh", "/tmp/no/such.sh", "--fast", NULL }, "such.sh --fast" },
    { { "echo", "sk-ant-api03-abcdefgh1234", NULL }, "echo <redacted …1234 *>" },
    { { "echo", "0123456789012345678901234567890123456789012345678901234567890123456789", NULL },
      "echo 012345678901234567890123456789012345678901234567890123…" },
    { { "echo", "01234567890123456789012345678901234567890123456789012345", NULL },
      "echo 012345678901234567890123456789012345678901234567890123…" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const OhRunSpec spec = { .argv = cases[i].argv, .terminal = TRUE };
      g_autoptr (OhLiveRun) live = oh_engine_launch (fixture->engine, &spec, NULL);
      g_autoptr (OhRun) run = oh_store_reader_get_run (oh_engine_get_reader (fixture->engine), oh_live_run_get_id (live));

      if (!g_pattern_match_simple (cases[i].name, run->name))
        g_error ("%s is not %s", run->name, cases[i].name);
      await_exit (live);
    }
}

/* What a run prints of its secrets is stored as markers. */
static void
test_console_secrets (Fixture *fixture, gconstpointer data)
{
  const char *const argv[] = { "sh", "-c", "printf 'begin %s-012345' seed; sleep 0.1; printf '6789 end'", NULL };
  const char *const environment[] = { "SOME_API_KEY=seed-0123456789", NULL };
  const OhRunSpec spec = { .argv = argv, .environment = environment, .terminal = TRUE };
  g_autoptr (OhLiveRun) live = oh_engine_launch (fixture->engine, &spec, NULL);
  g_autoptr (GBytes) console = NULL;
  g_autofree char *text = NULL;

  await_exit (live);
  oh_engine_flush (fixture->engine);
  console = oh_store_reader_read_console (oh_engine_get_reader (fixture->engine), oh_live_run_get_id (live), 0);
  text = g_strndup (g_bytes_get_data (console, NULL), g_bytes_get_size (console));
  if (!g_pattern_match_simple ("*begin <redacted …6789 *> end*", text))
    g_error ("the console has “%s”", text);
}

/* Shutting down stops what runs, even what does not want to. */
static void
test_shutdown (Fixture *fixture, gconstpointer data)
{
  g_autoptr (OhLiveRun) polite = launch (fixture, "exec sleep 100");
  g_autoptr (OhLiveRun) stubborn = launch (fixture, "trap '' TERM; echo ready; while :; do sleep 0.1; done");
  g_autoptr (GString) output = g_string_new (NULL);
  gint64 began;

  g_signal_connect (stubborn, "output", G_CALLBACK (append), output);
  while (output->len == 0)
    g_main_context_iteration (NULL, TRUE);
  began = g_get_monotonic_time ();
  oh_engine_shutdown (fixture->engine, TRUE);
  g_assert_cmpint (g_get_monotonic_time () - began, <, 6000000);
  g_assert_false (oh_live_run_is_running (polite));
  g_assert_false (oh_live_run_is_running (stubborn));
  g_assert_cmpint (oh_live_run_get_term_signal (polite), ==, SIGTERM);
  g_assert_cmpint (oh_live_run_get_term_signal (stubborn), ==, SIGKILL);
}

static void
test_parse (Fixture *fixture, gconstpointer data)
{
  g_auto (GStrv) words = oh_engine_parse_command ("a 'b c'", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (g_strv_length (words), ==, 2);
  g_assert_null (oh_engine_parse_command ("a 'b", &error));
  g_assert_nonnull (error);
}

#define TEST(name, func) g_test_add ("/engine/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_autofree char *runtime = g_dir_make_tmp ("overhear-test-XXXXXX", NULL);
  int status;

  g_setenv ("XDG_RUNTIME_DIR", runtime, TRUE);
  g_test_init (&argc, &argv, NULL);
  TEST ("run", test_run);
  TEST ("watch", test_watch);
  TEST ("watch-late", test_watch_late);
  TEST ("first-look", test_first_look);
  g_test_add_func ("/engine/first-look-join", test_first_look_join);
  g_test_add_func ("/engine/read-only", test_read_only);
  g_test_add_func ("/engine/read-only/subprocess/look", look_at_read_only);
  TEST ("other-engine", test_other_engine);
  TEST ("keeping", test_keeping);
  TEST ("coalesced", test_coalesced);
  TEST ("failures", test_failures);
  TEST ("name", test_name);
  TEST ("console-secrets", test_console_secrets);
  TEST ("shutdown", test_shutdown);
  TEST ("parse", test_parse);
  status = g_test_run ();
  oh_paths_remove_dir (runtime);
  return status;
}
