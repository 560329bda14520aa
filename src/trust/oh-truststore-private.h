/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of trust/ share. A back-end knows where its stores are, which certificates of ours are in one, and the
 * commands that change it. */
#pragma once
#include "oh-truststore.h"

G_BEGIN_DECLS

typedef struct
{
  /* Appends those there are, or where one would be. */
  void (*find) (GPtrArray *stores);
  /* Appends to the store's anchors. Returns: FALSE with OH_TRUSTSTORE_ERROR. */
  gboolean (*read) (OhTruststore *store, GError **error);
  /* Appends what it takes.
   * @add: (nullable): its certificate @path goes in; NULL: nothing does
   * @remove: (element-type OhAnchor): go out first */
  void (*plan) (OhTruststore *store, const OhAnchor *add, const char *path, GPtrArray *remove, GPtrArray *steps);
} OhTruststoreBackend;

extern const OhTruststoreBackend oh_truststore_system;
extern const OhTruststoreBackend oh_truststore_chromium;
extern const OhTruststoreBackend oh_truststore_firefox;
extern const OhTruststoreBackend oh_truststore_java;

/* @name, @place: (transfer full) */
OhTruststore *oh_truststore_new (OhTruststoreKind kind, char *name, char *place);
/* What is inside OVERHEAR_SYSROOT. (transfer full) */
char *oh_truststore_get_system_path (const char *path);
/* Appends path to every folder that fits: @pattern: has "*" for one name. */
void oh_truststore_glob (const char *pattern, GPtrArray *paths);

/* Appends an anchor for each certificate of any Overhear in these bytes.
 * @nickname: (nullable): NULL: its name */
void oh_anchors_add_from_pem (GPtrArray *anchors, const char *pem, const char *nickname);
/* "overhear-MARK-NUMBER": what it is called where names have no blanks. (transfer full) */
char *oh_anchor_get_slug (const OhAnchor *self);

/* (element-type OhTrustStep) (transfer full) */
GPtrArray *oh_trust_steps_new (void);
/* @argv: NULL-terminated, copied; @sentence: (transfer full). Returns: the step, which is @steps'. */
OhTrustStep *oh_trust_steps_add (GPtrArray *steps, gboolean root, char *sentence, const char *const *argv);
/* For a shell, and for people: quoted only where it has to be. (transfer full) */
char *oh_trust_quote (const char *word);
/* Runs a tool that asks nothing and changes nothing, for a few seconds at most. @out: (out) (optional). Returns: FALSE with what it said. */
gboolean oh_trust_run (const char *const *argv, char **out, GError **error);
/* Also in folders that only root has on its path. (transfer full) NULL: there is none */
char *oh_trust_find_tool (const char *name);

G_END_DECLS
