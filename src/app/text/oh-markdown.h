/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markdown (CommonMark and GitHub's tables, task lists, strikethrough) as a flat list of blocks that widgets show one
 * under the other, their text as Pango markup. Pure: knows no widgets, fetches nothing. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OH_MARKDOWN_KIND_PARAGRAPH,
  OH_MARKDOWN_KIND_HEADING,
  OH_MARKDOWN_KIND_CODE,
  OH_MARKDOWN_KIND_RULE,
  OH_MARKDOWN_KIND_TABLE,
} OhMarkdownKind;

typedef struct
{
  OhMarkdownKind kind;
  guint level;      /* HEADING: 1 to 6 */
  guint depth;      /* how many lists it stands in */
  guint quotes;     /* how many quotes it stands in */
  char *marker;     /* "•", "3.", "☑" before the first paragraph of a list item; else NULL */
  char *markup;     /* PARAGRAPH, HEADING: Pango markup; else NULL */
  char *text;       /* CODE: the code without its last newline; else NULL */
  char *language;   /* CODE: the fence's first word, or NULL */
  GPtrArray *cells; /* TABLE: (element-type utf8) Pango markup, row by row, the head first; else NULL */
  guint columns;    /* TABLE */
  char *alignments; /* TABLE: a letter a column, l, c or r; else NULL */
} OhMarkdownBlock;

/* @text: valid UTF-8. (transfer full) (element-type OhMarkdownBlock), freeing its elements */
GPtrArray *oh_markdown_parse (const char *text);
/* Pango lays out one line in time that grows with the square of its length: lines of more than about 2,000 bytes get
 * breaks between words, where there are any. What has been broken stays so while the text grows at its end.
 * Returns: (transfer full) (nullable): NULL if no line is that long. */
char *oh_markdown_break_lines (const char *text);
gboolean oh_markdown_block_equal (const OhMarkdownBlock *a, const OhMarkdownBlock *b);

G_END_DECLS
