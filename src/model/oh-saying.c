/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-saying.h"

#include "oh-format.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Between sayings, and between a code and its arguments. */
#define NEXT '\x1e'
#define ARGUMENT '\x1f'

/* For gettext: one and several. */
#define NN_(one, several) one, several

/* {name} is the argument of that name, {name#} that number with its thousands apart, {name~} those nanoseconds. Of a
 * sentence that has a form for several, the last argument named decides. */
static const struct
{
  const char *code;
  const char *one;
  const char *several;
  const char *number;
} sentences[] = {
  { OH_SAYING_WORDS, "{words}", NULL, NULL },
  /* Findings. */
  { "repeated-tool-call", NN_ ("{tool} was called {times} time with the same input and to the same effect.",
                               "{tool} was called {times} times with the same input and to the same effect."), "times" },
  { "ended-by-max-tokens", N_ ("The loop ended because an answer reached max_tokens; it may lack its end."), NULL, NULL },
  { "tool-result-missing", N_ ("The request has no result for {tool} in the message after it."), NULL, NULL },
  { "tool-result-misplaced", N_ ("The result of {tool} does not follow the message that asked for it."), NULL, NULL },
  { "input-outgrows-answers", N_ ("The prompt grew from {from#} to {to#} tokens over {calls} calls that answered {answered#} tokens."), NULL, NULL },
  { "cut-stream", NN_ ("{answers} answer was cut off before its end.", "{answers} answers were cut off before their end."), "answers" },
  { "many-attempts", NN_ ("One call took {attempts} attempt.", "One call took {attempts} attempts."), "attempts" },
  { "many-failures", NN_ ("{attempts} attempt failed within a minute.", "{attempts} attempts failed within a minute."), "attempts" },
  { "repeated-failure", NN_ ("The same request was sent and failed {times} time in a row.",
                             "The same request was sent and failed {times} times in a row."), "times" },
  { "repeat", NN_ ("The same request was sent and answered {times} time.", "The same request was sent and answered {times} times."), "times" },
  { "cache-never-read", N_ ("The cache was written {times} times ({tokens#} tokens) and never read."), NULL, NULL },
  { "limit-near", N_ ("The rate limit “{limit}” is used to {used} %."), NULL, NULL },
  { "limit-warned", N_ ("The API warns of the rate limit “{limit}”."), NULL, NULL },
  { "model-retired", N_ ("{model} has been retired since {day} (as of {known})."), NULL, NULL },
  { "model-retires", N_ ("{model} will be retired on {day} (as of {known})."), NULL, NULL },
  { "told-input", N_ ("What the program told of a call is not what was on the wire: {told#} input tokens, not {seen#}."), NULL, NULL },
  { "told-output", N_ ("What the program told of a call is not what was on the wire: {told#} output tokens, not {seen#}."), NULL, NULL },
  { "told-model", N_ ("What the program told of a call is not what was on the wire: the model {told}, not {seen}."), NULL, NULL },
  { "told-failed", N_ ("The program told of a call as failed; on the wire it was answered with {status}."), NULL, NULL },
  /* Why the cache was not read. */
  { "cache-no-breakpoint", N_ ("Nothing in the request asks for caching."), NULL, NULL },
  { "cache-too-short", N_ ("The prompt is shorter than the smallest that this model caches."), NULL, NULL },
  { "cache-first", N_ ("No call before had cached such a prompt."), NULL, NULL },
  { "cache-model", N_ ("The model changed; each has a cache of its own."), NULL, NULL },
  { "cache-tools", N_ ("The tools changed."), NULL, NULL },
  { "cache-system", N_ ("The system prompt changed."), NULL, NULL },
  { "cache-messages", N_ ("An earlier message changed."), NULL, NULL },
  { "cache-parameters", N_ ("Something that counts for the cache beside the texts changed."), NULL, NULL },
  { "cache-expired", N_ ("The cached prompt had expired: it was last used {age~} before."), NULL, NULL },
  { "cache-moved", N_ ("No breakpoint is within 20 blocks after the cached one."), NULL, NULL },
  { "cache-not-yet", N_ ("The call that cached this prompt had not begun to answer yet."), NULL, NULL },
  { "cache-ttl", N_ ("The time to live (ttl) changed; each has entries of its own."), NULL, NULL },
  { "cache-workspace", N_ ("It had been cached in another workspace; each has a cache of its own."), NULL, NULL },
  { "cache-thinking", N_ ("The thinking of earlier answers changed or was left out."), NULL, NULL },
  { "cache-unexplained", N_ ("The same prompt had been cached; the API does not say why it was not read."), NULL, NULL },
  { "cache-hit", N_ ("Read from the cache."), NULL, NULL },
  /* What the reason before is about. Translators: {names} is a list of names, as in "tool_choice, thinking". */
  { "changed", N_ ("Changed: {names}."), NULL, NULL },
  { "ttl-shorter", N_ ("It was 1 h, and now is 5 min."), NULL, NULL },
  { "ttl-longer", N_ ("It was 5 min, and now is 1 h."), NULL, NULL },
  { "differs-tool", N_ ("The first difference is in tool {tool}."), NULL, NULL },
  { "differs-tool-at", N_ ("The first difference is in tool {tool}, at character {character}."), NULL, NULL },
  { "differs-tool-order", N_ ("The first difference is in tool {tool}, at character {character}: the order of its keys."), NULL, NULL },
  { "differs-system", N_ ("The first difference is in part {part} of the system prompt."), NULL, NULL },
  { "differs-system-at", N_ ("The first difference is in part {part} of the system prompt, at character {character}."), NULL, NULL },
  { "differs-system-order", N_ ("The first difference is in part {part} of the system prompt, at character {character}: the order of its keys."),
    NULL, NULL },
  { "differs-message", N_ ("The first difference is in block {block} of message {message}."), NULL, NULL },
  { "differs-message-at", N_ ("The first difference is in block {block} of message {message}, at character {character}."), NULL, NULL },
  { "differs-message-order", N_ ("The first difference is in block {block} of message {message}, at character {character}: the order of its keys."),
    NULL, NULL },
};

