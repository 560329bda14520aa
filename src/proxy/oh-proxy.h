/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The intercepting proxy: one port on 127.0.0.1 and ::1, on a thread of its own. All functions may be called from any
 * thread unless they say otherwise. */
#pragma once
#include "oh-ns.h"
#include "oh-program.h"
#include "oh-proxy-error.h"
#include "oh-sink.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define OH_TYPE_PROXY (oh_proxy_get_type ())
G_DECLARE_FINAL_TYPE (OhProxy, oh_proxy, OH, PROXY, GObject)

/* Says which run a process belongs to: for clients that cannot send credentials (Java). Called on a worker thread.
 * @pid: of who holds the client's end; 0: not known. Returns: a token (transfer full), or NULL. */
typedef char *(*OhProxyIdentifyFunc) (gint64 pid, gpointer data);

/* Says whether a program that no run started may trust the authority that is kept; FALSE: nothing that it uses does, so that it
 * passes through unread from the first time on. Called on a worker thread. */
typedef gboolean (*OhProxyTrustingFunc) (const OhProgram *program, gpointer data);

/* Starts listening and the thread.
 * @port: 0 for an ephemeral one
 * @hosts: host patterns to intercept (g_pattern_match_simple), NULL-terminated
 * @sink: told of every exchange
 * Returns: NULL with OH_PROXY_ERROR. */
OhProxy *oh_proxy_new (guint16 port, const char *const *hosts, OhSink *sink, GError **error);
/* Ends all connections (their exchanges end, by us), stops the thread. Blocks. */
void oh_proxy_stop (OhProxy *self);
guint16 oh_proxy_get_port (OhProxy *self);
/* The authority's certificate, PEM. Its private key is in memory only. (transfer none) */
const char *oh_proxy_get_authority_pem (OhProxy *self);
/* The same authority for a program that trusts it for some hosts only (RFC 5280, name constraints).
 * @hosts: patterns, as for oh_proxy_new(). Returns: PEM, or NULL with OH_PROXY_ERROR. (transfer full) */
char *oh_proxy_make_authority_pem (OhProxy *self, const char *const *hosts, GError **error);
/* Clients without a run get certificates of the authority that is kept in this folder (oh-standing.h), as it is when they
 * connect; hosts that it does not vouch for pass through unread. NULL (at first): of the proxy's own authority. */
void oh_proxy_set_standing (OhProxy *self, const char *data_dir);
void oh_proxy_set_identify (OhProxy *self, OhProxyIdentifyFunc func, gpointer data);
/* @func: (nullable): every program may. @data: until the proxy has stopped */
void oh_proxy_set_trusting (OhProxy *self, OhProxyTrustingFunc func, gpointer data);
/* Programs without a run that refused our certificate may trust us by now: each is offered it again. */
void oh_proxy_forget_refusals (OhProxy *self);

/* The key of the hash in the markers that stand for secrets: the same key, kept private by the installation, makes the
 * same secret recognisable from one start to the next. At least 16 bytes. Random at first. */
void oh_proxy_set_redaction_key (OhProxy *self, GBytes *key);

/* What tells this store from others: instruments that are told of by it are refused, for they say what is here already.
 * Before anything comes in. */
void oh_proxy_set_mark (OhProxy *self, const char *mark);

/* Told of a token that is not known, before its client is refused: may allow it. Called on a worker thread. */
typedef void (*OhProxyIntroduceFunc) (const char *token, gpointer data);
/* The one before is not called any more once this returns. */
void oh_proxy_set_introduce (OhProxy *self, OhProxyIntroduceFunc func, gpointer data);

/* A run may use the port with this token: as the password of the proxy credentials (any user name), or in
 * /via/TOKEN/HOST/…. Exchanges then carry run_id. A negative one is none: it only has
 * proxies and trust of its own (oh_proxy_set_chain(), oh_proxy_set_trust()). */
void oh_proxy_allow (OhProxy *self, const char *token, gint64 run_id);
void oh_proxy_disallow (OhProxy *self, const char *token);
/* Whether this user's clients without a token are served too (as run 0), except at /via/. FALSE at first. */
void oh_proxy_set_open (OhProxy *self, gboolean open);
/* Of clients without a run, those of these programs are passed on: unrecorded at once, unread from their next connection on.
 * Names are as of oh_program_is_called(). @only: the same for all others, and where it is not known; empty: nobody else */
void oh_proxy_set_programs (OhProxy *self, const char *const *only, const char *const *excluded);
/* While FALSE everything is passed on and nothing recorded. TRUE at first. */
void oh_proxy_set_capturing (OhProxy *self, gboolean capturing);

/* Sends a host elsewhere. @run_id: only for that run; 0: for all. @host: "api.anthropic.com"; @url: "http://127.0.0.1:8080"
 * or with a path prefix; NULL: no longer. Returns: FALSE with OH_PROXY_ERROR_UPSTREAM or _HOST. */
gboolean oh_proxy_set_upstream (OhProxy *self, gint64 run_id, const char *host, const char *url, GError **error);
/* Reads a further host for that run. @host: as of oh_host_parse(). Returns: as it is matched (transfer full); NULL with
 * OH_PROXY_ERROR_HOST. */
char *oh_proxy_add_read (OhProxy *self, gint64 run_id, const char *host, GError **error);
/* Reads, for that run, these hosts beside the known ones and no others; those that are no hosts are left out.
 * @hosts: (nullable): none. Returns: as they are matched (transfer full). */
char **oh_proxy_set_reads (OhProxy *self, gint64 run_id, const char *const *hosts);

/* Gives programs of this user a script at /proxy.pac that sends these hosts through the port, and where that is closed or
 * for other hosts, as before. @hosts: as of oh_proxy_set_reads(); NULL (at first): there is no script
 * @before: (nullable): the text of the script that was used before; @switched: the switch gives it, and nobody's hand */
