/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said at a port of this computer, if anything is. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OH_PROBE_NOBODY,   /* nobody listens there */
  OH_PROBE_SILENT,   /* somebody does, and says nothing */
  OH_PROBE_ANOTHER,  /* it is no Overhear, or one to which no switch has led the desktop */
  OH_PROBE_OVERHEAR, /* it is one to which a switch has */
} OhProbe;

/* Asks for the script of the desktop, as its programs do. Blocks. @seconds: that it may say nothing */
OhProbe oh_probe (guint16 port, guint seconds);

G_END_DECLS
