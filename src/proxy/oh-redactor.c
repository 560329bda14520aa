/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-redact-skip-private.h"
#include "oh-echo-private.h"
#include "oh-secret-patterns-private.h"

#include <string.h>

/* Layers: JSON in a string of JSON in a parameter of a URL, and so on. */
#define MAX_DEPTH 8
/* More than a secret that is remembered may be long, escaped in each layer. */
#define RAW_MAX (64 * 1024)

struct _OhRedactor
{
  OhSecrets *secrets;
  OhRedactMode mode;
  Context contexts[MAX_DEPTH];
  guint depth;              /* the innermost */
  gsize offset;             /* in the body, of the byte that is looked at */
  OhMark mark;              /* what is, or may be, a secret; in the innermost layer */
  GString *raw;             /* as it was written; NULL: there is none */
  gsize start;              /* of that, in the body */
  OhSecretSort sort;
  Ends ends;
  gsize end;                /* of a neighbour, in the body */
  gboolean again;           /* it is none, and is to be looked into */
  gboolean replaced;        /* a secret, by its name */
  gboolean speaking;        /* in what a model says */
  gboolean begins_to_speak; /* after this byte */
  gsize spoken;             /* where in what is passed on */
  GArray *said;             /* (element-type OhSaid) (nullable): of one piece */
  GString *out;             /* what a piece becomes; NULL: as it was, so far */
  OhEcho echo;
};

OhRedactor *
oh_redactor_new (OhSecrets *secrets, OhRedactMode mode)
{
  OhRedactor *self = g_new0 (OhRedactor, 1);

  self->secrets = oh_secrets_ref (secrets);
  self->mode = mode;
  oh_echo_init (&self->echo, self->secrets);
  switch (mode)
    {
    case OH_REDACT_TOKEN_GUESS:
    case OH_REDACT_TEXT:
    case OH_REDACT_ANY:
      oh_context_init (&self->contexts[0], AS_JSON, UNDECIDED);
      break;
    case OH_REDACT_TOKEN_FORM:
    case OH_REDACT_QUERY:
      oh_context_init (&self->contexts[0], AS_FORM, FORM_NAME);
      break;
    case OH_REDACT_VALUE:
      oh_context_init (&self->contexts[0], AS_FORM, FORM_VALUE);
      break;
    case OH_REDACT_MULTIPART:
      oh_context_init (&self->contexts[0], AS_PARTS, PART_LINE);
      break;
    default:
      oh_context_init (&self->contexts[0], AS_JSON, OUTSIDE);
      break;
    }
  return self;
}

char *
oh_redactor_apply (OhSecrets *secrets, OhRedactMode mode, const char *text)
{
  g_autoptr (OhRedactor) self = oh_redactor_new (secrets, mode);
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));
  g_autoptr (GBytes) safe = oh_redactor_feed (self, bytes);
  g_autoptr (GBytes) rest = oh_redactor_finish (self);
  GString *out = g_string_new_len (g_bytes_get_data (safe, NULL), (gssize) g_bytes_get_size (safe));

  if (rest != NULL)
    g_string_append_len (out, g_bytes_get_data (rest, NULL), (gssize) g_bytes_get_size (rest));
  return g_string_free (out, FALSE);
}

void
oh_redactor_free (OhRedactor *self)
{
  if (self == NULL)
    return;
  oh_mark_clear (&self->mark);
  if (self->raw != NULL)
    g_string_free (self->raw, TRUE);
  g_clear_pointer (&self->said, g_array_unref);
  oh_echo_clear (&self->echo);
  oh_secrets_unref (self->secrets);
  g_free (self);
}

static void feed (OhRedactor *self, guint level, char c, gsize start);
static void feed_bytes (OhRedactor *self, const char *p, const char *end);

static GString *
get_out (OhRedactor *self)
{
  if (self->out == NULL)
    self->out = g_string_new (NULL);
  return self->out;
}

