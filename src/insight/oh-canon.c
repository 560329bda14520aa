/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-canon.h"

#include "oh-providers.h"

#include <string.h>

#define MAX_DEPTH 256
/* Ends a string in the canonical form: no UTF-8 has this byte. */
#define END_OF_STRING '\xff'

typedef struct
{
  const char *at;
  const char *end;
} Cursor;

typedef struct
{
  const char *key; /* points into keys while it grows no more */
  gsize key_at;
  gsize value_at; /* in the output */
  gsize value_end;
  guint order;
} Member;

static void
skip_space (Cursor *cursor)
{
  while (cursor->at < cursor->end && strchr (" \t\r\n", *cursor->at) != NULL && *cursor->at != '\0')
    cursor->at++;
}

static gboolean
read_hex (Cursor *cursor, gunichar *out)
{
  *out = 0;
  if (cursor->end - cursor->at < 4)
    return FALSE;
  for (guint i = 0; i < 4; i++)
    {
      int digit = g_ascii_xdigit_value (*cursor->at++);

      if (digit < 0)
        return FALSE;
      *out = *out * 16 + (gunichar) digit;
    }
  return TRUE;
}

static gboolean
read_escape (Cursor *cursor, GString *out)
{
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *known;
  gunichar c, low;

  if (cursor->at >= cursor->end || *cursor->at == '\0')
    return FALSE;
  known = strchr (from, *cursor->at);
  if (known != NULL)
    {
      cursor->at++;
      g_string_append_c (out, to[known - from]);
      return TRUE;
    }
  if (*cursor->at++ != 'u' || !read_hex (cursor, &c))
    return FALSE;
  if (c >= 0xd800 && c < 0xdc00 && cursor->end - cursor->at >= 6 && cursor->at[0] == '\\' && cursor->at[1] == 'u')
    {
      Cursor ahead = { cursor->at + 2, cursor->end };

      if (read_hex (&ahead, &low) && low >= 0xdc00 && low < 0xe000)
        {
          c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
          cursor->at = ahead.at;
        }
    }
  /* A lone surrogate is kept apart from everything else by its number. */
  if (c >= 0xd800 && c < 0xe000)
    g_string_append_printf (out, "\xfe%x", c);
  else
    g_string_append_unichar (out, c);
  return TRUE;
}

/* Appends the decoded string and its end mark; the cursor stands behind the opening quote. */
static gboolean
read_string (Cursor *cursor, GString *out)
{
  for (;;)
    {
      const char *start = cursor->at;

      while (cursor->at < cursor->end && *cursor->at != '"' && *cursor->at != '\\')
        cursor->at++;
      g_string_append_len (out, start, cursor->at - start);
      if (cursor->at >= cursor->end)
        return FALSE;
      if (*cursor->at++ == '"')
        break;
      if (!read_escape (cursor, out))
        return FALSE;
    }
  g_string_append_c (out, END_OF_STRING);
  return TRUE;
}

static gboolean
read_word (Cursor *cursor, GString *out)
{
  const char *start = cursor->at;
  gsize length;
  g_autofree char *word = NULL;
  char *after = NULL;
  double number;
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  while (cursor->at < cursor->end && (g_ascii_isalnum (*cursor->at) || strchr ("+-.", *cursor->at) != NULL) &&
         *cursor->at != '\0')
    cursor->at++;
  length = (gsize) (cursor->at - start);
  word = g_strndup (start, length);
  if (strcmp (word, "true") == 0 || strcmp (word, "false") == 0 || strcmp (word, "null") == 0)
    {
      g_string_append (out, word);
      return TRUE;
    }
  if (length == 0 || (!g_ascii_isdigit (word[0]) && word[0] != '-') || strpbrk (word, "xXnN") != NULL)
    return FALSE;
  if (strpbrk (word, ".eE") == NULL && strspn (word, "-0123456789") == length)
    {
      g_string_append_len (out, word, (gssize) length);
      return TRUE;
    }
  number = g_ascii_strtod (word, &after);
  if (after == NULL || *after != '\0')
    return FALSE;
  g_string_append (out, g_ascii_formatd (digits, sizeof digits, "%.17g", number));
  return TRUE;
}

static gint
compare_members (gconstpointer a, gconstpointer b)
{
  const Member *one = a, *two = b;
  int order = strcmp (one->key, two->key);

  return order != 0 ? order : one->order < two->order ? -1 : 1;
}

static gboolean read_value (Cursor *cursor, GString *out, OhCanonKind kind, guint depth);

/* A content that is a string is one text block. */
static gboolean
read_content (Cursor *cursor, GString *out, OhCanonKind kind, guint depth)
{
  if (cursor->at < cursor->end && *cursor->at == '"')
    {
      cursor->at++;
      g_string_append (out, "[{text\xffs");
      if (!read_string (cursor, out))
        return FALSE;
      g_string_append (out, "type\xffstext\xff}]");
      return TRUE;
    }
  return read_value (cursor, out, kind, depth);
}

