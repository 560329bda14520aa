/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-chores-private.h"

#include "oh-clock.h"
#include "oh-store-registry-private.h"
#include "oh-store-sweep-private.h"

#define CARE_EVERY_NS (5 * OH_NS_PER_S)

struct _OhChores
{
  OhDb *db;
  OhWriter *writer;
  char *dir;
  OhSweep *sweep; /* while one is under way */
  gint64 care_at; /* when to look after dead processes and garbage (monotonic) */
  guint last;     /* the chore that was done */
  gboolean idle;
  guint pace;
  gboolean changed;
};

OhChores *
oh_chores_new (OhDb *db, OhWriter *writer, const char *dir)
{
  OhChores *self = g_new0 (OhChores, 1);

  self->db = db;
  self->writer = writer;
  self->dir = g_strdup (dir);
  return self;
}

void
oh_chores_free (OhChores *self)
{
  g_clear_pointer (&self->sweep, oh_sweep_free);
  g_free (self->dir);
  g_free (self);
}

gint64
oh_chores_get_due (OhChores *self)
{
  OhTexts *texts = oh_writer_get_texts (self->writer);
  gint64 due = MIN (self->care_at, oh_writer_get_zones_due (self->writer));

  if (self->sweep != NULL)
    return 0;
  due = MIN (due, oh_texts_get_index_due (texts));
  return MIN (due, oh_texts_get_tidy_due (texts));
}

void
oh_chores_sweep_soon (OhChores *self)
{
  self->care_at = 0;
}

/* --- each returns FALSE if there was nothing to do --- */

static gboolean
index_some (OhChores *self)
{
  OhTexts *texts = oh_writer_get_texts (self->writer);

  if (oh_texts_get_index_due (texts) > oh_clock_monotonic_ns ())
    return FALSE;
  self->changed = oh_texts_index (texts, FALSE);
  return TRUE;
}

static gboolean
tidy (OhChores *self)
{
  OhTexts *texts = oh_writer_get_texts (self->writer);

  if (oh_texts_get_tidy_due (texts) > oh_clock_monotonic_ns ())
    return FALSE;
  oh_texts_tidy (texts, FALSE);
  return TRUE;
}

/* One step of the sweep under way. */
static gboolean
sweep (OhChores *self)
{
  if (self->sweep == NULL)
    return FALSE;
  if (!oh_sweep_step (self->sweep))
    {
      oh_db_forget_error (self->db);
      g_clear_pointer (&self->sweep, oh_sweep_free);
    }
  return TRUE;
}

static gboolean
make_zones (OhChores *self)
{
  return oh_writer_make_zones (self->writer, self->idle && self->sweep == NULL, self->pace);
}

static gboolean
take_care (OhChores *self)
{
  int buried;

  if (oh_clock_monotonic_ns () < self->care_at)
    return FALSE;
  buried = oh_registry_bury_dead (oh_writer_get_part_writer (self->writer), self->dir);
  self->changed = oh_posts_adopt (oh_writer_get_posts (self->writer)) || buried > 0;
  if (self->sweep == NULL)
    self->sweep = oh_sweep_new (oh_writer_get_part_writer (self->writer));
  oh_db_forget_error (self->db);
  self->care_at = oh_clock_monotonic_ns () + CARE_EVERY_NS;
  return TRUE;
}

gboolean
oh_chores_do_one (OhChores *self, gboolean idle, guint pace)
{
  static gboolean (*const chores[]) (OhChores *) = { index_some, tidy, sweep, make_zones, take_care };

  self->idle = idle;
  self->pace = pace;
  self->changed = FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (chores); i++)
    {
      self->last = (self->last + 1) % G_N_ELEMENTS (chores);
      if (chores[self->last](self))
        break;
    }
  return self->changed;
}
