/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client's connection. It stays the gate's for all its life; libsoup is lent it for one message at a time
 * (oh-loan-private.h), so that idle clocks, clients that leave and bytes read too early are seen to here.
 *
 * state     | on                                   | next
 * HEAD      | a request's head is whole            | RELAY, INTAKE, IDENTIFY, FIRST, TUNNEL, LINGER
 * IDENTIFY  | it is known whose client this is     | as HEAD
 * SNIFF     | it is known which host is meant (oh-passage-private.h), or that the user's own proxy leads there
 *           | (oh-inquiry-private.h)               | FIRST, TUNNEL, HEAD
 * FIRST     | CONNECT was granted: the first bytes | HANDSHAKE (TLS), ASIDE, TUNNEL, HEAD (plain HTTP)
 * ASIDE     | another of its kind has tried our certificate, or a moment has passed | HANDSHAKE, TUNNEL
 * HANDSHAKE | TLS with the client is done          | HEAD
 * RELAY     | the message is done                  | HEAD, LINGER, CLOSED, TUNNEL (101)
 * INTAKE    | what an instrument told us is stored | HEAD, LINGER
 * TUNNEL    | bytes are passed on unread until the end | CLOSED
 * LINGER    | refused: what still comes is read and dropped | CLOSED
 * Every state: the client is gone, a clock strikes → CLOSED */
#pragma once
#include "oh-alarm-private.h"
#include "oh-core-private.h"
#include "oh-outbox-private.h"
#include "oh-recorder-private.h"

G_BEGIN_DECLS

typedef enum
{
  OH_GATE_HEAD,
  OH_GATE_IDENTIFY,
  OH_GATE_SNIFF,
  OH_GATE_FIRST,
  OH_GATE_ASIDE,
  OH_GATE_HANDSHAKE,
  OH_GATE_RELAY,
  OH_GATE_INTAKE,
  OH_GATE_TUNNEL,
  OH_GATE_LINGER,
  OH_GATE_CLOSED,
} OhGateState;

/* A request's head has come. The gate is in another state, or was refused, when it returns. @head: (transfer full) */
typedef void (*OhGateWantedFunc) (OhGate *self, OhHttpHead *head);

/* Its program does not accept our certificate: it passes through unread. The gate is in another state when it returns. */
typedef void (*OhGateUnreadFunc) (OhGate *self);

/* Who has the connection between two heads: a relay, an intake, or a tunnel; before them a passage. */
typedef struct
{
  /* The client says that it sends no more. Returns: FALSE if it has left altogether, as far as can be told. (RELAY only) */
  gboolean (*half_closed) (gpointer guest);
  /* The client left. (RELAY only) */
  void (*gone) (gpointer guest);
  /* Some of what waited has been written. (RELAY only) */
  void (*written) (gpointer guest);
  /* Ends by us: the proxy stops or the connection is closed. */
  void (*stop) (gpointer guest);
  /* More of what the client sends is in pending. (INTAKE only) */
  void (*came) (gpointer guest);
} OhGuestClass;

struct _OhGate
{
  gatomicrefcount refs;
  OhCore *core;
  OhGateWantedFunc wanted;
  gint64 id;
  OhGateState state;
  GSocketConnection *connection;
  GSocket *socket;
  GIOStream *stream;      /* connection, or TLS on it */
  GSocketAddress *local;
  GSocketAddress *remote;
  GByteArray *pending;    /* read, not used yet */
  OhOutbox out;           /* written to by everybody but a tunnel */
  gboolean broken;        /* nothing can be written any more */
  GSource *writing;       /* waits for room, or to say that it broke */
  OhSocketWatch *watch;         /* silent while another owns the reading */
  GSource *clock;         /* one for all states */
  gint64 clock_at;        /* its ready time; -1: never */
  gint64 deadline;        /* when it is to strike (monotonic, us); -1: never */
  OhAlarm again;          /* looks at what is there in the next turn of the loop */
  gboolean used;          /* a request has been passed on */
  gint64 head_began;      /* monotonic ns of a head's first byte */

  gboolean identified;    /* the identify function has been asked */
  char *identity;         /* its token, or NULL */
  char *claim;            /* the token that it brings itself, or NULL, while that is looked at */
  gint64 run_id;
  gint64 place;           /* whose proxies and trust its connections have; 0: those of its run */
  OhProgram *program;     /* of a client without a run, or NULL */
  gboolean untrusting;    /* nothing that this program uses trusts us */

  gboolean tunnelled;     /* CONNECT was granted, to: */
  char *host;
  guint port;
  OhGateUnreadFunc unread;
  char *agent;            /* what its User-Agent said, or NULL */
  char *who;              /* what tells its program from others, once it has said its TLS hello */
  gssize seen;            /* of that hello, which has not all come */
  gint64 offered;         /* when it was offered our certificate: monotonic us */
  gint64 hello_end;       /* how many bytes of its had come with its TLS hello; 0: not known */
  char *login;            /* what its last request said to the user's own proxy: its Proxy-Authorization, or NULL */
  char *lane;             /* whose connections by that proxy are its own, and nobody else's: login, or a name; NULL: everybody's */
  gboolean direct;        /* past the user's own proxy, as the program does without us */
  gboolean secure;        /* with TLS inside */
  gboolean silent;        /* TLS was begun, and nothing was said in it yet */
  gboolean busy;          /* TLS has a thread at the socket, whose number may be nobody else's before it is done */

