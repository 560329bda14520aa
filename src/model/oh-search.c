/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-search.h"

#include "oh-clock.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

G_DEFINE_QUARK (oh-search-error-quark, oh_search_error)

#define MAX_DEPTH 64

typedef enum
{
  VALUE_TEXT,
  VALUE_IS,
  VALUE_NUMBER,
  VALUE_DOLLARS,
  VALUE_DURATION,
  VALUE_TIME,
} ValueKind;

static const struct
{
  const char *name;
  ValueKind kind;
} fields[OH_SEARCH_N_FIELDS] = {
  [OH_SEARCH_MODEL] = { "model", VALUE_TEXT },       [OH_SEARCH_HOST] = { "host", VALUE_TEXT },
  [OH_SEARCH_PATH] = { "path", VALUE_TEXT },         [OH_SEARCH_METHOD] = { "method", VALUE_TEXT },
  [OH_SEARCH_TOOL] = { "tool", VALUE_TEXT },         [OH_SEARCH_RUN] = { "run", VALUE_TEXT },
  [OH_SEARCH_SESSION] = { "session", VALUE_TEXT },   [OH_SEARCH_USER] = { "user", VALUE_TEXT },
  [OH_SEARCH_TRACE] = { "trace", VALUE_TEXT },       [OH_SEARCH_STOP] = { "stop", VALUE_TEXT },
  [OH_SEARCH_ERROR_TYPE] = { "error", VALUE_TEXT },  [OH_SEARCH_PROVIDER] = { "provider", VALUE_TEXT },
  [OH_SEARCH_PROGRAM] = { "program", VALUE_TEXT },
  [OH_SEARCH_KIND] = { "kind", VALUE_TEXT },         [OH_SEARCH_LEVEL] = { "level", VALUE_TEXT },
  [OH_SEARCH_IS] = { "is", VALUE_IS },               [OH_SEARCH_ID] = { "id", VALUE_NUMBER },
  [OH_SEARCH_STATUS] = { "status", VALUE_NUMBER },   [OH_SEARCH_TOKENS] = { "tokens", VALUE_NUMBER },
  [OH_SEARCH_COST] = { "cost", VALUE_DOLLARS },      [OH_SEARCH_DURATION] = { "duration", VALUE_DURATION },
  [OH_SEARCH_TTFT] = { "ttft", VALUE_DURATION },     [OH_SEARCH_BEFORE] = { "before", VALUE_TIME },
  [OH_SEARCH_AFTER] = { "after", VALUE_TIME },
};

static const char *const is_names[] = { "error", "retried", "streaming", "running",   "cut",
                                        "failed", "pinned", "cached",    "incomplete" };

typedef enum
{
  TOKEN_END,
  TOKEN_OPEN,
  TOKEN_CLOSE,
  TOKEN_AND,
  TOKEN_OR,
  TOKEN_NOT,
  TOKEN_TEXT,  /* text */
  TOKEN_FIELD, /* field, operator, text */
  TOKEN_SIDE,  /* in:request, in:response, in:console: side */
} TokenKind;

typedef struct
{
  const char *input;
  gsize at;
  gint64 now_ns;
  GArray *spans;
  guint depth;

  TokenKind token;
  gsize token_start;
  gsize value_start;
  char *text;
  gboolean quoted;
  OhSearchFieldId field;
  OhSearchOperator operator;
  OhSearchSide side;
} Parser;

static OhSearch *parse_any (Parser *parser, GError **error);

static OhSearch *
search_new (OhSearchKind kind)
{
  OhSearch *self = g_new0 (OhSearch, 1);

  self->kind = kind;
  return self;
}

static void
add_span (Parser *parser, gsize start, gsize end, OhSearchSpanKind kind)
{
  OhSearchSpan span = { start, end, kind };

  if (end > start)
    g_array_append_val (parser->spans, span);
}