char *
oh_saying_new (const char *code, const char *arguments, ...)
{
  GString *saying = g_string_new (code);
  g_auto (GStrv) names = g_strsplit (arguments, " ", -1);
  va_list list;

  va_start (list, arguments);
  for (char **name = names; *name != NULL; name++)
    {
      const gboolean number = g_str_has_suffix (*name, "#");

      g_string_append_printf (saying, "%c%.*s ", ARGUMENT, (int) strcspn (*name, "#"), *name);
      if (number)
        g_string_append_printf (saying, "%" PRId64, va_arg (list, gint64));
      else
        {
          const char *text = va_arg (list, const char *);

          for (; text != NULL && *text != '\0'; text++)
            g_string_append_c (saying, *text == NEXT || *text == ARGUMENT ? ' ' : *text);
        }
    }
  va_end (list);
  return g_string_free (saying, FALSE);
}

void
oh_saying_add (char **saying, char *more)
{
  char *before = *saying;

  if (before == NULL || more == NULL)
    *saying = before != NULL ? before : more;
  else
    {
      *saying = g_strdup_printf ("%s%c%s", before, NEXT, more);
      g_free (before);
      g_free (more);
    }
}

char *
oh_saying_get_code (const char *saying)
{
  static const char ends[] = { NEXT, ARGUMENT, '\0' };

  return saying != NULL ? g_strndup (saying, strcspn (saying, ends)) : NULL;
}

/* "name value" Returns: (transfer none) (nullable): the value */
static const char *
find_argument (char **words, const char *name, gsize length)
{
  for (char **word = words; *word != NULL; word++)
    if (strncmp (*word, name, length) == 0 && (*word)[length] == ' ')
      return *word + length + 1;
  return NULL;
}

/* The argument that stands at @at, "{name#}". Returns: where that ends; @at, if nothing does. */
static const char *
fill (GString *out, const char *at, char **words)
{
  const gsize length = *at == '{' ? strcspn (at + 1, "#~}") : 0;
  const char *word = length > 0 ? find_argument (words, at + 1, length) : NULL;
  g_autofree char *made = NULL;

  if (word == NULL)
    return at;
  at += length + 1;
  if (*at == '#')
    made = oh_format_count (g_ascii_strtoll (word, NULL, 10));
  else if (*at == '~')
    made = oh_format_duration (g_ascii_strtoll (word, NULL, 10));
  g_string_append (out, made != NULL ? made : word);
  return at + (*at == '}' ? 1 : 2);
}

/* @one: a code, and its arguments. What is unknown is said as it stands. */
static void
tell_one (GString *out, const char *one)
{
  static const char separator[] = { ARGUMENT, '\0' };
  g_auto (GStrv) words = g_strsplit (one, separator, -1);
  const char *sentence = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (sentences) && *words != NULL && sentence == NULL; i++)
    if (strcmp (*words, sentences[i].code) == 0)
      {
        const char *number = sentences[i].number != NULL
                                 ? find_argument (words + 1, sentences[i].number, strlen (sentences[i].number)) : NULL;

        sentence = number != NULL ? ngettext (sentences[i].one, sentences[i].several, strtoul (number, NULL, 10))
                                  : _ (sentences[i].one);
      }
  if (sentence == NULL)
    g_string_append (out, one);
  for (const char *at = sentence; at != NULL && *at != '\0';)
    {
      const char *behind = fill (out, at, words + 1);

      if (behind == at)
        g_string_append_c (out, *at++);
      else
        at = behind;
    }
}

char *
oh_saying_tell (const char *saying)
{
  static const char separator[] = { NEXT, '\0' };
  g_auto (GStrv) all = NULL;
  GString *out;

  if (saying == NULL)
    return NULL;
  all = g_strsplit (saying, separator, -1);
  out = g_string_new (NULL);
  for (char **one = all; *one != NULL; one++)
    {
      if (one != all)
        g_string_append_c (out, ' ');
      tell_one (out, *one);
    }
  return g_string_free (out, FALSE);
}