/* How the member @key of an object of that kind is read. */
static OhCanonKind
get_member_kind (OhCanonKind kind, const char *key)
{
  if (kind == OH_CANON_EXACT)
    return OH_CANON_EXACT;
  if (kind == OH_CANON_PROMPT && (strcmp (key, "input\xff") == 0 || strcmp (key, "input_schema\xff") == 0))
    return OH_CANON_EXACT;
  return OH_CANON_VALUE;
}

/* Writes the members in the order of their keys, or where that counts in the order in which they came. */
static void
write_members (GString *out, gsize start, GArray *members, GString *keys, OhCanonKind kind)
{
  g_autofree char *values = g_memdup2 (out->str + start, out->len - start + 1);

  for (guint i = 0; i < members->len; i++)
    {
      Member *member = &g_array_index (members, Member, i);

      member->key = keys->str + member->key_at;
    }
  if (kind != OH_CANON_EXACT)
    g_array_sort (members, compare_members);
  g_string_truncate (out, start);
  for (guint i = 0; i < members->len; i++)
    {
      const Member *member = &g_array_index (members, Member, i);

      g_string_append (out, member->key);
      g_string_append_len (out, values + (member->value_at - start), (gssize) (member->value_end - member->value_at));
    }
}

static gboolean
read_object (Cursor *cursor, GString *out, OhCanonKind kind, guint depth)
{
  g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (Member));
  g_autoptr (GString) keys = g_string_new (NULL);
  gsize start;

  g_string_append_c (out, '{');
  start = out->len;
  skip_space (cursor);
  if (cursor->at < cursor->end && *cursor->at == '}')
    {
      cursor->at++;
      g_string_append_c (out, '}');
      return TRUE;
    }
  for (;;)
    {
      Member member = { .key_at = keys->len, .value_at = out->len, .order = members->len };
      gboolean is_block = kind == OH_CANON_BLOCK || kind == OH_CANON_PROMPT;
      gboolean dropped, read;

      skip_space (cursor);
      if (cursor->at >= cursor->end || *cursor->at++ != '"' || !read_string (cursor, keys))
        return FALSE;
      g_string_append_c (keys, '\0');
      skip_space (cursor);
      if (cursor->at >= cursor->end || *cursor->at++ != ':')
        return FALSE;
      skip_space (cursor);
      if (is_block && strcmp (keys->str + member.key_at, "content\xff") == 0)
        read = read_content (cursor, out, kind, depth);
      else
        read = read_value (cursor, out, get_member_kind (kind, keys->str + member.key_at), depth);
      if (!read)
        return FALSE;
      dropped = (kind != OH_CANON_EXACT && out->len - member.value_at == 4 &&
                 memcmp (out->str + member.value_at, "null", 4) == 0) ||
                (is_block && strcmp (keys->str + member.key_at, "cache_control\xff") == 0);
      if (dropped)
        g_string_truncate (out, member.value_at);
      else
        {
          member.value_end = out->len;
          g_array_append_val (members, member);
        }
      skip_space (cursor);
      if (cursor->at >= cursor->end)
        return FALSE;
      if (*cursor->at == '}')
        break;
      if (*cursor->at++ != ',')
        return FALSE;
    }
  cursor->at++;
  write_members (out, start, members, keys, kind);
  g_string_append_c (out, '}');
  return TRUE;
}

static gboolean
read_array (Cursor *cursor, GString *out, OhCanonKind kind, guint depth)
{
  g_string_append_c (out, '[');
  skip_space (cursor);
  if (cursor->at < cursor->end && *cursor->at == ']')
    {
      cursor->at++;
      g_string_append_c (out, ']');
      return TRUE;
    }
  for (;;)
    {
      skip_space (cursor);
      if (!read_value (cursor, out, kind, depth))
        return FALSE;
      skip_space (cursor);
      if (cursor->at >= cursor->end)
        return FALSE;
      if (*cursor->at == ']')
        break;
      if (*cursor->at++ != ',')
        return FALSE;
      g_string_append_c (out, ',');
    }
  cursor->at++;
  g_string_append_c (out, ']');
  return TRUE;
}

static gboolean
read_value (Cursor *cursor, GString *out, OhCanonKind kind, guint depth)
{
  if (cursor->at >= cursor->end || depth >= MAX_DEPTH)
    return FALSE;
  switch (*cursor->at)
    {
    case '{':
      cursor->at++;
      return read_object (cursor, out, kind, depth + 1);
    case '[':
      cursor->at++;
      return read_array (cursor, out, kind, depth + 1);
    case '"':
      cursor->at++;
      g_string_append_c (out, 's');
      return read_string (cursor, out);
    default:
      return read_word (cursor, out);
    }
}

