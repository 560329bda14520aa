/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-silence-banner.h"

#include "oh-doctor.h"

#include <glib/gi18n.h>
#include <string.h>

/* What is still under way when a run ends may come to be read. */
#define SETTLED_NS (5 * OH_NS_PER_S)
#define RUN "overhear run "

struct _OhSilenceBanner
{
  AdwBin parent_instance;

  GtkLabel *label;
  GtkButton *button;

  OhEngine *engine;
  gint64 run_id;
  gboolean settled;
  GCancellable *asking; /* the doctor, of that run; NULL: it was not asked */
  char *beginning;      /* what is said before what the doctor says */
  char *command;        /* what the button offers to run: */
  char *folder;
  char *hosts;
  char *environment;
  char *copied;         /* or puts on the clipboard */
};

G_DEFINE_FINAL_TYPE (OhSilenceBanner, oh_silence_banner, ADW_TYPE_BIN)

static void
forget_remedy (OhSilenceBanner *self)
{
  g_clear_pointer (&self->command, g_free);
  g_clear_pointer (&self->hosts, g_free);
  g_clear_pointer (&self->environment, g_free);
  g_clear_pointer (&self->copied, g_free);
}

static void
forget (OhSilenceBanner *self)
{
  if (self->asking != NULL)
    g_cancellable_cancel (self->asking);
  g_clear_object (&self->asking);
  g_clear_pointer (&self->beginning, g_free);
  g_clear_pointer (&self->folder, g_free);
  forget_remedy (self);
  self->settled = FALSE;
}

/* ---- what can be done ---- */

static void
show_button (OhSilenceBanner *self, const char *label, const char *tooltip)
{
  gtk_button_set_label (self->button, label);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->button), tooltip);
  gtk_widget_set_visible (GTK_WIDGET (self->button), label != NULL);
}

static void
offer_to_read (OhSilenceBanner *self, const OhRun *run, const char *host)
{
  g_autofree char *label = g_strdup_printf (_ ("Run Again, Reading %s…"), host);

  forget_remedy (self);
  self->command = oh_engine_quote_command (run->argv);
  self->hosts = g_strdup (host);
  show_button (self, label, self->command);
}

static void
offer_base_url (OhSilenceBanner *self, const OhRun *run)
{
  g_autofree char *line = oh_engine_quote_command (run->argv);
  g_autofree char *via = oh_engine_describe_via ();
  g_autofree char *text = g_strconcat (via, " ", line, NULL);
  g_autofree char *quoted = g_shell_quote (text);

  forget_remedy (self);
  self->command = g_strconcat ("sh -c ", quoted, NULL);
  show_button (self, _ ("Run Again With a Base URL…"), self->command);
}

/* "NAME=value … overhear run --read HOST … COMMAND": each has its place in the Run dialog. Anything else is to be typed. */
static void
offer_remedy (OhSilenceBanner *self, const char *remedy)
{
  const char *run = strstr (remedy, RUN);
  const char *rest = run != NULL ? run + strlen (RUN) : NULL;
  g_autoptr (GString) hosts = g_string_new (NULL);
  g_auto (GStrv) assignments = NULL;
  g_autofree char *before = run != NULL ? g_strstrip (g_strndup (remedy, run - remedy)) : NULL;

  while (rest != NULL && g_str_has_prefix (rest, "--read "))
    {
      const gsize length = strcspn (rest + strlen ("--read "), " ");

      g_string_append_printf (hosts, "%s%.*s", hosts->len > 0 ? " " : "", (int) length, rest + strlen ("--read "));
      rest += strlen ("--read ") + length;
      rest += strspn (rest, " ");
    }
  forget_remedy (self);
  if (rest == NULL || g_str_has_prefix (rest, "--")
      || (*before != '\0' && !g_shell_parse_argv (before, NULL, &assignments, NULL)))
    {
      self->copied = g_strdup (remedy);
      show_button (self, _ ("Copy What to Type"), remedy);
      return;
    }
  self->command = g_strdup (rest);
  self->hosts = g_strdup (hosts->str);
  self->environment = assignments != NULL ? g_strjoinv ("\n", assignments) : NULL;
  show_button (self, _ ("Run Again, Mended…"), remedy);
}

static void
on_clicked (OhSilenceBanner *self)
{
  if (self->copied != NULL)
    gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), self->copied);
  else
    gtk_widget_activate_action (GTK_WIDGET (self), "win.run-with", "(ssss)", self->command, self->folder != NULL ? self->folder : "",
                                self->hosts != NULL ? self->hosts : "", self->environment != NULL ? self->environment : "");
}

/* ---- why ---- */