/* Marks a piece of the text as wrong and says why. Positions are told in characters, from 1. */
static gboolean G_GNUC_PRINTF (6, 7)
fail (Parser *parser, gsize start, gsize end, OhSearchError code, GError **error, const char *format, ...)
{
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  add_span (parser, start, end, OH_SEARCH_SPAN_WRONG);
  g_set_error (error, OH_SEARCH_ERROR, code, _ ("At character %ld: %s"),
               g_utf8_pointer_to_offset (parser->input, parser->input + start) + 1, why);
  return FALSE;
}

static gboolean
is_word_end (char c)
{
  return c == '\0' || g_ascii_isspace (c) || c == '(' || c == ')' || c == '"';
}

/* Reads a bare or quoted value at parser->at. In quotes, \" and \\ stand for themselves. */
static gboolean
read_value (Parser *parser, GError **error)
{
  const char *p = parser->input + parser->at;
  gsize start = parser->at;

  g_clear_pointer (&parser->text, g_free);
  parser->value_start = start;
  parser->quoted = *p == '"';
  if (parser->quoted)
    {
      GString *text = g_string_new (NULL);

      for (p++; *p != '\0' && *p != '"'; p++)
        {
          if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
            p++;
          g_string_append_c (text, *p);
        }
      parser->text = g_string_free (text, FALSE);
      if (*p == '\0')
        {
          parser->at = (gsize) (p - parser->input);
          return fail (parser, start, parser->at, OH_SEARCH_ERROR_SYNTAX, error, "%s",
                       _ ("a quotation mark is opened and never closed."));
        }
      p++;
    }
  else
    {
      while (!is_word_end (*p))
        p++;
      parser->text = g_strndup (parser->input + start, (gsize) (p - parser->input) - start);
    }
  parser->at = (gsize) (p - parser->input);
  return TRUE;
}

/* The operator after a field name, and its length; 0: none. */
static gsize
match_operator (const char *p, OhSearchOperator *operator)
{
  if (g_str_has_prefix (p, ">="))
    return *operator= OH_SEARCH_GREATER_EQUAL, 2;
  if (g_str_has_prefix (p, "<="))
    return *operator= OH_SEARCH_LESS_EQUAL, 2;
  if (*p == '>')
    return *operator= OH_SEARCH_GREATER, 1;
  if (*p == '<')
    return *operator= OH_SEARCH_LESS, 1;
  if (*p == '=')
    return *operator= OH_SEARCH_EQUAL, 1;
  if (*p == ':')
    return *operator= OH_SEARCH_CONTAINS, 1;
  return 0;
}

/* Whether a field name with an operator stands at parser->at; a word such as "http://x" or "12:30" is text. */
static gboolean
read_field (Parser *parser, gboolean *found, GError **error)
{
  const char *p = parser->input + parser->at;
  gsize length = strspn (p, "abcdefghijklmnopqrstuvwxyz");
  gsize operator_length;

  *found = FALSE;
  operator_length = match_operator (p + length, &parser->operator);
  if (length == 0 || operator_length == 0 || g_str_has_prefix (p + length, "://"))
    return TRUE;
  *found = TRUE;
  add_span (parser, parser->at, parser->at + length + operator_length, OH_SEARCH_SPAN_FIELD);
  for (guint i = 0; i < OH_SEARCH_N_FIELDS; i++)
    if (strlen (fields[i].name) == length && strncmp (fields[i].name, p, length) == 0)
      {
        parser->token = TOKEN_FIELD;
        parser->field = (OhSearchFieldId) i;
        parser->at += length + operator_length;
        return read_value (parser, error);
      }
  if (length == 2 && strncmp (p, "in", 2) == 0 && parser->operator == OH_SEARCH_CONTAINS)
    {
      parser->token = TOKEN_SIDE;
      parser->at += length + operator_length;
      if (!read_value (parser, error))
        return FALSE;
      if (strcmp (parser->text, "request") == 0)
        parser->side = OH_SEARCH_IN_REQUEST;
      else if (strcmp (parser->text, "response") == 0)
        parser->side = OH_SEARCH_IN_RESPONSE;
      else if (strcmp (parser->text, "console") == 0)
        parser->side = OH_SEARCH_IN_CONSOLE;
      else
        return fail (parser, parser->value_start, parser->at, OH_SEARCH_ERROR_VALUE, error, "%s",
                     _ ("after “in:” comes request, response or console."));
      add_span (parser, parser->value_start, parser->at, OH_SEARCH_SPAN_VALUE);
      return TRUE;
    }
  return fail (parser, parser->at, parser->at + length, OH_SEARCH_ERROR_FIELD, error,
               _ ("there is no field “%.*s”. To search for it as text, put it in quotation marks."), (int) length, p);
}

