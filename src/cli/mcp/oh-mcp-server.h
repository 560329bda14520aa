/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server of the Model Context Protocol on two file descriptors, until the first one ends. It speaks both eras: the
 * stateless revision, and those that begin with “initialize”. Nothing is written but answers. */
#pragma once
#include "oh-mcp-offers.h"

G_BEGIN_DECLS

/* Blocks. Returns: FALSE if the client could not be written to any more. */
gboolean oh_mcp_serve (OhMcpOffers *offers, int in, int out);

G_END_DECLS
