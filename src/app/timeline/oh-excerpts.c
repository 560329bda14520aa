/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-excerpts.h"

#include "oh-clock.h"
#include "oh-quote.h"

/* So many are looked for before any of them is shown. */
#define AT_ONCE 4
/* Of those that were scrolled past only so many are looked for. */
#define WANTED_MAX 64

struct _OhExcerpts
{
  GObject parent_instance;

  char *data_dir;
  OhSearchWords *words;   /* all of them; NULL: nothing is looked for */
  OhSearchWords *texts;   /* of exchanges */
  OhSearchWords *console; /* of what runs wrote */
  GHashTable *known;      /* id → sentence; "": there is none, or none yet */
  GArray *wanted;         /* ids, what was asked for last at the end */
  OhStoreReader *reader;  /* while no worker has it; or NULL */
  GCancellable *looking;
};

G_DEFINE_FINAL_TYPE (OhExcerpts, oh_excerpts, G_TYPE_OBJECT)

static guint found_signal;

/* What a worker is asked, and what it found. */
typedef struct
{
  char *data_dir;
  OhStoreReader *reader;
  OhSearchWords *texts;
  OhSearchWords *console;
  gint64 ids[AT_ONCE];
  char *found[AT_ONCE];
  guint n;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_pointer (&job->reader, oh_store_reader_free);
  g_clear_pointer (&job->texts, oh_search_words_unref);
  g_clear_pointer (&job->console, oh_search_words_unref);
  for (guint i = 0; i < job->n; i++)
    g_free (job->found[i]);
  g_free (job->data_dir);
  g_free (job);
}

static void
look_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Job *job = task_data;

  if (job->reader == NULL)
    job->reader = oh_store_reader_new (job->data_dir, NULL);
  for (guint i = 0; job->reader != NULL && i < job->n && !g_cancellable_is_cancelled (cancellable); i++)
    job->found[i] = oh_quote_find (job->reader, job->ids[i], job->texts, job->console);
  g_task_return_boolean (task, TRUE);
}

static void look (OhExcerpts *self);

static void
looked (GObject *source, GAsyncResult *result, gpointer data)
{
  OhExcerpts *self = OH_EXCERPTS (source);
  Job *job = g_task_get_task_data (G_TASK (result));
  gboolean any = FALSE;

  /* Otherwise something else is searched for by now. */
  if (!g_task_propagate_boolean (G_TASK (result), NULL))
    return;
  g_clear_object (&self->looking);
  self->reader = g_steal_pointer (&job->reader);
  for (guint i = 0; i < job->n; i++)
    if (job->found[i] != NULL)
      {
        g_hash_table_insert (self->known, g_memdup2 (&job->ids[i], sizeof job->ids[i]), g_steal_pointer (&job->found[i]));
        any = TRUE;
      }
  look (self);
  if (any)
    g_signal_emit (self, found_signal, 0);
}

static void
look (OhExcerpts *self)
{
  g_autoptr (GTask) task = NULL;
  Job *job;

  if (self->looking != NULL || self->wanted->len == 0)
    return;
  job = g_new0 (Job, 1);
  job->data_dir = g_strdup (self->data_dir);
  job->reader = g_steal_pointer (&self->reader);
  job->texts = self->texts == NULL ? NULL : oh_search_words_ref (self->texts);
  job->console = self->console == NULL ? NULL : oh_search_words_ref (self->console);
  while (self->wanted->len > 0 && job->n < AT_ONCE)
    {
      job->ids[job->n++] = g_array_index (self->wanted, gint64, self->wanted->len - 1);
      g_array_set_size (self->wanted, self->wanted->len - 1);
    }
  self->looking = g_cancellable_new ();
  task = g_task_new (self, self->looking, looked, NULL);
  g_task_set_source_tag (task, look);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, look_on_worker);
}

static void
forget (OhExcerpts *self)
{
  g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);
  g_array_set_size (self->wanted, 0);
  g_hash_table_remove_all (self->known);
  g_clear_pointer (&self->words, oh_search_words_unref);
  g_clear_pointer (&self->texts, oh_search_words_unref);
  g_clear_pointer (&self->console, oh_search_words_unref);
}

static void
oh_excerpts_finalize (GObject *object)
{
  OhExcerpts *self = OH_EXCERPTS (object);

  forget (self);
  g_array_unref (self->wanted);
  g_hash_table_unref (self->known);
  g_clear_pointer (&self->reader, oh_store_reader_free);
  g_free (self->data_dir);
  G_OBJECT_CLASS (oh_excerpts_parent_class)->finalize (object);
}

static void
oh_excerpts_class_init (OhExcerptsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_excerpts_finalize;
  found_signal = g_signal_new ("found", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
oh_excerpts_init (OhExcerpts *self)
{
  self->known = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->wanted = g_array_new (FALSE, FALSE, sizeof (gint64));
}

OhExcerpts *
oh_excerpts_new (const char *data_dir)
{
  OhExcerpts *self;

  g_return_val_if_fail (data_dir != NULL, NULL);

  self = g_object_new (OH_TYPE_EXCERPTS, NULL);
  self->data_dir = g_strdup (data_dir);
  return self;
}

void
oh_excerpts_set_search (OhExcerpts *self, const char *text)
{
  g_autoptr (OhSearch) search = text == NULL ? NULL : oh_search_parse (text, oh_clock_wall_ns (), NULL, NULL);

  g_return_if_fail (OH_IS_EXCERPTS (self));

  forget (self);
  self->texts = oh_search_words_new (search);
  self->console = oh_search_words_new_of_console (search);
  self->words = oh_search_words_new_of_all (search);
}

OhSearchWords *
oh_excerpts_get_words (OhExcerpts *self)
{
  g_return_val_if_fail (OH_IS_EXCERPTS (self), NULL);

  return self->words;
}

const char *
oh_excerpts_get (OhExcerpts *self, gint64 exchange_id)
{
  const char *known;

  g_return_val_if_fail (OH_IS_EXCERPTS (self), NULL);

  if (self->words == NULL)
    return NULL;
  known = g_hash_table_lookup (self->known, &exchange_id);
  if (known != NULL)
    return *known == '\0' ? NULL : known;
  g_hash_table_insert (self->known, g_memdup2 (&exchange_id, sizeof exchange_id), g_strdup (""));
  g_array_append_val (self->wanted, exchange_id);
  if (self->wanted->len > WANTED_MAX)
    {
      g_hash_table_remove (self->known, &g_array_index (self->wanted, gint64, 0));
      g_array_remove_index (self->wanted, 0);
    }
  look (self);
  return NULL;
}
