/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine: everything but the front ends, behind one façade. It owns store, proxy, insight and the running children,
 * and wires them together. Front ends (window, command line) include only this, which brings the values of model/, the
 * readers of store/ and the interpreter of providers/ along. Main thread only. */
#pragma once
#include "oh-assembled.h"
#include "oh-boundary.h"
#include "oh-budget.h"
#include "oh-changes.h"
#include "oh-clock.h"
#include "oh-desktop.h"
#include "oh-exchange.h"
#include "oh-fatal-read.h"
#include "oh-feed.h"
#include "oh-format.h"
#include "oh-interpreter.h"
#include "oh-link.h"
#include "oh-part.h"
#include "oh-paths.h"
#include "oh-providers.h"
#include "oh-run.h"
#include "oh-saying.h"
#include "oh-search.h"
#include "oh-store-programs.h"
#include "oh-store-reader.h"
#include "oh-store-retention.h"
#include "oh-store-traces.h"
#include "oh-store-values.h"

#include <gio/gio.h>
#include <signal.h>

G_BEGIN_DECLS

#define OH_TYPE_ENGINE (oh_engine_get_type ())
G_DECLARE_FINAL_TYPE (OhEngine, oh_engine, OH, ENGINE, GObject)

/* A child with its row in the store. */
#define OH_TYPE_LIVE_RUN (oh_live_run_get_type ())
G_DECLARE_FINAL_TYPE (OhLiveRun, oh_live_run, OH, LIVE_RUN, GObject)

/* What to launch; every pointer may be NULL but argv. */
typedef struct
{
  const char *name;              /* NULL: from argv */
  const char *const *argv;
  const char *cwd;
  const char *const *environment; /* "NAME=value", … */
  const char *const *upstreams;   /* "HOST=URL", … for this run only */
  const char *const *reads;       /* hosts, or patterns of hosts, that are read beside the known ones */
  const char *trace;
  const char *session;
  const char *user;
  gboolean no_fallback;          /* where it refuses our certificate, it fails instead of passing through unread */
  gboolean insist;               /* Python clients that ignore the environment are read too */
  gboolean isolate;              /* it gets a network of its own, of which all that leaves comes to us */
  const OhBudget *budget;        /* what it may use of LLM APIs; without limits: anything */
  gboolean terminal;             /* a pseudo-terminal, output by "output"; else our own standard streams */
} OhRunSpec;

/* What there is to say of a run's budget while it goes on. */
typedef enum
{
  OH_BUDGET_NEWS_NEAR,
  OH_BUDGET_NEWS_REACHED,
  OH_BUDGET_NEWS_WAITS,    /* a call does, until somebody decides */
  OH_BUDGET_NEWS_UNPRICED, /* it cannot be kept for a model whose price is not known */
  OH_BUDGET_NEWS_N,
} OhBudgetNews;

/* Opens the store, starts proxy and insight.
 * @data_dir: NULL for oh_paths_get_data_dir()
 * @origin: "window", which also opens a folder that can only be read, or "cli"
 * @port: of the proxy; 0: ephemeral
 * Signals:
 *   "changed": the store changed, by this or another process: ask a reader. At most one per 16 ms.
 *   "outdated": what was read before may be gone or mean something else: this process deletes, or has understood
 *     everything anew. Rows go in the background, and "changed" tells of each piece.
 *   "expired" (guint n): as many are beyond the limits: see oh_engine_settle_expired(). Only where origin is "window";
 *     without one they go without being asked.
 *   "notify::desktop": see oh_engine_take_desktop_async().
 *   "notify::trouble": captures are being lost, or no longer.
 *   "exited" (gint64 run_id): of a run of this process.
 *   "budget" (gint64 run_id, guint OhBudgetNews, const char *sentence): of a run of this process.
 * Returns: NULL with an error of the room that failed, its message fit to be shown. */
OhEngine *oh_engine_new (const char *data_dir, const char *origin, guint16 port, GError **error);
/* Stops children (if @stop_children), proxy, insight, store, in that order. Blocks. */
void oh_engine_shutdown (OhEngine *self, gboolean stop_children);
/* Waits until everything captured is stored and understood: for a command line about to exit. Blocks. */
void oh_engine_flush (OhEngine *self);

/* The main thread's reader. (transfer none) */
OhStoreReader *oh_engine_get_reader (OhEngine *self);
/* For a reader of your own on a worker thread. */
const char *oh_engine_get_data_dir (OhEngine *self);
guint16 oh_engine_get_port (OhEngine *self);
/* Something about start-up to tell the user once, or NULL. */
const char *oh_engine_get_notice (OhEngine *self);
/* Why captures are being lost just now, or NULL. (transfer full) */
char *oh_engine_dup_trouble (OhEngine *self);

