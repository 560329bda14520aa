/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-mcp-act.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAUNCH "launch"
#define RESEND "resend"
#define KEPT 3000            /* bytes of the beginning and of the end of what is printed */
#define ROW_MAX (1024 * 1024)
#define WORDS_MAX 1000       /* of a command */
#define QUESTION_MAX 2000    /* characters */
#define TIMEOUT_S 50         /* many clients wait a minute for a tool */
#define RESEND_S 600
#define LEAVE_US (3 * G_USEC_PER_SEC) /* from being told to end to being ended */

/* What one stream said. */
typedef struct
{
  int fd;     /* -1: closed */
  gsize kept; /* so much of its beginning */
  GString *head;
  GString *tail;
  gint64 bytes;
} Output;

struct _OhMcpJob
{
  char *id;
  gboolean stateless;
  gboolean resends;
  gint64 resent;
  char *report; /* LAUNCH: path of the run's report */
  GPid pid;     /* 0: it is over */
  int status;
  gint64 until_us; /* monotonic */
  gboolean timed_out;
  Output out;
  Output err;
};

gboolean
oh_mcp_is_acting (const char *tool)
{
  return g_str_equal (tool, LAUNCH) || g_str_equal (tool, RESEND);
}

/* --- what it is about --- */

/* The strings of an array. (transfer full) */
static GPtrArray *
get_words (OhJson array)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  OhJsonIter iter;
  OhJson value;

  oh_json_iter_init (&iter, array);
  while (words->len < WORDS_MAX && oh_json_iter_next (&iter, NULL, &value))
    g_ptr_array_add (words, oh_json_dup_string (value));
  return words;
}

/* As a shell would read it. (transfer full) */
static char *
quote_command (GPtrArray *words)
{
  g_autoptr (GString) line = g_string_new (NULL);

  for (guint i = 0; i < words->len; i++)
    {
      const char *word = words->pdata[i];
      const gboolean plain = *word != '\0' && word[strspn (word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                                 "0123456789_-+=:,./@%")] == '\0';
      g_autofree char *quoted = plain ? g_strdup (word) : g_shell_quote (word);

      g_string_append_printf (line, "%s%s", i > 0 ? " " : "", quoted);
    }
  return g_string_free (g_steal_pointer (&line), FALSE);
}

static char *
get_folder (OhMcpCall *call)
{
  g_autofree char *folder = oh_mcp_dup_text (call, "folder");

  return folder != NULL ? g_steal_pointer (&folder) : g_get_current_dir ();
}

char *
oh_mcp_describe_act (const char *tool, OhJson arguments)
{
  OhMcpCall call = { .arguments = arguments };
  g_autofree char *text = NULL;
  g_autofree char *visible = NULL;

  if (g_str_equal (tool, LAUNCH))
    {
      g_autoptr (GPtrArray) words = get_words (oh_json_get (arguments, "command"));
      g_autofree char *command = quote_command (words);
      g_autofree char *folder = get_folder (&call);
      g_autofree char *elsewhere = oh_json_dup (oh_json_get (arguments, "upstreams"));

      text = g_strdup_printf (_ ("Run this program, as you and with all that it may do?\n\n%s\n\nIn the folder: %s%s%s"), command,
                              folder, elsewhere != NULL ? "\n--upstream " : "", elsewhere != NULL ? elsewhere : "");
    }
  else
    {
      g_autofree char *changes = oh_json_dup (arguments);

      text = g_strdup_printf (_ ("Send call %" PRId64 " again, with the key of this environment? It costs what a call costs.\n\n%s"),
                              oh_mcp_get_int (&call, "id", 0), changes);
    }
  visible = oh_format_visible (text, FALSE);
  /* Never without its end: what cannot be shown whole is not asked for. */
  return g_utf8_strlen (visible, -1) <= QUESTION_MAX ? g_steal_pointer (&visible) : NULL;
}

/* --- starting it --- */

/* In the child, before its program. It has a session of its own: Ctrl+C in the client's terminal is not meant for it. */
static void
set_up (gpointer data)
{
  setsid ();
  signal (SIGPIPE, SIG_DFL);
}

static void
add_option (GPtrArray *words, OhMcpCall *call, const char *argument, const char *option)
{
  g_autofree char *value = oh_mcp_dup_text (call, argument);

  if (value != NULL)
    g_ptr_array_add (words, g_strconcat (option, "=", value, NULL));
}

