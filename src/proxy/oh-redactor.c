/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-redactor-private.h"
#include "oh-secret-name-private.h"

#include <string.h>

#define NAME_MAX_LENGTH 40

typedef enum
{
  UNDECIDED,
  OUTSIDE,
  STRING,
  REST,
  NAMED,
  VALUE,
  URL,
  URL_NAME,
  FORM_NAME,
  FORM_PLAIN,
  TEXT,
  WORD,
  WORD_ENDED,
  WORD_VALUE,
  SECRET,
} State;

/* What ends a secret. */
typedef enum
{
  BY_QUOTE,     /* or a line end; backslashes escape */
  BY_AMPERSAND,
  BY_URL,       /* the next parameter, or the end of the URL */
  BY_AUTHORITY, /* @, or it was a host */
  BY_SPACE,     /* or a quote, or what separates words */
} Ends;

/* What a byte does. */
typedef enum
{
  PASSES,
  BEGINS_AFTER, /* a secret begins after it */
  BEGINS_AT,    /* or with it */
} Step;

typedef struct
{
  State state;
  char name[NAME_MAX_LENGTH + 1]; /* the string, word or parameter so far, unescaped */
  guint name_length;              /* NAME_MAX_LENGTH + 1: too long to be a secret's */
  guint escape;                   /* 0 none; 1 after \ or %; 2…5: digits still to come are 6 - escape */
  guint code;                     /* of the escape so far */
  OhSecretSort sort;              /* of the value */
  Ends ends;
} Context;

struct _OhRedactor
{
  OhSecrets *secrets;
  OhRedactMode mode;
  Context contexts[2];
  guint depth;        /* 1: in JSON that is in a string of JSON */
  gboolean backslash; /* depth 1: came last, and escapes the next byte */
  OhMark mark;
  GByteArray *held; /* what may be the start of a remembered secret; NULL: nothing */
};

OhRedactor *
oh_redactor_new (OhSecrets *secrets, OhRedactMode mode)
{
  OhRedactor *self = g_new0 (OhRedactor, 1);

  self->secrets = oh_secrets_ref (secrets);
  self->mode = mode;
  if (mode == OH_REDACT_TOKEN_GUESS)
    self->contexts[0].state = UNDECIDED;
  else if (mode == OH_REDACT_TOKEN_FORM || mode == OH_REDACT_QUERY)
    self->contexts[0].state = FORM_NAME;
  else if (mode == OH_REDACT_TEXT)
    self->contexts[0].state = TEXT;
  else
    self->contexts[0].state = OUTSIDE;
  return self;
}

static gboolean
contains (const char *haystack, const char *needle)
{
  return haystack != NULL && strcasestr (haystack, needle) != NULL;
}

OhRedactor *
oh_redactor_new_for_body (OhSecrets *secrets,
                          gboolean token_path,
                          const char *type,
                          const char *encoding,
                          gboolean *withheld)
{
  const gboolean encoded = encoding != NULL && *encoding != '\0' && g_ascii_strcasecmp (encoding, "identity") != 0;
  const gboolean form = contains (type, "x-www-form-urlencoded");
  const gboolean json = type == NULL || contains (type, "json") || contains (type, "event-stream");

  *withheld = token_path && (encoded || contains (type, "multipart/"));
  if (encoded || *withheld)
    return NULL;
  if (token_path)
    return oh_redactor_new (secrets, contains (type, "json") ? OH_REDACT_TOKEN_JSON
                                     : form ? OH_REDACT_TOKEN_FORM
                                            : OH_REDACT_TOKEN_GUESS);
  return oh_redactor_new (secrets, form ? OH_REDACT_QUERY
                                   : json ? OH_REDACT_JSON
                                   : contains (type, "text/plain") ? OH_REDACT_TEXT
                                                                   : OH_REDACT_KNOWN);
}

void
oh_redactor_free (OhRedactor *self)
{
  if (self == NULL)
    return;
  oh_mark_clear (&self->mark);
  g_clear_pointer (&self->held, g_byte_array_unref);
  oh_secrets_unref (self->secrets);
  g_free (self);
}

/* --- names --- */

