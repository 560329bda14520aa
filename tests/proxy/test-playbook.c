/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gates, relays, fetches and tunnels among clients and servers that do anything in any order: they send and read some
 * bytes, pause, leave, reset; the store commits when it likes; clocks strike. All of it is on one thread, on clocks
 * that only the play moves, so that its seed makes it the same again:
 *
 *     test-playbook --seed N        one play, each step told
 *     test-playbook --seeds N M     as many as you like
 *
 * At its end everybody does what is left to do. Then nothing may wait: who was not let down has its whole answer, every
 * exchange has ended once, no request came twice, and all bytes are those that were sent. */
#include "config.h"
#include "playbook.h"
#include "oh-fetch-private.h"
#include "oh-relay-private.h"

#include <dlfcn.h>
#include <libsoup/soup.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STEPS_MAX 400
#define TRIES_MAX 2000
/* How long a play may wait for the kernel. */
#define PATIENCE_US 400000

/* --- the clocks --- */

static gint64 virtual_ns = G_GINT64_CONSTANT (1000000000000000);

/* Everything in this process reads these clocks. */
int
clock_gettime (clockid_t id, struct timespec *ts)
{
  if (id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME)
    return syscall (SYS_clock_gettime, id, ts);
  ts->tv_sec = virtual_ns / 1000000000;
  ts->tv_nsec = virtual_ns % 1000000000;
  return 0;
}

Play play;

/* --- the store --- */

#define TEST_TYPE_SINK (test_sink_get_type ())
G_DECLARE_FINAL_TYPE (TestSink, test_sink, TEST, SINK, GObject)

struct _TestSink
{
  GObject parent;
};

static Call *
find_call_by_key (guint64 key)
{
  for (guint i = 0; i < play.n_calls; i++)
    if (play.calls[i].begins > 0 && play.calls[i].key == key)
      return &play.calls[i];
  fail ("a capture of an exchange that did not begin");
}

static void
begin_call (const OhCapture *capture)
{
  Call *call = play.kind == KIND_BLIND ? &play.calls[0] : find_call (capture->exchange->target);

  if (call->begins++ > 0)
    fail ("call %u has a second exchange", call->id);
  call->key = capture->key;
}

static void
end_call (Call *call, OhCapture *capture)
{
  const OhExchange *exchange = capture->exchange;

  tell ("  call %u ends: %s by %s (%s)", call->id, oh_outcome_to_string (exchange->outcome),
        oh_party_to_string (exchange->ended_by), exchange->error_code);
  if (call->ended)
    fail ("call %u ended twice", call->id);
  call->ended = TRUE;
  call->ended_at = virtual_ns;
  call->outcome = exchange->outcome;
  if (play.kind == KIND_PLAIN
      && (exchange->request_length != (gint64) call->request_kept
          || exchange->response_length != (gint64) call->answer_kept))
    fail ("call %u counts other bytes than were kept", call->id);
  g_ptr_array_add (play.uncommitted, oh_capture_ref (capture));
}

static gboolean
test_sink_push (OhSink *sink, OhCapture *capture)
{
  g_autoptr (OhCapture) owned = capture;
  gsize size = capture->data != NULL ? g_bytes_get_size (capture->data) : 0;
  Call *call;

  if (capture->kind == OH_CAPTURE_BEGIN)
    begin_call (capture);
  call = find_call_by_key (capture->key);
  if (call->ended)
    fail ("call %u goes on after its end", call->id);
  if (capture->kind == OH_CAPTURE_REQUEST_DATA)
    {
      check_stream ("the record", call, request_stream (call), call->request_kept,
                    g_bytes_get_data (capture->data, NULL), size, call->request_size);
      call->request_kept += size;
    }
  else if (capture->kind == OH_CAPTURE_RESPONSE_HEAD)
    {
      call->head_kept = TRUE;
    }
  else if (capture->kind == OH_CAPTURE_RESPONSE_DATA)
    {
      /* Before it stands only the piece of a head that was cut. */
      if (call->head_kept)
        check_stream ("the record", call, answer_stream (call), call->answer_kept,
                      g_bytes_get_data (capture->data, NULL), size, call->answer_size);
      call->answer_kept += size;
    }
  else if (capture->kind == OH_CAPTURE_END)
    end_call (call, capture);
  return TRUE;
}

