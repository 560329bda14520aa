/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-run.h"

#include "oh-value.h"

OhRun *
oh_run_new (void)
{
  OhRun *self = g_atomic_rc_box_new0 (OhRun);

  self->exit_status = -1;
  return self;
}

static void
run_clear (gpointer data)
{
  OhRun *self = data;

  g_free (self->name);
  g_strfreev (self->argv);
  g_free (self->cwd);
  g_free (self->origin);
  g_free (self->trace);
  g_free (self->session);
  g_free (self->user);
  g_free (self->error);
}

OH_DEFINE_VALUE (OhRun, oh_run, run_clear)

OhRun *
oh_run_copy (const OhRun *self)
{
  OhRun *copy = g_atomic_rc_box_new0 (OhRun);

  g_return_val_if_fail (self != NULL, NULL);
  *copy = *self;
  copy->name = g_strdup (self->name);
  copy->argv = g_strdupv (self->argv);
  copy->cwd = g_strdup (self->cwd);
  copy->origin = g_strdup (self->origin);
  copy->trace = g_strdup (self->trace);
  copy->session = g_strdup (self->session);
  copy->user = g_strdup (self->user);
  copy->error = g_strdup (self->error);
  return copy;
}
