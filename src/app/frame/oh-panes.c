/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-panes.h"

#include "oh-limits.h"
#include "oh-overview-pane.h"
#include "oh-sessions.h"
#include "oh-timeline.h"
#include "oh-traces.h"

#include <glib/gi18n.h>

static const OhPaneInfo panes[] = {
  { "overview", N_ ("Overview"), "oh-overview-symbolic", oh_overview_pane_get_type },
  { "timeline", N_ ("Timeline"), "oh-timeline-symbolic", oh_timeline_get_type },
  { "traces", N_ ("Traces"), "oh-traces-symbolic", oh_traces_get_type },
  { "sessions", N_ ("Sessions"), "oh-sessions-symbolic", oh_sessions_get_type },
  { "limits", N_ ("Rate limits"), "oh-limits-symbolic", oh_limits_get_type },
};

const OhPaneInfo *
oh_panes_get_infos (guint *n)
{
  g_return_val_if_fail (n != NULL, NULL);

  *n = G_N_ELEMENTS (panes);
  return panes;
}