static gboolean
next_token (Parser *parser, GError **error)
{
  gboolean found;

  while (g_ascii_isspace (parser->input[parser->at]))
    parser->at++;
  parser->token_start = parser->at;
  switch (parser->input[parser->at])
    {
    case '\0':
      parser->token = TOKEN_END;
      return TRUE;
    case '(':
    case ')':
      parser->token = parser->input[parser->at] == '(' ? TOKEN_OPEN : TOKEN_CLOSE;
      parser->at++;
      add_span (parser, parser->token_start, parser->at, OH_SEARCH_SPAN_KEYWORD);
      return TRUE;
    default:
      break;
    }
  if (!read_field (parser, &found, error))
    return FALSE;
  if (found)
    return TRUE;
  parser->token = TOKEN_TEXT;
  if (!read_value (parser, error))
    return FALSE;
  if (!parser->quoted)
    {
      static const struct
      {
        const char *word;
        TokenKind token;
      } keywords[] = { { "and", TOKEN_AND }, { "or", TOKEN_OR }, { "not", TOKEN_NOT } };

      for (guint i = 0; i < G_N_ELEMENTS (keywords); i++)
        if (g_ascii_strcasecmp (parser->text, keywords[i].word) == 0)
          parser->token = keywords[i].token;
      if (strcmp (parser->text, "pinned") == 0)
        {
          parser->token = TOKEN_FIELD;
          parser->field = OH_SEARCH_IS;
          parser->operator= OH_SEARCH_CONTAINS;
        }
    }
  add_span (parser, parser->token_start, parser->at,
            parser->token == TOKEN_TEXT ? OH_SEARCH_SPAN_TEXT : OH_SEARCH_SPAN_KEYWORD);
  return TRUE;
}

/* A decimal number followed by one of the units, NULL-terminated; "" means that no unit may follow too. */
static gboolean
parse_quantity (const char *text, const char *const *units, const double *factors, double *out)
{
  char *end;
  double number = g_ascii_strtod (text, &end);

  if (end == text || !isfinite (number) || !(g_ascii_isdigit (*text) || *text == '.'))
    return FALSE;
  for (guint i = 0; units[i] != NULL; i++)
    if (g_ascii_strcasecmp (end, units[i]) == 0)
      {
        *out = number * factors[i];
        return TRUE;
      }
  return FALSE;
}

static gboolean
parse_number (const char *text, double *out)
{
  static const char *const units[] = { "", "k", "m", NULL };
  static const double factors[] = { 1, 1e3, 1e6 };

  return parse_quantity (text, units, factors, out);
}

static gboolean
parse_duration (const char *text, double *out)
{
  static const char *const units[] = { "ms", "s", "min", "m", "h", "d", "", NULL };
  static const double factors[] = { 1e6, 1e9, 60e9, 60e9, 3600e9, 86400e9, 1e9 };

  return parse_quantity (text, units, factors, out);
}

