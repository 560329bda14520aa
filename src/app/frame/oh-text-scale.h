/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How large all text is, beside what the desktop says: kept in the settings. */
#pragma once

/* Makes text as large as the settings say, now and whenever they change. Once, when GTK has been initialised. */
void oh_text_scale_follow (void);
/* One step larger (1), smaller (-1), or as the desktop has it (0). */
void oh_text_scale_step (int direction);
