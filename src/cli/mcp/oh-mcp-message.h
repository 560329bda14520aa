/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON-RPC 2.0 as the Model Context Protocol uses it over standard streams: one message a line. Sans I/O, and made for
 * hostile input: memory has a bound, nothing recurses. */
#pragma once
#include "oh-json-scan.h"

G_BEGIN_DECLS

/* The longest line that is read; of a longer one nothing is kept. */
#define OH_MCP_LINE_MAX (4 * 1024 * 1024)

/* https://www.jsonrpc.org/specification#error_object; the last three are the protocol's own, since 2026-07-28
 * and before. */
typedef enum
{
  OH_MCP_PARSE_ERROR = -32700,
  OH_MCP_INVALID_REQUEST = -32600,
  OH_MCP_METHOD_NOT_FOUND = -32601,
  OH_MCP_INVALID_PARAMS = -32602,
  OH_MCP_MISSING_CAPABILITY = -32021,
  OH_MCP_UNSUPPORTED_VERSION = -32022,
  OH_MCP_RESOURCE_NOT_FOUND = -32002,
} OhMcpCode;

/* Pieces of a stream become lines. All zero: a new one. */
typedef struct
{
  GString *line;
  gboolean too_long;
} OhMcpLines;

/* @line: without its end; NULL: it was too long. Only valid during the call. */
typedef void (*OhMcpLineFunc) (const char *line, gsize length, gpointer data);

void oh_mcp_lines_feed (OhMcpLines *self, const char *bytes, gsize length, OhMcpLineFunc func, gpointer data);
/* What the stream's end leaves without a line end is a line too. */
void oh_mcp_lines_end (OhMcpLines *self, OhMcpLineFunc func, gpointer data);

typedef enum
{
  OH_MCP_REQUEST,
  OH_MCP_NOTIFICATION, /* never answered */
  OH_MCP_RESPONSE,     /* to us, who ask nothing */
  OH_MCP_WRONG,        /* to be answered with code and complaint; id is none where it cannot be told */
} OhMcpKind;

/* Borrows the text it was read from, but for the method. */
typedef struct
{
  OhMcpKind kind;
  OhJson id;
  char *method;          /* REQUEST, NOTIFICATION */
  OhJson params;         /* an object, or none */
  OhMcpCode code;        /* WRONG */
  const char *complaint; /* WRONG */
} OhMcpMessage;

/* @value: one message, not a batch of them */
void oh_mcp_message_read (OhJson value, OhMcpMessage *message);
void oh_mcp_message_clear (OhMcpMessage *self);
/* A line's one value. Returns: FALSE with a complaint if it is not JSON in UTF-8. */
gboolean oh_mcp_line_parse (const char *line, gsize length, OhJson *value, const char **complaint);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhMcpMessage, oh_mcp_message_clear)

G_END_DECLS
