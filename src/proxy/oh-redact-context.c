/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-redact-context-private.h"

#include <string.h>

OhSecretSort
oh_context_sort_name (Context *context, OhRedactMode mode)
{
  const gboolean query = mode == OH_REDACT_QUERY || mode == OH_REDACT_TOKEN_FORM || mode == OH_REDACT_MULTIPART;
  const gboolean token_path = mode != OH_REDACT_JSON && mode != OH_REDACT_EVENTS && mode != OH_REDACT_TEXT
                              && mode != OH_REDACT_MULTIPART;
  OhSecretSort sort = OH_SECRET_NO;

  if (context->name_length > NAME_MAX_LENGTH
      || (!token_path && !query && !oh_secret_name_may_be (context->name, context->name_length)))
    return OH_SECRET_NO;
  context->name[context->name_length] = '\0';
  if (query && oh_secret_name_in_query (context->name))
    sort = OH_SECRET_YES;
  else if (mode != OH_REDACT_QUERY)
    sort = oh_secret_name_in_body (context->name, token_path);
  return sort;
}

void
oh_context_begin_name (Context *context, State state)
{
  context->state = state;
  context->name_length = 0;
  context->escape = 0;
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

Step
oh_context_begin_secret (Context *context, OhSecretSort sort, Ends ends, Step step)
{
  context->state = SECRET;
  context->sort = sort;
  context->ends = ends;
  context->escape = 0;
  return step;
}

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
        return oh_context_begin_secret (context, OH_SECRET_MAYBE, BY_SPACE, BEGINS_AT);
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
      const gboolean value = context->state == PART_LINE && context->name_length == 0 && context->sort != OH_SECRET_NO;

      oh_context_begin_name (context, PART_LINE);
      return value ? oh_context_begin_secret (context, OH_SECRET_YES, BY_LINE, BEGINS_AFTER) : PASSES;
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
