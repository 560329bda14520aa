/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program: its command line, its actions, its engine and its window. */
#pragma once
#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_APPLICATION (oh_application_get_type ())
G_DECLARE_FINAL_TYPE (OhApplication, oh_application, OH, APPLICATION, AdwApplication)

OhApplication *oh_application_new (void);

G_END_DECLS
