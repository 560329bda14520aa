/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The splitter alone: nothing is lost, the cuts do not depend on how the bytes come in, and what is sent again is cut
 * into the same pieces. */
#include "fixture.h"
#include "oh-pack-private.h"
#include "oh-parts-private.h"
#include "oh-recipe-private.h"

#include <string.h>

typedef struct
{
  const guint8 *body;
  gint64 at;
  GArray *cuts; /* gint64: where each piece ends; negative for literals */
  gint64 literals;
} Pieces;

static void
take (const guint8 *bytes, gsize length, gboolean literal, gpointer data)
{
  Pieces *pieces = data;
  gint64 end;

  g_assert_cmpuint (length, >, 0);
  g_assert_cmpuint (length, <=, OH_PART_MAX);
  g_assert_true (memcmp (bytes, pieces->body + pieces->at, length) == 0);
  pieces->at += (gint64) length;
  if (literal)
    pieces->literals += (gint64) length;
  end = literal ? -pieces->at : pieces->at;
  g_array_append_val (pieces->cuts, end);
}

/* Feeds a body as the store does: a window that begins at the last cut. @random NULL: at once. */
static GArray *
split (const void *body, gsize length, GRand *random, gint64 *literals)
{
  OhSplitter splitter = { 0 };
  Pieces pieces = { body, 0, g_array_new (FALSE, FALSE, sizeof (gint64)), 0 };
  gsize known = 0;

  do
    {
      gsize step = length;

      if (random != NULL)
        step = (gsize) g_rand_int_range (random, 0, 3) == 0 ? (gsize) g_rand_int_range (random, 1, 9)
                                                            : (gsize) g_rand_int_range (random, 1, 300000);
      known = MIN (length, known + step);
      oh_splitter_feed (&splitter, (const guint8 *) body + splitter.cut, splitter.cut, known - (gsize) splitter.cut,
                        known == length, take, &pieces);
      g_assert_cmpint ((gint64) known - splitter.cut, <=, OH_PART_MAX);
    }
  while (known < length);
  g_assert_cmpint (pieces.at, ==, (gint64) length);
  if (literals != NULL)
    *literals = pieces.literals;
  return pieces.cuts;
}

static void
assert_same_cuts (const void *body, gsize length, GRand *random)
{
  g_autoptr (GArray) whole = split (body, length, NULL, NULL);
  g_autoptr (GArray) pieces = split (body, length, random, NULL);

  g_assert_cmpmem (whole->data, whole->len * sizeof (gint64), pieces->data, pieces->len * sizeof (gint64));
}

static void
append_value (GString *out, GRand *random, guint depth)
{
  static const char *const spaces[] = { "", "", "", " ", "\n  ", "\t", "\r\n" };
  static const char *const odd[] = { "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00", "\xff\xfe", "\xc3\xa9", "[{",
                                     "}]",   "\\n",  "\x01" };

#define SPACE g_string_append (out, spaces[g_rand_int_range (random, 0, G_N_ELEMENTS (spaces))])
  SPACE;
  switch (g_rand_int_range (random, 0, depth > 7 ? 3 : 7))
    {
    case 0:
      g_string_append_printf (out, "%g", g_rand_double_range (random, -1e9, 1e9));
      break;
    case 1:
      g_string_append (out, g_rand_boolean (random) ? "null" : "true");
      break;
    case 2:
      g_string_append_c (out, '"');
      if (g_rand_int_range (random, 0, 30) == 0)
        fixture_append_words (out, random, (gsize) g_rand_int_range (random, 500, 200000));
      for (int n = g_rand_int_range (random, 0, 6); n > 0; n--)
        {
          fixture_append_words (out, random, (gsize) g_rand_int_range (random, 0, 40));
          g_string_append (out, odd[g_rand_int_range (random, 0, G_N_ELEMENTS (odd))]);
        }
      g_string_append_c (out, '"');
      break;
    case 3:
    case 4:
      g_string_append_c (out, '[');
      for (int n = g_rand_int_range (random, 0, 9); n > 0; n--)
        {
          append_value (out, random, depth + 1);
          if (n > 1)
            g_string_append_c (out, ',');
        }
      g_string_append_c (out, ']');
      break;
    default:
      g_string_append_c (out, '{');
      for (int n = g_rand_int_range (random, 0, 9); n > 0; n--)
        {
          SPACE;
          /* Few names, so that some come twice. */
          g_string_append_printf (out, "\"%c\":", 'a' + g_rand_int_range (random, 0, 4));
          append_value (out, random, depth + 1);
          if (n > 1)
            g_string_append_c (out, ',');
        }
      g_string_append_c (out, '}');
      break;
    }
  SPACE;
#undef SPACE
}

