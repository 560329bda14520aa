/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-markdown.h"

#include <glib/gi18n.h>
#include <md4c.h>
#include <string.h>

#define LINE_MAX_BYTES 2000
#define LINE_BYTES 1500

typedef struct
{
  gboolean ordered;
  guint next;
} List;

typedef struct
{
  GPtrArray *blocks;
  GString *text; /* the leaf block being read */
  GArray *lists; /* (element-type List) those that are open */
  guint quotes;
  char *marker; /* of the list item whose first block has not come yet */
  OhMarkdownBlock *table;
  gboolean in_leaf; /* text belongs to a leaf block the parser announced; else to a tight list item */
  gboolean in_code;
  GString *open; /* a letter for each span that is open, as in get_end_tag() */
} Reader;

static void
block_free (gpointer data)
{
  OhMarkdownBlock *block = data;

  g_free (block->marker);
  g_free (block->markup);
  g_free (block->text);
  g_free (block->language);
  g_free (block->alignments);
  g_clear_pointer (&block->cells, g_ptr_array_unref);
  g_free (block);
}

static OhMarkdownBlock *
add_block (Reader *reader, OhMarkdownKind kind)
{
  OhMarkdownBlock *block = g_new0 (OhMarkdownBlock, 1);

  block->kind = kind;
  block->depth = reader->lists->len;
  block->quotes = reader->quotes;
  block->marker = g_steal_pointer (&reader->marker);
  g_ptr_array_add (reader->blocks, block);
  return block;
}

static const char *
get_end_tag (char span)
{
  switch (span)
    {
    case 'i':
      return "</i>";
    case 'b':
      return "</b>";
    case 's':
      return "</s>";
    case 'u':
      return "</u>";
    case 't':
      return "</tt>";
    case 'a':
      return "</a>";
    case 'm': /* an image with a link … */
      return "]</a>";
    case 'M': /* … and one without */
      return "]";
    default: /* A: a link that became none */
      return "";
    }
}

/* Ends spans down to a length of reader->open. */
static void
close_spans (Reader *reader, gsize length)
{
  while (reader->open->len > length)
    {
      g_string_append (reader->text, get_end_tag (reader->open->str[reader->open->len - 1]));
      g_string_truncate (reader->open, reader->open->len - 1);
    }
}

/* md4c leaves spans that it did not enter, or not in order, where an address has an emphasis in it.
 * @spans: the letters that it may be */
static void
close_span (Reader *reader, const char *spans)
{
  for (gsize i = reader->open->len; i-- > 0;)
    if (strchr (spans, reader->open->str[i]) != NULL)
      {
        close_spans (reader, i);
        return;
      }
}

static char *
take_text (Reader *reader)
{
  char *text;

  close_spans (reader, 0);
  text = g_strndup (reader->text->str, reader->text->len);
  g_string_truncate (reader->text, 0);
  return text;
}

/* The text of a tight list item comes without a paragraph around it. */
static void
end_loose_text (Reader *reader)
{
  if (reader->text->len == 0 || reader->in_leaf)
    return;
  g_strchomp (reader->text->str);
  reader->text->len = strlen (reader->text->str);
  add_block (reader, OH_MARKDOWN_KIND_PARAGRAPH)->markup = take_text (reader);
}

static char *
attribute_to_string (const MD_ATTRIBUTE *attribute)
{
  return g_strndup (attribute->text ? attribute->text : "", attribute->size);
}

/* Of the column whose heading comes. */
static void
set_alignment (OhMarkdownBlock *table, MD_ALIGN align)
{
  if (table->cells->len < table->columns)
    table->alignments[table->cells->len] = align == MD_ALIGN_RIGHT ? 'r' : align == MD_ALIGN_CENTER ? 'c' : 'l';
}

