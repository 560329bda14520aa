/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-script-private.h"
#include "oh-paths.h"
#include "oh-source.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ANSWER_MS 10000
#define CHECK_MS 5000
/* What the process reads the script from. */
#define SCRIPT_FD 3

struct _OhScript
{
  gatomicrefcount refs;
  char *text;
  GSubprocess *process; /* NULL: there is none */
  GDataInputStream *answers;
  GQueue asked;         /* of GTask: the first one waits for its answer */
  GSource *deadline;    /* of the first one */
};

typedef struct
{
  OhScript *script;
  char *line;
} Question;

static void ask_next (OhScript *asked);

static void
question_free (gpointer data)
{
  Question *question = data;

  oh_script_unref (question->script);
  g_free (question->line);
  g_free (question);
}

/* Returns: NULL with @error */
static GSubprocess *
start (const char *text, const char *option, GError **error)
{
  g_autofree char *program = oh_paths_find_helper ("pac", "overhear-pac");
  g_autofree char *functions = oh_paths_find_data ("pac.js");
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  const gsize length = strlen (text);
  const int fd = memfd_create ("overhear-script", MFD_CLOEXEC);

  if (fd < 0 || write (fd, text, length) != (gssize) length)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("there is no memory for it"));
      if (fd >= 0)
        close (fd);
      return NULL;
    }
  g_subprocess_launcher_take_fd (launcher, fd, SCRIPT_FD);
  return g_subprocess_launcher_spawn (launcher, error, program, functions, option, NULL);
}

static void
stop (OhScript *self)
{
  oh_source_drop (&self->deadline);
  if (self->process != NULL)
    g_subprocess_force_exit (self->process);
  g_clear_object (&self->answers);
  g_clear_object (&self->process);
}

/* @answer: (nullable) */
static void
return_answer (GTask *task, const char *answer)
{
  const gboolean fine = answer != NULL && *answer != '!';

  if (!fine)
    g_debug ("A proxy script fails: %s", answer != NULL ? answer : "no answer");
  g_task_return_pointer (task, fine ? g_strdup (answer) : NULL, g_free);
}

static void
answered (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  OhScript *self = ((Question *) g_task_get_task_data (task))->script;
  g_autofree char *line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, NULL);

  oh_source_drop (&self->deadline);
  g_queue_pop_head (&self->asked);
  if (line == NULL)
    stop (self);
  return_answer (task, line);
  ask_next (self);
}

static gboolean
on_deadline (gpointer data)
{
  OhScript *self = data;

  oh_source_drop (&self->deadline);
  g_subprocess_force_exit (self->process);
  return G_SOURCE_REMOVE;
}

/* One at a time: the pipe never fills. */
static void
ask_next (OhScript *asked)
{
  g_autoptr (OhScript) self = oh_script_ref (asked);

  while (!g_queue_is_empty (&self->asked))
    {
      GTask *task = g_queue_peek_head (&self->asked);
      const Question *question = g_task_get_task_data (task);
      g_autoptr (GError) error = NULL;

      if (self->process == NULL && (self->process = start (self->text, NULL, &error)) != NULL)
        self->answers = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
      if (self->process != NULL
          && g_output_stream_write_all (g_subprocess_get_stdin_pipe (self->process), question->line, strlen (question->line),
                                        NULL, NULL, &error))
        {
          self->deadline = g_timeout_source_new (ANSWER_MS);
          g_source_set_callback (self->deadline, on_deadline, self, NULL);
          g_source_attach (self->deadline, g_main_context_get_thread_default ());
          g_data_input_stream_read_line_async (self->answers, G_PRIORITY_DEFAULT, NULL, answered, task);
          return;
        }
      g_warning ("A proxy script cannot be asked: %s", error->message);
      stop (self);
      g_queue_pop_head (&self->asked);
      return_answer (task, NULL);
      g_object_unref (task);
    }
}

OhScript *
oh_script_new (const char *text)
{
  OhScript *self = g_new0 (OhScript, 1);

  g_atomic_ref_count_init (&self->refs);
  self->text = g_strdup (text);
  return self;
}

OhScript *
oh_script_ref (OhScript *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
oh_script_unref (OhScript *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  stop (self);
  g_free (self->text);
  g_free (self);
}

void
oh_script_ask_async (OhScript *self,
                     const char *url,
                     const char *host,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, data);
  Question *question = g_new0 (Question, 1);

  question->script = oh_script_ref (self);
  question->line = g_strdup_printf ("%s %s\n", url, host);
  g_task_set_source_tag (task, oh_script_ask_async);
  g_task_set_task_data (task, question, question_free);
  g_queue_push_tail (&self->asked, task);
  if (self->asked.length == 1)
    ask_next (self);
}

char *
oh_script_ask_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

static gpointer
end_in_time (gpointer data)
{
  GSubprocess *process = data;
  const gint64 deadline = g_get_monotonic_time () + CHECK_MS * 1000;

  while (g_subprocess_get_identifier (process) != NULL && g_get_monotonic_time () < deadline)
    g_usleep (20000);
  g_subprocess_force_exit (process);
  g_object_unref (process);
  return NULL;
}

char *
oh_script_check (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = start (text, "--check", &error);
  g_autofree char *problem = NULL;
  GThread *thread;

  if (process == NULL)
    return g_strdup (error->message);
  thread = g_thread_new ("oh-script", end_in_time, g_object_ref (process));
  if (!g_subprocess_communicate_utf8 (process, NULL, NULL, &problem, NULL, NULL) || problem == NULL)
    problem = g_strdup ("");
  g_thread_join (thread);
  if (g_subprocess_get_successful (process))
    return *g_strchomp (problem) != '\0' ? g_steal_pointer (&problem) : NULL;
  return g_strdup (g_subprocess_get_if_signaled (process)
                     ? _ ("it does not come to an end")
                     : _ ("what asks scripts cannot be started; is the library JavaScriptCore (libjavascriptcoregtk) installed?"));
}
