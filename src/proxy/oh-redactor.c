/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-redact-context-private.h"
#include "oh-echo-private.h"
#include "oh-packed-private.h"
#include "oh-secret-patterns-private.h"

#include <string.h>

struct _OhRedactor
{
  OhSecrets *secrets;
  OhRedactMode mode;
  Context contexts[2];
  guint depth;        /* 1: in JSON that is in a string of JSON */
  gboolean backslash; /* depth 1: came last, and escapes the next byte */
  OhMark mark;
  gboolean replaced;  /* a secret, by its name */
  gboolean speaking;  /* in what a model says */
  GArray *said;       /* (element-type OhSaid) (nullable): of one piece */
  OhEcho echo;
  OhPacked *packed;   /* (nullable): its bytes are unpacked first; they come back here */
};

OhRedactor *
oh_redactor_new (OhSecrets *secrets, OhRedactMode mode)
{
  OhRedactor *self = g_new0 (OhRedactor, 1);

  self->secrets = oh_secrets_ref (secrets);
  self->mode = mode;
  oh_echo_init (&self->echo, self->secrets);
  if (mode == OH_REDACT_TOKEN_GUESS)
    self->contexts[0].state = UNDECIDED;
  else if (mode == OH_REDACT_TOKEN_FORM || mode == OH_REDACT_QUERY)
    self->contexts[0].state = FORM_NAME;
  else if (mode == OH_REDACT_TEXT)
    self->contexts[0].state = TEXT;
  else if (mode == OH_REDACT_MULTIPART)
    self->contexts[0].state = PART_LINE;
  else
    self->contexts[0].state = OUTSIDE;
  return self;
}

static gboolean
contains (const char *haystack, const char *needle)
{
  return haystack != NULL && strcasestr (haystack, needle) != NULL;
}

static OhRedactMode
choose_mode (gboolean token_path, const char *type)
{
  if (token_path)
    return contains (type, "json") ? OH_REDACT_TOKEN_JSON
           : contains (type, "x-www-form-urlencoded") ? OH_REDACT_TOKEN_FORM
                                                      : OH_REDACT_TOKEN_GUESS;
  if (contains (type, "event-stream"))
    return OH_REDACT_EVENTS;
  if (type == NULL || contains (type, "json"))
    return OH_REDACT_JSON;
  return contains (type, "x-www-form-urlencoded") ? OH_REDACT_QUERY
         : contains (type, "multipart/") ? OH_REDACT_MULTIPART
         : contains (type, "text/plain") ? OH_REDACT_TEXT
                                         : OH_REDACT_KNOWN;
}

OhRedactor *
oh_redactor_new_for_body (OhSecrets *secrets,
                          gboolean token_path,
                          const char *type,
                          const char *encoding,
                          gboolean *withheld)
{
  const gboolean encoded = encoding != NULL && *encoding != '\0' && g_ascii_strcasecmp (encoding, "identity") != 0;
  OhRedactor *self;

  *withheld = token_path && contains (type, "multipart/");
  if (*withheld)
    return NULL;
  self = oh_redactor_new (secrets, choose_mode (token_path, type));
  if (!encoded)
    return self;
  self->packed = oh_packed_new (self, encoding, contains (type, "event-stream"));
  if (self->packed != NULL)
    return self;
  *withheld = token_path;
  oh_redactor_free (self);
  return NULL;
}

void
oh_redactor_free (OhRedactor *self)
{
  if (self == NULL)
    return;
  oh_mark_clear (&self->mark);
  g_clear_pointer (&self->said, g_array_unref);
  g_clear_pointer (&self->packed, oh_packed_free);
  oh_echo_clear (&self->echo);
  oh_secrets_unref (self->secrets);
  g_free (self);
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
      oh_context_append_name (context, c);
      if (context->name_length > NAME_MAX_LENGTH)
        context->state = REST;
      /* What follows may be "user:password@". */
      return is_url_so_far (context) ? oh_context_begin_secret (context, OH_SECRET_MAYBE, BY_AUTHORITY, BEGINS_AFTER) : PASSES;
    case URL:
    case URL_NAME:
      if (c <= ' ')
        context->state = REST;
      else if (c == '?' || c == '#' || c == '&' || c == ';')
        oh_context_begin_name (context, URL_NAME);
      else if (context->state == URL_NAME && c == '=')
        {
          context->name[MIN (context->name_length, NAME_MAX_LENGTH)] = '\0';
          context->state = URL;
          if (context->name_length <= NAME_MAX_LENGTH && oh_secret_name_in_query (context->name))
            return oh_context_begin_secret (context, OH_SECRET_MAYBE, BY_URL, BEGINS_AFTER);
        }
      else if (context->state == URL_NAME)
        oh_context_append_name (context, c);
      return PASSES;
    default:
      return PASSES;
    }
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

