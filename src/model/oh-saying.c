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
  { "program-failed", N_ ("The program says that this went wrong."), NULL, NULL },
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
  /* What went wrong with a connection, a request or an answer. What is more special stands before what is less so. */
  { "loan", N_ ("Overhear could not read the request."), NULL, NULL },
  { "client-gone", N_ ("The program went away before it had the whole answer."), NULL, NULL },
  { "stopped", N_ ("Overhear stopped before the answer was whole."), NULL, NULL },
  { "tunnel-client-gone", N_ ("The program broke the connection off."), NULL, NULL },
  { "tunnel-upstream-cut", N_ ("The server broke the connection off."), NULL, NULL },
  { "tunnel-stopped", N_ ("Overhear stopped while the tunnel was open."), NULL, NULL },
  { "killed", N_ ("Overhear ended without warning while this was going on. What had arrived is kept."), NULL, NULL },
  { "closed", N_ ("Overhear was closed while this was going on. What had arrived is kept."), NULL, NULL },
  { "exported-open", N_ ("This was still going on when it was exported."), NULL, NULL },
  { "exported-unanswered", N_ ("There was no answer yet when this was exported."), NULL, NULL },
  { "budget", /* as it was before its limits had codes */
    N_ ("The budget of run {run} is used up: {share}. “overhear budget {run}” shows and raises it."), NULL, NULL },
  { "budget-calls", N_ ("The budget of run {run} is used up: {spent#} of {limit#} calls. “overhear budget {run}” shows and "
                        "raises it."), NULL, NULL },
  { "budget-tokens", N_ ("The budget of run {run} is used up: {spent#} of {limit#} tokens. “overhear budget {run}” shows and "
                         "raises it."), NULL, NULL },
  { "budget-cost", N_ ("The budget of run {run} is used up: {spent} of {limit}. “overhear budget {run}” shows and raises it."),
    NULL, NULL },
  { "hop-timeout", N_ ("Your own proxy, {proxy}, did not answer in time."), NULL, NULL },
  { "hop-unresolved", N_ ("Your own proxy, {proxy}, could not be found: there is no such name."), NULL, NULL },
  { "hop-refused", N_ ("Your own proxy, {proxy}, refused the connection."), NULL, NULL },
  { "hop-credentials", N_ ("Your own proxy, {proxy}, wants another user name and password."), NULL, NULL },
  { "hop-forbids", N_ ("Your own proxy, {proxy}, does not allow connections to {host}."), NULL, NULL },
  { "hop-failed", N_ ("Your own proxy, {proxy}, made no connection to {host}: {reason}."), NULL, NULL },
  { "hop-address",
    N_ ("Your own proxy, “{proxy}”, is not an address; it should look like http://proxy.example:3128."), NULL, NULL },
  { "tls-expired", N_ ("The certificate of {host} was refused: it has expired."), NULL, NULL },
  { "tls-not-yet", N_ ("The certificate of {host} was refused: it is not valid yet."), NULL, NULL },
  { "tls-revoked", N_ ("The certificate of {host} was refused: it has been revoked."), NULL, NULL },
  { "tls-other-host", N_ ("The certificate of {host} was refused: it is for another host."), NULL, NULL },
  { "tls-unknown",
    N_ ("The certificate of {host} was refused: it is signed by nobody this computer trusts."), NULL, NULL },
  { "tls-insecure", N_ ("The certificate of {host} was refused: its algorithm is insecure."), NULL, NULL },
  { "tls-refused", N_ ("The certificate of {host} was refused: it is not acceptable."), NULL, NULL },
  { "tls-handshake", N_ ("No secure connection to {host}: {reason}."), NULL, NULL },
  { "upstream-unresolved", N_ ("The name {host} could not be found: {reason}."), NULL, NULL },
  { "upstream-refused", N_ ("{host} refused the connection."), NULL, NULL },
  { "upstream-timeout", N_ ("{host} did not answer in time."), NULL, NULL },
  { "upstream-unreachable", N_ ("{host} cannot be reached from here: {reason}."), NULL, NULL },
  { "upstream-closed", N_ ("{host} closed the connection without an answer."), NULL, NULL },
  { "upstream-cut", N_ ("{host} ended the connection in the middle of its answer."), NULL, NULL },
  { "upstream-bad-answer", N_ ("{host} answered with something that is not HTTP:"), NULL, NULL },
  { "loop", N_ ("{host} leads back to Overhear itself."), NULL, NULL },
  { "upstream-failed", N_ ("No connection to {host}: {reason}."), NULL, NULL },
  { "certificate-refused", N_ ("The program did not accept Overhear’s certificate."), NULL, NULL },
  { "left-handshake",
    N_ ("The program left during the TLS handshake or right after it, without a request: it does not seem to accept "
        "Overhear’s certificate."), NULL, NULL },
  { "next-unread", N_ ("Its next connection to this host passes through unread."), NULL, NULL },
  { "unread-from-now", N_ ("From now on each of its connections to this host passes through unread."), NULL, NULL },
  { "unread-until-trusted",
    N_ ("From now on each of its connections to this host passes through unread, until it trusts Overhear (“overhear trust”) or "
        "Overhear is started again."), NULL, NULL },
  { "read-if-trusted",
    N_ ("It would be read if it trusted the certificates in $SSL_CERT_FILE, or had $OVERHEAR_VIA/{host} as its base URL."), NULL, NULL },
  { "around-python-certificates",
    N_ ("A Python client of this program trusts certificates of its own only, so it goes around Overhear. “overhear "
        "run --insist” reads it all the same."), NULL, NULL },
  { "around-python-environment",
    N_ ("A Python client of this program was told to ignore the environment (trust_env=False), so it goes around "
        "Overhear. “overhear run --insist” reads it all the same."), NULL, NULL },
  { "around-ended",
    N_ ("A program that soon ended goes around Overhear. Its base URL can be $OVERHEAR_VIA/{host}, a variable that "
        "each run has."), NULL, NULL },
  { "around-environment",
    N_ ("“{program}” goes around Overhear: it was started without the environment of its run, as sudo and env -i "
        "do. Its base URL can be $OVERHEAR_VIA/{host}, a variable that each run has."), NULL, NULL },
  { "around-proxy",
    N_ ("“{program}” goes around Overhear: it does not use the proxy of its environment. Its base URL can be "
        "$OVERHEAR_VIA/{host}, a variable that each run has."), NULL, NULL },
  { "around-shared", N_ ("The host is one of these, which share an address: {hosts}."), NULL, NULL },
  { "connect-target", N_ ("CONNECT wants a host and a port."), NULL, NULL },
  { "early-bytes", N_ ("Bytes came before the tunnel was open."), NULL, NULL },
  { "two-hosts", N_ ("It has more than one Host."), NULL, NULL },
  { "head-too-large", N_ ("Its headers are longer than 512 KiB."), NULL, NULL },
  { "head-timeout", N_ ("Its headers did not come in time."), NULL, NULL },
  { "head-nul", N_ ("The head holds a NUL byte."), NULL, NULL },
  { "request-line", N_ ("The request line is malformed."), NULL, NULL },
  { "status-line", N_ ("The status line is malformed."), NULL, NULL },
  { "http-version", N_ ("Only HTTP/1.0 and HTTP/1.1 are spoken here."), NULL, NULL },
  { "header-without-name", N_ ("A header line has no name."), NULL, NULL },
  { "header-name", N_ ("A header has an invalid name."), NULL, NULL },
  { "header-control", N_ ("A header value holds a control character."), NULL, NULL },
  { "content-length", N_ ("Content-Length is not one number."), NULL, NULL },
  { "length-and-coding",
    N_ ("The request has both Content-Length and Transfer-Encoding: where it ends would be a guess."), NULL, NULL },
  { "transfer-encoding", N_ ("The only transfer encoding understood here is “chunked”."), NULL, NULL },
  { "request-chunks", N_ ("The chunks of the request are malformed."), NULL, NULL },
  { "answer-chunks", N_ ("its chunks are malformed."), NULL, NULL },
  { "answer-endless-head", N_ ("its head has no end."), NULL, NULL },
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

