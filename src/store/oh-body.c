/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-body-private.h"

#include <string.h>

/* Parts are known by half of a SHA-256: no two different parts will ever share it. */
#define HASH_SIZE 16

typedef struct
{
  OhBody *body;
  OhPartWriter *writer;
} Cutting;

OhPartWriter *
oh_part_writer_new (OhDb *db)
{
  OhPartWriter *self = g_new0 (OhPartWriter, 1);

  self->db = db;
  self->packer = oh_packer_new ();
  self->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  self->scratch = g_byte_array_new ();
  return self;
}

void
oh_part_writer_free (OhPartWriter *self)
{
  oh_packer_free (self->packer);
  g_checksum_free (self->checksum);
  g_byte_array_unref (self->scratch);
  g_free (self);
}

/* @hash: (out): of @bytes, as long as SHA-256 is */
static void
make_hash (OhPartWriter *self, const void *bytes, gsize length, guint8 hash[32])
{
  gsize hash_size = 32;

  g_checksum_reset (self->checksum);
  g_checksum_update (self->checksum, bytes, (gssize) length);
  g_checksum_get_digest (self->checksum, hash, &hash_size);
}

/* Stores a part unless it is there. Returns: its id; 0 in error. */
static gint64
put_part (OhPartWriter *self, const void *bytes, gsize length)
{
  guint8 hash[32];
  gint64 id;

  make_hash (self, bytes, length, hash);
  id = oh_db_get_int (self->db, "SELECT id FROM part WHERE hash = ?", 0, "b", hash, (gsize) HASH_SIZE);
  if (id != 0 || self->db->error != SQLITE_OK)
    return id;
  oh_packer_pack (self->packer, bytes, length, self->scratch);
  oh_db_run (self->db, "INSERT INTO part (hash, length, data) VALUES (?, ?, ?)", "bib", hash, (gsize) HASH_SIZE,
             (gint64) length, self->scratch->data, (gsize) self->scratch->len);
  return self->db->error == SQLITE_OK ? sqlite3_last_insert_rowid (self->db->handle) : 0;
}

gboolean
oh_part_writer_is_sound (OhPartWriter *self, const void *hash, gsize hash_length, gint64 length, const void *packed,
                         gsize packed_length)
{
  guint8 found[32];

  if (hash_length != HASH_SIZE || length < 0 || length > OH_PART_MAX)
    return FALSE;
  g_byte_array_set_size (self->scratch, 0);
  if (!oh_packer_unpack (self->packer, packed, packed_length, (gsize) length, self->scratch) ||
      self->scratch->len != length)
    return FALSE;
  make_hash (self, self->scratch->data, self->scratch->len, found);
  return memcmp (found, hash, HASH_SIZE) == 0;
}

/* Arrivals: pairs of varints, zigzag deltas of offset and of microseconds. */
static void
append_arrival (GByteArray *out, gint64 *last_offset, gint64 *last_us, gint64 offset, gint64 us)
{
  oh_varint_append (out, OH_ZIGZAG (offset - *last_offset));
  oh_varint_append (out, OH_ZIGZAG (us - *last_us));
  *last_offset = offset;
  *last_us = us;
}

void
oh_body_init (OhBody *self)
{
  memset (self, 0, sizeof *self);
  oh_recipe_init (&self->recipe);
  self->tail = g_byte_array_new ();
  self->arrivals = g_byte_array_new ();
}

void
oh_body_clear (OhBody *self)
{
  oh_recipe_clear (&self->recipe);
  g_clear_pointer (&self->tail, g_byte_array_unref);
  g_clear_pointer (&self->arrivals, g_byte_array_unref);
}

void
oh_body_append (OhBody *self, const void *data, gsize length, gint64 at_ns)
{
  if (length == 0)
    return;
  if (at_ns >= 0)
    append_arrival (self->arrivals, &self->last_offset, &self->last_us, self->length, at_ns / 1000);
  g_byte_array_append (self->tail, data, (guint) length);
  self->length += (gint64) length;
}

