/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which programs of the desktop are listened to: the user's choice, in a file of the configuration folder (programs), which
 * any process may change; whoever listens follows it. Programs are called as oh_program_is_called() has it. Connections of
 * those that are left out pass unread and unrecorded. */
#pragma once
#include "oh-program.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  OH_PROGRAM_INCLUDED,
  OH_PROGRAM_EXCLUDED,
  OH_PROGRAM_ONLY, /* no others are listened to but those of this rule */
} OhProgramRule;

typedef struct
{
  char **only;     /* empty: all */
  char **excluded;
} OhDesktopPrograms;

/* (transfer full) */
OhDesktopPrograms *oh_desktop_programs_read (void);
void oh_desktop_programs_free (OhDesktopPrograms *self);
/* @name: (out) (nullable): what it is called by that rule; NULL of those that are included */
OhProgramRule oh_desktop_programs_find_rule (const OhDesktopPrograms *self, const OhProgram *program, const char **name);
/* Changes the file. @name: (nullable): of all programs, which can only be included
 * @rule: ONLY: in place of the one before. Returns: FALSE with G_FILE_ERROR. */
gboolean oh_desktop_programs_set_rule (const char *name, OhProgramRule rule, GError **error);
/* Its signal "changed" tells that the file may have changed. (transfer full) (nullable) */
GFileMonitor *oh_desktop_programs_monitor (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDesktopPrograms, oh_desktop_programs_free)

G_END_DECLS
