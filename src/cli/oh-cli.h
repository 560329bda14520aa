/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of `overhear`. Each takes the arguments from its own name on, and returns the exit status. */
#pragma once
#include "oh-engine.h"
#include "oh-words.h"

G_BEGIN_DECLS

#define OH_CLI_TROUBLE 1  /* a command of ours could not do its work */
#define OH_CLI_USAGE 2    /* it was called wrongly */
#define OH_CLI_NOT_HELD 3 /* `run`: the program succeeded, but something that was asserted does not hold, or it went over its
                           * budget */
#define OH_CLI_NOT_RUN 125 /* `run`: the program was not started, for a reason of ours (as env, timeout, nohup) */

int oh_cli_run (int argc, char **argv);
int oh_cli_list (int argc, char **argv);
int oh_cli_show (int argc, char **argv);
int oh_cli_demo (int argc, char **argv);
int oh_cli_doctor (int argc, char **argv);
int oh_cli_desktop (int argc, char **argv);
int oh_cli_listen (int argc, char **argv);
int oh_cli_env (int argc, char **argv);
int oh_cli_reread (int argc, char **argv);
int oh_cli_traces (int argc, char **argv);
int oh_cli_threads (int argc, char **argv);
int oh_cli_sessions (int argc, char **argv);
int oh_cli_limits (int argc, char **argv);
int oh_cli_costs (int argc, char **argv);
int oh_cli_findings (int argc, char **argv);
int oh_cli_runs (int argc, char **argv);
int oh_cli_mcp (int argc, char **argv);
int oh_cli_resend (int argc, char **argv);
int oh_cli_schema (int argc, char **argv);
int oh_cli_send (int argc, char **argv);
int oh_cli_export (int argc, char **argv);
int oh_cli_import (int argc, char **argv);
int oh_cli_skill (int argc, char **argv);
int oh_cli_budget (int argc, char **argv);
int oh_cli_open (int argc, char **argv);
int oh_cli_trust (int argc, char **argv);
/* @link: (nullable): what it shows. Returns only if there is no window to be had. */
int oh_cli_open_window (const char *link);

/* From now on what is printed on a terminal cannot steer it; see oh-cli-terminal.c. */
void oh_cli_guard_terminal (void);
/* The same for what is written to standard output by other means, from now on. */
void oh_cli_guard_stdout (void);
/* @text for a cell or a line of its own: line breaks and tabs are shown, and on a terminal all that would steer it.
 * Returns: (transfer full) */
char *oh_cli_one_line (const char *text);
/* What standard error shows next takes the place of its last line. */
void oh_cli_rewind_line (void);
/* "overhear: …" on standard error. */
void oh_cli_complain (const char *message);
/* Parses @entries; the first word that is no option ends them. Complains by itself.
 * Returns: FALSE if the command ends here with *@status. */
gboolean oh_cli_parse (const char *usage, const char *summary, const GOptionEntry *entries, int *argc, char ***argv,
                       int failure, int *status);
/* The same, with options between and after the words too. */
gboolean oh_cli_parse_mixed (const char *usage, const char *summary, const GOptionEntry *entries, int *argc,
                             char ***argv, int failure, int *status);
/* What the words on a command line search for together. Returns: NULL after complaining of a wrong one. (transfer full) */
OhSearch *oh_cli_parse_search (char **words);
/* FALSE where nothing was ever captured: there is nothing to open then, and nothing wrong with that. */
gboolean oh_cli_has_store (void);
/* What a command takes as an ID: a positive number. */
gboolean oh_cli_parse_id (const char *word, gint64 *id);
/* The exchanges that numbers, a query (@search, of @words), a run or a conversation name. (transfer full) */
GArray *oh_cli_choose (OhStoreReader *reader, char **words, const OhSearch *search, gint64 run, gint64 thread, GError **error);
/* An OhProgressFunc: on a terminal, one line of standard error. */
void oh_cli_show_progress (guint done, guint total, gpointer data);
/* The reader of the data directory, or NULL after complaining. */
OhStoreReader *oh_cli_open_store (void);
/* The same, where nothing can be done with nothing. */
OhStoreReader *oh_cli_open_captured (void);
/* An engine on the data directory, after saying what there is to say about opening it; or NULL after complaining. */
OhEngine *oh_cli_open_engine (void);

/* One exchange, interpreted: its facts even if the process that captured it had no time to understand it. */
typedef struct
{
  OhExchange *exchange;
  GPtrArray *accounts; /* (element-type OhExchange) what instruments told of the same call */
  OhReading *reading;
  GBytes *request_body;  /* content-encoding undone */
  GBytes *response_body;
} OhCliView;

OhCliView *oh_cli_view_new (OhStoreReader *reader, gint64 id);
void oh_cli_view_free (OhCliView *self);

/* "1200 → 40" (transfer full) */
char *oh_cli_describe_tokens (const OhSums *sums);

/* Prints one exchange for people. */
void oh_cli_print_view (const OhCliView *view);
/* Prints a table of exchanges for people. @rows: (element-type OhExchange), NULL where one is gone */
void oh_cli_print_table (GPtrArray *rows, gboolean with_head);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhCliView, oh_cli_view_free)

G_END_DECLS