static OhSecretSort
sort_name (OhRedactor *self, Context *context)
{
  const gboolean query = self->mode == OH_REDACT_QUERY || self->mode == OH_REDACT_TOKEN_FORM;
  const gboolean token_path = self->mode != OH_REDACT_JSON && self->mode != OH_REDACT_TEXT;
  OhSecretSort sort = OH_SECRET_NO;

  if (context->name_length > NAME_MAX_LENGTH
      || (!token_path && !oh_secret_name_may_be (context->name, context->name_length)))
    return OH_SECRET_NO;
  context->name[context->name_length] = '\0';
  if (query && oh_secret_name_in_query (context->name))
    sort = OH_SECRET_YES;
  else if (self->mode != OH_REDACT_QUERY)
    sort = oh_secret_name_in_body (context->name, token_path);
  return sort;
}

static void
begin_name (Context *context, State state)
{
  context->state = state;
  context->name_length = 0;
  context->escape = 0;
}

static void
append_name (Context *context, guint c)
{
  /* No secret's name holds anything but printable ASCII. */
  if (c < 0x21 || c > 0x7e || context->name_length >= NAME_MAX_LENGTH)
    context->name_length = NAME_MAX_LENGTH + 1;
  else
    context->name[context->name_length++] = (char) c;
}

static Step
begin_secret (Context *context, OhSecretSort sort, Ends ends, Step step)
{
  context->state = SECRET;
  context->sort = sort;
  context->ends = ends;
  context->escape = 0;
  return step;
}

/* --- outside of secrets --- */

/* One more digit of an escape. Returns: whether it was the last one. */
static gboolean
feed_digit (Context *context, char c)
{
  context->code = context->code * 16 + (g_ascii_isxdigit (c) ? (guint) g_ascii_xdigit_value (c) : 0);
  if (++context->escape < 6)
    return FALSE;
  context->escape = 0;
  return TRUE;
}

/* Undoes the escapes of JSON. Returns: whether @c ends a character, which is in @code then. */
static gboolean
unescape (Context *context, char c)
{
  if (context->escape > 1)
    return feed_digit (context, c);
  if (context->escape == 1 && c == 'u')
    {
      context->escape = 2;
      context->code = 0;
      return FALSE;
    }
  if (context->escape == 0 && c == '\\')
    {
      context->escape = 1;
      return FALSE;
    }
  context->code = context->escape == 0 || c == '"' || c == '\\' || c == '/' ? (guint8) c : 0;
  context->escape = 0;
  return TRUE;
}

static gboolean
is_url_so_far (const Context *context)
{
  return (context->name_length == 7 && memcmp (context->name, "http://", 7) == 0)
         || (context->name_length == 8 && memcmp (context->name, "https://", 8) == 0);
}

/* A character in a string. */
static Step
feed_string (OhRedactor *self, Context *context)
{
  const guint c = context->code;

  switch (context->state)
    {
    case STRING:
      if (context->name_length == 0 && (c == '{' || c == '[') && self->depth == 0)
        {
          context->state = REST;
          self->depth = 1;
          self->backslash = FALSE;
          self->contexts[1].state = OUTSIDE;
          return PASSES;
        }
      append_name (context, c);
      if (context->name_length > NAME_MAX_LENGTH)
        context->state = REST;
      /* What follows may be "user:password@". */
      return is_url_so_far (context) ? begin_secret (context, OH_SECRET_MAYBE, BY_AUTHORITY, BEGINS_AFTER) : PASSES;
    case URL:
    case URL_NAME:
      if (c <= ' ')
        context->state = REST;
      else if (c == '?' || c == '#' || c == '&' || c == ';')
        begin_name (context, URL_NAME);
      else if (context->state == URL_NAME && c == '=')
        {
          context->name[MIN (context->name_length, NAME_MAX_LENGTH)] = '\0';
          context->state = URL;
          if (context->name_length <= NAME_MAX_LENGTH && oh_secret_name_in_query (context->name))
            return begin_secret (context, OH_SECRET_MAYBE, BY_URL, BEGINS_AFTER);
        }
      else if (context->state == URL_NAME)
        append_name (context, c);
      return PASSES;
    default:
      return PASSES;
    }
}

static gboolean
is_word (char c)
{
  return g_ascii_isalnum (c) || c == '_' || c == '-' || c == '.';
}