/* 2026-11-21, 2026-11-21T11:40[:29], 11:40, today, yesterday, or a span back from now: 2h, 3d. Local time. */
static gboolean
parse_time (const char *text, gint64 now_ns, double *out)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_local ();
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_local (now_ns / OH_NS_PER_S);
  g_autoptr (GDateTime) when = NULL;
  g_autofree char *full = NULL;
  double back;

  if (strcmp (text, "today") == 0 || strcmp (text, "yesterday") == 0)
    {
      g_autoptr (GDateTime) midnight = g_date_time_new_local (g_date_time_get_year (now), g_date_time_get_month (now),
                                                              g_date_time_get_day_of_month (now), 0, 0, 0);

      when = g_date_time_add_days (midnight, *text == 'y' ? -1 : 0);
    }
  else if (strlen (text) == 10 && text[4] == '-')
    full = g_strconcat (text, "T00:00:00", NULL);
  else if (strlen (text) == 16 && text[4] == '-')
    full = g_strconcat (text, ":00", NULL);
  else if (strlen (text) == 5 && text[2] == ':')
    {
      g_autofree char *date = g_date_time_format (now, "%Y-%m-%d");

      full = g_strconcat (date, "T", text, ":00", NULL);
    }
  else if (strchr (text, '-') == NULL && parse_duration (text, &back) && !g_ascii_isdigit (text[strlen (text) - 1]))
    {
      *out = (double) now_ns - back;
      return TRUE;
    }
  else
    full = g_strdup (text);
  if (when == NULL)
    when = g_date_time_new_from_iso8601 (full, zone);
  if (when == NULL)
    return FALSE;
  *out = (double) g_date_time_to_unix (when) * 1e9;
  return TRUE;
}

static gboolean
parse_is (const char *text, double *out)
{
  for (guint i = 0; i < G_N_ELEMENTS (is_names); i++)
    if (strcmp (text, is_names[i]) == 0)
      {
        *out = i;
        return TRUE;
      }
  return FALSE;
}

static const char *
explain_value (ValueKind kind)
{
  switch (kind)
    {
    case VALUE_NUMBER:
      return _ ("here comes a number, such as 429 or 10k.");
    case VALUE_DOLLARS:
      return _ ("here comes an amount in US dollars, such as 0.05.");
    case VALUE_DURATION:
      return _ ("here comes a duration, such as 500ms, 2s or 5min.");
    case VALUE_TIME:
      return _ ("here comes a time, such as 2026-11-21, 11:40, today, or 2h for two hours ago.");
    case VALUE_IS:
      return _ ("after “is:” comes error, retried, streaming, running, cut, failed, pinned, cached or incomplete.");
    case VALUE_TEXT:
    default:
      return _ ("here comes a text.");
    }
}

static OhSearch *
make_field (Parser *parser, GError **error)
{
  g_autoptr (OhSearch) self = search_new (OH_SEARCH_FIELD);
  ValueKind kind = fields[parser->field].kind;
  const char *text = parser->text;
  gboolean ok;

  self->field = parser->field;
  self->operator= parser->operator;
  if (kind == VALUE_DOLLARS && *text == '$')
    text++;
  switch (kind)
    {
    case VALUE_IS:
      ok = parse_is (text, &self->number);
      break;
    case VALUE_NUMBER:
    case VALUE_DOLLARS:
      ok = parse_number (text, &self->number);
      break;
    case VALUE_DURATION:
      ok = parse_duration (text, &self->number);
      break;
    case VALUE_TIME:
      ok = parse_time (text, parser->now_ns, &self->number);
      break;
    case VALUE_TEXT:
    default:
      ok = *text != '\0';
      self->text = g_strdup (text);
      break;
    }
  if (!ok)
    {
      fail (parser, parser->value_start, parser->at, OH_SEARCH_ERROR_VALUE, error, "%s", explain_value (kind));
      return NULL;
    }
  if ((kind == VALUE_TEXT || kind == VALUE_IS || kind == VALUE_TIME) && self->operator!= OH_SEARCH_CONTAINS &&
      self->operator!= OH_SEARCH_EQUAL)
    {
      fail (parser, parser->token_start, parser->at, OH_SEARCH_ERROR_VALUE, error,
            _ ("“%s” cannot be compared by size. Write %s:…"), fields[parser->field].name, fields[parser->field].name);
      return NULL;
    }
  if (parser->value_start > parser->token_start)
    add_span (parser, parser->value_start, parser->at, OH_SEARCH_SPAN_VALUE);
  return g_steal_pointer (&self);
}

