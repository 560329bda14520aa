/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-process-private.h"

#include "oh-headers.h"

#include <stdio.h>
#include <string.h>

/* Characters. */
#define NAME_MAX_LENGTH 80
/* Bytes. */
#define COMMAND_MAX 4096
#define UUID_LENGTH 36

/* How the arguments of an interpreter lead to what it runs. Words stand between spaces. */
typedef struct
{
  const char *names;   /* its executable, without a version at the end */
  const char *code;    /* behind these there is no script */
  const char *values;  /* these have a value in the next argument */
  const char *scripts; /* what follows these is what it runs */
  const char *verbs;   /* may stand before the script */
} Interpreter;

static const Interpreter interpreters[] = {
  { " python pypy ", " -c - ", " -W -X --check-hash-based-pycs ", " -m ", " " },
  { " node nodejs ", " -e --eval -p --print - ",
    " -r --require --import --loader --experimental-loader -C --conditions --env-file ", " ", " inspect " },
  { " bun ", " -e --eval ", " -r --preload --cwd -c --config --env-file ", " ", " run x test " },
  { " deno ", " eval repl ", " -c --config --import-map ", " ", " run test serve " },
  { " ruby ", " -e - ", " -I -r -C ", " ", " " },
  { " perl ", " -e -E - ", " -I ", " ", " " },
  { " php ", " -r -S ", " -d -c -z ", " -f ", " " },
  { " java ", " ",
    " -cp -classpath --class-path -p --module-path --add-modules --add-opens --add-exports --add-reads ", " -jar -m --module ",
    " " },
  { " bash sh dash zsh ksh ", " -c -s ", " -o -O --rcfile --init-file ", " ", " " },
};

/* Names that say little without the folder. */
#define GENERAL " __main__ main index cli app server start run "

static gboolean
has_word (const char *words, const char *word, gsize length)
{
  for (const char *at = words; *word != '\0' && length > 0 && (at = strstr (at, " ")) != NULL; at++)
    if (strncmp (at + 1, word, length) == 0 && at[1 + length] == ' ')
      return TRUE;
  return FALSE;
}

static const char *
get_last_part (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash != NULL ? slash + 1 : path;
}

static const Interpreter *
find_interpreter (const char *executable)
{
  const char *name = get_last_part (executable);
  gsize length = strlen (name);

  /* python3.12, ruby3.1 */
  while (length > 0 && (g_ascii_isdigit (name[length - 1]) || name[length - 1] == '.'))
    length--;
  for (gsize i = 0; i < G_N_ELEMENTS (interpreters); i++)
    if (has_word (interpreters[i].names, name, length))
      return &interpreters[i];
  return NULL;
}

/* Of "-lc" the last letter is what counts. */
static gboolean
has_option (const char *options, const char *word)
{
  const gsize length = strlen (word);
  gboolean letters = *word == '-' && length > 2;

  for (gsize i = 1; i < length; i++)
    letters = letters && g_ascii_isalpha (word[i]);
  return has_word (options, word, length) || (letters && has_word (options, (char[]) { '-', word[length - 1], '\0' }, 2));
}

/* (transfer none) (nullable) @module: (out): it is no path */
static const char *
find_script (const Interpreter *interpreter, const char *const *argv, gboolean *module)
{
  gboolean begun = FALSE;

  *module = FALSE;
  for (; *argv != NULL; argv++)
    {
      const gsize length = strlen (*argv);

      if (length == 0 || has_option (interpreter->code, *argv))
        return NULL;
      if (has_option (interpreter->scripts, *argv))
        {
          *module = g_str_has_suffix (*argv, "m") || strcmp (*argv, "--module") == 0;
          return argv[1];
        }
      if (has_word (interpreter->values, *argv, length) && argv[1] != NULL)
        argv++;
      else if (**argv == '-' || **argv == '+')
        continue;
      else if (!begun && has_word (interpreter->verbs, *argv, length))
        begun = TRUE;
      else
        return *argv;
    }
  return NULL;
}

