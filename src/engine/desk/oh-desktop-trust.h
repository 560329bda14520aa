/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trust outside of a run: the authority that is kept for programs of the whole desktop, and the stores on this computer that
 * trust it. All of this blocks, and may be called from any thread, one at a time. */
#pragma once
#include "oh-standing.h"
#include "oh-truststore.h"

G_BEGIN_DECLS

typedef struct
{
  char *data_dir;
  char **hosts;           /* that the authority is for, or would be */
  char **names;           /* that it can vouch for, or could, with all below them */
  char **missing;         /* of the hosts, those that the authority there is is not for yet */
  OhStanding *standing;
  OhTrustSubject subject;
  OhAnchor *authority;    /* NULL: there is none yet */
  gboolean good;          /* FALSE: oh_desktop_trust_ensure() would make one: for more hosts, or for longer */
  GPtrArray *stores;      /* (element-type OhTruststore); NULL until oh_desktop_trust_look() */
} OhDesktopTrust;

/* Makes nothing.
 * @data_dir: NULL for oh_paths_get_data_dir()
 * @more: (nullable): hosts that the authority is for besides those of oh_engine_find_desktop_hosts() */
OhDesktopTrust *oh_desktop_trust_new (const char *data_dir, const char *const *more, GError **error);
void oh_desktop_trust_free (OhDesktopTrust *self);
/* Looks into all stores, once more. */
void oh_desktop_trust_look (OhDesktopTrust *self);
/* As oh_standing_ensure(). */
gboolean oh_desktop_trust_ensure (OhDesktopTrust *self, gboolean anew, OhStandingNews *news, GError **error);
/* Until oh_desktop_trust_look() all is seen as it would be after that; nothing is made. */
gboolean oh_desktop_trust_preview (OhDesktopTrust *self, OhStandingNews *news, GError **error);
/* Undoes that, where what it was made for came to nothing. */
void oh_desktop_trust_take_back (OhDesktopTrust *self);
/* Puts the authority where a past one of ours is trusted, if nobody has to be asked for a password: for one that was renewed,
 * widened or replaced. Returns: the names of the stores that still trust a past one. (transfer full) */
char **oh_desktop_trust_follow (OhDesktopTrust *self);
/* Whether it can be: not while the desktop is listened to. Returns: FALSE with OH_DESKTOP_ERROR_OWNED. */
gboolean oh_desktop_trust_may_forget (GError **error);
/* Removes the authority from the disk, if that may be. */
gboolean oh_desktop_trust_forget (OhDesktopTrust *self, GError **error);
/* The names that the authority can vouch for, for people. (transfer full) */
char *oh_desktop_trust_show_names (const OhDesktopTrust *self);
/* What oh_desktop_trust_ensure() would do to the authority there is and what has to be trusted again then, as a sentence.
 * (transfer full) (nullable): nothing */
char *oh_desktop_trust_foretell (const OhDesktopTrust *self);
/* What has become of the authority, as a sentence.
 * @left: (nullable): of oh_desktop_trust_follow(). (transfer full) (nullable): where it is as it was */
char *oh_desktop_trust_tell (OhStandingNews news, const char *const *left);
/* Whether a store trusts us, as a sentence. (transfer full) */
char *oh_desktop_trust_describe (const OhTruststore *store);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDesktopTrust, oh_desktop_trust_free)

G_END_DECLS
