/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-pack-private.h"

#include <string.h>
#include <zstd.h>

enum
{
  CODING_PLAIN = 0,
  CODING_ZSTD = 1,
  CODING_ZSTD_WITH_DICTIONARY_1 = 2,
};

/* Below this nothing is gained; above DICTIONARY_MAX the dictionary no longer helps. */
#define COMPRESS_MIN 32
#define DICTIONARY_MAX 4096
#define LEVEL 3

/* What short blobs of this trade have in common. It is a part of the file format: it must never change. A better one is
 * a new coding beside it. */
static const char dictionary_1[] =
    "Transfer-Encoding: chunked\r\nVary: Accept-Encoding\r\nCF-RAY: 9a1\r\nserver: cloudflare\r\nvia: 1.1 google\r\n"
    "strict-transport-security: max-age=31536000; includeSubDomains; preload\r\nX-Robots-Tag: none\r\n"
    "cf-cache-status: DYNAMIC\r\nContent-Encoding: gzip\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Cache-Control: no-cache\r\nContent-Length: 1\r\nhost: 127.0.0.1\r\nlocation: https://\r\naccept: */*\r\n"
    "access-control-allow-origin: *\r\nUser-Agent: python-requests/2.\r\nuser-agent: node\r\nuser-agent: curl/8.\r\n"
    "Server: \r\nETag: \"\r\nLast-Modified: Mon, 01 Jan 2026 00:00:00 GMT\r\nDate: Tue, 02 Feb 2026 10:00:00 GMT\r\n"
    "anthropic-ratelimit-requests-limit: 4000\r\nanthropic-ratelimit-requests-remaining: 3999\r\n"
    "anthropic-ratelimit-requests-reset: 2026-01-01T00:00:00Z\r\nanthropic-ratelimit-input-tokens-limit: 2000000\r\n"
    "anthropic-ratelimit-input-tokens-remaining: 2000000\r\nanthropic-ratelimit-input-tokens-reset: "
    "2026-01-01T00:00:00Z"
    "\r\nanthropic-ratelimit-output-tokens-limit: 400000\r\nanthropic-ratelimit-output-tokens-remaining: 400000\r\n"
    "anthropic-ratelimit-output-tokens-reset: 2026-01-01T00:00:00Z\r\nanthropic-ratelimit-tokens-limit: 2400000\r\n"
    "anthropic-ratelimit-tokens-remaining: 2400000\r\nanthropic-ratelimit-tokens-reset: 2026-01-01T00:00:00Z\r\n"
    "retry-after: 30\r\nx-should-retry: true\r\nrequest-id: req_01\r\nanthropic-organization-id: \r\n"
    "Content-Type: text/event-stream; charset=utf-8\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Type: application/json; charset=utf-8\r\nContent-Type: application/json\r\nConnection: keep-alive\r\n"
    "Host: api.anthropic.com\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nAccept: "
    "application/json\r\n"
    "Content-Type: application/json\r\nUser-Agent: Anthropic/Python 0.121.0\r\nUser-Agent: Anthropic/JS 1.12.0\r\n"
    "User-Agent: AsyncAnthropic/Python 0.121.0\r\nX-Stainless-Lang: python\r\nX-Stainless-Package-Version: 0.121.0\r\n"
    "X-Stainless-OS: Linux\r\nX-Stainless-Arch: x64\r\nX-Stainless-Runtime: CPython\r\n"
    "X-Stainless-Runtime-Version: 3.11.2\r\nX-Stainless-Async: false\r\nx-stainless-retry-count: 0\r\n"
    "x-stainless-lang: js\r\nx-stainless-runtime: node\r\nx-stainless-runtime-version: "
    "v20.\r\nx-stainless-helper-method: "
    "stream\r\nx-stainless-read-timeout: 600\r\nX-Stainless-Timeout: 600\r\nanthropic-dangerous-direct-browser-access: "
    "true\r\nanthropic-beta: \r\nanthropic-version: 2023-06-01\r\nX-Api-Key: \r\nAuthorization: Bearer \r\n"
    "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"\"},\"request_id\":\"req_01\"}"
    "{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}{\"type\":\"invalid_request_error\"}{\"input_tokens\":1}"
    "{\"cache_control\":{\"type\":\"ephemeral\"}},{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":"
    "\"image/"
    "png\",\"data\":\"{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"},{\"name\":\"\",\"description\":\"\","
    "\"input_schema\":{\"type\":\"object\",\"properties\":{\"\":{\"type\":\"string\",\"description\":\"\"}},"
    "\"required\":[\"\"]}}"
    "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":1024,\"stream\":true,\"temperature\":1,\"system\":\"You are "
    "\",\"tools\":[],\"messages\":[{\"role\":\"user\",\"content\":\"\"},{\"role\":\"assistant\",\"content\":[{\"type\":"
    "\"text\",\"text\":\"\"},{\"type\":\"tool_use\",\"id\":\"toolu_01\",\"name\":\"\",\"input\":{\"\":\"\"}}]},{"
    "\"role\":\"user\","
    "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_01\",\"is_error\":false,\"content\":\"\"}]}]}"
    "{\"model\":\"claude-sonnet-4-5-20250929\",\"id\":\"msg_01\",\"type\":\"message\",\"role\":\"assistant\","
    "\"content\":[{"
    "\"type\":\"text\",\"text\":\"\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":"
    "1,"
    "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"cache_creation\":{\"ephemeral_5m_input_tokens\":"
    "0,"
    "\"ephemeral_1h_input_tokens\":0},\"output_tokens\":1,\"service_tier\":\"standard\"}}"
    "event: message_start\ndata: "
    "{\"type\":\"message_start\",\"message\":{\"model\":\"claude-sonnet-4-5-20250929\",\"id\":"
    "\"msg_01\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"
    "\"usage\":{\"input_tokens\":1}}}\n\nevent: content_block_start\ndata: "
    "{\"type\":\"content_block_start\",\"index\":0,"
    "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
    "\"text\":\"\"}}\n\nevent: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
    "\"input_json_delta\",\"partial_json\":\"\"}}\n\nevent: content_block_stop\ndata: {\"type\":\"content_block_stop\","
    "\"index\":0}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\","
    "\"stop_sequence\":null},\"usage\":{\"output_tokens\":1}}\n\nevent: message_stop\ndata: "
    "{\"type\":\"message_stop\"}\n\n";

struct _OhPacker
{
  ZSTD_CCtx *compress;
  ZSTD_DCtx *decompress;
};

static ZSTD_CDict *
get_compress_dictionary (void)
{
  static ZSTD_CDict *shared;

  if (g_once_init_enter (&shared))
    g_once_init_leave (&shared, ZSTD_createCDict (dictionary_1, sizeof dictionary_1 - 1, LEVEL));
  return shared;
}

static ZSTD_DDict *
get_decompress_dictionary (void)
{
  static ZSTD_DDict *shared;

  if (g_once_init_enter (&shared))
    g_once_init_leave (&shared, ZSTD_createDDict (dictionary_1, sizeof dictionary_1 - 1));
  return shared;
}

void
oh_varint_append (GByteArray *out, guint64 value)
{
  guint8 bytes[10];
  guint n = 0;

  while (value >= 0x80)
    {
      bytes[n++] = (guint8) (value | 0x80);
      value >>= 7;
    }
  bytes[n++] = (guint8) value;
  g_byte_array_append (out, bytes, n);
}

gboolean
oh_varint_read (const guint8 **cursor, const guint8 *end, guint64 *value)
{
  guint64 result = 0;

  for (guint shift = 0; *cursor < end && shift < 64; shift += 7)
    {
      guint8 byte = *(*cursor)++;

      result |= (guint64) (byte & 0x7f) << shift;
      if ((byte & 0x80) == 0)
        {
          *value = result;
          return TRUE;
        }
    }
  return FALSE;
}

OhPacker *
oh_packer_new (void)
{
  OhPacker *self = g_new0 (OhPacker, 1);

  self->compress = ZSTD_createCCtx ();
  self->decompress = ZSTD_createDCtx ();
  return self;
}

void
oh_packer_free (OhPacker *self)
{
  ZSTD_freeCCtx (self->compress);
  ZSTD_freeDCtx (self->decompress);
  g_free (self);
}

void
oh_packer_pack (OhPacker *self, const void *data, gsize length, GByteArray *out)
{
  gboolean with_dictionary = length <= DICTIONARY_MAX;
  gsize head, room, size;

  g_byte_array_set_size (out, 0);
  if (length >= COMPRESS_MIN)
    {
      const guint8 coding = with_dictionary ? CODING_ZSTD_WITH_DICTIONARY_1 : CODING_ZSTD;

      g_byte_array_append (out, &coding, 1);
      oh_varint_append (out, length);
      head = out->len;
      room = ZSTD_compressBound (length);
      g_byte_array_set_size (out, (guint) (head + room));
      if (with_dictionary)
        size =
            ZSTD_compress_usingCDict (self->compress, out->data + head, room, data, length, get_compress_dictionary ());
      else
        size = ZSTD_compressCCtx (self->compress, out->data + head, room, data, length, LEVEL);
      if (!ZSTD_isError (size) && head + size < length + 1)
        {
          g_byte_array_set_size (out, (guint) (head + size));
          return;
        }
      g_byte_array_set_size (out, 0);
    }
  g_byte_array_append (out, (const guint8[]){ CODING_PLAIN }, 1);
  g_byte_array_append (out, data, (guint) length);
}

gboolean
oh_packer_unpack (OhPacker *self, const void *packed, gsize length, gsize limit, GByteArray *out)
{
  const guint8 *cursor = packed, *end = cursor + length;
  guint before = out->len;
  guint64 plain;
  guint8 coding;
  gsize size;

  if (length == 0)
    return TRUE;
  coding = *cursor++;
  if (coding == CODING_PLAIN)
    {
      if ((gsize) (end - cursor) > limit)
        return FALSE;
      g_byte_array_append (out, cursor, (guint) (end - cursor));
      return TRUE;
    }
  if ((coding != CODING_ZSTD && coding != CODING_ZSTD_WITH_DICTIONARY_1) || !oh_varint_read (&cursor, end, &plain) ||
      plain > limit || plain > G_MAXUINT - before)
    return FALSE;
  g_byte_array_set_size (out, (guint) (before + plain));
  if (coding == CODING_ZSTD_WITH_DICTIONARY_1)
    size = ZSTD_decompress_usingDDict (self->decompress, out->data + before, plain, cursor, (gsize) (end - cursor),
                                       get_decompress_dictionary ());
  else
    size = ZSTD_decompressDCtx (self->decompress, out->data + before, plain, cursor, (gsize) (end - cursor));
  if (ZSTD_isError (size) || size != plain)
    {
      g_byte_array_set_size (out, before);
      return FALSE;
    }
  return TRUE;
}
