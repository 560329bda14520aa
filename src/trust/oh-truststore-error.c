/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-truststore.h"

G_DEFINE_QUARK (oh-truststore-error-quark, oh_truststore_error)
