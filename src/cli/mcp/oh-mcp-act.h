/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tools that act: “launch” runs a program, “resend” sends a call again. Each is a command of ours in a process of its
 * own, which the server looks after until it has ended; what it prints is kept as far as it will be told. Whether it may
 * be done is for the server to ask. */
#pragma once
#include "oh-mcp-tools.h"

#include <poll.h>

G_BEGIN_DECLS

typedef struct _OhMcpJob OhMcpJob;

gboolean oh_mcp_is_acting (const char *tool);
/* What the person is asked. @arguments: checked against the tool's schema. (transfer full) */
char *oh_mcp_describe_act (const char *tool, OhJson arguments);

/* @id: of the request, as JSON. @stateless: as it was asked
 * Returns: NULL with a problem. (transfer full) */
OhMcpJob *oh_mcp_job_new (const char *tool, OhJson arguments, const char *id, gboolean stateless, char **problem);
/* Ends what still runs. */
void oh_mcp_job_free (OhMcpJob *self);
const char *oh_mcp_job_get_id (OhMcpJob *self);
gboolean oh_mcp_job_is_stateless (OhMcpJob *self);
/* What to wait for: what it prints. Returns: how many of the two. */
guint oh_mcp_job_add_polls (OhMcpJob *self, struct pollfd polls[2]);
/* Reads what there is, and ends what took too long. Never blocks. Returns: whether it is over. */
gboolean oh_mcp_job_tend (OhMcpJob *self);
/* When it is over. @object: the answer; @problem: (out) (transfer full): or why there is none
 * @reader: (nullable) */
void oh_mcp_job_answer (OhMcpJob *self, OhStoreReader *reader, GString *object, char **problem);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhMcpJob, oh_mcp_job_free)

G_END_DECLS
