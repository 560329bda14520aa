/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all requests share. */
#pragma once
#include "oh-sim-cache.h"
#include "oh-sim-ids.h"
#include "oh-sim-limits.h"
#include "oh-sim-log.h"

G_BEGIN_DECLS

typedef struct
{
  OhSimIds *ids;
  OhSimCache *cache;
  OhSimLimits *limits;
  OhSimLog *log;    /* NULL: none */
  double speed;     /* 1.0: as fast as a real model; 0: no pauses */
  char *public_url; /* NULL: as the client called us */
  gboolean enforce_limits;
} OhSimWorld;

/* Who asks. */
typedef struct
{
  const char *key;
  const char *version;
  gboolean newer; /* anthropic-version 2026-10-21 or later */
} OhSimCaller;

G_END_DECLS