void oh_engine_set_capturing (OhEngine *self, gboolean capturing);
gboolean oh_engine_get_capturing (OhEngine *self);
/* Lets programs that were not launched use the port. */
void oh_engine_set_open (OhEngine *self, gboolean open);
/* Where instruments send by themselves, of programs that were not launched: a port each. */
typedef enum
{
  OH_DOOR_OTLP,     /* over HTTP */
  OH_DOOR_GRPC,     /* OTLP by gRPC */
  OH_DOOR_SMELLO,
  OH_DOOR_SIDESEAT,
  OH_N_DOORS,
} OhDoorKind;

typedef struct
{
  guint16 port;   /* that is listened on; 0: none */
  guint16 wanted; /* that was to be */
  char *problem;  /* why not: a sentence; or NULL */
} OhDoor;

/* What it is called in JSON and as an option ("otlp"), and by people. (static) */
const char *oh_door_get_name (OhDoorKind kind);
const char *oh_door_get_title (OhDoorKind kind);
/* The well-known one. */
guint16 oh_door_get_port (OhDoorKind kind);
/* Listens on these ports, too, as soon as each of them is free, until oh_engine_stop_listening(). What comes there is of the
 * program that sends it. Where one becomes free, or another program's, the property "desktop" is notified of.
 * @ports: (nullable) (array fixed-size=OH_N_DOORS): 0: an ephemeral one; NULL: the well-known ones */
void oh_engine_listen (OhEngine *self, const guint16 *ports);
void oh_engine_stop_listening (OhEngine *self);
/* Returns: (transfer none) (nullable) (array fixed-size=OH_N_DOORS): what became of them; NULL while it does not listen */
const OhDoor *oh_engine_get_doors (OhEngine *self);

/* What became of what a run of this process told of itself and its user wants elsewhere, too (OTEL_EXPORTER_OTLP_ENDPOINT and
 * its like). @wait: some seconds for the last of it; else what is under way has not arrived. (transfer full) (nullable): a
 * sentence */
char *oh_engine_describe_copies (OhEngine *self, gint64 run_id, gboolean wait);

/* The whole desktop comes to the port: see oh-desktop.h, which has what is so and how it is given back. */
typedef struct
{
  OhDesktopMode mode;
  gboolean session;         /* programs that systemd's user manager starts, too */
  gboolean claude;          /* Claude Code's background agents, too */
  const char *who;          /* "window", "cli" */
  const char *const *hosts; /* those that are read; NULL: those of oh_engine_find_desktop_hosts() */
} OhDesktopOptions;

/* Switches on. While it is, the property "desktop" is TRUE; it may cease by another's hand. Takes some 100 ms, or until a
 * script that was there before has been loaded, some seconds at most. Only while it is off.
 * @cancellable: (nullable): then nothing is changed */
void oh_engine_take_desktop_async (OhEngine *self, const OhDesktopOptions *options, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer data);
/* Returns: FALSE with OH_DESKTOP_ERROR, or G_IO_ERROR_CANCELLED. */
gboolean oh_engine_take_desktop_finish (OhEngine *self, GAsyncResult *result, GError **error);
/* Gives it back; what is under way comes to its end. @kept: as of oh_desktop_restore() */
gboolean oh_engine_release_desktop (OhEngine *self, char ***kept, GError **error);
gboolean oh_engine_has_desktop (OhEngine *self);
/* What became of the certificate authority (oh-desktop-trust.h) as it was switched on, and which proxy of the user's stands
 * behind us: sentences to tell once, or NULL. */
const char *oh_engine_get_desktop_news (OhEngine *self);
/* What a terminal exports so that its programs come to the Overhear that listens to the desktop. What it had stands behind
 * that: its proxies, its NO_PROXY, whom it trusts.
 * @status: of a desktop that is listened to; @own: its environment, without what it had from us before
 * Returns: "NAME=value" (transfer full); NULL with an error. */
char **oh_engine_make_terminal_environment (const OhDesktopStatus *status, const char *const *own, GError **error);
/* A terminal's variables, of which the second is only the beginning: the names of what it was given, and what it had before. */
#define OH_TERMINAL_GIVEN "__overhear"
#define OH_TERMINAL_SAVED "__overhear_"
/* What would be in this environment had a terminal been given nothing. (transfer full) both */
char **oh_engine_undo_terminal (char **environment);
/* The same of this process: what it starts, and where it goes itself, is as without that. For a main(), before any thread. */
void oh_engine_leave_terminal (void);
/* The hosts that are read of the whole desktop: a file of the user's own (hosts, in the configuration folder), or those of
 * the known APIs. @own: (out) (optional): which of these. (transfer full) */
