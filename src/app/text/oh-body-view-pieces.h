/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A body that is too long for one text view, in pieces that are laid out one at a time; and what is found in all of it. */
#pragma once
#include "oh-search-words.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* Where a piece begins. All zero: the first one. */
typedef struct
{
  gsize offset;
  guint depth;        /* JSON: how much is open there */
  gboolean in_string; /* JSON: it is inside a string */
} OhBodyPlace;

typedef struct
{
  GArray *matches; /* OhSearchMatch, bytes of the body */
  GArray *places;  /* OhBodyPlace, of all pieces */
} OhBodyFound;

/* The piece after the one that begins at @place. @json: it is laid out as JSON
 * Returns: FALSE where there is none. */
gboolean oh_body_pieces_next (GBytes *body, gboolean json, const OhBodyPlace *place, OhBodyPlace *next);
/* What is shown of a piece, or of its beginning: valid UTF-8 without NUL, lines broken where they are very long. Where it
 * ends earlier, it is the same up to there. (transfer full)
 * @until: an offset in the body
 * @broken: (out) (optional): whether lines were broken */
char *oh_body_pieces_lay_out (GBytes *body, gboolean json, const OhBodyPlace *place, gsize until, gboolean *broken);
/* The piece that @offset is in. @places: (element-type OhBodyPlace) not empty */
guint oh_body_pieces_find (GArray *places, gsize offset);

/* Finds in all of it, off the main thread. */
void oh_body_pieces_search_async (GBytes *body, gboolean json, OhSearchWords *words, OhSearchSide side,
                                  GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
/* (transfer full), or NULL where it was cancelled. */
OhBodyFound *oh_body_pieces_search_finish (GAsyncResult *result);
void oh_body_found_free (OhBodyFound *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhBodyFound, oh_body_found_free)

G_END_DECLS