/* --- in secrets --- */

static gboolean
has_secret (const OhRedactor *self)
{
  return self->raw != NULL;
}

/* One begins at @start, in @level: after the byte that is looked at, or with it. */
static void
begin_secret (OhRedactor *self, guint level, OhSecretSort sort, Ends ends, gsize start)
{
  Context *context = &self->contexts[level];

  g_assert (!has_secret (self));
  self->depth = level;
  self->ends = ends;
  self->sort = sort;
  self->start = start;
  self->raw = g_string_new (NULL);
  oh_mark_begin (&self->mark, self->secrets);
  context->escape = 0;
  if (ends != BY_AUTHORITY)
    context->state = SECRET;
}

/* What was held back goes on as it is, up to @end, or as a marker; the mark is done with. */
static void
release (OhRedactor *self, gsize end, gboolean secret)
{
  GString *out = get_out (self);
  const gsize length = end - self->start;

  if (secret)
    {
      self->replaced |= self->mark.length > 0;
      oh_mark_end (&self->mark, out);
    }
  else
    {
      g_string_append_len (out, self->raw->str, (gssize) length);
      oh_mark_clear (&self->mark);
    }
  g_string_append_len (out, self->raw->str + length, (gssize) (self->raw->len - length));
  g_string_free (g_steal_pointer (&self->raw), TRUE);
}

/* A secret has come to its end at @end, or what might have been one. @c: what ended it, or NUL */
static void
settle (OhRedactor *self, gsize end, char c)
{
  const char *value = oh_mark_get_value (&self->mark);
  const gboolean secret = value == NULL || self->sort == OH_SECRET_YES || oh_secret_value_is_likely (value, self->mark.length);

  if (self->contexts[self->depth].state == NEIGHBOUR_ENDED)
    end = self->end;
  release (self, end, secret && (value == NULL || self->ends != BY_AUTHORITY || c == '@'));
}

/* The beginning was none, such as "Bearer ": what comes now is. */
static void
begin_anew (OhRedactor *self)
{
  g_string_append_len (get_out (self), self->raw->str, (gssize) self->raw->len);
  self->start = self->offset + 1;
  g_string_set_size (self->raw, 0);
  oh_mark_clear (&self->mark);
  oh_mark_begin (&self->mark, self->secrets);
}

static gboolean
is_scheme (const OhRedactor *self, char c)
{
  const char *value = oh_mark_get_value (&self->mark);

  return c == ' ' && value != NULL && oh_secret_value_is_scheme (value, self->mark.length);
}

/* Whether what might have been a secret is none, for it holds @c. */
static gboolean
is_none (const OhRedactor *self, const Context *context, char c)
{
  const char *value = oh_mark_get_value (&self->mark);

  if (self->sort == OH_SECRET_YES)
    return FALSE;
  /* It is looked into. */
  if ((context->nest > 0 || context->neighbour) && c == '/' && value != NULL && (g_str_equal (value, "http:/") || g_str_equal (value, "https:/")))
    return TRUE;
  if (oh_secret_value_may_hold (c) || (c == '"' && self->ends == BY_QUOTE && self->mark.length > 0))
    return FALSE;
  /* Between cookies. */
  return c != ' ' || value == NULL || self->mark.length == 0 || value[self->mark.length - 1] != ';'
         || strchr (value, '=') == NULL;
}

/* One byte of what is or may be a secret, in a string or a parameter. */
static void
feed_value (OhRedactor *self, guint level, char c)
{
  const char *value = oh_mark_get_value (&self->mark);

  if (is_scheme (self, c))
    begin_anew (self);
  else if (!is_none (self, &self->contexts[level], c))
    oh_mark_feed (&self->mark, &c, 1);
  /* It is very long, and nothing before said so; or it is a private key. */
  else if (value == NULL || g_str_has_prefix (value, "-----BEGIN"))
    {
      self->sort = OH_SECRET_YES;
      oh_mark_feed (&self->mark, &c, 1);
    }
  else
    self->again = TRUE;
}

