/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-proxy-error.h"

G_DEFINE_QUARK (oh-proxy-error-quark, oh_proxy_error)
