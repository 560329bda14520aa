/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether spans can be taken apart at any time: a walk over protobuf that makes nothing, stricter than what reads them later. */
#include "config.h"
#include "oh-otlp-plain.h"

#include "oh-otlp-private.h"

#include <string.h>

/* By how they are written. */
#define VARINT 0
#define FIXED_64 1
#define FIXED_32 5
#define WITH_LENGTH 2

typedef enum
{
  REQUEST,
  RESOURCE_SPANS,
  RESOURCE,
  SCOPE_SPANS,
  SCOPE,
  SPAN,
  EVENT,
  LINK,
  STATUS,
  KEY_VALUE,
  ANY_VALUE,
  ARRAY,
  KEY_VALUES,
  N_MESSAGES,
  /* Of a field without messages in it. */
  NUMBER,
  TRACE_ID,
  SPAN_ID,
  ANY_ID,
  TEXT,
  NAME, /* of what a list shows */
} Kind;

#define FIELDS 17

/* The fields of the messages, by their numbers (opentelemetry-proto 1.x); others are not known to be plain. */
static const struct
{
  guint8 wire, kind;
} fields[N_MESSAGES][FIELDS] = {
#define MESSAGE(of) { WITH_LENGTH, of }
#define N(wire) { wire, NUMBER }
  [REQUEST] = { [1] = MESSAGE (RESOURCE_SPANS) },
  [RESOURCE_SPANS] = { [1] = MESSAGE (RESOURCE), [2] = MESSAGE (SCOPE_SPANS), [3] = MESSAGE (TEXT) },
  [RESOURCE] = { [1] = MESSAGE (KEY_VALUE), [2] = N (VARINT) },
  [SCOPE_SPANS] = { [1] = MESSAGE (SCOPE), [2] = MESSAGE (SPAN), [3] = MESSAGE (TEXT) },
  [SCOPE] = { [1] = MESSAGE (TEXT), [2] = MESSAGE (TEXT), [3] = MESSAGE (KEY_VALUE), [4] = N (VARINT) },
  [SPAN] = { [1] = MESSAGE (TRACE_ID), [2] = MESSAGE (SPAN_ID), [3] = MESSAGE (TEXT), [4] = MESSAGE (ANY_ID),
             [5] = MESSAGE (NAME), [6] = N (VARINT), [7] = N (FIXED_64), [8] = N (FIXED_64), [9] = MESSAGE (KEY_VALUE),
             [10] = N (VARINT), [11] = MESSAGE (EVENT), [12] = N (VARINT), [13] = MESSAGE (LINK), [14] = N (VARINT),
             [15] = MESSAGE (STATUS), [16] = N (FIXED_32) },
  [EVENT] = { [1] = N (FIXED_64), [2] = MESSAGE (TEXT), [3] = MESSAGE (KEY_VALUE), [4] = N (VARINT) },
  [LINK] = { [1] = MESSAGE (ANY_ID), [2] = MESSAGE (ANY_ID), [3] = MESSAGE (TEXT), [4] = MESSAGE (KEY_VALUE), [5] = N (VARINT),
             [6] = N (FIXED_32) },
  [STATUS] = { [2] = MESSAGE (NAME), [3] = N (VARINT) },
  [KEY_VALUE] = { [1] = MESSAGE (TEXT), [2] = MESSAGE (ANY_VALUE) },
  [ANY_VALUE] = { [1] = MESSAGE (TEXT), [2] = N (VARINT), [3] = N (VARINT), [4] = N (FIXED_64), [5] = MESSAGE (ARRAY),
                  [6] = MESSAGE (KEY_VALUES), [7] = MESSAGE (TEXT) },
  [ARRAY] = { [1] = MESSAGE (ANY_VALUE) },
  [KEY_VALUES] = { [1] = MESSAGE (KEY_VALUE) },
#undef MESSAGE
#undef N
};

typedef struct
{
  OhOtlpPlainFunc func;
  gpointer data;
  guint spans;
} Walk;

/* @most: bytes it may have */
static gboolean
read_varint (const guint8 **at, const guint8 *end, guint most, guint64 *value)
{
  *value = 0;
  for (guint i = 0; i < most && *at < end; i++)
    {
      const guint8 byte = *(*at)++;

      *value |= (guint64) (byte & 0x7f) << (7 * i);
      if (byte < 0x80)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_id (const guint8 *id, gsize length, gsize size)
{
  static const guint8 none[16];

  return length == size && memcmp (id, none, size) != 0;
}

/* What stands in a list, although it is an attribute. */
static gboolean
names (const guint8 *key, gsize length)
{
  static const char service[] = "service.name", message[] = "logfire.msg";

  return (length == sizeof service - 1 && memcmp (key, service, length) == 0) ||
         (length == sizeof message - 1 && memcmp (key, message, length) == 0);
}

/* @name: what it says is one. @depth: of values */
static gboolean
walk (Walk *self, Kind message, const guint8 *at, const guint8 *end, gboolean name, guint depth)
{
  gboolean keyed = FALSE, valued = FALSE;
  guint ids = 0;

  if (depth > OH_OTLP_DEPTH_MAX)
    return FALSE;
  while (at < end)
    {
      guint64 tag, size;
      const guint8 *value;
      Kind kind;

      if (!read_varint (&at, end, 2, &tag) || tag >> 3 >= FIELDS || fields[message][tag >> 3].kind == 0 ||
          fields[message][tag >> 3].wire != (tag & 7))
        return FALSE;
      /* Of two values only the last is read, and the first would be kept. */
      if (message == ANY_VALUE && valued)
        return FALSE;
      valued = TRUE;
      kind = (Kind) fields[message][tag >> 3].kind;
      switch (tag & 7)
        {
        case VARINT:
          if (!read_varint (&at, end, 10, &size))
            return FALSE;
          continue;
        case WITH_LENGTH:
          if (!read_varint (&at, end, 5, &size))
            return FALSE;
          break;
        default:
          size = (tag & 7) == FIXED_64 ? 8 : 4;
          break;
        }
      if (size > (guint64) (end - at))
        return FALSE;
      value = at;
      at += size;
      switch (kind)
        {
        case NUMBER:
          break;
        case TRACE_ID:
        case SPAN_ID:
          if (!is_id (value, size, kind == TRACE_ID ? 16 : 8))
            return FALSE;
          ids |= kind == TRACE_ID ? 1 : 2;
          break;
        case ANY_ID:
          if (size != 0 && size != 8 && size != 16)
            return FALSE;
          break;
        case TEXT:
        case NAME:
          if (!self->func ((const char *) value, size, name || kind == NAME, self->data))
            return FALSE;
          if (message == KEY_VALUE)
            {
              name = names (value, size);
              keyed = TRUE;
            }
          break;
        default:
          if ((message == KEY_VALUE && !keyed) || !walk (self, kind, value, at, kind == ANY_VALUE && name, depth + (kind == ANY_VALUE)))
            return FALSE;
          break;
        }
    }
  self->spans += message == SPAN;
  return message != SPAN || ids == 3;
}

gboolean
oh_otlp_is_plain (const guint8 *data, gsize length, OhOtlpPlainFunc func, gpointer func_data)
{
  Walk self = { func, func_data, 0 };

  return walk (&self, REQUEST, data, data + length, FALSE, 0) && self.spans > 0;
}
