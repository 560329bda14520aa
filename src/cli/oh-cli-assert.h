/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a build wants of a run: “calls<=20”, “cost<=0.50”, “cache_hit>=0.8”, “not tool:delete_file”. A measure of the
 * whole run with a comparison; or a search that some call matches, or, behind “not”, none. */
#pragma once
#include "oh-cli.h"

G_BEGIN_DECLS

typedef struct
{
  char *text;        /* as it was given */
  guint measure;     /* which one; of a search: none of them */
  char *operator;    /* "<=", …; of a search: NULL */
  double wanted;     /* dollars, ns, a count, a part of 1 */
  OhSearch *search;
  gboolean none;     /* that it matches nothing is wanted */
  /* Known once it was checked: */
  gboolean holds;
  char *found;       /* what there was, in words */
} OhCliAssertion;

/* The measures, for the help. (transfer full) */
char *oh_cli_assert_describe (void);
/* (element-type OhCliAssertion) Returns: NULL after complaining of a wrong one. (transfer full)
 * @texts: (nullable) */
GPtrArray *oh_cli_assert_parse (char **texts);
/* Returns: whether all of them hold. */
gboolean oh_cli_assert_check (GPtrArray *assertions, OhStoreReader *reader, gint64 run_id);

/* Says on standard error which hold. */
void oh_cli_report_print (GPtrArray *assertions);
/* Whether a report can have that name: it ends in .xml (JUnit), .json or .md. */
gboolean oh_cli_report_is_known (const char *path);
/* With what each trace of the run cost, which of a program that tests are its tests. */
gboolean oh_cli_report_write (const char *path, GPtrArray *assertions, OhStoreReader *reader, const OhRun *run,
                              GError **error);

G_END_DECLS