/* What was held back is no secret as a whole, but may hold one. */
static void
feed_again (OhRedactor *self)
{
  g_autoptr (GString) raw = g_steal_pointer (&self->raw);
  Context *context = &self->contexts[self->depth];
  const gsize offset = self->offset;

  oh_mark_clear (&self->mark);
  self->again = FALSE;
  for (guint i = 0; i < self->depth; i++)
    self->contexts[i].escape = 0;
  oh_context_begin_name (context, context->kind == AS_FORM ? FORM_VALUE : STRING);
  self->offset = self->start;
  feed_bytes (self, raw->str, raw->str + raw->len);
  g_assert (self->offset == offset);
}

/* A secret in text, or in the name before a host: @c may end it. Returns: whether it does */
static gboolean
feed_bare (OhRedactor *self, guint level, char c, gsize start)
{
  Context *context = &self->contexts[level];
  const gboolean fits = oh_secret_value_may_hold (c);
  const gboolean told = oh_mark_get_value (&self->mark) != NULL;

  switch (self->ends)
    {
    case BY_AUTHORITY:
      if (c == ':' && self->sort != OH_SECRET_YES && told)
        {
          /* Whoever has a name before the colon has a password after it. */
          begin_anew (self);
          self->sort = OH_SECRET_YES;
          return FALSE;
        }
      if (fits && strchr ("@/?#\\", c) == NULL)
        break;
      settle (self, start, c);
      context->state = PATH;
      return TRUE;
    case BY_SPACE:
      if (is_scheme (self, c))
        {
          release (self, start, FALSE);
          context->state = WORD_VALUE;
          return TRUE;
        }
      /* Code calls something. */
      if (told && (c == '(' || c == '{' || c == '['))
        release (self, start, FALSE);
      else if (!fits || strchr ("&,;'\\", c) != NULL)
        settle (self, start, c);
      else
        break;
      context->state = TEXT;
      return TRUE;
    case BY_LINE:
      if (c != '\r' && c != '\n')
        break;
      settle (self, start, c);
      context->state = PART_REST;
      return TRUE;
    default:
      g_assert_not_reached ();
    }
  oh_mark_feed (&self->mark, &c, 1);
  return FALSE;
}

/* --- in strings and parameters --- */

static void
enter (OhRedactor *self, guint level, Kind kind, State state)
{
  self->contexts[level].state = INNER;
  oh_context_init (&self->contexts[level + 1], kind, state);
  self->depth = level + 1;
}

/* The URL that this was in has ended. */
static void
leave (OhRedactor *self, guint level)
{
  Context *outer = &self->contexts[level - 1];

  outer->state = outer->kind == AS_FORM ? FORM_PLAIN : REST;
  self->depth = level - 1;
}

/* A byte of what may be JSON, a URL, or parameters, as its beginning tells. */
static void
feed_guess (OhRedactor *self, guint level, char c, gsize start)
{
  Context *context = &self->contexts[level];
  const gboolean form = context->kind == AS_FORM;
  const gboolean space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
  const Guess before = context->guess;

  if (before == ANYTHING && (space || (form && c == '+')))
    return;
  if (level + 1 < MAX_DEPTH && before != NOTHING && (c == '{' || c == '[' || (before == QUOTED && c == '\\')))
    {
      enter (self, level, AS_JSON, OUTSIDE);
      if (before == QUOTED)
        feed (self, level + 1, '"', start);
      feed (self, level + 1, c, start);
      return;
    }
  context->guess = before == ANYTHING && c == '"' ? QUOTED : NOTHING;
  /* Parameters within a parameter, or what has been encoded twice. */
  if (level + 1 < MAX_DEPTH && form
      && ((c == '=' && oh_context_is_word (context)) || (c == '%' && (before == ANYTHING || oh_context_is_word (context)))))
    {
      Context *inner = &self->contexts[level + 1];

      enter (self, level, AS_FORM, c == '=' ? FORM_NAME : FORM_VALUE);
      memcpy (inner->name, context->name, sizeof inner->name);
      inner->name_length = context->name_length;
      inner->guess = before;
      feed (self, level + 1, c, start);
      return;
    }
  oh_context_append_name (context, (guint8) c);
  if (level + 1 < MAX_DEPTH && oh_context_is_url (context))
    {
      enter (self, level, AS_FORM, PATH);
      self->contexts[level + 1].url = TRUE;
      /* What follows may be "user:password@". */
      begin_secret (self, level + 1, OH_SECRET_MAYBE, BY_AUTHORITY, self->offset + 1);
    }
  else if (context->name_length > NAME_MAX_LENGTH)
    context->state = form ? FORM_PLAIN : REST;
}

