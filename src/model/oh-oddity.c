/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-oddity.h"

#include <glib/gi18n.h>

static const struct
{
  const char *name;
  const char *sentence;
} words[] = {
  { "resent", N_ ("It was sent twice: the server had closed the first connection before it saw anything of it.") },
  { "not-awaited", N_ ("The program did not wait for the whole answer; it was read on for the record.") },
  { "half-closed", N_ ("The program closed its half of the connection before it had the answer.") },
  { "early-answer", N_ ("The answer began before the request was whole.") },
  { "interim-answer", N_ ("An interim answer came before the answer.") },
  { "trailers", N_ ("Fields came behind the body; they stand last among the headers.") },
  { "folded-header", N_ ("A header of the answer went over several lines.") },
  { "space-before-colon", N_ ("A space stood before the colon of a header of the answer.") },
  { "repeated-length", N_ ("The answer gave its Content-Length more than once.") },
  { "transfer-encodings", N_ ("The answer named other transfer encodings than “chunked” alone.") },
  { "paused", N_ ("It waited in Overhear, for the budget of its run, before it was sent.") },
  { "pinged", N_ ("While it waited, Overhear began the answer itself, with status 200 and “ping” events that are not "
                  "shown here; the server's own answer followed.") },
  { "retold", N_ ("The server's answer was no stream: the program was told of it by an “error” event in the stream that "
                  "Overhear had begun.") },
  { "certificate-refused", N_ ("It passed through unread because its program did not accept Overhear’s certificate.") },
  { "nobody-trusts", N_ ("It passed through unread because no store that its program uses trusts Overhear (“overhear trust” "
                         "shows and changes that), or because it could not be found out which program it is.") },
};

GPtrArray *
oh_oddities_get_names (guint oddities)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (oddities & (1u << i))
      g_ptr_array_add (names, (gpointer) words[i].name);
  return names;
}

GPtrArray *
oh_oddities_get_sentences (guint oddities)
{
  GPtrArray *sentences = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (oddities & (1u << i))
      g_ptr_array_add (sentences, (gpointer) _ (words[i].sentence));
  return sentences;
}