/* The name of a file, behind that of its folder where it says little by itself. (transfer full) */
static char *
name_file (const char *path, const char *cwd)
{
  const char *name = get_last_part (path);
  const gsize stem = strcspn (name + (*name == '.'), ".") + (*name == '.');
  g_autofree char *folder = NULL;
  const char *last;

  if (!has_word (GENERAL, name, stem))
    return g_strdup (name);
  folder = name != path ? g_strndup (path, (gsize) (name - path) - 1) : g_strdup (cwd);
  last = folder != NULL ? get_last_part (folder) : "";
  if (*last == '\0' || strcmp (last, ".") == 0)
    last = cwd != NULL ? get_last_part (cwd) : "";
  return *last != '\0' && strcmp (last, "..") != 0 ? g_strconcat (last, "/", name, NULL) : g_strdup (name);
}

/* (transfer full) */
static char *
tidy (const char *name)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);

  for (char *at = valid; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      *at = ' ';
  g_strstrip (valid);
  if (g_utf8_strlen (valid, -1) > NAME_MAX_LENGTH)
    *g_utf8_offset_to_pointer (valid, NAME_MAX_LENGTH) = '\0';
  return g_steal_pointer (&valid);
}

static gboolean
has_letters (const char *name)
{
  for (; *name != '\0'; name++)
    if (!g_ascii_isdigit (*name) && !g_ascii_ispunct (*name) && !g_ascii_isspace (*name))
      return TRUE;
  return FALSE;
}

char *
oh_process_make_name (const char *executable, const char *const *argv, const char *cwd)
{
  static const char deleted[] = " (deleted)";
  const char *first = argv[0] != NULL ? argv[0] : "";
  g_autofree char *path = g_strdup (executable != NULL ? executable : first);
  const Interpreter *interpreter;
  const char *script;
  g_autofree char *name = NULL;
  g_autofree char *tidied = NULL;
  gboolean module;

  /* It was replaced while it ran. */
  if (g_str_has_suffix (path, deleted))
    path[strlen (path) - strlen (deleted)] = '\0';
  interpreter = find_interpreter (path);
  script = interpreter != NULL && argv[0] != NULL ? find_script (interpreter, argv + 1, &module) : NULL;
  if (script != NULL)
    name = module ? g_strdup (script) : name_file (script, cwd);
  else
    name = g_strdup (get_last_part (path));
  tidied = tidy (name);
  /* Some executables are called by their version. */
  if (script == NULL && !has_letters (tidied))
    {
      g_free (tidied);
      tidied = tidy (get_last_part (first));
    }
  return *tidied != '\0' ? g_steal_pointer (&tidied) : g_strdup ("?");
}

char *
oh_process_join (const char *const *argv)
{
  g_autoptr (GString) line = g_string_new (NULL);
  char *text;

  for (; *argv != NULL && line->len <= COMMAND_MAX; argv++)
    {
      /* The marker of a secret needs no quotes to be read. */
      const gboolean plain = **argv != '\0' && strpbrk (*argv, " \t\n'\"\\$`&|;()*?[]#~!") == NULL;
      g_autofree char *word = plain || strstr (*argv, OH_REDACTED) != NULL ? g_strdup (*argv) : g_shell_quote (*argv);

      g_string_append_printf (line, "%s%s", line->len > 0 ? " " : "", word);
    }
  text = g_utf8_make_valid (line->str, (gssize) line->len);
  if (strlen (text) > COMMAND_MAX)
    {
      g_autofree char *whole = text;
      char *end = g_utf8_find_prev_char (whole, whole + COMMAND_MAX);

      *end = '\0';
      text = g_strconcat (whole, "…", NULL);
    }
  return text;
}

