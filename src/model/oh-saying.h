/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What there is to say, as a code and its arguments: so it is stored, compared and passed on. Words are made of it where it
 * is shown, in the language of whoever looks. Codes and the names of
 * arguments never change their meaning. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Words as they are: what another program said, or what was stored before there were codes. */
#define OH_SAYING_WORDS "words"

/* @arguments: their names, "tool times#"; behind it comes for each a text (const char *; NULL as ""), or with # a number
 *   (gint64). (transfer full) */
char *oh_saying_new (const char *code, const char *arguments, ...);
/* Appends another one, which is said behind it. @saying: (inout) (nullable); @more: (transfer full) (nullable) */
void oh_saying_add (char **saying, char *more);
/* Words as a saying: those of a sentence that is known, as older databases and exported files have it, as its code and
 * arguments; others as they are. (transfer full) */
char *oh_saying_recognize (const char *words);
/* The code of the first. @saying: (nullable) Returns: (transfer full) (nullable) */
char *oh_saying_get_code (const char *saying);
/* Sentences for people. @saying: (nullable) Returns: (transfer full) (nullable): NULL for NULL */
char *oh_saying_tell (const char *saying);

G_END_DECLS
