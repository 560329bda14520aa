/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a call changed against the one before it in its thread. Pure. */
#pragma once
#include "oh-changes.h"
#include "oh-reading.h"

G_BEGIN_DECLS

/* Texts that differ in more than a thousand words are shown as one removed and one added piece between what they share
 * at the start and at the end. (transfer full) */
OhTextDiff *oh_compare_texts (const char *before, const char *after);

/* @before: the call before; @after: this one. (transfer full) */
OhChanges *oh_compare_readings (const OhReading *before, const OhReading *after);

G_END_DECLS
