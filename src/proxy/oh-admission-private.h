/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What any thread may change while the proxy runs: who may use the port, and where hosts really are. Locked. */
#pragma once
#include "oh-chain-private.h"
#include "oh-proxy.h"
#include "oh-refusals-private.h"
#include "oh-secrets-private.h"
#include "oh-trust-private.h"

G_BEGIN_DECLS

typedef struct _OhAdmission OhAdmission;

/* Where a host really is. */
typedef struct
{
  char *url;      /* as the user gave it */
  gboolean tls;
  char *host;
  guint port;
  char *prefix;   /* "" or "/path" without a slash at its end */
} OhDetour;

OhAdmission *oh_admission_new (void);
void oh_admission_free (OhAdmission *self);

void oh_admission_allow (OhAdmission *self, const char *token, gint64 run_id);
void oh_admission_disallow (OhAdmission *self, const char *token);
void oh_admission_set_open (OhAdmission *self, gboolean open);
void oh_admission_set_identify (OhAdmission *self, OhProxyIdentifyFunc func, gpointer data);
gboolean oh_admission_can_identify (OhAdmission *self);
/* Calls the function. Blocks; for worker threads. (transfer full) (nullable) */
char *oh_admission_identify (OhAdmission *self, gint64 pid);

void oh_admission_set_introduce (OhAdmission *self, OhProxyIntroduceFunc func, gpointer data);
/* Calls the function if that token is not known. Blocks; for worker threads. @token: (nullable) */
void oh_admission_introduce (OhAdmission *self, const char *token);

void oh_admission_set_trusting (OhAdmission *self, OhProxyTrustingFunc func, gpointer data);
/* Calls that function. Blocks; for worker threads. */
gboolean oh_admission_may_trust (OhAdmission *self, const OhProgram *program);

/* Which run a client with @token (nullable) belongs to. @run_id: (out): 0 if to none */
gboolean oh_admission_find_run (OhAdmission *self, const char *token, gint64 *run_id);
/* Whose proxies and trust that client's connections have: its run's, or of a number below 0; 0: everybody's. */
gint64 oh_admission_find_place (OhAdmission *self, const char *token);
/* Whether this user's programs may come in without a token. */
gboolean oh_admission_is_open (OhAdmission *self);
/* Whether these are an Overhear's: a token that is known, or the form that all have. @value: (nullable): Proxy-Authorization */
gboolean oh_admission_is_ours (OhAdmission *self, const char *value);
/* The password of "Basic …" credentials, or NULL. (transfer full) */
char *oh_admission_parse_credentials (const char *value);

gboolean oh_admission_set_detour (OhAdmission *self, gint64 run_id, const char *host, const char *url, GError **error);
/* (transfer full) (nullable) */
OhDetour *oh_admission_find_detour (OhAdmission *self, gint64 run_id, const char *host);
void oh_detour_free (OhDetour *detour);

/* A host, or a pattern of hosts, that is read for that run. Returns: as it is matched (transfer full); NULL with an error. */
char *oh_admission_add_read (OhAdmission *self, gint64 run_id, const char *host, GError **error);
gboolean oh_admission_is_read (OhAdmission *self, gint64 run_id, const char *host);

/* These, and no others. (nullable) Returns: as they are matched, without what is no host (transfer full). */
char **oh_admission_set_reads (OhAdmission *self, gint64 run_id, const char *const *hosts);

void oh_admission_set_programs (OhAdmission *self, const char *const *only, const char *const *excluded);
/* From now on every client without a run is passed on unread and unrecorded, or not. */
void oh_admission_set_deaf (OhAdmission *self, gboolean deaf);
/* Whether a client without a run is. @program: (nullable); @for_good: because the user does not want to hear it, and not because
 * nobody is heard any more */
gboolean oh_admission_leaves_out (OhAdmission *self, const OhProgram *program, gboolean for_good);

/* What programs that ask for it find at /proxy.pac. @text: (transfer full) (nullable) */
void oh_admission_set_pac (OhAdmission *self, char *text);
/* (transfer full) (nullable) */
char *oh_admission_get_pac (OhAdmission *self);

/* @chain: (transfer full) */
void oh_admission_set_chain (OhAdmission *self, gint64 run_id, OhChain *chain);
/* The user's own proxies that stand before a host, for that run. (transfer full) (nullable) */
OhHops *oh_admission_find_hops (OhAdmission *self, gint64 run_id, gboolean tls, const char *host, guint port);

/* @pem: whom that run trusts beyond the system's roots */
gboolean oh_admission_set_trust (OhAdmission *self, gint64 run_id, const char *pem, GError **error);
/* Whom that run trusts: the system's roots at least. (transfer full) */
OhTrust *oh_admission_find_trust (OhAdmission *self, gint64 run_id);

/* @fallback: whether that run's connections pass through unread where it refuses our certificate. TRUE at first. */
void oh_admission_set_fallback (OhAdmission *self, gint64 run_id, gboolean fallback);
/* As of oh_refusals_note_accepted() and its like. NONE also where it was so asked for, or where a run's host is elsewhere and
 * nobody there speaks TLS. */
void oh_admission_note_accepted (OhAdmission *self, gint64 run_id, const char *host, const char *who);
OhFallback oh_admission_note_refused (OhAdmission *self, gint64 run_id, const char *host, const char *who, OhRefusal how);
void oh_admission_forget_refusals (OhAdmission *self);
OhOffer oh_admission_take_offer (OhAdmission *self, gint64 run_id, const char *host, const char *who);

/* Something of that run goes around us to a host. Returns: whether this is new. */
gboolean oh_admission_note_around (OhAdmission *self, gint64 run_id, const char *host);

void oh_admission_set_secrets (OhAdmission *self, OhSecrets *secrets);
/* (transfer full) */
OhSecrets *oh_admission_get_secrets (OhAdmission *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDetour, oh_detour_free)

G_END_DECLS
