/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-redact-context-private.h"

#include <string.h>

void
oh_context_init (Context *context, Kind kind, State state)
{
  *context = (Context) { .kind = kind, .state = state };
}

OhSecretSort
oh_context_sort_name (Context *context, OhRedactMode mode)
{
  const gboolean query = context->kind == AS_FORM || context->kind == AS_PARTS;
  const gboolean token_path = mode == OH_REDACT_TOKEN_JSON || mode == OH_REDACT_TOKEN_FORM || mode == OH_REDACT_TOKEN_GUESS;

  if (context->name_length > NAME_MAX_LENGTH
      || (!token_path && !query && !oh_secret_name_may_be (context->name, context->name_length)))
    return OH_SECRET_NO;
  context->name[context->name_length] = '\0';
  if (query && oh_secret_name_in_query (context->name))
    return OH_SECRET_YES;
  /* In text, "tokens" are counted. */
  if ((query && !token_path) || (context->kind == AS_TEXT && !oh_secret_name_in_general (context->name)))
    return OH_SECRET_NO;
  return oh_secret_name_in_body (context->name, token_path);
}

void
oh_context_begin_name (Context *context, State state)
{
  context->state = state;
  context->name_length = 0;
  context->escape = 0;
  context->guess = ANYTHING;
  context->labels = FALSE;
}

void
oh_context_append_name (Context *context, guint c)
{
  /* No secret's name holds anything but printable ASCII. */
  if (c < 0x21 || c > 0x7e || context->name_length >= NAME_MAX_LENGTH)
    context->name_length = NAME_MAX_LENGTH + 1;
  else
    context->name[context->name_length++] = (char) c;
}

gboolean
oh_context_is_url (const Context *context)
{
  return (context->name_length == 7 && memcmp (context->name, "http://", 7) == 0)
         || (context->name_length == 8 && memcmp (context->name, "https://", 8) == 0);
}

gboolean
oh_context_is_word (const Context *context)
{
  for (guint i = 0; i < context->name_length; i++)
    if (!g_ascii_isalnum (context->name[i]) && strchr ("_-.", context->name[i]) == NULL)
      return FALSE;
  return context->name_length > 0 && context->name_length <= NAME_MAX_LENGTH;
}

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

gboolean
oh_context_unescape (Context *context, char c)
{
  static const char letters[] = "b\bf\fn\nr\rt\t";

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
  context->code = (guint8) c;
  for (const char *letter = letters; context->escape == 1 && *letter != '\0'; letter += 2)
    if (c == *letter)
      context->code = (guint8) letter[1];
  context->escape = 0;
  return TRUE;
}

gboolean
oh_context_decode (Context *context, char c)
{
  if (context->escape > 1 && g_ascii_isxdigit (c))
    return feed_digit (context, c);
  context->escape = 0;
  if (c == '%')
    {
      context->escape = 4;
      context->code = 0;
      return FALSE;
    }
  /* Within a form, a plus is a space; but a key may hold one. */
  context->code = c == '+' && context->state == INNER ? ' ' : (guint8) c;
  return TRUE;
}

/* --- what a body is --- */

gboolean
oh_context_type_has (const char *type, const char *part)
{
  return type != NULL && strcasestr (type, part) != NULL;
}

OhRedactMode
oh_context_choose_mode (gboolean token_path, const char *type)
{
  if (token_path)
    return oh_context_type_has (type, "json") ? OH_REDACT_TOKEN_JSON
           : oh_context_type_has (type, "x-www-form-urlencoded") ? OH_REDACT_TOKEN_FORM
                                                                 : OH_REDACT_TOKEN_GUESS;
  if (oh_context_type_has (type, "event-stream") || oh_context_type_has (type, AWS_FRAMES))
    return OH_REDACT_EVENTS;
  if (type == NULL || oh_context_type_has (type, "json"))
    return OH_REDACT_JSON;
  return oh_context_type_has (type, "x-www-form-urlencoded") ? OH_REDACT_QUERY
         : oh_context_type_has (type, "multipart/") ? OH_REDACT_MULTIPART
         : oh_context_type_has (type, "text/plain") || oh_context_type_has (type, "yaml")
             || oh_context_type_has (type, "toml") ? OH_REDACT_TEXT
                                                   : OH_REDACT_ANY;
}

void
oh_context_decide (Context *context, OhRedactMode *mode, const char *p, const char *end)
{
  const gboolean token_path = *mode == OH_REDACT_TOKEN_GUESS;

  while (!token_path && p < end && g_ascii_isspace (*p))
    p++;
  if (p == end)
    return;
  if (token_path ? strchr ("{[\" \t\r\n", *p) != NULL : *p == '{' || (*p == '[' && *mode == OH_REDACT_ANY))
    oh_context_init (context, AS_JSON, OUTSIDE);
  else if (token_path)
    oh_context_init (context, AS_FORM, FORM_NAME);
  else if (*mode == OH_REDACT_TEXT)
    oh_context_init (context, AS_TEXT, TEXT);
  else
    *mode = OH_REDACT_KNOWN;
}

/* --- containers --- */

static void
open_container (Context *context, char c)
{
  const guint64 bit = context->nest < 64 ? (guint64) 1 << context->nest : 0;

  context->objects = c == '{' ? context->objects | bit : context->objects & ~bit;
  context->nest++;
  context->colon = FALSE;
}

