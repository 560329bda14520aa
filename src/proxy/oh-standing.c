/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-standing-private.h"
#include "oh-proxy-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define SECRET_FILE "authority.key" /* the certificate and its key: one file, so that they fit each other */
#define PUBLIC_FILE "authority.pem"
#define LOCK_FILE "authority.lock"
#define MARK_LENGTH 8

struct _OhStanding
{
  char *data_dir;
  char *secret_path;
  char *public_path;
  OhAuthority *authority;
  GStatBuf seen; /* the file that it was read from */
  gboolean made; /* by the last ensure: … */
  char *former;  /* … in place of this; NULL: there was none */
  gsize former_length;
};

OhStanding *
oh_standing_new (const char *data_dir)
{
  OhStanding *self = g_new0 (OhStanding, 1);

  self->data_dir = g_strdup (data_dir);
  self->secret_path = g_build_filename (data_dir, SECRET_FILE, NULL);
  self->public_path = oh_standing_get_certificate_path (data_dir);
  return self;
}

/* What it holds is a key. */
static void
forget_former (OhStanding *self)
{
  if (self->former != NULL)
    gnutls_memset (self->former, 0, self->former_length);
  g_clear_pointer (&self->former, g_free);
  self->made = FALSE;
}

void
oh_standing_free (OhStanding *self)
{
  if (self == NULL)
    return;
  forget_former (self);
  oh_authority_free (self->authority);
  g_free (self->data_dir);
  g_free (self->secret_path);
  g_free (self->public_path);
  g_free (self);
}

static gboolean
is_same_file (const GStatBuf *a, const GStatBuf *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size
         && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

OhAuthority *
oh_standing_get (OhStanding *self)
{
  g_autoptr (GError) error = NULL;
  GStatBuf now;
  char *contents = NULL;
  gsize length;

  if (g_stat (self->secret_path, &now) != 0)
    memset (&now, 0, sizeof now);
  if (is_same_file (&now, &self->seen))
    return self->authority;
  g_clear_pointer (&self->authority, oh_authority_free);
  self->seen = now;
  if (now.st_ino == 0 || !g_file_get_contents (self->secret_path, &contents, &length, &error))
    return NULL;
  self->authority = oh_authority_new_from_pem (contents, length, &error);
  gnutls_memset (contents, 0, length);
  g_free (contents);
  if (self->authority == NULL)
    g_warning ("%s: %s", self->secret_path, error->message);
  return self->authority;
}

const char *
oh_standing_get_pem (OhStanding *self)
{
  OhAuthority *authority = oh_standing_get (self);

  return authority != NULL ? oh_authority_get_pem (authority) : NULL;
}

static gboolean
write_secret (OhStanding *self, const char *secret, gsize length, GError **error)
{
  return g_file_set_contents_full (self->secret_path, secret, (gssize) length,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error)
         && g_chmod (self->secret_path, 0600) == 0; /* one that was there keeps its mode */
}

static gboolean
save (OhStanding *self, OhAuthority *authority, GError **error)
{
  g_autofree char *secret = oh_authority_export (authority, error);
  gboolean done;

  if (secret == NULL)
    return FALSE;
  done = write_secret (self, secret, strlen (secret), error);
  gnutls_memset (secret, 0, strlen (secret));
  return done;
}

/* The public file is made from the secret one, and again where it was lost. */
static gboolean
publish (OhStanding *self, const char *pem, GError **error)
{
  g_autofree char *there = NULL;

  if (g_file_get_contents (self->public_path, &there, NULL, NULL) && strcmp (there, pem) == 0)
    return TRUE;
  return g_file_set_contents_full (self->public_path, pem, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, error);
}

gboolean
oh_standing_is_good (OhStanding *self, const char *const *hosts)
{
  OhAuthority *authority = oh_standing_get (self);

  return authority != NULL && oh_authority_covers (authority, hosts) && !oh_authority_is_due (authority);
}

gboolean
oh_standing_covers (OhStanding *self, const char *host)
{
  OhAuthority *authority = oh_standing_get (self);

  return authority != NULL && oh_authority_covers (authority, (const char *const[]){ host, NULL });
}

/* @names: (transfer full) (nullable): those first. (transfer full) */
static char **
add_names (char **names, const char *const *hosts)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_free);

  for (char **name = names; name != NULL && *name != NULL; name++)
    g_ptr_array_add (all, *name);
  g_free (names);
  for (; *hosts != NULL; hosts++)
    {
      g_autofree char *name = oh_authority_get_permitted (*hosts);

      if (name != NULL && !g_ptr_array_find_with_equal_func (all, name, g_str_equal, NULL))
        g_ptr_array_add (all, g_steal_pointer (&name));
    }
  g_ptr_array_add (all, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&all), FALSE);
}

/* In memory. Returns: NULL with an error; else it has to be freed unless it is the one there is, with a new certificate */
static OhAuthority *
make (OhStanding *self, const char *const *hosts, OhStandingNews news, GError **error)
{
  g_autofree char *mark = oh_standing_get_mark (self->data_dir);
  g_auto (GStrv) all = NULL;

  if (news != OH_STANDING_RENEWED && news != OH_STANDING_WIDENED)
    return oh_authority_new_kept (mark, hosts, OH_AUTHORITY_VALID, error);
  /* A pattern that is for anybody has no name, and is refused by that. */
  for (const char *const *host = hosts; *host != NULL; host++)
    {
      g_autofree char *name = oh_authority_get_permitted (*host);

      if (name == NULL)
        return oh_authority_renew (self->authority, hosts, OH_AUTHORITY_VALID, error) ? self->authority : NULL;
    }
  all = add_names (oh_authority_get_names (self->authority), hosts);
  return oh_authority_renew (self->authority, (const char *const *) all, OH_AUTHORITY_VALID, error) ? self->authority : NULL;
}

