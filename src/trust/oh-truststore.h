/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The places on this computer where programs look up whom they trust: which there are, whether they trust an authority of
 * ours, and the commands that add or remove one. Nothing else in them is touched. All of this blocks (it runs the stores'
 * own tools, and waits for a password where one is asked for) and may be called from any thread.
 * OVERHEAR_SYSROOT is put before the paths of the system's own stores. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

#define OH_TRUSTSTORE_ERROR (oh_truststore_error_quark ())
GQuark oh_truststore_error_quark (void);

typedef enum
{
  OH_TRUSTSTORE_ERROR_TOOL,   /* what could write to it is not installed */
  OH_TRUSTSTORE_ERROR_UNMADE, /* the program makes it when it first starts */
  OH_TRUSTSTORE_ERROR_LOCKED, /* it has a password of its own, which only its user knows */
  OH_TRUSTSTORE_ERROR_ROOT,   /* nobody here can ask for the administrator's password, or it was not given */
  OH_TRUSTSTORE_ERROR_FAILED, /* the tool says no */
} OhTruststoreError;

typedef enum
{
  OH_TRUSTSTORE_SYSTEM,
  OH_TRUSTSTORE_CHROMIUM, /* NSS databases of a user: Chromium, Chrome, Electron, … */
  OH_TRUSTSTORE_FIREFOX,  /* of a profile */
  OH_TRUSTSTORE_JAVA,
  OH_TRUSTSTORE_KINDS,
} OhTruststoreKind;

/* As on the command line: "system", … */
const char *oh_truststore_kind_to_string (OhTruststoreKind kind);

typedef enum
{
  OH_TRUSTED_NONE,
  OH_TRUSTED_CURRENT, /* the authority that signs now */
  OH_TRUSTED_PAST,    /* one of this data folder that was renewed or replaced since */
  OH_TRUSTED_EXPIRED, /* the same, and over */
  OH_TRUSTED_OTHER,   /* only one of another data folder, or another user */
  OH_TRUSTED_UNKNOWN, /* it cannot be read: see error */
} OhTrusted;

/* "none", "current", … */
const char *oh_trusted_to_string (OhTrusted state);

/* An authority of any Overhear in a store. */
typedef struct
{
  char *nickname;    /* what the store calls it: a nickname, an alias, a file */
  char *name;        /* what it calls itself */
  char *fingerprint; /* SHA-256, hexadecimal */
  gint64 expires_s;  /* wall clock */
  gboolean trusted;  /* FALSE: it is there, but not trusted for servers */
  gboolean ours;     /* of this data folder */
  gboolean current;
} OhAnchor;

/* Of a certificate of an authority of ours; NULL if it is none. (transfer full) */
OhAnchor *oh_anchor_new_from_pem (const char *pem);
void oh_anchor_free (OhAnchor *self);

/* Whom the stores are asked about. */
typedef struct
{
  char *mark; /* in the names of all authorities of the data folder */
  char *pem;  /* of the one that signs now; NULL: there is none */
  char *path; /* a file with it, for the tools */
} OhTrustSubject;

void oh_trust_subject_clear (OhTrustSubject *self);

typedef struct
{
  OhTruststoreKind kind;
  char *name;        /* for people: "Firefox, profile “default”" */
  char *place;       /* a folder or a file */
  OhTrusted state;
  GError *error;     /* why the state is not known, or NULL */
  char *remedy;      /* a command to type first, or NULL */
  gboolean root;     /* changing it takes the administrator's password */
  gboolean locked;   /* nothing can be added without its own password */
  gboolean follows;  /* what the system trusts it trusts too: it is added there */
  GPtrArray *anchors; /* (element-type OhAnchor) */
  char *tool;        /* the program that reads and writes it */
} OhTruststore;

/* One command, said before it is done. */
typedef struct
{
  char *sentence; /* what it will do */
  char **argv;
  char **undo;    /* what a failure may leave half done is taken back by this; or NULL */
  gboolean root;
} OhTrustStep;

/* All there are. (transfer full) (element-type OhTruststore) */
GPtrArray *oh_truststores_find (const OhTrustSubject *subject);
/* Those of one kind. */
GPtrArray *oh_truststores_find_kind (const OhTrustSubject *subject, OhTruststoreKind kind);
/* Looks again. */
void oh_truststore_look (OhTruststore *self, const OhTrustSubject *subject);
void oh_truststore_free (OhTruststore *self);

/* What adding the current authority takes, and removing past ones with it; nothing if it is there.
 * Returns: NULL with OH_TRUSTSTORE_ERROR. (transfer full) (element-type OhTrustStep) */
GPtrArray *oh_truststore_plan_add (OhTruststore *self, const OhTrustSubject *subject, GError **error);
/* What removing all of this data folder's takes. @others: all of every Overhear's */
GPtrArray *oh_truststore_plan_remove (OhTruststore *self, gboolean others, GError **error);
/* The command to type instead. (transfer full) */
char *oh_trust_step_get_command (const OhTrustStep *self);
/* Does them in turn, and stops at the first that fails. A password is asked for by polkit.
 * Returns: FALSE with OH_TRUSTSTORE_ERROR. */
gboolean oh_trust_steps_carry_out (GPtrArray *steps, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhAnchor, oh_anchor_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhTruststore, oh_truststore_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhTrustSubject, oh_trust_subject_clear)

G_END_DECLS