static OhSearch *
parse_one (Parser *parser, GError **error)
{
  g_autoptr (OhSearch) self = NULL;
  gsize start = parser->token_start;

  if (parser->depth >= MAX_DEPTH)
    {
      fail (parser, start, parser->at, OH_SEARCH_ERROR_SYNTAX, error, "%s", _ ("this is nested too deeply."));
      return NULL;
    }
  switch (parser->token)
    {
    case TOKEN_NOT:
      {
        OhSearch *child;

        if (!next_token (parser, error))
          return NULL;
        parser->depth++;
        child = parse_one (parser, error);
        parser->depth--;
        if (child == NULL)
          return NULL;
        self = search_new (OH_SEARCH_NOT);
        self->children = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_search_free);
        g_ptr_array_add (self->children, child);
        return g_steal_pointer (&self);
      }
    case TOKEN_OPEN:
      if (!next_token (parser, error))
        return NULL;
      parser->depth++;
      self = parse_any (parser, error);
      parser->depth--;
      if (self == NULL)
        return NULL;
      if (parser->token != TOKEN_CLOSE)
        {
          fail (parser, start, start + 1, OH_SEARCH_ERROR_SYNTAX, error, "%s",
                _ ("a parenthesis is opened and never closed."));
          return NULL;
        }
      break;
    case TOKEN_TEXT:
      self = search_new (OH_SEARCH_TEXT);
      self->text = g_strdup (parser->text);
      break;
    case TOKEN_FIELD:
      self = make_field (parser, error);
      if (self == NULL)
        return NULL;
      break;
    case TOKEN_SIDE:
      /* Taken by parse_all(), which owns the texts beside it. */
    case TOKEN_END:
    case TOKEN_CLOSE:
    case TOKEN_AND:
    case TOKEN_OR:
    default:
      fail (parser, start, MAX (parser->at, start), OH_SEARCH_ERROR_SYNTAX, error, "%s",
            _ ("a word, a phrase or a field is missing here."));
      return NULL;
    }
  if (!next_token (parser, error))
    return NULL;
  return g_steal_pointer (&self);
}

static void
set_side (OhSearch *self, OhSearchSide side)
{
  if (self->kind == OH_SEARCH_TEXT && self->side == OH_SEARCH_ANYWHERE)
    self->side = side;
  for (guint i = 0; self->children != NULL && i < self->children->len; i++)
    set_side (self->children->pdata[i], side);
}

static gboolean
starts_one (TokenKind token)
{
  return token == TOKEN_TEXT || token == TOKEN_FIELD || token == TOKEN_NOT || token == TOKEN_OPEN ||
         token == TOKEN_SIDE;
}

static OhSearch *
parse_all (Parser *parser, GError **error)
{
  g_autoptr (OhSearch) self = search_new (OH_SEARCH_AND);
  OhSearchSide side = OH_SEARCH_ANYWHERE;

  self->children = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_search_free);
  do
    {
      if (parser->token == TOKEN_SIDE)
        {
          side = parser->side;
          if (!next_token (parser, error))
            return NULL;
        }
      else
        {
          OhSearch *child = parse_one (parser, error);

          if (child == NULL)
            return NULL;
          g_ptr_array_add (self->children, child);
        }
      if (parser->token == TOKEN_AND)
        {
          if (!next_token (parser, error))
            return NULL;
          if (!starts_one (parser->token))
            return parse_one (parser, error);
        }
    }
  while (starts_one (parser->token));
  if (side != OH_SEARCH_ANYWHERE)
    set_side (self, side);
  if (self->children->len == 0)
    {
      fail (parser, parser->token_start, parser->at, OH_SEARCH_ERROR_SYNTAX, error, "%s",
            _ ("“in:” says where to look; add what to look for."));
      return NULL;
    }
  if (self->children->len == 1)
    return g_ptr_array_steal_index (self->children, 0);
  return g_steal_pointer (&self);
}