static void
mutate (GString *body, GRand *random)
{
  for (int n = g_rand_int_range (random, 1, 6); n > 0 && body->len > 2; n--)
    {
      gssize at = g_rand_int_range (random, 0, (gint32) body->len);

      switch (g_rand_int_range (random, 0, 4))
        {
        case 0:
          g_string_truncate (body, (gsize) at);
          break;
        case 1:
          body->str[at] = (char) g_rand_int_range (random, 0, 256);
          break;
        case 2:
          g_string_insert_c (body, at, "\"\\{}[]"[g_rand_int_range (random, 0, 6)]);
          break;
        default:
          g_string_erase (body, at, MIN (3, (gssize) body->len - at));
          break;
        }
    }
}

static void
test_generated (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (20261121);

  for (guint n = 0; n < 600; n++)
    {
      g_autoptr (GString) body = g_string_new (g_rand_boolean (random) ? "{\"messages\":" : "[");

      append_value (body, random, 1);
      g_string_append (body, n % 3 == 0 ? "" : "}]");
      assert_same_cuts (body->str, body->len, random);
      mutate (body, random);
      assert_same_cuts (body->str, body->len, random);
    }
}

static void
assert_bounded (const char *what, const GString *body)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  gint64 literals;
  g_autoptr (GArray) pieces = split (body->str, body->len, NULL, &literals);

  assert_same_cuts (body->str, body->len, random);
  /* Neither the recipe nor the number of parts may explode. */
  if (literals > 1024 + (gint64) body->len / 4 || pieces->len > 8192 + 2 * body->len / 512)
    g_error ("%s: %" G_GINT64_FORMAT " literal bytes, %u pieces of %" G_GSIZE_FORMAT, what, literals, pieces->len,
             body->len);
}

static void
fill (GString *body, const char *unit, gsize length)
{
  gsize size = strlen (unit);

  g_string_set_size (body, length);
  for (gsize i = 0; i < length; i++)
    body->str[i] = unit[i % size];
}

static void
test_hostile (void)
{
  static const char *const units[] = { "[",
                                       "{",
                                       "]",
                                       "}",
                                       "\"",
                                       "\\",
                                       "\\\"",
                                       "[]",
                                       "{}",
                                       "[1],",
                                       "\"a\",",
                                       "[[[[",
                                       "{\"a\":[",
                                       " ",
                                       "\n",
                                       "[\"\\",
                                       "\"\\\\\"",
                                       "x",
                                       "{\"a\":\"b\"}\n",
                                       "[{\"role\":\"user\"},\"x\"]" };
  g_autoptr (GString) body = g_string_new (NULL);
  g_autoptr (GArray) empty = split ("", 0, NULL, NULL);

  g_assert_cmpuint (empty->len, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      fill (body, units[i], 3 << 20);
      assert_bounded (units[i], body);
      g_string_prepend (body, "{\"messages\":[");
      assert_bounded (units[i], body);
    }
  fill (body, "[", 64 << 20);
  assert_bounded ("64 MiB of [", body);
}

/* The next turn's body shares all its messages with this one's, whatever comes before and behind them. */
static void
test_history (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  g_autoptr (GString) messages = g_string_new (NULL);
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gint64 fresh = 0, total = 0;

  for (guint turn = 0; turn < 60; turn++)
    {
      g_autoptr (GString) body = g_string_new (NULL);
      g_autoptr (GArray) cuts = NULL;
      gint64 from = 0;

      g_string_append_printf (messages, "%s{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"content\":\"",
                              turn > 0 ? ", " : "");
      fixture_append_words (messages, random, 1500);
      g_string_append (messages, "\"}]}, {\"role\": \"assistant\", \"content\": \"");
      fixture_append_words (messages, random, 500);
      g_string_append (messages, "\"}");
      g_string_printf (body, "{\"max_tokens\":%u,\"messages\":[%s],\"n\":%u}", 1000 + turn * 77, messages->str, turn);
      cuts = split (body->str, body->len, NULL, NULL);
      total += (gint64) body->len;
      for (guint i = 0; i < cuts->len; i++)
        {
          gint64 end = ABS (g_array_index (cuts, gint64, i));

          if (g_array_index (cuts, gint64, i) < 0)
            fresh += 1;
          else if (g_hash_table_add (known, g_strndup (body->str + from, (gsize) (end - from))))
            fresh += end - from;
          from = end;
        }
    }
  g_assert_cmpint (fresh, <, (gint64) messages->len + 60 * 400);
  g_assert_cmpint (total, >, 25 * (gint64) messages->len);
}

