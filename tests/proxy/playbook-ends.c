/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two ends of a play: what clients and servers do, and what they must not see. */
#include "config.h"
#include "playbook.h"
#include "oh-clock.h"
#include "oh-router-private.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
append_credentials (GByteArray *out)
{
  g_autofree char *credentials = g_base64_encode ((const guint8 *) "oh:" TOKEN, strlen ("oh:" TOKEN));

  append_text (out, "Proxy-Authorization: Basic ");
  append_text (out, credentials);
  append_text (out, "\r\n");
}

static void
compose_connect (Client *client, const char *host, guint port)
{
  g_autofree char *head = g_strdup_printf ("CONNECT %s:%u HTTP/1.1\r\nHost: x\r\n", host, port);

  append_text (client->out, head);
  append_credentials (client->out);
  append_text (client->out, "\r\n");
}

static void
compose_request (Client *client, const Call *call)
{
  static const char *const prefixes[] = { [WAY_VIA] = "/via/" TOKEN "/" READ_HOST, [WAY_TUNNEL] = "" };
  g_autofree char *origin = g_strdup_printf ("http://127.0.0.1:%u", play.port);
  g_autofree char *head = NULL;
  GByteArray *out = client->out;

  if (play.kind == KIND_BLIND)
    {
      compose_connect (client, "127.0.0.1", play.port);
      return;
    }
  head = g_strdup_printf ("%s %s/%u HTTP/1.%u\r\nHost: x\r\nContent-Type: application/octet-stream\r\n%s%s",
                          call->method, client->way <= WAY_UNNAMED ? origin : prefixes[client->way], call->id,
                          call->minor, call->minor == 0 && chance (50) ? "Connection: keep-alive\r\n" : "",
                          play.kind == KIND_UPGRADE ? "Connection: upgrade\r\nUpgrade: play\r\n" : "");
  append_text (out, head);
  if (client->way == WAY_ABSOLUTE)
    append_credentials (out);
  append_framing (out, call->asked, call->request_size);
  append_text (out, call->expects ? "Expect: 100-continue\r\n\r\n" : "\r\n");
  if (call->expects)
    client->stop = out->len;
  if (play.kind == KIND_PLAIN && call->asked != OH_FRAMING_NONE)
    append_body (out, call->asked, request_stream (call), call->request_size);
}

