/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What programs write to a terminal, as text. Pure. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Takes control sequences (ECMA-48, 5.4 and 5.6) and zero bytes out: a word may be coloured in its middle. */
void oh_terminal_text_strip (GByteArray *bytes);

G_END_DECLS
