/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-packed-private.h"
#include "oh-decoder.h"
#include "oh-encoder.h"
#include "oh-redactor-private.h"
#include "oh-splice-private.h"

/* Who does not flush for so long cannot be read at once anyway. */
#define FLUSH_MAX (16 * 1024)
/* What is held back of a body at most, packed and unpacked. */
#define HELD_MAX (256 * 1024)
#define TEXT_MAX (4 * 1024 * 1024)

struct _OhPacked
{
  OhRedactor *redactor;
  OhDecoder *decoder;
  char *encoding;
  OhSplice *splice;  /* of a stream of events; NULL: it is none, or has several codings */
  gboolean events;
  gboolean spliced;  /* it goes on as text */
  gsize sought;      /* of what is held back: so many bytes end at a flush */
  gsize looked;      /* and so many have been looked at */
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
  self->splice = events ? oh_splice_new (encoding) : NULL;
  self->bytes = g_byte_array_new ();
  self->text = g_byte_array_new ();
  return self;
}

void
oh_packed_free (OhPacked *self)
{
  oh_decoder_free (self->decoder);
  g_clear_pointer (&self->splice, oh_splice_free);
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
  safe = oh_redactor_feed (self->redactor, bytes);
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

static void
unpack (OhPacked *self, const void *data, gsize length)
{
  GByteArray *plain = g_byte_array_new ();

  self->came += length;
  if (!self->withheld && !self->broken)
    self->broken = !oh_decoder_feed (self->decoder, data, length, plain, NULL);
  look (self, plain);
}

static gboolean
is_packed (const OhPacked *self)
{
  return self->came != self->unpacked;
}

/* What has been looked at of the events may go on: as it came, or as text. @found: it ends at a flush */
static void
pass_events (OhPacked *self, gboolean found, GByteArray *out)
{
  g_autoptr (GBytes) text = NULL;
  gsize length;
  const void *data;

  if (!self->spliced && oh_redactor_has_replaced (self->redactor))
    {
      if (is_packed (self) && !oh_splice_can (self->splice))
        {
          withhold (self);
          return;
        }
      self->spliced = TRUE;
    }
  else if (!self->spliced && oh_redactor_is_open (self->redactor))
    return;
  text = take (&self->text);
  data = g_bytes_get_data (text, &length);
  if (!self->spliced)
    {
      oh_splice_pass (self->splice, self->bytes->data, self->looked, data, length, found);
      g_byte_array_append (out, self->bytes->data, (guint) self->looked);
    }
  else if (!is_packed (self))
    g_byte_array_append (out, data, (guint) length);
  else if (length > 0)
    oh_splice_append (self->splice, data, length, out);
  g_byte_array_remove_range (self->bytes, 0, (guint) self->looked);
  self->looked = self->sought = 0;
}

/* Looks at what is held back, up to @end. */
static void
look_up_to (OhPacked *self, gsize end)
{
  if (end > self->looked)
    unpack (self, self->bytes->data + self->looked, end - self->looked);
  self->looked = MAX (self->looked, end);
}

/* (transfer full) */
static GBytes *
feed_events (OhPacked *self, GBytes *data)
{
  GByteArray *out = g_byte_array_new ();
  gsize found;

  if (!self->withheld)
    g_byte_array_append (self->bytes, g_bytes_get_data (data, NULL), (guint) g_bytes_get_size (data));
  while (!self->withheld
         && (found = oh_splice_find (self->splice, self->bytes->data + self->sought, self->bytes->len - self->sought)) > 0)
    {
      self->sought += found;
      look_up_to (self, self->sought);
      pass_events (self, TRUE, out);
    }
  if (!self->withheld)
    look_up_to (self, self->bytes->len);
  if (!self->withheld && (self->spliced || !is_packed (self) || self->bytes->len > FLUSH_MAX))
    pass_events (self, FALSE, out);
  /* What is left cannot be looked at. */
  if (self->spliced && self->broken)
    withhold (self);
  return g_byte_array_free_to_bytes (out);
}

/* (transfer full) @whole: it ended where it should */
static GBytes *
finish_events (OhPacked *self, gboolean whole)
{
  GByteArray *out = g_byte_array_new ();

  pass_events (self, FALSE, out);
  if (self->spliced && is_packed (self) && whole && !self->withheld)
    oh_splice_end (self->splice, out);
  return g_byte_array_free_to_bytes (out);
}

GBytes *
oh_packed_feed (OhPacked *self, GBytes *data)
{
  gboolean replaced, sure;

  if (self->splice != NULL)
    return feed_events (self, data);
  unpack (self, g_bytes_get_data (data, NULL), g_bytes_get_size (data));
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
  look (self, plain);
  rest = oh_redactor_finish (self->redactor);
  keep (self, rest);
  /* One that was cut stays cut. */
  if (self->splice != NULL && !self->withheld)
    return finish_events (self, whole);
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