gboolean
oh_process_parse_stat (const char *stat, gint64 *parent, guint64 *started)
{
  /* The name in parentheses may have some of its own. */
  const char *end = strrchr (stat, ')');

  return end != NULL
         && sscanf (end + 1,
                    " %*c %" G_GINT64_FORMAT " %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" G_GUINT64_FORMAT,
                    parent, started) == 2;
}

/* "google\x2dchrome" (transfer full) (nullable) */
static char *
unescape (const char *text, gsize length)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    if (text[i] == '\\' && i + 3 < length && text[i + 1] == 'x' && g_ascii_isxdigit (text[i + 2])
        && g_ascii_isxdigit (text[i + 3]))
      {
        g_string_append_c (out, (char) (g_ascii_xdigit_value (text[i + 2]) << 4 | g_ascii_xdigit_value (text[i + 3])));
        i += 3;
      }
    else
      g_string_append_c (out, text[i]);
  /* It becomes the name of a file. */
  if (out->len == 0 || *out->str == '.' || strlen (out->str) != out->len || strchr (out->str, '/') != NULL
      || !g_utf8_validate (out->str, (gssize) out->len, NULL))
    return NULL;
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* Where @text [, @length) begins behind its last @c. */
static gsize
find_behind (const char *text, gsize length, char c)
{
  while (length > 0 && text[length - 1] != c)
    length--;
  return length;
}

/* @unit: the name of one control group. (transfer full) (nullable) */
static char *
parse_unit (const char *unit, gsize length)
{
  const gboolean scope = length > strlen (".scope") && strncmp (unit + length - strlen (".scope"), ".scope", strlen (".scope")) == 0;
  const gboolean service
      = length > strlen (".service") && strncmp (unit + length - strlen (".service"), ".service", strlen (".service")) == 0;
  const char *at;
  gsize from;

  if (!scope && !service)
    return NULL;
  length -= scope ? strlen (".scope") : strlen (".service");
  if (strncmp (unit, "snap.", strlen ("snap.")) == 0)
    {
      g_autofree char *words = g_strndup (unit, length);
      g_auto (GStrv) parts = g_strsplit (words, ".", 4);
      g_autofree char *id = NULL;
      gsize size;

      if (g_strv_length (parts) < 3)
        return NULL;
      /* The UUID behind the name may have a dash before it. */
      size = strlen (parts[2]);
      if (parts[3] == NULL && size > UUID_LENGTH + 1 && parts[2][size - UUID_LENGTH - 1] == '-')
        parts[2][size - UUID_LENGTH - 1] = '\0';
      id = g_strconcat (parts[1], "_", parts[2], NULL);
      return unescape (id, strlen (id));
    }
  if (strncmp (unit, "app-", strlen ("app-")) != 0 && strncmp (unit, "dbus-", strlen ("dbus-")) != 0)
    return NULL;
  from = strcspn (unit, "-") + 1;
  at = memchr (unit, '@', length);
  if (service && at != NULL)
    length = (gsize) (at - unit);
  else if (scope)
    {
      const gsize random = find_behind (unit, length, '-');

      /* Without what is drawn at random it would be the application itself. */
      if (random > from)
        length = random - 1;
    }
  from = MAX (from, find_behind (unit, length, '-'));
  return length > from ? unescape (unit + from, length - from) : NULL;
}

char *
oh_process_parse_app (const char *cgroup)
{
  g_auto (GStrv) lines = g_strsplit (cgroup, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      const char *path = strchr (*line, '/');
      gsize end;

      if (path == NULL || (strncmp (*line, "0::", 3) != 0 && strstr (*line, ":name=systemd:") == NULL))
        continue;
      /* From the innermost outwards: an application may have groups of its own. */
      for (end = strlen (path); end > 0;)
        {
          const gsize from = find_behind (path, end, '/');
          char *app = parse_unit (path + from, end - from);

          if (app != NULL)
            return app;
          end = from > 0 ? from - 1 : 0;
        }
    }
  return NULL;
}