static void
take_piece (const guint8 *bytes, gsize length, gboolean literal, gpointer data)
{
  Cutting *cutting = data;
  gint64 id;

  if (literal)
    {
      oh_recipe_add_literal (&cutting->body->recipe, bytes, length);
      return;
    }
  id = put_part (cutting->writer, bytes, length);
  if (id != 0)
    oh_recipe_add_part (&cutting->body->recipe, id);
}

/* Where tail begins: nothing of it is discarded before the transaction is settled. */
static gint64
get_tail_offset (const OhBody *self)
{
  return self->length - (gint64) self->tail->len;
}

static void
cut_parts (OhBody *self, OhPartWriter *writer, gboolean final)
{
  Cutting cutting = { self, writer };

  self->before.splitter = self->splitter;
  self->before.last_id = self->recipe.last_id;
  self->before.ops = self->recipe.ops->len;
  oh_splitter_feed (&self->splitter, self->tail->data, get_tail_offset (self), self->tail->len, final, take_piece,
                    &cutting);
}

void
oh_body_write (OhBody *self, OhPartWriter *writer, gint64 exchange_id, guint side)
{
  OhDb *db = writer->db;
  gint64 from;

  cut_parts (self, writer, FALSE);
  if (self->recipe.ops->len != self->before.ops)
    {
      oh_packer_pack (writer->packer, self->recipe.ops->data, self->recipe.ops->len, writer->scratch);
      if (side == 0)
        oh_db_run (db, "UPDATE detail SET request_body = ? WHERE id = ?", "bi", writer->scratch->data,
                   (gsize) writer->scratch->len, exchange_id);
      else
        oh_db_run (db, "UPDATE detail SET response_body = ? WHERE id = ?", "bi", writer->scratch->data,
                   (gsize) writer->scratch->len, exchange_id);
      if (self->spilled > self->before.splitter.cut)
        oh_db_run (db, "DELETE FROM pending WHERE exchange_id = ? AND kind = ? AND offset + length (data) <= ?", "iii",
                   exchange_id, (gint64) (OH_PENDING_DATA + side), self->splitter.cut);
    }
  from = MAX (self->splitter.cut, self->spilled);
  if (from < self->length)
    oh_db_run (db, "INSERT INTO pending (exchange_id, kind, offset, data) VALUES (?, ?, ?, ?)", "iiib", exchange_id,
               (gint64) (OH_PENDING_DATA + side), from, self->tail->data + (from - get_tail_offset (self)),
               (gsize) (self->length - from));
  if (self->arrivals->len > self->arrivals_spilled)
    oh_db_run (db, "INSERT INTO pending (exchange_id, kind, offset, data) VALUES (?, ?, ?, ?)", "iiib", exchange_id,
               (gint64) (OH_PENDING_ARRIVALS + side), (gint64) self->arrivals_spilled,
               self->arrivals->data + self->arrivals_spilled, (gsize) (self->arrivals->len - self->arrivals_spilled));
  self->after.spilled = self->length;
  self->after.arrivals_spilled = self->arrivals->len;
}

void
oh_body_finish (OhBody *self, OhPartWriter *writer, GByteArray *recipe, GByteArray *arrivals)
{
  cut_parts (self, writer, TRUE);
  g_byte_array_set_size (recipe, 0);
  g_byte_array_set_size (arrivals, 0);
  if (self->recipe.ops->len > 0)
    oh_packer_pack (writer->packer, self->recipe.ops->data, self->recipe.ops->len, recipe);
  if (self->arrivals->len > 0)
    oh_packer_pack (writer->packer, self->arrivals->data, self->arrivals->len, arrivals);
  self->after.spilled = self->length;
  self->after.arrivals_spilled = self->arrivals->len;
}

void
oh_body_settle (OhBody *self)
{
  gint64 consumed = self->splitter.cut - get_tail_offset (self);

  self->spilled = self->after.spilled;
  self->arrivals_spilled = self->after.arrivals_spilled;
  self->begun = self->length > 0;
  if (consumed > 0)
    g_byte_array_remove_range (self->tail, 0, (guint) consumed);
}

void
oh_body_revert (OhBody *self)
{
  self->splitter = self->before.splitter;
  self->recipe.last_id = self->before.last_id;
  g_byte_array_set_size (self->recipe.ops, self->before.ops);
}