void oh_proxy_set_pac (OhProxy *self, const char *const *hosts, const char *before, gboolean switched);
/* Names what is given: another script has another name. (transfer full) */
char *oh_proxy_get_pac_version (OhProxy *self);
/* Reads such a script from an http, file or data URL, 1 MiB at most, and looks whether it can be asked. Blocks for some seconds.
 * Returns: (transfer full): NULL with an error, whose message is the end of a sentence; NULL without one: it is our own */
char *oh_proxy_load_pac (OhProxy *self, const char *url, GCancellable *cancellable, GError **error);

/* What becomes of a call. */
typedef enum
{
  OH_VERDICT_GO,
  OH_VERDICT_HOLD,   /* it waits for oh_proxy_decide() */
  OH_VERDICT_REFUSE, /* it is answered by us: 402, which no SDK tries again */
} OhVerdict;

typedef struct
{
  /* Asked of each request that is read, on the proxy's thread, before anything of it is sent on: never blocks.
   * @head: what is known of it
   * @ticket: names it for as long as it waits
   * @why: (out) (transfer full): REFUSE: what the program is told: oh_saying_tell() */
  OhVerdict (*ask) (gint64 run_id, const OhExchange *head, guint64 ticket, char **why, gpointer data);
  /* A request that waited has left. */
  void (*left) (guint64 ticket, gpointer data);
  gpointer data;
} OhProxyGuard;

/* @guard: (transfer none): until the proxy has stopped */
void oh_proxy_set_guard (OhProxy *self, const OhProxyGuard *guard);
/* Says what becomes of a request that waits; one that has left is nobody's.
 * @verdict: GO or REFUSE; @why: as of OhProxyGuard.ask */
void oh_proxy_decide (OhProxy *self, guint64 ticket, OhVerdict verdict, const char *why);

/* From now on what programs without a run send passes unread and unrecorded, or not; what they tell of themselves is taken. */
void oh_proxy_set_deaf (OhProxy *self, gboolean deaf);

/* The user's own proxies, through which that run's (0: everybody else's) connections go on. Values are those of http_proxy,
 * https_proxy and no_proxy; NULL: none. An address that is none is told by every request that would need it. */
void oh_proxy_set_chain (OhProxy *self, gint64 run_id, const char *http, const char *https, const char *no_proxy);
/* The same as a script, for those that do not pass here: the @before of oh_proxy_set_pac(). Where a proxy wants a login that
 * is known, they do pass here. (transfer full) */
char *oh_proxy_write_script (OhProxy *self, const char *http, const char *https, const char *no_proxy);
/* The same, as the user's own proxy script says. @text: oh_proxy_load_pac() */
void oh_proxy_set_script (OhProxy *self, gint64 run_id, const char *text);
/* Further certificates that this run's (0: everybody else's) connections trust upstream (a company's own). @pem: one or more
 * Returns: FALSE if they are no certificates. */
gboolean oh_proxy_set_trust (OhProxy *self, gint64 run_id, const char *pem, GError **error);
/* Where that run's program does not accept the authority's certificate, its next connection to the host passes through
 * unread. @fallback: FALSE: it goes on failing. TRUE at first. */
void oh_proxy_set_fallback (OhProxy *self, gint64 run_id, gboolean fallback);

/* What that run's instruments tell us at @path, or below it, is sent on to @url, too, and what stands behind that: the same
 * bytes and header fields. It is tried for some seconds, and lost where it is too much at once.
 * @path: behind the token: "/v1/traces". Returns: FALSE if @url is none. */
gboolean oh_proxy_set_copy (OhProxy *self, gint64 run_id, const char *path, const char *url);

/* Between two parts of a post. Returns: FALSE if no more is to be taken of it now */
typedef gboolean (*OhProxyRestFunc) (gpointer data);
/* What instruments sent is stored as it is, where that can be, and answered: takes one of these POSTs apart, and waits until what is
 * in it is stored. Blocks, for as long as that takes: on a thread of one's own, with a context. Returns: FALSE if it was stopped */
gboolean oh_proxy_take_post (OhProxy *self, const OhCapture *post, OhProxyRestFunc rest, gpointer data);

/* Requests of a run that were sent on. */
typedef struct
{
  guint pending; /* it is not known yet whether they arrive */
  guint sent;
  guint lost;
} OhForwardCount;

OhForwardCount oh_proxy_count_copies (OhProxy *self, gint64 run_id);

/* Listens on a further port of 127.0.0.1 and ::1, for what instruments send by themselves, without a token: only of this user's
 * programs, by no web page. What they tell is of the run that they belong to, or else of their program.
 * @port: 0 for an ephemeral one. Returns: it, or 0 with OH_PROXY_ERROR, which says who has the port. */
guint16 oh_proxy_open_door (OhProxy *self, guint16 port, GError **error);
void oh_proxy_close_doors (OhProxy *self);
/* Who listens on a port of this computer. Blocks for some ms. @taken: (out): whether anybody does
 * (transfer full) (nullable): NULL where that is not to be known */
OhProgram *oh_proxy_find_listener (OhProxy *self, guint16 port, gboolean *taken);

/* Serves the network of that run's isolated program until the proxy stops. Returns once it does.
 * @network: (transfer full): its files */
void oh_proxy_isolate (OhProxy *self, gint64 run_id, const OhNsNetwork *network);

/* Records that a program of that run goes around us, unless a client has told so itself of one of @hosts.
 * @host: where to, as the record has it
 * @message: oh_saying_tell() */
void oh_proxy_note_around (OhProxy *self, gint64 run_id, const char *const *hosts, const char *host, guint port,
                           const char *message);

G_END_DECLS
