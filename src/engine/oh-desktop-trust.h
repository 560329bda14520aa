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
  char **names;           /* that it can vouch for, with all below them */
  OhStanding *standing;
  OhTrustSubject subject;
  OhAnchor *authority;    /* NULL: there is none yet */
  gboolean good;          /* FALSE: oh_desktop_trust_ensure() would make one: for other hosts, or for longer */
  GPtrArray *stores;      /* (element-type OhTruststore); NULL until oh_desktop_trust_look() */
} OhDesktopTrust;

/* Makes nothing.
 * @data_dir: NULL for oh_paths_get_data_dir()
 * @more: (nullable): hosts that the authority is for besides those of oh_engine_read_desktop_hosts() */
OhDesktopTrust *oh_desktop_trust_new (const char *data_dir, const char *const *more, GError **error);
void oh_desktop_trust_free (OhDesktopTrust *self);
/* Looks into all stores, once more. */
void oh_desktop_trust_look (OhDesktopTrust *self);
/* As oh_standing_ensure(). */
gboolean oh_desktop_trust_ensure (OhDesktopTrust *self, gboolean anew, OhStandingNews *news, GError **error);
/* Puts the authority where a past one of ours is trusted, if nobody has to be asked for a password: for an authority that was
 * renewed or replaced. Returns: how many stores still trust a past one. */
guint oh_desktop_trust_follow (OhDesktopTrust *self);
/* Removes the authority from the disk, but not while the desktop is listened to: OH_DESKTOP_ERROR_OWNED. */
gboolean oh_desktop_trust_forget (OhDesktopTrust *self, GError **error);
/* What has become of the authority, as a sentence. (transfer full) (nullable): where it is as it was */
char *oh_desktop_trust_tell (OhStandingNews news);
/* Whether a store trusts us, as a sentence. (transfer full) */
char *oh_desktop_trust_describe (const OhTruststore *store);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDesktopTrust, oh_desktop_trust_free)

G_END_DECLS
