/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
#include "oh-store.h"
#include "oh-store-writer-private.h"

G_BEGIN_DECLS

/* What an order without data counts: an exchange's strings and headers. */
#define OH_ORDER_SIZE 2048

/* @order: (transfer full). Returns: FALSE if the store is closed. */
gboolean oh_store_submit (OhStore *self, OhOrder *order);
/* Whether data that nobody needs is rather left out. */
gboolean oh_store_is_full (OhStore *self);

G_END_DECLS
