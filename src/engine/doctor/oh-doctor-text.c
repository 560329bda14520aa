/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor's readers of texts: pure. */
#include "config.h"
#include "oh-doctor-private.h"

#include <string.h>

#define COMMANDS_MAX 64
#define WORDS_MAX 1024

/* ---- a shell's text ---- */

typedef struct
{
  GPtrArray *commands; /* of char** */
  GPtrArray *words;    /* of the present one */
  GString *word;
  gboolean in_word;
  gboolean skipped;    /* the present word is where a redirection goes */
  gboolean unclear;
} Shell;

static void
end_word (Shell *self)
{
  if (self->in_word && !self->skipped)
    g_ptr_array_add (self->words, g_strdup (self->word->str));
  if (self->in_word)
    self->skipped = FALSE;
  g_string_truncate (self->word, 0);
  self->in_word = FALSE;
  self->unclear = self->unclear || self->words->len > WORDS_MAX;
}

static void
end_command (Shell *self)
{
  /* What only rules other commands is more than can be told. */
  static const char *const keywords[] = { "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case",
                                          "esac", "{", "}", "!", "function", "[[", "((", "select", NULL };

  end_word (self);
  if (self->words->len == 0)
    return;
  self->unclear = self->unclear || g_strv_contains (keywords, self->words->pdata[0]) || self->commands->len >= COMMANDS_MAX;
  g_ptr_array_add (self->words, NULL);
  g_ptr_array_add (self->commands, g_ptr_array_free (self->words, FALSE));
  self->words = g_ptr_array_new_with_free_func (g_free);
}

/* A variable at @at, which is behind its dollar. Returns: where the text goes on. */
static const char *
take_variable (Shell *self, const char *at, char **environment, gboolean quoted)
{
  const gboolean braces = *at == '{';
  const char *name = at + braces;
  const char *end = name;
  g_autofree char *variable = NULL;
  const char *value;

  /* What the text is called with is not known; none is the rule. */
  if (*at == '@' || *at == '*')
    return at + 1;
  while (g_ascii_isalnum (*end) || *end == '_')
    end++;
  if (end == name || g_ascii_isdigit (*name) || (braces && *end != '}'))
    {
      self->unclear = TRUE;
      return at;
    }
  variable = g_strndup (name, end - name);
  value = g_environ_getenv (environment, variable);
  if (value != NULL && *value != '\0')
    {
      self->in_word = TRUE;
      /* Without quotes it would become several words. */
      self->unclear = self->unclear || (!quoted && strpbrk (value, " \t\n*?[") != NULL);
      g_string_append (self->word, value);
    }
  return end + braces;
}

static const char *
take_quoted (Shell *self, const char *at, char quote, char **environment)
{
  self->in_word = TRUE;
  while (*at != '\0' && *at != quote)
    if (quote == '"' && *at == '\\' && at[1] != '\0' && strchr ("\\\"$`\n", at[1]) != NULL)
      {
        if (at[1] != '\n')
          g_string_append_c (self->word, at[1]);
        at += 2;
      }
    else if (quote == '"' && *at == '$')
      {
        at = take_variable (self, at + 1, environment, TRUE);
        if (self->unclear)
          return at;
      }
    else if (quote == '"' && *at == '`')
      {
        self->unclear = TRUE;
        return at;
      }
    else
      g_string_append_c (self->word, *at++);
  self->unclear = self->unclear || *at == '\0';
  return *at != '\0' ? at + 1 : at;
}

/* ">file", "2>&1", "<file": the word that follows is none of the command. */
static const char *
take_redirection (Shell *self, const char *at)
{
  gboolean number = self->in_word;

  for (const char *c = self->word->str; *c != '\0'; c++)
    number = number && g_ascii_isdigit (*c);
  if (number)
    {
      g_string_truncate (self->word, 0);
      self->in_word = FALSE;
    }
  end_word (self);
  if (g_str_has_prefix (at, "<<") || at[1] == '(')
    self->unclear = TRUE;
  at++;
  while (*at == '>' || *at == '&' || *at == '|')
    at++;
  while (*at == ' ' || *at == '\t')
    at++;
  self->skipped = TRUE;
  return at;
}

