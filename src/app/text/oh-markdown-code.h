/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Code in a frame: monospace, highlighted where the language is known, with a button that copies it. A label and not a
 * source view, because a label knows its height at once and costs little. */
#pragma once
#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_MARKDOWN_CODE (oh_markdown_code_get_type ())
G_DECLARE_FINAL_TYPE (OhMarkdownCode, oh_markdown_code, OH, MARKDOWN_CODE, AdwBin)

GtkWidget *oh_markdown_code_new (void);
/* @language: (nullable): as written after a fence, or a GtkSourceView id
 * @final: more is not expected soon: worth highlighting */
void oh_markdown_code_set (OhMarkdownCode *self, const char *text, const char *language, gboolean final);

G_END_DECLS
