/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pane of traces: a tree of traces, calls, attempts and tools, with a waterfall. */
#pragma once
#include "oh-list-pane.h"

G_BEGIN_DECLS

#define OH_TYPE_TRACES (oh_traces_get_type ())
G_DECLARE_FINAL_TYPE (OhTraces, oh_traces, OH, TRACES, OhListPane)

G_END_DECLS