static void
test_sink_init_interface (OhSinkInterface *iface)
{
  iface->push = test_sink_push;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestSink, test_sink, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_SINK, test_sink_init_interface))

static void
test_sink_class_init (TestSinkClass *klass)
{
}

static void
test_sink_init (TestSink *self)
{
}

static void
commit (void)
{
  OhCapture *capture;

  if (play.uncommitted->len == 0)
    return;
  capture = g_ptr_array_index (play.uncommitted, 0);
  find_call_by_key (capture->key)->committed = TRUE;
  oh_capture_committed (capture);
  g_ptr_array_remove_index (play.uncommitted, 0);
  play.progress = TRUE;
}

static void
turn (void)
{
  while (g_main_context_iteration (play.core.context, FALSE))
    play.progress = TRUE;
}

/* --- whose client it is --- */

/* In a thread of its own: says so only when the play lets it. */
static char *
identify (gint64 pid, gpointer data)
{
  while (g_atomic_int_get (&play.named) == 0)
    g_usleep (20);
  return g_strdup (TOKEN);
}

static gboolean
somebody_is_nameless (void)
{
  GHashTableIter iter;
  OhGate *gate;

  g_hash_table_iter_init (&iter, play.core.gates);
  while (g_hash_table_iter_next (&iter, (gpointer *) &gate, NULL))
    if (gate->state == OH_GATE_IDENTIFY)
      return TRUE;
  return FALSE;
}

static void
name_everybody (void)
{
  g_atomic_int_set (&play.named, 1);
  while (somebody_is_nameless ())
    {
      play.progress = TRUE;
      if (!g_main_context_iteration (play.core.context, FALSE))
        g_usleep (20);
    }
  g_atomic_int_set (&play.named, 0);
}

/* --- libsoup --- */

gboolean
soup_server_accept_iostream (SoupServer *server, GIOStream *stream, GSocketAddress *local, GSocketAddress *remote,
                             GError **error)
{
  static gboolean (*real) (SoupServer *, GIOStream *, GSocketAddress *, GSocketAddress *, GError **);

  if (real == NULL)
    *(void **) &real = dlsym (RTLD_NEXT, "soup_server_accept_iostream");
  if (!play.stingy || !chance (30))
    return real (server, stream, local, remote, error);
  tell ("  libsoup takes no connection");
  /* Whose it was is not known. */
  for (guint i = 0; i < play.n_calls; i++)
    spoil (&play.calls[i]);
  if (chance (50))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "not taken");
      return FALSE;
    }
  g_io_stream_close (stream, NULL, NULL);
  return TRUE;
}

/* --- the guard --- */

static OhVerdict
ask (gint64 run_id, const OhExchange *head, guint64 ticket, char **why, gpointer data)
{
  Call *call = play.kind == KIND_PLAIN ? find_call (head->target) : &play.calls[0];

  if (call->heads > 0)
    fail ("call %u was sent before the guard was asked", call->id);
  tell ("  the guard says %d of call %u", call->verdict, call->id);
  if (call->verdict == OH_VERDICT_HOLD)
    call->ticket = ticket;
  else if (call->verdict == OH_VERDICT_REFUSE)
    *why = g_strdup ("It is too much.");
  return call->verdict;
}

static void
left (guint64 ticket, gpointer data)
{
  for (guint i = 0; i < play.n_calls; i++)
    if (play.calls[i].ticket == ticket)
      {
        play.calls[i].ticket = 0;
        return;
      }
  fail ("who left?");
}

