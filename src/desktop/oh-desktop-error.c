/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-desktop.h"

G_DEFINE_QUARK (oh-desktop-error-quark, oh_desktop_error)