/* A byte that a string or a parameter says, its escapes undone. */
static void
feed_content (OhRedactor *self, guint level, char c, gsize start)
{
  switch (self->contexts[level].state)
    {
    case SECRET:
      if (!self->again)
        feed_value (self, level, c);
      break;
    case STRING:
    case FORM_VALUE:
      feed_guess (self, level, c, start);
      break;
    case INNER:
      feed (self, level + 1, c, start);
      break;
    case FORM_NAME:
      oh_context_append_name (&self->contexts[level], (guint8) c);
      break;
    default:
      break;
    }
}

/* --- JSON --- */

static void
take_name (OhRedactor *self, guint level)
{
  Context *context = &self->contexts[level];

  oh_context_take_name (context, self->mode,
                        self->mode == OH_REDACT_EVENTS && level == 0 && context->name_length <= NAME_MAX_LENGTH
                          && oh_redact_is_said (context->name, context->name_length)
                          && oh_secrets_knows_any (self->secrets));
}

/* A neighbour is a secret if it looks like one, and @c, which comes behind it, does not make it a name. */
static void
end_neighbour (OhRedactor *self, guint level, char c)
{
  Context *context = &self->contexts[level];
  const char *value = oh_mark_get_value (&self->mark);
  const gboolean secret = value == NULL || (oh_secret_value_is_likely (value, self->mark.length) && !oh_secret_value_is_words (value));

  oh_context_begin_name (context, OUTSIDE);
  for (; value != NULL && *value != '\0'; value++)
    oh_context_append_name (context, (guint8) *value);
  release (self, self->end, secret && c != ':');
  if (!secret || c == ':')
    take_name (self, level);
}

/* A string has ended, by @c. */
static void
end_string (OhRedactor *self, guint level, char c, gsize start)
{
  Context *context = &self->contexts[level];
  const gboolean name = context->state == STRING && c == '"';

  if (context->state == SECRET && context->neighbour && c == '"')
    {
      self->end = start;
      context->escape = 0;
      context->state = NEIGHBOUR_ENDED;
      return;
    }
  if (has_secret (self) && self->depth >= level)
    settle (self, start, c);
  self->depth = level;
  context->escape = 0;
  context->state = OUTSIDE;
  if (c == '\n')
    context->nest = 0;
  if (!name)
    return;
  if (context->labels)
    oh_context_take_label (context);
  else
    take_name (self, level);
}

static void
feed_string (OhRedactor *self, guint level, char c, gsize start)
{
  Context *context = &self->contexts[level];

  if (c == '\n' || (c == '"' && context->escape != 1))
    {
      end_string (self, level, c, start);
      return;
    }
  if (context->escape == 0)
    context->begun = start;
  if (!oh_context_unescape (context, c))
    return;
  if (context->code < 0x80 || c == (char) context->code)
    {
      feed_content (self, level, (char) context->code, context->begun);
    }
  else
    {
      char utf8[6];
      const int n = g_unichar_to_utf8 (context->code, utf8);

      for (int i = 0; i < n; i++)
        feed_content (self, level, utf8[i], context->begun);
    }
}

