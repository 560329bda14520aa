/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Launches a program so that what it says to LLM APIs goes through the proxy, without a change to the program. */
#pragma once
#include "oh-ns.h"

#include <gio/gio.h>
#include <signal.h>

G_BEGIN_DECLS

#define OH_LAUNCH_ERROR (oh_launch_error_quark ())
GQuark oh_launch_error_quark (void);

typedef enum
{
  OH_LAUNCH_ERROR_NOT_FOUND,      /* shells say 127 */
  OH_LAUNCH_ERROR_NOT_EXECUTABLE, /* shells say 126 */
  OH_LAUNCH_ERROR_BAD_COMMAND,    /* unbalanced quotes, empty */
  OH_LAUNCH_ERROR_BAD_DIRECTORY,
  OH_LAUNCH_ERROR_ISOLATION,      /* it cannot be isolated here, and was not started */
  OH_LAUNCH_ERROR_FAILED,
} OhLaunchError;

/* How to reach the proxy; the same for every run of a process but for token and run. */
typedef struct
{
  guint16 port;
  const char *token;          /* of this run */
  gint64 run_id;
  const char *const *hosts;   /* (nullable) patterns of the hosts whose TLS the proxy reads: they never bypass it */
  const char *const *addresses;    /* (nullable) patterns of the variables by which programs are sent to such hosts */
  const char *const *header_lines; /* (nullable) variables whose lines programs add to the heads of their requests */
  const char *authority_pem;
  const char *runtime_dir;    /* trust files and preload scripts stand here; see oh_launch_prepare() */
  gboolean instruments;       /* instrumented programs may send us what they tell by OpenTelemetry */
  gboolean smello;            /* … and by Smello's client */
} OhLaunchProxy;

/* Takes the network that was made for an isolated program, before it begins.
 * @network: (transfer full): its files */
typedef void (*OhLaunchServeFunc) (const OhNsNetwork *network, gpointer data);

/* What to run. Strings may be NULL where a default is named. */
typedef struct
{
  char **argv;                /* a single .py .js .mjs .ts file gets its interpreter */
  char *cwd;                  /* NULL: ours */
  char **environment;         /* (nullable) "NAME=value" on top of ours */
  char *trace;
  char *session;
  char *user;
  gboolean insist;            /* Python clients that ignore the environment are read too */
  OhLaunchServeFunc serve;    /* (nullable) the program gets a network of its own, which this serves (oh-ns.h) */
  gpointer serve_data;
} OhLaunchSpec;

/* Writes the trust files (system roots + the authority, PEM, JKS and PHP's settings) and the preload scripts into @proxy->runtime_dir.
 * Once per process. Trust files that extend what a run's own environment names are added by oh_child_spawn(). */
gboolean oh_launch_prepare (const OhLaunchProxy *proxy, GError **error);

/* Writes the trust files that extend what @environment names, which may be another process's. @environment: without us
 * @proxy: of it authority_pem and runtime_dir */
gboolean oh_launch_ensure_trust (const OhLaunchProxy *proxy, char **environment, GError **error);

/* The child's environment; a function of its arguments, but for git's configuration, whose http.sslCAInfo it reads.
 * (transfer full)
 * What the user had set is extended, never dropped, with these exceptions, each without which nothing would be seen:
 * - a proxy of the user's own is replaced by ours (which goes on through it: oh_launch_get_own_proxies());
 * - NO_PROXY entries that cover one of @proxy->hosts, or a host that one of @proxy->addresses names, are left out ("*"
 *   among them: hosts whose TLS is not read are passed through unread anyway). localhost and 127.0.0.1 are added, so that
 *   a program's own servers stay direct, unless a base URL names them;
 * - a JAVA_TOOL_OPTIONS that brings a trust store of its own is left as it is: Java then goes around us.
 * @base: as of g_get_environ() */
char **oh_launch_make_environment (const char *const *base, const OhLaunchProxy *proxy, const OhLaunchSpec *spec);

/* @base with the "NAME=value" of @spec on top. (transfer full) */
char **oh_launch_merge_environment (const char *const *base, const OhLaunchSpec *spec);

/* The proxies that the program would use without us, as its environment says; each may be NULL. One that is an Overhear's
 * own, of a run around this one, is none. */
typedef struct
{
  char *http;
  char *https;
  char *no_proxy;
} OhLaunchOwnProxies;

void oh_launch_get_own_proxies (const char *const *base, const OhLaunchSpec *spec, OhLaunchOwnProxies *proxies);
void oh_launch_own_proxies_clear (OhLaunchOwnProxies *proxies);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhLaunchOwnProxies, oh_launch_own_proxies_clear)

/* What the program would trust beyond the system's roots, as PEM: the files its environment names. (transfer full) */
char *oh_launch_get_own_trust (const char *const *base, const OhLaunchSpec *spec);

/* Where the user has instruments send what comes to us instead, and what we are to send on there, each as PATH=URL: what comes
 * at PATH or below it goes to URL and what stands behind it. @environment: as of oh_launch_merge_environment(). (transfer full) */
char **oh_launch_get_copies (char **environment);

/* Hosts that base URLs point to: a company's gateway, a local model. Their traffic is to be read as the APIs' own.
 * (transfer full) (element-type utf8)
 * @environment: as of g_get_environ()
 * @addresses: (nullable): patterns of the variables with base URLs
 * @with_port: "host:port" where the URL has one */
GPtrArray *oh_launch_get_base_urls (const char *const *environment, const char *const *addresses, gboolean with_port);

