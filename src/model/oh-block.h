/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages and their content blocks (Messages API), and what stands around them. Filled once, then immutable. A block of
 * a type nobody knows is kept verbatim in json. */
#pragma once
#include <glib-object.h>

G_BEGIN_DECLS

typedef struct _OhBlock OhBlock;

struct _OhBlock
{
  char *type;          /* "text", "tool_use", … as on the wire; never NULL */
  char *text;          /* text, thinking, the text of a result, a document's text; NULL if none, or if it is a list of
                        * blocks: then it is in children. Valid UTF-8. */
  char *id;            /* tool_use: id; a result: tool_use_id; or NULL */
  char *name;          /* tool name; document title; server tool name; or NULL */
  char *input;         /* *tool_use: JSON text of the input as sent, raw and possibly partial; or NULL */
  char *media_type;    /* image, document: image/png, application/pdf, … or NULL */
  char *source;        /* image, document: URL or file id where there are no bytes; or NULL */
  GBytes *data;        /* image, document: decoded bytes; or NULL */
  char *signature;     /* thinking; or NULL */
  char *json;          /* the whole block verbatim; while it streams: NULL */
  char *problem;       /* "input is not valid JSON: …", a sentence; or NULL */
  gboolean is_error;
  gboolean cached;     /* carries cache_control: a cache breakpoint */
  char *cache_ttl;     /* "5m", "1h", or NULL */
  gboolean complete;   /* content_block_stop seen, or not streamed */
  gint64 began_ns;     /* of a stream whose times were told: from the exchange's start to its content_block_start, and to
                        * its content_block_stop; -1: unknown */
  gint64 ended_ns;
  char **places;       /* "path:line" of a log record, or of the frames of an exception, the innermost first; or NULL */
  GPtrArray *children; /* (element-type OhBlock) inside a result or document; or NULL */
};

typedef struct _OhMessage OhMessage;

struct _OhMessage
{
  char *role;          /* user, assistant, system */
  GPtrArray *blocks;   /* (element-type OhBlock) never NULL */
};

OhBlock *oh_block_new (const char *type);
OhBlock *oh_block_ref (OhBlock *self);
void oh_block_unref (OhBlock *self);

OhMessage *oh_message_new (const char *role);
OhMessage *oh_message_ref (OhMessage *self);
void oh_message_unref (OhMessage *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhBlock, oh_block_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhMessage, oh_message_unref)

G_END_DECLS