static int
enter_block (MD_BLOCKTYPE type, void *detail, void *data)
{
  Reader *reader = data;

  end_loose_text (reader);
  switch (type)
    {
    case MD_BLOCK_QUOTE:
      reader->quotes++;
      break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
      {
        List list = { type == MD_BLOCK_OL, type == MD_BLOCK_OL ? ((MD_BLOCK_OL_DETAIL *) detail)->start : 0 };

        g_array_append_val (reader->lists, list);
        break;
      }
    case MD_BLOCK_LI:
      {
        MD_BLOCK_LI_DETAIL *item = detail;
        List *list = &g_array_index (reader->lists, List, reader->lists->len - 1);

        g_free (reader->marker);
        if (item->is_task)
          reader->marker = g_strdup (item->task_mark == ' ' ? "☐" : "☑");
        else if (list->ordered)
          reader->marker = g_strdup_printf ("%u.", list->next++);
        else
          reader->marker = g_strdup (reader->lists->len % 2 ? "•" : "◦");
        break;
      }
    case MD_BLOCK_HR:
      add_block (reader, OH_MARKDOWN_KIND_RULE);
      break;
    case MD_BLOCK_H:
    case MD_BLOCK_P:
    case MD_BLOCK_CODE:
      reader->in_leaf = TRUE;
      reader->in_code = type == MD_BLOCK_CODE;
      break;
    case MD_BLOCK_TABLE:
      reader->table = add_block (reader, OH_MARKDOWN_KIND_TABLE);
      reader->table->columns = ((MD_BLOCK_TABLE_DETAIL *) detail)->col_count;
      reader->table->alignments = g_strnfill (reader->table->columns, 'l');
      reader->table->cells = g_ptr_array_new_with_free_func (g_free);
      break;
    case MD_BLOCK_TH:
      set_alignment (reader->table, ((MD_BLOCK_TD_DETAIL *) detail)->align);
      reader->in_leaf = TRUE;
      break;
    case MD_BLOCK_TD:
      reader->in_leaf = TRUE;
      break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HTML:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TR:
      break;
    }
  return 0;
}

static int
leave_block (MD_BLOCKTYPE type, void *detail, void *data)
{
  Reader *reader = data;
  OhMarkdownBlock *block;

  end_loose_text (reader);
  switch (type)
    {
    case MD_BLOCK_QUOTE:
      reader->quotes--;
      break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
      g_array_set_size (reader->lists, reader->lists->len - 1);
      break;
    case MD_BLOCK_LI:
      /* An item with nothing in it still shows its marker. */
      if (reader->marker)
        add_block (reader, OH_MARKDOWN_KIND_PARAGRAPH)->markup = g_strdup ("");
      break;
    case MD_BLOCK_H:
      block = add_block (reader, OH_MARKDOWN_KIND_HEADING);
      block->level = ((MD_BLOCK_H_DETAIL *) detail)->level;
      block->markup = take_text (reader);
      break;
    case MD_BLOCK_P:
      add_block (reader, OH_MARKDOWN_KIND_PARAGRAPH)->markup = take_text (reader);
      break;
    case MD_BLOCK_CODE:
      {
        g_autofree char *language = attribute_to_string (&((MD_BLOCK_CODE_DETAIL *) detail)->lang);

        block = add_block (reader, OH_MARKDOWN_KIND_CODE);
        if (g_str_has_suffix (reader->text->str, "\n"))
          g_string_truncate (reader->text, reader->text->len - 1);
        block->text = take_text (reader);
        block->language = *language ? g_steal_pointer (&language) : NULL;
        break;
      }
    case MD_BLOCK_TABLE:
      reader->table = NULL;
      break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
      g_ptr_array_add (reader->table->cells, take_text (reader));
      break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HR:
    case MD_BLOCK_HTML:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TR:
      break;
    }
  if (type == MD_BLOCK_H || type == MD_BLOCK_P || type == MD_BLOCK_CODE || type == MD_BLOCK_TH || type == MD_BLOCK_TD)
    reader->in_leaf = reader->in_code = FALSE;
  return 0;
}

/* Only what a browser or a mail program opens becomes a link: an answer must not be able to name a local file. */
static gboolean
is_safe_link (const char *href)
{
  return g_ascii_strncasecmp (href, "http://", 7) == 0 || g_ascii_strncasecmp (href, "https://", 8) == 0 ||
         g_ascii_strncasecmp (href, "mailto:", 7) == 0;
}

