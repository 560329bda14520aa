/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program that made a connection: one process. Filled once, then immutable; crosses threads. */
#pragma once
#include <glib-object.h>

G_BEGIN_DECLS

typedef struct
{
  char *name;         /* for people: its desktop file's, its script's, or its executable's */
  char *desktop;      /* id of its desktop file without ".desktop", or NULL */
  char *executable;   /* path, or NULL */
  char *command;      /* its command line as a shell would take it, secrets replaced; or NULL */
  char *identity;     /* the same for all processes of the same executable and script that trust the same; not stored: or NULL */
  gboolean sets_trust; /* its environment or its command line says whom it trusts; not stored */
  gint64 pid;
  gint64 started_ns;  /* wall clock, roughly; with the pid it names the process */
} OhProgram;

OhProgram *oh_program_new (void);
OhProgram *oh_program_ref (OhProgram *self);
void oh_program_unref (OhProgram *self);
/* Whether a person who writes this means the program: its name, the id of its desktop file or the name of its executable,
 * without regard to case. */
gboolean oh_program_is_called (const OhProgram *self, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhProgram, oh_program_unref)

G_END_DECLS