static void
test_varints (void)
{
  static const gint64 numbers[] = { 0,    1,    -1,         63,         64,         -64,       -65,
                                    8191, 8192, G_MAXINT32, G_MININT32, G_MAXINT64, G_MININT64 };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const guint8 *cursor, *end;
  guint64 value;

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    oh_varint_append (bytes, OH_ZIGZAG (numbers[i]));
  cursor = bytes->data;
  end = cursor + bytes->len;
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_assert_true (oh_varint_read (&cursor, end, &value));
      g_assert_cmpint (OH_UNZIGZAG (value), ==, numbers[i]);
    }
  g_assert_false (oh_varint_read (&cursor, end, &value));
  cursor = (const guint8 *) "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
  g_assert_false (oh_varint_read (&cursor, cursor + 12, &value));
}

static void
test_recipe (void)
{
  static const gint64 parts[] = { 1, 2, 3, 900, 4, 1000000007, 5 };
  OhRecipe recipe;
  OhRecipeIter iter;
  const guint8 *literal;
  gsize length;
  gint64 id;

  oh_recipe_init (&recipe);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      oh_recipe_add_part (&recipe, parts[i]);
      oh_recipe_add_literal (&recipe, ",xyz", i % 4 + 1);
    }
  oh_recipe_iter_init (&iter, recipe.ops->data, recipe.ops->len);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_assert_true (oh_recipe_iter_next (&iter, &id, &literal, &length));
      g_assert_cmpint (id, ==, parts[i]);
      g_assert_true (oh_recipe_iter_next (&iter, &id, &literal, &length));
      g_assert_cmpint (id, ==, 0);
      g_assert_cmpmem (literal, length, ",xyz", i % 4 + 1);
    }
  g_assert_false (oh_recipe_iter_next (&iter, &id, &literal, &length));
  g_assert_nonnull (iter.cursor);
  /* Every truncation is noticed or ends at a border; none reads beyond. */
  for (guint cut = 0; cut < recipe.ops->len; cut++)
    {
      g_autofree guint8 *copy = g_memdup2 (recipe.ops->data, MAX (cut, 1));

      oh_recipe_iter_init (&iter, copy, cut);
      while (oh_recipe_iter_next (&iter, &id, &literal, &length))
        ;
    }
  oh_recipe_clear (&recipe);
}

static void
test_packing (void)
{
  g_autoptr (OhPacker) packer = oh_packer_new ();
  g_autoptr (GByteArray) packed = g_byte_array_new ();
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  for (guint n = 0; n < 300; n++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GByteArray) out = g_byte_array_new ();
      g_autoptr (GByteArray) broken = g_byte_array_new ();

      if (n % 2 == 0)
        fixture_append_words (text, random, (gsize) g_rand_int_range (random, 0, 9000));
      else
        for (gint32 i = g_rand_int_range (random, 0, 9000); i > 0; i--)
          g_string_append_c (text, (char) g_rand_int (random));
      oh_packer_pack (packer, text->str, text->len, packed);
      g_assert_cmpuint (packed->len, <=, text->len + 1);
      g_assert_true (oh_packer_unpack (packer, packed->data, packed->len, text->len, out));
      g_assert_cmpmem (out->data, out->len, text->str, text->len);
      if (text->len > 0)
        {
          g_assert_false (oh_packer_unpack (packer, packed->data, packed->len, text->len - 1, broken));
          packed->data[g_rand_int_range (random, 0, (gint32) packed->len)] ^= 0x55;
          oh_packer_unpack (packer, packed->data, packed->len, text->len, broken);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parts/varints", test_varints);
  g_test_add_func ("/parts/recipe", test_recipe);
  g_test_add_func ("/parts/packing", test_packing);
  g_test_add_func ("/parts/generated", test_generated);
  g_test_add_func ("/parts/hostile", test_hostile);
  g_test_add_func ("/parts/history", test_history);
  return g_test_run ();
}
