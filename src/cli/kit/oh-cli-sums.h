/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands share that add exchanges up (traces, threads, sessions, limits, costs, findings, runs), as text or as JSON
 * lines: their options, and how they say numbers. */
#pragma once
#include "oh-cli-json.h"
#include "oh-cli-table.h"
#include "oh-cli.h"

G_BEGIN_DECLS

typedef struct
{
  gboolean json;
  gint64 limit;
  gint64 run;
  gint64 trace;
  char *session;
  char *user;
  OhStoreReader *reader;
  GString *line; /* of JSON */
} OhCliOptions;

/* Which of them a command has beside --json. */
typedef enum
{
  OH_CLI_FILTER_NONE = 0,
  OH_CLI_FILTER_LIMIT = 1 << 0,
  OH_CLI_FILTER_LABELS = 1 << 1, /* of runs, sessions, users */
  OH_CLI_FILTER_TRACE = 1 << 2,
} OhCliFilters;

/* Opens the store, too. @n_words: how many words the command takes at most.
 * Returns: FALSE if the command ends here with *@status. */
gboolean oh_cli_options_parse (OhCliOptions *options,
                               const char *usage,
                               const char *summary,
                               OhCliFilters filters,
                               int n_words,
                               int *argc,
                               char ***argv,
                               int *status);
OhTraceQuery oh_cli_options_query (const OhCliOptions *options);
void oh_cli_options_clear (OhCliOptions *options);

/* (transfer full): none of them is "" */
char *oh_cli_describe_errors (gint64 n);
/* A line of a tree of spans. */
void oh_cli_print_span (const OhSpan *span);
/* Conversations (@threads) or sessions. Returns: the exit status */
int oh_cli_print_groups (const OhCliOptions *options, GPtrArray *groups, gboolean threads);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhCliOptions, oh_cli_options_clear)

G_END_DECLS