static OhSearch *
parse_any (Parser *parser, GError **error)
{
  g_autoptr (OhSearch) first = parse_all (parser, error);
  g_autoptr (OhSearch) self = NULL;

  if (first == NULL || parser->token != TOKEN_OR)
    return g_steal_pointer (&first);
  self = search_new (OH_SEARCH_OR);
  self->children = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_search_free);
  g_ptr_array_add (self->children, g_steal_pointer (&first));
  while (parser->token == TOKEN_OR)
    {
      OhSearch *child;

      if (!next_token (parser, error))
        return NULL;
      child = parse_all (parser, error);
      if (child == NULL)
        return NULL;
      g_ptr_array_add (self->children, child);
    }
  return g_steal_pointer (&self);
}

OhSearch *
oh_search_parse (const char *text, gint64 now_ns, GArray **spans, GError **error)
{
  Parser parser = { .input = text, .now_ns = now_ns, .spans = g_array_new (FALSE, FALSE, sizeof (OhSearchSpan)) };
  g_autoptr (OhSearch) self = NULL;

  g_return_val_if_fail (text != NULL && g_utf8_validate (text, -1, NULL), NULL);

  if (next_token (&parser, error))
    {
      if (parser.token == TOKEN_END)
        self = search_new (OH_SEARCH_EVERYTHING);
      else
        self = parse_any (&parser, error);
      if (self != NULL && parser.token != TOKEN_END)
        {
          fail (&parser, parser.token_start, parser.at, OH_SEARCH_ERROR_SYNTAX, error, "%s",
                _ ("this parenthesis closes nothing."));
          g_clear_pointer (&self, oh_search_free);
        }
    }
  g_free (parser.text);
  if (spans != NULL)
    *spans = parser.spans;
  else
    g_array_unref (parser.spans);
  return g_steal_pointer (&self);
}

void
oh_search_free (OhSearch *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->children, g_ptr_array_unref);
  g_free (self->text);
  g_free (self);
}

gboolean
oh_search_has_console (const OhSearch *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  for (guint i = 0; self->children != NULL && i < self->children->len; i++)
    if (oh_search_has_console (self->children->pdata[i]))
      return TRUE;
  return self->kind == OH_SEARCH_TEXT && self->side == OH_SEARCH_IN_CONSOLE;
}

/* Where the term at @cursor begins. @quoted: (out): whether a quotation mark is open there */
static gsize
find_term (const char *text, gsize cursor, gboolean *quoted)
{
  gsize begin = 0;

  *quoted = FALSE;
  for (gsize i = 0; i < cursor; i++)
    if (*quoted && text[i] == '\\' && i + 1 < cursor)
      i++;
    else if (text[i] == '"')
      *quoted = !*quoted;
    else if (!*quoted && is_word_end (text[i]))
      begin = i + 1;
  return begin;
}

gboolean
oh_search_get_value_at (const char *text, gsize cursor, OhSearchFieldId *field, char **typed, gsize *start)
{
  OhSearchOperator operator;
  gboolean quoted;
  const char *word;
  gsize length;

  g_return_val_if_fail (text != NULL && cursor <= strlen (text), FALSE);

  *start = find_term (text, cursor, &quoted);
  word = text + *start;
  length = strspn (word, "abcdefghijklmnopqrstuvwxyz");
  if (*start + length >= cursor || match_operator (word + length, &operator) != 1 ||
      (operator!= OH_SEARCH_CONTAINS && operator!= OH_SEARCH_EQUAL))
    return FALSE;
  for (guint i = 0; i < OH_SEARCH_N_FIELDS; i++)
    if (fields[i].kind == VALUE_TEXT && strlen (fields[i].name) == length && strncmp (fields[i].name, word, length) == 0)
      {
        const char *value = word + length + 1;
        const char *end = text + cursor;

        if (value < end && *value == '"')
          value++;
        if (value > text + *start + length + 1 && !quoted)
          return FALSE;
        *field = (OhSearchFieldId) i;
        *typed = g_strndup (value, (gsize) (end - value));
        return TRUE;
      }
  return FALSE;
}

