/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-json-scan.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#define ONES G_GUINT64_CONSTANT (0x0101010101010101)
#define REPLACEMENT 0xfffd
#define TOPS G_GUINT64_CONSTANT (0x8080808080808080)

/* What the checker expects next:
 *   VALUE         a value
 *   FIRST_ELEMENT a value, or the end of an array
 *   FIRST_KEY     a name, or the end of an object
 *   KEY           a name
 *   COLON         the colon after a name
 *   AFTER         a comma or the end of what is open
 *   DONE          nothing but white space */
typedef enum
{
  EXPECT_VALUE,
  EXPECT_FIRST_ELEMENT,
  EXPECT_FIRST_KEY,
  EXPECT_KEY,
  EXPECT_COLON,
  EXPECT_AFTER,
  EXPECT_DONE,
} Expect;

/* One bit for each open container: 1 is an object. */
typedef struct
{
  guint8 *bits;
  gsize depth;
  gsize room; /* in levels */
} Stack;

static void
stack_push (Stack *stack, gboolean object)
{
  if (stack->depth == stack->room)
    {
      stack->room = MAX (stack->room * 2, 1024);
      stack->bits = g_realloc (stack->bits, stack->room / 8);
    }
  if (object)
    stack->bits[stack->depth / 8] |= (guint8) (1 << (stack->depth % 8));
  else
    stack->bits[stack->depth / 8] &= (guint8) ~(1 << (stack->depth % 8));
  stack->depth++;
}

static gboolean
stack_top (const Stack *stack)
{
  return (stack->bits[(stack->depth - 1) / 8] >> ((stack->depth - 1) % 8)) & 1;
}