/* What is in memory may be another than in the file. */
static void
doubt (OhStanding *self)
{
  memset (&self->seen, 0xff, sizeof self->seen);
}

/* Two processes that make one at the same time would each put their own into the stores. Without locks (a folder on another
 * machine) the last one wins. Returns: a descriptor to close, or -1 */
static int
take_lock (OhStanding *self)
{
  g_autofree char *path = g_build_filename (self->data_dir, LOCK_FILE, NULL);
  const int lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  while (lock >= 0 && flock (lock, LOCK_EX) != 0 && errno == EINTR)
    ;
  return lock;
}

static OhStandingNews
judge (OhAuthority *authority, const char *const *hosts, gboolean anew)
{
  g_auto (GStrv) names = authority != NULL ? oh_authority_get_names (authority) : NULL;

  if (authority == NULL)
    return OH_STANDING_MADE;
  if (anew || names == NULL)
    return OH_STANDING_REPLACED;
  if (!oh_authority_covers (authority, hosts))
    return OH_STANDING_WIDENED;
  return oh_authority_is_due (authority) ? OH_STANDING_RENEWED : OH_STANDING_KEPT;
}

static gboolean
check_any (const char *const *hosts, GError **error)
{
  if (*hosts != NULL)
    return TRUE;
  g_set_error_literal (error, OH_PROXY_ERROR, OH_PROXY_ERROR_HOST, _("There is no host that a certificate could be for."));
  return FALSE;
}

gboolean
oh_standing_ensure (OhStanding *self, const char *const *hosts, gboolean anew, OhStandingNews *news, GError **error)
{
  OhAuthority *authority = NULL;
  gboolean done = TRUE;
  int lock;

  g_return_val_if_fail (self != NULL && hosts != NULL && news != NULL, FALSE);

  if (!check_any (hosts, error))
    return FALSE;
  lock = take_lock (self);
  forget_former (self);
  *news = judge (oh_standing_get (self), hosts, anew);
  if (*news != OH_STANDING_KEPT)
    {
      g_file_get_contents (self->secret_path, &self->former, &self->former_length, NULL);
      authority = make (self, hosts, *news, error);
      done = authority != NULL && save (self, authority, error);
      if (authority != self->authority)
        oh_authority_free (authority);
      self->made = done;
      if (!done)
        doubt (self);
    }
  if (lock >= 0)
    close (lock);
  if (!done)
    return FALSE;
  authority = oh_standing_get (self);
  if (authority == NULL)
    {
      g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_AUTHORITY, _("“%s” cannot be read."), self->secret_path);
      return FALSE;
    }
  return publish (self, oh_authority_get_pem (authority), error);
}

char *
oh_standing_preview (OhStanding *self, const char *const *hosts, OhStandingNews *news, GError **error)
{
  OhAuthority *authority;
  char *pem;

  g_return_val_if_fail (self != NULL && hosts != NULL && news != NULL, NULL);
  if (!check_any (hosts, error))
    return NULL;
  authority = oh_standing_get (self);
  *news = judge (authority, hosts, FALSE);
  if (*news == OH_STANDING_KEPT)
    return g_strdup (oh_authority_get_pem (authority));
  authority = make (self, hosts, *news, error);
  pem = authority != NULL ? g_strdup (oh_authority_get_pem (authority)) : NULL;
  if (authority != self->authority)
    oh_authority_free (authority);
  doubt (self);
  return pem;
}

void
oh_standing_take_back (OhStanding *self)
{
  GStatBuf now;
  int lock;

  g_return_if_fail (self != NULL);
  if (!self->made)
    return;
  lock = take_lock (self);
  if (g_stat (self->secret_path, &now) == 0 && is_same_file (&now, &self->seen))
    {
      const char *pem;

      if (self->former != NULL)
        write_secret (self, self->former, self->former_length, NULL);
      else
        oh_standing_forget (self, NULL);
      pem = oh_standing_get_pem (self);
      if (pem != NULL)
        publish (self, pem, NULL);
    }
  forget_former (self);
  if (lock >= 0)
    close (lock);
}

gboolean
oh_standing_forget (OhStanding *self, GError **error)
{
  const char *const paths[] = { self->secret_path, self->public_path, NULL };

  for (const char *const *path = paths; *path != NULL; path++)
    if (g_unlink (*path) != 0 && errno != ENOENT)
      {
        const int code = errno;

        g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), _("“%s” cannot be removed: %s"), *path,
                     g_strerror (code));
        return FALSE;
      }
  return TRUE;
}

char *
oh_standing_get_certificate_path (const char *data_dir)
{
  return g_build_filename (data_dir, PUBLIC_FILE, NULL);
}

char *
oh_standing_get_mark (const char *data_dir)
{
  g_autofree char *path = g_canonicalize_filename (data_dir, NULL);
  g_autofree char *place = g_strdup_printf ("%u %s", (guint) getuid (), path);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, place, -1);

  return g_strndup (hash, MARK_LENGTH);
}

char **
oh_standing_get_names (OhStanding *self, const char *const *hosts)
{
  OhAuthority *authority = oh_standing_get (self);
  char **names = authority != NULL ? oh_authority_get_names (authority) : NULL;

  return names != NULL ? names : add_names (NULL, hosts);
}