char **oh_engine_read_desktop_hosts (gboolean *own);
/* The same as they are used (oh-hosts.h). @problem: (out) (optional) (nullable) (transfer full): which line is left out since it
 * is no host, as a sentence. (transfer full) */
char **oh_engine_find_desktop_hosts (char **problem);
/* @hosts: lines; NULL: those of the known APIs. Returns: FALSE where one is no host, or they cannot be written. */
gboolean oh_engine_write_desktop_hosts (const char *const *hosts, GError **error);

/* "HOST=URL" lines for every run, replacing those set before. NULL: none. */
gboolean oh_engine_set_upstreams (OhEngine *self, const char *const *upstreams, GError **error);

/* Returns: (transfer full), or NULL with OH_LAUNCH_ERROR or OH_PROXY_ERROR; the failed run is stored with its error. */
OhLiveRun *oh_engine_launch (OhEngine *self, const OhRunSpec *spec, GError **error);
/* Whether the program does not exist (shells exit with 127), or may not be executed (126). */
gboolean oh_engine_error_is_not_found (const GError *error);
gboolean oh_engine_error_is_not_executable (const GError *error);
/* Whether a program was not started because it cannot be isolated here. */
gboolean oh_engine_error_is_isolation (const GError *error);
/* For a process that launches one program: what outlives its parent among that program's descendants becomes our child.
 * Call it before oh_engine_launch(). */
void oh_engine_adopt_orphans (void);
/* Notes which signals are ignored, before that is changed: the launched program inherits it. Returns: those. */
const sigset_t *oh_engine_note_signals (void);
/* Waits for adopted children that have ended. @program: the launched program's id while it has not exited, else 0.
 * Returns: whether a child still runs. Never blocks. */
gboolean oh_engine_reap_orphans (GPid program);

typedef enum
{
  OH_SILENCE_NONE,    /* something was read, or it has not ended */
  OH_SILENCE_AROUND,  /* something went around us */
  OH_SILENCE_REFUSED, /* our certificate was not accepted */
  OH_SILENCE_NOTHING, /* nothing came */
  OH_SILENCE_TOLD,    /* nothing came but spans that are no calls */
  OH_SILENCE_UNREAD,  /* what came passed through unread */
} OhSilenceKind;

typedef struct
{
  OhSilenceKind kind;
  guint read;     /* of the newest exchanges, those on the wire, */
  guint told;     /* calls that the program only told of, */
  guint unread;   /* and connections that passed through */
  char *sentence; /* NULL: there is nothing to say */
  char **hosts;   /* those that were not read, the first few; NULL where nothing was looked at */
} OhSilence;

/* Why a run that has ended has nothing to show, or what of it went around us. (transfer full) */
OhSilence *oh_engine_examine_silence (OhStoreReader *reader, const OhRun *run);
void oh_silence_free (OhSilence *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSilence, oh_silence_free)
/* One line for people on a run that has ended and of which nothing was read, or where something went around us: the likely
 * reason and a way out. (transfer full) Returns: NULL where there is nothing to say. */
char *oh_engine_explain_silence (OhStoreReader *reader, const OhRun *run);

/* Whether what a link names is there. */
gboolean oh_engine_has_link (OhStoreReader *reader, OhLinkKind kind, gint64 id);

/* Starts the simulated API (once) and launches the sample agent against it. */
OhLiveRun *oh_engine_launch_demonstration (OhEngine *self, gboolean terminal, GError **error);
/* A run of this process by id, or NULL. (transfer none) */
OhLiveRun *oh_engine_get_live_run (OhEngine *self, gint64 run_id);

void oh_engine_set_pinned (OhEngine *self, gint64 exchange_id, gboolean pinned);
void oh_engine_set_muted (OhEngine *self, gint64 notice_id, gboolean muted);
/* @run_id: 0: all */
void oh_engine_clear (OhEngine *self, gint64 run_id);
/* Deletes those of the exchanges that have ended and are not pinned. */
void oh_engine_delete (OhEngine *self, const gint64 *ids, guint n);

/* What is kept, but for what is pinned: at most so many bytes, and no longer; 0: no limit. They hold for every process that
 * has this data folder open, also later and without a window. */
void oh_engine_set_limits (OhEngine *self, gint64 max_bytes, gint64 max_age_ns);
/* What becomes of those that "expired" told of. @keep: nothing more goes until the limits change, or a window opens */
void oh_engine_settle_expired (OhEngine *self, gboolean keep);

/* Understands everything anew from the stored bytes, in the background. */
void oh_engine_reread (OhEngine *self);
/* What was read so far stays read. */
void oh_engine_stop_reread (OhEngine *self);
/* @done, @total: (out): exchanges. Returns: whether it goes on. */
gboolean oh_engine_get_reread (OhEngine *self, gint64 *done, gint64 *total);