static gboolean
is_scheme (const char *from, const char *end)
{
  return (end - from == 5 && memcmp (from, "http:", 5) == 0) || (end - from == 6 && memcmp (from, "https:", 6) == 0);
}

/* The next byte of a URL that tells of more than a host and a path, or ends it. */
static const char *
find_url_special (const char *p, const char *end)
{
  while (p < end && *p > 0x20 && *p < 0x7f && *p != '"' && *p != '\\' && *p != '@' && *p != '?' && *p != '#' && *p != '&'
         && *p != ';')
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

/* Whether a member of that name, in an event, is what a model says. */
static gboolean
is_said (const OhRedactor *self, const char *name, gsize length)
{
#define NAME(name) { sizeof name - 1, name }
  static const struct
  {
    gsize length;
    char name[20];
  } names[] = {
    NAME ("text"), NAME ("delta"), NAME ("content"), NAME ("thinking"), NAME ("arguments"), NAME ("reasoning"),
    NAME ("completion"), NAME ("transcript"), NAME ("partial_json"), NAME ("reasoning_content"),
  };
#undef NAME

  if (self->mode != OH_REDACT_EVENTS || self->depth != 0)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (names[i].length == length && memcmp (names[i].name, name, length) == 0)
      return oh_secrets_knows_any (self->secrets);
  return FALSE;
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
      const char *from, *limit, *stop;
      guint escape = 0;

      p = embedded ? find_special (p, end) : memchr (p, '"', end - p);
      if (p == NULL)
        return end;
      from = p + quote;
      if ((self->mode != OH_REDACT_JSON && self->mode != OH_REDACT_EVENTS) || !IS_QUOTE (p) || from == end || (!embedded && (*from == '{' || *from == '[')))
        return p;
      limit = MIN (end, from + NAME_MAX_LENGTH);
      stop = find_name_end (from, limit);
      if (stop + 1 < limit && stop[0] == '/' && stop[1] == '/' && is_scheme (from, stop))
        {
          stop = find_url_special (stop, end);
          if (!IS_QUOTE (stop))
            return p;
          p = stop + quote;
          continue;
        }
      while (stop < limit && *stop == '/')
        stop = find_name_end (stop + 1, limit);
      if (stop == end)
        return p;
      if (IS_QUOTE (stop))
        {
          if (oh_secret_name_may_be (from, stop - from) || is_said (self, from, stop - from))
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
    case PART_REST:
      stop = memchr (p, '\n', end - p);
      return stop != NULL ? stop : end;
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
        oh_context_begin_name (context, STRING);
      return PASSES;
    case STRING:
    case REST:
    case URL:
    case URL_NAME:
      if (c == '\n')
        context->state = OUTSIDE;
      else if (c == '"' && context->escape != 1)
        {
          const gboolean name = context->state == STRING;

          context->sort = name ? oh_context_sort_name (context, self->mode) : OH_SECRET_NO;
          context->state = context->sort != OH_SECRET_NO || (name && is_said (self, context->name, context->name_length))
                             ? NAMED : OUTSIDE;
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
      if (context->state == VALUE && c == '"' && context->sort == OH_SECRET_NO)
        {
          oh_context_begin_name (context, STRING);
          return SPEAKS_AFTER;
        }
      if (context->state == VALUE && c == '"')
        return oh_context_begin_secret (context, context->sort, BY_QUOTE, BEGINS_AFTER);
      context->state = OUTSIDE;
      if (c == '"')
        oh_context_begin_name (context, STRING);
      return PASSES;
    case FORM_NAME:
      if (c == '&')
        oh_context_begin_name (context, FORM_NAME);
      else if (c == '=' && oh_context_sort_name (context, self->mode) != OH_SECRET_NO)
        return oh_context_begin_secret (context, OH_SECRET_YES, BY_AMPERSAND, BEGINS_AFTER);
      else if (c == '=')
        context->state = FORM_PLAIN;
      else if (context->escape > 0)
        {
          if (feed_digit (context, c))
            oh_context_append_name (context, context->code);
        }
      else if (c == '%')
        {
          context->escape = 4;
          context->code = 0;
        }
      else
        oh_context_append_name (context, (guint8) c);
      return PASSES;
    case FORM_PLAIN:
      if (c == '&')
        oh_context_begin_name (context, FORM_NAME);
      return PASSES;
    case TEXT:
    case WORD:
    case WORD_ENDED:
    case WORD_VALUE:
      return oh_context_feed_text (context, self->mode, c);
    case PART_LINE:
    case PART_REST:
    case PART_WORD:
    case PART_QUOTE:
    case PART_NAME:
      return oh_context_feed_part (context, self->mode, c);
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
    case BY_LINE:
      return c == '\r' || c == '\n' ? ENDS : GOES_ON;
    case BY_QUOTE:
      break;
    }
  if (context->escape > 1 && g_ascii_isxdigit (c))
    return feed_digit (context, c) && context->sort == OH_SECRET_MAYBE
               && (context->code > 0x7f || !oh_secret_value_may_hold ((char) context->code))
             ? IS_NONE
             : GOES_ON;
  if (context->escape > 1)
    context->escape = 0;
  if (c == '\n' || (c == '"' && context->escape == 0))
    return ENDS;
  if (context->escape == 1 && c == 'u')
    {
      context->escape = 2;
      context->code = 0;
      return GOES_ON;
    }
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
  g_autofree char *plain = value != NULL ? oh_secret_value_unescape (value) : NULL;
  const gboolean likely = plain == NULL || oh_secret_value_is_likely (plain, strlen (plain));
  const gboolean told = context->sort == OH_SECRET_YES;

  if (value == NULL || (context->ends == BY_AUTHORITY ? c == '@' && (told || likely) : told || likely))
    {
      self->replaced |= self->mark.length > 0;
      oh_mark_end (&self->mark, out);
      return;
    }
  g_string_append_len (out, value, (gssize) self->mark.length);
  oh_mark_clear (&self->mark);
}

static const State afterwards[] = {
  [BY_QUOTE] = OUTSIDE, [BY_AMPERSAND] = FORM_PLAIN, [BY_URL] = URL, [BY_AUTHORITY] = URL, [BY_SPACE] = TEXT,
  [BY_LINE] = PART_REST,
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

  /* It is very long, and nothing before said so; or it is a private key. */
  if (value == NULL || g_str_has_prefix (value, "-----BEGIN"))
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

/* Whether what a model says has just ended. */
static gboolean
has_spoken (OhRedactor *self)
{
  const State state = self->contexts[0].state;

  if (!self->speaking || self->depth > 0 || (state != OUTSIDE && state != NAMED))
    return FALSE;
  self->speaking = FALSE;
  return TRUE;
}

static void
note_said (OhRedactor *self, gsize start, gsize end)
{
  OhSaid span = { start, end - start, self->speaking };

  if (self->said == NULL)
    self->said = g_array_new (FALSE, FALSE, sizeof (OhSaid));
  g_array_append_val (self->said, span);
}

/* What secrets by name leave of a piece. (transfer full) */
static GBytes *
feed_names (OhRedactor *self, GBytes *data)
{
  gsize length;
  const char *p = g_bytes_get_data (data, &length);
  const char *end = p + length;
  const char *run = p; /* what is to be passed on begins here */
  gsize spoken = 0;    /* where in what is passed on the model began to speak */
  GString *out = NULL;

#define OFFSET(at) ((out != NULL ? out->len : 0) + (gsize) ((at) - run))
  if (self->said != NULL)
    g_array_set_size (self->said, 0);
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

      if (has_spoken (self))
        note_said (self, spoken, OFFSET (p) - 1);
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
      if (step == SPEAKS_AFTER)
        {
          self->speaking = TRUE;
          spoken = OFFSET (p);
          continue;
        }
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
  if (has_spoken (self))
    note_said (self, spoken, OFFSET (end) - 1);
  else if (self->speaking)
    note_said (self, spoken, OFFSET (end));
#undef OFFSET
  if (out == NULL)
    return g_bytes_ref (data);
  g_string_append_len (out, run, end - run);
  return g_string_free_to_bytes (out);
}

GBytes *
oh_redactor_feed (OhRedactor *self, GBytes *data)
{
  return self->packed != NULL ? oh_packed_feed (self->packed, data) : oh_redactor_feed_plain (self, data);
}

GBytes *
oh_redactor_finish (OhRedactor *self)
{
  return self->packed != NULL ? oh_packed_finish (self->packed) : oh_redactor_finish_plain (self);
}

GBytes *
oh_redactor_feed_plain (OhRedactor *self, GBytes *data)
{
  GBytes *named = feed_names (self, data);

  return oh_echo_is_open (&self->echo) || oh_secrets_knows_any (self->secrets) || oh_secret_patterns_any ()
           ? oh_echo_feed (&self->echo, named, self->said) : named;
}

GBytes *
oh_redactor_finish_plain (OhRedactor *self)
{
  Context *context = &self->contexts[self->depth];
  const gboolean open = context->state == SECRET;
  GString *out;

  if (!open && !oh_echo_is_open (&self->echo))
    return NULL;
  out = g_string_new (NULL);
  if (open)
    {
      settle (self, context, '\0', out);
      context->state = OUTSIDE;
      if (self->backslash)
        g_string_append_c (out, '\\');
    }
  return oh_echo_finish (&self->echo, g_string_free_to_bytes (out));
}

gboolean
oh_redactor_is_open (const OhRedactor *self)
{
  return self->contexts[self->depth].state == SECRET || oh_echo_is_open (&self->echo);
}

gboolean
oh_redactor_has_replaced (const OhRedactor *self)
{
  return self->replaced || self->echo.replaced;
}

gboolean
oh_redactor_withholds (const OhRedactor *self)
{
  return self->packed != NULL && oh_packed_withholds (self->packed);
}
