/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the doctor looks: at files that may be anything, and at programs that may never answer. */
#include "config.h"
#include "oh-doctor-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MS 3000
#define ANSWER_MAX 4096

char *
oh_doctor_read (const char *path, gsize limit, gsize *length, char **problem)
{
  /* A pipe must not be waited for, and a terminal must not become ours. */
  int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  g_autofree char *text = NULL;
  struct stat info;
  gsize filled = 0;
  ssize_t n = 0;

  *problem = NULL;
  if (fd < 0)
    {
      if (errno != ENOENT && errno != ENOTDIR)
        *problem = g_strdup (g_strerror (errno));
      return NULL;
    }
  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode))
    *problem = g_strdup (_ ("it is no regular file"));
  else if ((guint64) info.st_size > limit)
    *problem = g_strdup (_ ("it is too large"));
  else
    {
      text = g_malloc (limit + 1);
      while (filled < limit && (n = read (fd, text + filled, limit - filled)) > 0)
        filled += (gsize) n;
      if (n < 0)
        *problem = g_strdup (g_strerror (errno));
      text[filled] = '\0';
    }
  close (fd);
  if (*problem != NULL)
    return NULL;
  if (length != NULL)
    *length = filled;
  return g_realloc (g_steal_pointer (&text), filled + 1);
}

/* Between fork and exec: a group of its own, so that all of it can be ended. */
static void
lead_group (gpointer data)
{
  setpgid (0, 0);
}

char *
oh_doctor_ask (const char *const *argv, char **environment)
{
  const gint64 until = g_get_monotonic_time () + ANSWER_MS * 1000;
  g_autoptr (GString) answer = g_string_new (NULL);
  gboolean ended = FALSE;
  GPid pid;
  int out;

  if (!g_spawn_async_with_pipes (NULL, (char **) argv, environment,
                                 G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL | G_SPAWN_SEARCH_PATH, lead_group, NULL,
                                 &pid, NULL, &out, NULL, NULL))
    return NULL;
  while (!ended && answer->len < ANSWER_MAX && strchr (answer->str, '\n') == NULL)
    {
      struct pollfd ready = { .fd = out, .events = POLLIN };
      const gint64 left = (until - g_get_monotonic_time ()) / 1000;
      char piece[512];
      ssize_t n;

      if (left <= 0 || (poll (&ready, 1, (int) left) < 0 && errno != EINTR))
        break;
      if (ready.revents == 0)
        continue;
      n = read (out, piece, sizeof piece);
      if (n > 0)
        g_string_append_len (answer, piece, n);
      ended = n == 0;
    }
  close (out);
  /* Whoever has answered may still end by itself; whoever has not will not be waited for. */
  if (!ended && strchr (answer->str, '\n') == NULL)
    g_string_truncate (answer, 0);
  kill (-pid, SIGKILL);
  kill (pid, SIGKILL);
  while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
    ;
  g_string_truncate (answer, strcspn (answer->str, "\r\n"));
  g_strstrip (answer->str);
  return *answer->str != '\0' ? g_utf8_make_valid (answer->str, -1) : NULL;
}

char *
oh_doctor_show_url (const char *url, char **host)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_PARSE_RELAXED, NULL);
  const char *name = uri != NULL ? g_uri_get_host (uri) : NULL;
  const gboolean six = name != NULL && strchr (name, ':') != NULL;

  if (name == NULL || *name == '\0')
    return NULL;
  if (host != NULL)
    *host = g_ascii_strdown (name, -1);
  if (g_uri_get_port (uri) > 0)
    return g_strdup_printf (six ? "%s://[%s]:%d" : "%s://%s:%d", g_uri_get_scheme (uri), name, g_uri_get_port (uri));
  return g_strdup_printf (six ? "%s://[%s]" : "%s://%s", g_uri_get_scheme (uri), name);
}

/* ---- what to type ---- */