static void
open_span (Reader *reader, char span, const char *tag)
{
  g_string_append (reader->text, tag);
  g_string_append_c (reader->open, span);
}

/* @linked, @plain: the spans that it is with a link, and without one */
static void
open_link (Reader *reader, const MD_ATTRIBUTE *target, char linked, char plain)
{
  g_autofree char *href = attribute_to_string (target);
  gboolean nested = strpbrk (reader->open->str, "am") != NULL;

  if (is_safe_link (href) && !nested)
    {
      g_autofree char *escaped = g_markup_escape_text (href, -1);
      g_autofree char *tag = g_strdup_printf ("<a href=\"%s\" title=\"%s\">", escaped, escaped);

      open_span (reader, linked, tag);
    }
  else
    open_span (reader, plain, "");
}

static int
enter_span (MD_SPANTYPE type, void *detail, void *data)
{
  Reader *reader = data;

  switch (type)
    {
    case MD_SPAN_EM:
      open_span (reader, 'i', "<i>");
      break;
    case MD_SPAN_STRONG:
      open_span (reader, 'b', "<b>");
      break;
    case MD_SPAN_DEL:
      open_span (reader, 's', "<s>");
      break;
    case MD_SPAN_U:
      open_span (reader, 'u', "<u>");
      break;
    case MD_SPAN_CODE:
      open_span (reader, 't', "<tt>");
      break;
    case MD_SPAN_A:
      open_link (reader, &((MD_SPAN_A_DETAIL *) detail)->href, 'a', 'A');
      break;
    case MD_SPAN_IMG:
      open_link (reader, &((MD_SPAN_IMG_DETAIL *) detail)->src, 'm', 'M');
      g_string_append (reader->text, _ ("[image: "));
      break;
    default:
      break;
    }
  return 0;
}

static int
leave_span (MD_SPANTYPE type, void *detail, void *data)
{
  switch (type)
    {
    case MD_SPAN_EM:
      close_span (data, "i");
      break;
    case MD_SPAN_STRONG:
      close_span (data, "b");
      break;
    case MD_SPAN_DEL:
      close_span (data, "s");
      break;
    case MD_SPAN_U:
      close_span (data, "u");
      break;
    case MD_SPAN_CODE:
      close_span (data, "t");
      break;
    case MD_SPAN_A:
      close_span (data, "aA");
      break;
    case MD_SPAN_IMG:
      close_span (data, "mM");
      break;
    default:
      break;
    }
  return 0;
}

static const struct
{
  const char *name;
  const char *text;
} entities[] = {
  { "&nbsp;", "\302\240" }, { "&copy;", "©" },   { "&reg;", "®" },    { "&trade;", "™" }, { "&hellip;", "…" },
  { "&mdash;", "—" },       { "&ndash;", "–" },  { "&lsquo;", "‘" },  { "&rsquo;", "’" }, { "&ldquo;", "“" },
  { "&rdquo;", "”" },       { "&bull;", "•" },   { "&middot;", "·" }, { "&times;", "×" }, { "&divide;", "÷" },
  { "&deg;", "°" },         { "&plusmn;", "±" }, { "&larr;", "←" },   { "&rarr;", "→" },  { "&uarr;", "↑" },
  { "&darr;", "↓" },        { "&euro;", "€" },   { "&pound;", "£" },  { "&sect;", "§" },  { "&ne;", "≠" },
  { "&le;", "≤" },          { "&ge;", "≥" },     { "&laquo;", "«" },  { "&raquo;", "»" }, { "&micro;", "µ" },
  { "&amp;", "&" },         { "&lt;", "<" },     { "&gt;", ">" },     { "&quot;", "\"" }, { "&apos;", "'" },
};