static Step
feed_text (OhRedactor *self, Context *context, char c)
{
  const gboolean space = c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '\\';

  if (context->state == WORD_VALUE)
    {
      if (space)
        return PASSES;
      if (oh_secret_value_may_hold (c))
        return begin_secret (context, OH_SECRET_MAYBE, BY_SPACE, BEGINS_AT);
      context->state = TEXT;
      return PASSES;
    }
  if (is_word (c))
    {
      if (context->state != WORD)
        begin_name (context, WORD);
      append_name (context, (guint8) c);
      return PASSES;
    }
  if (context->state == WORD)
    context->state = sort_name (self, context) != OH_SECRET_NO ? WORD_ENDED : TEXT;
  if (context->state == WORD_ENDED && (c == ':' || c == '='))
    context->state = WORD_VALUE;
  else if (context->state == WORD_ENDED && !space)
    context->state = TEXT;
  return PASSES;
}

/* In a string of the outer JSON that holds JSON, only these do something where the inner one is not looked at. */
static const char *
find_special (const char *p, const char *end)
{
  while (p < end && *p != '"' && *p != '\\' && *p != '\n')
    p++;
  return p;
}

/* The next byte that a name may not hold, or that tells a URL. */
static const char *
find_name_end (const char *p, const char *end)
{
  while (p < end && *p > 0x20 && *p < 0x7f && *p != '"' && *p != '\\' && *p != '/')
    p++;
  return p;
}

/* The next byte that ends a part of a URL, or its host if that is all that is looked for. */
static const char *
find_url_end (const char *p, const char *end, gboolean host)
{
  for (; p < end; p++)
    switch (*p)
      {
      case '"':
      case '\\':
      case '?':
      case '#':
        return p;
      case '&':
      case ';':
        if (!host)
          return p;
        break;
      case '@':
      case '/':
        if (host)
          return p;
        break;
      default:
        if (!oh_secret_value_may_hold (*p))
          return p;
        break;
      }
  return p;
}

/* The end of a string that is no name, or of a line. @escape: (inout): of the context */
static const char *
find_string_end (guint *escape, const char *p, const char *end)
{
  const char *quote, *line, *back;

  /* An even number of backslashes before the quote escape each other. */
  for (quote = p; (quote = memchr (quote, '"', end - quote)) != NULL; quote++)
    {
      for (back = quote; back > p && back[-1] == '\\'; back--)
        ;
      if (((quote - back + (back == p && *escape == 1)) & 1) == 0)
        break;
    }
  if (quote == NULL)
    quote = end;
  line = memchr (p, '\n', quote - p);
  if (line != NULL || quote < end)
    {
      *escape = 0;
      return line != NULL ? line : quote;
    }
  for (back = end; back > p && back[-1] == '\\'; back--)
    ;
  *escape = (end - back + (back == p && *escape == 1)) & 1;
  return end;
}

/* Passes over whole strings that are no secret's name, no URL and no JSON. Returns: the quote of one of which that cannot be
 * told at once; or what ends the outer string, or @end */
static const char *
skip_strings (OhRedactor *self, const char *p, const char *end)
{
  const gboolean embedded = self->depth == 1;
  const gssize quote = embedded ? 2 : 1;

#define IS_QUOTE(at) (end - (at) >= quote && (at)[quote - 1] == '"' && (!embedded || *(at) == '\\'))
  for (;;)
    {
      const char *from, *stop;
      guint escape = 0;

      p = embedded ? find_special (p, end) : memchr (p, '"', end - p);
      if (p == NULL)
        return end;
      from = p + quote;
      if (self->mode != OH_REDACT_JSON || !IS_QUOTE (p) || from == end || (!embedded && (*from == '{' || *from == '[')))
        return p;
      stop = find_name_end (from, MIN (end, from + NAME_MAX_LENGTH));
      if (stop == end || *stop == '/')
        return p;
      if (IS_QUOTE (stop))
        {
          if (oh_secret_name_may_be (from, stop - from))
            return p;
        }
      else
        {
          if (*stop == '\\')
            return p;
          stop = embedded ? find_special (stop, end) : find_string_end (&escape, stop, end);
          if (!IS_QUOTE (stop))
            return p;
        }
      p = stop + quote;
    }
#undef IS_QUOTE
}

/* The next byte from @p on that must be looked at by itself. Nearly all bytes of a body are passed over here. Changes the
 * name as feeding them would. */