static void
decide (Call *call)
{
  OhRelay *relay = g_hash_table_lookup (play.core.waiting, &call->ticket);

  if (call->ticket == 0)
    return;
  if (relay == NULL)
    fail ("call %u does not wait any more, and did not say so", call->id);
  if (call->heads > 0)
    fail ("call %u was sent before the guard let it", call->id);
  tell ("the guard decides of call %u: it is %s", call->id, call->refused ? "refused" : "let go");
  call->ticket = 0;
  play.progress = TRUE;
  oh_relay_decide (relay, call->refused ? OH_VERDICT_REFUSE : OH_VERDICT_GO, call->refused ? "It is too much." : NULL);
}

static const OhProxyGuard guard = { ask, left, NULL };

/* --- the play --- */

static OhFraming
draw_framing (gboolean of_answer)
{
  static const OhFraming framings[] = { OH_FRAMING_LENGTH, OH_FRAMING_CHUNKED, OH_FRAMING_CLOSE };

  return framings[draw (of_answer ? 3 : 2)];
}

static void
plan_call (Client *client)
{
  Call *call = &play.calls[play.n_calls];

  *call = (Call) { .id = play.n_calls, .method = "POST", .minor = 1, .status = 200, .request_size = draw_size (19),
                   .answer_size = draw_size (19), .eager = TRUE };
  client->calls[client->n_calls++] = play.n_calls++;
  if (play.kind == KIND_UPGRADE)
    {
      call->method = "GET";
      call->status = 101;
    }
  if (play.kind != KIND_PLAIN)
    return;
  call->verdict = chance (75) ? OH_VERDICT_GO : chance (70) ? OH_VERDICT_HOLD : OH_VERDICT_REFUSE;
  call->refused = call->verdict == OH_VERDICT_REFUSE || (call->verdict == OH_VERDICT_HOLD && chance (30));
  call->minor = chance (90);
  call->eager = chance (20);
  call->answered = draw_framing (TRUE);
  call->status = chance (80) ? 200 : 529;
  call->closes = call->answered == OH_FRAMING_CLOSE || chance (20);
  call->interim = call->minor == 1 && chance (10);
  if (chance (20))
    {
      call->method = chance (50) ? "GET" : "HEAD";
      call->request_size = 0;
      return;
    }
  /* Such that the last of it is what is too much, and an answer that is read in one go. */
  if (chance (20))
    call->request_size = OH_FETCH_HIGH - 1000 + draw (10000);
  if (chance (20))
    call->answer_size = 16 * 1024 + draw (32 * 1024);
  call->asked = call->minor == 1 ? draw_framing (FALSE) : OH_FRAMING_LENGTH;
  call->expects = call->minor == 1 && chance (10);
}

static void
tell_plan (void)
{
  for (guint i = 0; i < play.n_clients; i++)
    for (guint n = 0; n < play.clients[i].n_calls; n++)
      {
        const Call *call = &play.calls[play.clients[i].calls[n]];

        tell ("client %u%s by way %u: call %u, %s HTTP/1.%u, framing %d of %zu; answer %u, framing %d of %zu%s%s%s%s", i,
              play.clients[i].pipelines ? " (pipelining)" : "", play.clients[i].way, call->id, call->method, call->minor, call->asked,
              call->request_size, call->status, call->answered, call->answer_size, call->eager ? ", eager" : "",
              call->closes ? ", closes" : "", call->expects ? ", expects" : "", call->interim ? ", interim" : "");
      }
}

static void
plan (void)
{
  const guint kind = draw (10);

  play.kind = kind == 0 ? KIND_BLIND : kind == 1 ? KIND_UPGRADE : KIND_PLAIN;
  play.n_clients = play.kind == KIND_PLAIN ? 1 + draw (CLIENTS_MAX) : 1;
  for (guint i = 0; i < play.n_clients; i++)
    {
      Client *client = &play.clients[i];
      const guint n_calls = play.kind == KIND_PLAIN ? 1 + draw (CALLS_MAX / CLIENTS_MAX) : 1;

      *client = (Client) { .fd = -1, .in = g_byte_array_new (), .out = g_byte_array_new (), .pipelines = chance (20) };
      if (play.kind == KIND_PLAIN && chance (40))
        client->way = WAY_UNNAMED + draw (3);
      for (guint n = 0; n < n_calls; n++)
        plan_call (client);
    }
}

