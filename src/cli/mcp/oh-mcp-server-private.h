/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server as its parts see it: what asks the person (oh-mcp-consent.c), and what tells of changes (oh-mcp-listen.c). */
#pragma once
#include "oh-mcp-act.h"
#include "oh-mcp-offers.h"

G_BEGIN_DECLS

#define META "io.modelcontextprotocol/"
#define OH_MCP_JOBS 4

typedef struct
{
  OhMcpOffers *offers;
  gboolean allow_acting; /* where no one can be asked */
  gboolean can_ask;      /* a client with a handshake */
  GPtrArray *asks;       /* (element-type OhMcpAsk) */
  GPtrArray *jobs;       /* (element-type OhMcpJob) */
  GPtrArray *listeners;  /* (element-type OhMcpListener) */
  int out;
  const char *revision;  /* of the handshake, once there was one */
  GPtrArray *waits;      /* (element-type Wait) */
  GString *batch;        /* collects the answers to a batch, else NULL */
  gboolean gone;         /* the client */
} OhMcpServer;

/* The revisions that we speak: the one without a handshake, and those with one, the newest first. */
#define OH_MCP_STATELESS "2026-07-28"
#define OH_MCP_BATCHES "2025-03-26" /* the one that has batches */
#define OH_MCP_HANDSHAKES 4
extern const char *const oh_mcp_handshakes[OH_MCP_HANDSHAKES];

/* In oh-mcp-answer.c. @line: with its end */
void oh_mcp_server_write (OhMcpServer *self, const GString *line);
/* @id: JSON, or NULL where it is not known. @requested: (nullable): the revision that we do not speak */
void oh_mcp_server_fail (OhMcpServer *self, const char *id, OhMcpCode code, const char *message, const char *requested);
/* @members: of the result. @ttl_ms: how long it stays true, if a client may keep it; else -1 */
void oh_mcp_server_answer (OhMcpServer *self, const char *id, gboolean stateless, const GString *members, int ttl_ms);
/* @type: of the result; NULL: of a handshake's era, which knows none */
void oh_mcp_server_answer_with (OhMcpServer *self, const char *id, const char *type, const GString *members, int ttl_ms);

/* Who we are. @name: of the member */
void oh_mcp_add_server (GString *out, const char *name);

/* The person is being asked whether a tool may act. */
typedef struct
{
  char *token;      /* of the handshake's era: the id of our request; else what the client hands back. Is valid once */
  char *id;         /* of the client's request, as JSON */
  char *tool;
  char *arguments;  /* JSON */
  gboolean stateless;
  gint64 until_us;  /* monotonic */
} OhMcpAsk;

void oh_mcp_ask_free (gpointer data);
/* Whether a client with these capabilities can ask the person. */
gboolean oh_mcp_can_ask (OhJson capabilities);
/* Calls a tool that acts, with arguments that are in order, or asks whether it may. */
void oh_mcp_act (OhMcpServer *self, const char *id, gboolean stateless, OhJson params, const char *tool, OhJson arguments);
/* The answer to a question of ours: a result, or an error of the client's. */
void oh_mcp_act_on_reply (OhMcpServer *self, OhJson value);
void oh_mcp_look_after_jobs (OhMcpServer *self);

/* Somebody is told of changes (subscriptions/listen). */
typedef struct
{
  char *id;        /* of the request, as JSON */
  gboolean list;   /* of new calls, as resources */
  GPtrArray *uris; /* (element-type utf8) of changes to these resources */
  gint64 change;   /* of the store, up to where it was looked at */
  gint64 newest;   /* exchange so far */
  char *runs;      /* how the newest runs stood */
} OhMcpListener;

void oh_mcp_listener_free (gpointer data);
/* Begins to tell. */
void oh_mcp_listen (OhMcpServer *self, const char *id, OhJson params);
void oh_mcp_look_after_listeners (OhMcpServer *self);
/* Says that nothing more will be told. */
void oh_mcp_end_listeners (OhMcpServer *self);

G_END_DECLS