static inline gboolean
is_space (char c)
{
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const char *
skip_space (const char *at, const char *end)
{
  while (at < end && is_space (*at))
    at++;
  return at;
}

/* The first byte of a string that is a quote, a backslash or a control character: eight bytes at a time. */
static inline const char *
skip_plain (const char *at, const char *end)
{
  while (end - at >= 8)
    {
      guint64 word, quote, backslash;

      memcpy (&word, at, 8);
      quote = word ^ (ONES * '"');
      backslash = word ^ (ONES * '\\');
      if ((((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) | ((word - ONES * 0x20) & ~word)) & TOPS)
        break;
      at += 8;
    }
  while (at < end && *at != '"' && *at != '\\' && (guchar) *at >= 0x20)
    at++;
  return at;
}

/* @at: after the opening quote. Returns: after the closing one, or NULL with the place of what is wrong in @wrong. */
static const char *
check_string (const char *at, const char *end, const char **wrong)
{
  for (;;)
    {
      at = skip_plain (at, end);
      if (at == end)
        break;
      if (*at == '"')
        return at + 1;
      if (*at != '\\')
        {
          *wrong = at;
          return NULL;
        }
      if (at + 1 == end)
        break;
      if (at[1] == 'u')
        {
          for (int i = 2; i < 6; i++)
            {
              if (at + i == end)
                {
                  *wrong = end;
                  return NULL;
                }
              if (!g_ascii_isxdigit (at[i]))
                {
                  *wrong = at + i;
                  return NULL;
                }
            }
          at += 6;
        }
      else if (at[1] != '\0' && strchr ("\"\\/bfnrt", at[1]) != NULL)
        at += 2;
      else
        {
          *wrong = at + 1;
          return NULL;
        }
    }
  *wrong = end;
  return NULL;
}

static const char *
skip_digits (const char *at, const char *end)
{
  while (at < end && g_ascii_isdigit (*at))
    at++;
  return at;
}

static const char *
check_number (const char *at, const char *end, const char **wrong)
{
  const char *start;

  if (*at == '-')
    at++;
  start = at;
  at = skip_digits (at, end);
  if (at == start || (*start == '0' && at - start > 1))
    {
      *wrong = at == start ? at : start + 1;
      return NULL;
    }
  if (at < end && *at == '.')
    {
      start = ++at;
      at = skip_digits (at, end);
      if (at == start)
        {
          *wrong = at;
          return NULL;
        }
    }
  if (at < end && (*at == 'e' || *at == 'E'))
    {
      at++;
      if (at < end && (*at == '+' || *at == '-'))
        at++;
      start = at;
      at = skip_digits (at, end);
      if (at == start)
        {
          *wrong = at;
          return NULL;
        }
    }
  return at;
}

static const char *
check_word (const char *at, const char *end, const char *word, const char **wrong)
{
  for (; *word != '\0'; word++, at++)
    if (at == end || *at != *word)
      {
        *wrong = at;
        return NULL;
      }
  return at;
}

static const char *
check_scalar (const char *at, const char *end, const char **wrong)
{
  switch (*at)
    {
    case '"':
      return check_string (at + 1, end, wrong);
    case 't':
      return check_word (at, end, "true", wrong);
    case 'f':
      return check_word (at, end, "false", wrong);
    case 'n':
      return check_word (at, end, "null", wrong);
    default:
      if (*at == '-' || g_ascii_isdigit (*at))
        return check_number (at, end, wrong);
      *wrong = at;
      return NULL;
    }
}

/* Returns: NULL if the text is sound, otherwise the place of the first byte that is not. */
static const char *
check (const char *text, const char *end)
{
  Stack stack = { 0 };
  Expect expect = EXPECT_VALUE;
  const char *at = text;
  const char *wrong = NULL;

  while (wrong == NULL)
    {
      at = skip_space (at, end);
      if (at == end)
        {
          if (expect != EXPECT_DONE)
            wrong = end;
          break;
        }
      switch (expect)
        {
        case EXPECT_FIRST_ELEMENT:
        case EXPECT_VALUE:
          if (*at == ']' && expect == EXPECT_FIRST_ELEMENT)
            {
              stack.depth--;
              at++;
              expect = EXPECT_AFTER;
            }
          else if (*at == '{' || *at == '[')
            {
              stack_push (&stack, *at == '{');
              expect = *at == '{' ? EXPECT_FIRST_KEY : EXPECT_FIRST_ELEMENT;
              at++;
            }
          else
            {
              const char *next = check_scalar (at, end, &wrong);

              if (next != NULL)
                at = next;
              expect = EXPECT_AFTER;
            }
          break;
        case EXPECT_FIRST_KEY:
        case EXPECT_KEY:
          if (*at == '}' && expect == EXPECT_FIRST_KEY)
            {
              stack.depth--;
              at++;
              expect = EXPECT_AFTER;
            }
          else if (*at == '"')
            {
              const char *next = check_string (at + 1, end, &wrong);

              if (next != NULL)
                at = next;
              expect = EXPECT_COLON;
            }
          else
            wrong = at;
          break;
        case EXPECT_COLON:
          if (*at == ':')
            at++;
          else
            wrong = at;
          expect = EXPECT_VALUE;
          break;
        case EXPECT_AFTER:
          if (*at == ',')
            expect = stack_top (&stack) ? EXPECT_KEY : EXPECT_VALUE;
          else if (*at == (stack_top (&stack) ? '}' : ']'))
            stack.depth--;
          else
            wrong = at;
          at++;
          break;
        case EXPECT_DONE:
          wrong = at;
          break;
        default:
          g_assert_not_reached ();
        }
      if (expect == EXPECT_AFTER && stack.depth == 0)
        expect = EXPECT_DONE;
    }
  g_free (stack.bits);
  return wrong;
}

/* @at: after the opening quote. Returns: after the closing one, or @end. */
static const char *
skip_string (const char *at, const char *end)
{
  const char *start = at;
  const char *quote;

  while ((quote = memchr (at, '"', (gsize) (end - at))) != NULL)
    {
      const char *before = quote;

      while (before > start && before[-1] == '\\')
        before--;
      if ((quote - before) % 2 == 0)
        return quote + 1;
      start = at = quote + 1;
    }
  return end;
}

/* The end of the value that begins at @at. */
static const char *
skip_value (const char *at, const char *end)
{
  gsize depth = 0;

  while (at < end)
    {
      switch (*at)
        {
        case '"':
          at = skip_string (at + 1, end);
          break;
        case '{':
        case '[':
          depth++;
          at++;
          break;
        case '}':
        case ']':
          if (depth == 0)
            return at;
          depth--;
          at++;
          break;
        default:
          if (depth == 0)
            {
              while (at < end && !is_space (*at) && strchr (",:{}[]\"", *at) == NULL)
                at++;
              return at;
            }
          at++;
          continue;
        }
      if (depth == 0)
        return at;
    }
  return end;
}

static gunichar
read_escape (const char *at)
{
  gunichar c = 0;

  for (int i = 0; i < 4; i++)
    c = c * 16 + (gunichar) MAX (g_ascii_xdigit_value (at[i]), 0);
  return c;
}

/* Appends what the string between the quotes says; bytes that are not UTF-8 go through. @nul: what stands for a NUL */
static void
unescape (const char *at, const char *end, gunichar nul, GString *out)
{
  while (at < end)
    {
      const char *backslash = memchr (at, '\\', (gsize) (end - at));
      gunichar c;

      if (backslash == NULL || backslash + 1 >= end)
        {
          g_string_append_len (out, at, end - at);
          return;
        }
      g_string_append_len (out, at, backslash - at);
      at = backslash + 2;
      switch (backslash[1])
        {
        case 'b':
          g_string_append_c (out, '\b');
          break;
        case 'f':
          g_string_append_c (out, '\f');
          break;
        case 'n':
          g_string_append_c (out, '\n');
          break;
        case 'r':
          g_string_append_c (out, '\r');
          break;
        case 't':
          g_string_append_c (out, '\t');
          break;
        case 'u':
          if (end - at < 4)
            return;
          c = read_escape (at);
          at += 4;
          if (c >= 0xd800 && c < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u')
            {
              gunichar low = read_escape (at + 2);

              if (low >= 0xdc00 && low < 0xe000)
                {
                  c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                  at += 6;
                }
            }
          /* A lone surrogate is no character. */
          if (c >= 0xd800 && c < 0xe000)
            c = REPLACEMENT;
          g_string_append_unichar (out, c != 0 ? c : nul);
          break;
        default:
          g_string_append_c (out, backslash[1]);
          break;
        }
    }
}

const char *
oh_json_find_half (OhJson value, const char **nul)
{
  const char *end = value.text + value.length;
  const char *at = value.text;

  g_return_val_if_fail (nul != NULL, NULL);
  *nul = NULL;
  /* Only strings have backslashes. */
  while (at < end && (at = memchr (at, '\\', (gsize) (end - at))) != NULL)
    {
      gunichar c;

      if (end - at < 6 || at[1] != 'u')
        {
          at += 2;
          continue;
        }
      c = read_escape (at + 2);
      if (c >= 0xd800 && c < 0xdc00 && end - at >= 12 && at[6] == '\\' && at[7] == 'u' &&
          (read_escape (at + 8) & 0xfc00) == 0xdc00)
        at += 12;
      else if (c >= 0xd800 && c < 0xe000)
        return at;
      else
        {
          if (c == 0 && *nul == NULL)
            *nul = at;
          at += 6;
        }
    }
  return NULL;
}

gboolean
oh_json_parse (const char *text, gsize length, OhJson *value, char **problem)
{
  const char *end, *wrong;

  g_return_val_if_fail (text != NULL || length == 0, FALSE);
  g_return_val_if_fail (value != NULL, FALSE);
  *value = (OhJson) { NULL, 0 };
  if (length == 0)
    {
      if (problem != NULL)
        *problem = g_strdup (_("it is empty"));
      return FALSE;
    }
  end = text + length;
  wrong = check (text, end);
  if (wrong == NULL)
    {
      value->text = skip_space (text, end);
      while (end > value->text && is_space (end[-1]))
        end--;
      value->length = (gsize) (end - value->text);
      return TRUE;
    }
  if (problem != NULL)
    {
      if (wrong == end)
        *problem = g_strdup_printf (_("it ends too early, at byte %zu"), length);
      else if ((guchar) *wrong < 0x20 || (guchar) *wrong >= 0x7f)
        *problem = g_strdup_printf (_("byte 0x%02x is out of place at byte %zu"), (guchar) *wrong,
                                    (gsize) (wrong - text));
      else
        *problem = g_strdup_printf (_("“%c” is out of place at byte %zu"), *wrong, (gsize) (wrong - text));
    }
  return FALSE;
}

OhJsonKind
oh_json_get_kind (OhJson value)
{
  if (value.length == 0)
    return OH_JSON_NONE;
  switch (*value.text)
    {
    case '{':
      return OH_JSON_OBJECT;
    case '[':
      return OH_JSON_ARRAY;
    case '"':
      return value.length >= 2 ? OH_JSON_STRING : OH_JSON_NONE;
    case 't':
    case 'f':
      return OH_JSON_BOOLEAN;
    case 'n':
      return OH_JSON_NULL;
    default:
      return OH_JSON_NUMBER;
    }
}

void
oh_json_iter_init (OhJsonIter *iter, OhJson container)
{
  OhJsonKind kind = oh_json_get_kind (container);

  g_return_if_fail (iter != NULL);
  *iter = (OhJsonIter) { NULL, NULL, kind == OH_JSON_OBJECT };
  if ((kind == OH_JSON_OBJECT || kind == OH_JSON_ARRAY) && container.length >= 2)
    {
      iter->at = container.text + 1;
      iter->end = container.text + container.length - 1;
    }
}

gboolean
oh_json_iter_next (OhJsonIter *iter, OhJson *key, OhJson *value)
{
  const char *start;

  g_return_val_if_fail (iter != NULL && value != NULL, FALSE);
  if (key != NULL)
    *key = (OhJson) { NULL, 0 };
  if (iter->object)
    {
      while (iter->at < iter->end && *iter->at != '"')
        iter->at++;
      if (iter->at >= iter->end)
        return FALSE;
      start = iter->at;
      iter->at = skip_string (iter->at + 1, iter->end);
      if (key != NULL)
        *key = (OhJson) { start, (gsize) (iter->at - start) };
      while (iter->at < iter->end && (is_space (*iter->at) || *iter->at == ':'))
        iter->at++;
    }
  else
    while (iter->at < iter->end && (is_space (*iter->at) || *iter->at == ','))
      iter->at++;
  if (iter->at >= iter->end)
    return FALSE;
  start = iter->at;
  iter->at = skip_value (start, iter->end);
  *value = (OhJson) { start, (gsize) (iter->at - start) };
  return iter->at > start;
}

gboolean
oh_json_is (OhJson value, const char *text)
{
  gsize length;

  g_return_val_if_fail (text != NULL, FALSE);
  if (oh_json_get_kind (value) != OH_JSON_STRING)
    return FALSE;
  length = strlen (text);
  if (value.length == length + 2 && memcmp (value.text + 1, text, length) == 0)
    return memchr (text, '\\', length) == NULL;
  if (value.length > length + 2 && memchr (value.text, '\\', value.length) != NULL)
    {
      g_autofree char *said = oh_json_dup_string (value);

      return strcmp (said, text) == 0;
    }
  return FALSE;
}

OhJson
oh_json_get (OhJson object, const char *name)
{
  OhJson found = { NULL, 0 };
  OhJson key, value;
  OhJsonIter iter;

  if (oh_json_get_kind (object) != OH_JSON_OBJECT)
    return found;
  oh_json_iter_init (&iter, object);
  while (oh_json_iter_next (&iter, &key, &value))
    if (oh_json_is (key, name))
      found = value;
  return found;
}

OhJson
oh_json_get_path (OhJson object, ...)
{
  const char *name;
  va_list names;

  va_start (names, object);
  while ((name = va_arg (names, const char *)) != NULL)
    object = oh_json_get (object, name);
  va_end (names);
  return object;
}

gboolean
oh_json_append_string (OhJson value, GString *out)
{
  gsize before;

  g_return_val_if_fail (out != NULL, FALSE);
  if (oh_json_get_kind (value) != OH_JSON_STRING)
    return FALSE;
  before = out->len;
  /* A C string cannot hold NUL. */
  unescape (value.text + 1, value.text + value.length - 1, REPLACEMENT, out);
  if (!g_utf8_validate_len (out->str + before, out->len - before, NULL))
    {
      g_autofree char *valid = g_utf8_make_valid (out->str + before, (gssize) (out->len - before));

      g_string_truncate (out, before);
      g_string_append (out, valid);
    }
  return TRUE;
}

char *
oh_json_dup_string (OhJson value)
{
  GString *text;

  if (oh_json_get_kind (value) != OH_JSON_STRING)
    return NULL;
  text = g_string_sized_new (value.length);
  oh_json_append_string (value, text);
  return g_string_free (text, FALSE);
}

GBytes *
oh_json_dup_bytes (OhJson value)
{
  GString *bytes;

  if (oh_json_get_kind (value) != OH_JSON_STRING)
    return NULL;
  bytes = g_string_sized_new (value.length);
  unescape (value.text + 1, value.text + value.length - 1, 0, bytes);
  return g_string_free_to_bytes (bytes);
}

gint64
oh_json_get_int (OhJson value, gint64 fallback)
{
  char digits[64];
  double number;

  if (oh_json_get_kind (value) != OH_JSON_NUMBER || value.length >= sizeof digits)
    return fallback;
  memcpy (digits, value.text, value.length);
  digits[value.length] = '\0';
  if (strpbrk (digits, ".eE") == NULL)
    return g_ascii_strtoll (digits, NULL, 10);
  number = g_ascii_strtod (digits, NULL);
  if (isnan (number))
    return fallback;
  if (number >= 9.2e18)
    return G_MAXINT64;
  if (number <= -9.2e18)
    return G_MININT64;
  return (gint64) number;
}

gboolean
oh_json_get_boolean (OhJson value)
{
  return value.length > 0 && *value.text == 't';
}

char *
oh_json_dup (OhJson value)
{
  if (value.length == 0)
    return NULL;
  return g_utf8_validate_len (value.text, value.length, NULL) ? g_strndup (value.text, value.length)
                                                              : g_utf8_make_valid (value.text, (gssize) value.length);
}

void
oh_json_quote (GString *out, const char *text, gssize length)
{
  g_autofree char *latin = NULL;
  const char *end;
  gsize size;

  g_return_if_fail (out != NULL && text != NULL);
  size = length < 0 ? strlen (text) : (gsize) length;
  if (!g_utf8_validate_len (text, size, NULL) && memchr (text, '\0', size) == NULL)
    text = latin = g_convert (text, (gssize) size, "UTF-8", "ISO-8859-1", NULL, &size, NULL);
  end = text + size;
  g_string_append_c (out, '"');
  while (text < end)
    {
      const char *plain = skip_plain (text, end);

      g_string_append_len (out, text, plain - text);
      text = plain;
      if (text == end)
        break;
      switch (*text)
        {
        case '"':
        case '\\':
          g_string_append_c (out, '\\');
          g_string_append_c (out, *text);
          break;
        case '\n':
          g_string_append (out, "\\n");
          break;
        case '\r':
          g_string_append (out, "\\r");
          break;
        case '\t':
          g_string_append (out, "\\t");
          break;
        default:
          g_string_append_printf (out, "\\u%04x", (guchar) *text);
          break;
        }
      text++;
    }
  g_string_append_c (out, '"');
}