static void
pass_time (guint ms)
{
  tell ("%u ms pass", ms);
  virtual_ns += ms * G_GINT64_CONSTANT (1000000);
}

/* All that they can do before the proxy gets its turn. */
static void
be_quick (Client *client)
{
  Line *line;

  server_accept ();
  if (play.n_lines == 0)
    return;
  line = &play.lines[chance (50) ? play.n_lines - 1 : draw (play.n_lines)];
  tell ("client %d and line %d are quick", (int) (client - play.clients), (int) (line - play.lines));
  for (guint i = 0; i < 16; i++)
    {
      client_write (client, G_MAXSIZE);
      client_read (client, G_MAXSIZE);
      server_read (line, G_MAXSIZE);
      server_write (line, G_MAXSIZE);
    }
}

static void
step_of_client (Client *client, gboolean troubled)
{
  const guint what = draw (100);

  client_comes (client);
  if (what < 2 && troubled && client->fd >= 0)
    {
      tell ("client %d leaves", (int) (client - play.clients));
      client_leaves (client, chance (50));
    }
  else if (what < 4 && troubled)
    client_half_closes (client);
  else if (what < 6)
    client->stop = 0;
  else if (what < 60)
    client_write (client, draw_size (19));
  else
    client_read (client, draw_size (16));
}

static void
step_of_server (Line *line, gboolean troubled)
{
  const guint what = draw (100);

  if (what < 3 && troubled)
    server_breaks (line);
  else if (what < 10)
    server_continue (line);
  else if (what < 55)
    server_read (line, draw_size (17));
  else
    server_write (line, draw_size (17));
}

static void
step (gboolean troubled)
{
  static const guint spans[] = { 1, 5, 21, 60, 251, 1001 };
  Client *client = &play.clients[draw (play.n_clients)];
  const guint what = draw (100);

  if (what < 1)
    pass_time (spans[draw (G_N_ELEMENTS (spans))]);
  else if (what < 2)
    name_everybody ();
  else if (what < 7)
    commit ();
  else if (what < 10)
    decide (&play.calls[draw (play.n_calls)]);
  else if (what < 17)
    be_quick (client);
  else if (what < 60)
    step_of_client (client, troubled);
  else if (what < 66)
    server_accept ();
  else if (play.n_lines > 0)
    step_of_server (&play.lines[draw (play.n_lines)], troubled);
}

/* Who is done in a tunnel says so. */
static void
end_tunnel (void)
{
  Client *client = &play.clients[0];

  if (play.kind == KIND_PLAIN)
    return;
  for (guint i = 0; i < play.n_lines; i++)
    {
      Line *line = &play.lines[i];

      if (line->fd < 0 || line->out_offset < line->out->len || (play.kind == KIND_UPGRADE && line->out->len == 0))
        continue;
      if (line->ended)
        close_line (line, FALSE);
      else if (!line->half_closed)
        shutdown (line->fd, SHUT_WR);
      line->half_closed = TRUE;
    }
  if (client->fd < 0 || !client->have_head || (client->out_offset < client->out->len && !client->half_closed))
    return;
  if (client->ended)
    leave_client (client, FALSE);
  else if (!client->half_closed)
    shutdown (client->fd, SHUT_WR);
  client->half_closed = TRUE;
}

static gboolean
is_over (const Call *call)
{
  return call->ended && (call->spoiled || call->answer_whole);
}

/* Whether the kernel may still be at it: what it had no room for it sends again, and nothing happens until then. */
static gboolean
somebody_waits (gboolean spoiled)
{
  for (guint i = 0; i < play.n_calls; i++)
    if (!is_over (&play.calls[i]) && (!play.calls[i].spoiled || (spoiled && play.calls[i].begins > 0)))
      return TRUE;
  return FALSE;
}

