/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The desktop's own proxy settings: changed so that its programs come to our port, and always given back.
 *
 * Whoever changes them is the owner. What was there before is in a journal, synced before the first change. The journal
 * is the switch: whoever removes it, after giving back what it holds, has switched off, be that the owner, the
 * watchdog (a process that waits for the owner's end), another command, or the next start or login after a power cut.
 * A setting that has changed since is somebody else's, and stays.
 *
 * Everything here blocks for some time (the disk, the session bus) and may be called from any thread, one at a time. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

#define OH_DESKTOP_ERROR (oh_desktop_error_quark ())
GQuark oh_desktop_error_quark (void);

typedef enum
{
  OH_DESKTOP_ERROR_OWNED,       /* another process has it on; the message says which */
  OH_DESKTOP_ERROR_UNSUPPORTED, /* this desktop has no settings that we know, or they may not be changed */
  OH_DESKTOP_ERROR_JOURNAL,     /* the journal cannot be written, or not be understood */
  OH_DESKTOP_ERROR_WATCHDOG,    /* it cannot be started */
  OH_DESKTOP_ERROR_FAILED,      /* a setting could not be changed */
} OhDesktopError;

typedef enum
{
  OH_DESKTOP_AUTO,   /* a PAC: only hosts that are read, and direct where we are gone */
  OH_DESKTOP_MANUAL, /* all hosts, for programs that read no PAC: nothing goes where we are gone, until the watchdog has acted */
} OhDesktopMode;

const char *oh_desktop_mode_to_string (OhDesktopMode mode);
gboolean oh_desktop_mode_from_string (const char *text, OhDesktopMode *mode);

/* The proxies that the desktop had before, behind which we stand; each may be NULL. */
typedef struct
{
  char *pac;      /* URL of a script */
  char *http;     /* as of the variables of these names */
  char *https;
  char *no_proxy;
} OhDesktopBefore;

/* What is known of it once the port is ready; each may be NULL. */
typedef struct
{
  char *version; /* of the script that is given: who keeps scripts by their URL is not to keep an old one */
  char *behind;  /* what stands behind us, as a sentence */
} OhDesktopReady;

void oh_desktop_before_clear (OhDesktopBefore *before);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhDesktopBefore, oh_desktop_before_clear)
void oh_desktop_ready_clear (OhDesktopReady *ready);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhDesktopReady, oh_desktop_ready_clear)

typedef struct
{
  OhDesktopMode mode;
  guint16 port;
  const char *who;                 /* "window", "cli": for whoever finds it on */
  const char *const *environment;  /* (nullable) "NAME=value": for terminals that ask for it */
  gboolean session;                /* gives these to programs that systemd's user manager starts, too */
  gboolean claude;                 /* and to Claude Code's background agents, by its own settings file */
  /* Called once it is sure that nobody else has it on, before anything is changed: the port is to be ready then.
   * Returns: FALSE with an error: nothing is changed. */
  gboolean (*prepare) (const OhDesktopBefore *before, OhDesktopReady *ready, gpointer data, GError **error);
  /* (nullable) What a program gets instead of @environment whose own variables are @own: its proxies, NO_PROXY and certificates
   * stay in use behind us. Returns: "NAME=value" (transfer full); NULL with an error */
  char **(*adapt) (const char *const *own, gpointer data, GError **error);
  gpointer data;
  GCancellable *cancellable;       /* (nullable) */
} OhDesktopPlan;

/* What is so, as the journal says. */
typedef struct
{
  gboolean on;
  gboolean abandoned;   /* on, and nobody is there any more */
  int pid;              /* the owner's */
  char *who;
  gint64 since_s;       /* wall clock */
  OhDesktopMode mode;
  guint16 port;
  gboolean session;
  gboolean claude;
  char **environment;
  char *behind;         /* what stands behind it, as a sentence, or NULL */
  char **places;        /* what is changed, in words */
} OhDesktopStatus;

/* Whether somebody has it on. Cheap. */
gboolean oh_desktop_is_on (void);
/* "changed" is emitted in the caller's main context when that may be another answer. (transfer full) (nullable) */
GFileMonitor *oh_desktop_watch (void);
/* Returns: NULL with OH_DESKTOP_ERROR_JOURNAL. (transfer full) */
OhDesktopStatus *oh_desktop_read_status (GError **error);
void oh_desktop_status_free (OhDesktopStatus *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDesktopStatus, oh_desktop_status_free)

/* Gives back what the journal holds, whoever is the owner, and removes it.
 * @force: where that cannot be done (the journal is damaged, a file cannot be written) it is left so, and the journal put aside
 * @kept: (out) (optional) (transfer full): settings that somebody else has changed since, and that stay
 * @note: (out) (optional) (transfer full) (nullable): what @force came to, as a sentence
 * Returns: whether there was anything to do; FALSE with @error where something could not be given back (the journal stays). */
gboolean oh_desktop_restore (gboolean force, char ***kept, char **note, GError **error);
/* The same where the owner is gone without a word; else nothing. A journal that nobody can read is put aside then. Cheap: for
 * every start. Returns: whether it did. */
gboolean oh_desktop_restore_abandoned (void);

/* The owner. */
#define OH_TYPE_DESKTOP (oh_desktop_get_type ())
G_DECLARE_FINAL_TYPE (OhDesktop, oh_desktop, OH, DESKTOP, GObject)

/* Switches on. Signals, in the main context:
 *   "lost": somebody else switched off, or it could not be watched over any longer and was given back.
 * Returns: NULL with OH_DESKTOP_ERROR, and nothing is changed. */
OhDesktop *oh_desktop_take (const OhDesktopPlan *plan, GError **error);
/* What was left as it is of what it could have changed, and the like: sentences to tell once, or NULL. */
const char *oh_desktop_get_notes (OhDesktop *self);
/* From the main thread, once: looks after the watchdog, and whether somebody switches off. */
void oh_desktop_attend (OhDesktop *self);
/* Switches off, also when it is freed. @kept: as above. Returns: FALSE with @error. */
gboolean oh_desktop_release (OhDesktop *self, char ***kept, GError **error);

/* For the watchdog: gives back if the journal is still that of @token, once its owner is gone. */
void oh_desktop_restore_of (const char *token);

G_END_DECLS
