/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pane of sessions, and of conversations: a list, and below it the session that is chosen as one conversation. */
#pragma once
#include "oh-pane.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_SESSIONS (oh_sessions_get_type ())
G_DECLARE_FINAL_TYPE (OhSessions, oh_sessions, OH, SESSIONS, AdwBin)

G_END_DECLS
