/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What everything on the proxy's thread shares. */
#pragma once
#include "oh-admission-private.h"
#include "oh-authority-private.h"
#include "oh-finder-private.h"
#include "oh-telling-forward-private.h"
#include "oh-loan-private.h"
#include "oh-proxy.h"
#include "oh-standing-private.h"
#include "oh-upstream-private.h"

G_BEGIN_DECLS

typedef struct _OhGate OhGate;
typedef struct _OhIntake OhIntake;
typedef struct _OhIsolation OhIsolation;
typedef struct _OhRelay OhRelay;

/* Milliseconds. */
typedef struct
{
  guint idle;      /* a client's connection without a request */
  guint head;      /* from the first byte of a head to its last */
  guint handshake; /* TLS with the client, from CONNECT on */
  guint hold;      /* how long an answer's last byte waits for the commit, while the store keeps up */
  guint hold_late; /* the same, once it did not: until a commit comes within this time again */
  guint linger;    /* without a byte, until a connection that was refused is closed */
  guint expect;    /* until "100 Continue" is sent although the server says nothing */
  guint ping;      /* how often the program of a stream that waits for the guard gets a ping */
  guint trial;     /* how long a connection waits for another's trial of our certificate */
} OhClocks;

#define OH_CLOCKS_DEFAULT ((OhClocks) { 300000, 30000, 30000, 250, 20, 5000, 1000, 5000, 500 })

typedef struct
{
  GMainContext *context;
  OhSink *sink;
  char **hosts;
  guint16 port;
  gint capturing; /* atomic */
  char *mark;     /* of this store; or NULL */
  OhAdmission *admission;
  OhFinder *finder;     /* of who is at the other end; NULL: nobody looks */
  OhTellingForward *forward;   /* to whom instruments are to tell, too */
  guint identifying;    /* clients that are looked for, on threads */
  OhAuthority *authority;
  OhStanding *standing; /* signs for clients without a run; NULL: authority does */
  OhUpstream *upstream;
  OhLender *lender;
  GHashTable *gates; /* of OhGate, each with a reference */
  guint aside;       /* of them that wait for another's trial */
  gint64 last_connection;
  OhClocks clocks;
  gboolean store_late; /* the last answers were released before they were stored */
  const OhProxyGuard *guard; /* atomic; NULL: everything may go */
  GPtrArray *isolations; /* of OhIsolation */
  GPtrArray *doors;      /* of OhListener: where instruments send by themselves */
  GHashTable *waiting; /* guint64 ticket → OhRelay: what the guard has not decided yet */
  guint64 last_ticket;
} OhCore;

/* Returns: (transfer none) (nullable): who signs for the clients of that run (0: of none); NULL if nobody that they could
 * trust. For 0 on the proxy's thread only; this holds for the next one too. */
OhAuthority *oh_core_get_authority (OhCore *core, gint64 run_id);
/* Whether that run's connections to a host are read. */
gboolean oh_core_reads (OhCore *core, gint64 run_id, const char *host);

static inline OhSink *
oh_core_get_sink (OhCore *core)
{
  return g_atomic_int_get (&core->capturing) ? core->sink : NULL;
}

G_END_DECLS