static void
append_entity (GString *out, const char *text, gsize size)
{
  g_autofree char *name = g_strndup (text, size);
  const char *plain = name; /* An entity we do not know stays as it was written. */
  char number[8] = { 0 };

  if (g_str_has_prefix (name, "&#"))
    {
      gboolean hex = name[2] == 'x' || name[2] == 'X';
      guint64 c = g_ascii_strtoull (name + (hex ? 3 : 2), NULL, hex ? 16 : 10);

      if (c >= 0x20 && c <= 0x10FFFF && g_unichar_validate ((gunichar) c))
        g_unichar_to_utf8 ((gunichar) c, number);
      else
        g_unichar_to_utf8 (0xFFFD, number);
      plain = number;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (entities) && plain == name; i++)
    if (strcmp (name, entities[i].name) == 0)
      plain = entities[i].text;
  {
    g_autofree char *escaped = g_markup_escape_text (plain, -1);

    g_string_append (out, escaped);
  }
}

static int
add_text (MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *data)
{
  Reader *reader = data;
  g_autofree char *escaped = NULL;

  switch (type)
    {
    case MD_TEXT_NULLCHAR:
      g_string_append (reader->text, "\357\277\275");
      return 0;
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR:
      /* Models write lines on purpose: a soft break stays one. */
      g_string_append_c (reader->text, '\n');
      return 0;
    case MD_TEXT_ENTITY:
      append_entity (reader->text, text, size);
      return 0;
    case MD_TEXT_CODE:
    case MD_TEXT_NORMAL:
    default:
      if (reader->in_code)
        {
          g_string_append_len (reader->text, text, size);
          return 0;
        }
      escaped = g_markup_escape_text (text, size);
      g_string_append (reader->text, escaped);
      return 0;
    }
}

GPtrArray *
oh_markdown_parse (const char *text)
{
  static const MD_PARSER parser = {
    .flags = MD_DIALECT_GITHUB | MD_FLAG_NOHTML,
    .enter_block = enter_block,
    .leave_block = leave_block,
    .enter_span = enter_span,
    .leave_span = leave_span,
    .text = add_text,
  };
  Reader reader = { 0 };

  g_return_val_if_fail (text, NULL);
  reader.blocks = g_ptr_array_new_with_free_func (block_free);
  reader.text = g_string_new (NULL);
  reader.open = g_string_new (NULL);
  reader.lists = g_array_new (FALSE, FALSE, sizeof (List));
  md_parse (text, strlen (text), &parser, &reader);
  g_string_free (reader.text, TRUE);
  g_string_free (reader.open, TRUE);
  g_array_unref (reader.lists);
  g_free (reader.marker);
  return reader.blocks;
}

char *
oh_markdown_break_lines (const char *text)
{
  GString *out = NULL;
  const char *line = text;

  while (*line)
    {
      gsize length = strcspn (line, "\n");

      while (length > LINE_MAX_BYTES)
        {
          const char *cut = line + LINE_BYTES;

          while (cut > line + LINE_BYTES / 2 && *cut != ' ')
            cut--;
          if (*cut != ' ')
            cut = line + LINE_BYTES;
          while ((*cut & 0xC0) == 0x80)
            cut--;
          if (!out)
            out = g_string_new_len (text, line - text);
          g_string_append_len (out, line, cut - line);
          g_string_append_c (out, '\n');
          cut += *cut == ' ';
          length -= cut - line;
          line = cut;
        }
      length += line[length] == '\n';
      if (out)
        g_string_append_len (out, line, length);
      line += length;
    }
  return out ? g_string_free (out, FALSE) : NULL;
}

gboolean
oh_markdown_block_equal (const OhMarkdownBlock *a, const OhMarkdownBlock *b)
{
  if (a->kind != b->kind || a->level != b->level || a->depth != b->depth || a->quotes != b->quotes ||
      a->columns != b->columns || g_strcmp0 (a->marker, b->marker) != 0 || g_strcmp0 (a->markup, b->markup) != 0 ||
      g_strcmp0 (a->text, b->text) != 0 || g_strcmp0 (a->language, b->language) != 0 || g_strcmp0 (a->alignments, b->alignments) != 0)
    return FALSE;
  if (!a->cells || !b->cells)
    return a->cells == b->cells;
  if (a->cells->len != b->cells->len)
    return FALSE;
  for (guint i = 0; i < a->cells->len; i++)
    if (strcmp (a->cells->pdata[i], b->cells->pdata[i]) != 0)
      return FALSE;
  return TRUE;
}
