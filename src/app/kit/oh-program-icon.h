/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The icons of programs, by the ids of their desktop files: looked for on a worker, each once. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Shows a program's icon as soon as it is found, and until then that of any program.
 * @desktop: (nullable): of a program that has no desktop file */
void oh_program_icon_show (GtkImage *image, const char *desktop);

G_END_DECLS