gboolean
oh_canon_append (GString *out, const char *json, gssize length, OhCanonKind kind)
{
  Cursor cursor;
  gsize start;

  g_return_val_if_fail (out != NULL && json != NULL, FALSE);
  cursor.at = json;
  cursor.end = json + (length < 0 ? strlen (json) : (gsize) length);
  start = out->len;
  skip_space (&cursor);
  if (read_value (&cursor, out, kind, 0))
    {
      skip_space (&cursor);
      if (cursor.at == cursor.end)
        return TRUE;
    }
  g_string_truncate (out, start);
  g_string_append_c (out, '!');
  g_string_append_len (out, json, cursor.end - json);
  return FALSE;
}

static void
append_member (GString *out, const char *key, const char *value)
{
  if (value == NULL)
    return;
  g_string_append (out, key);
  g_string_append_c (out, END_OF_STRING);
  g_string_append_c (out, 's');
  g_string_append (out, value);
  g_string_append_c (out, END_OF_STRING);
}

/* A block that has no JSON of its own: a content that was a string, or an answer put together from a stream. The keys
 * are in the order of the alphabet. */
static void
append_fields (GString *out, const OhBlock *block, OhCanonKind kind)
{
  gboolean thinking = strcmp (block->type, "thinking") == 0;

  g_string_append_c (out, '{');
  append_member (out, "id", block->id);
  if (block->input != NULL)
    {
      g_string_append (out, "input\xff");
      oh_canon_append (out, block->input, -1, kind == OH_CANON_PROMPT ? OH_CANON_EXACT : OH_CANON_VALUE);
    }
  append_member (out, "name", block->name);
  append_member (out, "signature", block->signature);
  append_member (out, thinking ? "thinking" : "text", block->text);
  append_member (out, "type", block->type);
  g_string_append_c (out, '}');
}

void
oh_canon_append_block (GString *out, const OhBlock *block, OhCanonKind kind)
{
  g_return_if_fail (out != NULL && block != NULL);
  if (block->json != NULL && *block->json == '{')
    oh_canon_append (out, block->json, -1, kind);
  else
    append_fields (out, block, kind);
}

void
oh_canon_append_gist (GString *out, const OhBlock *block)
{
  g_return_if_fail (out != NULL && block != NULL);
  if (oh_canon_is_thinking (block))
    return;
  if (strcmp (block->type, "text") == 0)
    {
      for (const char *at = block->text != NULL ? block->text : ""; *at != '\0'; at++)
        if (!g_ascii_isspace (*at))
          g_string_append_c (out, *at);
      return;
    }
  g_string_append_printf (out, "\xff%s\xff%s\xff", block->type, block->id != NULL ? block->id : "");
  if (block->input != NULL)
    {
      g_string_append (out, block->name != NULL ? block->name : "");
      g_string_append_c (out, END_OF_STRING);
      oh_canon_append (out, *block->input != '\0' ? block->input : "{}", -1, OH_CANON_VALUE);
    }
}

guint64
oh_canon_hash (const void *data, gsize length)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize size = sizeof digest;
  guint64 hash = 0;

  g_return_val_if_fail (data != NULL || length == 0, 1);
  for (gsize done = 0; done < length;)
    {
      gsize piece = MIN (length - done, 1u << 30);

      g_checksum_update (checksum, (const guchar *) data + done, (gssize) piece);
      done += piece;
    }
  g_checksum_get_digest (checksum, digest, &size);
  for (guint i = 0; i < 8; i++)
    hash = hash << 8 | digest[i];
  return hash != 0 ? hash : 1;
}

guint64
oh_canon_hash_json (const char *json, OhCanonKind kind)
{
  g_autoptr (GString) canon = g_string_new (NULL);

  g_return_val_if_fail (json != NULL, 1);
  oh_canon_append (canon, json, -1, kind);
  return oh_canon_hash (canon->str, canon->len);
}

gboolean
oh_canon_is_thinking (const OhBlock *block)
{
  g_return_val_if_fail (block != NULL, FALSE);
  return strcmp (block->type, "thinking") == 0 || strcmp (block->type, "redacted_thinking") == 0;
}

const char *
oh_canon_get_behind_billing (const OhBlock *block)
{
  const OhProviderProgram *program = NULL;
  const char *end;

  g_return_val_if_fail (block != NULL, NULL);
  if (block->text == NULL)
    return NULL;
  while ((program = oh_providers_next_program (program)) != NULL)
    if (g_str_has_prefix (block->text, program->changing))
      break;
  if (program == NULL)
    return NULL;
  end = strchr (block->text, '\n');
  return end != NULL ? end + 1 : "";
}
