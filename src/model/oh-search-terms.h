/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions of a search as they are written, for who adds and removes them in somebody's stead: those that everything that
 * is found must have, so none behind "or", behind "not" or in parentheses. Pure. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* The first condition on any of those fields, as it is written. (transfer full), or NULL
 * @fields: names such as "model", NULL at the end */
char *oh_search_find_term (const char *text, const char *const *fields);
/* The search without the conditions on those fields, and with @term (nullable) behind it; what is wrong already gets it, too.
 * (transfer full) */
char *oh_search_replace_term (const char *text, const char *const *fields, const char *term);

G_END_DECLS