  OhHttpHead *head;       /* while IDENTIFY */
  int diag;               /* sock_diag of the isolated network that it is in; it outlives the gate; -1: in none */
  const OhGuestClass *guest_class;
  gpointer guest;         /* while SNIFF, RELAY, INTAKE or TUNNEL */
};

#define OH_GATE_GRANTED "HTTP/1.1 200 Connection Established\r\n\r\n"

/* Takes a client in; the core keeps it until it is closed. */
void oh_gate_open (OhCore *core, GSocketConnection *connection, OhGateWantedFunc wanted);
/* The same, before anything of it is looked at. @local, @remote: (transfer none): as the client has them
 * Returns: (transfer none) */
OhGate *oh_gate_add (OhCore *core, GSocketConnection *connection, GSocketAddress *local, GSocketAddress *remote,
                     OhGateWantedFunc wanted);
/* It speaks HTTP with us. */
void oh_gate_begin (OhGate *self);
/* From here on it leads to a host that is read: FIRST. */
void oh_gate_enter (OhGate *self, const char *host, guint port, OhGateUnreadFunc unread);
/* Whether a process still holds the client's end. */
gboolean oh_gate_is_held (OhGate *self);
OhGate *oh_gate_ref (OhGate *self);
void oh_gate_unref (OhGate *self);

/* Ends the connection at once, without TLS's goodbye: nothing that was cut may look whole. What goes on ends by us.
 * @reset: with a TCP reset, for answers that the end of the connection delimits */
void oh_gate_close (OhGate *self, gboolean reset);
/* The relay is done with its message. @keep: another may follow; else the connection ends properly.
 * @had_body: libsoup has read of the connection */
void oh_gate_message_done (OhGate *self, gboolean keep, gboolean had_body);
/* Gives the connection to @guest. @state: SNIFF, RELAY, INTAKE or TUNNEL */
void oh_gate_admit (OhGate *self, OhGateState state, const OhGuestClass *guest_class, gpointer guest);
/* The guest has ended by itself; another one, a refusal or the end follows. */
void oh_gate_dismiss (OhGate *self);
/* Returns: (transfer none) (nullable): who signs for this client; NULL if nobody that it could trust */
OhAuthority *oh_gate_get_authority (OhGate *self);
/* Neither reads from the client nor minds how long that takes, until the guest has gone. */
void oh_gate_rest (OhGate *self);
/* As long as between two requests may pass until it says something. */
void oh_gate_idle (OhGate *self);
/* Nothing is read until its head goes on: IDENTIFY. */
void oh_gate_suspend (OhGate *self);
/* Grants CONNECT to a host that is read: FIRST. @agent: (nullable) */
void oh_gate_grant (OhGate *self, const char *host, guint port, const char *agent, OhGateUnreadFunc unread);
/* Refuses a request that is malformed, and records it, with what came for its @head, if it is known whose it is. */
void oh_gate_refuse_malformed (OhGate *self, guint status, const char *code, const char *problem, GByteArray *head);
/* Sends a small answer of our own, reads what the client still sends, and closes.
 * @extra: header lines, or NULL */
void oh_gate_refuse (OhGate *self, guint status, const char *extra, const char *text);
/* The connection ends properly once the client has stopped sending. */
void oh_gate_linger (OhGate *self);
/* Writes, at once as far as the client takes it; the rest as it does. @bytes: (transfer full)
 * Returns: FALSE if something waits, or nothing can be written any more. */
gboolean oh_gate_write (OhGate *self, GBytes *bytes);
/* Passes on what the user's own proxy answered to a CONNECT. @answer: (transfer full): all of it; @keep: another may follow */
void oh_gate_pass_answer (OhGate *self, GBytes *answer, gboolean keep);
/* Tells the relay when the client goes away: libsoup does not notice while a message is paused. */
void oh_gate_watch_hangup (OhGate *self);
/* Whether it is passed on unread and unrecorded: the user does not want to hear this program. */
gboolean oh_gate_is_left_out (OhGate *self);
/* Where its requests to a host are sent instead. (transfer full) (nullable): nowhere else */
OhDetour *oh_gate_find_detour (OhGate *self, const char *host);
/* Whether the client is a program of the user who runs us. */
gboolean oh_gate_is_of_this_user (OhGate *self);
/* A recorder for an exchange of this connection that begins now.
 * @target: raw, or NULL; @head: (nullable); @detour: (nullable) */
OhRecorder *oh_gate_record (OhGate *self, OhRoute route, const char *method, const char *scheme, const char *host,
                            guint port, const char *target, const OhHttpHead *head, const OhDetour *detour);

/* A whole answer of ours. (transfer full)
 * @type: media type of @body */
GBytes *oh_gate_compose (guint status, const char *extra, const char *type, const char *body, gboolean with_body,
                         gboolean close);

G_END_DECLS
