/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
#include "oh-authority-private.h"
#include "oh-standing.h"

G_BEGIN_DECLS

/* As its file is now; NULL where there is none. (transfer none), until the next call. */
OhAuthority *oh_standing_get (OhStanding *self);

G_END_DECLS
