/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program's GSettings, found also where Overhear is not installed, or installed where GLib does not look. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* A command of the Run dialog's history; NULL and "" are the same. */
typedef struct
{
  char *command;
  char *directory;   /* "": the default */
  char *name;        /* "": from the command */
  char *trace;       /* the trace that all its calls are put into, and what its traces belong to */
  char *session;
  char *user;
  char **environment;
  char *hosts;       /* as typed: to be read, or HOST=URL */
  gboolean isolate;
} OhPastCommand;

/* The one object, kept until the process ends. (transfer none)
 * Ends the process with a message where no schema can be found: the installation is broken. */
GSettings *oh_settings_get (void);

/* Newest first. (transfer full) (element-type OhPastCommand) */
GPtrArray *oh_settings_get_history (void);
/* Puts a command first, without its doubles and without what looks like a secret. */
void oh_settings_add_history (const OhPastCommand *command);
void oh_past_command_free (OhPastCommand *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhPastCommand, oh_past_command_free)

G_END_DECLS