GPtrArray *
oh_doctor_split_shell (const char *text, char **environment)
{
  g_autoptr (GPtrArray) commands = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autoptr (GString) word = g_string_new (NULL);
  Shell self = { commands, g_ptr_array_new_with_free_func (g_free), word, FALSE, FALSE, FALSE };

  for (const char *at = text; *at != '\0' && !self.unclear;)
    if (*at == '\'' || *at == '"')
      at = take_quoted (&self, at + 1, *at, environment);
    else if (*at == '\\')
      {
        if (at[1] != '\0' && at[1] != '\n')
          {
            g_string_append_c (self.word, at[1]);
            self.in_word = TRUE;
          }
        at += at[1] != '\0' ? 2 : 1;
      }
    else if (*at == '$')
      at = take_variable (&self, at + 1, environment, FALSE);
    else if (*at == '#' && !self.in_word)
      at += strcspn (at, "\n");
    else if (strchr (";&|\n", *at) != NULL)
      {
        end_command (&self);
        at++;
      }
    else if (*at == ' ' || *at == '\t' || *at == '\r')
      {
        end_word (&self);
        at++;
      }
    else if (*at == '<' || *at == '>')
      at = take_redirection (&self, at);
    else if (strchr ("()`", *at) != NULL)
      self.unclear = TRUE;
    else
      {
        g_string_append_c (self.word, *at++);
        self.in_word = TRUE;
      }
  end_command (&self);
  g_ptr_array_unref (self.words);
  return self.unclear ? NULL : g_steal_pointer (&commands);
}

char **
oh_doctor_split_shebang (const char *head, gsize length)
{
  g_autofree char *line = NULL;
  char *rest;

  if (length < 2 || head[0] != '#' || head[1] != '!')
    return NULL;
  line = g_strndup (head + 2, MIN (length - 2, 4096));
  line[strcspn (line, "\n")] = '\0';
  g_strstrip (line);
  if (*line == '\0')
    return NULL;
  /* The kernel makes one argument of all that follows (execve(2)). */
  rest = line + strcspn (line, " \t");
  if (*rest != '\0')
    *rest++ = '\0';
  rest += strspn (rest, " \t");
  return *rest != '\0' ? g_strdupv ((char *[]) { line, rest, NULL }) : g_strdupv ((char *[]) { line, NULL });
}

/* ---- config.toml ---- */

/* A basic or literal string on one line (toml.io 1.0). (transfer full) (nullable) */
static char *
read_toml_string (const char *at)
{
  g_autoptr (GString) value = g_string_new (NULL);
  const char quote = *at;

  if ((quote != '"' && quote != '\'') || g_str_has_prefix (at, "\"\"\"") || g_str_has_prefix (at, "'''"))
    return NULL;
  for (at++; *at != '\0' && *at != quote; at++)
    if (quote == '"' && *at == '\\')
      {
        if (at[1] != '"' && at[1] != '\\')
          return NULL;
        g_string_append_c (value, *++at);
      }
    else
      g_string_append_c (value, *at);
  return *at == quote ? g_string_free (g_steal_pointer (&value), FALSE) : NULL;
}

static void
strip_quotes (char *name)
{
  g_strstrip (name);
  for (char *from = name, *to = name;; from++)
    if (*from != '"' && *from != '\'' && *from != ' ')
      if ((*to++ = *from) == '\0')
        return;
}

char *
oh_doctor_read_toml (const char *text, const char *table, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *present = g_strdup ("");

  for (char **line = lines; *line != NULL; line++)
    {
      char *at = g_strstrip (*line);
      char *equals;

      if (*at == '[')
        {
          char *end = strchr (at, ']');

          g_free (present);
          present = g_strndup (at + 1, end != NULL ? (gsize) (end - at - 1) : strlen (at + 1));
          strip_quotes (present);
          continue;
        }
      equals = strchr (at, '=');
      if (*at == '#' || equals == NULL || !g_str_equal (present, table != NULL ? table : ""))
        continue;
      *equals = '\0';
      strip_quotes (at);
      if (g_str_equal (at, key))
        return read_toml_string (g_strchug (equals + 1));
    }
  return NULL;
}
