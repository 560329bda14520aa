/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server of the Model Context Protocol on two file descriptors, until the first one ends. It speaks both eras: the
 * stateless revision, and those that begin with “initialize”. Nothing is written but answers, and questions to the
 * person before a tool acts. */
#pragma once
#include "oh-mcp-offers.h"

G_BEGIN_DECLS

/* Blocks. @allow_acting: tools that act may do so where no one can be asked
 * Returns: FALSE if the client could not be written to any more. */
gboolean oh_mcp_serve (OhMcpOffers *offers, int in, int out, gboolean allow_acting);

G_END_DECLS
