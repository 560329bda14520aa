/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-changes-view-text.h"

#include <glib/gi18n.h>

/* Characters shown of what stayed the same, before and after a change. */
#define CONTEXT 120
/* Characters shown of one piece that changed. */
#define PIECE_MAX 4000
/* Pieces shown. */
#define PIECES_MAX 400

/* (transfer full) */
static char *
take (const char *text, glong from, glong to)
{
  glong length = g_utf8_strlen (text, -1);

  return g_utf8_substring (text, CLAMP (from, 0, length), CLAMP (to, 0, length));
}

static void
add_escaped (GString *markup, const char *format_start, char *text, const char *format_end)
{
  g_autofree char *own = text;
  g_autofree char *escaped = g_markup_escape_text (own, -1);

  g_string_append (markup, format_start);
  g_string_append (markup, escaped);
  g_string_append (markup, format_end);
}

static void
add_same (GString *markup, const char *text, gboolean first, gboolean last)
{
  glong length = g_utf8_strlen (text, -1);
  glong head = first ? 0 : CONTEXT;
  glong tail = last ? 0 : CONTEXT;

  if (length <= head + tail + 10)
    {
      add_escaped (markup, "", g_strdup (text), "");
      return;
    }
  if (head > 0)
    add_escaped (markup, "", take (text, 0, head), "");
  g_string_append (markup, "<span alpha=\"60%\"> […] </span>");
  if (tail > 0)
    add_escaped (markup, "", take (text, length - tail, length), "");
}

static void
add_changed (GString *markup, const OhDiffPiece *piece, gboolean dark)
{
  const char *start;

  if (piece->kind == OH_DIFF_REMOVED)
    start = dark ? "<span strikethrough=\"true\" foreground=\"#ff938c\" background=\"#4a1f22\">"
                 : "<span strikethrough=\"true\" foreground=\"#a51d2d\" background=\"#fbe3e4\">";
  else
    start = dark ? "<span underline=\"single\" foreground=\"#8ff0a4\" background=\"#1d3f2a\">"
                 : "<span underline=\"single\" foreground=\"#1a6b3c\" background=\"#dcf3e4\">";
  if (g_utf8_strlen (piece->text, -1) <= PIECE_MAX)
    {
      add_escaped (markup, start, g_strdup (piece->text), "</span>");
      return;
    }
  add_escaped (markup, start, take (piece->text, 0, PIECE_MAX), " […]</span>");
}

char *
oh_changes_markup (const OhTextDiff *diff, gboolean dark)
{
  GString *markup = g_string_new (NULL);

  g_return_val_if_fail (diff != NULL, NULL);

  for (guint i = 0; i < diff->pieces->len && i < PIECES_MAX; i++)
    {
      const OhDiffPiece *piece = g_ptr_array_index (diff->pieces, i);

      if (piece->kind == OH_DIFF_SAME)
        add_same (markup, piece->text, i == 0, i == diff->pieces->len - 1);
      else
        add_changed (markup, piece, dark);
    }
  if (diff->pieces->len > PIECES_MAX)
    g_string_append (markup, " […]");
  return g_string_free (markup, FALSE);
}

char *
oh_changes_say (const OhTextDiff *diff)
{
  GString *words = g_string_new (NULL);

  g_return_val_if_fail (diff != NULL, NULL);

  for (guint i = 0; i < diff->pieces->len && i < PIECES_MAX; i++)
    {
      const OhDiffPiece *piece = g_ptr_array_index (diff->pieces, i);
      g_autofree char *start = take (piece->text, 0, PIECE_MAX);

      if (piece->kind == OH_DIFF_SAME)
        continue;
      if (words->len > 0)
        g_string_append (words, ", ");
      if (piece->kind == OH_DIFF_REMOVED)
        g_string_append_printf (words, _ ("removed “%s”"), start);
      else
        g_string_append_printf (words, _ ("added “%s”"), start);
    }
  return g_string_free (words, FALSE);
}
