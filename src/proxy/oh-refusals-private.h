/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which programs do not accept our certificate, at which hosts. Sans-I/O; one thread at a time. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef struct _OhRefusals OhRefusals;

/* What a program's next connection to a host gets. */
typedef enum
{
  OH_OFFER_TRIAL,  /* our certificate; nobody knows yet what becomes of that */
  OH_OFFER_READ,   /* our certificate, which it has accepted before */
  OH_OFFER_UNREAD, /* the server's: it passes through */
} OhOffer;

/* How a connection ended that had our certificate and made no request. */
typedef enum
{
  OH_REFUSAL_LEFT,       /* the program left */
  OH_REFUSAL_AT_ONCE,    /* so it did as soon as the handshake was over */
  OH_REFUSAL_UNANSWERED, /* it left instead of answering the certificate, as Python's asyncio does that does not accept it */
  OH_REFUSAL_SAID,       /* it said that it does not accept it */
} OhRefusal;

/* What follows from a refusal. */
typedef enum
{
  OH_FALLBACK_UNUSED, /* nothing: our certificate was accepted before, and this connection was just not needed */
  OH_FALLBACK_NONE,   /* the program goes on failing */
  OH_FALLBACK_ONCE,   /* its next connection passes through unread */
  OH_FALLBACK_ALWAYS, /* all of them do */
} OhFallback;

OhRefusals *oh_refusals_new (void);
void oh_refusals_free (OhRefusals *self);

/* Here and below, @who tells programs apart.
 * Takes what is there for one connection only. */
OhOffer oh_refusals_take (OhRefusals *self, gint64 run_id, const char *host, const char *who);
/* A request of it has been read. */
void oh_refusals_note_accepted (OhRefusals *self, gint64 run_id, const char *host, const char *who);
/* Whether one has, so that a connection which it leaves unused says nothing. */
gboolean oh_refusals_has_accepted (OhRefusals *self, gint64 run_id, const char *host, const char *who);
/* ALWAYS where it is certain of a program of no run, which nobody asked us to read at any price; of those of a run, which trust
 * us and look alike more easily, only once it has never been read or refuses again. Of one that is read, a connection that is
 * left is one that was not needed; two in turn that are left at once are not. */
OhFallback oh_refusals_note_refused (OhRefusals *self, gint64 run_id, const char *host, const char *who, OhRefusal how);
/* All that is known of the programs of that run: they may trust us by now. */
void oh_refusals_forget (OhRefusals *self, gint64 run_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhRefusals, oh_refusals_free)

G_END_DECLS
