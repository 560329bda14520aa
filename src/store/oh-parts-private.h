/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decides where a body is cut into parts. Pure, incremental and flat: it looks at each byte once, keeps no copy, and
 * cuts at the same places however the bytes come in.
 *
 * A body that begins with { or [ is cut before and after each element of the arrays of its outermost object (messages,
 * tools, system, content, …), each large content block below them and each large string, wherever they stand; whether
 * it is valid JSON does not matter. What remains longer than OH_PART_MAX, and any other body, is cut by content. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

#define OH_PART_MAX (128 * 1024)
#define OH_SPLITTER_LEVELS 8

/* Plain data: a copy of it is a place to come back to. Begins all zero. Offsets are those of the body. */
typedef struct
{
  gint64 scanned;                    /* next byte to look at */
  gint64 cut;                        /* the last cut */
  gint64 string_start;               /* of the string we are in */
  gint64 starts[OH_SPLITTER_LEVELS]; /* of the open values, by depth */
  gint64 depth;                      /* how many objects and arrays are open */
  gint64 parts;
  gint64 part_bytes;
  guint literals; /* literal pieces since the last part */
  guint arrays;   /* bit n: the value open at depth n is an array */
  guint8 kind;
  guint8 in_string;
  guint8 escaped;
} OhSplitter;

/* @literal: too small for a part of its own */
typedef void (*OhPieceFunc) (const guint8 *bytes, gsize length, gboolean literal, gpointer data);

/* @buffer: the body from offset @base on, at most at @self->cut; @length: to where it is known
 * @final: this is all of the body
 * Calls @func with the pieces found, in order and without gaps; the last one is cut at @self->cut. */
void oh_splitter_feed (
    OhSplitter *self, const guint8 *buffer, gint64 base, gsize length, gboolean final, OhPieceFunc func, gpointer data);

G_END_DECLS
