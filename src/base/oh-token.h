/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unguessable tokens that let a launched run use the proxy. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Returns 128 random bits of the kernel as 32 lower-case hexadecimal digits. (transfer full) */
char *oh_token_new (void);

/* Compares two tokens in time that does not depend on where they differ. NULL equals nothing. */
gboolean oh_token_equal (const char *a, const char *b);

G_END_DECLS
