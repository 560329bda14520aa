/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `overhear mcp` offers, as data/mcp.json and data/schema.json tell it: tools, resources, prompts. Each function
 * writes the members of a result, or returns FALSE with what is wrong. */
#pragma once
#include "oh-mcp-message.h"
#include "oh-mcp-tools.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct
{
  JsonNode *texts;       /* data/mcp.json */
  char *tools;           /* "tools": […], with the schemas of what they answer */
  OhStoreReader *reader; /* NULL as long as nothing was captured */
} OhMcpOffers;

typedef struct
{
  OhMcpCode code;
  char *message;
} OhMcpFault;

/* Returns: NULL after complaining. */
OhMcpOffers *oh_mcp_offers_new (void);
void oh_mcp_offers_free (OhMcpOffers *self);
/* The reader of what was captured, or NULL. (transfer none) */
OhStoreReader *oh_mcp_offers_get_reader (OhMcpOffers *self);

void oh_mcp_add_instructions (OhMcpOffers *self, GString *out);
/* Whether there is a tool of that name.
 * @problem: (out) (transfer full): what is wrong with its arguments, a sentence, or NULL */
gboolean oh_mcp_check_tool (OhMcpOffers *self, const char *name, OhJson arguments, char **problem);
/* Runs a tool that does not wait; @problem is NULL where @object is its answer. */
void oh_mcp_run_tool (OhMcpOffers *self, const char *name, OhJson arguments, GString *object, char **problem);
/* The result of a tool: @object as structure and as text, or the problem. */
void oh_mcp_add_tool_result (GString *out, const GString *object, const char *problem);

#define OH_MCP_SCHEME "overhear://"

/* The id of the newest exchange, or 0. */
gint64 oh_mcp_get_newest (OhStoreReader *reader);
/* Whether there can be a resource of that name. */
gboolean oh_mcp_is_resource (const char *uri);
gboolean oh_mcp_list_resources (OhMcpOffers *self, OhJson params, GString *out, OhMcpFault *fault);
gboolean oh_mcp_list_templates (OhMcpOffers *self, OhJson params, GString *out, OhMcpFault *fault);
/* A resource that is not there is OH_MCP_RESOURCE_NOT_FOUND. */
gboolean oh_mcp_read_resource (OhMcpOffers *self, OhJson params, GString *out, OhMcpFault *fault);
gboolean oh_mcp_list_prompts (OhMcpOffers *self, OhJson params, GString *out, OhMcpFault *fault);
gboolean oh_mcp_get_prompt (OhMcpOffers *self, OhJson params, GString *out, OhMcpFault *fault);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhMcpOffers, oh_mcp_offers_free)

G_END_DECLS
