/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tools of `overhear mcp`: what each is called, takes and answers stands in data/mcp.json and data/schema.json;
 * here is what those do that only look. What they write are the objects of oh-cli-json.h, by the page. */
#pragma once
#include "oh-cli-json.h"
#include "oh-json-scan.h"

G_BEGIN_DECLS

/* A page of an answer, text and structure alike, stays below what clients cut. */
#define OH_MCP_PAGE_BYTES 20000
/* The longest string in it; longer ones are cut, and to be had by get_call. */
#define OH_MCP_TEXT_BYTES 1500

/* One call of a tool. */
typedef struct
{
  OhStoreReader *reader; /* NULL: nothing was captured yet */
  OhJson arguments;      /* an object, checked against the tool's schema */
  GString *out;          /* one JSON object on one line */
} OhMcpCall;

/* Writes the answer's object. Returns: NULL, or a sentence that says why there is none. (transfer full) */
typedef char *(*OhMcpToolFunc) (OhMcpCall *call);

char *oh_mcp_list_runs (OhMcpCall *call);
char *oh_mcp_list_calls (OhMcpCall *call);
char *oh_mcp_list_traces (OhMcpCall *call);
char *oh_mcp_list_threads (OhMcpCall *call);
char *oh_mcp_list_sessions (OhMcpCall *call);
char *oh_mcp_list_findings (OhMcpCall *call);
char *oh_mcp_get_trace (OhMcpCall *call);
char *oh_mcp_get_thread (OhMcpCall *call);
char *oh_mcp_get_limits (OhMcpCall *call);
char *oh_mcp_get_costs (OhMcpCall *call);
char *oh_mcp_get_call (OhMcpCall *call);
char *oh_mcp_compare_calls (OhMcpCall *call);
char *oh_mcp_explain_call (OhMcpCall *call);

/* Writes the begin of an answer: that what follows was captured. */
void oh_mcp_begin (OhMcpCall *call);
void oh_mcp_end (OhMcpCall *call);
/* Cuts the long strings in what stands behind @from. */
void oh_mcp_clip (GString *out, gsize from);

/* Writes one item. @i: which of the keys */
typedef void (*OhMcpItemFunc) (OhMcpCall *call, guint i, gpointer data);

/* Writes items from the call's cursor on, as many as fit, and the cursor that goes on.
 * @name: of the array
 * @keys: (element-type gint64): one for each, falling. A cursor is the key of the last item that was written
 * Returns: NULL, or what is wrong with the cursor. (transfer full) */
char *oh_mcp_add_page (OhMcpCall *call, const char *name, GArray *keys, OhMcpItemFunc func, gpointer data);
/* Keys for what has none: n, …, 2, 1. (transfer full) (element-type gint64) */
GArray *oh_mcp_count_down (guint n);

gint64 oh_mcp_get_int (OhMcpCall *call, const char *name, gint64 fallback);
/* NULL where it is not given. (transfer full) */
char *oh_mcp_dup_text (OhMcpCall *call, const char *name);
/* What the argument “search” looks for, everything by default. Returns: NULL with a problem. (transfer full) */
OhSearch *oh_mcp_get_search (OhMcpCall *call, char **problem);

G_END_DECLS