static void
feed_json (OhRedactor *self, guint level, char c, gsize start)
{
  Context *context = &self->contexts[level];

  if (context->state < OUTSIDE || context->state > NEIGHBOUR_ENDED)
    {
      feed_string (self, level, c, start);
      return;
    }
  if (context->state != OUTSIDE && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
    return;
  if (context->state == NEIGHBOUR_ENDED)
    end_neighbour (self, level, c);
  if (context->state == NAMED && c == ':')
    {
      context->state = VALUE;
      context->colon = TRUE;
      return;
    }
  if (context->state == NAMED && c == ',' && context->role == IS_SECRET && context->nest == 0)
    {
      context->state = NEIGHBOUR;
      return;
    }
  if (context->state == VALUE && (c == '{' || c == '['))
    {
      if (context->nest > 0 || context->role == IS_SECRET)
        oh_context_open_value (context, c);
      context->state = OUTSIDE;
      return;
    }
  if (c == '"')
    {
      const gboolean value = context->state == VALUE;

      context->neighbour = context->state == NEIGHBOUR;
      if (context->neighbour)
        begin_secret (self, level, OH_SECRET_MAYBE, BY_QUOTE, self->offset + 1);
      else if (value ? context->role == IS_SECRET : oh_context_holds_secret (context))
        begin_secret (self, level, value ? context->sort : context->inside, BY_QUOTE, self->offset + 1);
      else
        oh_context_begin_name (context, STRING);
      context->labels = value && context->role == IS_LABEL;
      self->begins_to_speak = value && context->role == IS_SAID;
      return;
    }
  context->state = OUTSIDE;
  if (context->nest > 0)
    oh_context_track (context, c);
}

/* --- parameters --- */

static void
begin_parameter (OhRedactor *self, guint level)
{
  Context *context = &self->contexts[level];
  const OhSecretSort sort = oh_context_sort_name (context, self->mode);

  context->escape = 0;
  if (sort == OH_SECRET_NO)
    oh_context_begin_name (context, FORM_VALUE);
  else
    begin_secret (self, level, level == 0 ? OH_SECRET_YES : OH_SECRET_MAYBE, BY_DELIMITER, self->offset + 1);
}

static void
feed_form (OhRedactor *self, guint level, char c, gsize start)
{
  Context *context = &self->contexts[level];
  const gboolean ends_url = context->url && level > 0 && (guchar) c <= ' ';

  if (ends_url || c == '&' || (context->url && strchr ("?#;", c) != NULL))
    {
      if (has_secret (self) && self->depth >= level)
        settle (self, start, c);
      self->depth = level;
      oh_context_begin_name (context, FORM_NAME);
      if (ends_url)
        leave (self, level);
      return;
    }
  if (context->url && level > 0 && context->state == SECRET && (!oh_secret_value_may_hold (c) || strchr ("'\\", c) != NULL))
    {
      settle (self, start, c);
      context->state = FORM_PLAIN;
      return;
    }
  if (context->state == FORM_NAME && c == '=')
    {
      begin_parameter (self, level);
      return;
    }
  if (context->state == PATH || context->state == FORM_PLAIN)
    return;
  if (context->escape == 0)
    context->begun = start;
  if (oh_context_decode (context, c))
    feed_content (self, level, (char) context->code, context->begun);
}

/* --- text, and what has parts --- */

static void
step_text (OhRedactor *self, char c, gsize start)
{
  if (oh_context_feed_text (&self->contexts[0], self->mode, c) != BEGINS_AT)
    return;
  begin_secret (self, 0, self->contexts[0].sort, BY_SPACE, start);
  oh_mark_feed (&self->mark, &c, 1);
}

/* A part's body may be JSON. */
static void
step_part (OhRedactor *self, char c, gsize start)
{
  Context *context = &self->contexts[0];

  if (context->state == PART_BODY && (c == '{' || c == '['))
    {
      enter (self, 0, AS_JSON, OUTSIDE);
      context->state = PART_INNER;
    }
  else if (context->state == PART_BODY && !g_ascii_isspace (c))
    context->state = PART_LINE;
  if (context->state == PART_INNER)
    {
      /* A line that begins with two of these ends it. */
      context->name_length = c == '\n' ? 1 : c == '-' && context->name_length > 0 ? context->name_length + 1 : 0;
      if (context->name_length < 3)
        {
          feed (self, 1, c, start);
          return;
        }
      if (has_secret (self))
        settle (self, start, c);
      self->depth = 0;
      context->state = PART_REST;
    }
  if (oh_context_feed_part (context, self->mode, c) == BEGINS_AFTER)
    begin_secret (self, 0, OH_SECRET_YES, BY_LINE, self->offset + 1);
}

/* One byte of @level, which begins at @start in the body. */
static void
feed (OhRedactor *self, guint level, char c, gsize start)
{
  Context *context = &self->contexts[level];
  const gboolean bare = has_secret (self) && self->depth == level && self->ends != BY_QUOTE && self->ends != BY_DELIMITER;

  if (bare && !feed_bare (self, level, c, start))
    return;
  switch (context->kind)
    {
    case AS_JSON:
      feed_json (self, level, c, start);
      break;
    case AS_FORM:
      feed_form (self, level, c, start);
      break;
    case AS_TEXT:
      step_text (self, c, start);
      break;
    case AS_PARTS:
      step_part (self, c, start);
      break;
    }
}

/* --- pieces --- */

/* The next byte from @p on that must be looked at by itself. Nearly all bytes of a body are passed over here. Changes the
 * name as feeding them would. */
static const char *
pass_over (OhRedactor *self, const char *p, const char *end)
{
  Context *context = &self->contexts[self->depth];
  const gboolean embedded = self->depth == 1;
  const char *stop;

  if (self->depth > 1 || context->escape != 0 || (embedded && (self->contexts[0].kind != AS_JSON || self->contexts[0].escape != 0)))
    return p;
  switch (context->state)
    {
    case OUTSIDE:
      if (context->nest > 0)
        return p;
      if (self->mode == OH_REDACT_TOKEN_JSON || self->mode == OH_REDACT_TOKEN_GUESS)
        return embedded ? oh_redact_find_special (p, end) : (stop = memchr (p, '"', end - p)) != NULL ? stop : end;
      return oh_redact_skip_strings (p, end, embedded,
                                     self->mode == OH_REDACT_EVENTS && !embedded && oh_secrets_knows_any (self->secrets));
    case STRING:
      /* It may be JSON; or a URL, which a slash tells. */
      if (context->guess == QUOTED || context->name_length >= NAME_MAX_LENGTH
          || (context->guess == ANYTHING && (*p == '{' || *p == '[')))
        return p;
      stop = oh_redact_find_name_end (p, MIN (end, p + (NAME_MAX_LENGTH - context->name_length)));
      if (stop == p)
        return p;
      memcpy (context->name + context->name_length, p, stop - p);
      context->name_length += stop - p;
      context->guess = NOTHING;
      return stop;
    case REST:
      return embedded ? oh_redact_find_special (p, end) : oh_redact_find_string_end (&context->escape, p, end);
    case PATH:
      return embedded ? oh_redact_find_url_special (p, end) : p;
    case FORM_PLAIN:
      if (embedded || context->url)
        return p;
      stop = memchr (p, '&', end - p);
      return stop != NULL ? stop : end;
    case PART_REST:
      stop = memchr (p, '\n', end - p);
      return stop != NULL ? stop : end;
    default:
      return p;
    }
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

/* One more byte of what may be a secret. Of one that is for certain, only what may end it is needed. */
static void
hold (OhRedactor *self, char c)
{
  if (self->raw->len >= RAW_MAX && oh_mark_get_value (&self->mark) == NULL)
    {
      self->start += RAW_MAX / 2;
      g_string_erase (self->raw, 0, RAW_MAX / 2);
    }
  g_string_append_c (self->raw, c);
}

/* What these leave is appended to @out, if that is more or less than they are; else they are, from @self->run on. */
static void
feed_bytes (OhRedactor *self, const char *p, const char *end)
{
  const char *run = p; /* what is to be passed on begins here */

#define OFFSET(at) ((self->out != NULL ? self->out->len : 0) + (gsize) ((at) - run))
  while (p < end)
    {
      const gboolean within = has_secret (self);
      const char *next = within ? p : pass_over (self, p, end);

      self->offset += (gsize) (next - p);
      p = next;
      if (p == end)
        break;
      if (within)
        hold (self, *p);
      feed (self, 0, *p, self->offset);
      self->offset++;
      p++;
      if (within)
        {
          run = p;
          if (self->again)
            feed_again (self);
        }
      else if (has_secret (self))
        {
          const gsize back = self->offset - self->start;

          g_string_append_len (get_out (self), run, p - back - run);
          g_string_append_len (self->raw, p - back, (gssize) back);
          run = p;
        }
      if (self->begins_to_speak)
        {
          self->speaking = TRUE;
          self->begins_to_speak = FALSE;
          self->spoken = OFFSET (p);
        }
      else if (has_spoken (self))
        note_said (self, self->spoken, OFFSET (p) - 1);
    }
#undef OFFSET
  if (self->out != NULL && !has_secret (self))
    g_string_append_len (self->out, run, end - run);
}

/* What secrets by name leave of a piece. (transfer full) */
static GBytes *
feed_names (OhRedactor *self, GBytes *data)
{
  gsize length;
  const char *p = g_bytes_get_data (data, &length);
  gsize left;

  if (self->said != NULL)
    g_array_set_size (self->said, 0);
  if (length == 0 || self->mode == OH_REDACT_KNOWN)
    return g_bytes_ref (data);
  if (self->contexts[0].state == UNDECIDED)
    oh_context_decide (&self->contexts[0], &self->mode, p, p + length);
  if (self->contexts[0].state == UNDECIDED || self->mode == OH_REDACT_KNOWN)
    return g_bytes_ref (data);
  self->spoken = 0;
  if (has_secret (self))
    self->out = g_string_sized_new (length);
  feed_bytes (self, p, p + length);
  left = self->out != NULL ? self->out->len : length;
  if (self->speaking)
    note_said (self, MIN (self->spoken, left), left);
  return self->out != NULL ? g_string_free_to_bytes (g_steal_pointer (&self->out)) : g_bytes_ref (data);
}

GBytes *
oh_redactor_feed (OhRedactor *self, GBytes *data)
{
  GBytes *named = feed_names (self, data);

  return oh_echo_is_open (&self->echo) || oh_secrets_knows_any (self->secrets) || oh_secret_patterns_any ()
           ? oh_echo_feed (&self->echo, named, self->said) : named;
}

GBytes *
oh_redactor_finish (OhRedactor *self)
{
  GString *out;

  if (!oh_redactor_is_open (self))
    return NULL;
  if (has_secret (self))
    settle (self, self->offset, '\0');
  out = self->out != NULL ? g_steal_pointer (&self->out) : g_string_new (NULL);
  return oh_echo_finish (&self->echo, g_string_free_to_bytes (out));
}

void
oh_redactor_look_for_known (OhRedactor *self)
{
  self->mode = OH_REDACT_KNOWN;
}

gboolean
oh_redactor_is_open (const OhRedactor *self)
{
  return has_secret (self) || oh_echo_is_open (&self->echo);
}

gboolean
oh_redactor_has_replaced (const OhRedactor *self)
{
  return self->replaced || self->echo.replaced;
}
