/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of launch/ share. */
#pragma once
#include "oh-launch.h"

G_BEGIN_DECLS

/* The system's own roots, as a source of trust. */
#define OH_TRUST_SYSTEM "system"

/* The variable's value in effect, or NULL where it is unset or empty. (transfer none) */
const char *oh_environment_get (char **environment, const char *name);
/* What the trust file that @name will point to is made of, beside the authority: lines of paths or OH_TRUST_SYSTEM; ""
 * for the authority alone; NULL if @name is to be left as it is. (transfer full) */
char *oh_environment_trust_sources (char **environment, const char *name);

/* In oh-launch-paths.c: where they stand in the runtime directory. All (transfer full). */
#define OH_TRUST_KEYSTORE "trust.jks"
#define OH_TRUST_PHP "php"
#define OH_PRELOAD "overhear-node.cjs"
/* The trust file for @sources. */
char *oh_trust_get_path (const char *runtime_dir, const char *sources);
/* The Java trust store. */
char *oh_trust_get_keystore_path (const char *runtime_dir);
/* The folder with PHP's settings. */
char *oh_trust_get_php_path (const char *runtime_dir);
/* What Node loads first. */
char *oh_preload_get_path (const char *runtime_dir);

/* Writes the trust file for @sources unless it is there. Sources that cannot be read add nothing, as they would have without us. */
gboolean oh_trust_ensure (const char *runtime_dir, const char *authority_pem, const char *sources, GError **error);
gboolean oh_trust_write_keystore (const char *runtime_dir, const char *authority_pem, GError **error);
/* Writes settings by which PHP trusts the file that SSL_CERT_FILE will name. */
gboolean oh_trust_write_php (const char *runtime_dir, GError **error);
/* The bytes of a Java key store (JKS) that trusts the certificates of @pem. (transfer full) */
GByteArray *oh_trust_make_keystore (const char *pem);
#define OH_TRUST_KEYSTORE_PASSWORD "changeit"

/* The helper's half and ours of what becomes of an isolated program (oh-ns.h). @ends: (out): ours, the helper's */
gboolean oh_isolate_open (int ends[2], GError **error);
/* Talks with the helper until the program runs. Blocks for some ms. @wire: ours
 * @program: what it is called
 * Returns: FALSE with OH_LAUNCH_ERROR: the helper has ended. */
gboolean oh_isolate_follow (int wire, const OhLaunchSpec *spec, const char *program, GError **error);
/* (transfer full) */
char *oh_isolate_find_helper (void);
/* Whether a file runs as another user than who starts it, which it cannot in a user namespace. */
gboolean oh_isolate_needs_other_user (const char *program);

/* Where an instrumented program sends what it tells, unless the user has said so: to us. @environment: (transfer full)
 * Returns: (transfer full) */
char **oh_environment_set_instruments (char **environment, const OhLaunchProxy *proxy);

G_END_DECLS
