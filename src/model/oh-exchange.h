/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTTP request and its answer as they were on the wire, without the bodies (those are read from the store by
 * piece). Filled once, then immutable; crosses threads. */
#pragma once
#include "oh-facts.h"
#include "oh-headers.h"
#include "oh-oddity.h"
#include "oh-place.h"
#include "oh-program.h"

G_BEGIN_DECLS

typedef enum
{
  OH_OUTCOME_PENDING,  /* still going on */
  OH_OUTCOME_FINISHED, /* a whole answer was passed on, whatever its status */
  OH_OUTCOME_FAILED,   /* no answer: refused, unresolved, TLS, timeout, bad request */
  OH_OUTCOME_CUT,      /* an answer began and did not end */
} OhOutcome;

typedef enum
{
  OH_PARTY_NONE, /* not ended yet */
  OH_PARTY_CLIENT,
  OH_PARTY_UPSTREAM,
  OH_PARTY_US,
} OhParty;

typedef enum
{
  OH_ROUTE_TUNNEL, /* CONNECT, TLS read by us */
  OH_ROUTE_BLIND,  /* CONNECT, TLS not read: host, times and byte counts only */
  OH_ROUTE_PLAIN,  /* http:// through the proxy */
  OH_ROUTE_VIA,    /* base-URL mode, /via/TOKEN/HOST/… */
  OH_ROUTE_TOLD,   /* nothing that was on the wire: what an instrument told us of the program. Mostly the request is what it
                    * said, as JSON, and by scheme: otlp: method SPAN, host its service, target / and its name; event: a log
                    * record, an exception, method its level or kind; incoming: a request that the program answered. http,
                    * https: a request and its answer, as they were on the wire */
} OhRoute;

/* What is missing from the capture, though the client got everything. */
typedef enum
{
  OH_GAP_NONE = 0,
  OH_GAP_REQUEST = 1 << 0,  /* bytes of the request body were not kept */
  OH_GAP_RESPONSE = 1 << 1, /* bytes of the response body were not kept */
  OH_GAP_LATE = 1 << 2,     /* committed after the last byte had been released */
} OhGap;

/* Nanoseconds after OhExchange.started_ns on the monotonic clock; -1 where it did not happen or is not known. */
typedef struct
{
  gint64 resolved;        /* name looked up */
  gint64 connected;       /* TCP to upstream */
  gint64 secured;         /* TLS to upstream */
  gint64 request_sent;    /* last byte of the request received from the client */
  gint64 response_head;   /* status line and headers from upstream */
  gint64 first_byte;      /* first byte of the response body */
  gint64 ended;           /* last byte to the client, or the failure */
  gboolean reused;        /* a pooled connection to upstream was used */
} OhTimings;

#define OH_TIMINGS_UNKNOWN ((OhTimings) { -1, -1, -1, -1, -1, -1, -1, FALSE })

typedef struct _OhExchange OhExchange;

struct _OhExchange
{
  gint64 id;               /* row in the store; what people type after `overhear show` */
  gint64 run_id;           /* 0: no run */
  gint64 connection;       /* the client's connection, unique in its process */
  gint64 started_ns;       /* wall clock, ns since 1970 UTC */
  OhRoute route;
  char *method;
  char *scheme;            /* "https" or "http": towards upstream as the client meant it */
  char *host;
  guint port;
  char *target;            /* raw path and query as sent, secrets replaced; "" for a blind tunnel */
  char *http_version;      /* "1.1" */
  char *upstream;          /* where it really went if --upstream sent it elsewhere, or NULL */
  OhHeaders *request_headers;
  OhHeaders *response_headers; /* NULL before the answer */
  guint status;            /* 0 before the answer */
  char *reason;            /* or NULL */
  gint64 request_length;   /* bytes of the body so far, as on the wire (still content-encoded) */
  gint64 response_length;
  OhTimings timings;
  OhOutcome outcome;
  OhParty ended_by;
  char *error_code;        /* stable name: "upstream-refused", "tls-verify", "client-gone", … or NULL */
  char *error;             /* what went wrong: oh_saying_tell(); or NULL */
  OhGap gaps;
  guint oddities;          /* OhOddity */
  gboolean pinned;
  OhProgram *program;       /* who made it; NULL of runs, and where that is not known */
  OhFacts *facts;          /* NULL until understood */
  OhPlace *place;          /* where it stands among calls, threads and traces; NULL until understood */
};

/* All zero but timings and lengths. */
OhExchange *oh_exchange_new (void);
OhExchange *oh_exchange_ref (OhExchange *self);
void oh_exchange_unref (OhExchange *self);
/* A deep copy that may be changed until it is shared. (transfer full) */
OhExchange *oh_exchange_copy (const OhExchange *self);
/* scheme://host[:port]target, the port only where it is not the scheme's own. (transfer full) */
char *oh_exchange_get_url (const OhExchange *self);
/* Whether the budget of its run refused it: nothing of it was sent. */
gboolean oh_exchange_is_refused (const OhExchange *self);
/* Whether it is a span that an instrument told of. */
gboolean oh_exchange_is_span (const OhExchange *self);
/* Whether an instrument told of it as it was on the wire, with its address, headers and bodies (OH_ROUTE_TOLD). */
gboolean oh_exchange_is_told_whole (const OhExchange *self);
/* Untranslated names for JSON and the store: "finished", "upstream", "via". */
const char *oh_outcome_to_string (OhOutcome outcome);
const char *oh_party_to_string (OhParty party);
const char *oh_route_to_string (OhRoute route);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhExchange, oh_exchange_unref)

G_END_DECLS
