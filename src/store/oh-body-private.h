/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One body on its way into the database. What has been cut becomes parts at once; the tail behind the last cut (128 KiB
 * at most, once written) stands in "pending" rows until more comes. Nothing that a failed transaction did stays done:
 * after every oh_body_write() or oh_body_finish() comes oh_body_settle() or oh_body_revert(). */
#pragma once
#include "oh-db-private.h"
#include "oh-pack-private.h"
#include "oh-parts-private.h"
#include "oh-recipe-private.h"

G_BEGIN_DECLS

/* What "pending" rows hold, in their column kind: side + one of these. */
#define OH_PENDING_DATA 0
#define OH_PENDING_ARRIVALS 2

typedef struct
{
  GByteArray *tail; /* the body from splitter.cut on, as of the last settle */
  OhSplitter splitter;
  OhRecipe recipe;
  gint64 length;
  gint64 spilled; /* pending rows hold the body up to here */
  GByteArray *arrivals;
  guint arrivals_spilled;
  gint64 last_offset; /* of the last arrival, and its time in microseconds */
  gint64 last_us;
  gboolean begun; /* pending rows or a recipe are in the database */
  struct
  {
    OhSplitter splitter;
    gint64 last_id;
    guint ops;
  } before; /* the transaction */
  struct
  {
    gint64 spilled;
    guint arrivals_spilled;
  } after;
} OhBody;

/* What bodies need to be written; one of a writer. */
typedef struct
{
  OhDb *db;
  OhPacker *packer;
  GChecksum *checksum;
  GByteArray *scratch;
} OhPartWriter;

OhPartWriter *oh_part_writer_new (OhDb *db);
void oh_part_writer_free (OhPartWriter *self);
/* Whether a part's row is as it was written. */
gboolean oh_part_writer_is_sound (OhPartWriter *self, const void *hash, gsize hash_length, gint64 length,
                                  const void *packed, gsize packed_length);

void oh_body_init (OhBody *self);
void oh_body_clear (OhBody *self);
/* @at_ns: when, after the exchange's start; -1 not known */
void oh_body_append (OhBody *self, const void *data, gsize length, gint64 at_ns);
/* Makes everything so far readable by others. */
void oh_body_write (OhBody *self, OhPartWriter *writer, gint64 exchange_id, guint side);
/* Makes parts of everything. @recipe, @arrivals: replaced by what to store in the exchange's row */
void oh_body_finish (OhBody *self, OhPartWriter *writer, GByteArray *recipe, GByteArray *arrivals);
void oh_body_settle (OhBody *self);
void oh_body_revert (OhBody *self);

G_END_DECLS
