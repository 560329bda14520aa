/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "playbook.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

guint
draw (guint limit)
{
  return limit > 0 ? g_rand_int_range (play.rand, 0, limit) : 0;
}

gboolean
chance (guint percent)
{
  return draw (100) < percent;
}

gsize
draw_size (guint bits)
{
  gsize size = (gsize) 1 << draw (bits + 1);

  return chance (50) ? size : draw (size + 1);
}

void
tell (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  if (!play.told)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("%s\n", text);
}

void
fail (const char *format, ...)
{
  va_list args;
  g_autofree char *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_error ("seed %u: %s", play.seed, text);
}

static guint8
byte_at (guint stream, gsize at)
{
  return (guint8) (stream * 31 + at * 7 + (at >> 8) + (at >> 16));
}

void
append_stream (GByteArray *out, guint stream, gsize from, gsize size)
{
  const guint before = out->len;

  g_byte_array_set_size (out, before + size);
  for (gsize i = 0; i < size; i++)
    out->data[before + i] = byte_at (stream, from + i);
}

void
check_stream (const char *who, const Call *call, guint stream, gsize from, const guint8 *data, gsize size, gsize limit)
{
  if (from + size > limit)
    fail ("%s got %zu bytes of call %u, which has %zu", who, from + size, call->id, limit);
  for (gsize i = 0; i < size; i++)
    if (data[i] != byte_at (stream, from + i))
      fail ("%s got another byte %zu of call %u", who, from + i, call->id);
}

void
spoil (Call *call)
{
  if (call != NULL)
    call->spoiled = TRUE;
}

guint
request_stream (const Call *call)
{
  return call->id * 2;
}

guint
answer_stream (const Call *call)
{
  return call->id * 2 + 1;
}

Call *
find_call (const char *target)
{
  const char *slash = strrchr (target, '/');
  guint id = slash != NULL ? (guint) g_ascii_strtoull (slash + 1, NULL, 10) : 0;

  if (id >= play.n_calls)
    fail ("who asked for %s?", target);
  return &play.calls[id];
}

/* --- sockets --- */

int
listen_somewhere (guint16 *port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (fd, 64), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &length), ==, 0);
  *port = ntohs (address.sin_port);
  return fd;
}

/* Small buffers, so that a side soon waits for the other. */
void
tune (int fd)
{
  const int size = 128 * 1024;
  const int one = 1;

  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

void
reset (int fd)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };

  setsockopt (fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  close (fd);
}

gssize
send_some (int fd, const GByteArray *bytes, gsize *offset, gsize limit)
{
  gssize n = send (fd, bytes->data + *offset, MIN (limit, bytes->len - *offset), MSG_NOSIGNAL | MSG_DONTWAIT);

  if (n < 0)
    return errno == EAGAIN ? 0 : -1;
  *offset += n;
  if (n > 0)
    play.progress = TRUE;
  return n;
}

gssize
receive (int fd, guint8 *buffer, gsize size)
{
  gssize n = recv (fd, buffer, MAX (size, 1), MSG_DONTWAIT);

  if (n < 0 && errno == EAGAIN)
    return -2;
  play.progress = TRUE;
  return n;
}

/* --- messages --- */

void
append_text (GByteArray *out, const char *text)
{
  g_byte_array_append (out, (const guint8 *) text, strlen (text));
}

void
append_body (GByteArray *out, OhFraming framing, guint stream, gsize size)
{
  gsize at = 0;

  if (framing != OH_FRAMING_CHUNKED)
    {
      append_stream (out, stream, 0, size);
      return;
    }
  while (at < size)
    {
      const gsize drawn = draw_size (17);
      const gsize piece = MIN (size - at, MAX (MAX (drawn, 1), size / 64));
      g_autofree char *line = g_strdup_printf ("%zx\r\n", piece);

      append_text (out, line);
      append_stream (out, stream, at, piece);
      append_text (out, "\r\n");
      at += piece;
    }
  append_text (out, "0\r\n\r\n");
}

void
append_framing (GByteArray *out, OhFraming framing, gsize size)
{
  g_autofree char *length = g_strdup_printf ("Content-Length: %zu\r\n", size);

  if (framing == OH_FRAMING_LENGTH)
    append_text (out, length);
  else if (framing == OH_FRAMING_CHUNKED)
    append_text (out, "Transfer-Encoding: chunked\r\n");
}