/* Everybody does what can be done, without any time passing but the kernel's.
 * @spoiled: whether those who were let down are waited for, too */
static void
settle (gboolean spoiled)
{
  for (guint idle = 0; idle < 4 || (idle < PATIENCE_US / 50 && somebody_waits (spoiled));)
    {
      play.progress = FALSE;
      name_everybody ();
      server_accept ();
      for (guint i = 0; i < play.n_clients; i++)
        {
          client_comes (&play.clients[i]);
          client_write (&play.clients[i], G_MAXSIZE);
          client_read (&play.clients[i], G_MAXSIZE);
        }
      for (guint i = 0; i < play.n_lines; i++)
        {
          server_continue (&play.lines[i]);
          server_read (&play.lines[i], G_MAXSIZE);
          server_write (&play.lines[i], G_MAXSIZE);
        }
      end_tunnel ();
      for (guint i = 0; i < play.n_calls; i++)
        decide (&play.calls[i]);
      commit ();
      turn ();
      idle = play.progress ? 0 : idle + 1;
      if (idle > 0)
        g_usleep (50);
    }
}

static void
check_whole (const Call *call)
{
  const gboolean has_body = strcmp (call->method, "HEAD") != 0;

  if (call->spoiled)
    return;
  if (!call->answer_whole)
    fail ("call %u waits for its answer", call->id);
  if (call->refused)
    {
      if (call->heads > 0)
        fail ("call %u was refused, and came to the server", call->id);
      if (!call->ended || call->outcome != OH_OUTCOME_FAILED)
        fail ("call %u has not been recorded as refused", call->id);
      return;
    }
  if (call->answer_seen != (has_body ? call->answer_size : 0))
    fail ("call %u has %zu bytes of its answer of %zu", call->id, call->answer_seen, call->answer_size);
  if (!call->ended || call->outcome != OH_OUTCOME_FINISHED)
    fail ("call %u has not been recorded as finished", call->id);
  if (call->heads != 1 || (!call->request_whole && !(call->eager && play.kind == KIND_PLAIN)))
    fail ("call %u did not come to the server whole", call->id);
  if (play.kind != KIND_PLAIN)
    return;
  if (call->answer_kept != (has_body ? call->answer_size : 0)
      || (!call->eager && call->request_kept != call->request_size))
    fail ("call %u was not recorded whole: %zu of %zu, %zu of %zu", call->id, call->request_kept, call->request_size,
          call->answer_kept, call->answer_size);
}

static void
check_over (void)
{
  for (guint i = 0; i < play.n_calls; i++)
    if (play.calls[i].begins > 0 && !play.calls[i].ended)
      fail ("call %u does not end", i);
  for (guint i = 0; i < play.n_clients; i++)
    if (play.clients[i].fd >= 0 && play.clients[i].reading < play.clients[i].asking)
      fail ("client %u waits for ever", i);
}

static void
open_house (void)
{
  static const char *const hosts[] = { READ_HOST, NULL };
  g_autofree char *origin = NULL;
  g_autoptr (GError) error = NULL;
  OhCore *core = &play.core;

  *core = (OhCore) { .context = g_main_context_new (), .hosts = g_strdupv ((char **) hosts), .capturing = TRUE,
                     .clocks = OH_CLOCKS_DEFAULT };
  g_main_context_push_thread_default (core->context);
  core->sink = g_object_new (TEST_TYPE_SINK, NULL);
  core->admission = oh_admission_new ();
  {
    g_autoptr (GBytes) key = g_bytes_new_static ("a key of the tests", 18);
    g_autoptr (OhSecrets) secrets = oh_secrets_new (key);

    oh_admission_set_secrets (core->admission, secrets);
  }
  oh_admission_allow (core->admission, TOKEN, 7);
  core->gates = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) oh_gate_unref, NULL);
  core->waiting = g_hash_table_new (g_int64_hash, g_int64_equal);
  core->guard = &guard;
  play.door = listen_somewhere (&core->port);
  play.listener = listen_somewhere (&play.port);
  origin = g_strdup_printf ("http://127.0.0.1:%u", play.port);
  oh_admission_set_detour (core->admission, 7, READ_HOST, origin, &error);
  g_assert_no_error (error);
  oh_admission_set_identify (core->admission, identify, NULL);
  core->upstream = oh_upstream_new (core->port);
  core->lender = oh_lender_new ();
}