static const char *
pass_over (OhRedactor *self, Context *context, const char *p, const char *end)
{
  const gboolean embedded = self->depth == 1;
  const char *stop;

  if (embedded && (self->backslash || context->escape != 0))
    return p;
  switch (context->state)
    {
    case OUTSIDE:
      return skip_strings (self, p, end);
    case STRING:
      /* It may be JSON; or a URL, which a slash tells. */
      if (context->escape != 0 || (context->name_length == 0 && (*p == '{' || *p == '[')))
        return p;
      stop = find_name_end (p, MIN (end, p + (NAME_MAX_LENGTH - context->name_length)));
      memcpy (context->name + context->name_length, p, stop - p);
      context->name_length += stop - p;
      return stop;
    case REST:
      return embedded ? find_special (p, end) : find_string_end (&context->escape, p, end);
    case URL:
      if (context->escape == 0)
        return find_url_end (p, end, FALSE);
      return p;
    default:
      return p;
    }
}

/* One byte outside of secrets; undone of the outer string's escapes where it is in the inner JSON. */
static Step
feed_plain (OhRedactor *self, Context *context, char c)
{
  switch (context->state)
    {
    case OUTSIDE:
      if (c == '"')
        begin_name (context, STRING);
      return PASSES;
    case STRING:
    case REST:
    case URL:
    case URL_NAME:
      if (c == '\n')
        context->state = OUTSIDE;
      else if (c == '"' && context->escape != 1)
        {
          context->sort = context->state == STRING ? sort_name (self, context) : OH_SECRET_NO;
          context->state = context->sort != OH_SECRET_NO ? NAMED : OUTSIDE;
        }
      else if (unescape (context, c))
        return feed_string (self, context);
      return PASSES;
    case NAMED:
    case VALUE:
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
        return PASSES;
      if (context->state == NAMED && c == ':')
        {
          context->state = VALUE;
          return PASSES;
        }
      if (context->state == VALUE && c == '"')
        return begin_secret (context, context->sort, BY_QUOTE, BEGINS_AFTER);
      context->state = OUTSIDE;
      if (c == '"')
        begin_name (context, STRING);
      return PASSES;
    case FORM_NAME:
      if (c == '&')
        begin_name (context, FORM_NAME);
      else if (c == '=' && sort_name (self, context) != OH_SECRET_NO)
        return begin_secret (context, OH_SECRET_YES, BY_AMPERSAND, BEGINS_AFTER);
      else if (c == '=')
        context->state = FORM_PLAIN;
      else if (context->escape > 0)
        {
          if (feed_digit (context, c))
            append_name (context, context->code);
        }
      else if (c == '%')
        {
          context->escape = 4;
          context->code = 0;
        }
      else
        append_name (context, (guint8) c);
      return PASSES;
    case FORM_PLAIN:
      if (c == '&')
        begin_name (context, FORM_NAME);
      return PASSES;
    case TEXT:
    case WORD:
    case WORD_ENDED:
    case WORD_VALUE:
      return feed_text (self, context, c);
    default:
      g_return_val_if_reached (PASSES);
    }
}

/* What a backslash and @c mean; all but quotes and the like are white space, mostly. */
static char
undo_escape (char c)
{
  return c == '"' || c == '\\' || c == '/' ? c : ' ';
}

/* One byte of a string of the outer JSON that holds JSON. */
static Step
feed_embedded (OhRedactor *self, char c)
{
  char undone;

  if (!self->backslash && (c == '"' || c == '\n'))
    {
      self->depth = 0;
      self->contexts[0].state = OUTSIDE;
      return PASSES;
    }
  if (!self->backslash && c == '\\')
    {
      self->backslash = TRUE;
      return PASSES;
    }
  undone = self->backslash ? undo_escape (c) : c;
  self->backslash = FALSE;
  return feed_plain (self, &self->contexts[1], undone);
}

/* --- in secrets --- */

typedef enum
{
  GOES_ON,
  ENDS,
  IS_NONE, /* no secret holds that */
} Verdict;

static Verdict
judge (Context *context, char c)
{
  const gboolean fits = oh_secret_value_may_hold (c);

  switch (context->ends)
    {
    case BY_AMPERSAND:
      return c == '&' ? ENDS : GOES_ON;
    case BY_URL:
      return fits && strchr ("&#;'\\", c) == NULL ? GOES_ON : ENDS;
    case BY_AUTHORITY:
      /* Whoever has a name before the colon has a password after it. */
      return fits && strchr ("@/?#\\", c) == NULL && (c != ':' || context->sort == OH_SECRET_YES) ? GOES_ON : ENDS;
    case BY_SPACE:
      /* Code calls something. */
      if (c == '(' || c == '{' || c == '[')
        return IS_NONE;
      return fits && strchr ("&,;'\\", c) == NULL ? GOES_ON : ENDS;
    case BY_QUOTE:
      break;
    }
  if (c == '\n' || (c == '"' && context->escape == 0))
    return ENDS;
  if (context->escape == 0 && c == '\\')
    {
      context->escape = 1;
      return GOES_ON;
    }
  if (context->sort == OH_SECRET_MAYBE && (context->escape != 0 ? c != '"' && c != '\\' && c != '/' : !fits))
    {
      context->escape = 0;
      return IS_NONE;
    }
  context->escape = 0;
  return GOES_ON;
}