static void
add_launch (OhMcpJob *self, GPtrArray *words, OhMcpCall *call)
{
  g_autoptr (GPtrArray) command = get_words (oh_json_get (call->arguments, "command"));
  g_autoptr (GPtrArray) upstreams = get_words (oh_json_get (call->arguments, "upstreams"));

  g_ptr_array_add (words, g_strdup ("run"));
  g_ptr_array_add (words, g_strconcat ("--report=", self->report, NULL));
  for (guint i = 0; i < upstreams->len; i++)
    g_ptr_array_add (words, g_strconcat ("--upstream=", (const char *) upstreams->pdata[i], NULL));
  add_option (words, call, "name", "--name");
  add_option (words, call, "trace", "--trace");
  add_option (words, call, "session", "--session");
  g_ptr_array_add (words, g_strdup ("--"));
  g_ptr_array_extend_and_steal (words, g_steal_pointer (&command));
}

static void
add_resend (OhMcpJob *self, GPtrArray *words, OhMcpCall *call)
{
  const gint64 max_tokens = oh_mcp_get_int (call, "max_tokens", 0);
  OhJsonIter iter;
  OhJson path, value;

  self->resent = oh_mcp_get_int (call, "id", 0);
  g_ptr_array_add (words, g_strdup ("resend"));
  g_ptr_array_add (words, g_strdup ("--json"));
  add_option (words, call, "model", "--model");
  if (max_tokens != 0)
    g_ptr_array_add (words, g_strdup_printf ("--max-tokens=%" PRId64, max_tokens));
  oh_json_iter_init (&iter, oh_json_get (call->arguments, "edits"));
  while (words->len < WORDS_MAX && oh_json_iter_next (&iter, &path, &value))
    {
      g_autofree char *place = oh_json_dup_string (path);
      g_autofree char *json = oh_json_dup (value);

      g_ptr_array_add (words, g_strdup_printf ("--set=%s=%s", place, json));
    }
  g_ptr_array_add (words, g_strdup_printf ("%" PRId64, self->resent));
}

OhMcpJob *
oh_mcp_job_new (const char *tool, OhJson arguments, const char *id, gboolean stateless, char **problem)
{
  g_autoptr (OhMcpJob) self = g_new0 (OhMcpJob, 1);
  OhMcpCall call = { .arguments = arguments };
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *folder = get_folder (&call);
  g_autoptr (GError) error = NULL;
  int file = -1;

  self->id = g_strdup (id);
  self->stateless = stateless;
  self->resends = g_str_equal (tool, RESEND);
  self->out = (Output) { -1, self->resends ? ROW_MAX : KEPT, g_string_new (NULL), g_string_new (NULL), 0 };
  self->err = (Output) { -1, KEPT, g_string_new (NULL), g_string_new (NULL), 0 };
  self->until_us =
    g_get_monotonic_time () + oh_mcp_get_int (&call, "timeout", self->resends ? RESEND_S : TIMEOUT_S) * G_USEC_PER_SEC;
  if (!self->resends && (file = g_file_open_tmp ("overhear-XXXXXX.json", &self->report, &error)) < 0)
    {
      *problem = g_strdup (error->message);
      return NULL;
    }
  if (file >= 0)
    close (file);
  g_ptr_array_add (words, g_file_read_link ("/proc/self/exe", NULL));
  if (self->resends)
    add_resend (self, words, &call);
  else
    add_launch (self, words, &call);
  g_ptr_array_add (words, NULL);
  if (!g_spawn_async_with_pipes (folder, (char **) words->pdata, NULL, G_SPAWN_DO_NOT_REAP_CHILD, set_up, NULL, &self->pid, NULL,
                                 &self->out.fd, &self->err.fd, &error))
    {
      self->pid = 0;
      *problem = g_strdup (error->message);
      return NULL;
    }
  g_unix_set_fd_nonblocking (self->out.fd, TRUE, NULL);
  g_unix_set_fd_nonblocking (self->err.fd, TRUE, NULL);
  return g_steal_pointer (&self);
}

static void
output_clear (Output *output)
{
  if (output->fd >= 0)
    close (output->fd);
  g_string_free (output->head, TRUE);
  g_string_free (output->tail, TRUE);
}

void
oh_mcp_job_free (OhMcpJob *self)
{
  if (self->pid != 0)
    {
      /* Whoever kills the front of a run kills the program. */
      kill (self->pid, SIGKILL);
      waitpid (self->pid, NULL, 0);
    }
  if (self->report != NULL)
    g_unlink (self->report);
  output_clear (&self->out);
  output_clear (&self->err);
  g_free (self->report);
  g_free (self->id);
  g_free (self);
}

/* --- while it runs --- */

const char *
oh_mcp_job_get_id (OhMcpJob *self)
{
  return self->id;
}

gboolean
oh_mcp_job_is_stateless (OhMcpJob *self)
{
  return self->stateless;
}

guint
oh_mcp_job_add_polls (OhMcpJob *self, struct pollfd polls[2])
{
  guint n = 0;

  if (self->out.fd >= 0)
    polls[n++] = (struct pollfd) { .fd = self->out.fd, .events = POLLIN };
  if (self->err.fd >= 0)
    polls[n++] = (struct pollfd) { .fd = self->err.fd, .events = POLLIN };
  return n;
}

