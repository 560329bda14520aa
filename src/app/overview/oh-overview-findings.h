/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of findings: a sentence, how often, and a button to hear no more of it. */
#pragma once
#include "oh-overview-data.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_OVERVIEW_FINDINGS (oh_overview_findings_get_type ())
G_DECLARE_FINAL_TYPE (OhOverviewFindings, oh_overview_findings, OH, OVERVIEW_FINDINGS, AdwBin)

/* Signals:
 *   "activated" (OhNotice*): its evidence is wanted
 *   "muted" (gint64 notice, gboolean muted): the user wishes so
 *   "show-muted" (gboolean) */

/* @findings: (element-type OhOverviewFinding)
 * @n_muted: how many there are, among them or not */
void oh_overview_findings_set (OhOverviewFindings *self, GPtrArray *findings, guint n_muted);

G_END_DECLS
