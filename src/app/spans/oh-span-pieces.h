/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the time of a span consists of: the parts of its bar, and the words for them. Pure. */
#pragma once
#include "oh-span-item.h"

G_BEGIN_DECLS

typedef enum
{
  OH_PIECE_TRACE,
  OH_PIECE_CUSTOM,
  OH_PIECE_CONNECT, /* until the connection stands */
  OH_PIECE_WAIT,    /* until the first token, or else the first byte */
  OH_PIECE_STREAM,  /* an answer of which no more is known */
  OH_PIECE_THINKING,
  OH_PIECE_TEXT,
  OH_PIECE_TOOL_INPUT,
  OH_PIECE_SERVER_TOOL, /* a tool that the server runs */
  OH_PIECE_TOOL,
  OH_PIECE_FAILED,
  OH_PIECE_PAUSE,   /* between attempts */
  OH_N_PIECES
} OhPieceKind;

typedef struct
{
  OhPieceKind kind;
  gint64 from; /* ns since the trace's start */
  gint64 to;
} OhPiece;

/* In order of time, without overlaps.
 * @now_ns: wall clock: what still runs ends there
 * Returns: (transfer full) (element-type OhPiece) */
GArray *oh_span_get_pieces (OhSpanItem *item, gint64 now_ns);
/* "Text", "Wait": the name of a kind. */
const char *oh_span_get_piece_name (OhPieceKind kind);
/* "At 1.2 s: connected for 12 ms, waited 412 ms for the first token, wrote text for 1.2 s". NULL where there is nothing. (transfer full) */
char *oh_span_describe_pieces (OhSpanItem *item, gint64 now_ns);
/* When it ended, or @now_ns; wall clock. */
gint64 oh_span_get_end_ns (OhSpanItem *item, gint64 now_ns);

G_END_DECLS