static void
keep (Output *output, const char *bytes, gsize n)
{
  const gsize first = MIN (n, output->kept - output->head->len);

  output->bytes += (gint64) n;
  g_string_append_len (output->head, bytes, (gssize) first);
  g_string_append_len (output->tail, bytes + first, (gssize) (n - first));
  if (output->tail->len > 2 * KEPT)
    g_string_erase (output->tail, 0, (gssize) (output->tail->len - KEPT));
}

static void
read_output (Output *output)
{
  char bytes[16 * 1024];
  ssize_t n = 1;

  /* One that prints without end must not keep us from the others. */
  for (guint i = 0; i < 16 && n > 0 && output->fd >= 0; i++)
    {
      n = read (output->fd, bytes, sizeof bytes);
      if (n > 0)
        keep (output, bytes, (gsize) n);
      else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        {
          close (output->fd);
          output->fd = -1;
        }
    }
}

gboolean
oh_mcp_job_tend (OhMcpJob *self)
{
  const gint64 now = g_get_monotonic_time ();

  if (self->pid != 0 && now > self->until_us)
    {
      kill (self->pid, self->timed_out ? SIGKILL : SIGTERM);
      self->timed_out = TRUE;
      self->until_us = now + LEAVE_US;
    }
  if (self->pid != 0 && waitpid (self->pid, &self->status, WNOHANG) == self->pid)
    self->pid = 0;
  /* What it left in the background may hold its streams open: what has come until now is told. */
  read_output (&self->out);
  read_output (&self->err);
  return self->pid == 0;
}

/* --- how it ended --- */

static void
add_output (GString *out, const char *name, const Output *output)
{
  const gsize end = MIN (output->tail->len, KEPT);
  const gint64 left_out = output->bytes - (gint64) (output->head->len + end);
  g_autoptr (GString) text = g_string_new_len (output->head->str, (gssize) output->head->len);
  g_autofree char *valid = NULL;

  if (left_out > 0)
    g_string_append_printf (text, "\n… (%" PRId64 " bytes left out) …\n", left_out);
  g_string_append_len (text, output->tail->str + output->tail->len - end, (gssize) end);
  valid = g_utf8_make_valid (text->str, (gssize) text->len);
  oh_json_write_open (out, name, '{');
  oh_json_write_int (out, "bytes", output->bytes);
  oh_json_write_text (out, "text", valid);
  oh_json_write_close (out, '}');
}

/* The run that the report tells of, or NULL. (transfer full) */
static OhRun *
read_report (OhMcpJob *self, OhStoreReader *reader)
{
  g_autofree char *text = NULL;
  gsize length;
  OhJson report;

  if (reader == NULL || !g_file_get_contents (self->report, &text, &length, NULL) || !oh_json_parse (text, length, &report, NULL))
    return NULL;
  return oh_store_reader_get_run (reader, oh_json_get_int (oh_json_get (report, "id"), 0));
}

static void
answer_launch (OhMcpJob *self, OhMcpCall *call)
{
  g_autoptr (OhRun) run = read_report (self, call->reader);
  gsize from;

  oh_json_write_flag (call->out, "timed_out", self->timed_out);
  oh_json_write_known (call->out, "exit_status", WEXITSTATUS (self->status), WIFEXITED (self->status));
  oh_json_write_name (call->out, "run");
  from = call->out->len;
  if (run != NULL)
    oh_cli_json_run (call->out, call->reader, run, NULL, NULL);
  else
    g_string_append (call->out, "null");
  oh_mcp_clip (call->out, from);
  add_output (call->out, "stdout", &self->out);
  add_output (call->out, "stderr", &self->err);
}

void
oh_mcp_job_answer (OhMcpJob *self, OhStoreReader *reader, GString *object, char **problem)
{
  OhMcpCall call = { .reader = reader, .out = object };
  OhJson told;
  gsize from;

  if (self->resends
      && (self->status != 0 || self->timed_out || !oh_json_parse (self->out.head->str, self->out.head->len, &told, NULL)))
    {
      *problem = g_strdup_printf ("Call %" PRId64 " was not sent again. %s", self->resent, self->err.head->str);
      g_strchomp (*problem);
      return;
    }
  oh_mcp_begin (&call);
  from = object->len;
  if (self->resends)
    {
      const OhJson row = oh_json_get (told, "call");

      oh_json_write_int (object, "resent", self->resent);
      oh_json_write_name (object, "call");
      g_string_append_len (object, row.text, (gssize) row.length);
      oh_mcp_clip (object, from);
    }
  else
    answer_launch (self, &call);
  oh_mcp_end (&call);
}
