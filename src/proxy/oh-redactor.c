/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-redactor-private.h"

#include <string.h>

#define NAME_MAX_LENGTH 32

typedef enum
{
  UNDECIDED,
  OUTSIDE,
  STRING,
  NAMED,
  VALUE,
  SECRET,
  FORM_NAME,
  FORM_PLAIN,
  FORM_SECRET,
} State;

struct _OhRedactor
{
  OhSecrets *secrets;
  OhRedactMode mode;
  State state;
  char name[NAME_MAX_LENGTH + 1]; /* the string or the form's name so far, unescaped */
  guint name_length;              /* NAME_MAX_LENGTH + 1: too long to be a secret's */
  guint escape;                   /* 0 none; 1 after \ or %; 2…5: digits still to come are 6 - escape */
  guint code;                     /* of the escape so far */
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
    self->state = UNDECIDED;
  else if (mode == OH_REDACT_TOKEN_FORM || mode == OH_REDACT_QUERY)
    self->state = FORM_NAME;
  else
    self->state = OUTSIDE;
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
  return oh_redactor_new (secrets, form ? OH_REDACT_QUERY : json ? OH_REDACT_JSON : OH_REDACT_KNOWN);
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

static gboolean
name_is_secret (OhRedactor *self)
{
  if (self->name_length > NAME_MAX_LENGTH)
    return FALSE;
  self->name[self->name_length] = '\0';
  /* As append_name() has it: pass_over() takes the bytes as they come. */
  for (const char *p = self->name; *p != '\0'; p++)
    if (*p < 0x21 || *p > 0x7e)
      return FALSE;
  if (self->mode == OH_REDACT_QUERY)
    return oh_secrets_is_query_name (self->name);
  return oh_secrets_is_member_name (self->name, self->mode != OH_REDACT_JSON)
         || (self->mode == OH_REDACT_TOKEN_FORM && oh_secrets_is_query_name (self->name));
}

static void
begin_name (OhRedactor *self, State state)
{
  self->state = state;
  self->name_length = 0;
  self->escape = 0;
}

static void
append_name (OhRedactor *self, guint c)
{
  /* No secret's name holds anything but printable ASCII. */
  if (c < 0x21 || c > 0x7e || self->name_length >= NAME_MAX_LENGTH)
    self->name_length = NAME_MAX_LENGTH + 1;
  else
    self->name[self->name_length++] = (char) c;
}

/* A byte of a string that is not its closing quote. */
static void
feed_string (OhRedactor *self, char c)
{
  if (self->escape == 0)
    {
      if (c == '\\')
        self->escape = 1;
      else
        append_name (self, (guint8) c);
    }
  else if (self->escape == 1 && c == 'u')
    {
      self->escape = 2;
      self->code = 0;
    }
  else if (self->escape == 1)
    {
      append_name (self, c == '"' || c == '\\' || c == '/' ? (guint) c : 0);
      self->escape = 0;
    }
  else
    {
      self->code = self->code * 16 + (g_ascii_isxdigit (c) ? (guint) g_ascii_xdigit_value (c) : 0);
      if (++self->escape == 6)
        {
          append_name (self, self->code);
          self->escape = 0;
        }
    }
}

static void
feed_form_name (OhRedactor *self, char c)
{
  if (self->escape == 0)
    {
      if (c == '%')
        {
          self->escape = 4;
          self->code = 0;
        }
      else
        append_name (self, (guint8) c);
    }
  else
    {
      self->code = self->code * 16 + (g_ascii_isxdigit (c) ? (guint) g_ascii_xdigit_value (c) : 0);
      if (++self->escape == 6)
        {
          append_name (self, self->code);
          self->escape = 0;
        }
    }
}

/* The next byte from @p on that must be looked at by itself, in OUTSIDE or STRING. Nearly all bytes of a body are passed
 * over here. May change the name as feeding them would. */
static const char *
pass_over (OhRedactor *self, const char *p, const char *end)
{
  const char *quote;

  if (self->state == STRING && self->name_length > NAME_MAX_LENGTH)
    {
      while (p < end && *p != '"' && *p != '\\' && *p != '\n')
        p++;
      return p;
    }
  quote = memchr (p, '"', end - p);
  if (self->state == OUTSIDE)
    return quote != NULL ? quote : end;
  if (quote == NULL || memchr (p, '\\', quote - p) != NULL || memchr (p, '\n', quote - p) != NULL)
    return p;
  if (self->name_length + (quote - p) <= NAME_MAX_LENGTH && memchr (p, '\0', quote - p) == NULL)
    {
      memcpy (self->name + self->name_length, p, quote - p);
      self->name_length += quote - p;
    }
  else
    self->name_length = NAME_MAX_LENGTH + 1;
  return quote;
}

/* Whether the byte at @p ends the secret; escapes are followed. */
static gboolean
ends_secret (OhRedactor *self, char c)
{
  if (self->state == FORM_SECRET)
    return c == '&';
  if (c == '\n')
    return TRUE;
  if (self->escape != 0)
    {
      self->escape = 0;
      return FALSE;
    }
  self->escape = c == '\\';
  return c == '"';
}

/* One byte outside a secret. Returns: whether a secret begins after it. */
static gboolean
feed_plain (OhRedactor *self, char c)
{
  switch (self->state)
    {
    case OUTSIDE:
      if (c == '"')
        begin_name (self, STRING);
      return FALSE;
    case STRING:
      if (c == '\n')
        self->state = OUTSIDE;
      else if (c == '"' && self->escape != 1)
        self->state = name_is_secret (self) ? NAMED : OUTSIDE;
      else
        feed_string (self, c);
      return FALSE;
    case NAMED:
    case VALUE:
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
        return FALSE;
      if (self->state == NAMED && c == ':')
        {
          self->state = VALUE;
          return FALSE;
        }
      if (self->state == VALUE && c == '"')
        {
          self->state = SECRET;
          self->escape = 0;
          return TRUE;
        }
      self->state = OUTSIDE;
      if (c == '"')
        begin_name (self, STRING);
      return FALSE;
    case FORM_NAME:
      if (c == '&')
        begin_name (self, FORM_NAME);
      else if (c == '=' && name_is_secret (self))
        {
          self->state = FORM_SECRET;
          return TRUE;
        }
      else if (c == '=')
        self->state = FORM_PLAIN;
      else
        feed_form_name (self, c);
      return FALSE;
    case FORM_PLAIN:
      if (c == '&')
        begin_name (self, FORM_NAME);
      return FALSE;
    default:
      g_return_val_if_reached (FALSE);
    }
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
  if (self->state == UNDECIDED)
    self->state = strchr ("{[\" \t\r\n", *p) != NULL ? OUTSIDE : FORM_NAME;
  if (self->state == SECRET || self->state == FORM_SECRET)
    out = g_string_sized_new (length);
  while (p < end)
    {
      if (self->state == SECRET || self->state == FORM_SECRET)
        {
          const char *from = p;

          while (p < end && !ends_secret (self, *p))
            p++;
          oh_mark_feed (&self->mark, from, p - from);
          run = p;
          if (p == end)
            break;
          oh_mark_end (&self->mark, out);
          self->state = self->state == SECRET ? OUTSIDE : FORM_NAME;
          self->name_length = 0;
          self->escape = 0;
          p++;
        }
      else if (self->state == OUTSIDE || (self->state == STRING && self->escape == 0))
        {
          p = pass_over (self, p, end);
          if (p < end)
            feed_plain (self, *p++);
        }
      else if (feed_plain (self, *p++))
        {
          if (out == NULL)
            out = g_string_sized_new (length + 64);
          g_string_append_len (out, run, p - run);
          run = p;
          oh_mark_begin (&self->mark, self->secrets);
        }
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
  const gboolean open = self->state == SECRET || self->state == FORM_SECRET;
  GString *out;

  if (!open && self->held == NULL)
    return NULL;
  out = g_string_new (NULL);
  if (open)
    oh_mark_end (&self->mark, out);
  return replace_known (self, g_string_free_to_bytes (out), TRUE);
}