static void
close_house (void)
{
  OhCore *core = &play.core;

  g_clear_pointer (&core->lender, oh_lender_free);
  oh_upstream_free (core->upstream);
  oh_admission_free (core->admission);
  g_assert_cmpuint (g_hash_table_size (core->waiting), ==, 0);
  g_hash_table_unref (core->waiting);
  g_hash_table_unref (core->gates);
  g_strfreev (core->hosts);
  g_clear_object (&core->sink);
  g_main_context_pop_thread_default (core->context);
  g_main_context_unref (core->context);
  close (play.door);
  close (play.listener);
}

static void
clear (void)
{
  for (guint i = 0; i < play.n_clients; i++)
    {
      Client *client = &play.clients[i];

      if (client->fd >= 0)
        leave_client (client, TRUE);
      oh_http_body_clear (&client->body);
      g_byte_array_unref (client->in);
      g_byte_array_unref (client->out);
    }
  for (guint i = 0; i < play.n_lines; i++)
    {
      Line *line = &play.lines[i];

      if (line->fd >= 0)
        close_line (line, TRUE);
      oh_http_body_clear (&line->body);
      g_byte_array_unref (line->in);
      g_byte_array_unref (line->out);
    }
}

static void
perform (guint seed)
{
  guint n_steps;
  gboolean troubled;

  play.seed = seed;
  play.rand = g_rand_new_with_seed (seed);
  play.uncommitted = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_capture_unref);
  play.n_calls = play.n_lines = 0;
  g_atomic_int_set (&play.named, 0);
  plan ();
  tell_plan ();
  troubled = chance (50);
  play.stingy = troubled && chance (10);
  n_steps = draw (STEPS_MAX);
  for (guint i = 0; i < n_steps; i++)
    {
      step (troubled);
      for (guint n = draw (3); n > 0; n--)
        g_main_context_iteration (play.core.context, FALSE);
    }
  tell ("everybody does what is left");
  settle (FALSE);
  for (guint i = 0; i < play.n_calls; i++)
    check_whole (&play.calls[i]);
  for (guint i = 0; i < 4; i++)
    {
      pass_time (1001);
      settle (i == 3);
    }
  check_over ();
  clear ();
  turn ();
  pass_time (6000);
  turn ();
  if (g_hash_table_size (play.core.gates) > 0)
    fail ("a client's connection stays open");
  if (oh_upstream_get_connecting (play.core.upstream) > 0)
    fail ("a connection is being made for nobody");
  g_ptr_array_unref (play.uncommitted);
  g_rand_free (play.rand);
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
test_plays (void)
{
  guint before;
  guint seed = 0;

  open_house ();
  perform (seed++);
  /* What the pool keeps. */
  before = count_descriptors ();
  while (seed < TRIES_MAX)
    perform (seed++);
  g_assert_cmpuint (count_descriptors (), <=, before);
  close_house ();
}

int
main (int argc, char **argv)
{
  if (argc == 3 && strcmp (argv[1], "--seed") == 0)
    {
      play.told = TRUE;
      open_house ();
      perform (atoi (argv[2]));
      close_house ();
      return 0;
    }
  if (argc == 4 && strcmp (argv[1], "--seeds") == 0)
    {
      open_house ();
      for (int seed = atoi (argv[2]); seed < atoi (argv[3]); seed++)
        perform (seed);
      close_house ();
      return 0;
    }
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/playbook/plays", test_plays);
  return g_test_run ();
}
