/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which programs have made exchanges. */
#pragma once
#include "oh-store-reader.h"

G_BEGIN_DECLS

/* Processes of one name. */
typedef struct
{
  OhProgram *program; /* the newest of them */
  gint64 exchanges;
} OhProgramCount;

/* By name. (transfer full) (element-type OhProgramCount) */
GPtrArray *oh_store_reader_get_programs (OhStoreReader *self);

G_END_DECLS