/* A secret has come to its end, or what might have been one. @c: what ended it, or NUL */
static void
settle (OhRedactor *self, Context *context, char c, GString *out)
{
  const char *value = oh_mark_get_value (&self->mark);
  const gboolean likely = value == NULL || oh_secret_value_is_likely (value, self->mark.length);
  const gboolean told = context->sort == OH_SECRET_YES;

  if (value == NULL || (context->ends == BY_AUTHORITY ? c == '@' && (told || likely) : told || likely))
    {
      oh_mark_end (&self->mark, out);
      return;
    }
  g_string_append_len (out, value, (gssize) self->mark.length);
  oh_mark_clear (&self->mark);
}

static const State afterwards[] = {
  [BY_QUOTE] = OUTSIDE, [BY_AMPERSAND] = FORM_PLAIN, [BY_URL] = URL, [BY_AUTHORITY] = URL, [BY_SPACE] = TEXT,
};

/* The secret ends before the byte @c. Returns: whether that has been looked at by this. */
static gboolean
end_secret (OhRedactor *self, Context *context, char c, GString *out)
{
  const char *value = oh_mark_get_value (&self->mark);
  const gboolean scheme = c == ' ' && value != NULL && oh_secret_value_is_scheme (value, self->mark.length);
  const gboolean user = context->ends == BY_AUTHORITY && c == ':' && value != NULL;

  if (user || (scheme && context->ends == BY_SPACE))
    {
      g_string_append (out, value);
      oh_mark_clear (&self->mark);
      if (scheme)
        {
          context->state = WORD_VALUE;
          return FALSE;
        }
      g_string_append_c (out, c);
      oh_mark_begin (&self->mark, self->secrets);
      context->sort = OH_SECRET_YES;
      return TRUE;
    }
  settle (self, context, c, out);
  context->state = afterwards[context->ends];
  return context->ends == BY_QUOTE;
}

/* It is no secret, for it holds these bytes. */
static void
give_up (OhRedactor *self, Context *context, const char *bytes, gsize length, GString *out)
{
  const char *value = oh_mark_get_value (&self->mark);
  const gboolean scheme = *bytes == ' ' && value != NULL && oh_secret_value_is_scheme (value, self->mark.length);

  /* It is very long, and nothing before said so. */
  if (value == NULL)
    {
      context->sort = OH_SECRET_YES;
      oh_mark_feed (&self->mark, bytes, length);
      return;
    }
  g_string_append_len (out, value, (gssize) self->mark.length);
  g_string_append_len (out, bytes, (gssize) length);
  oh_mark_clear (&self->mark);
  if (scheme)
    oh_mark_begin (&self->mark, self->secrets);
  else
    context->state = context->ends == BY_QUOTE ? REST : TEXT;
}

/* Returns: where to go on. @run: what is to be passed on begins there */
static const char *
feed_secret (OhRedactor *self, const char *p, const char *end, const char **run, GString *out)
{
  Context *context = &self->contexts[self->depth];
  const gboolean escaped = self->depth == 1 && context->ends == BY_QUOTE;
  const char *from = p; /* fed up to here */

  for (; p < end; p++)
    {
      const char pair[2] = { '\\', *p };
      const gboolean paired = self->backslash;
      char c = *p;
      Verdict verdict;

      if (escaped && !paired && (c == '\\' || c == '"' || c == '\n'))
        {
          oh_mark_feed (&self->mark, from, p - from);
          from = p + 1;
          if (c == '\\')
            {
              self->backslash = TRUE;
              continue;
            }
          settle (self, context, c, out);
          self->depth = 0;
          self->contexts[0].state = OUTSIDE;
          *run = p;
          return p + 1;
        }
      if (paired)
        {
          self->backslash = FALSE;
          c = undo_escape (c);
        }
      verdict = judge (context, c);
      if (verdict == GOES_ON && !paired)
        continue;
      oh_mark_feed (&self->mark, from, p - from);
      from = p + 1;
      if (verdict == GOES_ON)
        {
          oh_mark_feed (&self->mark, pair, sizeof pair);
        }
      else if (verdict == IS_NONE)
        {
          give_up (self, context, paired ? pair : p, paired ? 2 : 1, out);
          if (context->state == SECRET)
            continue;
          *run = p + 1;
          return p + 1;
        }
      else
        {
          const gboolean looked_at = end_secret (self, context, c, out);

          if (context->state == SECRET)
            continue;
          if (paired)
            g_string_append_c (out, '\\');
          *run = p;
          return looked_at ? p + 1 : p;
        }
    }
  oh_mark_feed (&self->mark, from, p - from);
  *run = end;
  return end;
}