/* Whether a list as NO_PROXY has them sends a host of one of these patterns past the proxy. @list: (nullable) */
gboolean oh_launch_is_bypassed (const char *list, const char *const *hosts);
/* The variables by which a program finds a proxy, or a file of trusted certificates; NULL-terminated. */
const char *const *oh_launch_get_proxy_variables (void);
const char *const *oh_launch_get_trust_variables (void);
/* The file with the system's roots that a run's trust files begin with, or NULL where there is none. (transfer none) */
const char *oh_launch_find_system_trust (void);

/* Splits a command line as a shell would, without running one; a lone script file gets its interpreter.
 * (transfer full) Returns: NULL with OH_LAUNCH_ERROR_BAD_COMMAND. */
char **oh_launch_parse_command (const char *command, GError **error);
/* The argv that really runs: @argv, or interpreter + file. An executable script with "#!" runs itself; Python prefers
 * the virtual environment that stands beside the script or in @cwd when none is active. (transfer full) */
char **oh_launch_resolve_argv (char *const *argv, const char *cwd, GError **error);
/* The same with the environment that the program will have.
 * @program: (out) (optional): the file to execute; argv[0] stays as the user wrote it. */
char **oh_command_resolve (char *const *argv, const char *cwd, char **environment, char **program, GError **error);

/* Whether programs can be isolated here: tries it, with a program that does nothing. Blocks for some ms.
 * Returns: FALSE with OH_LAUNCH_ERROR_ISOLATION, whose message says what to do. */
gboolean oh_launch_can_isolate (GError **error);

/* From now on this process may open as many files, use as much memory and so on as it may allow itself: each connection of a
 * program needs two or three files. What oh_child_spawn() starts gets the limits that we were given. */
void oh_launch_raise_limits (void);

/* Notes which signals are ignored, before that is changed: programs without a terminal of their own inherit it.
 * Returns: those. */
const sigset_t *oh_launch_note_signals (void);

#define OH_TYPE_CHILD (oh_child_get_type ())
G_DECLARE_FINAL_TYPE (OhChild, oh_child, OH, CHILD, GObject)

/* Starts the program. With @terminal it gets a new pseudo-terminal (80 columns, 24 rows; its output comes by "output")
 * and leads a session and process group of its own. Without, it inherits our standard streams and stays in our process
 * group: then the terminal's Ctrl+C, Ctrl+Z and fg reach it, us and the rest of a pipeline exactly as without us.
 * It lives on when the object is freed; the object lives while the program does.
 * Signals, in the caller's thread-default context:
 *   "output" (GBytes*): a piece of what it wrote, in order; all of it before "exited".
 *   "exited": exit_status and term_signal are known.
 * Returns: NULL with OH_LAUNCH_ERROR. */
OhChild *oh_child_spawn (const OhLaunchSpec *spec, const OhLaunchProxy *proxy, gboolean terminal, GError **error);
GPid oh_child_get_pid (OhChild *self);
gboolean oh_child_is_running (OhChild *self);
/* -1 unless it exited by itself. */
int oh_child_get_exit_status (OhChild *self);
/* 0 unless a signal ended it. */
int oh_child_get_term_signal (OhChild *self);
/* To its terminal, as typed. Never blocks. */
void oh_child_write (OhChild *self, GBytes *data);
void oh_child_set_window_size (OhChild *self, guint columns, guint rows);
/* Sends a signal to the whole process group; without a terminal to the process alone. */
void oh_child_signal (OhChild *self, int signum);
/* SIGTERM, and 3 s later SIGKILL to what is left, to the same. */
void oh_child_stop (OhChild *self);

/* From now on whatever outlives its parent among our descendants becomes our child: double forks and sessions of their own
 * do not leave us. For a process that launches one program. */
void oh_launch_adopt_orphans (void);
/* Waits for the children that have ended, but for @program, for which OhChild waits (0: it has been waited for).
 * Returns: whether a child is left. Never blocks. */
gboolean oh_launch_reap_orphans (GPid program);

typedef struct _OhLookout OhLookout;

/* Told, on the lookout's thread, once for a place that @program connected to by itself.
 * @hosts: (array zero-terminated=1): which it is; several where these share an address, and one of them is meant
 * @address: of that connection
 * @program: (nullable): its name; NULL: it has ended already, and nothing more is known
 * @bare: it does not have the environment that oh_child_spawn() gave to its run */
typedef void (*OhLookoutFunc) (
    const char *const *hosts, const char *address, guint port, const char *program, gboolean bare, gpointer data);

/* Watches whether a launched program or a descendant of it goes around the proxy: looks at their connections in /proc soon
 * after this computer has made one, on a thread of its own, until none of them is left. Connections of less than some 20 ms
 * may be missed. A name is looked up once somebody has connected to its port.
 * @proxy_port: on loopback: never told
 * @places: "host", "host:port": where the proxy should be used; 443 without a port; patterns are ignored
 * @destroy: of @data, when it is freed
 * Where no thread can be had, nothing is watched. */
OhLookout *oh_lookout_new (GPid program, guint16 proxy_port, const char *const *places, OhLookoutFunc func, gpointer data,
                           GDestroyNotify destroy);
/* @func is not called any more once this returns. Waits for a look to end. */
void oh_lookout_free (OhLookout *self);

/* The token of the run that a process was launched by, from its environment: for clients that cannot send credentials.
 * (transfer full) (nullable) */
char *oh_launch_read_token (gint64 pid);

G_END_DECLS