/* Changes what a run may use, also one of another process: its limits and what happens over them. Calls of it that wait go
 * on if they may now. */
void oh_engine_set_budget (OhEngine *self, gint64 run_id, const OhBudget *budget);

/* Splits a command line as a shell would. (transfer full) */
char **oh_engine_parse_command (const char *command, GError **error);
/* The other way round: what needs no quotes has none. (transfer full) */
char *oh_engine_quote_command (char **argv);

/* Signals: "output" (GBytes*), "exited". The console's past output is read with oh_store_reader_read_console(). */
gint64 oh_live_run_get_id (OhLiveRun *self);
GPid oh_live_run_get_pid (OhLiveRun *self);
gboolean oh_live_run_is_running (OhLiveRun *self);
int oh_live_run_get_exit_status (OhLiveRun *self);
int oh_live_run_get_term_signal (OhLiveRun *self);
void oh_live_run_write (OhLiveRun *self, GBytes *data);
void oh_live_run_set_window_size (OhLiveRun *self, guint columns, guint rows);
void oh_live_run_signal (OhLiveRun *self, int signum);
void oh_live_run_stop (OhLiveRun *self);

/* When a rate limit will be used up if it goes on like this. Pure.
 * @samples: (element-type OhLimit) of one bucket of one key, by time
 * Returns: wall clock, ns; the last sample's time if it is used up already; -1 if it will not be before it is full
 * again, or there are too few samples to tell. */
gint64 oh_engine_estimate_limit (GPtrArray *samples);
/* Where prices of the user's own are put on top of ours, from the next start on. (transfer full) */
char *oh_engine_get_own_prices_path (const char *data_dir);
/* Reads the prices as they are on disk now. Any thread.
 * @as_of: (out) (transfer full): YYYY-MM-DD of those that are usable, or NULL
 * Returns: FALSE if the user's own file (or ours) cannot be used, the message says why. */
gboolean oh_engine_check_prices (const char *data_dir, char **as_of, GError **error);

/* One exchange, read and interpreted: what the detail panes show. Immutable. */
typedef struct _OhExchangeView OhExchangeView;
struct _OhExchangeView
{
  OhExchange *exchange;
  OhReading *reading;
  GBytes *request_body;    /* content-encoding undone */
  GBytes *response_body;   /* content-encoding undone */
  gboolean request_whole;  /* FALSE where request_body is only a part, or could not be decoded */
  gboolean response_whole;
  /* A first look at what takes long to read; the next view has all of it. Large bodies are only begun, and the reading
   * has the last messages of a long conversation. Only for those who asked for it. */
  gboolean partial;
  guint skipped;           /* how many messages stand before the reading's first one; 0: none, or not known */
};
#define OH_TYPE_EXCHANGE_VIEW (oh_exchange_view_get_type ())
GType oh_exchange_view_get_type (void);
OhExchangeView *oh_exchange_view_ref (OhExchangeView *self);
void oh_exchange_view_unref (OhExchangeView *self);

/* Watches one exchange: interprets it off the main thread, again whenever it grows, until freed. */
#define OH_TYPE_WATCH (oh_watch_get_type ())
G_DECLARE_FINAL_TYPE (OhWatch, oh_watch, OH, WATCH, GObject)
/* Signals: "notify::view" in the main context, when there is a newer view. */
OhWatch *oh_watch_new (OhEngine *engine, gint64 exchange_id);
/* The same, and the view before the first may be a partial one. */
OhWatch *oh_watch_new_with_first_look (OhEngine *engine, gint64 exchange_id);
/* The newest view, or NULL before the first. (transfer none) */
OhExchangeView *oh_watch_get_view (OhWatch *self);

/* Reads off the main thread when each phase of a streamed answer began. */
void oh_engine_read_phases_async (
    OhEngine *self, gint64 exchange_id, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
/* (transfer full) (element-type OhPhase), or NULL where there are none or it was cancelled. */
GArray *oh_engine_read_phases_finish (OhEngine *self, GAsyncResult *result, GError **error);

/* What a call changed against another one, found off the main thread.
 * @before: the call before; @after: this one */
void oh_comparison_new_async (
    OhReading *before, OhReading *after, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
/* (transfer full), or NULL where it was cancelled. */
OhChanges *oh_comparison_new_finish (GAsyncResult *result, GError **error);

/* "ANTHROPIC_BASE_URL=$OVERHEAR_VIA/api.anthropic.com": how a run's program is sent through the proxy by its base URL.
 * (transfer full) */
char *oh_engine_describe_via (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhExchangeView, oh_exchange_view_unref)

G_END_DECLS
