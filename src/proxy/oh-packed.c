/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-packed-private.h"
#include "oh-decoder.h"
#include "oh-encoder.h"
#include "oh-redactor-private.h"

#include <string.h>

/* What is held back of a body at most, packed and unpacked. */
#define HELD_MAX (256 * 1024)
#define TEXT_MAX (4 * 1024 * 1024)

struct _OhPacked
{
  OhRedactor *redactor;
  OhDecoder *decoder;
  char *encoding;
  OhEncoder *encoder; /* of a stream of events; NULL: it is none, or has several codings */
  gboolean events;
  gboolean labelled;  /* it is not packed, whatever it says */
  gboolean broken;   /* what comes is not in that coding any more */
  gboolean passing;  /* something has been passed on */
  gboolean withheld;
  gsize came;        /* bytes in all */
  gsize unpacked;
  GByteArray *bytes; /* held back */
  GByteArray *text;  /* what is kept of it */
};

OhPacked *
oh_packed_new (OhRedactor *redactor, const char *encoding, gboolean events)
{
  g_autoptr (OhDecoder) decoder = oh_decoder_new (encoding, 0, NULL);
  OhPacked *self;

  if (decoder == NULL)
    return NULL;
  self = g_new0 (OhPacked, 1);
  self->redactor = redactor;
  self->decoder = g_steal_pointer (&decoder);
  self->encoding = g_strdup (encoding);
  self->events = events;
  self->encoder = events ? oh_encoder_new (encoding) : NULL;
  self->bytes = g_byte_array_new ();
  self->text = g_byte_array_new ();
  return self;
}

void
oh_packed_free (OhPacked *self)
{
  oh_decoder_free (self->decoder);
  g_clear_pointer (&self->encoder, oh_encoder_free);
  g_byte_array_unref (self->bytes);
  g_byte_array_unref (self->text);
  g_free (self->encoding);
  g_free (self);
}

static void
keep (OhPacked *self, GBytes *safe)
{
  if (safe != NULL)
    g_byte_array_append (self->text, g_bytes_get_data (safe, NULL), (guint) g_bytes_get_size (safe));
}

/* Looks at what has been unpacked. @plain: (transfer full) */
static void
look (OhPacked *self, GByteArray *plain)
{
  g_autoptr (GBytes) bytes = g_byte_array_free_to_bytes (plain);
  g_autoptr (GBytes) safe = NULL;

  self->unpacked += g_bytes_get_size (bytes);
  if (g_bytes_get_size (bytes) == 0)
    return;
  safe = oh_redactor_feed_plain (self->redactor, bytes);
  keep (self, safe);
}

static GBytes *
take (GByteArray **bytes)
{
  GBytes *taken = g_byte_array_free_to_bytes (*bytes);

  *bytes = g_byte_array_new ();
  return taken;
}

/* Nothing more of it may be kept. */
static void
withhold (OhPacked *self)
{
  self->withheld = TRUE;
  g_byte_array_set_size (self->bytes, 0);
  g_byte_array_set_size (self->text, 0);
}

/* (transfer full) */
static GBytes *
pack (OhPacked *self)
{
  g_autoptr (GBytes) text = take (&self->text);
  GBytes *packed;

  /* It was labelled, but not packed. */
  if (self->came == self->unpacked)
    return g_steal_pointer (&text);
  packed = oh_encoder_pack (self->encoding, text);
  if (packed == NULL)
    withhold (self);
  return packed != NULL ? packed : g_bytes_new (NULL, 0);
}

/* Packs what is kept of the events so far. @ended: there are no more. (transfer full) */
static GBytes *
pack_events (OhPacked *self, gboolean ended)
{
  g_autoptr (GBytes) text = take (&self->text);
  g_autoptr (GByteArray) packed = NULL;

  if (self->labelled)
    return g_steal_pointer (&text);
  packed = g_byte_array_new ();
  if (g_bytes_get_size (text) > 0 || ended)
    self->withheld |= !oh_encoder_feed (self->encoder, g_bytes_get_data (text, NULL), g_bytes_get_size (text), ended, packed);
  return g_byte_array_free_to_bytes (g_steal_pointer (&packed));
}

GBytes *
oh_packed_feed (OhPacked *self, GBytes *data)
{
  GByteArray *plain = g_byte_array_new ();
  gboolean replaced, sure;

  self->came += g_bytes_get_size (data);
  if (!self->withheld && !self->broken)
    self->broken = !oh_decoder_feed (self->decoder, g_bytes_get_data (data, NULL), g_bytes_get_size (data), plain, NULL);
  if (self->encoder != NULL && self->unpacked == 0)
    {
      g_byte_array_append (self->bytes, g_bytes_get_data (data, NULL), (guint) g_bytes_get_size (data));
      self->labelled = plain->len > 0 && plain->len <= self->bytes->len && memcmp (plain->data, self->bytes->data, plain->len) == 0;
      if (plain->len > 0)
        g_byte_array_set_size (self->bytes, 0);
    }
  look (self, plain);
  if (self->encoder != NULL)
    {
      GBytes *events = pack_events (self, FALSE);

      /* What is left cannot be looked at. */
      self->withheld |= self->broken;
      return events;
    }
  g_byte_array_append (self->bytes, g_bytes_get_data (data, NULL), (guint) g_bytes_get_size (data));
  replaced = oh_redactor_has_replaced (self->redactor);
  sure = !replaced && !oh_redactor_is_open (self->redactor);
  if (self->withheld || (replaced && self->passing))
    withhold (self);
  else if (sure && (self->passing || self->events || self->bytes->len > HELD_MAX || self->text->len > TEXT_MAX))
    {
      self->passing = TRUE;
      g_byte_array_set_size (self->text, 0);
      return take (&self->bytes);
    }
  else if (self->bytes->len > HELD_MAX || self->text->len > TEXT_MAX)
    {
      GBytes *packed = self->passing ? g_bytes_new (NULL, 0) : pack (self);

      withhold (self);
      return packed;
    }
  return g_bytes_new (NULL, 0);
}

GBytes *
oh_packed_finish (OhPacked *self)
{
  GByteArray *plain = g_byte_array_new ();
  g_autoptr (GBytes) rest = NULL;
  gboolean whole = FALSE;

  if (!self->withheld && !self->broken)
    whole = oh_decoder_end (self->decoder, plain, NULL);
  if (self->encoder != NULL && self->unpacked == 0)
    self->labelled = plain->len == self->came;
  look (self, plain);
  rest = oh_redactor_finish_plain (self->redactor);
  keep (self, rest);
  /* One that was cut stays cut. */
  if (self->encoder != NULL)
    return self->came > 0 && !self->withheld ? pack_events (self, whole) : NULL;
  if (self->withheld)
    return NULL;
  if (!oh_redactor_has_replaced (self->redactor))
    return self->bytes->len > 0 ? take (&self->bytes) : NULL;
  if (!self->passing)
    return pack (self);
  withhold (self);
  return NULL;
}

gboolean
oh_packed_withholds (const OhPacked *self)
{
  return self->withheld;
}
