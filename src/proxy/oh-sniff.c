/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sniff-private.h"
#include "oh-http-head-private.h"
#include "oh-target-private.h"

#include <string.h>

#define RECORD_HANDSHAKE 22
#define CLIENT_HELLO 1
#define EXTENSION_SERVER_NAME 0
#define EXTENSION_PROTOCOLS 16
#define NAME_HOST 0
#define VERSION " HTTP/1."

typedef struct
{
  const guint8 *at;
  gsize left;
} Reader;

static gboolean
skip (Reader *reader, gsize n)
{
  if (reader->left < n)
    return FALSE;
  reader->at += n;
  reader->left -= n;
  return TRUE;
}

/* A number of @bytes. Returns: FALSE where there are not as many. */
static gboolean
read_number (Reader *reader, guint bytes, gsize *number)
{
  *number = 0;
  if (reader->left < bytes)
    return FALSE;
  for (guint i = 0; i < bytes; i++)
    *number = *number << 8 | reader->at[i];
  return skip (reader, bytes);
}

/* What stands behind its own length of @bytes. */
static gboolean
read_piece (Reader *reader, guint bytes, Reader *piece)
{
  gsize length;

  if (!read_number (reader, bytes, &length) || reader->left < length)
    return FALSE;
  *piece = (Reader) { reader->at, length };
  return skip (reader, length);
}

static char *
find_server_name (Reader hello)
{
  Reader piece, extensions;

  /* Version, random; session, ciphers, compressions. */
  if (!skip (&hello, 34) || !read_piece (&hello, 1, &piece) || !read_piece (&hello, 2, &piece)
      || !read_piece (&hello, 1, &piece) || !read_piece (&hello, 2, &extensions))
    return NULL;
  while (extensions.left > 0)
    {
      Reader body, names;
      gsize kind;

      if (!read_number (&extensions, 2, &kind) || !read_piece (&extensions, 2, &body))
        return NULL;
      if (kind != EXTENSION_SERVER_NAME || !read_piece (&body, 2, &names))
        continue;
      while (read_number (&names, 1, &kind) && read_piece (&names, 2, &piece))
        if (kind == NAME_HOST)
          {
            g_autofree char *name = g_strndup ((const char *) piece.at, piece.left);

            return oh_target_parse_host (name);
          }
    }
  return NULL;
}

/* @whole: the message, over several records maybe
 * @hello: (out): its body, in @whole. Returns: NAMED where it has all come */
static OhSniff
read_hello (const guint8 *data, gsize length, GByteArray *whole, Reader *hello)
{
  Reader records = { data, length };

  for (;;)
    {
      Reader record;
      gsize kind, size;
      Reader rest;

      if (!read_number (&records, 1, &kind))
        return OH_SNIFF_MORE;
      if (kind != RECORD_HANDSHAKE)
        return OH_SNIFF_UNKNOWN;
      if (!skip (&records, 2) || !read_piece (&records, 2, &record))
        return OH_SNIFF_MORE;
      g_byte_array_append (whole, record.at, (guint) record.left);
      rest = (Reader) { whole->data, whole->len };
      if (!read_number (&rest, 1, &kind))
        continue;
      if (kind != CLIENT_HELLO)
        return OH_SNIFF_UNKNOWN;
      if (!read_number (&rest, 3, &size) || rest.left < size)
        continue;
      rest.left = size;
      *hello = rest;
      return OH_SNIFF_NAMED;
    }
}

static OhSniff
sniff_tls (const guint8 *data, gsize length, char **host)
{
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  Reader hello;
  const OhSniff found = read_hello (data, length, whole, &hello);

  if (found != OH_SNIFF_NAMED)
    return found;
  *host = find_server_name (hello);
  return *host != NULL ? OH_SNIFF_NAMED : OH_SNIFF_UNKNOWN;
}

static guint32
mix (guint32 hash, gsize value)
{
  return (hash ^ (guint32) value) * 16777619u;
}

/* RFC 8701: drawn at random. */
static gboolean
is_grease (gsize value)
{
  return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* What may be there one time and not the next: the name, what resumes a session, what fills up. */
static gboolean
is_fleeting (gsize extension)
{
  return extension == EXTENSION_SERVER_NAME || extension == 21 || extension == 35 || extension == 41 || extension == 42
         || extension == 44 || is_grease (extension);
}

OhSniff
oh_sniff_shape (const guint8 *data, gsize length, guint32 *shape)
{
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  Reader hello, session, ciphers, compressions, extensions, body;
  OhSniff found;
  gsize number;

  g_return_val_if_fail (data != NULL || length == 0, OH_SNIFF_UNKNOWN);
  *shape = 0;
  found = read_hello (data, length, whole, &hello);
  if (found != OH_SNIFF_NAMED)
    return found == OH_SNIFF_MORE && length >= OH_SNIFF_MAX ? OH_SNIFF_UNKNOWN : found;
  if (!skip (&hello, 34) || !read_piece (&hello, 1, &session) || !read_piece (&hello, 2, &ciphers)
      || !read_piece (&hello, 1, &compressions))
    return OH_SNIFF_UNKNOWN;
  *shape = 2166136261u;
  while (read_number (&ciphers, 2, &number))
    if (!is_grease (number))
      *shape = mix (*shape, number);
  /* Some shuffle them: they are summed up. */
  if (read_piece (&hello, 2, &extensions))
    while (read_number (&extensions, 2, &number) && read_piece (&extensions, 2, &body))
      {
        guint32 one = mix (2166136261u, number);

        for (gsize i = 0; number == EXTENSION_PROTOCOLS && i < body.left; i++)
          one = mix (one, body.at[i]);
        if (!is_fleeting (number))
          *shape += one;
      }
  return OH_SNIFF_NAMED;
}

/* Who speaks another protocol may wait for an answer now. */
static gboolean
may_be_request (const guint8 *data, gsize length)
{
  static const char *const methods[] = { "GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "TRACE " };
  const guint8 *end = memchr (data, '\n', length);

  if (end != NULL && memmem (data, (gsize) (end - data), VERSION, strlen (VERSION)) == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (memcmp (data, methods[i], MIN (length, strlen (methods[i]))) == 0)
      return TRUE;
  return FALSE;
}

static OhSniff
sniff_http (const guint8 *data, gsize length, char **host)
{
  const char *problem;
  g_autoptr (OhHttpHead) head = NULL;
  const char *value;
  guint port;
  gsize n;

  if (!may_be_request (data, length))
    return OH_SNIFF_UNKNOWN;
  n = oh_http_head_find_end ((const char *) data, length);
  if (n == 0)
    return OH_SNIFF_MORE;
  head = n <= length ? oh_http_head_parse_request ((const char *) data, n, &problem) : NULL;
  value = head != NULL ? oh_http_head_get (head, "Host") : NULL;
  if (value == NULL || !oh_target_parse_authority (value, strlen (value), 80, host, &port))
    return OH_SNIFF_UNKNOWN;
  return OH_SNIFF_NAMED;
}

OhSniff
oh_sniff (const guint8 *data, gsize length, char **host)
{
  OhSniff found;

  g_return_val_if_fail (data != NULL || length == 0, OH_SNIFF_UNKNOWN);
  *host = NULL;
  if (length == 0)
    return OH_SNIFF_MORE;
  found = data[0] == RECORD_HANDSHAKE ? sniff_tls (data, length, host) : sniff_http (data, length, host);
  return found == OH_SNIFF_MORE && length >= OH_SNIFF_MAX ? OH_SNIFF_UNKNOWN : found;
}