static void
compose_answer (Line *line, const Call *call)
{
  g_autofree char *head = NULL;

  if (play.kind == KIND_UPGRADE)
    {
      append_text (line->out, "HTTP/1.1 101 Play\r\nConnection: upgrade\r\nUpgrade: play\r\n\r\n");
      return;
    }
  if (call->interim)
    append_text (line->out, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  head = g_strdup_printf ("HTTP/1.1 %u Play\r\nX-Call: %u\r\nContent-Type: application/octet-stream\r\n%s",
                          call->status, call->id, call->closes ? "Connection: close\r\n" : "");
  append_text (line->out, head);
  append_framing (line->out, call->answered, call->answer_size);
  append_text (line->out, "\r\n");
  if (strcmp (call->method, "HEAD") != 0)
    append_body (line->out, call->answered, answer_stream (call), call->answer_size);
}

/* --- servers --- */

void
close_line (Line *line, gboolean by_reset)
{
  if (by_reset)
    reset (line->fd);
  else
    close (line->fd);
  line->fd = -1;
}

static void
line_done (Line *line)
{
  gboolean closes = line->call->closes;

  line->before = line->call;
  line->call = NULL;
  line->served = TRUE;
  line->have_head = line->answering = FALSE;
  oh_http_body_clear (&line->body);
  g_byte_array_set_size (line->out, 0);
  line->out_offset = 0;
  if (!closes)
    return;
  tell ("  the server ends line %d", (int) (line - play.lines));
  shutdown (line->fd, SHUT_WR);
  line->half_closed = line->deaf = TRUE;
}

/* Makes sense of what has come. */
static void
understand_request (Line *line)
{
  while (line->in->len > 0 && !line->deaf)
    {
      g_autofree guint8 *payload = NULL;
      gsize length, consumed;

      if (!line->have_head)
        {
          gsize end = oh_http_head_find_end ((const char *) line->in->data, line->in->len);
          const char *problem = NULL;
          g_autoptr (OhHttpHead) head = NULL;
          OhFraming framing;
          guint64 size = 0;

          if (end == 0)
            return;
          head = oh_http_head_parse_request ((const char *) line->in->data, end, &problem);
          if (head == NULL || !oh_http_head_get_request_framing (head, &framing, &size, &problem))
            fail ("the server got a malformed request");
          g_byte_array_remove_range (line->in, 0, end);
          line->call = find_call (head->target);
          tell ("  the server has the head of call %u on line %d", line->call->id, (int) (line - play.lines));
          if (line->call->heads++ > 0)
            fail ("call %u was sent twice", line->call->id);
          if (line->half_closed)
            spoil (line->call);
          line->have_head = TRUE;
          oh_http_body_init (&line->body, framing, size);
          line->call->request_whole = line->body.done || framing == OH_FRAMING_NONE;
          compose_answer (line, line->call);
        }
      if (line->call->request_whole || line->in->len == 0)
        return;
      payload = g_malloc (line->in->len);
      if (!oh_http_body_feed (&line->body, line->in->data, line->in->len, payload, &length, &consumed))
        fail ("the server got malformed chunks");
      check_stream ("the server", line->call, request_stream (line->call), line->call->request_seen, payload, length,
                    line->call->request_size);
      line->call->request_seen += length;
      line->call->request_whole = line->body.done;
      g_byte_array_remove_range (line->in, 0, consumed);
    }
}

static void
understand_raw (Line *line)
{
  Call *call = line->call;

  check_stream ("the server", call, request_stream (call), call->request_seen, line->in->data, line->in->len,
                call->request_size);
  call->request_seen += line->in->len;
  call->request_whole = call->request_seen == call->request_size;
  g_byte_array_set_size (line->in, 0);
}

void
server_accept (void)
{
  Line *line = &play.lines[play.n_lines];
  int fd = accept4 (play.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

  if (fd < 0)
    return;
  g_assert_cmpuint (play.n_lines, <, LINES_MAX);
  play.n_lines++;
  play.progress = TRUE;
  tune (fd);
  *line = (Line) { .fd = fd, .in = g_byte_array_new (), .out = g_byte_array_new () };
  if (play.kind != KIND_BLIND)
    return;
  line->call = &play.calls[0];
  line->call->heads++;
  line->call->request_whole = line->call->request_size == 0;
  append_stream (line->out, answer_stream (line->call), 0, line->call->answer_size);
}

void
server_read (Line *line, gsize limit)
{
  guint8 buffer[65536];
  gssize n;
  const gboolean raw = play.kind == KIND_BLIND || (play.kind == KIND_UPGRADE && line->have_head);

  if (line->fd < 0 || line->ended)
    return;
  n = receive (line->fd, buffer, MIN (limit, sizeof buffer));
  if (n == -2)
    return;
  if (n <= 0)
    {
      tell ("  the server sees the end of line %d", (int) (line - play.lines));
      line->ended = TRUE;
      if (n < 0 || !raw)
        close_line (line, FALSE);
      return;
    }
  g_byte_array_append (line->in, buffer, n);
  if (raw)
    understand_raw (line);
  else
    understand_request (line);
}

static gboolean
may_answer (const Line *line)
{
  return line->fd >= 0 && line->call != NULL && !line->half_closed && (line->call->request_whole || line->call->eager);
}

void
server_write (Line *line, gsize limit)
{
  if (!may_answer (line))
    return;
  line->answering = TRUE;
  if (line->out_offset < line->out->len && send_some (line->fd, line->out, &line->out_offset, limit) < 0)
    {
      close_line (line, FALSE);
      return;
    }
  if (line->out_offset < line->out->len || play.kind == KIND_BLIND)
    return;
  if (play.kind == KIND_UPGRADE && !line->switched)
    {
      line->switched = TRUE;
      append_stream (line->out, answer_stream (line->call), 0, line->call->answer_size);
    }
  /* Who was not told to go on does not send the rest; and who answered early and closes does not care for it. */
  else if (play.kind == KIND_PLAIN
           && (line->call->request_whole || (line->call->closes && (line->call->expects || line->call->eager))))
    {
      line_done (line);
      understand_request (line);
    }
}

void
server_continue (Line *line)
{
  static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

  if (line->fd < 0 || line->call == NULL || !line->call->expects || line->answering || line->out_offset > 0)
    return;
  line->call->expects = FALSE;
  line->answering = TRUE;
  g_byte_array_prepend (line->out, (const guint8 *) text, strlen (text));
  send_some (line->fd, line->out, &line->out_offset, strlen (text));
}

/* What has come to the server's kernel has perhaps been processed: it may not come again. */
static void
look_into_kernel (Line *line)
{
  g_autofree guint8 *bytes = g_malloc (1024 * 1024);
  gssize n = recv (line->fd, bytes, 1024 * 1024, MSG_PEEK | MSG_DONTWAIT);

  if (n <= 0 || play.kind != KIND_PLAIN)
    return;
  g_byte_array_append (line->in, bytes, n);
  understand_request (line);
}

/* The server resets a connection, closes it, or says that it sends no more. */
void
server_breaks (Line *line)
{
  const guint how = draw (3);

  if (line->fd < 0)
    return;
  tell ("the server breaks line %d in way %u", (int) (line - play.lines), how);
  if (how < 2)
    look_into_kernel (line);
  spoil (line->call);
  /* What of an answer waits in the server's kernel goes with it. */
  if (how < 2 && line->before != NULL && !line->before->answer_whole)
    spoil (line->before);
  /* It is not known whose head has come in part only, or waits in a kernel, nor whose line this is if it is new. But
   * one that has served and is idle may be closed by its server, and nobody may notice. */
  for (guint i = 0; (line->call != NULL || line->in->len > 0 || how == 2 || !line->served) && i < play.n_calls; i++)
    if (play.calls[i].heads == 0 && play.calls[i].begins > 0)
      spoil (&play.calls[i]);
  if (how < 2)
    close_line (line, how == 0);
  else if (!line->half_closed)
    {
      shutdown (line->fd, SHUT_WR);
      line->half_closed = TRUE;
    }
}

/* --- clients --- */

static Call *
get_call (Client *client, guint n)
{
  return n < client->n_calls ? &play.calls[client->calls[n]] : NULL;
}

void
leave_client (Client *client, gboolean by_reset)
{
  if (by_reset)
    reset (client->fd);
  else
    close (client->fd);
  client->fd = -1;
}

void
client_comes (Client *client)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;
  g_autoptr (GSocket) socket_object = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  int fd;

  if (client->came)
    return;
  client->came = TRUE;
  g_assert_cmpint (getsockname (play.door, (struct sockaddr *) &address, &length), ==, 0);
  client->fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  tune (client->fd);
  g_assert_true (connect (client->fd, (struct sockaddr *) &address, sizeof address) == 0 || errno == EINPROGRESS);
  while ((fd = accept4 (play.door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0)
    g_usleep (10);
  socket_object = g_socket_new_from_fd (fd, NULL);
  g_socket_set_blocking (socket_object, FALSE);
  connection = g_socket_connection_factory_create_connection (socket_object);
  oh_gate_open (&play.core, connection, oh_router_take);
}

/* The next request, if it may be sent already. */
static void
client_asks (Client *client)
{
  const Call *call = get_call (client, client->asking);

  if (client->out_offset < client->out->len || call == NULL || (client->asking > client->reading && !client->pipelines))
    return;
  if (client->way == WAY_TUNNEL && client->connecting && !client->granted)
    return;
  g_byte_array_set_size (client->out, 0);
  client->out_offset = 0;
  client->stop = 0;
  if (client->way == WAY_TUNNEL && !client->connecting)
    {
      client->connecting = TRUE;
      compose_connect (client, READ_HOST, 443);
      return;
    }
  compose_request (client, call);
  client->asking++;
}

void
client_write (Client *client, gsize limit)
{
  gsize end;

  if (client->fd < 0 || client->half_closed)
    return;
  client_asks (client);
  end = client->stop > 0 ? client->stop : client->out->len;
  if (client->out_offset >= end)
    return;
  if (send_some (client->fd, client->out, &client->out_offset, MIN (limit, end - client->out_offset)) < 0)
    {
      /* Nobody reads the rest; an answer may be there all the same. */
      client->half_closed = TRUE;
      client->out_offset = client->out->len;
    }
}

/* The whole answer is there: it must have been recorded, for as long as it was waited for. */
static void
check_recorded (const Call *call)
{
  /* Nothing of an early answer waits for the record, which ends with the request. */
  if (call->eager)
    return;
  if (!call->ended)
    fail ("call %u was answered before its end was recorded", call->id);
  if (!call->committed
      && oh_clock_monotonic_ns () - call->ended_at < play.core.clocks.hold_late * G_GINT64_CONSTANT (1000000))
    fail ("call %u was answered before its end was committed", call->id);
}

void
client_leaves (Client *client, gboolean by_reset)
{
  for (guint n = client->reading; n < client->n_calls; n++)
    spoil (get_call (client, n));
  if (client->fd >= 0)
    leave_client (client, by_reset);
}

static void
answer_done (Client *client, Call *call)
{
  tell ("  call %u has its answer", call->id);
  call->answer_whole = TRUE;
  check_recorded (call);
  client->have_head = FALSE;
  oh_http_body_clear (&client->body);
  client->reading++;
  if (!client->keep)
    client_leaves (client, FALSE);
}

/* Returns: FALSE if it is not whole yet. */
static gboolean
understand_head (Client *client, Call *call)
{
  const gsize end = oh_http_head_find_end ((const char *) client->in->data, client->in->len);
  const char *problem = NULL;
  const char *whose;
  g_autoptr (OhHttpHead) head = NULL;
  OhFraming framing;
  guint64 size = 0;

  if (end == 0)
    return FALSE;
  head = oh_http_head_parse_response ((const char *) client->in->data, end, &problem);
  if (head == NULL || !oh_http_head_get_response_framing (head, call->method, &framing, &size, &problem))
    fail ("a client got a malformed answer");
  g_byte_array_remove_range (client->in, 0, end);
  client->stop = 0;
  if (head->status < 200 && head->status != 101)
    return TRUE;
  tell ("  call %u has a head: %u", call->id, head->status);
  if (call->answers++ > 0)
    fail ("call %u was answered twice", call->id);
  if (play.kind == KIND_BLIND && call->spoiled && head->status == 502)
    {
      client_leaves (client, FALSE);
      return TRUE;
    }
  if (head->status != (call->refused ? 402 : call->status))
    fail ("call %u was answered %u instead of %u", call->id, head->status, call->refused ? 402 : call->status);
  if (call->refused && g_strcmp0 (oh_http_head_get (head, "x-should-retry"), "false") != 0)
    fail ("call %u may be tried again", call->id);
  client->have_head = TRUE;
  client->keep = oh_http_head_keeps_alive (head);
  if (play.kind != KIND_PLAIN)
    {
      append_stream (client->out, request_stream (call), 0, call->request_size);
      call->answer_whole = call->answer_size == 0;
      return TRUE;
    }
  whose = oh_http_head_get (head, "X-Call");
  if (!call->refused && (whose == NULL || g_ascii_strtoull (whose, NULL, 10) != call->id))
    fail ("call %u got the answer of another", call->id);
  oh_http_body_init (&client->body, framing, size);
  if (client->body.done || framing == OH_FRAMING_NONE)
    answer_done (client, call);
  return TRUE;
}

/* Returns: FALSE if the answer to CONNECT is not whole yet. */
static gboolean
understand_grant (Client *client)
{
  const gsize end = oh_http_head_find_end ((const char *) client->in->data, client->in->len);
  const char *problem = NULL;
  g_autoptr (OhHttpHead) head = NULL;

  if (end == 0)
    return FALSE;
  head = oh_http_head_parse_response ((const char *) client->in->data, end, &problem);
  if (head == NULL || head->status != 200)
    fail ("a client got no tunnel");
  g_byte_array_remove_range (client->in, 0, end);
  client->granted = TRUE;
  return TRUE;
}

static void
understand_answer (Client *client)
{
  if (client->connecting && !client->granted && !understand_grant (client))
    return;
  while (client->fd >= 0 && client->in->len > 0)
    {
      Call *call = get_call (client, client->reading);
      gsize length = client->in->len, consumed = length;

      if (call == NULL || client->reading >= client->asking)
        fail ("a client got what it did not ask for");
      if (!client->have_head)
        {
          if (!understand_head (client, call))
            return;
          continue;
        }
      if (play.kind == KIND_PLAIN
          && !oh_http_body_feed (&client->body, client->in->data, client->in->len, client->in->data, &length,
                                 &consumed))
        fail ("a client got malformed chunks");
      if (!call->refused)
        check_stream ("a client", call, answer_stream (call), call->answer_seen, client->in->data, length,
                      call->answer_size);
      call->answer_seen += length;
      g_byte_array_remove_range (client->in, 0, consumed);
      if (play.kind == KIND_PLAIN && client->body.done)
        answer_done (client, call);
      else if (play.kind != KIND_PLAIN)
        call->answer_whole = call->answer_seen == call->answer_size;
    }
}

static void
client_ended (Client *client, gboolean by_reset)
{
  Call *call = client->reading < client->asking ? get_call (client, client->reading) : NULL;
  const Call *before = client->reading > 0 ? get_call (client, client->reading - 1) : NULL;

  tell ("  client %d sees its end%s", (int) (client - play.clients), by_reset ? ", by a reset" : "");
  client->ended = TRUE;
  if (client->connecting && !client->granted)
    fail ("client %d came into no tunnel", (int) (client - play.clients));
  if (play.kind != KIND_PLAIN && client->have_head && !by_reset)
    return;
  if (call != NULL && client->have_head && !by_reset && oh_http_body_finish (&client->body))
    answer_done (client, call);
  else if (before == NULL || !before->spoiled)
    {
      if (call != NULL && !call->spoiled)
        fail ("call %u was cut, and nobody broke it", call->id);
      if (call == NULL && before != NULL && client->keep && !client->half_closed)
        fail ("client %d was told that its connection stays open, and it ended", (int) (client - play.clients));
    }
  client_leaves (client, FALSE);
}

void
client_read (Client *client, gsize limit)
{
  guint8 buffer[65536];
  gssize n;

  if (client->fd < 0 || client->ended)
    return;
  n = receive (client->fd, buffer, MIN (limit, sizeof buffer));
  if (n == -2)
    return;
  if (n <= 0)
    {
      client_ended (client, n < 0);
      return;
    }
  g_byte_array_append (client->in, buffer, n);
  understand_answer (client);
}

void
client_half_closes (Client *client)
{
  gboolean unsent;

  if (client->fd < 0 || client->half_closed || client->asking == 0)
    return;
  tell ("client %d closes its half", (int) (client - play.clients));
  unsent = client->out_offset < client->out->len || (play.kind != KIND_PLAIN && !client->have_head);
  for (guint n = unsent ? client->reading : client->asking; n < client->n_calls; n++)
    spoil (get_call (client, n));
  shutdown (client->fd, SHUT_WR);
  client->half_closed = TRUE;
}