static void
append_word (GString *line, const char *word)
{
  /* A name and a value are quoted apart, as one would write them. */
  const char *equals = strchr (word, '=');
  const gboolean assigns = equals != NULL && strspn (word, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_") == (gsize) (equals - word);
  const char *rest = assigns ? equals + 1 : word;
  g_autofree char *quoted = NULL;

  if (line->len > 0)
    g_string_append_c (line, ' ');
  if (assigns)
    g_string_append_len (line, word, rest - word);
  if ((*rest == '\0' && assigns) || (*rest != '\0' && strpbrk (rest, " \t\n'\"\\$`&|;<>()*?[]#~{}!") == NULL))
    g_string_append (line, rest);
  else
    {
      quoted = g_shell_quote (rest);
      g_string_append (line, quoted);
    }
}

/* The password of a proxy stands before an at sign. */
static char *
hide_user (const char *word)
{
  const char *scheme = strstr (word, "://");
  const char *end = scheme != NULL ? scheme + 3 + strcspn (scheme + 3, "/?# ") : NULL;
  const char *at = scheme != NULL ? memrchr (scheme + 3, '@', (gsize) (end - scheme - 3)) : NULL;

  if (at == NULL)
    return g_strdup (word);
  return g_strdup_printf ("%.*s…%s", (int) (scheme + 3 - word), word, at);
}

char *
oh_doctor_quote (OhDoctor *self, GPtrArray *words)
{
  g_autoptr (GPtrArray) plain = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) kept = NULL;
  g_autoptr (OhRedactor) console = NULL;
  char *name = NULL;
  GString *line = g_string_new (NULL);

  for (guint i = 0; i < words->len; i++)
    g_ptr_array_add (plain, hide_user (words->pdata[i]));
  g_ptr_array_add (plain, NULL);
  kept = oh_redact_argv (self->key, (const char *const *) plain->pdata, (const char *const *) self->without, &name, &console);
  for (char **word = kept; *word != NULL; word++)
    append_word (line, *word);
  return g_string_free (line, FALSE);
}

GPtrArray *
oh_step_get_words (const OhStep *self)
{
  GPtrArray *words = g_ptr_array_new ();

  for (guint i = 0; i < self->before->len; i++)
    g_ptr_array_add (words, self->before->pdata[i]);
  for (char **word = self->typed != NULL ? self->typed : self->argv; *word != NULL; word++)
    g_ptr_array_add (words, *word);
  return words;
}

/* @first: (nullable): a word before the command */
static char *
make_whole (OhDoctor *self, const char *start, const char *first)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  g_autofree char *line = NULL;

  if (first != NULL)
    g_ptr_array_add (words, (gpointer) first);
  for (const char *const *word = self->spec->argv; *word != NULL; word++)
    g_ptr_array_add (words, (gpointer) *word);
  line = oh_doctor_quote (self, words);
  return g_strdup_printf ("overhear %s %s", start, line);
}

char *
oh_doctor_remedy_option (OhDoctor *self, const char *option, const char *value)
{
  g_autofree char *start = g_strconcat ("run ", option, NULL);

  return make_whole (self, start, value);
}

char *
oh_doctor_remedy_look (OhDoctor *self)
{
  return make_whole (self, "doctor --run", NULL);
}

char *
oh_doctor_remedy_run (OhDoctor *self, const OhStep *step)
{
  g_autoptr (GPtrArray) words = oh_step_get_words (step);
  g_autofree char *line = oh_doctor_quote (self, words);

  return g_strconcat ("overhear run ", line, NULL);
}

char *
oh_doctor_remedy_folder (void)
{
  return g_strdup ("export OVERHEAR_DATA_DIR=~/overhear-data");
}

char *
oh_doctor_remedy_edit (const char *shown)
{
  return g_strconcat ("${EDITOR:-nano} ", shown, NULL);
}

char *
oh_doctor_remedy_via (OhDoctor *self, const OhStep *step)
{
  g_autoptr (GPtrArray) before = g_ptr_array_new ();
  g_autoptr (GPtrArray) after = g_ptr_array_new ();
  g_autofree char *first = NULL;
  g_autofree char *last = NULL;
  g_autofree char *via = NULL;
  g_autofree char *text = NULL;
  g_autofree char *quoted = NULL;

  for (guint i = 0; i < step->before->len; i++)
    g_ptr_array_add (before, step->before->pdata[i]);
  via = oh_engine_describe_via ();
  for (char **word = step->typed != NULL ? step->typed : step->argv; *word != NULL; word++)
    g_ptr_array_add (after, *word);
  first = oh_doctor_quote (self, before);
  last = oh_doctor_quote (self, after);
  text = g_strdup_printf ("%s%s%s %s", first, *first != '\0' ? " " : "", via, last);
  quoted = g_shell_quote (text);
  return g_strconcat ("overhear run sh -c ", quoted, NULL);
}

char *
oh_doctor_remedy_before (OhDoctor *self, const OhStep *step)
{
  g_autoptr (GPtrArray) assignments = g_ptr_array_new ();
  g_autofree char *sets = NULL;
  g_autofree char *run = NULL;

  if (step->assignments == NULL || *step->assignments == NULL)
    return NULL;
  for (char **entry = step->assignments; *entry != NULL; entry++)
    g_ptr_array_add (assignments, *entry);
  sets = oh_doctor_quote (self, assignments);
  run = oh_doctor_remedy_run (self, step);
  return g_strconcat (sets, " ", run, NULL);
}