/* What secrets by name leave of a piece. (transfer full) */
static GBytes *
feed_names (OhRedactor *self, GBytes *data)
{
  gsize length;
  const char *p = g_bytes_get_data (data, &length);
  const char *end = p + length;
  const char *run = p; /* what is to be passed on begins here */
  GString *out = NULL;

  if (length == 0 || self->mode == OH_REDACT_KNOWN)
    return g_bytes_ref (data);
  if (self->contexts[0].state == UNDECIDED)
    self->contexts[0].state = strchr ("{[\" \t\r\n", *p) != NULL ? OUTSIDE : FORM_NAME;
  if (self->contexts[self->depth].state == SECRET)
    out = g_string_sized_new (length);
  while (p < end)
    {
      Context *context = &self->contexts[self->depth];
      Step step;

      if (context->state == SECRET)
        {
          p = feed_secret (self, p, end, &run, out);
          continue;
        }
      p = pass_over (self, context, p, end);
      if (p == end)
        break;
      step = self->depth == 1 ? feed_embedded (self, *p) : feed_plain (self, context, *p);
      if (step != BEGINS_AT)
        p++;
      if (step == PASSES)
        continue;
      if (context->ends == BY_AUTHORITY)
        {
          const char *stop = find_url_end (p, end, TRUE);

          /* Nearly always it is a host. */
          if (stop < end && *stop != '@')
            {
              self->contexts[self->depth].state = URL;
              p = stop;
              continue;
            }
        }
      if (out == NULL)
        out = g_string_sized_new (length + 64);
      g_string_append_len (out, run, p - run);
      run = p;
      oh_mark_begin (&self->mark, self->secrets);
    }
  if (out == NULL)
    return g_bytes_ref (data);
  g_string_append_len (out, run, end - run);
  return g_string_free_to_bytes (out);
}

/* Replaces secrets that are remembered. @data: (transfer full) Returns: (transfer full) */
static GBytes *
replace_known (OhRedactor *self, GBytes *data, gboolean ended)
{
  g_autoptr (GBytes) piece = data;
  GString *out = NULL;
  const char *bytes;
  gsize length, done;

  if (self->held != NULL)
    {
      g_byte_array_append (self->held, g_bytes_get_data (data, NULL), (guint) g_bytes_get_size (data));
      g_bytes_unref (piece);
      piece = g_byte_array_free_to_bytes (g_steal_pointer (&self->held));
    }
  bytes = g_bytes_get_data (piece, &length);
  if (length == 0)
    return g_steal_pointer (&piece);
  done = oh_secrets_replace (self->secrets, bytes, length, ended, &out);
  if (done < length)
    {
      self->held = g_byte_array_new ();
      g_byte_array_append (self->held, (const guint8 *) bytes + done, (guint) (length - done));
    }
  if (out != NULL)
    return g_string_free_to_bytes (out);
  return done < length ? g_bytes_new_from_bytes (piece, 0, done) : g_steal_pointer (&piece);
}

GBytes *
oh_redactor_feed (OhRedactor *self, GBytes *data)
{
  GBytes *named = feed_names (self, data);

  return self->held == NULL && !oh_secrets_knows_any (self->secrets) ? named : replace_known (self, named, FALSE);
}

GBytes *
oh_redactor_finish (OhRedactor *self)
{
  Context *context = &self->contexts[self->depth];
  const gboolean open = context->state == SECRET;
  GString *out;

  if (!open && self->held == NULL)
    return NULL;
  out = g_string_new (NULL);
  if (open)
    {
      settle (self, context, '\0', out);
      context->state = OUTSIDE;
      if (self->backslash)
        g_string_append_c (out, '\\');
    }
  return replace_known (self, g_string_free_to_bytes (out), TRUE);
}