static void
show_words (OhSilenceBanner *self, const char *words)
{
  gtk_label_set_label (self->label, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
  gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
}

typedef struct
{
  char **argv;
  char *cwd;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_strfreev (question->argv);
  g_free (question->cwd);
  g_free (question);
}

static void
ask_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Question *question = data;
  const OhDoctorSpec spec = { .argv = (const char *const *) question->argv, .cwd = question->cwd, .command_only = TRUE };

  g_task_return_pointer (task, oh_doctor_examine (&spec), (GDestroyNotify) g_ptr_array_unref);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  OhSilenceBanner *self = OH_SILENCE_BANNER (source);
  g_autoptr (GPtrArray) diagnoses = g_task_propagate_pointer (G_TASK (result), NULL);

  /* Another run may be chosen by now; then it was cancelled. */
  for (guint i = 0; diagnoses != NULL && i < diagnoses->len; i++)
    if (oh_diagnosis_get_grade (diagnoses->pdata[i]) == OH_GRADE_BAD)
      {
        g_autofree char *why = oh_diagnosis_dup_sentence (diagnoses->pdata[i]);
        g_autofree char *words = g_strdup_printf ("%s %s", self->beginning, why);

        show_words (self, words);
        if (oh_diagnosis_get_remedy (diagnoses->pdata[i]) != NULL)
          offer_remedy (self, oh_diagnosis_get_remedy (diagnoses->pdata[i]));
        return;
      }
}

/* Where nothing came, the command itself may say why. */
static void
ask_doctor (OhSilenceBanner *self, const OhRun *run)
{
  g_autoptr (GTask) task = NULL;
  Question *question;

  if (self->asking != NULL || run->argv == NULL || run->argv[0] == NULL)
    return;
  self->asking = g_cancellable_new ();
  self->beginning = g_strdup_printf (_ ("No call of “%s” came through Overhear."), run->name);
  question = g_new0 (Question, 1);
  question->argv = g_strdupv (run->argv);
  question->cwd = g_strdup (run->cwd);
  task = g_task_new (self, self->asking, on_answer, NULL);
  g_task_set_task_data (task, question, question_free);
  g_task_run_in_thread (task, ask_thread);
}

void
oh_silence_banner_update (OhSilenceBanner *self)
{
  g_autoptr (OhRun) run = NULL;
  g_autoptr (OhSilence) silence = NULL;
  gboolean settled;

  g_return_if_fail (OH_IS_SILENCE_BANNER (self));

  if (self->run_id == 0 || self->settled)
    return;
  run = oh_store_reader_get_run (oh_engine_get_reader (self->engine), self->run_id);
  if (run == NULL || run->ended_ns == 0)
    return;
  settled = oh_clock_wall_ns () - run->ended_ns > SETTLED_NS;
  self->settled = settled;
  silence = oh_engine_examine_silence (oh_engine_get_reader (self->engine), run);
  if (silence->kind == OH_SILENCE_NONE)
    {
      forget (self);
      self->settled = settled;
      gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
      return;
    }
  if (self->folder == NULL)
    self->folder = g_strdup (run->cwd);
  /* What the doctor found says more. */
  if (silence->kind == OH_SILENCE_NOTHING && self->asking != NULL)
    return;
  show_words (self, silence->sentence);
  if (run->argv == NULL || run->argv[0] == NULL)
    show_button (self, NULL, NULL);
  else if (silence->kind == OH_SILENCE_UNREAD)
    offer_to_read (self, run, silence->hosts[0]);
  else
    offer_base_url (self, run);
  if (silence->kind == OH_SILENCE_NOTHING)
    ask_doctor (self, run);
}

void
oh_silence_banner_set_run (OhSilenceBanner *self, OhEngine *engine, gint64 run_id)
{
  g_return_if_fail (OH_IS_SILENCE_BANNER (self));
  g_return_if_fail (engine != NULL || run_id == 0);

  if (engine == self->engine && run_id == self->run_id)
    return;
  forget (self);
  self->engine = engine;
  self->run_id = run_id;
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  oh_silence_banner_update (self);
}

static void
oh_silence_banner_dispose (GObject *object)
{
  OhSilenceBanner *self = OH_SILENCE_BANNER (object);

  forget (self);
  gtk_widget_dispose_template (GTK_WIDGET (self), OH_TYPE_SILENCE_BANNER);
  G_OBJECT_CLASS (oh_silence_banner_parent_class)->dispose (object);
}

static void
oh_silence_banner_class_init (OhSilenceBannerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_silence_banner_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-silence-banner.ui");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_ALERT);
  gtk_widget_class_bind_template_child (widget_class, OhSilenceBanner, label);
  gtk_widget_class_bind_template_child (widget_class, OhSilenceBanner, button);
  gtk_widget_class_bind_template_callback (widget_class, on_clicked);
}

static void
oh_silence_banner_init (OhSilenceBanner *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
