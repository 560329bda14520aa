/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Launches a program so that what it says to LLM APIs goes through the proxy, without a change to the program. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

#define OH_LAUNCH_ERROR (oh_launch_error_quark ())
GQuark oh_launch_error_quark (void);

typedef enum
{
  OH_LAUNCH_ERROR_NOT_FOUND,      /* shells say 127 */
  OH_LAUNCH_ERROR_NOT_EXECUTABLE, /* shells say 126 */
  OH_LAUNCH_ERROR_BAD_COMMAND,    /* unbalanced quotes, empty */
  OH_LAUNCH_ERROR_BAD_DIRECTORY,
  OH_LAUNCH_ERROR_FAILED,
} OhLaunchError;

/* How to reach the proxy; the same for every run of a process but for the token. */
typedef struct
{
  guint16 port;
  const char *token;          /* of this run */
  const char *authority_pem;
  const char *runtime_dir;    /* trust files and preload scripts stand here; see oh_launch_prepare() */
} OhLaunchProxy;

/* What to run. Strings may be NULL where a default is named. */
typedef struct
{
  char **argv;                /* a single .py .js .mjs .ts file gets its interpreter */
  char *cwd;                  /* NULL: ours */
  char **environment;         /* (nullable) "NAME=value" on top of ours */
  char *trace;
  char *session;
  char *user;
} OhLaunchSpec;

/* Writes the trust files (system roots + the authority, PEM and JKS) and the preload scripts into @proxy->runtime_dir.
 * Once per process. */
gboolean oh_launch_prepare (const OhLaunchProxy *proxy, GError **error);

/* Pure: the child's environment. What the user had set is extended, never dropped. (transfer full)
 * @base: as of g_get_environ() */
char **oh_launch_make_environment (const char *const *base, const OhLaunchProxy *proxy, const OhLaunchSpec *spec);

/* Splits a command line as a shell would, without running one; a lone script file gets its interpreter.
 * (transfer full) Returns: NULL with OH_LAUNCH_ERROR_BAD_COMMAND. */
char **oh_launch_parse_command (const char *command, GError **error);
/* The argv that really runs: @argv, or interpreter + file. (transfer full) */
char **oh_launch_resolve_argv (char *const *argv, const char *cwd, GError **error);

#define OH_TYPE_CHILD (oh_child_get_type ())
G_DECLARE_FINAL_TYPE (OhChild, oh_child, OH, CHILD, GObject)

/* Starts the program. With @terminal it gets a new pseudo-terminal (80 columns, 24 rows; its output comes by "output");
 * without, it inherits our standard streams. It leads a process group of its own.
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
/* Sends a signal to the whole process group. */
void oh_child_signal (OhChild *self, int signum);
/* SIGTERM to the group, SIGKILL 3 s later to what is left. */
void oh_child_stop (OhChild *self);

/* The token of the launched run whose process holds the other end of a loopback connection, by /proc; for clients that
 * cannot send credentials. Blocks for some ms. (transfer full) (nullable) */
char *oh_launch_identify_client (guint16 client_port, guint16 proxy_port);

G_END_DECLS
