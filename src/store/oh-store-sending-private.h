/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
#include "oh-db-private.h"
#include "oh-order-private.h"
#include "oh-store-sending.h"

G_BEGIN_DECLS

/* What an order of kind OH_ORDER_SENDING does: its id. */
typedef enum
{
  OH_SENDING_OFF,
  OH_SENDING_ON,
  OH_SENDING_SENT,    /* data: OhDues; number: how many were lost */
  OH_SENDING_FAILING, /* data: why, or NULL */
  OH_SENDING_LOSING,  /* the same, of what was lost */
} OhSendingStep;

void oh_sending_write (OhDb *db, const OhOrder *order);

G_END_DECLS