static gboolean
is_in_object (const Context *context)
{
  return context->nest <= 64 && (context->objects >> (context->nest - 1) & 1) != 0;
}

void
oh_context_track (Context *context, char c)
{
  switch (c)
    {
    case '{':
    case '[':
      open_container (context, c);
      break;
    case '}':
    case ']':
      context->nest--;
      if (context->off > context->nest)
        context->off = 0;
      break;
    case ',':
      context->colon = FALSE;
      break;
    case ':':
      context->colon = TRUE;
      break;
    default:
      break;
    }
}

gboolean
oh_context_holds_secret (const Context *context)
{
  return context->nest > 0 && !context->pair && context->off == 0 && (context->colon || !is_in_object (context));
}

void
oh_context_take_name (Context *context, OhRedactMode mode, gboolean said)
{
  context->sort = oh_context_sort_name (context, mode);
  context->role = NO_ROLE;
  if (context->sort == OH_SECRET_NO && context->nest > 0 && context->off == 0 && context->name_length <= NAME_MAX_LENGTH)
    {
      context->name[context->name_length] = '\0';
      if (context->pair ? context->nest == 1 && oh_secret_name_is_value (context->name)
                        : !oh_secret_name_tells_about (context->name))
        context->sort = context->inside;
    }
  if (context->sort != OH_SECRET_NO)
    context->role = IS_SECRET;
  else if (said)
    context->role = IS_SAID;
  else if (context->nest == 0 && context->name_length <= NAME_MAX_LENGTH
           && oh_secret_name_is_label (context->name, context->name_length))
    context->role = IS_LABEL;
  context->state = context->role != NO_ROLE || context->nest > 0 ? NAMED : OUTSIDE;
}

void
oh_context_open_value (Context *context, char c)
{
  if (context->nest == 0)
    {
      context->pair = FALSE;
      context->off = 0;
      context->inside = context->sort;
      open_container (context, c);
      return;
    }
  open_container (context, c);
  if (context->role != IS_SECRET && context->off == 0)
    context->off = context->nest;
}

void
oh_context_take_label (Context *context)
{
  if (context->name_length > NAME_MAX_LENGTH)
    return;
  context->name[context->name_length] = '\0';
  if (!oh_secret_name_labels (context->name))
    return;
  context->nest = 0;
  open_container (context, '{');
  context->off = 0;
  context->pair = TRUE;
  context->inside = OH_SECRET_MAYBE;
}

/* --- text --- */

static gboolean
is_word (char c)
{
  return g_ascii_isalnum (c) || c == '_' || c == '-' || c == '.';
}

Step
oh_context_feed_text (Context *context, OhRedactMode mode, char c)
{
  const gboolean space = c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '\\';

  if (context->state == WORD_VALUE)
    {
      if (space)
        return PASSES;
      if (oh_secret_value_may_hold (c))
        {
          context->sort = OH_SECRET_MAYBE;
          return BEGINS_AT;
        }
      context->state = TEXT;
      return PASSES;
    }
  if (is_word (c))
    {
      if (context->state != WORD)
        oh_context_begin_name (context, WORD);
      oh_context_append_name (context, (guint8) c);
      return PASSES;
    }
  if (context->state == WORD)
    context->state = oh_context_sort_name (context, mode) != OH_SECRET_NO ? WORD_ENDED : TEXT;
  if (context->state == WORD_ENDED && (c == ':' || c == '='))
    context->state = WORD_VALUE;
  else if (context->state == WORD_ENDED && !space)
    context->state = TEXT;
  return PASSES;
}

Step
oh_context_feed_part (Context *context, OhRedactMode mode, char c)
{
  if (c == '\n')
    {
      /* An empty line ends the head. */
      const gboolean body = context->state == PART_LINE && context->name_length == 0;

      oh_context_begin_name (context, body ? PART_BODY : PART_LINE);
      return body && context->sort != OH_SECRET_NO ? BEGINS_AFTER : PASSES;
    }
  switch (context->state)
    {
    case PART_LINE:
      if (c == '\r' && context->name_length == 0)
        break;
      if (c != ':')
        {
          oh_context_append_name (context, (guint8) c);
          if (context->name_length > NAME_MAX_LENGTH)
            context->state = PART_REST;
          break;
        }
      context->name[MIN (context->name_length, NAME_MAX_LENGTH)] = '\0';
      if (g_ascii_strcasecmp (context->name, "content-disposition") != 0)
        {
          context->state = PART_REST;
          break;
        }
      context->sort = OH_SECRET_NO;
      oh_context_begin_name (context, PART_WORD);
      break;
    case PART_WORD:
      if (c == '=')
        context->state = context->name_length == 4 && g_ascii_strncasecmp (context->name, "name", 4) == 0 ? PART_QUOTE
                                                                                                        : PART_WORD;
      else if (is_word (c))
        oh_context_append_name (context, (guint8) c);
      else
        context->name_length = 0;
      break;
    case PART_QUOTE:
      oh_context_begin_name (context, PART_NAME);
      if (c == '"')
        break;
      G_GNUC_FALLTHROUGH;
    case PART_NAME:
      if (c == '"' || c == ';' || c == '\r')
        {
          context->sort = oh_context_sort_name (context, mode);
          context->state = PART_REST;
        }
      else
        oh_context_append_name (context, (guint8) c);
      break;
    default:
      break;
    }
  return PASSES;
}