static char *
format (OhSearchFieldId field, char operator, const char *value)
{
  GString *out = g_string_new (NULL);
  gboolean plain = *value != '\0';

  for (const char *p = value; *p != '\0' && plain; p++)
    plain = !is_word_end (*p);
  g_string_append_printf (out, "%s%c%s", fields[field].name, operator, plain ? "" : "\"");
  for (const char *p = value; *p != '\0'; p++)
    {
      if (!plain && (*p == '"' || *p == '\\'))
        g_string_append_c (out, '\\');
      g_string_append_c (out, *p);
    }
  if (!plain)
    g_string_append_c (out, '"');
  return g_string_free (out, FALSE);
}

char *
oh_search_format_term (OhSearchFieldId field, const char *value)
{
  g_return_val_if_fail (field < OH_SEARCH_N_FIELDS && value != NULL, NULL);

  return format (field, ':', value);
}

char *
oh_search_format_exact (OhSearchFieldId field, const char *value)
{
  g_return_val_if_fail (field < OH_SEARCH_N_FIELDS && value != NULL, NULL);

  return format (field, '=', value);
}

GPtrArray *
oh_search_complete (const char *text, gsize cursor, gsize *start)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *word = NULL;
  gboolean quoted;
  gsize begin;

  g_return_val_if_fail (text != NULL && cursor <= strlen (text), found);
  begin = find_term (text, cursor, &quoted);
  if (start != NULL)
    *start = begin;
  if (quoted)
    return found;
  word = g_strndup (text + begin, cursor - begin);
  for (guint i = 0; i < OH_SEARCH_N_FIELDS; i++)
    if (i != OH_SEARCH_IS)
      g_ptr_array_add (all, g_strconcat (fields[i].name, ":", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (is_names); i++)
    g_ptr_array_add (all, g_strconcat ("is:", is_names[i], NULL));
  g_ptr_array_add (all, g_strdup ("in:request"));
  g_ptr_array_add (all, g_strdup ("in:response"));
  g_ptr_array_add (all, g_strdup ("in:console"));
  for (guint i = 0; *word != '\0' && i < all->len; i++)
    if (g_str_has_prefix (all->pdata[i], word) && strcmp (all->pdata[i], word) != 0)
      g_ptr_array_add (found, g_strdup (all->pdata[i]));
  return found;
}

char *
oh_search_get_help (void)
{
  return g_strdup (_ ("word            anywhere in URL, headers, messages, tools, errors\n"
                      "\"a phrase\"      exactly these characters\n"
                      "model:sonnet    also host: path: method: tool: run: program: session: user: trace: stop: error: provider:\n"
                      "trace=42        exactly that: the trace with this number; session=nightly likewise\n"
                      "kind:log        also kind:exception kind:incoming kind:test; level:error of log records\n"
                      "status:429      also status>=500, id:42, tokens>10000, cost>0.05, duration>2s, ttft>500ms\n"
                      "is:error        also is:retried is:streaming is:running is:cut is:failed is:cached is:incomplete\n"
                      "in:request      look for words in the request only; in:response likewise\n"
                      "in:console      look for words in what the run wrote to its console\n"
                      "after:2h        also before:2026-11-21, after:today, after:11:40\n"
                      "pinned          what you pinned\n"
                      "not … , … or … , ( … )"));
}
