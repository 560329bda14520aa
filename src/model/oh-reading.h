/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything a provider reads out of one exchange: for the detail panes and `overhear show`. Filled once, then
 * immutable. */
#pragma once
#include "oh-block.h"
#include "oh-facts.h"

G_BEGIN_DECLS

/* One server-sent event (WHATWG HTML, "Server-sent events"). */
typedef struct
{
  char *name;         /* event field, or "message" */
  char *data;         /* data lines joined with \n; valid UTF-8 */
  char *summary;      /* one line for people: "end_turn · output 284"; never NULL */
  gint64 at_ns;       /* arrival of its last byte, ns after the exchange's start; -1 unknown */
  gint64 offset;      /* of its first byte in the decoded body */
  gint64 length;      /* bytes in the decoded body */
  gboolean unterminated; /* the stream ended without the blank line */
} OhStreamEvent;

typedef struct
{
  char *name;
  char *description;  /* or NULL */
  char *json;         /* verbatim */
  gboolean cached;
} OhTool;

/* One name and value to show in a list of parameters: model, max_tokens, thinking, … */
typedef struct
{
  char *name;
  char *value;        /* JSON text */
} OhParameter;

typedef struct _OhReading OhReading;

struct _OhReading
{
  OhFacts *facts;         /* never NULL */
  GPtrArray *parameters;  /* (element-type OhParameter) top-level request fields but messages, system, tools */
  GPtrArray *system;      /* (element-type OhBlock) */
  GPtrArray *tools;       /* (element-type OhTool) */
  GPtrArray *messages;    /* (element-type OhMessage) of the request */
  OhMessage *answer;      /* or NULL; grows from one reading to the next while it streams */
  GPtrArray *events;      /* (element-type OhStreamEvent) */
  GPtrArray *events_owner; /* what keeps the events alive where snapshots share them; or NULL. Not for readers. */
  GPtrArray *problems;    /* (element-type utf8) sentences: "The request body is not valid JSON: …" */
};

/* @facts: (transfer full) */
OhReading *oh_reading_new (OhFacts *facts);
OhReading *oh_reading_ref (OhReading *self);
void oh_reading_unref (OhReading *self);

OhStreamEvent *oh_stream_event_new (void);
void oh_stream_event_free (OhStreamEvent *self);
OhTool *oh_tool_new (void);
void oh_tool_free (OhTool *self);
OhParameter *oh_parameter_new (const char *name, const char *value);
void oh_parameter_free (OhParameter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhReading, oh_reading_unref)

G_END_DECLS
