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

void
oh_standing_free (OhStanding *self)
{
  if (self == NULL)
    return;
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
save (OhStanding *self, OhAuthority *authority, GError **error)
{
  g_autofree char *secret = oh_authority_export (authority, error);
  gboolean done;

  if (secret == NULL)
    return FALSE;
  done = g_file_set_contents_full (self->secret_path, secret, -1,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error)
         && g_chmod (self->secret_path, 0600) == 0; /* one that was there keeps its mode */
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

  return authority != NULL && oh_authority_fits (authority, hosts) && !oh_authority_is_due (authority);
}

static gboolean
make (OhStanding *self, const char *const *hosts, gboolean renew, GError **error)
{
  g_autofree char *mark = oh_standing_get_mark (self->data_dir);
  OhAuthority *fresh;
  gboolean done;

  if (renew)
    return oh_authority_renew (self->authority, hosts, OH_AUTHORITY_VALID, error)
           && save (self, self->authority, error);
  fresh = oh_authority_new_kept (mark, hosts, OH_AUTHORITY_VALID, error);
  done = fresh != NULL && save (self, fresh, error);
  oh_authority_free (fresh);
  return done;
}

gboolean
oh_standing_ensure (OhStanding *self, const char *const *hosts, gboolean anew, OhStandingNews *news, GError **error)
{
  g_autofree char *lock_path = NULL;
  OhAuthority *authority;
  gboolean done = TRUE;
  int lock;

  g_return_val_if_fail (self != NULL && hosts != NULL && *hosts != NULL, FALSE);

  /* Two processes that make one at the same time would each put their own into the stores. Without locks (a folder on
   * another machine) the last one wins. */
  lock_path = g_build_filename (self->data_dir, LOCK_FILE, NULL);
  lock = open (lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  while (lock >= 0 && flock (lock, LOCK_EX) != 0 && errno == EINTR)
    ;
  authority = oh_standing_get (self);
  if (authority == NULL)
    *news = OH_STANDING_MADE;
  else if (anew || !oh_authority_fits (authority, hosts))
    *news = OH_STANDING_REPLACED;
  else
    *news = oh_authority_is_due (authority) ? OH_STANDING_RENEWED : OH_STANDING_KEPT;
  if (*news != OH_STANDING_KEPT)
    done = make (self, hosts, *news == OH_STANDING_RENEWED, error);
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
oh_standing_get_names (const char *const *hosts)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (; *hosts != NULL; hosts++)
    {
      g_autofree char *name = oh_authority_get_permitted (*hosts);

      if (name != NULL && !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
        g_ptr_array_add (names, g_steal_pointer (&name));
    }
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}