/* How many bytes @text goes on with the first words of @pattern, which ends at its next argument. */
static gboolean
skip_words (const char **text, const char **pattern)
{
  gsize length = strcspn (*pattern, "{");

  if (strncmp (*text, *pattern, length) != 0)
    return FALSE;
  *text += length;
  *pattern += length;
  return TRUE;
}

/* Whether all of @text is what @sentence says with some arguments, which are appended to @saying. Hosts have no blanks. */
static gboolean
read_arguments (GString *saying, const char *sentence, const char *text)
{
  if (!skip_words (&text, &sentence))
    return FALSE;
  while (*sentence == '{')
    {
      const gsize name = strcspn (sentence, "}") - 1;
      const char *behind = sentence + name + 2;
      const gsize words = strcspn (behind, "{");
      const gboolean host = strncmp (sentence, "{host}", 6) == 0 || strncmp (sentence, "{proxy}", 7) == 0;
      g_autofree char *next = g_strndup (behind, words);
      const char *end = behind[words] == '\0' && strlen (text) > words ? text + strlen (text) - words : strstr (text, next);

      if (end == NULL || end == text || (host && memchr (text, ' ', (gsize) (end - text)) != NULL))
        return FALSE;
      g_string_append_printf (saying, "%c%.*s %.*s", ARGUMENT, (int) name, sentence + 1, (int) (end - text), text);
      text = end;
      sentence = behind;
      if (!skip_words (&text, &sentence))
        return FALSE;
    }
  return *text == '\0' && *sentence == '\0';
}

/* (transfer full) (nullable) */
static char *
recognize_one (const char *text)
{
  /* The first is any words; those of several forms have been codes as long as they are told. */
  for (guint i = 1; i < G_N_ELEMENTS (sentences); i++)
    {
      g_autoptr (GString) saying = g_string_new (sentences[i].code);

      if (sentences[i].several == NULL && read_arguments (saying, sentences[i].one, text))
        return g_string_free (g_steal_pointer (&saying), FALSE);
    }
  return NULL;
}

char *
oh_saying_recognize (const char *words)
{
  char *saying = recognize_one (words);

  /* One behind another. */
  for (const char *blank = strchr (words, ' '); saying == NULL && blank != NULL; blank = strchr (blank + 1, ' '))
    if (blank > words && (blank[-1] == '.' || blank[-1] == ':'))
      {
        g_autofree char *more = recognize_one (blank + 1);
        g_autofree char *first = more != NULL ? g_strndup (words, (gsize) (blank - words)) : NULL;

        if (more != NULL)
          saying = recognize_one (first);
        if (saying != NULL)
          oh_saying_add (&saying, g_steal_pointer (&more));
      }
  return saying != NULL ? saying : oh_saying_new (OH_SAYING_WORDS, "words", words);
}
