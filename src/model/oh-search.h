/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search language, parsed. Pure: text in, a tree out; the store makes SQL of it, the entry colours it.
 *
 *   search  = any
 *   any     = all { "or" all }
 *   all     = one { ["and"] one }
 *   one     = "not" one | "(" any ")" | term
 *   term    = word | "a phrase" | field ":" value | field (">" | ">=" | "<" | "<=" | "=") value | "pinned"
 *
 * Words match parts of words (substrings), without regard to case; a word in quotes is matched as it stands, spaces
 * included. Field names and keywords are English in every language, as in a program. */
#pragma once
#include <glib-object.h>

G_BEGIN_DECLS

#define OH_SEARCH_ERROR (oh_search_error_quark ())
GQuark oh_search_error_quark (void);

typedef enum
{
  OH_SEARCH_ERROR_SYNTAX, /* a quote or parenthesis is open, a keyword has nothing to act on */
  OH_SEARCH_ERROR_FIELD,  /* no such field */
  OH_SEARCH_ERROR_VALUE,  /* the value does not fit the field */
} OhSearchError;

typedef enum
{
  OH_SEARCH_EVERYTHING, /* an empty search */
  OH_SEARCH_AND,        /* children */
  OH_SEARCH_OR,         /* children */
  OH_SEARCH_NOT,        /* one child */
  OH_SEARCH_TEXT,       /* text, side */
  OH_SEARCH_FIELD,      /* field, operator, and text or number */
} OhSearchKind;

typedef enum
{
  /* Text: contains, without regard to case. */
  OH_SEARCH_MODEL,
  OH_SEARCH_HOST,
  OH_SEARCH_PATH,
  OH_SEARCH_METHOD,
  OH_SEARCH_TOOL,
  OH_SEARCH_RUN, /* name, or number */
  OH_SEARCH_SESSION,
  OH_SEARCH_USER,
  OH_SEARCH_TRACE,
  OH_SEARCH_STOP,
  OH_SEARCH_ERROR_TYPE,
  OH_SEARCH_PROVIDER,
  OH_SEARCH_PROGRAM,
  OH_SEARCH_KIND,  /* what instruments tell: log, exception, incoming, test; and operations */
  OH_SEARCH_LEVEL, /* of a log record */
  /* One of a list: OhSearchIs in number. */
  OH_SEARCH_IS,
  /* Numbers: real. */
  OH_SEARCH_ID,
  OH_SEARCH_STATUS,
  OH_SEARCH_TOKENS,   /* input + cache + output */
  OH_SEARCH_COST,     /* US dollars */
  OH_SEARCH_DURATION, /* ns */
  OH_SEARCH_TTFT,     /* ns */
  OH_SEARCH_BEFORE,   /* wall clock, ns */
  OH_SEARCH_AFTER,    /* wall clock, ns */
  OH_SEARCH_N_FIELDS,
} OhSearchFieldId;

typedef enum
{
  OH_SEARCH_IS_ERROR,     /* failed, cut, status >= 400, an error inside the answer, or problems with it */
  OH_SEARCH_IS_RETRIED,   /* an attempt of a call with several */
  OH_SEARCH_IS_STREAMING, /* the answer is a stream of events */
  OH_SEARCH_IS_RUNNING,   /* not ended yet */
  OH_SEARCH_IS_CUT,
  OH_SEARCH_IS_FAILED,
  OH_SEARCH_IS_PINNED,
  OH_SEARCH_IS_CACHED,    /* read from the prompt cache */
  OH_SEARCH_IS_INCOMPLETE,/* the capture has gaps */
} OhSearchIs;

typedef enum
{
  OH_SEARCH_CONTAINS, /* field:value */
  OH_SEARCH_EQUAL,
  OH_SEARCH_LESS,
  OH_SEARCH_LESS_EQUAL,
  OH_SEARCH_GREATER,
  OH_SEARCH_GREATER_EQUAL,
} OhSearchOperator;

typedef enum
{
  OH_SEARCH_ANYWHERE,
  OH_SEARCH_IN_REQUEST,
  OH_SEARCH_IN_RESPONSE,
  OH_SEARCH_IN_CONSOLE, /* what the exchange's run wrote to its console */
} OhSearchSide;

typedef struct _OhSearch OhSearch;

struct _OhSearch
{
  OhSearchKind kind;
  GPtrArray *children; /* (element-type OhSearch) or NULL */
  char *text;          /* TEXT, text fields; or NULL */
  OhSearchSide side;   /* TEXT: where to look; set by in:request, in:response, in:console beside it */
  OhSearchFieldId field;
  OhSearchOperator operator;
  double number;
};

typedef enum
{
  OH_SEARCH_SPAN_TEXT,
  OH_SEARCH_SPAN_KEYWORD,
  OH_SEARCH_SPAN_FIELD, /* name and operator */
  OH_SEARCH_SPAN_VALUE,
  OH_SEARCH_SPAN_WRONG,
} OhSearchSpanKind;

/* A coloured piece of the text, in bytes. */
typedef struct
{
  gsize start;
  gsize end;
  OhSearchSpanKind kind;
} OhSearchSpan;

/* @text: valid UTF-8
 * @now_ns: wall clock, ns: what "after:2h" counts from
 * @spans: (out) (optional) (transfer full) (element-type OhSearchSpan): filled on errors too
 * Returns: NULL with OH_SEARCH_ERROR; the message says where and why. (transfer full) */
OhSearch *oh_search_parse (const char *text, gint64 now_ns, GArray **spans, GError **error);
void oh_search_free (OhSearch *self);
/* Whether it looks into what runs wrote to their consoles: that takes a while, and belongs on a worker. */
gboolean oh_search_has_console (const OhSearch *self);

/* Whether the value of a field of text is being written at @cursor (bytes).
 * @typed: (out) (transfer full): the value so far
 * @start: (out): where the term that it is in begins */
gboolean oh_search_get_value_at (const char *text, gsize cursor, OhSearchFieldId *field, char **typed, gsize *start);
/* "model:x": a whole term, its value in quotation marks where it needs them. (transfer full) */
char *oh_search_format_term (OhSearchFieldId field, const char *value);
/* "session=x": the same for what is all of it; of a trace with its number. (transfer full) */
char *oh_search_format_exact (OhSearchFieldId field, const char *value);
/* What could stand at @cursor (bytes): whole terms such as "status:" or "is:error". @start: (out): where the word that
 * they replace begins. (transfer full) (element-type utf8) */
GPtrArray *oh_search_complete (const char *text, gsize cursor, gsize *start);
/* The language on one screen, translated: for help texts. (transfer full) */
char *oh_search_get_help (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSearch, oh_search_free)

G_END_DECLS
